#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Builds the command, and the programs that run the guest. What only measures
# (bench.sh) and what only tests (test.sh) is built by those who need it.

# shellcheck source=qemu/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=qemu/toolchain.sh
. "$ROOT/qemu/toolchain.sh"

step "Building the command" userspace \
	run_cargo build --release --locked --workspace --exclude homeward-guest-tests \
	--exclude homeward-bench --bins
