# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# boot: networkd
# Incus, nictype=physical. It sets the MTU of its configuration before it moves the NIC.

cases="stop init monitor both daemon by-turns"

set_up() {
	local image=/run/real/image
	systemctl start incus
	incus admin init --preseed <<-END
		storage_pools: [{name: d, driver: dir}]
		profiles: [{name: default, devices: {root: {type: disk, path: /, pool: d}}}]
	END
	mkdir -p $image
	rootfs $image/rootfs
	echo '{"architecture": "x86_64", "creation_date": 1, "properties": {"os": "busybox"}}' >$image/metadata.yaml
	tar -C $image -cf $image.tar metadata.yaml rootfs
	incus image import $image.tar --alias busybox
	incus init busybox i1 -c security.privileged=true
	incus config device add i1 eth0 nic nictype=physical parent="$(cat /run/real/name1)" name=eth0 mtu=1410
}
put_in() {
	incus start i1 || { incus info i1 --show-log; return 1; }
	pid=$(incus list i1 -f json | jq '.[0].state.pid')
	monitor=$(parent_of "$pid")
	spoil "$pid" eth0
}
end() {
	case $1 in
	by-turns) by_turns stop both ;;
	stop) incus stop i1 --timeout 20 ;;
	init) kill -9 "$pid" && eventually 20 stopped ;;
	both) kill -9 "$monitor" "$pid" ;;
	daemon) kill -9 "$(main_pid incus)" "$monitor" "$pid" ;;
	monitor)
		kill -9 "$monitor"
		eventually 5 ended "$monitor"
		kill -9 "$pid"
		;;
	esac
}
stopped() { [ "$(incus list i1 -f csv -c s)" = STOPPED ]; }
clean_up() {
	timeout 30 incus stop -f i1
	incus config show i1 | grep volatile.eth0
	true
}
