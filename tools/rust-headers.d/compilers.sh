# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
# Exactly the compilers that a kernel's configuration names: the host's when
# they are the same, else those of a private root. Sourced by rust-headers.

# option CONFIG NAME: the value of CONFIG_NAME, without quotes.
option() { sed -n "s/^CONFIG_$2=\"\{0,1\}\([^\"]*\)\"\{0,1\}\$/\1/p" "$1"; }

# name_compilers CONFIG: what the configuration names.
name_compilers() {
	cc_text=$(option "$1" CC_VERSION_TEXT)
	rustc_text=$(option "$1" RUSTC_VERSION_TEXT)
	bindgen_text=$(option "$1" BINDGEN_VERSION_TEXT)
	pahole_version=$(option "$1" PAHOLE_VERSION)
	cc=${cc_text%% *}
	know_target
}

# first_line COMMAND...: what it says first; nothing if it is not there.
first_line() { "$@" 2>/dev/null | sed -n 1p || true; }

# pahole_version_of [RUN...]: as scripts/pahole-version.sh has it, 0 for none.
pahole_version_of() {
	local text
	text=$(first_line "$@" pahole --version | sed -n 's/^v\([0-9]*\)\.\([0-9]*\).*/\1\2/p')
	echo "${text:-0}"
}

# compare WHAT NAMED IS: a line when they differ.
compare() {
	[ "$2" = "$3" ] || echo "$1: the kernel was built with '$2', here is '${3:-none}'"
}

# shellcheck disable=SC2120 # Without RUN: those of the host.
# differing [RUN...]: a line for every compiler that is not the named one; with
# RUN those that RUN finds, for example in a root.
differing() {
	compare "$cc" "$cc_text" "$(first_line "$@" "$cc" --version)"
	compare rustc "$rustc_text" "$(first_line "$@" "$rustc" --version)"
	compare bindgen "$bindgen_text" "$(first_line "$@" "$bindgen" --version)"
	[ -z "$pahole_version" ] || compare pahole "$pahole_version" "$(pahole_version_of "$@")"
}

# has_header NAME: whether the host's compiler finds it.
has_header() { "$hostcc" -E -x c -include "$1" /dev/null >/dev/null 2>&1; }

# lacking: what else a build takes that the host has not.
lacking() {
	local tool
	for tool in make flex bison bc openssl python3 "$hostcc"; do have "$tool" || echo "no $tool"; done
	has_header libelf.h || echo "no libelf-dev"
	has_header openssl/opensslv.h || echo "no libssl-dev"
	[ -f "$("$rustc" --print sysroot 2>/dev/null)/lib/rustlib/src/rust/library/core/src/lib.rs" ] ||
		echo "no library source of rustc (rust-src)"
}

# program NAME TEXT: that which says TEXT: rustup's may come first in PATH, and
# the distribution's own be the one.
program() {
	local place
	for place in "$1" "/usr/bin/$1"; do
		if [ "$(first_line "$place" --version)" = "$2" ]; then break; fi
	done
	echo "$place"
}

# choose_compilers: sets root (empty: the host), rustc and bindgen.
choose_compilers() {
	local why suite gcc rust bind cross=''
	rustc=$(program rustc "$rustc_text")
	bindgen=$(program bindgen "$bindgen_text")
	# shellcheck disable=SC2119
	why=$(differing; lacking)
	if [ -z "$why" ]; then
		say "Compilers: this system's own, which are those of the kernel."
		root=''
		return
	fi
	rustc=rustc
	bindgen=bindgen
	# gcc: "x86_64-linux-gnu-gcc-14 (Debian 14.2.0-19) 14.2.0"
	gcc=$(sed -n 's/^[^ ]* (Debian \([^)]*\)) .*/\1/p' <<<"$cc_text")
	rust=$(sed -n 's/^rustc \([0-9.]*\) .*/\1/p' <<<"$rustc_text")
	bind=${bindgen_text#bindgen }
	if [ -z "$gcc" ] || [ -z "$rust" ]; then
		die "the kernel's compilers are not Debian's: $cc_text; $rustc_text" \
			"Build against the tree that this kernel was built in."
	fi
	for suite in $COMPILER_SUITES; do
		root=$CACHE/root/$suite-gcc_$gcc-rustc_$rust-bindgen_$bind-$(cksum <<<"$ROOT_PACKAGES" | cut -d ' ' -f 1)
		[ "$hostcc" = "$cc" ] || root+=-${cc%-gcc-*}
		if [ -f "$root/.complete" ]; then return; fi
		look_at "$suite" || continue
		has_compilers "$suite" || continue
		say "Compilers: those of $suite, in a root of their own, as this system's are not the kernel's:"
		printf '    %s\n' "${why//$'\n'/$'\n'    }" >&2
		make_root "$suite" "$root"
		return
	done
	! nobody_answered || no_network
	[ "$hostcc" = "$cc" ] || cross='cross '
	die "nobody has the ${cross}compilers that the kernel was built with (any more)" \
		"wanted: $cc_text" "        $rustc_text" "        $bindgen_text" \
		"looked in: $COMPILER_SUITES" \
		"Upgrade to the newest kernel of the release, or name a mirror of that day by --mirror."
}

# has_compilers SUITE: whether the suite has the very versions. Debian's own
# revision of gcc is part of the kernel's configuration, that of the others is not. A cross
# compiler has one of its own in addition: 14.2.0-19cross1.
has_compilers() {
	field "$1" "${cc_packages[0]}" Version | sed 's/cross[0-9.]*$//' | grep -qxF "$gcc" &&
		field "$1" rustc Version | grep -qE "^${rust//./\\.}([+~-]|$)" &&
		field "$1" bindgen Version | grep -qE "^${bind//./\\.}([+~-]|$)"
}

# What a kernel's make starts, beside the compilers.
readonly ROOT_PACKAGES="base-files libc-bin coreutils bash dash grep sed mawk gawk findutils diffutils
	tar gzip xz-utils zstd make bc flex bison perl-base libelf-dev libssl-dev libdw-dev zlib1g-dev
	openssl kmod python3-minimal"

# make_root SUITE ROOT: unpacked and not installed: compilers take no
# configuration, and so it needs neither root's rights nor a bootstrapper.
make_root() {
	local aside=$CACHE/root/.new-$$ packages
	# shellcheck disable=SC2206 # A list of words.
	packages=($ROOT_PACKAGES pahole "${cc_packages[@]}" rustc rust-src bindgen)
	need_room 2000 "The private root"
	rm -rf "$CACHE"/root/.new-*
	mkdir -p "$aside"
	: >"$CACHE/apt/$1/nothing-installed"
	step "Downloading the compilers of $1" root-download \
		apt_of "$1" apt-get -o Dir::State::status="$CACHE/apt/$1/nothing-installed" \
		-o APT::Install-Recommends=false -o Debug::NoLocking=true --yes --download-only \
		-o Dir::Cache::archives="$CACHE/apt/$1/cache/archives" install "${packages[@]}"
	step "Unpacking the compilers of $1" root-unpack unpack_root "$1" "$aside"
	: >"$aside/.complete"
	mv "$aside" "$2"
	apt_of "$1" apt-get clean
}

# unpack_one ROOT DEB: without what no kernel's make reads, which is half of it: of the sources
# of rustc only the library, and of LLVM nothing to link with.
unpack_one() {
	dpkg-deb --fsys-tarfile "$2" | tar -x -C "$1" --keep-directory-symlink \
		--no-same-owner --no-wildcards-match-slash \
		--exclude './usr/share/doc' --exclude './usr/share/man' \
		--exclude './usr/share/locale' --exclude './usr/share/info' \
		--exclude './usr/src/rustc-*/src' --exclude './usr/src/rustc-*/compiler' \
		--exclude './usr/lib/llvm-*/lib/*.a'
}

# unpack_root SUITE ROOT: base-files first, which brings /bin as a link; then
# a package for each processor at a time, as most of it is what xz does.
unpack_root() {
	local archives=$CACHE/apt/$1/cache/archives
	unpack_one "$2" "$archives"/base-files_*.deb
	(
		export -f unpack_one
		find "$archives" -maxdepth 1 -name '*.deb' -print0 |
			xargs -0 -n 1 -P "$(nproc)" bash -euo pipefail -c 'unpack_one "$@"' bash "$2"
	)
	# What would be Debian's alternatives.
	ln -sf mawk "$2/usr/bin/awk"
	rm -f "$2/usr/bin/which"
}

# inside ROOT COMMAND...: in the root, with all else of this system (its /tmp,
# /home, /var, ...) under the very same paths; the sources of modules, too.
inside() {
	local root=$1 map=()
	shift
	if [ -z "$root" ]; then
		"$@"
		return
	fi
	[ "$(id -u)" = 0 ] || map=(--map-root-user)
	# shellcheck disable=SC2016 # Expanded in there.
	unshare "${map[@]}" --mount --propagation private sh -euc '
		root=$1 here=$2
		shift 2
		show() { [ ! -d "$1" ] || { mkdir -p "$root$1" && mount --rbind "$1" "$root$1"; }; }
		for place in /*; do
			case $place in /usr | /bin | /sbin | /lib* | /etc | "/*") continue ;; esac
			if [ -L "$place" ]; then ln -sfn "$(readlink "$place")" "$root$place"; else show "$place"; fi
		done
		# Not /usr/src as a whole: the library source of rustc is there, too.
		for place in /usr/src/* /usr/lib/modules; do show "$place"; done
		exec chroot "$root" /bin/sh -c '\''cd "$1" && shift && exec "$@"'\'' sh "$here" "$@"
	' sh "$root" "$PWD" env -u LD_LIBRARY_PATH PATH=/usr/sbin:/usr/bin HOME="${HOME:-/}" LC_ALL=C "$@"
}

# can_go_inside: whether this user may have a mount namespace.
can_go_inside() {
	[ -z "$root" ] || inside "$root" true 2>/dev/null ||
		die "cannot enter the private root $root" \
			"Either run as root, or allow user namespaces (sysctl user.max_user_namespaces)," \
			"or install the kernel's compilers here: $cc_text; $rustc_text; $bindgen_text."
}
