# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A Debian disk with the stock kernel of backports, systemd, and all container
# runtimes that Debian packages; and a QEMU that emulates igb, which has SR-IOV.
# Made once: what is tried comes at each boot (test.sh). Source it after
# tests/packaging/root.sh.

readonly SYSTEM_OF_REAL="systemd systemd-sysv udev dbus kmod ca-certificates procps psmisc passwd e2fsprogs acl attr
	linux-image-amd64/$SUITE-backports iproute2 ethtool iputils-ping pciutils jq busybox-static python3-minimal
	systemd-resolved systemd-container libpam-systemd network-manager
	lxc incus-base incus-client apparmor dnsmasq-base iptables nftables
	podman crun runc conmon netavark aardvark-dns passt slirp4netns uidmap fuse-overlayfs
	docker.io docker-cli containerd containernetworking-plugins"
# Newer than trixie's, with linux.netDevices and CNI 1.9: unpacked aside.
readonly OF_FORKY="crun libblake3-0 libjson-c5 containernetworking-plugins"
# A row starts what it needs of these.
readonly NOT_AT_BOOT="docker.service docker.socket containerd.service incus.service incus.socket incus-startup.service
	lxc.service lxc-net.service lxc-monitord.service podman.service podman.socket podman-restart.service
	podman-auto-update.timer apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer fstrim.timer dpkg-db-backup.timer"
readonly QEMU_OF_REAL="qemu-system-x86 seabios ipxe-qemu"

# words LIST: with commas, for mmdebstrap.
words() { tr -s ' \n\t' ',' <<<"$1" | sed 's/,$//'; }

make_qemu() {
	bootstrap --aptopt='APT::Install-Recommends "false"' --include="$(words "$QEMU_OF_REAL")" \
		"$SUITE" "$1" "deb $(debian_mirror) $SUITE main"
}

make_system() {
	local mirror
	mirror=$(debian_mirror)
	bootstrap --aptopt='APT::Install-Recommends "false"' --dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/doc/*' --include="$(words "$SYSTEM_OF_REAL")" \
		"$SUITE" "$1" "deb $mirror $SUITE main" "deb $mirror $SUITE-backports main"
}

# unpack_forky DIRECTORY: in it, what is newer.
unpack_forky() {
	local package downloads=$1/deb
	private_apt forky "$(debian_mirror)"
	apt_of forky apt-get update
	mkdir -p "$downloads"
	for package in $OF_FORKY; do download "$downloads" forky "$package"; done
	for package in "$downloads"/*.deb; do dpkg-deb --extract "$package" "$1"; done
	rm -r "$downloads"
}

# configure SYSTEM: what a boot does not bring with it.
configure() {
	local release
	release=$(basename "$1"/lib/modules/*)
	# depmod has to know of the module; each boot brings the one to try.
	eval "$(env -u SUITE KERNEL=stock "$ROOT/qemu/where.sh" | grep '^module=')"
	install -D -m 644 "${module:?}" "$1/lib/modules/$release/updates/homeward.ko"
	depmod -b "$1" "$release"
	rm -f "$1/etc/network/interfaces"
	# shellcheck disable=SC2086 # A list of words.
	chroot "$1" systemctl disable $NOT_AT_BOOT || true
	chroot "$1" systemctl enable systemd-networkd.service NetworkManager.service
	chroot "$1" systemctl mask systemd-networkd-wait-online.service NetworkManager-wait-online.service
	chroot "$1" useradd --create-home --shell /bin/bash tenant
	chroot "$1" systemd-machine-id-setup
	touch "$1/etc/.updated" "$1/var/.updated"
	echo real >"$1/etc/hostname"
	echo '127.0.0.1 localhost real' >"$1/etc/hosts"
	rm -rf "$1"/var/cache/apt/archives/*.deb "$1"/var/lib/apt/lists/*
}

# make_disk_in DIRECTORY: disk.img, vmlinuz, initramfs.cpio and qemu/.
make_disk_in() {
	local system=$1/system
	make_qemu "$1/qemu"
	mkdir -p "$1/qemu/host"
	make_system "$system"
	unpack_forky "$system/opt/forky"
	configure "$system"
	cp "$system"/boot/vmlinuz-* "$1/vmlinuz"
	# What a boot brings is in the initramfs, below /ours.
	make_initramfs "$1/initramfs.cpio" "$system" 'virtio_pci virtio_blk ext4' '
		busybox mount -t devtmpfs dev /dev
		while ! busybox mount -t ext4 /dev/vda /root 2>/dev/null; do busybox sleep 0.1; done
		busybox umount /dev
		[ -e /root/homeward ] || busybox cp -a /ours/. /root/'
	truncate -s 8G "$1/disk.img"
	mke2fs -q -t ext4 -d "$system" -O ^has_journal -E lazy_itable_init=1 "$1/disk.img"
	rm -rf "$system"
}

# have_disk: sets place.
have_disk() {
	local new=$CACHE/.new-real
	place=$CACHE/real-$(hash_of "$SYSTEM_OF_REAL" "$OF_FORKY" "$NOT_AT_BOOT" "$QEMU_OF_REAL" \
		"$(declare -f make_qemu make_system unpack_forky configure make_disk_in make_initramfs)")
	[ -z "${UPDATE:-}" ] || rm -rf "$place"
	[ ! -d "$place" ] || return 0
	rm -rf "$CACHE"/real-* "$new"
	mkdir -p "$new"
	step "Making a disk with container runtimes" real-disk make_disk_in "$new"
	mv "$new" "$place"
}
