#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Compares deaths on a kernel without the patches and on one with them.

    make bench ONLY=death AGAINST=none && cp target/bench/results.json /tmp/before.json
    make bench ONLY=death AGAINST=none KERNEL=patched
    upstream/compare.py /tmp/before.json target/bench/results.json

Prints the table of README.md, and draws upstream/death.svg: what the kernel alone takes.
"""

import json
import math
import statistics
import sys
from pathlib import Path

WAIT = ": others wait for RTNL"
CASES = [
    ("DOWN", "netdevsim, DOWN, same name"),
    ("UP", "netdevsim, UP, same name"),
    ("UP, a namespace each", "netdevsim, UP, renamed and changed, a namespace each"),
]
LEFT, TOP, RIGHT, BOTTOM = 80, 40, 660, 420


def samples(path):
    """The samples of each side, by what was measured, how many devices, and whose side it is."""
    rows = json.loads(Path(path).read_text())["rows"]
    return {
        (row["what"], row["size"], side["name"]): side["samples"]
        for row in rows
        for side in row["sides"]
        if row["row"] == "death" and side["unit"] == "ms"
    }


def cell(figures):
    """The median, and the least."""
    return f"{statistics.median(figures):.0f} ({min(figures):.0f})"


def ratio(before, after):
    """How many times as fast, by the medians."""
    return f"{statistics.median(before) / statistics.median(after):.1f}"


def table(before, after, side):
    """A line for each case and number of devices."""
    lines = [
        "| ports | | before | after | ratio | RTNL before | after | ratio |",
        "|---|---|---|---|---|---|---|---|",
    ]
    sizes = sorted({size for _, size, _ in before})
    for size in sizes:
        for name, what in CASES:
            keys = [(what, size, side), (what + WAIT, size, side)]
            if all(key in before and key in after for key in keys):
                pairs = [(before[key], after[key]) for key in keys]
                cells = [f"{cell(a)} | {cell(b)} | {ratio(a, b)}" for a, b in pairs]
                lines.append(f"| {size} | {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def place(value, low, high, start, end):
    """Where a value is on a logarithmic axis."""
    part = (math.log(value) - math.log(low)) / (math.log(high) - math.log(low))
    return round(start + part * (end - start), 1)


def picture(before, after):
    """The kernel alone, before and after."""
    x = lambda size: place(size, 1, 256, LEFT, RIGHT)
    y = lambda ms: place(ms, 10, 10000, BOTTOM, TOP)
    title = "death of a namespace: the kernel with and without the patches"
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        "<!-- SPDX-License-Identifier: GPL-2.0-only -->",
        '<svg width="980" height="480" viewBox="0 0 980 480" xmlns="http://www.w3.org/2000/svg" '
        'font-family="sans-serif" font-size="13">',
        '<rect width="980" height="480" fill="#FFFFFF"/>',
        f'<text x="370" y="22" text-anchor="middle" font-size="16">{title}</text>',
    ]
    for size in (1, 8, 64, 256):
        parts.append(
            f'<line x1="{x(size)}" y1="{TOP}" x2="{x(size)}" y2="{BOTTOM}" stroke="#DDDDDD"/>'
            f'<text x="{x(size)}" y="438" text-anchor="middle">{size}</text>'
        )
    for ms in (10, 100, 1000, 10000):
        parts.append(
            f'<line x1="{LEFT}" y1="{y(ms)}" x2="{RIGHT}" y2="{y(ms)}" stroke="#DDDDDD"/>'
            f'<text x="72" y="{y(ms) + 4}" text-anchor="end">{ms}</text>'
        )
    parts.append('<text x="370" y="462" text-anchor="middle">netdevsim ports</text>')
    parts.append(
        '<text x="20" y="230" text-anchor="middle" transform="rotate(-90 20 230)">'
        "ms until the last is home</text>"
    )
    colours = ["#C62828", "#1565C0", "#2E7D32"]
    for (name, what), colour in zip(CASES, colours):
        for all_of, word, dash in ((before, "before", ""), (after, "after", "6 4")):
            points = sorted(
                (size, statistics.median(figures))
                for (other, size, side), figures in all_of.items()
                if other == what and side == "kernel"
            )
            line = " ".join(f"{x(size)},{y(ms)}" for size, ms in points)
            parts.append(
                f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2" '
                f'stroke-dasharray="{dash}"/>'
            )
            if points:
                end = y(points[-1][1]) + 4
                parts.append(f'<text x="668" y="{end}" fill="{colour}">{name}: {word}</text>')
    return "\n".join(parts + ["</svg>", ""])


def main():
    """See above."""
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    before, after = (samples(path) for path in sys.argv[1:])
    for side in ("kernel", "homeward"):
        print(f"{side}:\n\n{table(before, after, side)}\n")
    Path(__file__).with_name("death.svg").write_text(picture(before, after))


if __name__ == "__main__":
    main()
