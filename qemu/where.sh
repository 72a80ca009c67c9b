#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Prints where things are, or would be once built. Builds nothing.

# shellcheck source=qemu/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=qemu/kernel-tree.sh
. "$ROOT/qemu/kernel-tree.sh"

tree=$(kernel_tree) || die "which kernel it will be is not known yet: run 'make kernel'"
echo "tree=$tree"
echo "image=$(kernel_image "$tree")"
echo "module=$(module_directory "$tree")/homeward.ko"
echo "command=$(command_path)"
