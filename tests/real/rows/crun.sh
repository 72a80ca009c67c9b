# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# boot: networkd
# crun with linux.netDevices of the runtime specification 1.3, which says that it is the kernel that brings the NIC back.

cases="stop payload delete"

crun() { LD_LIBRARY_PATH=/opt/forky/usr/lib/x86_64-linux-gnu /opt/forky/usr/bin/crun "$@"; }
set_up() {
	mkdir -p /homeward/bundle
	rootfs /homeward/bundle/rootfs
	cd /homeward/bundle || return
	[ -e config.json ] || runc spec
	jq --arg name "$(cat /run/real/name1)" '.process.terminal = false | .process.args = ["/sbin/init"] |
		.linux.netDevices = {($name): {"name": "eth0"}}' config.json >new && mv new config.json
}
put_in() {
	crun run -d -b /homeward/bundle o1 || return
	pid=$(crun state o1 | jq .pid)
	spoil "$pid" eth0
}
end() {
	case $1 in
	stop) crun kill o1 TERM && eventually 5 ended "$pid" && crun delete -f o1 ;;
	payload) kill -9 "$pid" ;;
	delete) crun delete -f o1 ;;
	esac
}
clean_up() { crun delete -f o1; }
