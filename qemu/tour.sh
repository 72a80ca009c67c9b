#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs in the guest: what the command prints, as docs/COMMAND.md shows it.

export PATH=/usr/bin:/bin:/sbin

# show COMMAND...: a command as one would type it, and what it prints.
show() {
	echo "# $*"
	"$@" 2>&1 || { echo "tour: this command failed"; exit 1; }
	echo
}

# picture FILE COMMAND...: what it prints is FILE of the project; picture.sh takes it.
picture() {
	echo "--8<-- $1"
	shift
	"$@" || { echo "tour: this command failed: $*"; exit 1; }
	echo "--8<--"
}

# in_group DIRECTORY PID: as a runtime would have it.
in_group() {
	mkdir -p "/sys/fs/cgroup/$1"
	echo "$2" >"/sys/fs/cgroup/$1/cgroup.procs"
}

# A host with two network cards, and four namespaces: one by name with a container in it,
# one of a pod, one of a service, and one of a process.
prepare() {
	insmod /homeward.ko
	echo '1 2' >/sys/bus/netdevsim/new_device
	sleep 1
	set -- /sys/bus/netdevsim/devices/netdevsim1/net/*
	ip link set "$(basename "$1")" name lan0
	ip link set "$(basename "$2")" name lan1
	homeward netns add red
	ip link set lan0 netns red
	ip -n red link set lan0 name ct0 mtu 1400 up
	homeward veth uplink@init eth0@red >/dev/null
	ip address add 192.0.2.1/24 dev uplink
	ip link set uplink up
	ip -n red address add 192.0.2.2/24 dev eth0
	ip -n red link set eth0 up
	unshare --net sleep 1000 &
	sleep 1
	ip link set lan1 netns $!
	homeward netns exec red sleep 1000 &
	in_group docker/9ec39b91f3d70e1beff50a308f77067065ea6be0d91a3378375056cd4422cf3d $!
	unshare --net sleep 1000 &
	in_group system.slice/proxy.service $!
	homeward veth br-pod@init eth0@pid:$! >/dev/null
	sleep 1
}

prepare
show homeward --help
show homeward ls
show homeward tree
show homeward plan red
show homeward holders red
show homeward find 192.0.2.2
show homeward show ct0@red

ping -q -i 0.02 -s 1000 192.0.2.2 >/dev/null &
picture docs/tree.svg homeward tree --svg -
# Something that happens.
(sleep 3 && homeward netns add blue && sleep 1 && homeward netns delete blue) &
picture docs/top.svg homeward-screen 9 top --interval 1s
