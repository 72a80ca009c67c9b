#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Prints the version of this tree, that of Cargo.toml. Fails where another place has another
# one, and says which.

# shellcheck source=qemu/lib.sh
. "$(dirname "$0")/../qemu/lib.sh"

cd "$ROOT"

# told: who says which version, a line for each place.
told() {
	grep -A 1 '^name = "homeward' Cargo.lock | sed -n 's/^version = "\(.*\)"$/Cargo.lock \1/p'
	sed -n 's/^## \([^ ]*\).*/CHANGELOG.md \1/p' CHANGELOG.md | sed 1q
	sed -n 's/.*This is version \([^ ,]*\)[ ,].*/README.md \1/p' README.md
	sed -n 's/^ *ok *module version *\(.*\)/docs\/KERNELS.md \1/p' docs/KERNELS.md
	sed -n 's/.*homeward_build_info{version="\(.*\)"}.*/userspace\/cli\/tests\/golden\/metrics.golden \1/p' \
		userspace/cli/tests/golden/metrics.golden
}

main() {
	local version all place other bad=0
	version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml)
	[ -n "$version" ] || die "Cargo.toml has no version"
	all=$(told | sort -u)
	for place in Cargo.lock CHANGELOG.md README.md docs/KERNELS.md userspace/cli/tests/golden/metrics.golden; do
		grep -q "^$place " <<<"$all" || { say "$place: tells no version"; bad=1; }
	done
	while read -r place other; do
		[ "$other" = "$version" ] || { say "$place: has version $other, and Cargo.toml $version"; bad=1; }
	done <<<"$all"
	echo "$version"
	return "$bad"
}

main
