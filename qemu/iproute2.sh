#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Versions of iproute2 from Debian's archive, the newest among them, each with its
# loader and libraries, for the tests that compare with them: `iproute2.sh` fetches
# them into the cache, `iproute2.sh where` prints where they are, a directory for
# each suite. They are looked for once, and again with UPDATE=1. Without apt or a
# network there is none: the tests say so, and that is no failure.

# shellcheck source=qemu/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=qemu/kernel-source.sh
. "$ROOT/qemu/kernel-source.sh"
# shellcheck source=qemu/libraries.sh
. "$ROOT/qemu/libraries.sh"

IPROUTE2=$CACHE/iproute2
! is_cross || IPROUTE2+=-$GUEST_ARCH
readonly IPROUTE2
# iproute2 6.1, 6.15, and the newest: backports and experimental have no other.
readonly IPROUTE2_SUITES="bookworm trixie sid"
# After a failure it is not tried again for so many minutes.
readonly PATIENCE=720

# packages SUITE: it, and the libraries that it depends on, directly or not.
packages() {
	echo iproute2
	apt_of "$1" apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts \
		--no-breaks --no-replaces --no-enhances iproute2 | grep -E '^(lib|zlib)' | grep -v -e '-bin$'
}

# unpack_all DEBS ROOT: all of them, where /bin and /lib are links into /usr as in a
# system. Older packages still have files below both.
unpack_all() {
	local deb name
	for name in bin sbin lib lib64; do
		mkdir -p "$2/usr/$name"
		ln -s "usr/$name" "$2/$name"
	done
	for deb in "$1"/*.deb; do
		dpkg-deb --fsys-tarfile "$deb" | tar -x --keep-directory-symlink -C "$2"
	done
}

# libraries_of ROOT IP: the paths of all that it is linked to.
libraries_of() {
	if is_cross; then
		relative "$1"
		libraries_below "$1" "$2" | sed "s|^|$1|"
	else
		"$(loader "$1")" --library-path "$(dirname "$(find "$1/usr" -name libmnl.so.0)")" --list "$2" |
			sed -nE "s|^.* => ($1/[^ ]+) .*|\1|p"
	fi
}

# loader ROOT: what starts its programs.
loader() { find "$1/usr" -name 'ld-linux*.so.*' | head -n 1; }

# gather ROOT DIRECTORY: of all that was unpacked, what `ip` needs.
gather() {
	local library
	mkdir -p "$2/lib"
	cp --dereference "$1/usr/bin/ip" "$2/ip"
	libraries_of "$1" "$2/ip" >"$1.libraries"
	cp --dereference "$(loader "$1")" "$2/ld.so"
	while read -r library; do cp --dereference "$library" "$2/lib/"; done <"$1.libraries"
	# Half of it would not start. Of another architecture it cannot be tried here.
	is_cross || "$2/ld.so" --library-path "$2/lib" "$2/ip" -V
}

# fetch SUITE: that of one suite.
fetch() {
	local suite mirror aside=$IPROUTE2/.new-$$
	suite=$(in_suite "$1")
	mirror=$(debian_mirror)
	[ -n "$mirror" ] || return 1
	private_apt "$suite" "$mirror"
	apt_of "$suite" apt-get -o Acquire::http::Timeout=20 -o Acquire::Retries=0 update
	rm -rf "$IPROUTE2"/.new-*
	mkdir -p "$aside/deb" "$aside/root" "$aside/new"
	# shellcheck disable=SC2046 # A list of words.
	(cd "$aside/deb" && apt_of "$suite" apt-get download $(packages "$suite"))
	unpack_all "$aside/deb" "$aside/root"
	gather "$aside/root" "$aside/new"
	rm -rf "${IPROUTE2:?}/$1"
	mv "$aside/new" "$IPROUTE2/$1"
	rm -rf "$aside"
}

# settled SUITE: whether it is there, or has just been tried in vain.
settled() {
	[ -z "${UPDATE:-}" ] && { [ -x "$IPROUTE2/$1/ip" ] ||
		[ -n "$(find "$IPROUTE2/failed-$1" -mmin "-$PATIENCE" 2>/dev/null)" ]; }
}

main() {
	local suite
	mkdir -p "$IPROUTE2"
	if [ "${1:-}" = fetch ]; then
		fetch "$2"
		return
	fi
	for suite in $IPROUTE2_SUITES; do
		if [ "${1:-}" = where ]; then
			[ ! -x "$IPROUTE2/$suite/ip" ] || echo "$IPROUTE2/$suite"
			continue
		fi
		have apt-get || return 0
		! settled "$suite" || continue
		exec 8>"$IPROUTE2/lock"
		flock 8
		# Another run may have done it meanwhile.
		! settled "$suite" || continue
		# Another bash, as one that is asked how it went would ignore `set -e`.
		if step "Fetching iproute2 of $suite" "iproute2-$suite" "$0" fetch "$suite"; then
			rm -f "$IPROUTE2/failed-$suite"
		else
			touch "$IPROUTE2/failed-$suite"
			say "The tests will not compare with it."
		fi
	done
}

main "$@"
