#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Measures everything in a guest, and a few things on the host; makes a table,
# JSON and plots of it, and compares it with the results that were committed last.
#
#   QUICK=1        small sizes, few repetitions
#   ONLY=row,row   only these rows: churn death crash list look events memory holders start
#   SIZES=n,n      these sizes in the place of each row's own
#   REPEAT=n       so many pairs in the place of each row's own number
#   AGAINST=file   compare with these results; AGAINST=none: with none
#
# The whole programme writes to bench/, to be committed; a part of it, or a
# quick one, to target/bench/, as its results are not the whole. Those of a
# quick one that later ones are compared with are bench/quick/*.json.

# shellcheck source=qemu/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=qemu/kernel-tree.sh
. "$ROOT/qemu/kernel-tree.sh"

# committed: the results of the same sizes, as others cannot be compared.
committed() {
	if [ -n "${QUICK:-}" ]; then
		git_here ls-tree --name-only HEAD bench/quick/
	else
		echo bench/results.json
	fi
}

git_here() { git -c safe.directory='*' -C "$ROOT" "$@"; }

# place: where the results go.
place() {
	if [ -n "${QUICK:-}${ONLY:-}${SIZES:-}${REPEAT:-}" ]; then
		echo "$ROOT/target/bench"
	else
		echo "$ROOT/bench"
	fi
}

wants() { case ",${ONLY:-$1}," in *",$1,"*) ;; *) return 1 ;; esac }

# against DIRECTORY: puts the results to compare with there, if there are any.
against() {
	local file
	rm -rf "$1"
	mkdir -p "$1"
	case ${AGAINST:-} in
	none) ;;
	'')
		for file in $(committed); do
			git_here show "HEAD:$file" >"$1/$(basename "$file")" 2>/dev/null || rm "$1/$(basename "$file")"
		done
		;;
	*) cp "$AGAINST" "$1" || die "no results in $AGAINST" ;;
	esac
}

# instructions PROGRAM...: how many a program executes, and all it starts.
instructions() {
	valgrind --tool=callgrind --callgrind-out-file=/dev/null --trace-children=yes "$@" 2>&1 >/dev/null |
		sed -n 's/^.*Collected : \([0-9]*\).*/\1/p' | awk '{ sum += $1 } END { print sum + 0 }'
}

# count_instructions FILE: in namespaces of its own, with ten names there; as
# root, which it takes. A line for each: what, ip, homeward.
count_instructions() {
	local ours
	ours=$(command_path)
	export -f instructions count_both
	unshare --mount --net bash -euc "
		mount -t tmpfs run /run
		for i in {0..9}; do ip netns add bench\$i; done
		count_both --version 'ip -V' '$ours --version'
		count_both 'netns list' 'ip netns list' '$ours netns list'
	" >"$1"
}

# count_both WHAT THEIRS OURS
count_both() {
	local theirs ours
	# shellcheck disable=SC2086 # Words of a command.
	theirs=$(instructions $2) ours=$(instructions $3)
	printf '%s\t%s\t%s\n' "$1" "$theirs" "$ours"
}

# cpu_model: the host's processor.
cpu_model() { sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1; }

revision() { git_here describe --always --dirty 2>/dev/null || echo unknown; }

main() {
	local directory into file status=0 told=0 arguments=()
	step "Building the benchmark" bench-build \
		build_with_command --package homeward-bench \
		--bin homeward-bench --bin homeward-bench-report
	directory=$(module_directory "$(kernel_tree)")
	into=$(place)
	arguments=(--output "$directory/bench-output" --into "$into"
		--fact "date=$(date -u +%Y-%m-%dT%H:%MZ)" --fact "revision=$(revision)"
		--fact "host=$(nproc) CPUs, $(cpu_model), $(uname -sr)"
		--fact "load of the host=$(cut -d ' ' -f 1-3 /proc/loadavg) at the beginning"
		--fact "kernel's configuration=$KERNEL${SUITE:+ $SUITE}, $KERNEL_CONFIG"
		--fact "rustc=$("$RUSTC" --version)"
		--fact "iproute2=$(ip -V)" --fact "util-linux=$(lsns --version)")
	against "$directory/bench-against"
	for file in "$directory/bench-against"/*; do
		[ ! -f "$file" ] || arguments+=(--against "$file")
	done
	[ -f "$file" ] || say "There are no results to compare with."
	if wants start && have valgrind && [ "$(id -u)" = 0 ]; then
		if step "Counting instructions on the host" bench-instructions \
			count_instructions "$directory/bench-instructions"; then
			arguments+=(--instructions "$directory/bench-instructions")
		else
			told=1
		fi
	fi
	"$ROOT/qemu/guest.sh" bench | tee "$directory/bench-output" | grep --line-buffered -v "^bench: " ||
		status=${PIPESTATUS[0]}
	# Also of a run that failed: what was measured before is worth to be seen.
	"$ROOT/target/release/homeward-bench-report" "${arguments[@]}" || told=$?
	return $((status != 0 ? status : told))
}

main "$@"
