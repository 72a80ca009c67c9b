#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Every programme that looks for faults, one after the other and each with a
# limit, and one table of what they said. The kernels are built before, and
# their time does not count.

# shellcheck source=qemu/lib.sh
. "$(dirname "$0")/lib.sh"

readonly REPORT=$LOGS/check-all.md

# figures PATTERN LOG: what a programme says at its end, the lines of PATTERN.
figures() { grep -aE "$1" "$2" | tail -n 3 | sed 's/^ *//' | paste -sd ';' | sed 's/;/; /g'; }

# check WHAT LIMIT PATTERN VERB...: a row of the table. VERB is for make.
check() {
	local what=$1 limit=$2 pattern=$3 log start=$SECONDS status=0 result=ok said
	shift 3
	log=$LOGS/check-all-${what// /-}.log
	say "$what: make $* ..."
	timeout --kill-after=60 "$limit" make --no-print-directory -C "$ROOT" "$@" >"$log" 2>&1 || status=$?
	said=$(figures "$pattern" "$log")
	case $status in
	0) [ -n "$said" ] || result='NO FIGURES' ;;
	124 | 137) result="OVER $((limit / 60)) MINUTES" ;;
	*) result=FAILED ;;
	esac
	if [ "$result" != ok ]; then
		say "$what: $result. The end of $log:"
		tail -n 15 "$log" | sed 's/^/    /' >&2
	fi
	echo "| $what | $result | $((SECONDS - start)) s | ${said:--} |" | tee -a "$REPORT" >&2
}

main() {
	local start bad
	mkdir -p "$LOGS"
	make --no-print-directory -C "$ROOT" kernel
	make --no-print-directory -C "$ROOT" kernel KERNEL_CONFIG=debug
	make --no-print-directory -C "$ROOT" kernel KERNEL=stock ARCH=arm64
	start=$SECONDS
	printf '%s\n' '| check | result | time | what it says |' '|---|---|---|---|' >"$REPORT"
	# The sum of the limits is more than 45 minutes: together they take less.
	# The selftests mostly wait, and have what the others leave of the processors.
	check 'selftests of the kernel' 900 '^selftests: ' selftests &
	check 'fuzz, host' 500 '^properties: ' fuzz-host
	check 'planted faults' 600 '^planted: ' planted
	check 'lint' 400 ': ok$' lint
	check 'fuzz' 600 '^[0-9]+ messages in|^in the end' fuzz
	wait
	check 'benchmark, compared' 600 '^[0-9]+ rows compared' bench QUICK=1
	check 'tests' 900 ' passed, .* failed$|equal$' test
	# Emulated in any case: as much as comes to its end.
	check 'tests, arm64' 1500 ' passed, .* failed$' test KERNEL=stock ARCH=arm64 FILTER=returns::,act::
	check 'fuzz, debug kernel' 500 '^[0-9]+ messages in|^corpus' fuzz KERNEL_CONFIG=debug MINUTES=1
	check 'stress' 500 'complaints$|^worst|^seen by' stress MINUTES=2
	check 'stress with faults' 500 'complaints$|^faults:|^seen by' stress MINUTES=2 FAULTS=1
	check 'stress, debug kernel' 600 'complaints$|^worst|^seen by' stress MINUTES=1 KERNEL_CONFIG=debug
	check 'tests, debug kernel' 2100 ' passed, .* failed$|equal$' test KERNEL_CONFIG=debug
	echo
	cat "$REPORT"
	echo
	bad=$(tail -n +3 "$REPORT" | grep -vc '| ok |') || true
	echo "$(grep -c '| ok |' "$REPORT") checks ok, $bad not, $(((SECONDS - start) / 60)) minutes on $(nproc) CPUs"
	((bad == 0))
}

main "$@"
