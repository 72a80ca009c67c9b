# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# boot: networkd
# Eleven NICs in one namespace: their names are those of the system, or the administrator's own.

cases="system-names own-names"

set_up() { virtual_functions 7; }
nics() { echo 1 2 3 4 6 7 8 9 10 11 12; }
# Nothing but the .link file says what 4 is called.
settle() {
	local n
	for n in 1 2 3 6 7 8 9 10 11 12; do
		[ -e /run/real/system-name$n ] || cp /run/real/name$n /run/real/system-name$n
		if [ "$1" = own-names ]; then echo own$n >/run/real/name$n; else cp /run/real/system-name$n /run/real/name$n; fi
	done
}
put_in() {
	local n
	box
	for n in $(nics "$1"); do move_in "$n" "ct$n"; done
}
clean_up() { settle system-names; }
