# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Runs all functions of a script of tests whose names are sentences, but for those that begin with
# make_. Each has a directory of its own, `work`; ends with cargo's kind of line. Source it.
#
# shellcheck disable=SC2034 # For the tests.

# each_test PROGRAM PREPARE: PREPARE before every test; FILTER: only those that have it in their names.
each_test() {
	local test good=0 bad=0 output outcome
	for test in $(declare -F | sed -n 's/^declare -f \([a-z]*_[a-z_]*\)$/\1/p'); do
		case $test in make_* | each_test) continue ;; esac
		[[ $test == *"${FILTER:-}"* ]] || continue
		work=$(mktemp -d)
		# Not in a condition: there, bash would ignore `set -e`.
		set +e
		output=$(set -e; exec 2>&1; "$2"; "$test")
		outcome=$?
		set -e
		if ((outcome == 0)); then
			good=$((good + 1))
			echo "test $1::$test ... ok"
		else
			bad=$((bad + 1))
			printf 'test %s::%s ... FAILED\n%s\n' "$1" "$test" "$output"
		fi
		rm -rf "$work"
	done
	echo "test result: $( ((bad == 0)) && echo ok || echo FAILED). $good passed; $bad failed"
	((bad == 0))
}
