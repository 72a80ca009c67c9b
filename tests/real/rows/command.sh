# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154,SC2016
# boot: networkd
# What the command says in this world: of a mount that the sandboxes of systemd's services have copies of, and what it
# says to type; of a veth, which is nobody's loss; of a temporary namespace that is gone.

cases="holders AWAY HOME"

states() { echo with; }
nics() { if [ "$1" = AWAY ]; then echo; else echo 1; fi; }
set_up() {
	rootfs /homeward/rootfs
	tar -C /homeward/rootfs -c . | podman import -q - busybox
	mkdir -p /var/lib/lxc/v1
	printf 'lxc.rootfs.path = dir:/homeward/rootfs\nlxc.init.cmd = /sbin/init\nlxc.net.0.type = veth
lxc.apparmor.profile = unconfined\n' >/var/lib/lxc/v1/config
}
put_in() {
	rm -f /run/real/said
	case $1 in
	HOME)
		ip netns add pod
		jq -n --arg name "$(cat /run/real/name1)" '{cniVersion: "0.4.0", name: "h", type: "host-device", device: $name}' |
			CNI_COMMAND=ADD CNI_CONTAINERID=c1 CNI_NETNS=/run/netns/pod CNI_IFNAME=eth0 \
				CNI_PATH=/opt/forky/usr/lib/cni /opt/forky/usr/lib/cni/host-device
		return
		;;
	AWAY)
		lxc-start -n v1
		return
		;;
	esac
	podman run -d --name p1 busybox /sbin/init || return
	pid=$(podman inspect p1 -f '{{.State.Pid}}')
	mount=$(podman inspect p1 -f '{{.NetworkSettings.SandboxKey}}')
	move_in 1
}
# says TEXT COMMAND...: what it prints, of JSON, or a word for the verdict.
says() {
	local want=$1 got
	shift
	got=$("$@")
	[ "$got" = "$want" ] || { echo "'$got' and not '$want'"; echo "$case" >>/run/real/said; }
}
end() {
	case $1 in
	holders)
		kill -9 "$(parent_of "$pid")" "$pid"
		eventually 5 ended "$pid"
		grep -c nsfs /proc/[0-9]*/mountinfo | grep -v ':0$'
		homeward holders "$mount"
		homeward holders "$mount" --json >/run/real/holders
		says 1 jq '[.holders[] | select(.kind == "mount")] | length' /run/real/holders
		bash -c "$(jq -r '.holders[] | select(.kind == "mount") | .release' /run/real/holders | head -n 1)"
		;;
	AWAY)
		homeward ls
		says 0 sh -c 'homeward ls --json | jq "[.namespaces[].away] | add"'
		;;
	HOME)
		homeward devices pod
		says enp0s3@init sh -c 'homeward devices pod | awk "\$2 == \"eth0\" { print \$7 }"'
		ip netns delete pod
		;;
	esac
}
also() { [ ! -e /run/real/said ] || echo said; }
clean_up() {
	lxc-stop -n v1 -k
	timeout -k 1 25 podman rm -f -t 0 p1 || timeout -k 1 25 podman rm -f -t 0 p1
	! ip netns | grep -w pod || ip netns delete pod
}
