# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# boot: networkd
# igb with real VFs. In VF-configured, the runtime configures the VF on the PF before it moves it, as sriov-cni does.

cases="VF VF-configured PF"

set_up() { virtual_functions 2; }
nics() { if [ "$1" = PF ]; then echo 5; else echo 6; fi; }
put_in() {
	[ "$1" != VF-configured ] || ip link set "$(pf)" vf 0 trust on spoofchk off
	box && move_in "$(nics "$1")"
}
# A VF that was trusted has changed its address on the PF, too.
clean_up() {
	[ "$1" = VF-configured ] || return 0
	ip link set "$(pf)" vf 0 trust off spoofchk on mac "$(mac 6)"
	rebind "$(basename "$(device 6)")"
	eventually 10 nic 6
	udevadm settle
}
