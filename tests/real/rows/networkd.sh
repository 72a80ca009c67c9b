# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# boot: networkd
# systemd-networkd: a process in a bare namespace is killed, and networkd matches the NIC.

cases="Name MACAddress PermanentMACAddress,DHCP .link"

nics() {
	case $1 in
	Name) echo 1 ;;
	PermanentMACAddress,DHCP) echo 2 ;;
	MACAddress) echo 3 ;;
	.link) echo 4 ;;
	esac
}
put_in() { box && move_in "$(nics "$1")"; }
