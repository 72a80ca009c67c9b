# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# boot: networkmanager
# NetworkManager: a process in a bare namespace is killed, and a profile is bound to the NIC.

cases="name,static name,DHCP MAC,static MAC,DHCP"

nics() {
	case $1 in
	name,static) echo 1 ;;
	name,DHCP) echo 2 ;;
	MAC,DHCP) echo 3 ;;
	MAC,static) echo 4 ;;
	esac
}
put_in() { box && move_in "$(nics "$1")"; }
