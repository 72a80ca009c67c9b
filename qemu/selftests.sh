#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Builds those of the kernel's selftests that are C programs, into the cache,
# and starts the guest that runs them all (selftests-guest.sh).

# shellcheck source=qemu/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=qemu/kernel-tree.sh
. "$ROOT/qemu/kernel-tree.sh"

# build SOURCE DIRECTORY: the kernel's own rules build them, with its headers.
build() {
	rm -rf "$2" "$2.new"
	mkdir -p "$2.new/headers"
	kmake "$tree" -C "$1" "O=$2.new/headers" headers
	local program
	for program in net/so_netns_cookie \
		$(cd "$1/tools/testing/selftests" && printf '%s\n' namespaces/*.c | sed 's/\.c$//'); do
		gcc -O0 -g -Wall -D_GNU_SOURCE= -isystem "$2.new/headers/usr/include" \
			-I"$1/tools/testing/selftests" -I"$1/tools/include/uapi" -I"$1/tools/include" \
			-o "$2.new/$(basename "$program")" "$1/tools/testing/selftests/$program.c" \
			"$1/tools/testing/selftests/filesystems/utils.c" -lcap
	done
	mv "$2.new" "$2"
}

main() {
	local programs source
	tree=$(kernel_tree) || die "no kernel yet: run 'make kernel'"
	source=$(kernel_source_of "$tree")
	programs=$(selftest_programs "$tree")
	[ -d "$programs" ] || step "Building the kernel's selftests" selftests build "$source" "$programs"
	exec "$ROOT/qemu/guest.sh" selftests
}

main "$@"
