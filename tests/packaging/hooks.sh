#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Tests of what the packages run by themselves: hooks of kernels, maintainer scripts and
# units. Without root's rights: copies of them work on a system of files in a directory, with
# programs that are not real. Ends with cargo's kind of line.
#
# shellcheck disable=SC2317 # The tests are called by their names.

set -euo pipefail

# shellcheck disable=SC2155 # cd cannot fail here.
readonly HERE=$(cd "$(dirname "$0")/../.." && pwd)
readonly RELEASE=7.3-amd64 VERSION=1.2.3
# shellcheck source=tests/packaging/each.sh
. "$HERE/tests/packaging/each.sh"

# make_script NAME FILE: a copy whose files are those of the system in here.
make_script() {
	sed -E "s~([\t =\"'(>|#]|^)/(etc|lib|sys|usr/src|usr/libexec|var|run)/~\1$work/\2/~g; s/#ENV.VERSION#/$VERSION/" "$2" >"$work/$1"
	chmod +x "$work/$1"
}

# make_program NAME: what it is called with is in the file `called`; the rest is on stdin.
make_program() {
	{
		printf '#!/bin/sh\nwork=%s\n' "$work"
		# shellcheck disable=SC2016 # Expanded in there.
		echo 'echo "${0##*/} $*" >>"$work/called"'
		cat
	} >"$work/bin/$1"
	chmod +x "$work/bin/$1"
}

# make_dkms: what of it is asked for. What it builds says for which kernel, the fault is in `fault`.
# shellcheck disable=SC2016 # Expanded in there.
make_dkms() {
	make_program dkms <<-'END'
		verb=$1 version='' release=''
		while [ $# != 0 ]; do
			case $1 in -v) version=$2 ;; -k) release=$2 ;; esac
			shift
		done
		tree=$work/var/lib/dkms/homeward
		built=$tree/$version/$release
		there=$work/lib/modules/$release/updates/dkms/homeward.ko
		case $verb in
		status)
			for built in "$tree/$version"/${release:-*}; do
				[ ! -f "$built/module" ] || echo "homeward/$version, ${built##*/}, x86_64: installed"
			done
			;;
		build)
			[ ! -f "$work/log" ] || { mkdir -p "$tree/$version/build" && cp "$work/log" "$tree/$version/build/make.log"; }
			[ ! -s "$work/fault" ] || exit "$(cat "$work/fault")"
			[ ! -d "$built" ] || exit 0
			mkdir -p "$built"
			cat "$work/kernel" >"$built/module"
			;;
		install) mkdir -p "${there%/*}" && cp "$built/module" "$there" ;;
		unbuild) rm -r "$built" "$there" ;;
		esac
	END
}

make_system() {
	mkdir -p "$work/bin" "$work/usr/src/homeward-$VERSION" "$work/lib/modules/$RELEASE/build/include" \
		"$work/var/lib/dkms/homeward/$VERSION" "$work/etc" "$work/sys/module" "$work/run"
	touch "$work/usr/src/homeward-$VERSION/dkms.conf" "$work/called"
	make_dkms
	make_script build-for "$HERE/packaging/debian/build-for"
	# The packages of dpkg-query, as its lines are asked for.
	make_program dpkg-query <<-'END'
		for package; do sed -n "s/^$package //p" "$work/packages"; done
	END
	export PATH=$work/bin:$PATH
	make_kernel 7.3~rc7-1
}

# make_kernel VERSION [STATUS]: that of the release is of this version.
make_kernel() {
	echo "$1" >"$work/kernel"
	printf 'linux-headers-%s %s %s\n' "$RELEASE" "${2:-installed}" "$1" "$RELEASE" "${2:-installed}" "$1" >"$work/packages"
	sed -i '2s/headers/image/' "$work/packages"
}

# module [VERSION]: that was built for it, and no other.
module() {
	local file=$work/lib/modules/$RELEASE/updates/dkms/homeward.ko
	[ "$(cat "$file" 2>/dev/null)" = "${1:-}" ] || { echo "is for '$(cat "$file")', not '${1:-}'" && cat "$work/err" "$work/called" && return 1; }
}

# run SCRIPT ARGUMENT...: the status in `status`, all that it says in `err`; called begins anew.
run() {
	status=0
	: >"$work/called"
	"$work/$1" "${@:2}" >"$work/err" 2>&1 || status=$?
}

said() { grep -qF -- "$1" "$work/err" || { echo "did not say: $1" && cat "$work/err" && return 1; }; }
unsaid() { ! grep -F -- "$1" "$work/err"; }
unasked() { ! grep -- "$1" "$work/called"; }
called() { grep -q -- "$1" "$work/called"; }

a_kernel_of_the_same_name_gets_a_module_of_its_own() {
	run build-for "$RELEASE"
	module 7.3~rc7-1
	# A second hook of the same installation builds nothing.
	run build-for "$RELEASE"
	unasked 'dkms build'
	make_kernel 7.3~rc8-1 half-configured
	run build-for "$RELEASE"
	module 7.3~rc8-1
	run build-for "$RELEASE"
	unasked 'dkms build'
	# What is removed and not purged yet has no files.
	echo "linux-binary-$RELEASE config-files 7.3~rc7-1" >>"$work/packages"
	run build-for "$RELEASE"
	unasked 'dkms build'
}

a_module_of_which_no_kernel_is_known_is_built_anew() {
	run build-for "$RELEASE"
	rm "$work/var/lib/dkms/homeward/$VERSION/.kernel-$RELEASE"
	echo 1 >"$work/fault"
	run build-for "$RELEASE"
	module 7.3~rc7-1
	rm "$work/fault"
	run build-for "$RELEASE"
	called 'dkms build'
	module 7.3~rc7-1
}

# It would be loaded into a kernel that it was not built for.
the_module_of_another_kernel_of_that_name_does_not_stay() {
	local old=$work/var/lib/dkms/homeward/1.2.2
	run build-for "$RELEASE"
	make_kernel 7.3~rc8-1
	for fault in 1 77; do
		echo "$fault" >"$work/fault"
		run build-for "$RELEASE"
		said "is taken away"
		module
		rm "$work/fault"
		run build-for "$RELEASE"
		module "$(cat "$work/kernel")"
		make_kernel "7.3~rc9-$fault"
	done
	# Nor that of an older version of ours, which is still there as the newer could not be built.
	mv "${old%/*}/$VERSION" "$old"
	mkdir "${old%/*}/$VERSION"
	make_kernel 7.3-1
	echo 1 >"$work/fault"
	run build-for "$RELEASE" --force
	((status == 1))
	module
}

what_cannot_be_built_anew_stays_for_its_kernel() {
	run build-for "$RELEASE"
	echo 1 >"$work/fault"
	run build-for "$RELEASE" --force
	((status == 1))
	said "stays that of the last sources"
	module 7.3~rc7-1
}

# make_maintained: a system on which maintainer scripts run; the module is not loaded.
make_maintained() {
	mkdir -p "$work/usr/libexec/homeward-dkms" "$work/run/systemd/system"
	mv "$work/build-for" "$work/usr/libexec/homeward-dkms"
	make_program forget-trees </dev/null
	mv "$work/bin/forget-trees" "$work/usr/libexec/homeward-dkms"
	make_program uname <<-END
		case \$1 in
		-r) echo $RELEASE ;;
		-v) echo "#1 SMP PREEMPT_DYNAMIC Debian \$(cat "\$work/running") (2026-11-30)" ;;
		esac
	END
	cp "$work/kernel" "$work/running"
	make_program deb-systemd-invoke </dev/null
	# Its "state save" knows nothing.
	make_program homeward </dev/null
	make_program rmmod </dev/null
	make_program ischroot <<-'END'
		[ -e "$work/chroot" ]
	END
	make_script postinst "$HERE/packaging/debian/homeward-dkms.postinst"
	make_script prerm "$HERE/packaging/debian/homeward-dkms.prerm"
}

a_module_for_the_next_boot_is_not_loaded_before() {
	make_maintained
	make_kernel 7.3~rc8-1
	run postinst configure
	((status == 0))
	said "is for the $RELEASE of version 7.3~rc8-1, and is loaded when that one is booted"
	module 7.3~rc8-1
	unasked deb-systemd-invoke
	cp "$work/kernel" "$work/running"
	run postinst configure
	called 'deb-systemd-invoke restart homeward.service'
}

a_module_that_could_not_be_built_is_built_at_the_next_boot() {
	make_maintained
	make_script build-late "$HERE/packaging/debian/build-late"
	make_program systemctl </dev/null
	echo 1 >"$work/fault"
	run build-late "$RELEASE"
	((status == 1))
	unasked systemctl
	# Not for this kernel.
	echo 77 >"$work/fault"
	run build-late "$RELEASE"
	((status == 0))
	unasked systemctl
	rm "$work/fault"
	run build-late "$RELEASE"
	module "$(cat "$work/kernel")"
	called 'systemctl start homeward.service'
}

in_a_chroot_the_module_of_the_host_is_left_alone() {
	make_maintained
	mkdir "$work/sys/module/homeward"
	echo 1.2.2 >"$work/sys/module/homeward/version"
	touch "$work/chroot"
	run postinst configure
	((status == 0))
	module "$(cat "$work/kernel")"
	run prerm remove
	((status == 0))
	unasked '^rmmod\|^homeward\|^deb-systemd-invoke'
	rm "$work/chroot"
	run postinst configure
	((status == 0))
	called 'homeward state reload'
	run prerm remove
	called 'rmmod homeward'
}

# make_reload STATUS [VERSION]: a reload ends so, with that module.
make_reload() {
	make_program homeward <<-END
		echo "${2:-1.2.2}" >"\$work/sys/module/homeward/version"
		exit $1
	END
}

a_module_that_was_replaced_is_not_for_the_next_boot_whatever_was_restored() {
	make_maintained
	mkdir "$work/sys/module/homeward"
	echo 1.2.2 >"$work/sys/module/homeward/version"
	make_reload 1
	run postinst configure
	((status == 0))
	said "the module of version $VERSION is there from the next boot on"
	unasked '^forget-trees'
	make_reload 6 "$VERSION"
	run postinst configure
	((status == 0))
	unsaid 'from the next boot on'
	called forget-trees
}

# make_tree RELEASE_VERSION [ROOT]: as rust-headers has them in DKMS's cache.
make_tree() {
	mkdir -p "$work/var/cache/rust-headers/tree/$1"
	[ -z "${2:-}" ] || mkdir -p "$work/var/cache/rust-headers/root/$2"
	printf 'release=x\nroot=%q\n' "${2:+$work/var/cache/rust-headers/root/$2}" >"$work/var/cache/rust-headers/tree/$1/rust-headers.env"
}

# trees: what is left, without its place.
trees() { (cd "$work/var/cache/rust-headers" && echo tree/* root/*); }

trees_and_roots_go_with_their_kernels() {
	make_script forget-trees "$HERE/packaging/debian/forget-trees"
	run forget-trees
	((status == 0))
	[ ! -e "$work/var/cache/rust-headers" ]
	# As the format of the script asks for them.
	make_program dpkg-query <<<"[ \"\${4:-}\" != linux-headers-$RELEASE ] || echo 7.3~rc8-1"
	make_tree "${RELEASE}_7.3~rc7-1" sid-gcc_1
	make_tree "${RELEASE}_7.3~rc8-1" 'sid-gcc_2~+x'
	make_tree 7.2-amd64_7.2-1 sid-gcc_3
	make_tree 7.1-amd64_7.1-1
	mkdir "$work/var/cache/rust-headers/root/sid-gcc_4"
	# Another run makes a tree, whose root no tree names.
	exec 8>"$work/var/cache/rust-headers/lock"
	flock 8
	run forget-trees
	((status == 0))
	[ -d "$work/var/cache/rust-headers/root/sid-gcc_4" ]
	exec 8>&-
	run forget-trees
	((status == 0))
	[ "$(trees)" = "tree/${RELEASE}_7.3~rc8-1 root/sid-gcc_2~+x" ] || { trees && return 1; }
}

what_was_made_goes_with_the_packages() {
	local metrics=$work/var/lib/prometheus/node-exporter cache=$work/var/cache/homeward
	make_script homeward-postrm "$HERE/packaging/debian/homeward.postrm"
	make_script postrm "$HERE/packaging/debian/rust-headers.postrm"
	mkdir -p "$metrics" "$cache/rust-headers/tree/x" "$work/var/lib/homeward"
	touch "$metrics/homeward.prom" "$metrics/other.prom"
	run homeward-postrm upgrade
	[ -f "$metrics/homeward.prom" ]
	run homeward-postrm remove
	[ "$(ls "$metrics")" = other.prom ]
	[ -d "$work/var/lib/homeward" ]
	touch "$metrics/homeward.prom"
	run homeward-postrm purge
	[ "$(ls "$metrics")" = other.prom ]
	[ ! -e "$work/var/lib/homeward" ]
	run postrm remove
	[ -d "$cache/rust-headers/tree/x" ]
	touch "$cache/other"
	run postrm purge
	((status == 0))
	[ "$(ls "$cache")" = other ]
	rm "$cache/other"
	run postrm purge
	[ ! -e "$cache" ]
}

what_the_module_of_the_host_would_start_is_not_started_in_a_container() {
	local file found
	found=$(grep -l '/sys/module/homeward' "$HERE"/packaging/debian/*.{service,udev})
	[ "$(wc -l <<<"$found")" = 4 ]
	for file in $found; do
		grep -q '^ConditionVirtualization=!container$\|^[^#].* TEST!="/run/systemd/container",' "$file" ||
			{ echo "may start in a container: $file" && return 1; }
	done
}

what_is_advised_is_a_line_to_be_typed() {
	echo 1 >"$work/fault"
	run build-for "$RELEASE"
	said "When that is put right: $work/usr/libexec/homeward-dkms/build-for $RELEASE"
	printf 'rust-headers: no suite has linux-source-7.3 7.3-1 (any more)\n    or name a mirror of that day by --mirror.\n' >"$work/log"
	run build-for "$RELEASE"
	said "no suite has linux-source-7.3 7.3-1 (any more)"
	said "rust-headers --cache $work/var/cache/rust-headers --mirror URI $RELEASE && $work/usr/libexec/homeward-dkms/build-for $RELEASE"
	# It is where DKMS has rust-headers make the tree.
	grep -q 'RUST_HEADERS_CACHE=/var/cache/rust-headers ' "$HERE/packaging/dkms.conf.in"
}

each_test hooks make_system
