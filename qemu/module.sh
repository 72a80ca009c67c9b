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

# wanted WHAT: whether the caller wants that beside the module, which PARTS says.
wanted() { [[ " ${PARTS-test-modules netdevsim} " == *" $1 "* ]]; }

# For the tests only: modules that do harm.
build_test_modules() {
	wanted test-modules || return 0
	mkdir -p "$directory/tests"
	step "Building the modules for the tests" "test-modules${VARIANT:+-$VARIANT}" \
		module_make "$tree" "M=$ROOT/tests/modules" "MO=$directory/tests" "$@" modules
}

# Devices for the tests, which Debian does not build: from the kernel's own source, and
# without debug information.
build_netdevsim() {
	if ! is_stock "$tree" || ! wanted netdevsim; then return; fi
	mkdir -p "$directory/netdevsim"
	step "Building netdevsim for the stock kernel" netdevsim \
		module_make "$tree" "M=$tree/drivers/net/netdevsim" "MO=$directory/netdevsim" \
		CONFIG_NETDEVSIM=m KCFLAGS=-g0 modules
}

# unmet CONFIG OPTIONS...: those that the kernel's configuration has not.
unmet() {
	local option config=$1
	shift
	for option; do
		[[ $option == *=y ]] || option+="=[ym]"
		grep -qx "CONFIG_$option" "$config" || echo "$option"
	done
}

# samples: the options of the kernel's own Rust samples that its configuration allows.
samples() {
	local name needs
	awk '$1 == "config" { name = $2 }
		$1 == "tristate" { needs[name] = "" }
		$1 == "depends" && name { gsub(/depends on|&&/, ""); gsub(/ = /, "="); needs[name] = needs[name] " " $0 }
		$1 == "select" && name { needs[name] = needs[name] " " $2 }
		END { for (name in needs) print name, needs[name] }' "$tree/samples/rust/Kconfig" |
		while read -r name needs; do
			# shellcheck disable=SC2086 # A list of words.
			[ -n "$(unmet "$tree/.config" $needs)" ] || echo "CONFIG_$name=m"
		done
}

# Rust modules that are none of ours, to see that rust-headers is good for them, too.
build_rust_modules() {
	local names
	if ! is_stock "$tree" || ! wanted rust-modules; then return; fi
	mkdir -p "$directory/rust-modules/samples" "$directory/rust-modules/greeting"
	mapfile -t names < <(samples)
	step "Building a Rust module of anybody's" rust-module \
		module_make "$tree" "M=$ROOT/tests/rust-headers/module" "MO=$directory/rust-modules/greeting" modules
	step "Building the kernel's own Rust samples" rust-samples \
		module_make "$tree" "M=$tree/samples/rust" "MO=$directory/rust-modules/samples" "${names[@]}" modules
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
	start_beside build_rust_modules
	await_beside
	# A warning must not go by unseen only because the build went through.
	! grep -E '(warning|WARNING):' "$LOGS/module${VARIANT:+-$VARIANT}.log" >&2 || exit "${WARNINGS_FAIL:-0}"
}

main "$@"
