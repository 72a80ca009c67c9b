#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Builds homeward.ko, outside its sources, against the kernel tree in use.
# Arguments go to the kernel's make, and so do CLIPPY and V of the environment.

# shellcheck source=qemu/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=qemu/kernel-tree.sh
. "$ROOT/qemu/kernel-tree.sh"

build_module() {
	step "Building the module" "module${VARIANT:+-$VARIANT}" \
		module_make "$tree" "M=$ROOT" "MO=$directory" "$@" modules
}

# For the tests only: modules that do harm.
build_test_modules() {
	mkdir -p "$directory/tests"
	step "Building the modules for the tests" "test-modules${VARIANT:+-$VARIANT}" \
		module_make "$tree" "M=$ROOT/tests/modules" "MO=$directory/tests" "$@" modules
}

# Devices for the tests, which Debian does not build: from the kernel's own source, and
# without debug information.
build_netdevsim() {
	is_stock "$tree" || return 0
	mkdir -p "$directory/netdevsim"
	step "Building netdevsim for the stock kernel" netdevsim \
		module_make "$tree" "M=$tree/drivers/net/netdevsim" "MO=$directory/netdevsim" \
		CONFIG_NETDEVSIM=m KCFLAGS=-g0 modules
}

main() {
	local tree directory
	set -- ${CLIPPY:+"CLIPPY=$CLIPPY"} ${V:+"V=$V"} "$@"
	tree=$(kernel_tree) || die "no kernel yet: run 'make kernel'"
	directory=$(module_directory "$tree")${VARIANT:+-$VARIANT}
	mkdir -p "$directory"
	lock "$directory/.lock" "the module"
	# One compiler is most of the module: the others have a processor meanwhile.
	start_beside build_module "$@"
	start_beside build_test_modules "$@"
	start_beside build_netdevsim
	await_beside
	# A warning must not go by unseen only because the build went through.
	! grep -E '(warning|WARNING):' "$LOGS/module${VARIANT:+-$VARIANT}.log" >&2 || exit "${WARNINGS_FAIL:-0}"
}

main "$@"
