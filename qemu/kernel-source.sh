# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A kernel source tree from Debian's archive, without touching the host's apt:
# with sources, package lists and downloads of its own, in the cache.
# Source it after lib.sh.

# Ours, and the oldest that the module knows.
readonly KERNEL_OWN=7.3
readonly KERNEL_OLDEST=7.2
# What deps.sh found out: `stock`, or our own where no stock kernel can be had.
readonly KERNEL_CHOICE=$CACHE/kernel-choice

# wants_own: whether something else than KERNEL says that it is not to be a stock kernel.
wants_own() { [ -n "${KDIR:-}${KERNEL_SRC:-}" ] || [ "${KERNEL_CONFIG:-minimal}" != minimal ]; }

# kernel_by_default: what an empty KERNEL stands for: a stock kernel, which nobody has to
# compile, where one can be had.
kernel_by_default() {
	if wants_own; then echo "$KERNEL_OWN"; else cat "$KERNEL_CHOICE" 2>/dev/null || echo stock; fi
}
readonly SOURCE_SUITES="trixie-backports forky sid"
readonly SOURCES=$CACHE/source
readonly APT=$CACHE/apt
readonly KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# shellcheck disable=SC2034 # For deps.sh.
readonly KERNEL_ASKED=${KERNEL:-}
KERNEL=${KERNEL:-$(kernel_by_default)}

# shellcheck source=qemu/kernel-patches.sh
. "$ROOT/qemu/kernel-patches.sh"

# chosen_file: remembers which source package stands for KERNEL. Backports
# move on; a build that works goes on working until UPDATE=1 looks again.
chosen_file() { echo "$SOURCES/chosen-$(wanted_version)"; }

# chosen: that package, empty when it is not known yet.
chosen() { cat "$(chosen_file)" 2>/dev/null || true; }

# source_id: what identifies the source, empty when it is not known yet.
source_id() {
	if [ -n "${KERNEL_SRC:-}" ]; then
		echo "tree $KERNEL_SRC $(head -n 6 "$KERNEL_SRC/Makefile")"
		git -C "$KERNEL_SRC" rev-parse HEAD 2>/dev/null || true
	elif wants_patched && [ -n "$(chosen)" ]; then
		patched_id "$(chosen)"
	else
		chosen
	fi
}

# source_tree: where the source is.
source_tree() {
	if [ -n "${KERNEL_SRC:-}" ]; then
		(cd "$KERNEL_SRC" && pwd)
	else
		echo "$SOURCES/$(source_id)"
	fi
}

# debian_mirror: where the host gets Debian itself from (not its security
# suite, and nobody else's packages).
debian_mirror() {
	# shellcheck disable=SC2016 # The dollars are apt's.
	apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(CODENAME)|$(REPO_URI)' |
		awk -F'|' '$1 == "Debian" && $2 == "Debian" { print $4 }' | sort | uniq -c | sort -rn |
		awk 'NR == 1 { print $2 }'
}

# private_apt SUITE MIRROR: write the configuration for one suite, which may be that of
# another architecture: sid:arm64.
private_apt() {
	printf 'deb [signed-by=%s] %s %s main\n' "$KEYRING" "$2" "${1%:*}" |
		private_apt_at "$APT/$1" "$(sed -n 's/.*://p' <<<"$1")"
}

# private_apt_at PLACE [ARCH]: a configuration for the sources on stdin. It is read
# after the host's own (for its proxy, say), whose hooks are not for us, nor are its
# packages, of which it may have newer ones, and what it has pinned.
private_apt_at() {
	mkdir -p "$1/lists/partial" "$1/cache/archives/partial"
	cat >"$1/sources.list"
	cat >"$1/apt.conf" <<-END
		Dir::Etc::sourcelist "$1/sources.list";
		Dir::Etc::sourceparts "-";
		Dir::Etc::preferences "/dev/null";
		Dir::Etc::preferencesparts "/dev/null";
		Dir::State::lists "$1/lists";
		Dir::State::status "/dev/null";
		Dir::Cache "$1/cache";
		APT::Sandbox::User "root";
		#clear APT::Update::Pre-Invoke;
		#clear APT::Update::Post-Invoke;
		#clear APT::Update::Post-Invoke-Success;
		Acquire::Languages "none";
		Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
		Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
	END
	[ -n "${2:-}" ] || return 0
	cat >>"$1/apt.conf" <<-END
		#clear APT::Architectures;
		APT::Architectures { "$2"; };
		APT::Architecture "$2";
	END
}

# apt_of SUITE TOOL ARGS...: apt-get or apt-cache on that suite alone.
apt_of() {
	local suite=$1 tool=$2
	shift 2
	"$tool" -c "$APT/$suite/apt.conf" "$@"
}

# offers SUITE: the kernel versions that SUITE has, newest first.
offers() {
	apt_of "$1" apt-cache pkgnames linux-source- |
		sed -n 's/^linux-source-\([0-9]*\.[0-9]*\)$/\1/p' | sort -rV
}

# newest_supported LIST: the first of LIST (newest first) if it is new enough.
newest_supported() {
	local newest
	newest=$(head -n 1 <<<"$1")
	[ -n "$newest" ] || return 1
	[ "$(printf '%s\n' "$newest" "$KERNEL_OLDEST" | sort -V | head -n 1)" = "$KERNEL_OLDEST" ] &&
		echo "$newest"
}

# find_suite: prints "SUITE VERSION": the wanted version from the first suite
# that has it, else the newest supported one of all.
find_suite() {
	local version mirror suite list newest best=
	version=$(wanted_version)
	mirror=$(debian_mirror)
	[ -n "$mirror" ] || die "apt knows no Debian mirror; give a kernel source tree as KERNEL_SRC="
	for suite in $SOURCE_SUITES; do
		private_apt "$suite" "$mirror"
		step "Looking for linux-source-$version in $suite" "apt-$suite" \
			apt_of "$suite" apt-get update || continue
		list=$(offers "$suite")
		if grep -qxF "$version" <<<"$list"; then
			echo "$suite $version"
			return
		fi
		newest=$(newest_supported "$list") || continue
		best=$(printf '%s\n' "$best" "$newest $suite" | sort -rV | head -n 1)
	done
	[ -n "$best" ] || die "found no kernel source of $KERNEL_OLDEST or newer; give one as KERNEL_SRC="
	say "linux-source-$version is not there (any more): taking ${best% *} from ${best#* }."
	echo "${best#* } ${best% *}"
}

# unpack DOWNLOADS DIRECTORY: the tree inside the tarball inside the package.
# Package and tarball are not needed again.
unpack() {
	dpkg-deb --fsys-tarfile "$1"/*.deb |
		tar -x -C "$1" --wildcards './usr/src/linux-source-*.tar.*'
	tar -x -f "$1"/usr/src/linux-source-*.tar.* -C "$2" --strip-components=1
	rm -rf "$1"
}

# fetch_source: make sure that source_tree exists. The caller holds the lock.
fetch_source() {
	if [ -n "${KERNEL_SRC:-}" ]; then
		[ -f "$KERNEL_SRC/rust/Makefile" ] || die "$KERNEL_SRC is not a kernel source tree"
		return
	fi
	fetch_package
	! wants_patched || patch_source "$(chosen)"
}

# fetch_package: make sure that the source is there as it is in Debian.
fetch_package() {
	local suite version package aside
	if [ -z "${UPDATE:-}" ] && [ -n "$(chosen)" ] && [ -d "$SOURCES/$(chosen)" ]; then return; fi
	have apt-get || die "this system has no apt; give a kernel source tree as KERNEL_SRC="
	read -r suite version < <(find_suite)
	[ -n "${version:-}" ] || exit 1
	package=linux-source-$version
	version=$(apt_of "$suite" apt-cache show --no-all-versions "$package" | sed -n 's/^Version: //p')
	mkdir -p "$SOURCES"
	rm -rf "$SOURCES"/.new-*
	if [ ! -d "$SOURCES/${package}_$version" ]; then
		aside=$SOURCES/.new-$$
		mkdir -p "$aside/tree" "$aside/deb"
		step "Downloading $package $version from $suite" kernel-download \
			download "$aside/deb" "$suite" "$package"
		step "Unpacking $package" kernel-unpack unpack "$aside/deb" "$aside/tree"
		mv "$aside/tree" "$SOURCES/${package}_$version"
		rmdir "$aside"
	fi
	echo "${package}_$version" >"$SOURCES/.new-chosen"
	mv "$SOURCES/.new-chosen" "$(chosen_file)"
}

# download DIRECTORY SUITE PACKAGE
download() { (cd "$1" && apt_of "$2" apt-get download "$3"); }
