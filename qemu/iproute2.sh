#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The newest iproute2 of Debian, with its loader and libraries, for the tests that
# compare with it: `iproute2.sh` fetches it into the cache, `iproute2.sh where`
# prints where it is. It is looked for once, and again with UPDATE=1. Without apt
# or a network there is none: the tests say so, and that is no failure.

# shellcheck source=qemu/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=qemu/kernel-source.sh
. "$ROOT/qemu/kernel-source.sh"

readonly IPROUTE2=$CACHE/iproute2
readonly IPROUTE2_SUITE=sid
# After a failure it is not tried again for so many minutes.
readonly PATIENCE=720

# packages: it, and the libraries that it depends on, directly or not.
packages() {
	echo iproute2
	apt_of "$IPROUTE2_SUITE" apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts \
		--no-breaks --no-replaces --no-enhances iproute2 | grep -E '^(lib|zlib)' | grep -v -e '-bin$'
}

# run_new DIRECTORY ARGS...: `ip` of that directory.
run_new() {
	local new=$1
	shift
	"$new/ld.so" --argv0 ip --library-path "$new/lib" "$new/ip" "$@"
}

# gather ROOT DIRECTORY: of all that was unpacked, what `ip` needs.
gather() {
	local loader library
	loader=$(find "$1/usr" -name 'ld-linux*.so.*' | head -n 1)
	mkdir -p "$2/lib"
	cp --dereference "$1/usr/bin/ip" "$2/ip"
	cp --dereference "$loader" "$2/ld.so"
	while read -r library; do
		cp --dereference "$library" "$2/lib/"
	done < <("$loader" --library-path "$(dirname "$(find "$1/usr" -name libmnl.so.0)")" \
		--list "$2/ip" | sed -nE "s|^.* => ($1/[^ ]+) .*|\1|p")
	run_new "$2" -V
}

fetch() {
	local mirror aside=$IPROUTE2/.new-$$
	mirror=$(debian_mirror)
	[ -n "$mirror" ] || return 1
	private_apt "$IPROUTE2_SUITE" "$mirror"
	apt_of "$IPROUTE2_SUITE" apt-get -o Acquire::http::Timeout=20 -o Acquire::Retries=0 update
	rm -rf "$IPROUTE2"/.new-*
	mkdir -p "$aside/deb" "$aside/root" "$aside/new"
	# shellcheck disable=SC2046 # A list of words.
	(cd "$aside/deb" && apt_of "$IPROUTE2_SUITE" apt-get download $(packages))
	for deb in "$aside"/deb/*.deb; do dpkg-deb -x "$deb" "$aside/root"; done
	gather "$aside/root" "$aside/new"
	rm -rf "$IPROUTE2/newest"
	mv "$aside/new" "$IPROUTE2/newest"
	rm -rf "$aside"
}

main() {
	mkdir -p "$IPROUTE2"
	if [ "${1:-}" = where ]; then
		[ ! -x "$IPROUTE2/newest/ip" ] || echo "$IPROUTE2/newest"
		return
	fi
	if [ -z "${UPDATE:-}" ] && { [ -x "$IPROUTE2/newest/ip" ] ||
		[ -n "$(find "$IPROUTE2/failed" -mmin "-$PATIENCE" 2>/dev/null)" ]; }; then return; fi
	have apt-get || return 0
	exec 8>"$IPROUTE2/lock"
	flock 8
	if step "Fetching the newest iproute2" iproute2 fetch; then
		rm -f "$IPROUTE2/failed"
	else
		touch "$IPROUTE2/failed"
		say "The tests will not compare with it."
	fi
}

main "$@"
