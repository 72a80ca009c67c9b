#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# All properties of the userspace crates and of the policy core, with CASES
# cases each. They are the tests in modules called `properties`, which
# `make test` runs with few. What fails is tried first ever after, once its
# line in a proptest-regressions folder is committed.

# shellcheck source=qemu/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=qemu/toolchain.sh
. "$ROOT/qemu/toolchain.sh"

readonly LOG=$LOGS/fuzz-host.log
# Seconds for all of them, on a slow machine.
readonly LIMIT=1200

# packages: those that have properties, as `--package NAME` each.
packages() {
	local folder
	for folder in "$ROOT"/userspace/*; do
		if find "$folder/src" -name properties.rs | grep -q .; then
			echo --package
			sed -n 's/^name = "\(.*\)"/\1/p' "$folder/Cargo.toml" | head -n 1
		fi
	done
}

properties() {
	local only
	mapfile -t only < <(packages)
	run_cargo test --locked --profile fuzz "${only[@]}" --lib --bins --no-fail-fast "$@"
}

build() { properties --no-run; }

# Without colours, as the results are read.
run() {
	export PROPTEST_CASES=$CASES
	[ -z "${SEED:-}" ] || export PROPTEST_RNG_SEED=$SEED
	export -f packages properties run_cargo
	export ROOT CARGO
	timeout "$LIMIT" bash -c 'properties --color never -- properties::'
}

# results WORD: how many properties ended so.
results() { grep -cE "^test .*properties::.* \.\.\. $1\$" "$LOG" || true; }

main() {
	local status=0 start good bad programs
	step "Building the properties" fuzz-host-build build
	start=$SECONDS
	step "Trying each property with $CASES cases" fuzz-host run || status=$?
	good=$(results ok)
	bad=$(results FAILED)
	programs=$(grep -cE '^running [1-9][0-9]* test' "$LOG" || true)
	((status != 124)) || say "homeward: the properties took more than $LIMIT s; choose fewer with CASES="
	# One that failed has not been through all of its cases.
	echo "properties: $programs programs, $((good + bad)) properties, $((good * CASES)) cases, $bad failed, $((SECONDS - start)) s"
	((status == 0 && good > 0 && bad == 0))
}

main "$@"
