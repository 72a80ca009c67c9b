#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Builds what a guest needs: the kernel and the module, and beside them the
# command; build.sh [test|stress|fuzz] what userspace.sh builds for these, too; build.sh demo
# no more than the demo takes.

# shellcheck source=qemu/lib.sh
. "$(dirname "$0")/lib.sh"

# Much of either is one compiler, or waits for the network. The kernel's side has the longer
# chain of them, so cargo takes what that leaves of the processors.
start_beside nice "$ROOT/qemu/userspace.sh" "$@"
"$ROOT/qemu/kernel.sh"
# After the kernel's sources, which may ask the same suite.
[ "${1:-}" != test ] || start_beside "$ROOT/qemu/iproute2.sh"
[ "${1:-}" != demo ] || export PARTS=
"$ROOT/qemu/module.sh"
await_beside
