# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# The architecture of a kernel, and all that depends on it: what Debian, the compilers and
# the kernel's make call it, and what a build for it takes that one for this system does
# not. Sourced by rust-headers.

# own_arch: this system's, by Debian's name.
own_arch() { dpkg --print-architecture; }

# arch_of RELEASE-OR-FLAVOUR: amd64 of 7.3.4+deb13-cloud-amd64, arm64 of 7.3.4+deb13-arm64-16k.
arch_of() {
	case -$1- in
	*-amd64-*) echo amd64 ;;
	*-arm64-*) echo arm64 ;;
	*) echo "${1##*-}" ;;
	esac
}

# flavour_of RELEASE: what Debian names the newest of its kind by, as linux-image-cloud-amd64:
# cloud-amd64 of 7.3.4+deb13-cloud-amd64, amd64 of 7.4-rc3-amd64.
flavour_of() { sed -E 's/^[0-9.]+(-rc[0-9]+)?(\+[^-]*)?-//' <<<"$1"; }

# is_foreign ARCH: whether this system's compilers make code for another one.
is_foreign() { [ "$1" != "$(own_arch)" ]; }

# in_archive ARCH SUITE...: each suite as apt.sh knows it: with the architecture, unless it is
# this system's.
in_archive() {
	local arch=$1 suites
	shift
	suites=("$@")
	! is_foreign "$arch" || suites=("${suites[@]/%/:$arch}")
	echo "${suites[*]}"
}

# kernel_arch ARCH: as the kernel's make calls it.
kernel_arch() { case $1 in amd64) echo x86 ;; *) echo "$1" ;; esac }

# know_target: sets target, what the kernel's make is told of the architecture, hostcc, the
# compiler for what runs here, and cc_packages, of which the first has the kernel's own. cc has
# a name of the kind of aarch64-linux-gnu-gcc-14.
know_target() {
	local arch triplet=${cc%-gcc-*}
	arch=$(arch_of "$release")
	target=() hostcc=$cc cc_packages=("gcc-${cc##*-}")
	if is_foreign "$arch"; then
		target=("ARCH=$(kernel_arch "$arch")" "CROSS_COMPILE=$triplet-")
		hostcc=gcc-${cc##*-}
		# And a C library, as the configuration tells whether programs can be linked.
		cc_packages=("$hostcc-${triplet//_/-}" "libc6-dev-$arch-cross" "$hostcc")
	fi
	# Its configuration asks whether there is a compiler for 32-bit ARM. No module needs what
	# is made with it.
	[ "$arch" != arm64 ] || target+=(CROSS_COMPILE_COMPAT=arm-linux-gnueabihf- CONFIG_COMPAT_VDSO=)
}

# skipped_arch: of arch/, what no module for that architecture is built against.
skipped_arch() {
	case $(arch_of "$release") in
	amd64) echo 'arch/[!x]*.[chS] arch/xtensa/*.[chS]' ;;
	arm64) echo 'arch/[!a]*.[chS] arch/a[!r]*.[chS] arch/arc/*.[chS] arch/arm/*.[cS]' ;;
	esac
}
