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

# A host with two network cards, and three namespaces: one by name, one of a
# process, and one that nothing but a socket keeps alive.
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
	unshare --net sleep 1000 &
	sleep 1
	ip link set lan1 netns $!
	homeward netns exec red sleep 1000 &
	# As docker would have it.
	group=/sys/fs/cgroup/docker/9ec39b91f3d70e1beff50a308f77067065ea6be0d91a3378375056cd4422cf3d
	mkdir -p $group
	echo $! >$group/cgroup.procs
	sleep 1
}

prepare
show homeward --help
show homeward ls
show homeward tree
show homeward plan red
show homeward holders red
