#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Sees to it that the debug kernel and the checks at the end of every run would
# catch something: each planted fault has to spoil its run, for the right reason.

# shellcheck source=qemu/lib.sh
. "$(dirname "$0")/lib.sh"

caught=0
missed=0

# plant WHAT WORDS: the run has to fail, and to say WORDS.
plant() {
	local output=$LOGS/planted-$1.log status=0
	PLANTED=$1 "$ROOT/qemu/guest.sh" planted >"$output" 2>&1 || status=$?
	if ((status != 0)) && grep -q "$2" "$output"; then
		echo "planted $1 ... caught"
		caught=$((caught + 1))
	else
		echo "planted $1 ... MISSED (status $status, see $output)"
		missed=$((missed + 1))
	fi
}

debug() { [ "${KERNEL_CONFIG:-minimal}" = debug ]; }

# A debug kernel has kmemleak for it.
debug || plant left-behind 'left behind by a module that is gone'
plant reference 'unload the module'
plant unseen-end '1 devices are away, 0 are listed so'
# What only a debug kernel sees.
! debug || plant leak 'kmemleak: .*unreferenced object'
! debug || plant use-after-free 'KASAN: .*use-after-free'
! debug || plant lock-inversion 'possible circular locking dependency'
echo "planted: $caught caught, $missed missed"
((missed == 0))
