#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Tests of tools/rust-headers without a network, a compiler or a kernel: with a
# fake archive, fake compilers and a fake kernel. Ends with cargo's kind of line.
#
# shellcheck disable=SC2317 # The tests are called by their names.

set -euo pipefail

# shellcheck disable=SC2155 # cd cannot fail here.
readonly HERE=$(cd "$(dirname "$0")" && pwd)
readonly TOOL=$HERE/../../tools/rust-headers
# shellcheck disable=SC2155 # Neither can fail here.
readonly OWN=$(dpkg --print-architecture)
if [ "$OWN" = arm64 ]; then readonly OTHER=amd64; else readonly OTHER=arm64; fi
readonly RELEASE=7.3.4+deb13-$OWN
readonly VERSION=7.3.4-1~bpo13+1

# make_package SUITE NAME VERSION: of what is in $work/package.
make_package() {
	mkdir -p "$ARCHIVE/$1" "$work/package/DEBIAN"
	printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: test <test@example.org>\nDescription: test\n' \
		"$2" "$3" >"$work/package/DEBIAN/control"
	dpkg-deb --build -Znone "$work/package" "$ARCHIVE/$1/$2_$3.deb" >/dev/null
	rm -rf "$work/package"
}

make_headers() {
	local place=$work/package/usr/src/linux-headers-$release
	mkdir -p "$place"
	cat >"$place/.config" <<-END
		${1-CONFIG_RUST=y}
		CONFIG_CC_VERSION_TEXT="test-gcc-14 (Debian 14.2.0-19) 14.2.0"
		CONFIG_RUSTC_VERSION_TEXT="rustc 1.85.1 (test)"
		CONFIG_BINDGEN_VERSION_TEXT="bindgen 0.71.1"
	END
	printf '0x00000000\t_RNv4core3str\tvmlinux\tEXPORT_SYMBOL_GPL\t\n' >"$place/Module.symvers"
	make_package "$suite" "linux-headers-$release" "$VERSION"
}

make_source() {
	local tree=$work/linux-source-7.3
	mkdir -p "$tree/rust" "$tree/drivers/net/ethernet" "$work/package/usr/src"
	cp "$HERE/kernel.mk" "$tree/Makefile"
	touch "$tree/rust/Makefile" "$tree/drivers/net/ethernet/driver.c" "$tree/drivers/net/ethernet/driver.h"
	tar -cJf "$work/package/usr/src/linux-source-7.3.tar.xz" -C "$work" linux-source-7.3
	make_package "$suite" linux-source-7.3 "$VERSION"
}

# A world for one test: everything is there and well.
make_world() {
	local name suite=trixie-backports release=$RELEASE
	export ARCHIVE=$work/archive
	mkdir -p "$work/bin" "$ARCHIVE/trixie-backports" "$ARCHIVE/sysroot/lib/rustlib/src/rust/library/core/src"
	touch "$ARCHIVE/installed" "$ARCHIVE/sysroot/lib/rustlib/src/rust/library/core/src/lib.rs"
	for name in apt-get apt-cache dpkg-query uname test-gcc-14 rustc bindgen; do
		ln -s "$HERE/fake-archive.sh" "$work/bin/$name"
	done
	# What the host has of other tools is not the question here.
	for name in flex bison bc openssl gcc-14; do ln -s /bin/true "$work/bin/$name"; done
	make_headers
	make_source
}

# tool ARGS...: runs it; the output is in $work/out and $work/err, the status in `status`.
tool() {
	status=0
	PATH=$work/bin:$PATH RUST_HEADERS_CACHE=$work/cache MODULES=$work/modules \
		"$TOOL" "$@" >"$work/out" 2>"$work/err" || status=$?
}

fails() {
	tool "$@"
	((status != 0)) || { echo "did not fail: $*" && return 1; }
	nothing_half_done
}

succeeds() {
	tool "$@"
	((status == 0)) || { echo "failed: $*" && cat "$work/err" && return 1; }
	nothing_half_done
}

said() { grep -qF -- "$1" "$work/err" || { echo "did not say: $1" && cat "$work/err" && return 1; }; }

nothing_half_done() {
	local left
	left=$(find "$work/cache" -name '.new-*' 2>/dev/null)
	[ -z "$left" ] || { echo "left behind: $left" && return 1; }
}

a_tree_is_made_and_checked() {
	succeeds "$RELEASE"
	[ "$(cat "$work/out")" = "$work/cache/tree/${RELEASE}_$VERSION" ]
	[ -f "$(cat "$work/out")/drivers/net/ethernet/driver.h" ]
	[ ! -e "$(cat "$work/out")/drivers/net/ethernet/driver.c" ]
	[ "$(cat "$(cat "$work/out")/told")" = "of '' by '' and test-gcc-14" ]
	succeeds --check "$(cat "$work/out")"
	said Exact
}

the_second_time_it_is_there() {
	succeeds "$RELEASE"
	FAULT=half succeeds "$RELEASE"
	[ ! -s "$work/err" ]
}

a_tree_whose_compilers_are_gone_is_made_again() {
	succeeds "$RELEASE"
	sed -i 's|^root=.*|root=/nowhere|' "$work/cache/tree/${RELEASE}_$VERSION/rust-headers.env"
	fails --check "$work/cache/tree/${RELEASE}_$VERSION"
	said "the compilers of"
	succeeds "$RELEASE"
	succeeds --check "$work/cache/tree/${RELEASE}_$VERSION"
}

# An upgrade of this system brings others.
a_tree_whose_compilers_are_others_by_now_is_made_again() {
	local tree=$work/cache/tree/${RELEASE}_$VERSION
	succeeds "$RELEASE"
	succeeds --usable "$tree"
	export CC_SAYS='test-gcc-14 (Debian 14.2.0-20) 14.2.0'
	fails --usable "$tree"
	fails make "$tree" -- modules
	said "this system's compilers are not those any more"
	said "here is '$CC_SAYS'"
	mkdir "$ARCHIVE/trixie"
	touch "$ARCHIVE/trixie/"{gcc-14_14.2.0-19,rustc_1.85.1+dfsg1-1,bindgen_0.71.1-1}.deb
	fails "$RELEASE"
	said "Compilers: those of trixie, in a root of their own"
	unset CC_SAYS
	succeeds --usable "$tree"
	fails --usable "$work/nowhere"
}

make_builds_a_module_with_the_same_compilers() {
	mkdir "$work/module"
	touch "$work/module/rust_headers_probe.rs"
	# The fake kernel builds only this one. Without a tree, it is made first.
	tool make "$RELEASE" -- M="$work/module" modules
	[ -f "$work/module/rust_headers_probe.ko" ]
}

print_makes_nothing() {
	succeeds --print "$RELEASE"
	[ "$(cat "$work/out")" = "$work/cache/tree/${RELEASE}_$VERSION" ]
	[ ! -e "$work/cache/tree" ]
}

the_compilers_alone_make_no_tree() {
	succeeds --compilers "$RELEASE"
	said "this system's own"
	[ ! -s "$work/out" ]
	[ ! -e "$work/cache/tree/${RELEASE}_$VERSION" ]
	CC_SAYS='test-gcc-14 (Debian 14.2.0-20) 14.2.0' fails --compilers "$RELEASE"
	said "nobody has the compilers"
	FAULT=half fails --compilers "$RELEASE"
	said "Nothing of it was kept. Then run this again."
	succeeds "$RELEASE"
}

a_suite_names_its_newest_kernel() {
	touch "$ARCHIVE/trixie-backports/linux-image-$(dpkg --print-architecture)_$VERSION.deb"
	echo "Depends: linux-base, linux-image-$RELEASE (= $VERSION)" \
		>"$ARCHIVE/trixie-backports/linux-image-$(dpkg --print-architecture).depends"
	succeeds --suite trixie-backports --output "$work/tree"
	[ -f "$work/tree/Module.symvers" ]
}

# What is there already stays, and so does what is beside it.
an_output_that_is_of_somebody_else() {
	mkdir -p "$work/home/.new-photos" "$work/home/empty"
	touch "$work/home/file"
	fails --output "$work/home" "$RELEASE"
	said "$work/home is there, and was not made by rust-headers"
	fails --output "$work/home/file" make "$RELEASE" -- modules
	said "$work/home/file is there, and was not made by rust-headers"
	succeeds --output "$work/home/tree" "$RELEASE"
	succeeds --output "$work/home/empty" "$RELEASE"
	# A tree of another version gives way to this one.
	sed -i 's/^version=.*/version=1/' "$work/home/tree/rust-headers.env"
	succeeds --output "$work/home/tree" "$RELEASE"
	grep -qF "version=$VERSION" "$work/home/tree/rust-headers.env"
	[ "$(find "$work/home" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort | xargs)" = ".new-photos empty file tree" ]
}

# By the real apt, as it reads our configuration.
a_suite_is_asked_without_what_is_installed_or_pinned_here() {
	local settings
	succeeds "$RELEASE"
	settings=$(apt-config -c "$work/cache/apt/trixie-backports/apt.conf" shell \
		STATUS Dir::State::status/f PINS Dir::Etc::preferences/f PARTS Dir::Etc::preferencesparts/d)
	[ "$settings" = "STATUS='/dev/null'
PINS='/dev/null'
PARTS='/dev/null'" ] || { echo "$settings" && return 1; }
}

# make_foreign: a kernel of a kind of its own for another architecture, in its archive alone.
make_foreign() {
	suite=trixie-backports:$OTHER
	release=7.3.4+deb13-$OTHER-16k
	make_headers
	make_source
	touch "$ARCHIVE/$suite/linux-image-$OTHER-16k_$VERSION.deb"
	echo "Depends: linux-base, linux-image-$release (= $VERSION)" >"$ARCHIVE/$suite/linux-image-$OTHER-16k.depends"
	rm -r "$ARCHIVE/trixie-backports"
}

a_tree_for_another_architecture() {
	local suite release kernel=arm64
	[ "$OTHER" = arm64 ] || kernel=x86
	make_foreign
	ARCH=vax succeeds --suite trixie-backports --flavour "$OTHER-16k"
	[ "$(cat "$work/out")" = "$work/cache/tree/${release}_$VERSION" ]
	[ "$(cat "$(cat "$work/out")/told")" = "of '$kernel' by 'test-' and gcc-14" ]
	grep -qx "APT::Architecture \"$OTHER\";" "$work/cache/apt/$suite/apt.conf"
	grep -q '/nowhere trixie-backports main$' "$work/cache/apt/$suite/sources.list"
	# What is there by its name needs to be told no architecture.
	succeeds "$release"
	succeeds --check "$work/cache/tree/${release}_$VERSION"
	fails --suite trixie-backports --arch "$OTHER"
	said "trixie-backports:$OTHER has no linux-image-$OTHER"
	fails --arch "$OTHER"
	said "are for --suite"
}

# A release candidate, which Debian calls otherwise than its source does.
a_kernel_of_experimental() {
	local suite=experimental release=7.3-$OWN
	make_headers
	make_source
	rm -r "$ARCHIVE/trixie-backports"
	succeeds "$release"
	[ "$(cat "$work/out")" = "$work/cache/tree/${release}_$VERSION" ]
	grep -qx "#define UTS_RELEASE \"$release\"" "$(cat "$work/out")/include/generated/utsrelease.h"
}

# Those of sid may be newer already.
compilers_for_a_kernel_of_experimental() {
	local suite=experimental release=7.3-$OWN
	make_headers
	mkdir "$ARCHIVE/forky" "$ARCHIVE/sid"
	touch "$ARCHIVE/forky/"{gcc-14_14.2.0-19,rustc_1.85.1+dfsg1-1,bindgen_0.71.1-1}.deb
	touch "$ARCHIVE/sid/"{gcc-14_14.2.0-20,rustc_1.85.1+dfsg1-1,bindgen_0.71.1-1}.deb
	CC_SAYS=none fails --compilers "$release"
	said "Compilers: those of forky, in a root of their own"
}

compilers_for_another_architecture() {
	local suite release
	make_foreign
	mkdir "$ARCHIVE/trixie"
	touch "$ARCHIVE/trixie/"{gcc-14_14.2.0-19,gcc-14-test_14.2.0-18cross1,rustc_1.85.1+dfsg1-1,bindgen_0.71.1-1}.deb
	CC_SAYS=none fails "$release"
	said "nobody has the cross compilers"
	touch "$ARCHIVE/trixie/gcc-14-test_14.2.0-19cross1.deb"
	CC_SAYS=none fails "$release"
	said "Compilers: those of trixie, in a root of their own"
}

other_packages_are_those_of_the_very_version() {
	mkdir -p "$work/package/boot"
	echo older >"$work/package/boot/vmlinuz"
	make_package trixie-backports "linux-binary-$RELEASE" 7.3.3-1
	mkdir -p "$work/package/boot"
	echo this >"$work/package/boot/vmlinuz"
	make_package trixie-backports "linux-binary-$RELEASE" "$VERSION"
	# Before there is a tree, and of one that is there, without a network.
	mkdir "$work/before" "$work/after"
	succeeds unpack "$RELEASE" "$work/before" "linux-binary-$RELEASE"
	[ ! -e "$work/cache/tree" ]
	succeeds "$RELEASE"
	FAULT=no-network succeeds --no-update unpack "$(cat "$work/out")" "$work/after" "linux-binary-$RELEASE"
	[ "$(cat "$work/before/boot/vmlinuz" "$work/after/boot/vmlinuz")" = "this
this" ]
	fails unpack "$RELEASE" "$work/after" linux-nothing
	said "no suite has linux-nothing $VERSION"
}

lists_of_the_last_run_will_do() {
	succeeds --print "$RELEASE"
	FAULT=no-network succeeds --no-update "$RELEASE"
	[ "$(cat "$work/out")" = "$work/cache/tree/${RELEASE}_$VERSION" ]
	rm -r "$work/cache"
	FAULT=no-network fails --no-update "$RELEASE"
	said "The Debian mirror cannot be reached"
}

the_source_is_given_up_with_the_compilers() {
	local start=$SECONDS
	export CC_SAYS="test-gcc-14 (Debian 1) 1"
	FAULT=slow-linux-source fails "$RELEASE"
	said "nobody has the compilers"
	((SECONDS - start < 30))
	! pgrep -f "$work/cache/apt.*download linux-source" >/dev/null
}

without_a_network() {
	FAULT=no-network fails "$RELEASE"
	said "The Debian mirror cannot be reached"
	said "run this again"
	succeeds "$RELEASE"
}

# As apt says it, whatever the language of the user is.
a_mirror_that_gives_nothing_is_told_from_no_network() {
	local says
	while IFS='|' read -r says reason; do
		rm -rf "$work/cache"
		LC_ALL=de_DE.UTF-8 FAULT="says-$says" fails "$RELEASE"
		said "no suite could be looked at"
		said "$reason"
	done <<-'END'
		Release file for http://m/InRelease is expired (invalid since 9d 1h). Updates|The mirror is not kept up any more
		The following signatures couldn't be verified: NO_PUBKEY 0E98404D386FA1D9|upgrade debian-archive-keyring
		error message is: Missing key 4CB50190, which is needed to verify signature.|upgrade debian-archive-keyring
		Clearsigned file isn't valid, got 'NOSPLIT' (does the network require authentication?)|ask for a login?
		Failed to fetch http://m/InRelease  403  Forbidden [IP: 192.0.2.1 80]|or a proxy before it, refuses
		The repository 'http://m trixie-backports Release' does not have a Release file.|has no such suite
	END
	rm -rf "$work/cache"
	FAULT=gone fails "$RELEASE"
	said "The archive has replaced it: apt-get update, and upgrade the kernel"
}

# The host's own lists tell of packages that the archive has no more at that place.
lists_that_are_out_of_date() {
	cp -r "$ARCHIVE/trixie-backports" "$ARCHIVE/none"
	FAULT=stale succeeds "$RELEASE"
	grep -qF 'Asking trixie-backports.' "$work/cache/log/source-download.log"
	grep -qF 'Asking trixie-backports.' "$work/cache/log/headers-download.log"
}

half_a_download() {
	FAULT=half fails "$RELEASE"
	said "half of it"
	succeeds "$RELEASE"
}

killed_in_the_middle() {
	FAULT=killed-linux-source fails "$RELEASE"
	succeeds "$RELEASE"
}

a_compiler_that_does_not_match() {
	CC_SAYS='test-gcc-14 (Debian 14.2.0-20) 14.2.0' fails "$RELEASE"
	said "nobody has the compilers that the kernel was built with"
	said "test-gcc-14 (Debian 14.2.0-19) 14.2.0"
	succeeds "$RELEASE"
}

a_compiler_that_changed_afterwards() {
	succeeds "$RELEASE"
	CC_SAYS='test-gcc-14 (Debian 14.2.0-20) 14.2.0' fails --check "$work/cache/tree/${RELEASE}_$VERSION"
	said "here is 'test-gcc-14 (Debian 14.2.0-20) 14.2.0'"
}

a_kernel_without_rust() {
	local suite=trixie-backports release=$RELEASE
	make_headers '# CONFIG_RUST is not set'
	fails "$RELEASE"
	said "is built without CONFIG_RUST"
	make_headers
	succeeds "$RELEASE"
}

headers_of_another_version() {
	printf 'linux-image-%s 7.3.4-2\nlinux-headers-%s %s\n' "$RELEASE" "$RELEASE" "$VERSION" >"$ARCHIVE/installed"
	fails "$RELEASE"
	said "headers of another version: linux-headers-$RELEASE is $VERSION, linux-image-$RELEASE is 7.3.4-2"
	said "apt-get install"
	# So it is in the hooks of an installation, before dpkg is done.
	STATUS=half-configured fails "$RELEASE"
	said "headers of another version: linux-headers-$RELEASE is $VERSION, linux-image-$RELEASE is 7.3.4-2"
	STATUS=config-files succeeds "$RELEASE"
}

headers_that_are_gone_from_the_archive() {
	printf 'linux-image-%s 7.3.4-9\n' "$RELEASE" >"$ARCHIVE/installed"
	fails "$RELEASE"
	said "no suite has linux-headers-$RELEASE 7.3.4-9"
}

a_configuration_that_does_not_stay() {
	MAKEFLAGS='' TAKES_CONFIG='s/CONFIG_RUST=y/CONFIG_RUST=n/' fails "$RELEASE"
	said "configuration: the kernel has CONFIG_RUST=y"
	said "is not exactly the tree of"
}

# The archive goes on, and keeps no assembler of the day on which the kernel was built.
another_assembler_that_changes_no_configuration() {
	local suite=trixie-backports release=$RELEASE
	make_headers $'CONFIG_RUST=y\nCONFIG_AS_VERSION=24700\nCONFIG_LD_VERSION=24700'
	MAKEFLAGS='' TAKES_CONFIG='s/=24700/=24750/;s/_RUST=y/_RUST=n/' fails "$RELEASE"
	said "configuration: the kernel has CONFIG_RUST=y"
	MAKEFLAGS='' TAKES_CONFIG='s/=24700/=24750/' succeeds "$RELEASE"
}

symbols_of_another_compiler() {
	succeeds "$RELEASE"
	echo 'EXPORT_SYMBOL_RUST_GPL(_RNv4core4more);' >>"$work/cache/tree/${RELEASE}_$VERSION/rust/exports_core_generated.h"
	fails --check "$work/cache/tree/${RELEASE}_$VERSION"
	said "the kernel does not export _RNv4core4more"
}

a_vermagic_of_another_kernel() {
	mkdir "$work/modules"
	printf 'vermagic=%s SMP preempt \0' "$RELEASE" >"$work/modules/dummy.ko"
	fails "$RELEASE"
	said "vermagic: the kernel's is '$RELEASE SMP preempt '"
}

a_release_that_there_is_not() {
	fails "7.9.9+deb13-$OWN"
	said "there is no linux-headers-7.9.9+deb13-$OWN here, nor in"
	# A second revision of Debian's has a longer name.
	fails "7.9.9+deb13+1-$OWN"
	said "there is no linux-headers-7.9.9+deb13+1-$OWN here, nor in"
	fails 7.3.4-custom
	said "is not the name of a Debian kernel"
}

a_tree_of_somebody_else() {
	mkdir "$work/foreign"
	fails --check "$work/foreign"
	said "was not made by rust-headers"
}

too_little_room() {
	ln -s "$HERE/fake-archive.sh" "$work/bin/df"
	sed 's/9999/12/' "$HERE/fake-archive.sh" >"$work/df" && chmod +x "$work/df" && ln -sf "$work/df" "$work/bin/df"
	fails "$RELEASE"
	said "MiB in $work/cache, which has 12 MiB"
	rm "$work/bin/df"
	succeeds "$RELEASE"
}

# The room runs out in the middle: in a file system of 64 KiB, with a df that
# promises more.
a_full_disk() {
	ln -s "$HERE/fake-archive.sh" "$work/bin/df"
	mkdir "$work/cache"
	export -f tool fails said nothing_half_done
	export work TOOL RELEASE
	# shellcheck disable=SC2016 # Expanded in there.
	unshare --map-root-user --mount bash -euc '
		mount -t tmpfs -o size=64k,nr_inodes=100 full "$work/cache"
		head -c 60000 /dev/zero >"$work/cache/ballast"
		fails "$RELEASE"
		said "disk full"
		rm "$work/cache/ballast"
		mount -o remount,size=4m "$work/cache"
		tool "$RELEASE"
		[ "$status" = 0 ]'
}

main() {
	local test good=0 bad=0 output outcome
	for test in $(declare -F | sed -n 's/^declare -f \([a-z]*_[a-z_]*\)$/\1/p'); do
		case $test in make_package | make_headers | make_source | make_world | make_foreign | nothing_half_done) continue ;; esac
		[[ $test == *"${FILTER:-}"* ]] || continue
		work=$(mktemp -d)
		# Not in a condition: there, bash would ignore `set -e`.
		set +e
		output=$(set -e; exec 2>&1; make_world; "$test")
		outcome=$?
		set -e
		if ((outcome == 0)); then
			good=$((good + 1))
			echo "test rust-headers::$test ... ok"
		else
			bad=$((bad + 1))
			printf 'test rust-headers::%s ... FAILED\n%s\n' "$test" "$output"
		fi
		rm -rf "$work"
	done
	echo "test result: $( ((bad == 0)) && echo ok || echo FAILED). $good passed; $bad failed"
	((bad == 0))
}

main "$@"
