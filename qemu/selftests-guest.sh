#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs in the guest: selftests-guest.sh SELFTESTS PROGRAMS [FILTER]. The kernel's
# own selftests that have to do with network namespaces, each without and then
# with the module. Both have to end the same way; if they do not, then in two
# more tries, one after the other. FILTER is a part of the names of those to run.

export PATH=/usr/bin:/bin:/sbin

SELFTESTS=$1
PROGRAMS=$2
FILTER=${3:-}
NEW=/world
LIMIT=600

# The scripts, and what they are started by.
SCRIPTS="net/netns-name.sh net/altnames.sh net/netns-sysctl.sh net/rtnetlink.sh
	net/link_netns.py net/nl_nlctrl.py drivers/net/netdevsim/devlink_in_netns.sh
	wireguard/netns.sh"

# The host's files, to be changed as one likes: nothing of it reaches the host.
enter_world() {
	mkdir -p /host /changes $NEW
	mount -t 9p -o ro,trans=virtio,version=9p2000.L,cache=loose,msize=262144 host /host &&
		mount -t tmpfs changes /changes &&
		mkdir /changes/upper /changes/work &&
		mount -t overlay -o lowerdir=/host,upperdir=/changes/upper,workdir=/changes/work \
			overlay $NEW &&
		mount --rbind /proc $NEW/proc && mount --rbind /sys $NEW/sys &&
		mount --rbind /dev $NEW/dev && mount -t tmpfs run $NEW/run &&
		mount -t tmpfs tmp $NEW/tmp &&
		# As udev has it; <(...) of bash takes it.
		ln -s /proc/self/fd $NEW/dev/fd
}

rtnetlink_tests() {
	sed -n '/^ALL_TESTS="/,/^"/p' "$NEW$SELFTESTS/net/rtnetlink.sh" | grep -o 'kci_[a-z0-9_]*' |
		grep -vx kci_test_tc | tr '\n' ' '
}

# named: what the last test says that did not pass, by name; a script that ends at
# the first failure says what it did last, before it takes down what it has made.
named() {
	sed -n 's/^ *\(not ok [0-9]* .*\)/\1/p' /tmp/out | sed 's/ *#.*//'
	sed -n 's/^ *\(FAIL: .*\)/\1/p' /tmp/out
	[ "$status" = 0 ] || tr -d '\033' </tmp/out | sed -n 's/^\[32m\[1m\[+\] \(.*\)\[0m$/\1/p' |
		sed '/^NS0: ip link del dev wg0$/,$d' | sed 's/[0-9][0-9]*/N/g; $!d; s/^/stopped after /' |
		cut -d ' ' -f 1-6
}

# one TEST: prints how it ended, in one word, and what did not pass.
one() {
	case $1 in
	# Without its 2000 runs of tc, which take half the time of all selftests.
	net/rtnetlink.sh) set -- "$1" "cd $SELFTESTS/net && bash ./rtnetlink.sh -t '$(rtnetlink_tests)'" ;;
	*.sh) set -- "$1" "cd $SELFTESTS/$(dirname "$1") && bash ./$(basename "$1")" ;;
	*.py) set -- "$1" "cd $SELFTESTS/$(dirname "$1") && python3 ./$(basename "$1")" ;;
	*) set -- "$1" "cd /tmp && $PROGRAMS/$1" ;;
	esac
	timeout $LIMIT chroot $NEW /bin/sh -c "export PATH=/usr/sbin:/usr/bin:/sbin:/bin; $2" \
		>"/tmp/out" 2>&1 </dev/null
	status=$?
	bad=$(named | sort -u | tr '\n' ';')
	case $status in
	0) echo "ok $bad" ;;
	4) echo "skip $bad" ;;
	124) echo "timeout $bad" ;;
	*) echo "fail($status) $bad" ;;
	esac
}

# Each on a line of its own: how a test ended, and what of it did not pass.
lines() { printf '%s\n' "${1%% *}" && echo "${1#* }" | tr ';' '\n'; }

# alone TEST: sets without, and keeps what came of it.
alone() {
	without=$(one "$1")
	lines "$without" >>/tmp/without
}

# no_worse: whether nothing came of the module that has not been seen without.
no_worse() {
	lines "$with" | grep -vxF -e ok -f /tmp/without >/tmp/worse
	[ ! -s /tmp/worse ]
}

# With the wrong one of both, nothing would be compared.
load() { insmod /homeward.ko || { echo "selftests: the module cannot be loaded" && exit 1; }; }
unload() { rmmod homeward || { echo "selftests: $1 leaves the module in use" && exit 1; }; }

# both TEST: sets without and with; 1 if something is worse with the module.
both() {
	alone "$1"
	load
	with=$(one "$1")
	unload "$1"
	no_worse || { echo "$1: '$without' without, '$with' with the module" && return 1; }
}

# compare TEST: sets without and with, and says if something is worse with the
# module. Some of them race with themselves, and on a busy host each time
# otherwise: what may come of them without is found out first. What comes of the
# module may be a race, too: so it has to be no worse twice then.
compare() {
	: >/tmp/without
	both "$1" && return
	for _ in 1 2 3; do alone "$1"; done
	both "$1" && both "$1"
}

word() { echo "${1%% *}"; }

# why: the lines of the last test's output that say what it was about; if none
# does, its last ones.
why() {
	grep -iE '^not ok|^# not ok|skip|not found|error|fail|cannot|unable|unknown' /tmp/out |
		grep -vE '^# (PASSED|Totals)' | tail -4 >/tmp/why
	[ -s /tmp/why ] || tail -4 /tmp/out >/tmp/why
	cut -c1-110 /tmp/why | sed 's/^/    /'
}

enter_world || { echo "selftests: the host's files cannot be mounted"; exit 1; }
good=0
bad=0
passing=0
BINARIES=
printf '%-45s %-12s %-12s %5s\n' 'test' without with both
for file in "$NEW$PROGRAMS"/*; do
	[ -d "$file" ] || BINARIES="$BINARIES $(basename "$file")"
done
for test in $SCRIPTS $BINARIES; do
	case $test in *"$FILTER"*) ;; *) continue ;; esac
	start=$(cut -d. -f1 /proc/uptime)
	mark=
	if compare "$test"; then good=$((good + 1)); else
		bad=$((bad + 1))
		mark=WORSE
	fi
	seconds=$(($(cut -d. -f1 /proc/uptime) - start))
	printf '%-45s %-12s %-12s %3s s %s\n' "$test" "$(word "$without")" "$(word "$with")" $seconds "$mark"
	[ -z "$mark" ] || tail -20 /tmp/out
	if [ "$(word "$with")" = ok ]; then passing=$((passing + 1)); else why; fi
done
echo "selftests: $passing of $((good + bad)) pass with the module; $good are no worse with it than without, $bad are"
[ $bad -eq 0 ] && [ $good -gt 0 ]
