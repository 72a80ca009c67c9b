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

# check VERSION: nothing that is not committed, and something to tell.
check() {
	[ -z "$(project_git status --porcelain)" ] || die "there are changes that are not committed"
	[ -n "$(section "$1")" ] || die "CHANGELOG.md has no section '## $1'"
}

# source_archive VERSION FILE: and proof that it is the same bytes each time.
source_archive() {
	"$ROOT/packaging/source.sh" "$1" "$2"
	"$ROOT/packaging/source.sh" "$1" "$2.again"
	cmp "$2" "$2.again"
	rm "$2.again"
}

# build_cyclonedx PLACE: cargo's own tool for bills of materials. Built aside and renamed into
# place.
build_cyclonedx() {
	local aside=$CACHE/tools/.new-cyclonedx-$$
	rm -rf "$CACHE"/tools/.new-cyclonedx-*
	mkdir -p "$aside"
	# It runs for a second: do not spend minutes on making it fast.
	env CARGO_TARGET_DIR="$aside/target" "$CARGO" install cargo-cyclonedx --locked --version "$CYCLONEDX" \
		--root "$aside" --config profile.release.opt-level=0 --config profile.release.lto=false
	rm -rf "$aside/target" "$1"
	mv "$aside" "$1"
}

# bill TOOL ARCHIVE FILE: of the crates in the command, by the sources of the release alone, and
# without the place of this machine where they are.
bill() {
	local place=$2.d
	rm -rf "$place"
	mkdir "$place"
	tar -x -f "$2" -C "$place" --strip-components=1
	(cd "$place" && SOURCE_DATE_EPOCH=$(project_git log -1 --format=%ct) PATH=$(dirname "$CARGO"):$PATH \
		"$1" cyclonedx --format json --describe crate --no-build-deps \
		--manifest-path userspace/cli/Cargo.toml)
	sed "s|$place|/homeward|g" "$place/userspace/cli/homeward.cdx.json" >"$3"
	(cd "$place" && packaging/crates.py "$3")
	rm -r "$place"
}

main() {
	local version directory archive tools=$CACHE/tools/cargo-cyclonedx-$CYCLONEDX
	version=$("$ROOT/packaging/version.sh")
	check "$version"
	directory=$ROOT/target/release-$version
	archive=$directory/homeward-$version.tar.xz
	rm -rf "$directory"
	mkdir -p "$directory"
	step "Packing the source, twice" release-source source_archive "$version" "$archive"
	[ -x "$tools/bin/cargo-cyclonedx" ] ||
		step "Building cargo-cyclonedx $CYCLONEDX" release-tool build_cyclonedx "$tools"
	step "Listing the crates" release-bill bill "$tools/bin/cargo-cyclonedx" "$archive" "$directory/homeward-$version.cdx.json"
	section "$version" >"$directory/CHANGES.md"
	"$ROOT/packaging/deb.sh" >/dev/null
	cp "$ROOT"/target/deb/*.deb "$directory/"
	(cd "$directory" && sha256sum -- * >SHA256SUMS)
	say "Made of $(project_git rev-parse --short HEAD):"
	(cd "$directory" && printf "$PWD/%s\n" *)
}

main "$@"
