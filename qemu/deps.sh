#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Installs the Debian packages that are missing, after saying which; with
# `deps.sh lint|selftests|test-deb|test-real|bench` those that only these verbs need as well,
# with `deps.sh deb` those that are needed to build packages, and no others, with `deps.sh build`
# those that are needed to build module and command.
# Silent and quick when there is nothing to do. Exit status 3: this system
# has no apt, and something is missing.

# shellcheck source=qemu/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=qemu/packages.sh
. "$ROOT/qemu/packages.sh"
# shellcheck source=qemu/kernel-tree.sh
. "$ROOT/qemu/kernel-tree.sh"

readonly EXIT_NO_APT=3
# How long to wait for another apt, as that which runs after a boot.
readonly LOCK_SECONDS=600

# bookworm_rust: whether Rust is to come from Debian 12's security suite.
# rustc-web exists nowhere else, so this needs no list of version numbers.
bookworm_rust() {
	grep -qx 'ID=debian' /etc/os-release && grep -qxE 'VERSION_ID="?12"?' /etc/os-release
}

# builds_by_private_root: whether all compilers but that of the command come in a root of
# their own (tools/rust-headers).
builds_by_private_root() {
	wants_stock && [ "$purpose" != lint ] && bookworm_rust
}

wanted_packages() {
	local kernel=$KERNEL_PACKAGES rust=$RUST_LATER more='' clang=''
	! bookworm_rust || rust=$RUST_BOOKWORM
	! builds_by_private_root || kernel='' rust=$RUST_BOOKWORM_COMMAND
	case $purpose in
	deb | repo)
		[ "$purpose" = deb ] || more=$REPO_PACKAGES
		# shellcheck disable=SC2086 # Lists of words.
		printf '%s\n' $BUILD_PACKAGES $DEB_PACKAGES $more $rust
		return
		;;
	esac
	case $purpose in
	build) ;;
	*) more="$GUEST_PACKAGES $HOST_TEST_PACKAGES" ;;
	esac
	case $purpose in
	lint) more+=" $LINT_PACKAGES" ;;
	test-deb) more+=" $DEB_PACKAGES $TEST_DEB_PACKAGES $REPO_PACKAGES" ;;
	test-real) more+=" $TEST_REAL_PACKAGES" ;;
	selftests) more+=" $SELFTEST_PACKAGES" ;;
	bench) more+=" $BENCH_PACKAGES" ;;
	esac
	! grep -qs '^CONFIG_CC_IS_CLANG=y' "$ROOT/qemu/${KERNEL_CONFIG:-minimal}.config" \
		"${KDIR:-}/.config" ||
		clang=$CLANG_PACKAGES
	# shellcheck disable=SC2086 # Lists of words.
	printf '%s\n' $kernel $BUILD_PACKAGES $clang $more $rust
}

missing_packages() {
	local installed
	# dpkg-query fails when one of the packages is unknown: that is no error.
	# shellcheck disable=SC2046
	installed=$(dpkg-query --show --showformat '${db:Status-Status} ${Package}\n' \
		$(wanted_packages) 2>/dev/null | sed -n 's/^installed //p' | sort -u) || true
	comm -23 <(wanted_packages | sort -u) <(printf '%s\n' "$installed")
}

# Without apt, ask for what the build would trip over first: for a kernel, too, as every other
# one comes from Debian's archive.
check_without_apt() {
	local tool missing='' tools=(gcc rustc cargo make)
	case $purpose in
	deb | repo) tools+=(dpkg-buildpackage dh) ;;
	build) tools+=(bc) ;;
	*) tools+=(flex bison bc cpio "qemu-system-$MACHINE" busybox ip) ;;
	esac
	for tool in "${tools[@]}"; do
		have "$tool" || missing="$missing $tool"
	done
	case $purpose in
	deb | repo) ;;
	*) [ -n "${KDIR:-}${KERNEL_SRC:-}" ] || kernel_tree >/dev/null 2>&1 || missing="$missing, and neither KDIR nor KERNEL_SRC is set" ;;
	esac
	[ -n "$missing" ] || return 0
	say "Not found:${missing#,}"
	say "This system has no apt. Homeward needs:"
	say "$WANTED"
	exit "$EXIT_NO_APT"
}

# become_root: sets as_root. Asks for the password, where there is one, now and not inside a step
# with its output in a log. sudo forgets which proxy apt is to take.
become_root() {
	local name proxies=()
	as_root=()
	[ "$(id -u)" -ne 0 ] || return 0
	have sudo || die "cannot install packages; as root, run: apt-get install $*"
	sudo -n true 2>/dev/null || sudo -v || die "cannot become root; as root, run: apt-get install $*"
	as_root=(sudo)
	for name in http_proxy https_proxy ftp_proxy no_proxy; do
		[ -z "${!name:-}" ] || proxies+=("$name=${!name}")
	done
	[ "${#proxies[@]}" = 0 ] || as_root+=(env "${proxies[@]}")
}

# apt_update: once nobody else is at the lists: for these, apt does not wait by itself.
apt_update() {
	local said status until=$((SECONDS + LOCK_SECONDS))
	while true; do
		status=0
		said=$(LC_ALL=C "${as_root[@]}" apt-get update 2>&1) || status=$?
		if ((status == 0 || SECONDS >= until)) || ! grep -qE 'Could not get lock|Unable to lock' <<<"$said"; then break; fi
		echo "Another apt is at the lists: waiting for it."
		sleep 2
	done
	printf '%s\n' "$said"
	return "$status"
}

# update_lists: those of this system's apt, which knows of a mirror only by them. One dead source
# among them, which may be of somebody else, says nothing of what we need.
update_lists() {
	become_root "$@"
	step "Updating the package lists" apt-update apt_update ||
		say "Going on with the lists that are there: that source need not be one of ours."
}

# choose_kernel: what KERNEL stands for where nobody says which.
choose_kernel() {
	if [ -n "$KERNEL_ASKED" ] || wants_own; then return; fi
	rm -f "$KERNEL_CHOICE"
	KERNEL=stock
	if [ -z "${UPDATE:-}" ] && kernel_tree >/dev/null; then return; fi
	if rust_headers_of_suite --print >/dev/null; then return; fi
	say "So there is no stock kernel of $SUITE to be had: our own, $KERNEL_OWN, is compiled instead."
	mkdir -p "$CACHE"
	KERNEL=$KERNEL_OWN
	echo "$KERNEL" >"$KERNEL_CHOICE"
}

install_packages() {
	become_root "$@"
	say "Homeward needs these Debian packages and installs them now with apt-get:"
	printf '%s\n' "$*" | fold -s -w 76 | sed 's/^/    /' >&2
	# One processor is enough for apt: the kernel's own compilers come meanwhile.
	! builds_by_private_root || start_beside rust_headers_of_suite --compilers
	step "Installing packages" apt-install \
		"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
		apt-get install -o DPkg::Lock::Timeout="$LOCK_SECONDS" --yes --no-install-recommends "$@"
	await_beside
}

main() {
	local missing list as_root
	if ! have apt-get || ! have dpkg-query; then
		check_without_apt
		return 0
	fi
	# Not from a pipe, so that a failure is one.
	list=$(missing_packages)
	# shellcheck disable=SC2086 # A list of words.
	[ -z "$list" ] || update_lists $list
	choose_kernel
	list=$(missing_packages)
	[ -n "$list" ] || return 0
	mapfile -t missing <<<"$list"
	install_packages "${missing[@]}"
}

readonly purpose=${1:-}
main
