#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Makes the guest's initramfs: initramfs.sh OUTPUT MODULE [TEST-PROGRAM...]
# A test program may be given as NAME=PATH. GUEST_COMMANDS are those of our programs that are to
# be commands there. Quick when nothing has changed.

# shellcheck source=qemu/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=qemu/toolchain.sh
. "$ROOT/qemu/toolchain.sh"
# shellcheck source=qemu/libraries.sh
. "$ROOT/qemu/libraries.sh"

# The host's own programs, or for another architecture those of its very release: busybox's ip, unshare and the like lack what the
# tests need. And busybox prefers its own applets to PATH when it starts a
# program, so nothing that starts programs may be busybox: not the shell, nor
# timeout and its kind.
readonly PROGRAMS="wg ip bridge tc devlink rdma ss ping ethtool unshare nsenter setpriv lsns
	bash timeout env xargs setsid nohup nice flock modinfo"
readonly NO_APPLETS=" $PROGRAMS sh ash ipaddr iplink iproute iprule iptunnel ipneigh ping6 "

# Before the paths of files that come from Debian: nothing, if they are the host's own.
SYSROOT=''
! is_cross || SYSROOT=$(sysroot)
readonly SYSROOT

# find_program NAME: also where a plain user's PATH does not look.
find_program() {
	local path=$PATH:/usr/sbin:/sbin
	! is_cross || path=$SYSROOT/usr/bin:$SYSROOT/bin:$SYSROOT/usr/sbin:$SYSROOT/sbin
	PATH=$path command -v "$1"
}

# put FILE TARGET: copy into the tree; symlinks are followed.
put() {
	mkdir -p "$tree/$(dirname "$2")"
	cp --dereference --preserve=mode "$1" "$tree/$2"
}

# put_lean FILE TARGET: without the debug information, which is most of its size; the names for
# backtraces stay.
put_lean() {
	put "$1" "$2"
	"$(binutil strip)" --strip-debug "$tree/$2"
}

# put_program FILE TARGET: a program, and the libraries that it is linked to,
# under the very paths that the loader looks for.
put_program() {
	local library
	put "$1" "$2"
	while read -r library; do
		[ -e "$tree$library" ] || put "$SYSROOT$library" "$library"
	done < <(if is_cross; then libraries_below "$SYSROOT" "$1"; else libraries_here "$1"; fi)
}

put_busybox() {
	local busybox applet
	busybox=$(find_program busybox) || die "no busybox"
	# A dynamic one would work as well, and busybox-static is what deps.sh installs.
	put_program "$busybox" /bin/busybox
	# Of another architecture it cannot be run: the host's is the same.
	! is_cross || busybox=busybox
	for applet in $("$busybox" --list); do
		case ${NO_APPLETS//[[:space:]]/ } in *" $applet "*) continue ;; esac
		case $applet in busybox | */* | "[" | "[[") continue ;; esac
		ln -s busybox "$tree/bin/$applet"
	done
}

put_programs() {
	local name path
	for name in $PROGRAMS; do
		path=$(find_program "$name") || die "no $name: run 'make deps'"
		put_program "$path" "/usr/bin/$name"
	done
	ln -s /usr/bin/bash "$tree/bin/sh"
}

# put_iproute2: other versions of it, beside the host's.
put_iproute2() {
	mkdir "$tree/iproute2"
	"$ROOT/qemu/iproute2.sh" where | xargs -r cp -r -t "$tree/iproute2"
}

# put_etc: the little that programs expect.
put_etc() {
	mkdir -p "$tree/etc"
	echo 'root:x:0:0:root:/root:/bin/sh' >"$tree/etc/passwd"
	echo 'nobody:x:65534:65534:nobody:/:/bin/false' >>"$tree/etc/passwd"
	printf 'root:x:0:\nnogroup:x:65534:\n' >"$tree/etc/group"
	printf '127.0.0.1 localhost homeward-guest\n::1 localhost\n' >"$tree/etc/hosts"
	printf 'passwd: files\ngroup: files\nhosts: files\n' >"$tree/etc/nsswitch.conf"
	echo '# Nothing to ask here.' >"$tree/etc/resolv.conf"
	cp "$ROOT/qemu/profile" "$tree/etc/profile"
}

# put_ynl SOURCE: the kernel's own client for netlink specifications, with the
# Python that it takes, and our specification.
put_ynl() {
	local ynl=$1/tools/net/ynl/pyynl file
	[ -d "$ynl" ] || die "no tools/net/ynl in $1: the tests need the kernel's YNL client"
	put_program "$SYSROOT/usr/bin/python3" /usr/bin/python3
	while read -r file; do
		# The host's Python is the same; what is compiled has the architecture in its name. The host
		# may have more packages, which Python loads whenever it starts.
		file=${file//$OWN_TRIPLET/$TRIPLET}
		if [ -e "$SYSROOT$file" ]; then put_program "$SYSROOT$file" "$file"; else put "$file" "$file"; fi
	done < <(/usr/bin/python3 "$ROOT/qemu/python-files.py" "$ynl")
	mkdir -p "$tree/ynl"
	cp -r "$ynl" "$tree/ynl/pyynl"
	# In the guest that would take many seconds.
	/usr/bin/python3 -m compileall -q -s "$tree" -p / --invalidation-mode unchecked-hash \
		"$tree/usr/lib" "$tree/ynl"
	put "$1/Documentation/netlink/genetlink.yaml" /ynl/genetlink.yaml
	put "$ROOT/module/homeward.yaml" /ynl/specs/homeward.yaml
	for file in rt-link ethtool netdev net_shaper; do
		put "$1/Documentation/netlink/specs/$file.yaml" "/ynl/specs/$file.yaml"
	done
}

put_homeward() {
	local target name
	target=$(programs_directory)
	put_program "$target/homeward-init" /init
	for name in $GUEST_COMMANDS; do put_program "$target/$name" "/usr/bin/$name"; done
	put "$ROOT/qemu/demo.sh" /demo.sh
	put "$ROOT/qemu/tour.sh" /tour.sh
	put "$ROOT/qemu/selftests-guest.sh" /selftests.sh
	put_lean "$1" /homeward.ko
	local module
	for module in "$(dirname "$1")"/tests/*.ko; do
		[ ! -f "$module" ] || put_lean "$module" "/$(basename "$module")"
	done
}

# put_stock DIRECTORY: a stock kernel's own modules, its configuration where
# Debian has it, and netdevsim, built for it in DIRECTORY.
put_stock() {
	local module release
	[ -n "${KERNEL_MODULES:-}" ] || return 0
	for module in "$KERNEL_MODULES"/*.ko; do put "$module" "/modules/$(basename "$module")"; done
	release=$(cat "$KERNEL_MODULES/../release")
	put "$KERNEL_MODULES/../config" "/lib/modules/$release/config"
	module=$1/netdevsim/netdevsim.ko
	[ ! -f "$module" ] || put "$module" /netdevsim.ko
	for module in "$1"/rust-modules/*/*.ko; do
		[ ! -f "$module" ] || put_lean "$module" "/rust-modules/$(basename "$module")"
	done
}

# put_tests [NAME=]PATH...
put_tests() {
	local test name path
	mkdir -p "$tree/tests"
	for test; do
		path=${test#*=}
		name=${test%%=*}
		[ "$name" != "$test" ] || name=$(basename "$path")
		put_program "$path" "/tests/$name"
	done
}

# pack: not compressed. Reading it costs nothing, as QEMU hands over memory;
# unpacking would cost an emulated processor a second.
pack() {
	(cd "$tree" && find . -print0 |
		cpio --null --create --format=newc --owner=+0:+0 --quiet) >"$1"
}

# inputs FILE...: what the result is made of, and when that was changed.
inputs() {
	local file name
	for name in $PROGRAMS busybox; do find_program "$name" || true; done |
		xargs stat --dereference --format '%n %s %Y'
	for file in "$@" "$(dirname "$1")"/{tests,netdevsim,rust-modules/*}/*.ko "${KERNEL_MODULES:-}"/*.ko; do
		[ ! -f "${file#*=}" ] || stat --format '%n %s %y' "${file#*=}"
	done
	"$ROOT/qemu/iproute2.sh" where | xargs --no-run-if-empty -I {} stat --format '%n %s %y' {}/ip
	for name in homeward-init $GUEST_COMMANDS; do stat --format '%n %s %y' "$(programs_directory)/$name"; done
	stat --format '%n %s %y' "$ROOT"/qemu/{demo.sh,tour.sh,selftests-guest.sh,profile,initramfs.sh,libraries.sh,python-files.py} \
		"$ROOT/module/homeward.yaml"
}

main() {
	local output=$1 module=$2 now
	shift 2
	now=$(inputs "$module" "$@")
	if [ -f "$output" ] && [ "$now" = "$(cat "$output.inputs" 2>/dev/null)" ]; then return; fi
	mkdir -p "$(dirname "$output")"
	tree=$(mktemp -d)
	# It becomes /, where ordinary users have to get through.
	chmod 755 "$tree"
	# shellcheck disable=SC2064 # The directory of now.
	trap "rm -rf '$tree'" EXIT
	mkdir -p "$tree"/{proc,sys,dev,run,tmp,root,bin,sbin,usr/bin,etc}
	put_busybox
	put_programs
	put_iproute2
	put_etc
	put_homeward "$module"
	put_stock "$(dirname "$module")"
	put_tests "$@"
	[ $# = 0 ] || put_ynl "$YNL_SOURCE"
	rm -f "$output.inputs"
	pack "$output.$$"
	mv "$output.$$" "$output"
	echo "$now" >"$output.inputs"
}

main "$@"
