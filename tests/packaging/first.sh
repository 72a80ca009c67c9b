#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What a newcomer waits for: `make demo` and `make test` in clean Debian roots that have git
# and make, each with a clone of the last commit and nothing made before. Says how long they
# took, step by step. As root, for the roots. DEBIANS: which of them; VERBS: demo, test.

# shellcheck source=qemu/lib.sh
. "$(dirname "$0")/../../qemu/lib.sh"
# shellcheck source=tests/packaging/root.sh
. "$ROOT/tests/packaging/root.sh"
# shellcheck source=tests/packaging/clean.sh
. "$ROOT/tests/packaging/clean.sh"

# stamp: each line with the second that it came in.
stamp() {
	local start=$SECONDS line
	while IFS= read -r line; do printf '%4d %s\n' $((SECONDS - start)) "$line"; done
}

# try_first VERB SUITE: as a newcomer does. The log is what they see, and when.
try_first() {
	local log=$LOGS/first-$2-$1.log start
	layer "first-$2" "$base"
	step "$2: a clone" "first-$2-clone" have_clone
	say "$2: make $1 ..."
	start=$SECONDS
	in_clone make "$1" </dev/null 2>&1 | stamp >"$log" || {
		tail -n 30 "$log" >&2
		die "$2: make $1 failed after $((SECONDS - start)) s: $log"
	}
	say "$2: make $1: $((SECONDS - start)) s, of these"
	grep -E ': done in [0-9]+ s\.$' "$log" | sed 's/^/    /' >&2
	umount "$root"
}

# sources SUITE: as an installed system has them.
sources() {
	local mirror security
	mirror=$(debian_mirror)
	[ -n "$mirror" ] || die "apt knows no Debian mirror"
	# shellcheck disable=SC2016 # The dollars are apt's.
	security=$(apt-get indextargets --format '$(LABEL)|$(REPO_URI)' |
		sed -n 's/^Debian-Security|//p' | sort -u | head -n 1)
	echo "deb $mirror $1 main"
	echo "deb ${security:-https://security.debian.org/debian-security} $1-security main"
}

main() {
	local suite verb
	[ "$(id -u)" = 0 ] || die "this makes Debian roots, and so it has to be root: sudo make test-first"
	# Mounts of our own, gone with us.
	[ -n "${IN_NAMESPACE:-}" ] || IN_NAMESPACE=1 exec unshare --mount --propagation private "$0"
	lock "$PLACE/.lock" "Debian roots"
	for suite in ${DEBIANS:-bookworm trixie}; do
		clean_root "$suite" "$(sources "$suite")" git,make
		for verb in ${VERBS:-demo test}; do try_first "$verb" "$suite"; done
	done
}

main "$@"
