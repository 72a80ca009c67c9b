# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Clean Debian roots, as a new user has them, and a clone in there. Source it after root.sh.
#
# shellcheck disable=SC2154 # root.sh sets root.

# make_clean DIRECTORY SUITE SOURCES PACKAGES: a small Debian; SOURCES are its lines.
make_clean() { bootstrap --include="apt,ca-certificates,$4" "$2" "$1" - <<<"$3"; }

# clean_root SUITE SOURCES PACKAGES: sets base.
clean_root() {
	base=$PLACE/clean-$1-$(hash_of "$2" "$3" "$(declare -f make_clean)")
	[ -z "${UPDATE:-}" ] || rm -rf "$base"
	[ ! -d "$base" ] || return 0
	rm -rf "$PLACE"/.new-*
	step "Making a clean root of $1" "clean-$1" make_clean "$PLACE/.new-$$" "$@"
	mv "$PLACE/.new-$$" "$base"
}

# have_clone: in the root, as a user makes one of it.
have_clone() {
	git -c safe.directory='*' clone --quiet --no-hardlinks "$ROOT" "$root/root/homeward"
	cp -L /etc/ssl/certs/ca-certificates.crt "$root/host.crt"
	cp -L /etc/resolv.conf "$root/etc/resolv.conf"
}

# in_clone COMMAND...: in the root, where the user has the clone, with the devices of this
# machine. The host knows whom to trust.
in_clone() {
	in_root env SSL_CERT_FILE=/host.crt CARGO_HTTP_CAINFO=/host.crt GIT_SSL_CAINFO=/host.crt \
		sh -c 'mount -t sysfs -o ro sysfs /sys && cd /root/homeward && exec "$@"' sh "$@"
}

# lines_of HEADING: the commands below it, without their prompts.
lines_of() {
	awk -v heading="### $1" '
		$0 == heading { on = 1; next }
		/^#/ { on = 0 }
		on && sub(/^    # /, "")' "$ROOT/README.md" "$ROOT/docs/KERNELS.md"
}
