#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Formats every Rust source, or with --check only tells which are not.

# shellcheck source=qemu/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=qemu/toolchain.sh
. "$ROOT/qemu/toolchain.sh"

# By file, as cargo knows nothing of the module. rustfmt follows `mod` lines by
# itself: naming each file once more changes nothing.
cd "$ROOT"
find module userspace qemu tests bench -name '*.rs' -not -path '*/target/*' -print0 |
	xargs -0 "$RUSTFMT" --edition 2021 "$@"
