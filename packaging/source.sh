#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# source.sh VERSION FILE: the source as of the last commit, as a tarball. It is the same bytes
# whoever packs it: how their git and xz are configured does not matter.

# shellcheck source=qemu/lib.sh
. "$(dirname "$0")/../qemu/lib.sh"

unset XZ_OPT XZ_DEFAULTS

git -c safe.directory='*' -c core.autocrlf=false -c core.attributesFile=/dev/null -c tar.umask=0022 -C "$ROOT" \
	archive --format=tar --prefix="homeward-$1/" HEAD | xz -9 --threads=1 --check=crc64 >"$2"
