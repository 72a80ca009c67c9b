#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# For a guest of another architecture: the programs of its initramfs, and Rust's standard
# library. Both are those of this system's own Debian, in the same versions, as packages
# for that architecture: unpacked into the cache, and not installed.

# shellcheck source=qemu/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=qemu/toolchain.sh
. "$ROOT/qemu/toolchain.sh"
# shellcheck source=qemu/libraries.sh
. "$ROOT/qemu/libraries.sh"
# shellcheck source=qemu/kernel-source.sh
. "$ROOT/qemu/kernel-source.sh"

# As those that packages.sh has installed here, and what every Debian has.
readonly PACKAGES="busybox-static iproute2 iputils-ping ethtool wireguard-tools kmod python3
	python3-yaml python3-jsonschema bash coreutils findutils util-linux"

# sources: this system's sources of Debian's, as lines of a sources.list.
sources() {
	# shellcheck disable=SC2016 # The dollars are apt's.
	apt-get indextargets --format '$(ORIGIN)|$(CREATED_BY)|$(REPO_URI) $(RELEASE) $(COMPONENT)' |
		sed -n "s/^Debian|Packages|/deb [signed-by=${KEYRING//\//\\/}] /p" | sort -u
}

# standard_library: the package of the library that belongs to rustc, and its version.
standard_library() {
	# shellcheck disable=SC2016 # The dollars are dpkg's.
	dpkg-query --search "$("$RUSTC" --print sysroot)"/lib/rustlib/"$OWN_MACHINE"-*/lib/libstd-*.rlib 2>/dev/null |
		sed -n '1s/:.*//p' | xargs --no-run-if-empty dpkg-query --show --showformat '${Package}=${Version}'
}

# fetch DIRECTORY LIBRARY=VERSION: all packages, and what they depend on.
fetch() {
	local apt=$APT/$GUEST_ARCH deb
	private_apt_at "$apt" "$GUEST_ARCH" < <(sources)
	: >"$apt/nothing-installed"
	apt-get -c "$apt/apt.conf" update
	# shellcheck disable=SC2086 # A list of words.
	apt-get -c "$apt/apt.conf" -o Dir::State::status="$apt/nothing-installed" \
		-o APT::Install-Recommends=false -o Debug::NoLocking=true --yes --download-only \
		install $PACKAGES
	(cd "$apt/cache/archives" && apt-get -c "$apt/apt.conf" download "$2")
	for deb in "$apt"/cache/archives/*.deb; do dpkg-deb --extract "$deb" "$1"; done
	relative "$1"
	rm "$apt"/cache/archives/*.deb
}

main() {
	local place aside=$CACHE/sysroot/.new-$$ library
	is_cross || return 0
	place=$(sysroot)
	[ ! -d "$place" ] || return 0
	have apt-get || die "programs for ARCH=$GUEST_ARCH come from Debian, and this system has no apt"
	library=$(standard_library)
	[ -n "$library" ] || die "$RUSTC is not Debian's: ARCH=$GUEST_ARCH takes Debian's rustc"
	lock "$CACHE/sysroot/.lock" "programs for $GUEST_ARCH"
	[ ! -d "$place" ] || return 0
	rm -rf "$CACHE"/sysroot/.new-*
	mkdir "$aside"
	step "Fetching programs and Rust's library for $GUEST_ARCH" "sysroot-$GUEST_ARCH" fetch "$aside" "$library"
	mv "$aside" "$place"
}

main
