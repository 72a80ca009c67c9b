#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# matrix-table.sh DOCUMENT: puts rows from stdin into its table, between two marks: each in the
# place of that of the same suite and flavour. All others stay as they are.

# shellcheck source=qemu/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=qemu/matrix-rows.sh
. "$ROOT/qemu/matrix-rows.sh"

readonly START='<!-- Written by make matrix. -->' STOP='<!-- So far by make matrix. -->'
readonly HEAD='| suite | flavour | kernel | compilers | tried | what | result |'

# rows_of DOCUMENT: those of its table.
rows_of() { sed -n "/^$START\$/,/^$STOP\$/p" "$1" | grep '^| ' | grep -vxF "$HEAD" || true; }

# newest: of the rows of one suite and flavour, the last.
newest() { tac | awk -F ' *[|] *' '!seen[$2, $3]++'; }

# in_order: as the lists have it, and what they do not have after that, by name.
in_order() {
	awk -F ' *[|] *' -v suites="$MATRIX_SUITES" -v flavours="$MATRIX_FLAVOURS" '
		function place(list, name,    words, count, i) {
			count = split(list, words, " ")
			for (i = 1; i <= count && words[i] != name; i++);
			return i
		}
		{ printf "%d\t%s\t%d\t%s\t%s\n", place(suites, $2), $2, place(flavours, $3), $3, $0 }' |
		sort -t $'\t' -k 1,1n -k 2,2 -k 3,3n -k 4,4 | cut -f 5-
}

main() {
	local document=${1:?"DOCUMENT is missing"} aside=$1.new-$$ rows mark
	for mark in "$START" "$STOP"; do
		grep -qxF "$mark" "$document" || die "$document has no line '$mark'"
	done
	rows=$( (rows_of "$document" && cat) | newest | in_order)
	{
		sed "/^$START\$/q" "$document"
		printf '\n%s\n|---|---|---|---|---|---|---|\n%s\n\n' "$HEAD" "$rows"
		sed -n "/^$STOP\$/,\$p" "$document"
	} >"$aside"
	mv "$aside" "$document"
}

main "$@"
