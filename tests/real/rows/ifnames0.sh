# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# boot: ifnames0
# net.ifnames=0: the kernel's own names.

cases="eth0 .link"

nics() { if [ "$1" = eth0 ]; then echo 1; else echo 4; fi; }
put_in() { box && move_in "$(nics "$1")"; }
