#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# In the guest: the rows of this boot, which the kernel's command line names.

# shellcheck source=tests/real/guest/lib.sh
. /homeward/guest/lib.sh
# shellcheck source=tests/real/guest/cell.sh
. /homeward/guest/cell.sh

word() { sed -n "s/.*\<real\.$1=\([^ ]*\).*/\1/p" /proc/cmdline; }
readonly TODO=/homeward/todo
# shellcheck disable=SC2034 # In cell.sh.
ONLY=$(word only)
export HOME=/root

# look_at_boot: what a reboot has to bring again.
look_at_boot() {
	local n
	for n in 1 2 3 4; do eventually 20 answers $n >/dev/null; done
	for n in 1 2 3 4; do look $n; done | jq -sc . >/homeward/at-boot
}

main() {
	local n row
	modprobe virtio_console
	eventually 10 test -e /dev/virtio-ports/org.homeward.real
	mkdir -p /run/real
	(cd / && sha256sum --quiet -c /homeward/sums) || tell trouble "what is to be tried" log "another one is installed"
	udevadm settle
	for n in 1 2 3 4 5; do know $n; done
	listen
	[ -e /homeward/at-boot ] || look_at_boot
	tell boot "$(uname -r)" names "$(cat /run/real/name?)"
	[ -e $TODO ] || word rows | tr , '\n' >$TODO
	while read -r row <$TODO && [ -n "$row" ]; do
		# One that ends in a panic is not run again; one that reboots goes on.
		[ "$row" = reboot ] || sed -i 1d $TODO
		sync $TODO
		# In a process of its own: what it defines ends with it.
		(row "$row")
		sed -i "/^$row\$/d" $TODO
	done
	tell finished yes
}

main
