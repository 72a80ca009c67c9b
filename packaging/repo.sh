#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Adds the packages in target/deb to a repository for apt, and signs it:
#     KEY=FINGERPRINT repo.sh DIRECTORY
# Older versions that are there stay. Serve DIRECTORY as it is; docs/KERNELS.md says what a
# user types.

# shellcheck source=qemu/lib.sh
. "$(dirname "$0")/../qemu/lib.sh"

readonly DIST=dists/stable
readonly ARCHITECTURES="amd64 arm64"

# index ARCHITECTURE: what there is for it, those for all included.
index() {
	local place=$DIST/main/binary-$1
	mkdir -p "$place"
	apt-ftparchive --arch "$1" packages pool >"$place/Packages"
	gzip -9nk -f "$place/Packages"
}

# sign: the index, in both forms that apt takes.
sign() {
	gpg --batch --yes --local-user "$KEY" --clearsign --output "$DIST/InRelease" "$DIST/Release"
	gpg --batch --yes --local-user "$KEY" --armor --detach-sign --output "$DIST/Release.gpg" "$DIST/Release"
	gpg --batch --yes --output homeward.gpg --export "$KEY"
}

# make_repository PACKAGE...: in this directory.
make_repository() {
	local architecture
	mkdir -p pool
	cp "$@" pool/
	for architecture in $ARCHITECTURES; do index "$architecture"; done
	# Not in the directory that it is about, as it would be part of itself.
	apt-ftparchive -o APT::FTPArchive::Release::Origin=Homeward \
		-o APT::FTPArchive::Release::Label=Homeward \
		-o APT::FTPArchive::Release::Suite=stable -o APT::FTPArchive::Release::Codename=stable \
		-o APT::FTPArchive::Release::Components=main \
		-o APT::FTPArchive::Release::Architectures="$ARCHITECTURES" release "$DIST" >.Release
	mv .Release "$DIST/Release"
	sign
}

main() {
	local directory=${1:?DIRECTORY is missing: repo.sh DIRECTORY} packages=("$ROOT"/target/deb/*.deb)
	[ -n "${KEY:-}" ] || die "KEY is missing: the fingerprint of the key to sign with, as 'gpg --list-secret-keys' shows it"
	gpg --batch --list-secret-keys "$KEY" >/dev/null 2>&1 || die "gpg has no secret key $KEY"
	[ -f "${packages[0]}" ] || die "no packages in target/deb: run 'make deb'"
	mkdir -p "$directory"
	cd "$directory"
	lock "$PWD/.lock" "this repository"
	step "Making the repository" repo make_repository "${packages[@]}"
	say "$PWD has $(cd pool && echo ./*.deb | wc -w) packages, signed by $KEY."
}

main "$@"
