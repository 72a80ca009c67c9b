#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# All checks that need no running kernel. Goes on after a failed one, so that
# one run shows all that is wrong.
#
# shellcheck disable=SC2317 # main calls the checks by their names.

# shellcheck source=qemu/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=qemu/kernel-tree.sh
. "$ROOT/qemu/kernel-tree.sh"

cd "$ROOT"

# sources: every file of the project, committed or about to be.
sources() {
	# The checkout may belong to somebody else when this runs through sudo.
	git -c safe.directory='*' ls-files --cached --others --exclude-standard | sort -u |
		while read -r file; do [ ! -f "$file" ] || echo "$file"; done
}

rust_format() { qemu/fmt.sh --check; }

rust_lints() {
	# Called directly: `cargo clippy` would look for a rustup toolchain's first.
	CARGO=$CARGO CARGO_TARGET_DIR=$ROOT/target "$(system_tool cargo-clippy)" clippy \
		--locked --workspace --all-targets -- -D warnings
}

module_lints() {
	# Its own directory: an object that is up to date would not be looked at.
	rm -rf "$(module_directory "$(kernel_tree)")-lint"
	VARIANT=lint WARNINGS_FAIL=1 qemu/module.sh CLIPPY=1
}

# No function of the module takes more than a quarter of the kernel's stack: rustc has no -Wframe-larger-than.
# shellcheck disable=SC2016 # sed has its own dollar.
stack_frames() {
	local most=4096 word function="" bad=0
	while read -r word; do
		case $word in
		0x*)
			((word <= most)) && continue
			echo "$function: $((word)) bytes of stack, at most $most"
			bad=1
			;;
		*) function=$word ;;
		esac
	done < <(objdump -d --no-show-raw-insn "$(module_directory "$(kernel_tree)")-lint/homeward.o" |
		sed -nE 's/^[0-9a-f]+ <(.*)>:$/\1/p; s/.*sub +\$(0x[0-9a-f]+),%rsp$/\1/p')
	[ -n "$function" ] || die "no code in homeward.o"
	return "$bad"
}

unsafe_placement() {
	! grep -rnE --include='*.rs' '(^|[^a-zA-Z_"])unsafe($|[^a-zA-Z_])' module |
		grep -vE '^module/(net/|ffi\.rs)' | grep -vE '^[^:]*:[0-9]*:[[:space:]]*//'
}

# Recorded logs, measurements and generated lock files are nobody's work.
licence_lines() {
	local file bad=0
	while read -r file; do
		case $file in
		tests/logs/* | LICENSES/* | COPYING | *.lock | *.md | .gitignore) continue ;;
		# Mails, whose patches are of the licence of what they change (upstream/README.md).
		upstream/*.patch) continue ;;
		packaging/debian/copyright | packaging/debian/source/format) continue ;;
		bench/results.json | bench/quick/* | bench/plots/*) continue ;;
		esac
		sed -n 1,3p "$file" | grep -q SPDX-License-Identifier && continue
		echo "$file: no SPDX-License-Identifier in its first three lines"
		bad=1
	done < <(sources)
	return "$bad"
}

# ynl_source: the source tree that the kernel was built from.
ynl_source() {
	if [ -n "${KDIR:-}" ]; then realpath "$KDIR/source" 2>/dev/null || realpath "$KDIR"; else source_tree; fi
}

spec() {
	local source
	source=$(ynl_source)
	python3 "$source/tools/net/ynl/pyynl/cli.py" --spec module/homeward.yaml \
		--schema "$source/Documentation/netlink/genetlink.yaml" --validate
}

shell_scripts() {
	sources | grep -E '\.sh$|^\.ci/run$|^qemu/profile$|^tools/rust-headers$|^packaging/(install-source|.*\.(pre|post)(inst|rm))$' |
		xargs shellcheck --external-sources
}

file_sizes() {
	! sources | grep -vE '\.(lock|yaml)$|^module/uapi\.rs$|^tests/logs/|^LICENSES/|^COPYING|^bench/(results\.|plots/)' | xargs wc -l |
		awk '$2 != "total" && $1 > 500 { print $2 ": " $1 " lines; divide it by role" }' | grep .
}

main() {
	local check bad=0
	for check in rust_format rust_lints module_lints stack_frames unsafe_placement licence_lines spec \
		shell_scripts file_sizes; do
		if step "Checking: ${check//_/ }" "lint-$check" "$check"; then
			say "${check//_/ }: ok"
		else
			bad=1
		fi
	done
	exit "$bad"
}

main "$@"
