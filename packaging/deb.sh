#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Builds the Debian packages from this checkout: deb.sh [DIRECTORY]
# They come to target/deb, or to DIRECTORY. VERSION= builds them under another
# version than that of Cargo.toml, to try an upgrade.

# shellcheck source=qemu/lib.sh
. "$(dirname "$0")/../qemu/lib.sh"
# shellcheck source=qemu/toolchain.sh
. "$ROOT/qemu/toolchain.sh"

readonly BUILD=$ROOT/target/deb/build

# cargo_version: the version of the workspace.
cargo_version() { sed -n 's/^version = "\(.*\)"$/\1/p' "$ROOT/Cargo.toml"; }

# is_checkout: whether git knows these files. Not so in the unpacked source of a release, which may
# be in a folder of another project's.
is_checkout() { [ -e "$ROOT/.git" ]; }

# sources: every file of the project, committed or about to be.
sources() {
	local file
	if ! is_checkout; then
		(cd "$ROOT" && find . -path ./target -prune -o ! -type d -printf '%P\n')
		return
	fi
	git -c safe.directory='*' -C "$ROOT" ls-files --cached --others --exclude-standard |
		while read -r file; do [ ! -f "$ROOT/$file" ] || echo "$file"; done
}

# last_change: the second of it, from which all times in the packages are made.
last_change() {
	if is_checkout && git -c safe.directory='*' -C "$ROOT" log -1 --format=%ct 2>/dev/null; then return; fi
	stat --format=%Y "$ROOT/Cargo.toml"
}

# changelog VERSION: Debian's changelog, which tells only where the real one is.
changelog() {
	local maintainer
	maintainer=$(sed -n 's/^Maintainer: //p' "$ROOT/packaging/debian/control")
	cat <<-END
		homeward ($1-1) unstable; urgency=medium

		  * Packages from the project's own tree. What has changed is in the
		    project's changelog, changelog.gz next to this file.

		 -- $maintainer  $(date --utc --rfc-email --date="@$SOURCE_DATE_EPOCH")
	END
}

# unpack VERSION DIRECTORY: the sources as a source package has them.
unpack() {
	local own
	own=$(cargo_version)
	rm -rf "$2"
	mkdir -p "$2"
	sources | tar -C "$ROOT" -c -T - | tar -C "$2" -x
	cp -r "$2/packaging/debian" "$2/debian"
	changelog "$1" >"$2/debian/changelog"
	[ "$1" != "$own" ] || return 0
	sed -i "s/^version = \"$own\"$/version = \"$1\"/" "$2/Cargo.toml"
	sed -i "/^name = \"homeward/{n;s/\"$own\"/\"$1\"/}" "$2/Cargo.lock"
}

# cross_libraries: which packages have the libraries of another architecture: those of the cross
# compiler, but for what is added to their names.
cross_libraries() {
	sed "s/:$GUEST_ARCH\>//; s/-$GUEST_ARCH-cross\>//" /var/lib/dpkg/info/lib{c6,gcc-s1}-"$GUEST_ARCH"-cross.shlibs
}

# build VERSION DIRECTORY: by Debian's own tools. -d: cargo and rustc may come
# from packages of another name (see qemu/packages.sh).
build() {
	local target=$ROOT/target
	# The command of this checkout must not be one that says another version.
	[ "$1" = "$(cargo_version)" ] || target=$ROOT/target/deb/cargo
	tell_cargo
	! is_cross || cross_libraries >"$2/debian/shlibs.local"
	# debhelper gives the build a home of its own, without what cargo has fetched.
	(cd "$2" && CARGO_HOME=${CARGO_HOME:-~/.cargo} CARGO_TARGET_DIR=$target \
		dpkg-buildpackage --build=binary --host-arch "$GUEST_ARCH" --no-sign -d)
}

main() {
	local version=${VERSION:-} directory=${1:-$ROOT/target/deb}
	[ -n "$version" ] || version=$(cargo_version)
	[ -n "$version" ] || die "Cargo.toml has no version"
	SOURCE_DATE_EPOCH=$(last_change)
	export SOURCE_DATE_EPOCH
	"$ROOT/qemu/sysroot.sh"
	lock "$ROOT/target/deb/.lock" "the packages of this checkout"
	unpack "$version" "$BUILD/homeward-$version"
	step "Building the packages" "deb-$version" build "$version" "$BUILD/homeward-$version"
	mkdir -p "$directory"
	# Of another version, apt would be given two.
	[ -n "${1:-}" ] || rm -f "$directory"/*_*.deb
	mv "$BUILD/"*_"$version"-1_*.deb "$directory/"
	rm -f "$BUILD/"homeward_*.changes "$BUILD/"homeward_*.buildinfo
	(cd "$directory" && printf "$PWD/%s\n" *_"$version"-1_*.deb)
}

main "$@"
