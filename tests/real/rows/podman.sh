# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# boot: networkd
# podman, and a NIC that is moved in by hand: with no network of podman's own, with netavark, and rootless.

cases="stop payload conmon rm netavark rootless rootless-beside"

set_up() {
	rootfs /homeward/rootfs
	tar -C /homeward/rootfs -c . >/homeward/busybox.tar
	podman import -q /homeward/busybox.tar busybox
	loginctl enable-linger tenant
	eventually 30 test -d "/run/user/$(id -u tenant)"
	of_tenant podman --cgroup-manager=cgroupfs import -q /homeward/busybox.tar busybox
}
of_tenant() { systemd-run -q --pipe --wait --uid=tenant -p Delegate=yes -p KillMode=process -p TasksMax=infinity \
	-E HOME=/home/tenant -E XDG_RUNTIME_DIR="/run/user/$(id -u tenant)" --working-directory=/home/tenant "$@"; }
as_user() { case $case in rootless) of_tenant podman --cgroup-manager=cgroupfs "$@" ;; *) podman "$@" ;; esac; }
put_in() {
	local network=none
	case $1 in netavark | conmon) network=podman ;; esac
	if [ "$1" = rootless-beside ]; then
		of_tenant podman --cgroup-manager=cgroupfs run -d --name beside --network none busybox /sbin/init || return
	fi
	as_user run -d --name p1 --network $network busybox /sbin/init || return
	pid=$(as_user inspect p1 -f '{{.State.Pid}}' | tr -d '\r\n')
	keeper=$(parent_of "$pid")
	move_in 1
}
end() {
	case $1 in
	stop) as_user stop -t 3 p1 ;;
	rm) podman rm -f -t 0 p1 ;;
	conmon)
		# Nobody is left to tell podman, whose mount for netavark keeps the namespace.
		kill -9 "$keeper" "$pid"
		sleep 1
		clean_up
		;;
	*) kill -9 "$pid" ;;
	esac
}
clean_up() {
	timeout -k 1 25 podman rm -f -t 0 p1 || timeout -k 1 25 podman rm -f -t 0 p1
	case $case in rootless*) of_tenant podman --cgroup-manager=cgroupfs rm -f -a -t 0 ;; esac
}
