#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Stands for apt-get, apt-cache, dpkg-query, uname, df and the compilers, by the
# name that it is called by. ARCHIVE has the packages as SUITE/PACKAGE_VERSION.deb;
# FAULT says what goes wrong.

set -euo pipefail

readonly ARCHIVE=${ARCHIVE:?}

# suite_of ARGS...: of `-c CACHE/apt/SUITE/apt.conf`; the host has none.
suite_of() {
	local previous=''
	for word; do
		[ "$previous" != -c ] || basename "$(dirname "$word")"
		previous=$word
	done
}

# offered SUITE PACKAGE: the versions, newest first.
offered() {
	find "$ARCHIVE/${1:-none}" -name "$2_*.deb" 2>/dev/null | sed 's/.*_//; s/\.deb$//' | sort -rV
}

get_download() {
	local wanted=${!#} suite file
	suite=$(suite_of "$@")
	file=$ARCHIVE/${suite:-none}/${wanted/=/_}.deb
	case ${FAULT:-} in
	gone) suite='' ;;&
	gone | stale)
		if [ -z "$suite" ]; then
			echo "E: Failed to fetch http://mirror/$wanted  404  Not Found [IP: 192.0.2.1 80]" >&2
			exit 100
		fi
		;;
	half)
		head -c 200 "$file" >"$(basename "$file")"
		echo "E: Failed to fetch $wanted  Hash Sum mismatch" >&2
		exit 100
		;;
	slow-*)
		[[ $wanted != "${FAULT#slow-}"* ]] || sleep 60
		;;
	killed-*)
		[[ $wanted != "${FAULT#killed-}"* ]] || kill -TERM "$PPID"
		;;
	esac
	cp "$file" .
}

apt_get() {
	case " $* " in
	*" indextargets "*) echo 'Debian|Debian|test|file:/nowhere' ;;
	*" update "*)
		if [ "${FAULT:-}" = no-network ] || [ ! -d "$ARCHIVE/$(suite_of "$@")" ]; then
			echo "E: Could not resolve 'mirror'" >&2
			exit 100
		fi
		case ${FAULT:-} in
		says-*)
			if [ "${LC_ALL:-}" = C ]; then echo "E: ${FAULT#says-}" >&2; else echo "E: In einer anderen Sprache" >&2; fi
			exit 100
			;;
		esac
		mkdir -p "$(dirname "$2")/lists"
		touch "$(dirname "$2")/lists/test_Packages"
		;;
	*" download "*) get_download "$@" ;;
	esac
}

apt_cache() {
	local package=${!#} suite version=''
	suite=$(suite_of "$@")
	for version in $(offered "$suite" "$package"); do
		case " $* " in
		*" madison "*) echo "$package | $version | file:/nowhere test/main test Packages" ;;
		*)
			printf 'Package: %s\nVersion: %s\n' "$package" "$version"
			cat "$ARCHIVE/$suite/$package.depends" 2>/dev/null || true
			return
			;;
		esac
	done
	# As the real one does when it knows no such package.
	[[ " $* " == *" madison "* ]] || [ -n "${version:-}" ] || exit 100
}

case $(basename "$0") in
apt-get) apt_get "$@" ;;
apt-cache) apt_cache "$@" ;;
dpkg-query) sed -n "s/^${!#} /${STATUS:-installed} /p" "$ARCHIVE/installed" ;;
uname) echo "7.3.4+deb13-$(dpkg --print-architecture)" ;;
df) printf 'Avail\n%s\n' 9999 ;;
test-gcc-14) echo "${CC_SAYS:-test-gcc-14 (Debian 14.2.0-19) 14.2.0}" ;;
rustc) if [ "$1" = --print ]; then echo "$ARCHIVE/sysroot"; else echo 'rustc 1.85.1 (test)'; fi ;;
bindgen) echo 'bindgen 0.71.1' ;;
esac
