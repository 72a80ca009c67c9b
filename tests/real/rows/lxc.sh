# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# boot: networkd
# LXC, lxc.net.0.type = phys. It sets the MTU of its configuration before it moves the NIC.

cases="stop init monitor both by-turns"

set_up() {
	rootfs /homeward/rootfs
	mkdir -p /var/lib/lxc/c1
	cat >/var/lib/lxc/c1/config <<-END
		lxc.uts.name = c1
		lxc.rootfs.path = dir:/homeward/rootfs
		lxc.init.cmd = /sbin/init
		lxc.net.0.type = phys
		lxc.net.0.link = $(cat /run/real/name1)
		lxc.net.0.name = eth0
		lxc.net.0.mtu = 1410
		lxc.apparmor.profile = unconfined
	END
}
put_in() {
	lxc-start -n c1 -o /run/real/lxc.log || { cat /run/real/lxc.log; return 1; }
	pid=$(lxc-info -n c1 -pH)
	monitor=$(parent_of "$pid")
	spoil "$pid" eth0
}
end() {
	case $1 in
	by-turns) by_turns stop both ;;
	stop) lxc-stop -n c1 ;;
	init) kill -9 "$pid" ;;
	both) kill -9 "$monitor" "$pid" ;;
	monitor)
		# The container lives on, and nobody would stop it.
		kill -9 "$monitor"
		eventually 5 ended "$monitor"
		kill -9 "$pid"
		;;
	esac
}
clean_up() { lxc-stop -n c1 -k; }
