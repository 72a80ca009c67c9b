# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2034 # For those who source this.
# The architecture of the guest, and all names that follow from it. Nothing else in these
# scripts names one; the machine that QEMU makes of it is in vm/src/arch.rs. Sourced by
# lib.sh.

# debian_arch MACHINE: as Debian calls what uname calls so.
debian_arch() {
	case $1 in
	x86_64) echo amd64 ;;
	aarch64) echo arm64 ;;
	*) echo "$1" ;;
	esac
}

# shellcheck disable=SC2155 # uname cannot fail here.
readonly OWN_MACHINE=$(uname -m)
# ARCH is what was asked for, GUEST_ARCH what one script tells the next: the kernel's make
# has a meaning of its own for ARCH. A flavour of a stock kernel (FLAVOUR=cloud-arm64) names
# one, too.
case -${FLAVOUR:-}- in
*-amd64-*) ARCH=${ARCH:-amd64} ;;
*-arm64-*) ARCH=${ARCH:-arm64} ;;
esac
GUEST_ARCH=$(debian_arch "${ARCH:-${GUEST_ARCH:-$OWN_MACHINE}}")
export GUEST_ARCH
unset ARCH
case -${FLAVOUR:-$GUEST_ARCH}- in *-"$GUEST_ARCH"-*) ;; *)
	echo "homeward: FLAVOUR=$FLAVOUR is not for ARCH=$GUEST_ARCH" >&2
	exit 1
	;;
esac

case $GUEST_ARCH in
amd64) readonly MACHINE=x86_64 KERNEL_IMAGE=arch/x86/boot/bzImage QEMU_PACKAGE=qemu-system-x86 ;;
arm64) readonly MACHINE=aarch64 KERNEL_IMAGE=arch/arm64/boot/Image QEMU_PACKAGE=qemu-system-arm ;;
*)
	echo "homeward: no guest for ARCH=$GUEST_ARCH: there is amd64 and arm64" >&2
	exit 1
	;;
esac
# What compilers, and Debian's directories, call it; and what Debian's own packages do.
readonly TRIPLET=$MACHINE-linux-gnu
readonly OWN_TRIPLET=$OWN_MACHINE-linux-gnu
readonly RUST_TARGET=$MACHINE-unknown-linux-gnu
readonly CROSS_PACKAGES="gcc-${TRIPLET//_/-} libc6-dev-$GUEST_ARCH-cross"

# is_cross: whether the guest is of another architecture than this system.
is_cross() { [ "$MACHINE" != "$OWN_MACHINE" ]; }

# How cargo builds: `quick` for what runs once (Cargo.toml).
readonly BUILD_PROFILE=${BUILD_PROFILE:-release}
# runner: what runs the guest, here.
runner() { echo "$ROOT/target/$BUILD_PROFILE/homeward-vm"; }
# programs_directory: where cargo puts what runs in the guest.
programs_directory() { if is_cross; then echo "$ROOT/target/$RUST_TARGET/$BUILD_PROFILE"; else echo "$ROOT/target/$BUILD_PROFILE"; fi; }

# binutil NAME: strip and the like for the guest's files.
binutil() { if is_cross; then echo "$TRIPLET-$1"; else echo "$1"; fi; }

# in_suite SUITE: its name for private_apt (kernel-source.sh): with the architecture if that is
# another.
in_suite() { if is_cross; then echo "$1:$GUEST_ARCH"; else echo "$1"; fi; }
