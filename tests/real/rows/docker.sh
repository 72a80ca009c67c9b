# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# boot: networkd
# docker, and a NIC that is moved in by hand.

cases="stop payload shim daemon"

set_up() {
	rootfs /homeward/rootfs
	tar -C /homeward/rootfs -c . >/homeward/busybox.tar
	# A NIC that is moved in has nothing to do with these, which take time.
	mkdir -p /etc/docker
	echo '{"bridge": "none", "iptables": false, "ip6tables": false}' >/etc/docker/daemon.json
	systemctl start docker
	docker import /homeward/busybox.tar busybox
}
put_in() {
	systemctl start docker
	docker run -d --name d1 --network none busybox /sbin/init || return
	pid=$(docker inspect d1 -f '{{.State.Pid}}')
	keeper=$(parent_of "$pid")
	move_in 1
}
end() {
	case $1 in
	stop) docker stop -t 3 d1 ;;
	payload) kill -9 "$pid" ;;
	shim) kill -9 "$keeper" "$pid" ;;
	daemon)
		# Its mount keeps the namespace until it is there again.
		kill -9 "$(main_pid docker)" "$(main_pid containerd)" "$pid"
		sleep 1
		clean_up
		;;
	esac
}
clean_up() {
	systemctl start docker
	timeout -k 1 25 docker rm -f d1
}
