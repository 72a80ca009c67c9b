# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# boot: networkd
# containerd by ctr, and a NIC that is moved in by hand.

cases="stop payload shim daemon"

set_up() { rootfs /homeward/rootfs; }
put_in() {
	systemctl start containerd
	ctr run -d --rootfs /homeward/rootfs t1 /sbin/init || return
	pid=$(ctr task list | awk '$1 == "t1" { print $2 }')
	keeper=$(parent_of "$pid")
	move_in 1
}
end() {
	case $1 in
	stop) ctr task kill -s SIGTERM t1 ;;
	payload) kill -9 "$pid" ;;
	shim) kill -9 "$keeper" "$pid" ;;
	daemon) kill -9 "$(main_pid containerd)" "$pid" ;;
	esac
}
clean_up() {
	systemctl start containerd
	ctr task kill -s SIGKILL t1
	ctr task delete -f t1
	ctr container delete t1
}
