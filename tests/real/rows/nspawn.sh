# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# boot: networkd
# systemd-nspawn --network-interface=, as a unit. It brings home only what is still called as it called it.

cases="terminate stop renamed-stop payload nspawn by-turns"

set_up() { rootfs /homeward/nspawn; }
put_in() {
	systemd-run -q --unit=n1 --collect -p KillMode=mixed -p Delegate=yes systemd-nspawn -q -D /homeward/nspawn -M n1 \
		--keep-unit --kill-signal=SIGTERM --network-interface="$(cat /run/real/name1):eth0" /sbin/init || return
	eventually 20 inside || return
	supervisor=$(main_pid n1)
	case $1 in terminate | stop) spoil "$pid" eth0 eth0 ;; *) spoil "$pid" eth0 ;; esac
}
inside() {
	pid=$(machinectl show n1 -p Leader --value) && nsenter -t "$pid" -n ip link show eth0
}
end() {
	case $1 in
	by-turns) by_turns stop nspawn ;;
	terminate) machinectl terminate n1 ;;
	*stop) systemctl stop n1 ;;
	payload) kill -9 "$pid" ;;
	nspawn) kill -9 "$supervisor" ;;
	esac
}
clean_up() {
	systemctl kill -s KILL n1
	eventually 10 test ! -d /sys/fs/cgroup/system.slice/n1.service
	systemctl reset-failed n1
	# Of one that was killed.
	umount /run/systemd/nspawn/unix-export/n1 && rmdir /run/systemd/nspawn/unix-export/n1
	true
}
