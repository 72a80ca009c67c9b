# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# In the guest: what the rows share.
#
# shellcheck disable=SC2016 # What expands in a container's shell.

# NICs by number. 1 and 2 are virtio, 3 and 4 e1000, 5 igb, 6 and later VFs of 5.
mac() { if (($1 < 6)); then echo "52:54:00:12:34:0$1"; else printf '52:54:00:12:34:%02x\n' $((0x50 + $1 - 6)); fi; }
network() { if (($1 < 6)); then echo "$1"; else echo 5; fi; }
peer() { echo "10.0.$(network "$1").2"; }
# Of the VFs, the host configures the first.
configured() { (($1 <= 6)); }

# device N: its directory in /sys, wherever it is.
device() { cat "/run/real/device$1"; }
# nic N: its name in this namespace.
nic() {
	local name
	name=$(ls "/sys$(device "$1")/net" 2>/dev/null) && [ -n "$name" ] && echo "$name"
}
pf() { nic 5; }

# eventually SECONDS COMMAND...
eventually() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		((SECONDS < end)) || { echo "not in time: $*"; return 1; }
		sleep 0.1
	done
}

has_module() { [ -d /sys/module/homeward ]; }
loaded() { has_module || modprobe homeward; }
unloaded() { ! has_module || rmmod homeward; }

# answers N: whether its peer does.
answers() {
	local name
	name=$(nic "$1") && ping -n -q -c 1 -W 1 -I "$name" "$(peer "$1")"
}

# comes_up N: again and again, for a manager that configures it anew sets it down in its own time.
comes_up() { ip link set "$(nic "$1")" up && answers "$1"; }

# look N: all that is compared, but whether it is usable.
look() {
	local name
	name=$(nic "$1") || { echo '{"away": true}'; return; }
	ip -d -j addr show dev "$name" | jq -c --argjson vf "$(vf_state "$1")" '.[0] | {
		name: .ifname, mtu, mac: .address, txqueuelen: .txqlen, promisc: (.promiscuity > 0), alias: (.ifalias // ""),
		altnames: (.altnames // [] | sort), address: [.addr_info[] | select(.scope == "global") | .local], vf: $vf}'
}

# vf_state N: what the PF says of it.
vf_state() {
	if (($1 < 6)) || ! pf >/dev/null; then
		echo null
		return
	fi
	ip -j link show dev "$(pf)" | jq -c ".[0].vfinfo_list[$(($1 - 6))] | del(.stats)"
}

# What a runtime has in its container: ct0, spoilt as far as the driver allows.
readonly INSIDE=ct0 FOREIGN=02:00:00:00:00:99

# spoil PID DEVICE [NAME]: once an init has a child, it has set its traps.
spoil() {
	[ "$(cat "/proc/$1/comm")" = sleep ] || eventually 10 pgrep -P "$1"
	nsenter -t "$1" -n sh -c '
		ip link set "$1" down
		[ "$1" = "$2" ] || ip link set "$1" name "$2"
		ip link set "$2" mtu 1400
		ip link set "$2" address "$3"
		ip link set "$2" txqueuelen 77 promisc on
		ip link set "$2" alias "of the container"
		ip addr add 192.0.2.1/24 dev "$2"
		ip link set "$2" up' sh "$2" "${3:-$INSIDE}" "$FOREIGN"
}

# box: a namespace with one process: sets pid.
box() {
	unshare -n sleep 3600 &
	pid=$!
	disown
	eventually 10 not_here $pid
}
not_here() { [ "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/self/ns/net)" ]; }
ended() { ! kill -0 "$1" 2>/dev/null; }

# move_in N: by hand, as an administrator does for podman and the like, and spoilt.
move_in() {
	local name
	name=$(nic "$1") || return
	ip link set "$name" netns "$pid"
	spoil "$pid" "$name" "${2:-$INSIDE}"
}

# fresh N: as it was at boot, with settings of an administrator, whatever was done to it.
fresh() {
	local name altname want mtu=1480
	want=$(cat "/run/real/name$1")
	name=$(nic "$1") || { echo "NIC $1 is not here"; return 1; }
	ip link set "$name" down
	ip addr flush dev "$name"
	for altname in $(ip -j link show dev "$name" | jq -r '.[0].altnames // [] | .[]'); do
		ip link property del dev "$name" altname "$altname"
	done
	if [ "$name" != "$want" ]; then
		# Whoever has the name gives way, to be fresh in its turn.
		[ ! -e "/sys/class/net/$want" ] || ip link set "$want" down name "aside$1"
		ip link set "$name" name "$want"
	fi
	ip link set "$want" address "$(mac "$1")"
	[ "$1" != 4 ] || mtu=1460
	ip link set "$want" mtu $mtu txqueuelen 900 promisc off alias "uplink $1"
	ip link property add dev "$want" altname "uplink$1"
	udevadm trigger --action=add "/sys/class/net/$want"
	udevadm settle
	! configured "$1" || managed "$want"
	ip link set "$want" up
}
managed() {
	if systemctl -q is-active systemd-networkd; then networkctl reconfigure "$1"; fi
	if systemctl -q is-active NetworkManager; then nmcli -w 20 dev connect "$1" >/dev/null; fi
}

# rootfs DIRECTORY: a container's.
rootfs() {
	local tool
	[ ! -d "$1" ] || return 0
	mkdir -p "$1"/{bin,sbin,proc,sys,dev,tmp,etc,root,run,usr/bin,usr/sbin,usr/lib}
	cp /usr/bin/busybox "$1/bin/"
	for tool in sh sleep ip ls cat true mount ps kill; do ln -s busybox "$1/bin/$tool"; done
	printf '#!/bin/sh\ntrap "exit 0" TERM PWR\nwhile :; do sleep 1; done\n' >"$1/sbin/init"
	chmod +x "$1/sbin/init"
	echo 'NAME=busybox' | tee "$1/etc/os-release" >"$1/usr/lib/os-release"
	echo 'root:x:0:0::/root:/bin/sh' >"$1/etc/passwd"
}

# by_turns STOP CRASH: three rounds of both, of a container that runs.
by_turns() {
	local how
	for how in "$1" "$2" "$1" "$2" "$1"; do
		end "$how"
		eventually 30 nic 1 || return
		clean_up "$how"
		put_in "$how" || return
	done
	end "$2"
}

parent_of() { ps -o ppid= -p "$1" | tr -d ' '; }
main_pid() { systemctl show "$1" -p MainPID --value; }

# virtual_functions COUNT: of the PF, with addresses of ours.
virtual_functions() {
	local vf count
	count=/sys/class/net/$(pf)/device/sriov_numvfs
	[ "$(cat "$count")" != "$1" ] || return 0
	ip link set "$(pf)" up
	echo 0 >"$count"
	echo "$1" >"$count"
	udevadm settle
	for ((vf = 0; vf < $1; vf++)); do
		ip link set "$(pf)" vf $vf mac "$(mac $((vf + 6)))"
		# The driver takes the address when it is bound.
		rebind "$(basename "$(readlink -f "/sys/class/net/$(pf)/device/virtfn$vf")")"
	done
	udevadm settle
	for ((vf = 6; vf < $1 + 6; vf++)); do know $vf; done
}
rebind() {
	echo "$1" >"/sys/bus/pci/devices/$1/driver/unbind"
	echo "$1" >/sys/bus/pci/drivers/igbvf/bind
}

# know N: where it is in /sys, and what it is called at home.
know() {
	local name
	name=$(ip -j link show | jq -er --arg mac "$(mac "$1")" 'first(.[] | select((.permaddr // .address) == $mac)).ifname')
	readlink -f "/sys/class/net/$name/device" | sed 's|^/sys||' >"/run/real/device$1"
	echo "$name" >"/run/real/name$1"
}
