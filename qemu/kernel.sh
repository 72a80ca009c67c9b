#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Fetches, configures and builds the guest's kernel into the cache, unless the
# very same one is there already.

# shellcheck source=qemu/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=qemu/kernel-tree.sh
. "$ROOT/qemu/kernel-tree.sh"

# settle TREE: make a tree forget that it was built under another name.
settle() {
	sed -i "s|^export KBUILD_OUTPUT = .*|export KBUILD_OUTPUT = $2|" "$1/Makefile"
}

build() {
	local source=$1 tree=$2 aside=$KERNELS/.new-$$
	rm -rf "$KERNELS"/.new-*
	mkdir -p "$aside"
	step "Configuring the kernel" kernel-config configure "$source" "$aside"
	step "Building the kernel" kernel-build compile "$source" "$aside"
	settle "$aside" "$tree"
	mv "$aside" "$tree"
}

main() {
	local tree
	if [ -n "${KDIR:-}" ]; then
		check_given_tree
		return
	fi
	if wants_stock; then exec "$ROOT/qemu/stock.sh"; fi
	if [ -z "${UPDATE:-}" ] && tree=$(kernel_tree) && [ -d "$tree" ]; then return; fi
	lock "$CACHE/kernel.lock" "the kernel"
	build_bindgen
	fetch_source
	tree=$(kernel_tree)
	[ -d "$tree" ] || build "$(source_tree)" "$tree"
}

main "$@"
