# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# boot: networkd
# igb with real VFs. In VF-configured, the runtime configures the VF on the PF before it moves it, as sriov-cni does.
# In VF-changed and VF-address the host configures it while it is away: all that igb knows, and its address alone.

cases="VF VF-configured VF-changed VF-address PF"

set_up() { virtual_functions 2; }
nics() { if [ "$1" = PF ]; then echo 5; else echo 6; fi; }
put_in() {
	[ "$1" != VF-configured ] || ip link set "$(pf)" vf 0 trust on spoofchk off
	box && move_in "$(nics "$1")" || return
	case $1 in
	VF-changed)
		ip link set "$(pf)" vf 0 mac "$FOREIGN" vlan 7 qos 3 max_tx_rate 100
		ip link set "$(pf)" vf 0 trust on spoofchk off
		;;
	VF-address) ip link set "$(pf)" vf 0 mac "$FOREIGN" ;;
	esac
}
# A VF that was trusted has changed its address on the PF, too.
clean_up() {
	case $1 in VF-*) ;; *) return 0 ;; esac
	ip link set "$(pf)" vf 0 trust off spoofchk on mac "$(mac 6)" vlan 0 max_tx_rate 0
	rebind "$(basename "$(device 6)")"
	eventually 10 nic 6
	udevadm settle
}
