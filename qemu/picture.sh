#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs the demo in a guest and draws docs/demo.svg from the table that it prints; then the
# tour, which prints the others whole. `picture.sh tour`: the tour, without its pictures.

# shellcheck source=qemu/lib.sh
. "$(dirname "$0")/lib.sh"

# draw: the demo's table, from standard input, as a picture whose text can be selected and
# read again: one line of the table is one line of the file. What differs from the column
# "before" is one colour, what is as before another.
draw() {
	awk '
		function trimmed(cell) { gsub(/^ +| +$/, "", cell); return cell }
		function coloured(cell) {
			return "<tspan class=\"" (trimmed(cell) == trimmed(cells[2]) ? "same" : "lost") "\">" cell "</tspan>"
		}
		function put(line) { printf "<text x=\"16\" y=\"%d\">%s</text>\n", 32 + 20 * count++, line }
		BEGIN {
			print "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"680\" height=\"240\" viewBox=\"0 0 680 240\" xml:space=\"preserve\">"
			print "<!-- SPDX-License-Identifier: GPL-2.0-only -->"
			print "<!-- Drawn by \"make picture\" from what \"make demo\" printed. -->"
			print "<style>"
			print "rect { fill: #ffffff; stroke: #d0d7de }"
			print "text { font: 14px ui-monospace, Menlo, Consolas, \"DejaVu Sans Mono\", monospace; fill: #1f2328; white-space: pre }"
			print ".lost { fill: #cf222e } .same { fill: #1a7f37 }"
			print "@media (prefers-color-scheme: dark) {"
			print "rect { fill: #0d1117; stroke: #3d444d } text { fill: #e6edf3 }"
			print ".lost { fill: #ff7b72 } .same { fill: #7ee787 }"
			print "}"
			print "</style>"
			print "<rect x=\"0.5\" y=\"0.5\" width=\"679\" height=\"239\" rx=\"6\"/>"
		}
		/^setting +\|/ { table = 1 }
		!table { next }
		{ gsub(/&/, "\\&amp;"); gsub(/</, "\\&lt;") }
		split($0, cells, "|") == 4 && !/^setting/ {
			put(cells[1] "|" cells[2] "|" coloured(cells[3]) "|" coloured(cells[4]))
			next
		}
		{ put($0) }
		END { print "</svg>"; exit !table }'
}

# take FILE: that picture of the tour.
take() {
	awk -v begin="--8<-- $1" -v licence="<!-- SPDX-License-Identifier: GPL-2.0-only -->" '$0 == "--8<--" { on = 0 } on { print } on && !seen { print licence; seen = 1 } $0 == begin { on = 1 } END { exit !seen }' \
		"$tour" >"$ROOT/$1.new"
	mv "$ROOT/$1.new" "$ROOT/$1"
	say "$1 is new."
}

# without_pictures: what people are to read of the tour.
without_pictures() { sed '/^--8<-- /,/^--8<--$/d'; }

main() {
	local picture=$ROOT/docs/demo.svg tour
	if [ "${1:-}" = tour ]; then
		"$ROOT/qemu/guest.sh" tour | without_pictures
		return
	fi
	"$ROOT/qemu/guest.sh" demo | tee >(cat >&2) | draw >"$picture.new"
	mv "$picture.new" "$picture"
	say "docs/demo.svg shows what the demo has just printed."
	tour=$LOGS/tour.txt
	"$ROOT/qemu/guest.sh" tour | tee "$tour" | without_pictures >&2
	take docs/tree.svg
	take docs/top.svg
}

main "$@"
