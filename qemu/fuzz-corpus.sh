#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Lets the corpus in tests/fuzz grow: fuzzes a kernel that has KCOV, keeps the
# fewest requests that reach all that was reached, and says how much of each of
# the module's files that is. What was not reached is in the log it names.

# shellcheck source=qemu/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=qemu/kernel-tree.sh
. "$ROOT/qemu/kernel-tree.sh"

readonly CORPUS=$ROOT/tests/fuzz/corpus/requests.txt
readonly MISSED=$LOGS/fuzz-missed.log

# lines_of WORD OUTPUT: what was said behind WORD.
lines_of() { sed -n "s/^$1 //p" "$2"; }

write_corpus() {
	{
		echo '# SPDX-License-Identifier: GPL-2.0-only'
		echo '# Made by "make fuzz-corpus": number of the operation, how it is asked for, attributes.'
		lines_of keep "$1"
	} >"$CORPUS.new"
	mv "$CORPUS.new" "$CORPUS"
	say "$(lines_of keep "$1" | wc -l) requests in ${CORPUS#"$ROOT/"}"
}

# lines_module DIRECTORY: the module once more, with line numbers and otherwise the same.
lines_module() {
	VARIANT=lines "$ROOT/qemu/module.sh" KCFLAGS=-g1 KRUSTFLAGS=-Cdebuginfo=1
	cmp -s <(coverage_points "$1/homeward.ko") <(coverage_points "$1-lines/homeward.ko") ||
		die "the module with line numbers is not the one that ran"
}

# sources MODULE: for each of its points "SECTION OFFSET FILE:LINE": where in
# our own sources it is, which may be the one that something was inlined into.
sources() {
	local section
	for section in $(coverage_points "$1" | cut -d ' ' -f 1 | sort -u); do
		coverage_points "$1" | sed -n "s/^$section //p" |
			xargs addr2line --addresses --inlines --exe="$1" --section="$section" |
			awk -v section="$section" -v root="$ROOT/" '
				/^0x/ { address = substr($1, 3); next }
				address != "" && (at = index($1, "module/")) && $1 !~ /bindings_generated/ {
					print section, address, substr($1, at)
					address = ""
				}'
	done
}

# table REACHED SOURCES: how much of each file was reached; the lines that have
# no point that was go into $MISSED.
table() {
	awk -v missed="$MISSED" '
		FNR == NR { reached[$1 " " $2] = 1; next }
		{
			split($3, place, ":")
			points[place[1]]++
			there = ($1 " " $2) in reached
			hits[place[1]] += there
			line[$3] += there
		}
		END {
			for (file in points) printf "%-32s %4d of %4d\n", file, hits[file], points[file]
			for (one in line) if (!line[one]) print one > missed
		}' "$1" "$2" | sort
	sort -t : -k 1,1 -k 2,2n -o "$MISSED" "$MISSED"
}

main() {
	local directory output status=0
	directory=$(module_directory "$(kernel_tree)")
	output=$directory/fuzz-output
	[ "$(coverage_points "$directory/homeward.ko" | wc -l)" != 0 ] ||
		die "this kernel has no KCOV: use KERNEL_CONFIG=debug"
	KEEP=1 "$ROOT/qemu/guest.sh" fuzz | tee "$output" | grep -vE '^(keep|reached) ' || status=${PIPESTATUS[0]}
	((status == 0)) || die "the corpus stays as it is: the run failed (status $status)"
	write_corpus "$output"
	lines_module "$directory"
	sources "$directory-lines/homeward.ko" >"$directory/fuzz-sources"
	lines_of reached "$output" >"$directory/fuzz-reached"
	table "$directory/fuzz-reached" "$directory/fuzz-sources"
	say "The lines that were not reached: $MISSED"
}

main "$@"
