# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# boot: networkd
# A reboot with NICs away, in podman, in LXC and in a bare namespace; with the packaged service, which loads the module
# at boot. Everything is to be as after the first boot; and then a NIC comes home.

cases="NICs-away service-at-boot"

readonly AT=/homeward/reboot
nics() { if [ "$1" = NICs-away ]; then echo 1 2 3 4; else echo 1; fi; }

leave() {
	rootfs /homeward/rootfs
	tar -C /homeward/rootfs -c . | podman import -q - busybox
	podman run -d --name away --network none busybox /sbin/init
	pid=$(podman inspect away -f '{{.State.Pid}}')
	move_in 1
	mkdir -p /var/lib/lxc/away
	printf 'lxc.rootfs.path = dir:/homeward/rootfs\nlxc.init.cmd = /sbin/init\nlxc.net.0.type = phys\nlxc.net.0.link = %s
lxc.net.0.name = eth0\nlxc.apparmor.profile = unconfined\n' "$(cat /run/real/name2)" >/var/lib/lxc/away/config
	lxc-start -n away
	ip netns add red
	ip link set "$(nic 3)" netns red name ct0
	sync
	systemctl reboot
	sleep infinity
}

# service: loaded it before there was a network.
service_is_fine() {
	local own pre net
	own=$(systemctl show homeward.service -p ActiveEnterTimestampMonotonic --value)
	pre=$(systemctl show network-pre.target -p ActiveEnterTimestampMonotonic --value)
	net=$(systemctl show systemd-networkd.service -p ExecMainStartTimestampMonotonic --value)
	echo "homeward $own, network-pre $pre, networkd $net"
	has_module && [ "$own" -gt 0 ] && [ "$own" -le "$pre" ] && [ "$pre" -le "$net" ] && homeward doctor
}
also() { ! has_module || service_is_fine >&2 || echo service; }

# after_boot with|without: what did not happen in one boot.
after_boot() {
	local words start=$SECONDS
	words=$({ as_at_boot && also; } 2>/run/real/log)
	tell row reboot case NICs-away module "$1" verdict "$(sorted "$words" | paste -sd, | sed 's/,/, /g; s/^$/as it was/')" \
		seconds "$((SECONDS - start))" log "$(cat /run/real/log; journalctl -b -q -o short-monotonic --no-hostname | grep -E 'homeward|networkd' | tail -50)"
	cell reboot service-at-boot "$1"
}
as_at_boot() {
	local n
	for n in 1 2 3 4; do eventually 20 answers $n >&2 || echo unusable; done
	differences "$(cat /homeward/at-boot)" "$(look_all NICs-away)"
	[ -z "$(systemctl --failed --no-legend)" ] || { systemctl --failed >&2; echo service; }
}

whole() {
	local state
	for state in without with; do
		if [ ! -e $AT.$state ]; then
			touch $AT.$state
			if [ $state = with ]; then loaded; systemctl enable homeward; else unloaded; fi
			for n in 1 2 3; do fresh $n; done
			leave
		elif [ ! -e $AT.$state.judged ]; then
			touch $AT.$state.judged
			after_boot $state
		fi
	done
}
