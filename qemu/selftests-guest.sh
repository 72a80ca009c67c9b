#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs in the guest: selftests-guest.sh SELFTESTS PROGRAMS. The kernel's own
# selftests that have to do with network namespaces, each without and then with
# the module. Both have to end the same way; if they do not, then in two more
# tries, one after the other.

export PATH=/usr/bin:/bin:/sbin

SELFTESTS=$1
PROGRAMS=$2
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
		mount -t tmpfs tmp $NEW/tmp
}

rtnetlink_tests() {
	sed -n '/^ALL_TESTS="/,/^"/p' "$NEW$SELFTESTS/net/rtnetlink.sh" | grep -o 'kci_[a-z0-9_]*' |
		grep -vx kci_test_tc | tr '\n' ' '
}

# one TEST: prints how it ended, in one word.
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
	# Which of several, too: the ones that did not pass, by their names.
	bad=$(sed -n 's/^ *\(not ok [0-9]* .*\)/\1/p' /tmp/out | sed 's/ *#.*//' | sort | tr '\n' ';')
	case $status in
	0) echo "ok $bad" ;;
	4) echo "skip $bad" ;;
	124) echo "timeout $bad" ;;
	*) echo "fail($status) $bad" ;;
	esac
}

# both TEST: sets without and with; 1 if they are not the same.
both() {
	without=$(one "$1")
	insmod /homeward.ko
	with=$(one "$1")
	rmmod homeward
	[ "$without" = "$with" ] || { echo "$1: '$without' without, '$with' with the module" && return 1; }
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
different=0
same=0
passing=0
BINARIES=
printf '%-45s %-12s %-12s %5s\n' 'test' without with both
for file in "$NEW$PROGRAMS"/*; do
	[ -d "$file" ] || BINARIES="$BINARIES $(basename "$file")"
done
for test in $SCRIPTS $BINARIES; do
	start=$(cut -d. -f1 /proc/uptime)
	# Some of them race with themselves, with the module or without. What comes of
	# the module may be a race, too: so the same has to come of both twice then.
	both "$test" || { both "$test" && both "$test"; }
	mark=
	if [ "$without" = "$with" ]; then same=$((same + 1)); else
		different=$((different + 1))
		mark='DIFFERENT'
	fi
	seconds=$(($(cut -d. -f1 /proc/uptime) - start))
	printf '%-45s %-12s %-12s %3s s %s\n' "$test" "$(word "$without")" "$(word "$with")" $seconds "$mark"
	[ -z "$mark" ] || tail -20 /tmp/out
	if [ "$(word "$with")" = ok ]; then passing=$((passing + 1)); else why; fi
done
echo "selftests: $passing of $((same + different)) pass with the module; $same end the same way with it and without, $different do not"
[ $different -eq 0 ]
