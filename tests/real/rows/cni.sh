# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# boot: networkd
# The CNI plugin host-device, of 1.1 and of 1.9, which goes through a temporary namespace.

cases="1.1-DEL 1.1-no-DEL 1.1-late-DEL 1.1-ADD-again 1.9-DEL 1.9-no-DEL 1.9-late-DEL 1.9-ADD-again by-turns"

# cni ADD|DEL
cni() {
	local plugin=/usr/lib/cni/host-device
	[[ $case = 1.1-* ]] || plugin=/opt/forky$plugin
	jq -n --arg name "$(cat /run/real/name1)" '{cniVersion: "0.4.0", name: "h", type: "host-device", device: $name}' |
		CNI_COMMAND=$1 CNI_CONTAINERID=c1 CNI_NETNS=/run/netns/pod CNI_IFNAME=eth0 CNI_PATH=${plugin%/*} $plugin
}
# Name and alias stay as the plugin gave them: DEL looks for both.
put_in() {
	ip netns add pod
	cni ADD || return
	pid=$(ip netns exec pod sh -c 'sleep 3600 >/dev/null 2>&1 & echo $!')
	spoil "$pid" eth0 eth0
	ip -n pod link set eth0 alias "$(cat /run/real/name1)"
	kill "$pid"
}
end() {
	case $1 in
	by-turns) by_turns 1.9-DEL 1.9-no-DEL ;;
	*-no-DEL) ip netns delete pod ;;
	*-late-DEL)
		ip netns delete pod
		eventually 5 nic 1
		# Of a sandbox that was made anew.
		ip netns add pod
		cni DEL
		ip netns delete pod
		;;
	*-ADD-again)
		ip netns delete pod
		eventually 5 nic 1
		ip netns add pod
		cni ADD
		cni DEL
		ip netns delete pod
		;;
	*-DEL)
		cni DEL
		ip netns delete pod
		;;
	esac
}
clean_up() { ! ip netns | grep -w pod || ip netns delete pod; }
