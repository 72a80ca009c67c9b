# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# boot: networkmanager
# A rule that brings NICs up, beside NetworkManager, which would take them for somebody else's: doctor warns of it.

cases="rule-with-up"

states() { echo with; }
nics() { echo; }
put_in() { homeward policy add --name 'enp*' --action return --up; }
end() { homeward doctor; }
also() { homeward doctor | grep -iE 'warn.*up.*NetworkManager|NetworkManager.*up' >&2 || echo said; }
clean_up() { homeward policy flush; }
