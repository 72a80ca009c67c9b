#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs in the guest: what becomes of a real NIC when all processes of its
# namespace are killed, first without Homeward, then with it.
# Ends with 0 when Homeward brought everything back and the kernel alone
# had not (or there would be nothing to show).

export PATH=/usr/bin:/bin:/sbin

SETTINGS="name MTU MAC promisc txqueuelen alias"
HOME_MAC=52:54:00:12:34:01
GUEST_MAC=02:00:00:00:00:99
PATIENCE=30

fail() {
	echo "demo: $*"
	exit 1
}

# run COMMAND...: show a command, then run it.
run() {
	line=
	for word; do
		case $word in *" "*) word="'$word'" ;; esac
		line="$line $word"
	done
	echo "    \$$line"
	"$@" || fail "this command failed"
}

# name_of BUS: what the device on that bus address is called here, if it is here.
name_of() {
	for device in /sys/bus/virtio/devices/"$1"/net/*; do
		[ -e "$device" ] && basename "$device" && return
	done
	return 1
}

# setting WHAT NAME: one setting of a card as a person would say it.
setting() {
	dir=/sys/class/net/$2
	case $1 in
	name) echo "$2" ;;
	MTU) cat "$dir/mtu" ;;
	MAC) cat "$dir/address" ;;
	promisc) if [ $(($(cat "$dir/flags") & 0x100)) -ne 0 ]; then echo on; else echo off; fi ;;
	txqueuelen) cat "$dir/tx_queue_len" ;;
	alias) alias=$(cat "$dir/ifalias") && echo "${alias:--}" ;;
	esac
}

# record NAME FILE: all settings, one a line.
record() {
	for what in $SETTINGS; do setting "$what" "$1"; done >"$2"
}

# wait_for_card: until the card is in this namespace.
wait_for_card() {
	for _ in $(seq $((PATIENCE * 20))); do
		name_of "$CARD" >/tmp/name && return
		usleep 50000
	done
	return 1
}

# container: a namespace without a name, kept alive by one process, that gets the card
# and treats it as containers do.
container() {
	echo "  A container takes $NIC and makes itself at home:"
	echo "    \$ unshare --net sleep 1000 &"
	unshare --net sleep 1000 &
	pid=$!
	# unshare is another program until it has become sleep.
	until [ "$(cat /proc/$pid/comm)" = sleep ]; do usleep 20000; done
	run ip link set "$NIC" netns $pid name ct0
	inside="nsenter --target $pid --net"
	run $inside ip link set ct0 mtu 1400 address $GUEST_MAC txqueuelen 77
	run $inside ip link set ct0 promisc on alias "container nic"
	run $inside ip link set ct0 up
	echo "  It crashes:"
	run kill -KILL $pid
	wait $pid 2>/dev/null
	wait_for_card || fail "the card did not come back within $PATIENCE s"
	settle
	echo "  The card is back, as $found."
	echo
}

# settle: name and settings are put back right after the move: wait until they
# no longer change, and leave them in /tmp/now and $found.
settle() {
	last=nothing
	for _ in $(seq 20); do
		found=$(name_of "$CARD") && record "$found" /tmp/now
		[ "$last" = "$(cat /tmp/now)" ] && return
		last=$(cat /tmp/now)
		usleep 100000
	done
}

# by_hand: undo what the container did, as an administrator would have to.
by_hand() {
	ip link set "$found" down promisc off mtu 1500 address $HOME_MAC txqueuelen 1000 alias ""
	ip link set "$found" name "$NIC"
	record "$NIC" /tmp/repaired
	cmp -s /tmp/before /tmp/repaired || fail "could not repair the card by hand"
}

table() {
	printf '%-11s | %-17s | %-17s | %s\n' setting before "without Homeward" "with Homeward"
	printf '%s\n' "------------+-------------------+-------------------+------------------"
	for what in $SETTINGS; do echo "$what"; done >/tmp/names
	paste -d '|' /tmp/names /tmp/before /tmp/without /tmp/with |
		awk -F'|' '{ printf "%-11s | %-17s | %-17s | %s\n", $1, $2, $3, $4 }'
}

# A name and an address may change; where the card is plugged in does not.
for path in /sys/bus/virtio/devices/*/net/*; do
	[ "$(cat "$path/address" 2>/dev/null)" = $HOME_MAC ] || continue
	NIC=$(basename "$path")
	CARD=$(echo "$path" | cut -d/ -f6)
done
[ -n "$CARD" ] || fail "the guest has no virtio network card"
record "$NIC" /tmp/before

echo "Linux $(uname -r), a virtio network card: $NIC"
echo
echo "1. Without Homeward"
container
cp /tmp/now /tmp/without
by_hand

echo "2. With Homeward"
run insmod /homeward.ko
container
cp /tmp/now /tmp/with

table
echo
cmp -s /tmp/before /tmp/without && fail "the kernel alone brought everything back: nothing to show"
cmp -s /tmp/before /tmp/with || fail "Homeward did not bring everything back"
echo "The card came home as it had left."
