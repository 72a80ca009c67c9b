#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Builds the command, and the programs that run the guest; userspace.sh
# test|stress|fuzz what runs in the guest for these, too; userspace.sh demo only what
# runs the guest. What only measures is built by bench.sh.

# shellcheck source=qemu/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=qemu/toolchain.sh
. "$ROOT/qemu/toolchain.sh"

"$ROOT/qemu/sysroot.sh"
if [ "${1:-}" = demo ]; then
	step "Building what runs the guest" guest-runner build_guest_runner
else
	step "Building the command" userspace build_with_command --bins
fi
! is_cross || step "Building what starts the guest" runner build_runner

case ${1:-} in
test) step "Building the tests for the guest" guest-build build_guest_tests ;;
stress | fuzz)
	step "Building what the guest runs" "$1-build" \
		build_with_command --package "homeward-$1" --bin "homeward-$1"
	;;
esac
