#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Everything of a release, from the last commit, into target/release-VERSION: the source, the
# packages, the command's bill of materials, the changelog's section, and their sums.

# shellcheck source=qemu/lib.sh
. "$(dirname "$0")/../qemu/lib.sh"
# shellcheck source=qemu/toolchain.sh
. "$ROOT/qemu/toolchain.sh"

readonly CYCLONEDX=0.5.9

project_git() { git -c safe.directory='*' -C "$ROOT" "$@"; }

# section VERSION: what the changelog says of it.
section() {
	awk -v version="$1" '/^## / { on = $2 == version } on' "$ROOT/CHANGELOG.md"
}

# check VERSION: one version everywhere, and nothing that is not committed.
check() {
	[ -n "$1" ] || die "Cargo.toml has no version"
	[ -z "$(project_git status --porcelain)" ] || die "there are changes that are not committed"
	[ -n "$(section "$1")" ] || die "CHANGELOG.md has no section '## $1'"
	! grep -A 1 '^name = "homeward' "$ROOT/Cargo.lock" | grep '^version' | grep -qvF "\"$1\"" ||
		die "Cargo.lock has another version: run cargo update --workspace"
}

# archive VERSION FILE: the same bytes each time.
archive() {
	project_git -c tar.umask=0022 archive --format=tar --prefix="homeward-$1/" HEAD | xz -9 --threads=1 >"$2"
}

# source VERSION DIRECTORY: and proof that they are the same bytes.
source_archive() {
	local file=$2/homeward-$1.tar.xz
	archive "$1" "$file"
	archive "$1" "$file.again"
	cmp "$file" "$file.again"
	rm "$file.again"
}

# cyclonedx: cargo's own tool for bills of materials, built into the cache.
cyclonedx() {
	local place=$CACHE/tools/cargo-cyclonedx-$CYCLONEDX
	[ -x "$place/bin/cargo-cyclonedx" ] || "$CARGO" install cargo-cyclonedx --locked \
		--version "$CYCLONEDX" --root "$place" --config profile.release.opt-level=0
	echo "$place/bin/cargo-cyclonedx"
}

# bill VERSION DIRECTORY: of the crates in the command.
bill() {
	local tool made=$ROOT/userspace/cli/homeward.cdx.json
	tool=$(cyclonedx | tail -n 1)
	(cd "$ROOT" && SOURCE_DATE_EPOCH=$(project_git log -1 --format=%ct) PATH=$(dirname "$CARGO"):$PATH \
		"$tool" cyclonedx --format json --describe crate --no-build-deps \
		--manifest-path userspace/cli/Cargo.toml)
	mv "$made" "$2/homeward-$1.cdx.json"
	# One for each crate of the workspace that the command takes.
	find "$ROOT/userspace" -name '*.cdx.json' -delete
}

main() {
	local version directory
	version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$ROOT/Cargo.toml")
	check "$version"
	directory=$ROOT/target/release-$version
	rm -rf "$directory"
	mkdir -p "$directory"
	step "Packing the source, twice" release-source source_archive "$version" "$directory"
	step "Listing the crates" release-bill bill "$version" "$directory"
	section "$version" >"$directory/CHANGES.md"
	"$ROOT/packaging/deb.sh" >/dev/null
	cp "$ROOT"/target/deb/*.deb "$directory/"
	(cd "$directory" && sha256sum -- * >SHA256SUMS)
	say "Made of $(project_git rev-parse --short HEAD):"
	(cd "$directory" && printf "$PWD/%s\n" *)
}

main "$@"
