# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# boot: networkd
# Two runtimes, podman and LXC, each with a NIC under the other's name, killed at the same moment.

cases="both"

nics() { echo 1 3; }
set_up() {
	rootfs /homeward/rootfs
	tar -C /homeward/rootfs -c . | podman import -q - busybox
	mkdir -p /var/lib/lxc/two
	cat >/var/lib/lxc/two/config <<-END
		lxc.rootfs.path = dir:/homeward/rootfs
		lxc.init.cmd = /sbin/init
		lxc.net.0.type = phys
		lxc.net.0.link = $(cat /run/real/name3)
		lxc.net.0.name = $(cat /run/real/name1)
		lxc.apparmor.profile = unconfined
	END
}
put_in() {
	podman run -d --name p1 --network none busybox /sbin/init || return
	pid=$(podman inspect p1 -f '{{.State.Pid}}')
	move_in 1 "$(cat /run/real/name3)" || return
	lxc-start -n two || return
	init=$(lxc-info -n two -pH)
	spoil "$init" "$(cat /run/real/name1)" "$(cat /run/real/name1)"
}
end() { kill -9 "$pid" "$init" "$(parent_of "$init")"; }
clean_up() {
	podman rm -f -t 0 p1
	lxc-stop -n two -k
}
