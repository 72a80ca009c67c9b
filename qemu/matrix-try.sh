#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A row of the matrix: builds the module for the newest kernel of SUITE and FLAVOUR, and if TRY
# says so boots that kernel and runs tests. What it prints is for matrix-rows.sh to read.

# shellcheck source=qemu/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=qemu/kernel-tree.sh
. "$ROOT/qemu/kernel-tree.sh"

# build TREE: the module alone, with all that the compilers say.
build() {
	local directory
	directory=$(module_directory "$1")
	mkdir -p "$directory"
	module_make "$1" "M=$ROOT" "MO=$directory" modules
	echo "matrix: builds"
}

main() {
	local tree
	tree=$(rust_headers_of_suite --no-update)
	build "$tree"
	[ "$TRY" != build ] || return 0
	[ "$TRY" = smoke ] || unset FILTER
	# The newest, also where an older one has been chosen before.
	UPDATE=1 "$ROOT/qemu/stock.sh"
	"$ROOT/qemu/deps.sh"
	"$ROOT/qemu/build.sh" test
	ONLY_GUEST=1 "$ROOT/qemu/test.sh"
}

main
