#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Starts the guest: guest.sh demo|tour|shell|stress|fuzz|bench|selftests|planted|test [TEST-PROGRAM...]
# Everything that it needs has been built before. PREPARE=1: only its initramfs.

# shellcheck source=qemu/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=qemu/kernel-tree.sh
. "$ROOT/qemu/kernel-tree.sh"

debug() { [ "${KERNEL_CONFIG:-minimal}" = debug ]; }

test_limit() {
	local seconds=1200
	if debug; then seconds=4800; elif is_cross; then seconds=3600; fi
	[ -z "${LONG:-}" ] || ((seconds *= 3))
	echo "$seconds"
}

# Seconds for the whole guest, including a slow host and a kernel that looks
# for faults at every step.
limit_of() {
	case $1 in
	fuzz | selftests) echo 3900 ;;
	stress) echo $((MINUTES * 60 + 600)) ;;
	# The whole one: above the limit of init, so that it ends by itself.
	bench) if [ -n "${QUICK:-}" ]; then echo 1200; else echo 10800; fi ;;
	test) test_limit ;;
	*) echo 180 ;;
	esac
}

# MiB for the guest: what checks memory needs a lot of it, and on a stock kernel
# many more modules have something in each network namespace. Ten thousand of
# them, with as many processes as the benchmark has, need more yet.
memory() {
	if [ "$1" = bench ]; then
		if [ -n "${QUICK:-}" ]; then echo 2048; else echo 6144; fi
	elif debug; then
		echo 4096
	elif [ "${KERNEL:-}" = stock ]; then
		echo 2048
	else
		echo 1024
	fi
}

# tracked_memory MODE: the caches of whose memory the kernel is to remember who asked for
# it, to know whose is left in the end (init/src/slabs.rs). The debug kernel does so
# anyway. It takes time and memory, so not where these are measured. And a sixth of
# the tests' time: on a stock kernel, where all of it is like on ours, one of the
# guests that share them does it, and not for what is accounted to a cgroup
# (kmalloc-cg-*), which is half of what all ask for and next to nothing of the module's.
tracked_memory() {
	if debug || [ "$1" = bench ]; then return; fi
	case ${KERNEL:-},${SHARE:-1/1} in
	stock,1/*) printf ',kmalloc-%d*' {1..9} ;;
	stock,*) ;;
	*) printf ',kmalloc-*' ;;
	esac
}

main() {
	local mode=$1 console=$LOGS/console-$1-$$.log tree directory caches arguments=() words=()
	shift
	tree=$(kernel_tree) || die "no kernel yet: run 'make kernel'"
	directory=$(module_directory "$tree")
	mkdir -p "$LOGS"
	# A log for each run, as another may be under way; and a name to remember.
	find "$LOGS" -name 'console-*' -mtime +7 -delete
	[ "$mode" = shell ] || ln -sf "$(basename "$console")" "$LOGS/console-$mode.log"
	# The YNL client comes with the kernel's source.
	YNL_SOURCE=$(kernel_source_of "$tree")
	# A stock kernel has as modules what ours have built in.
	KERNEL_MODULES=$(kernel_modules "$tree")
	export YNL_SOURCE KERNEL_MODULES
	# The demo is of the module alone: the command takes longer to compile than all the rest.
	case $mode in
	demo) GUEST_COMMANDS='' ;;
	stress | fuzz | bench) GUEST_COMMANDS="homeward homeward-$mode" ;;
	*) GUEST_COMMANDS="homeward homeward-screen" ;;
	esac
	export GUEST_COMMANDS
	flock "$directory/.initramfs.lock" \
		"$ROOT/qemu/initramfs.sh" "$directory/initramfs-$mode" "$directory/homeward.ko" "$@"
	[ -z "${PREPARE:-}" ] || return 0
	caches=$(tracked_memory "$mode")
	[ -z "$caches" ] || words+=("slab_debug=U$caches")
	[ "$mode" != bench ] || words+=(${QUICK:+homeward.quick=1} ${ONLY:+"homeward.only=$ONLY"}
		${SIZES:+"homeward.sizes=$SIZES"} ${REPEAT:+"homeward.repeat=$REPEAT"})
	[ "$mode" != test ] || arguments=(--summary "$directory/summary${SHARE:+-${SHARE%/*}}")
	[ -z "${SHARE:-}" ] || words+=("homeward.share=$SHARE")
	[ -z "${FILTER:-}" ] || words+=("homeward.filter=$FILTER")
	[ "$mode" != selftests ] || words+=("homeward.selftests=$YNL_SOURCE/tools/testing/selftests"
		"homeward.programs=$(selftest_programs "$tree")")
	[ "$mode" != stress ] || words+=("homeward.seconds=$((MINUTES * 60))")
	# Under a debug kernel time is over first.
	! { [ "$mode" = fuzz ] && debug; } || words+=("homeward.seconds=$((MINUTES * 60))")
	[ "$mode" != fuzz ] || words+=("homeward.messages=$MESSAGES"
		"homeward.points=$(coverage_points "$directory/homeward.ko" | wc -l)" ${KEEP:+"homeward.keep=$KEEP"})
	! is_cross || words+=("homeward.patience=3")
	[ -z "${LONG:-}" ] || words+=("homeward.long=1")
	[ -z "${FAULTS:-}" ] || words+=("homeward.faults=1")
	[ -z "${SEED:-}" ] || words+=("homeward.seed=$SEED")
	[ -z "${PLANTED:-}" ] || words+=("homeward.planted=$PLANTED")
	exec "$(runner)" --mode "$mode" --arch "$GUEST_ARCH" \
		--kernel "$(kernel_image "$tree")" --initrd "$directory/initramfs-$mode" \
		--accel "${ACCEL:-auto}" ${CPUS:+--cpus "$CPUS"} --mem "$(memory "$mode")" --cache "$CACHE" --timeout "$(limit_of "$mode")" \
		--console-log "$console" "${arguments[@]}" -- "${words[@]}"
}

main "$@"
