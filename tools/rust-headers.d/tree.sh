# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
# The tree: the kernel's source, its configuration and symbols, and what the
# kernel's make prepares for modules. Sourced by rust-headers.

# What a tree knows of itself; written last.
readonly FACTS=rust-headers.env

# kmake TREE ARGS...: the kernel's make with the chosen compilers. It is told the release, as
# Debian does: of a release candidate, 7.3-amd64, the source says 7.3.0-rc7.
kmake() {
	local tree=$1
	shift
	inside "$root" env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u KBUILD_OUTPUT -u ARCH -u CROSS_COMPILE \
		KBUILD_BUILD_USER=rust-headers KBUILD_BUILD_HOST=rust-headers \
		make "-j$(nproc)" -C "$tree" "${target[@]}" CC="$cc" HOSTCC="$hostcc" RUSTC="$rustc" HOSTRUSTC="$rustc" \
		BINDGEN="$bindgen" KERNELRELEASE="$release" "$@"
}

# What no module is built against is most of a kernel's source: it is not even
# unpacked. Headers stay everywhere, private ones too, except for a gigabyte of
# registers; so do Kconfig files, for olddefconfig. netdevsim stays as well:
# tests of network modules need it, and Debian does not build it.
readonly SKIPPED="fs/*.[cS] net/*.c sound/*.c samples/[!r]*.[ch] drivers/gpu/drm/amd/*.[ch]
	drivers/[!n]*.[cS] drivers/n[!e]*.c drivers/net/[!n]*.c drivers/net/n[!e]*.c *.dts *.dtsi
	Documentation/[!nK]* tools/testing tools/perf"

# series: 7.3 of the release 7.3.4+deb13-amd64.
series() { grep -oE '^[0-9]+\.[0-9]+' <<<"$release"; }

# unpack_source PACKAGE-OR-TARBALL TREE
unpack_source() {
	local skip=() pattern
	set -f
	for pattern in $SKIPPED $(skipped_arch); do skip+=("--exclude=linux-source-$(series)/$pattern"); done
	set +f
	case $1 in
	# The tarball inside the package, and nothing between them on the disk.
	*.deb)
		dpkg-deb --fsys-tarfile "$1" |
			tar -x --to-stdout --wildcards './usr/src/linux-source-*.tar.*'
		;;
	*) cat "$1" ;;
	esac | xz --threads=0 -dc | tar -x -C "$2" --strip-components=1 --anchored --wildcards "${skip[@]}"
	[ -f "$2/rust/Makefile" ] || { echo "$1 is no source of a kernel with Rust" && false; }
}

# find_source: sets source to the tarball of exactly the version, if its package is
# installed, and source_suite to where the package is to be had, if it is not.
find_source() {
	local package
	package=linux-source-$(series)
	source=/usr/src/$package.tar.xz
	if [ "$(installed_version "$package")" = "$version" ] && [ -f "$source" ]; then return; fi
	if ! suite_with "$package" "$version"; then
		! nobody_answered || no_network
		die "no suite has $package $version (any more); looked in: host $SUITES" \
			"Upgrade to the newest kernel of the release: apt-get install linux-image-$(flavour_of "$release")" \
			"or name a mirror of that day by --mirror."
	fi
	source=''
	source_suite=$found
}

# get_source TREE: what find_source found.
get_source() {
	local package deb
	package=linux-source-$(series)
	if [ -n "$source" ]; then
		step "Unpacking the installed $package" source-unpack unpack_source "$source" "$1"
		return
	fi
	deb=$(dirname "$1")/deb
	mkdir "$deb"
	step "Downloading $package $version from ${source_suite/host/this system\'s sources}" source-download \
		download "$deb" "$source_suite" "$package=$version"
	step "Unpacking $package" source-unpack unpack_source "$deb"/*.deb "$1"
	rm -r "$deb"
}

# quicken_macros TREE: what the kernel's macros are written with runs for a second at each
# build, and only on this machine. To optimise it takes a quarter of a minute.
quicken_macros() { sed -i 's/\(--crate-type rlib\) -O \\$/\1 \\/' "$1/rust/Makefile"; }

# prepare TREE: what a module is built against.
prepare() {
	quicken_macros "$1"
	kmake "$1" olddefconfig
	# Without the tool that makes BTF of a module, which takes the kernel's own: see have_btf_tool.
	kmake "$1" CONFIG_DEBUG_INFO_BTF= prepare modules_prepare
}

# have_btf_tool TREE: for whoever has put a vmlinux there.
have_btf_tool() {
	[ -f "$1/vmlinux" ] && [ -n "$(option "$1/.config" DEBUG_INFO_BTF_MODULES)" ] || return 0
	[ -x "$1/tools/bpf/resolve_btfids/resolve_btfids" ] ||
		step "Building what makes BTF" btf-tool kmake "$1" tools/bpf/resolve_btfids
}

# write_facts TREE: for `make` and `--check`; shell assignments.
write_facts() {
	local name
	{
		echo "# Made by rust-headers: what this tree is for, and with which compilers."
		for name in release version root cc rustc bindgen; do
			printf '%s=%q\n' "$name" "${!name}"
		done
		printf 'config_sum=%s\n' "$(sum_of "$1/.config")"
		printf 'symvers_sum=%s\n' "$(sum_of "$1/Module.symvers")"
	} >"$1/$FACTS.new"
	mv "$1/$FACTS.new" "$1/$FACTS"
}

sum_of() { sha256sum <"$1" | cut -d ' ' -f 1; }

# read_facts TREE: sets what write_facts wrote.
read_facts() {
	[ -f "$1/$FACTS" ] || die "$1 was not made by rust-headers (or not to its end): no $FACTS in it" \
		"Make one: rust-headers RELEASE"
	# shellcheck source=/dev/null
	. "$1/$FACTS"
	name_compilers "$1/.config"
	[ -z "$root" ] || [ -f "$root/.complete" ] || die "the compilers of $1 are gone: $root" \
		"Remove the tree and make it again: rm -r $1 && rust-headers $release"
}
