# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A Debian root with systemd, a stock kernel and what DKMS takes; and layers
# over it, which are thrown away. Source it after qemu/lib.sh.
#
# shellcheck disable=SC2016 # What expands elsewhere: in hooks, and in a root.

# shellcheck source=qemu/kernel-source.sh
. "${ROOT:?}/qemu/kernel-source.sh"

readonly SUITE=trixie
readonly PLACE=$CACHE/deb
readonly KEY=/usr/share/keyrings/debian-archive-keyring.gpg

# As a new user has it: a small system, the kernel of backports and its headers.
readonly SYSTEM="systemd systemd-sysv udev dbus kmod iproute2 ca-certificates
	linux-image-amd64/$SUITE-backports linux-headers-amd64/$SUITE-backports"
# What our packages depend on and recommend: here once, and not in every run.
readonly WANTED_BY_US="dkms bc bison flex libelf-dev libssl-dev make openssl xz-utils
	python3 debian-archive-keyring bindgen pahole rust-src rustc"

base_root() { echo "$PLACE/base-$(hash_of "$SYSTEM" "$WANTED_BY_US" "$(declare -f make_base)")"; }

# host_apt: what of this system's apt goes for a mirror, as mmdebstrap's options.
host_apt() {
	apt-config dump --format '%f "%v";%n' Acquire::Check-Valid-Until Acquire::Check-Date Acquire::http::Proxy
}

# bootstrap ARGUMENT...: mmdebstrap, reaching the mirror as this system does.
bootstrap() {
	local line options=()
	while read -r line; do options+=(--aptopt="$line"); done < <(host_apt)
	mmdebstrap --mode=root --variant=minbase --skip=cleanup/apt/lists --keyring="$KEY" \
		--aptopt='APT::Sandbox::User "root"' --dpkgopt=force-unsafe-io \
		--dpkgopt='path-exclude=/usr/share/locale/*' "${options[@]}" "$@"
}

# make_base DIRECTORY: built aside and renamed into place.
make_base() {
	local mirror
	mirror=$(debian_mirror)
	[ -n "$mirror" ] || die "apt knows no Debian mirror"
	bootstrap --aptopt='APT::Install-Recommends "false"' --dpkgopt='path-exclude=/usr/share/man/*' \
		--include="$(tr -s ' \n\t' ',' <<<"$SYSTEM $WANTED_BY_US" | sed 's/,$//')" \
		"$SUITE" "$1" "deb $mirror $SUITE main" "deb $mirror $SUITE-backports main"
}

# have_base: sets base.
have_base() {
	base=$(base_root)
	[ -z "${UPDATE:-}" ] || rm -rf "$base"
	[ ! -d "$base" ] || return 0
	rm -rf "$PLACE"/base-* "$PLACE"/.new-*
	mkdir -p "$PLACE"
	step "Making a Debian root with a stock kernel" deb-base make_base "$PLACE/.new-$$"
	mv "$PLACE/.new-$$" "$base"
}

# layer NAME LOWER...: a root to write to, over the others: sets root. It is gone
# with this process, whose mounts are its own; what was written stays in the cache.
layer() {
	local place=$PLACE/layer-$1
	shift
	rm -rf "$place"
	mkdir -p "$place/upper" "$place/work" "$place/root"
	mount -t overlay overlay "$place/root" \
		-o "lowerdir=$(IFS=:; echo "$*"),upperdir=$place/upper,workdir=$place/work"
	root=$place/root
}

# make_initramfs OUTPUT SYSTEM MODULES COMMANDS: only what it takes to find the root: the
# modules of SYSTEM, and commands that mount it as /root; and to go there.
make_initramfs() {
	local place=$1.d release module
	release=$(basename "$2"/lib/modules/*)
	rm -rf "$place"
	mkdir -p "$place"/{bin,dev,proc,root}
	cp "$(command -v busybox)" "$place/bin/sh"
	{
		echo '#!/bin/sh'
		# shellcheck disable=SC2086 # A list of words.
		for module in $(modprobe -d "$2" -S "$release" --show-depends -a $3 |
			sed -n 's/^insmod //p' | awk '!seen[$0]++'); do
			xz -dc "$module" >"$place/$(basename "$module" .xz)"
			echo "busybox insmod /$(basename "$module" .xz)"
		done
		echo "$4"
		echo 'exec busybox switch_root /root /sbin/init'
	} >"$place/init"
	ln -s sh "$place/bin/busybox"
	chmod +x "$place/init"
	(cd "$place" && find . | cpio --quiet -o -H newc) >"$1"
	rm -r "$place"
}

# trees: what rust-headers makes in a root, for the next time, too; or TREES.
trees() { echo "${TREES:-$PLACE/trees-$(hash_of "$(cat "$ROOT"/tools/rust-headers "$ROOT"/tools/rust-headers.d/*)")}"; }

# in_root COMMAND...: run it in the root, with a /proc of its own processes and
# nothing of this machine's /sys. Not by chroot, in which nobody may make a user namespace.
in_root() {
	unshare --mount --pid --ipc --fork sh -euc '
		root=$1
		mount -t proc proc "$root/proc"
		mount -t tmpfs tmpfs "$root/dev"
		for node in null zero full random urandom tty; do
			touch "$root/dev/$node" && mount --bind "/dev/$node" "$root/dev/$node"
		done
		ln -s /proc/self/fd "$root/dev/fd"
		mkdir "$root/dev/shm" "$root/dev/pts"
		mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
		ln -s pts/ptmx "$root/dev/ptmx"
		mount -t tmpfs tmpfs "$root/run"
		mkdir -p "$2" "$root/var/cache/rust-headers"
		mount --bind "$2" "$root/var/cache/rust-headers"
		shift 2
		cd "$root"
		pivot_root . .
		umount -l .
		exec /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
			DEBIAN_FRONTEND=noninteractive "$@"' sh "$root" "$(trees)" "$@"
}
