#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The guest's tests on every kernel that can be had, and a table of what came
# out. MATRIX says which: words as minimal, debug (our own kernels), or the suite
# of a stock one, as sid or sid:cloud-amd64, with its flavour. A kernel that fails
# does not keep the next from its turn.

# shellcheck source=qemu/lib.sh
. "$(dirname "$0")/lib.sh"

readonly MATRIX=${MATRIX:-minimal trixie-backports forky sid trixie-backports:arm64}

# settings WORD: how make is told of it.
settings() {
	case $1 in
	minimal | debug) echo "KERNEL_CONFIG=$1" ;;
	*:*) echo "KERNEL=stock SUITE=${1%:*} FLAVOUR=${1#*:}" ;;
	*) echo "KERNEL=stock SUITE=$1" ;;
	esac
}

# of_kernel WORD COMMAND...: with the settings of that kernel.
of_kernel() {
	local words
	read -r -a words <<<"$(settings "$1")"
	shift
	env -u KDIR "${words[@]}" "$@"
}

# described WORD: release and compilers, from the tree's own configuration.
described() {
	local tree release rustc cc
	tree=$(of_kernel "$1" "$ROOT/qemu/where.sh" | sed -n 's/^tree=//p')
	release=$(cat "$tree/include/config/kernel.release")
	rustc=$(sed -n 's/^CONFIG_RUSTC_VERSION_TEXT="\(rustc [^ ]*\).*/\1/p' "$tree/.config")
	cc=$(sed -n 's/^CONFIG_CC_VERSION_TEXT="\([^ ]*\) .* \([0-9.]*\)"/\1 \2/p' "$tree/.config")
	echo "$release | $rustc, ${cc#*-linux-gnu-}"
}

# row WORD: builds and tests, and adds a line to the table.
row() {
	local log=$LOGS/matrix-$1.log start=$SECONDS result what='' kind=stock
	mkdir -p "$LOGS"
	say "== $1 (log: $log)"
	if of_kernel "$1" make --no-print-directory -C "$ROOT" all >"$log" 2>&1; then
		what=$(described "$1")
		of_kernel "$1" env ONLY_GUEST=1 "$ROOT/qemu/test.sh" >>"$log" 2>&1 || failed=1
		result=$(sed -n 's/^guest: //p' "$log" | tail -n 1)
	else
		failed=1
		result="not built: $(grep -aiE 'error|failed|rust-headers:' "$log" | tail -n 1)"
	fi
	case $1 in minimal | debug) kind=own ;; esac
	say "   ${result:-no result: see the log}"
	rows+=("| $1 ($kind) | ${what:-? | ?} | ${result:-no result} | $(((SECONDS - start + 59) / 60)) min |")
}

main() {
	local word
	rows=() failed=0
	for word in $MATRIX; do row "$word"; done
	echo
	echo "| kernel | release | compilers | guest's tests | took |"
	echo "|---|---|---|---|---|"
	printf '%s\n' "${rows[@]}"
	((failed == 0))
}

main "$@"
