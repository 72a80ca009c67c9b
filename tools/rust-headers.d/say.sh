# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Messages and steps of rust-headers. Everything for people goes to stderr:
# stdout is for the one result. Sourced by rust-headers.

say() { printf '%s\n' "$*" >&2; }

# die WHAT [WHAT-TO-DO]...: a line each.
die() {
	say "rust-headers: $1"
	shift
	[ $# = 0 ] || printf '    %s\n' "$@" >&2
	exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# free_mib DIRECTORY: how much room there is.
free_mib() { df --output=avail --block-size=1M "$1" | tail -n 1 | tr -d ' '; }

# need_room MIB WHAT: whether the cache has room for what is to come.
need_room() {
	local free
	free=$(free_mib "$CACHE")
	((free >= $1)) || die "$2 needs $1 MiB in $CACHE, which has $free MiB" \
		"Make room there, or name another place by --cache."
}

# why_failed LOG: what to do about it, as far as the log tells.
why_failed() {
	if grep -q 'No space left on device' "$1" || (($(free_mib "$CACHE") < 16)); then
		say "    $CACHE is full. Make room there, or name another place by --cache."
	elif grep -qE 'Hash Sum mismatch|unexpected size|File has unexpected' "$1"; then
		say "    The download is not what the archive says that it is: half of it, or another's."
		say "    Nothing of it was kept; run this again."
	elif grep -qE 'Could not resolve|Failed to fetch|Unable to connect|Connection (failed|timed out)' "$1"; then
		say "    The Debian mirror cannot be reached: look at the network and at apt's proxy."
		say "    What was complete is kept; run this again."
	fi
	say "    The whole log: $1"
}

# step TEXT LOGNAME COMMAND...: COMMAND with its output in a log; when it
# fails, the end of the log, and what to do.
step() {
	local text=$1 log=$CACHE/log/$2.log start=$SECONDS status
	shift 2
	# A full disk is told of here, and not by a shell that cannot write its log.
	{ mkdir -p "$CACHE/log" && : >"$log" && echo "$*" >"$log"; } 2>/dev/null ||
		die "cannot write $log" "Is the disk full, or does $CACHE belong to somebody else?"
	say "$text ..."
	# In a subshell, not behind `||`: there, bash would ignore `set -e`.
	set +e
	(set -e && "$@") >"$log" 2>&1
	status=$?
	set -e
	if ((status != 0)); then
		say "rust-headers: $text: failed. The end of the log:"
		tail -n "${LOG_LINES:-12}" "$log" | sed 's/^/    | /' >&2
		why_failed "$log"
		return 1
	fi
	say "$text: done in $((SECONDS - start)) s."
}

# start_beside COMMAND...: let it run beside what comes next. In a process group of
# its own, so that end_beside ends what it has started, too.
start_beside() {
	set -m
	# It may tell of itself, also on a terminal that stops who does so from behind.
	(trap '' TTOU && set +m -e && "$@") </dev/null &
	beside=$!
	set +m
}

# await_beside: until it is done. Fails when it has failed, and has said why.
await_beside() {
	local job=$beside
	wait "$job"
	beside=''
}

# end_beside: if it still runs, and nothing that has got its number since.
end_beside() {
	local job
	for job in $(jobs -pr; jobs -ps); do
		[ "$job" = "${beside:-}" ] || continue
		kill -- "-$job" 2>/dev/null || true
		wait "$job" 2>/dev/null || true
	done
}

# lock FILE WHAT: hold FILE until this shell ends, one holder at a time.
lock() {
	mkdir -p "$(dirname "$1")"
	exec 9>"$1"
	if ! flock --nonblock 9; then
		say "Another run is busy with $2: waiting for it."
		flock 9
	fi
}
