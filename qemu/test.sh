#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# All tests: those of the host, then those of the guest. Ends with the counts.

# shellcheck source=qemu/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=qemu/kernel-tree.sh
. "$ROOT/qemu/kernel-tree.sh"

passed=0
failed=0

# count GROUP PASSED FAILED: a line for the group, and on to the total.
count() {
	groups+=("$1: $2 passed, $3 failed")
	passed=$((passed + $2))
	failed=$((failed + $3))
}

# name_failed LOG: a line for each test that failed there. Who sees only the end must see these.
name_failed() {
	mapfile -t -O "${#groups[@]}" groups < <(sed -n 's/^test \(.*\) \.\.\. FAILED$/failed: \1/p' "$1" | sort -u)
}

# sum_of LOG WORD: cargo's counts of WORD, over all test programs.
sum_of() {
	sed -n "s/^test result: .* \([0-9]*\) $2.*/\1/p" "$1" | awk '{ sum += $1 } END { print sum + 0 }'
}

host_tests() {
	local log=$LOGS/host-tests.log status=0 bad
	step "Running the tests on the host" host-tests \
		run_cargo test --profile "$BUILD_PROFILE" --locked --workspace --exclude "$GUEST_PACKAGE" --no-fail-fast -- ${FILTER:+"$FILTER"} ||
		status=$?
	bad=$(sum_of "$log" failed)
	# Without a failed test it did not even build: that must count, too.
	((status == 0 || bad > 0)) || bad=1
	count host "$(sum_of "$log" passed)" "$bad"
	name_failed "$log"
}

# Those of tools/rust-headers and of scripts, which take no network and no compiler.
run_tool_tests() {
	local status=0
	"$ROOT/tests/rust-headers/run.sh" || status=1
	"$ROOT/tests/packaging/scripts.sh" || status=1
	"$ROOT/tests/packaging/hooks.sh" || status=1
	"$ROOT/tests/packaging/setup.sh" || status=1
	return "$status"
}

tool_tests() { step "Running the tests of rust-headers and of scripts" tool-tests run_tool_tests; }

# count_tool_tests STATUS: as their log says, once they have ended so.
count_tool_tests() {
	local log=$LOGS/tool-tests.log status=$1 bad
	bad=$(sum_of "$log" failed)
	((status == 0 || bad > 0)) || bad=1
	count tools "$(sum_of "$log" passed)" "$bad"
	name_failed "$log"
}

# guest_programs: NAME=PATH of each test program for the guest, as cargo says.
guest_programs() {
	build_guest_tests --message-format=json |
		sed -n '/"kind":\["test"\]/s/.*"target":{[^}]*"name":"\([^"]*\)".*"executable":"\([^"]*\)".*/\1=\2/p'
}

# list_guest_programs FILE: there, unless two have one name, as one of them would not be run.
list_guest_programs() {
	local twice
	guest_programs >"$1"
	twice=$(cut -d = -f 1 "$1" | sort | uniq -d)
	[ -z "$twice" ] || die "two tests have the name $twice, of the guest and of a package that is named with it (build_guest_tests)"
}

# Guests at a time, which share the tests: three for two processors, as tests
# often wait. With a filter there is too little to share. The first has two CPUs
# and the tests that race; one CPU costs a fifth less, emulated.
guests() {
	local count=${GUESTS:-}
	[ -n "$count" ] || [ -z "${FILTER:-}" ] || count=1
	[ -n "$count" ] || count=$(($(nproc) * 3 / 2))
	echo $((count < 1 ? 1 : count > 6 ? 6 : count))
}

# run_guests DIRECTORY COUNT PROGRAM...: all at once, the output of one after
# that of the other. Fails if any does.
run_guests() {
	local directory=$1 count=$2 number jobs=() status=0
	shift 2
	for ((number = 2; number <= count; number++)); do
		SHARE=$number/$count CPUS=${CPUS:-1} "$ROOT/qemu/guest.sh" test "$@" >"$directory/output-$number" 2>&1 &
		jobs+=($!)
	done
	SHARE=1/$count "$ROOT/qemu/guest.sh" test "$@" || status=$?
	for ((number = 2; number <= count; number++)); do
		wait "${jobs[number - 2]}" || status=$?
		cat "$directory/output-$number"
	done
	return "$status"
}

# comparisons OUTPUT: what the tests compared with each `ip netns`, all guests together; and with
# which they could not.
comparisons() {
	local line
	while read -r line; do groups+=("homeward netns and $line"); done < <(
		sed -n 's/^ *\(iproute2 [0-9.]*\): \([0-9]*\) invocations, \([0-9]*\) equal$/\1 \2 \3/p' "$1" |
			awk '{ n[$2] += $3; same[$2] += $4 }
				END { for (it in n) print "iproute2 " it ": " n[it] " invocations, " same[it] " equal" }' | sort -V
		sed -n 's/^ *\(iproute2 of .*: not compared.*\)/\1/p' "$1" | sort -u
	)
}

# prepare_guests DIRECTORY: the list of their programs there, and their initramfs.
prepare_guests() {
	local programs
	step "Building the tests for the guest" guest-build list_guest_programs "$1/programs"
	mapfile -t programs <"$1/programs"
	PREPARE=1 "$ROOT/qemu/guest.sh" test "${programs[@]}"
}

guest_tests() {
	local status=0 directory=$1 programs summary good=0 bad=0 more_good more_bad
	if [ ! -f "$directory/programs" ]; then
		count guest 0 1
		return
	fi
	mapfile -t programs <"$directory/programs"
	rm -f "$directory"/summary*
	run_guests "$directory" "$(guests)" "${programs[@]}" | tee "$directory/output" ||
		status=${PIPESTATUS[0]}
	comparisons "$directory/output"
	for summary in "$directory"/summary*; do
		[ -f "$summary" ] || continue
		read -r more_good more_bad <"$summary"
		good=$((good + more_good))
		bad=$((bad + more_bad))
	done
	# The guest can fail while all its tests pass: a crash, or a kernel that
	# complained. It must never look as if nothing had happened.
	if ((status != 0 && bad == 0)); then
		groups+=("guest: the run itself failed (status $status)")
		bad=1
	fi
	count guest "$good" "$bad"
	name_failed "$directory/output"
}

main() {
	local directory tools=0
	groups=()
	lock "$ROOT/target/.test.lock" "the tests of this checkout"
	directory=$(module_directory "$(kernel_tree)")
	rm -f "$directory/programs"
	# Much of each of these waits, or is one process.
	start_beside prepare_guests "$directory"
	# Those of the host are of this system's architecture.
	if [ -z "${ONLY_GUEST:-}" ] && ! is_cross; then
		start_beside tool_tests
		host_tests
		wait "${beside[1]}" || tools=$?
		count_tool_tests "$tools"
	fi
	wait "${beside[0]}" || rm -f "$directory/programs"
	guest_tests "$directory"
	echo
	printf '%s\n' "${groups[@]}"
	echo "$passed passed, $failed failed"
	((failed == 0 && passed > 0))
}

main "$@"
