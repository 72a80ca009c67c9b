#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Tries the commands for installing in README.md and docs/KERNELS.md as a new user
# would: those below each heading in a clean Debian root of its own, with a clone of
# the last commit and nothing made before. As root, for the roots.

# shellcheck source=qemu/lib.sh
. "$(dirname "$0")/../../qemu/lib.sh"
# shellcheck source=tests/packaging/root.sh
. "$ROOT/tests/packaging/root.sh"
# shellcheck source=tests/packaging/clean.sh
. "$ROOT/tests/packaging/clean.sh"

# prepare: what comes before the lines.
prepare() {
	have_clone
	# Nobody is there to say yes.
	echo 'APT::Get::Assume-Yes "true";' >"$root/etc/apt/apt.conf.d/90yes"
	in_root apt-get update
}

# has_come_about: what the user has at the end.
has_come_about() {
	local release
	# The newest: a line may have brought a newer one.
	release=$(cd "$root/lib/modules" && printf '%s\n' */build | sort -V | tail -n 1)
	release=${release%/build}
	in_root homeward --version
	in_root dkms status | grep "homeward/.*$release.*: installed"
	in_root modinfo -k "$release" homeward | grep '^vermagic: .*'"$release"
	[ -f "$root/usr/share/man/man1/homeward.1.gz" ]
	[ -f "$root/etc/homeward/policy.toml" ]
	[ -L "$root/etc/systemd/system/sysinit.target.wants/homeward.service" ]
}

# try_heading HEADING SUITE SOURCES
try_heading() {
	local line number=0 packages=iproute2,kmod,udev
	# Where the distribution's own kernel will do, a user has it already.
	[[ $3 == *-backports* ]] || packages+=,linux-image-amd64
	clean_root "$2" "$3" "$packages"
	layer "install-$2" "$base"
	step "$1: a clone, and the package lists" "install-$2-prepare" prepare
	[ -n "$(lines_of "$1")" ] || die "no page has commands below '### $1'"
	while read -r line; do
		number=$((number + 1))
		step "$1: $line" "install-$2-line-$number" in_clone sh -c "$line" </dev/null
	done < <(lines_of "$1")
	step "$1: what has come about" "install-$2-check" has_come_about
	say "$1: ok"
	umount "$root"
}

main() {
	local mirror
	[ "$(id -u)" = 0 ] || die "this makes Debian roots, and so it has to be root: sudo make test-install"
	# Mounts of our own, gone with us.
	[ -n "${IN_NAMESPACE:-}" ] || IN_NAMESPACE=1 exec unshare --mount --propagation private "$0"
	lock "$PLACE/.lock" "Debian roots"
	mirror=$(debian_mirror)
	[ -n "$mirror" ] || die "apt knows no Debian mirror"
	# As for a new user, nothing is there of what rust-headers makes.
	TREES=$PLACE/install-trees
	rm -rf "$TREES"
	try_heading 'Debian 13 with the kernel of backports' trixie \
		"deb $mirror trixie main"$'\n'"deb $mirror trixie-backports main"
	rm -rf "$TREES"
	try_heading 'Debian 14' forky "deb $mirror forky main"
	rm -rf "$TREES"
}

main "$@"
