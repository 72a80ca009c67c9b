#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Tries the module on Debian's kernels, and has the table in docs/KERNELS.md say what came out.
# SUITES and FLAVOURS name kernels; TRY says how far to go: `build` the module, `smoke` (boot,
# and run the tests of FILTER) or `suite` (all tests of the guest). Without TRY it is smoke
# where the kernel is of this system's architecture, and else build. LIMIT: minutes for a row.
# A row that fails does not keep the next from its turn.

# shellcheck source=qemu/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=qemu/kernel-tree.sh
. "$ROOT/qemu/kernel-tree.sh"
# shellcheck source=qemu/matrix-rows.sh
. "$ROOT/qemu/matrix-rows.sh"

readonly ASKED=${TRY:-}
readonly LIMIT=${LIMIT:-30}
readonly FILTER=${FILTER:-returns::}
export FILTER

# depth: how far to go with the flavour.
depth() {
	if [ -n "$ASKED" ]; then
		echo "$ASKED"
	else
		case -$flavour- in *-"$(debian_arch "$OWN_MACHINE")"-*) echo smoke ;; *) echo build ;; esac
	fi
}

# compilers TREE: of its configuration.
compilers() {
	local rustc cc
	rustc=$(sed -n 's/^CONFIG_RUSTC_VERSION_TEXT="\(rustc [^ ]*\).*/\1/p' "$1/.config")
	cc=$(sed -n 's/^CONFIG_CC_VERSION_TEXT="\([^ ]*\) .* \([0-9.]*\)"/\1 \2/p' "$1/.config")
	echo "$rustc, ${cc#*-linux-gnu-}"
}

# forget TREE: half a gigabyte, with what was built for it.
forget() { rm -rf "${1:?}" "${STOCK:?}/$(basename "$1")" "$(module_directory "$1")"; }

# bounded COMMAND...: for no longer than LIMIT, nor than this script. timeout has a process group
# of its own, which no Ctrl-C reaches.
bounded() {
	local status=0
	timeout --kill-after=60 "${LIMIT}m" "$@" &
	job=$!
	wait "$job" || status=$?
	job=''
	return "$status"
}

# try TREE: sets row to what came out; fails where that is not as it should be.
try() {
	local tree=$1 status=0 what=$TRY with=- there=''
	[ ! -d "$tree" ] || there=yes
	[ "$TRY" != smoke ] || what=$FILTER
	bounded env -u KDIR KERNEL=stock SUITE="$suite" FLAVOUR="$flavour" TRY="$TRY" \
		"$ROOT/qemu/matrix-try.sh" >"$log" 2>&1 || status=$?
	[ ! -f "$tree/.config" ] || with=$(compilers "$tree")
	[ -n "$there" ] || forget "$tree"
	row=$(row_of "$suite" "$flavour" "$(basename "$tree")" "$with" "$what" "$(result_of "$log" "$status")")
	((status == 0))
}

# look SUITE FLAVOUR: at the newest kernel of it, and into the table.
look() {
	local suite=$1 flavour=$2 log=$LOGS/matrix-$1-$2.log tree row TRY status=0
	TRY=$(depth)
	say "== $suite $flavour: $TRY (log: $log)"
	if tree=$(rust_headers --suite "$suite" --flavour "$flavour" --print 2>"$log"); then
		try "$tree" || status=1
	elif grep -q " has no linux-image-" "$log"; then
		row=$(row_of "$suite" "$flavour" - - - 'no such kernel')
	else
		say "   not tried, and its row stays: $(first_error "$log")"
		return 1
	fi
	say "   $row"
	"$ROOT/qemu/matrix-table.sh" "$ROOT/docs/KERNELS.md" <<<"$row"
	return "$status"
}

main() {
	local suite flavour failed=0
	job=''
	trap '[ -z "$job" ] || kill "$job"' EXIT
	case $ASKED in '' | build | smoke | suite) ;; *) die "TRY=$ASKED is none of build, smoke, suite" ;; esac
	lock "$ROOT/target/.matrix.lock" "the matrix of this checkout"
	mkdir -p "$LOGS"
	for suite in ${SUITES:-$MATRIX_SUITES}; do
		for flavour in ${FLAVOURS:-$MATRIX_FLAVOURS}; do
			look "$suite" "$flavour" || failed=$((failed + 1))
		done
	done
	say "docs/KERNELS.md says what came out; $failed rows failed."
	((failed == 0))
}

main "$@"
