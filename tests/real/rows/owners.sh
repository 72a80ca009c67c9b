# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154,SC2016
# boot: networkd
# Whose each namespace is, of all runtimes at once; and what docs/COMMAND.md shows is printed here.

cases="OWNED-BY"

states() { echo with; }
set_up() {
	local image=/run/real/image
	rootfs /homeward/rootfs
	rootfs /homeward/nspawn
	tar -C /homeward/rootfs -c . >/homeward/busybox.tar
	mkdir -p /etc/docker /var/lib/lxc/c1 $image
	echo '{"bridge": "none", "iptables": false, "ip6tables": false}' >/etc/docker/daemon.json
	systemctl start docker
	docker import /homeward/busybox.tar busybox
	podman import -q /homeward/busybox.tar busybox
	loginctl enable-linger tenant
	eventually 30 test -d "/run/user/$(id -u tenant)"
	of_tenant podman --cgroup-manager=cgroupfs import -q /homeward/busybox.tar busybox
	printf '%s\n' 'lxc.uts.name = c1' 'lxc.rootfs.path = dir:/homeward/rootfs' 'lxc.init.cmd = /sbin/init' \
		'lxc.net.0.type = empty' 'lxc.apparmor.profile = unconfined' >/var/lib/lxc/c1/config
	systemctl start incus
	incus admin init --preseed <<-END
		storage_pools: [{name: d, driver: dir}]
		profiles: [{name: default, devices: {root: {type: disk, path: /, pool: d}}}]
	END
	rootfs $image/rootfs
	echo '{"architecture": "x86_64", "creation_date": 1, "properties": {"os": "busybox"}}' >$image/metadata.yaml
	tar -C $image -cf $image.tar metadata.yaml rootfs
	incus image import $image.tar --alias busybox
	incus init busybox i1 -c security.privileged=true
}
of_tenant() { systemd-run -q --pipe --wait --uid=tenant -p Delegate=yes -p KillMode=process -p TasksMax=infinity \
	-E HOME=/home/tenant -E XDG_RUNTIME_DIR="/run/user/$(id -u tenant)" --working-directory=/home/tenant "$@"; }
put_in() {
	rm -f /run/real/said
	docker run -d --name web --network none busybox /sbin/init || return
	podman pod create --name shop --infra-image busybox --infra-command /sbin/init --network none || return
	podman run -d --pod shop --name db busybox /sbin/init || return
	of_tenant podman --cgroup-manager=cgroupfs run -d --name blog --network none busybox /sbin/init || return
	ctr run -d --rootfs /homeward/rootfs cache /sbin/init || return
	lxc-start -n c1 || return
	incus start i1 || return
	systemd-run -q --unit=n1 --collect -p Delegate=yes systemd-nspawn -q -D /homeward/nspawn -M deb \
		--keep-unit --private-network /sbin/init || return
	systemd-run -q --unit=proxy --collect -p PrivateNetwork=yes sleep 3600 || return
	homeward netns add red
	pid=$(docker inspect web -f '{{.State.Pid}}')
	move_in 1 eth0
	homeward veth uplink@init eth1@red
	eventually 20 machinectl status deb
}

# Whose they are: kind, name, pod, user.
readonly OWNERS='[.namespaces[].owned_by | select(. != null) | [.kind, .name, .pod, .user] | map(. // "-") | join(" ")]'
# owned OWNER: a namespace is.
owned() {
	jq -e --arg owner "$1" "$OWNERS | index(\$owner)" /run/real/list >/dev/null ||
		{ echo "nobody is '$1'"; echo "$case" >>/run/real/said; }
}
end() {
	local nic web
	nic=$(cat /run/real/name1)
	homeward ls --json >/run/real/list
	jq -r "${OWNERS}[]" /run/real/list
	owned "docker web - -"
	owned "podman - shop -"
	owned "podman blog - tenant"
	owned "containerd cache - -"
	owned "lxc c1 - -"
	owned "incus i1 - -"
	owned "machine deb - -"
	owned "unit proxy.service - -"
	web=cookie:$(homeward find web --json | jq '.found[0].namespace.cookie')
	for words in ls tree "devices -o +owned-by" "find $nic" "find 192.0.2.1" "find web" "show eth0@$web" "plan $web"; do
		echo "# homeward $words"
		# shellcheck disable=SC2086 # As it is typed.
		homeward $words
	done
	docker kill web
}
also() { [ ! -e /run/real/said ] || echo said; }
clean_up() {
	docker rm -f web
	podman pod rm -f -t 0 shop
	of_tenant podman --cgroup-manager=cgroupfs rm -f -a -t 0
	ctr task kill -s SIGKILL cache
	ctr task delete -f cache
	ctr container delete cache
	lxc-stop -n c1 -k
	incus stop -f i1
	systemctl kill -s KILL n1
	systemctl stop proxy
	homeward netns delete red
	true
}
