#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Tries a repository as its users do, by the lines below "From a repository" in
# docs/KERNELS.md: from a directory, then from a web server on this machine, in a clean Debian
# root with a stock kernel. There another kernel is installed afterwards, with nobody there to
# answer: DKMS must build the module for it. As root, for the roots.

# shellcheck source=qemu/lib.sh
. "$(dirname "$0")/../../qemu/lib.sh"
# shellcheck source=tests/packaging/root.sh
. "$ROOT/tests/packaging/root.sh"
# shellcheck source=tests/packaging/clean.sh
. "$ROOT/tests/packaging/clean.sh"

readonly REPO=$PLACE/repo PORT=${PORT:-18573}

# make_key: one for this test alone: sets signer.
make_key() {
	export GNUPGHOME=$PLACE/repo-keys
	rm -rf "$GNUPGHOME"
	mkdir -m 700 "$GNUPGHOME"
	gpg --batch --passphrase '' --quick-generate-key 'A test of Homeward' ed25519 sign never
	signer=$(gpg --batch --with-colons --list-secret-keys | awk -F: '$1 == "fpr" { print $10; exit }')
}

# type_lines URL: those of the page, in one shell, with our URL in the place of theirs.
type_lines() {
	local lines
	lines=$(lines_of 'From a repository' | sed "s|^URL=.*|URL=$1|")
	grep -q "^URL=$1" <<<"$lines" || die "docs/KERNELS.md has no line 'URL=' below '### From a repository'"
	in_root sh -euxc "$lines" </dev/null
}

# has_module PATTERN: DKMS has the module of this version for such a kernel.
has_module() {
	in_root dkms status | grep "homeward/.*$1.*: installed" || die "DKMS has not built the module for $1"
}

# serve: the repository, on this machine alone.
serve() {
	start_beside python3 -m http.server --bind 127.0.0.1 --directory "$REPO" "$PORT" >"$LOGS/repo-server.log" 2>&1
	local tries
	for tries in {1..100}; do
		if (exec 3<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null; then return; fi
		sleep 0.2
	done
	die "the web server does not answer after $tries tries: $LOGS/repo-server.log"
}

# try_url NAME URL
try_url() {
	layer "repo-$1" "$base"
	prepare_layer
	step "Installing from $2" "repo-$1" type_lines "$2"
	has_module deb13-amd64
	in_root homeward --version
}

# prepare_layer: nobody is there to say yes; and names can be resolved.
prepare_layer() {
	# What apt does by itself, and the base has not.
	printf '%s\n' 'APT::Get::Assume-Yes "true";' 'APT::Install-Recommends "true";' >"$root/etc/apt/apt.conf.d/99zz-user"
	cp -L /etc/resolv.conf "$root/etc/resolv.conf"
	mkdir -p "$root/srv/homeward"
	cp -r "$REPO/." "$root/srv/homeward"
}

# A wrong byte in the index, and apt must not take it.
refuses_forged() {
	layer repo-forged "$base"
	prepare_layer
	sed -i 's/^Description: see/Description: sea/' "$root"/srv/homeward/dists/stable/main/binary-amd64/Packages
	rm -f "$root"/srv/homeward/dists/stable/main/binary-amd64/Packages.gz
	if type_lines file:/srv/homeward >"$LOGS/repo-forged.log" 2>&1; then
		die "apt has installed from a repository whose index is not what was signed"
	fi
	grep -q 'Hash Sum mismatch\|unexpected size' "$LOGS/repo-forged.log"
	umount "$root"
}

# another_kernel: as unattended-upgrades brings one, which asks nobody either.
another_kernel() {
	in_root apt-get install "linux-image-cloud-amd64/$SUITE-backports" "linux-headers-cloud-amd64/$SUITE-backports" </dev/null
}

main() {
	local signer
	[ "$(id -u)" = 0 ] || die "this makes Debian roots, and so it has to be root: sudo make test-repo"
	# Mounts of our own, gone with us.
	[ -n "${IN_NAMESPACE:-}" ] || IN_NAMESPACE=1 exec unshare --mount --propagation private "$0"
	lock "$PLACE/.lock" "Debian roots"
	have_base
	make_key >"$LOGS/repo-key.log" 2>&1
	rm -rf "$REPO"
	env KEY="$signer" "$ROOT/packaging/repo.sh" "$REPO"
	step "Refusing a forged index" repo-refuses refuses_forged
	try_url file file:/srv/homeward
	umount "$root"
	serve
	try_url http "http://127.0.0.1:$PORT"
	step "Another kernel, with nobody there" repo-kernel another_kernel
	has_module cloud-amd64
	end_beside
	say "repository: ok"
}

main "$@"
