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

# told PATTERN LOG...: whether any of them tells so.
told() { cat -- "${@:2}" 2>/dev/null | grep -E "$1" >/dev/null; }

# cause LOG...: why the archive gave nothing, and what to do about it, as far as apt tells.
cause() {
	if told 'Hash Sum mismatch|unexpected size|File has unexpected' "$@"; then
		echo "The download is not what the archive says that it is: half of it, or another's."
		echo "Nothing of it was kept."
	elif told 'NOSPLIT|NODATA|network require authentication' "$@"; then
		echo "Something else than the Debian mirror answers: does the network ask for a login?"
	elif told 'NO_PUBKEY|EXPKEYSIG|Missing key' "$@"; then
		echo "No key here fits what the archive is signed with: upgrade debian-archive-keyring."
	elif told 'Release file .* (is expired|is not valid yet)' "$@"; then
		echo "The mirror is not kept up any more, or this system's clock is wrong: see 'date'. Otherwise name"
		echo "another mirror, or this one if it is to be that of a day long ago, by --mirror."
	elif told 'does not have a Release file' "$@"; then
		echo "The mirror has no such suite: name another mirror by --mirror."
	elif told '404 +Not Found' "$@"; then
		echo "The archive has replaced it: apt-get update, and upgrade the kernel; or name a mirror of that"
		echo "day by --mirror."
	elif told 'Failed to fetch .*  [45][0-9][0-9]  ' "$@"; then
		echo "The Debian mirror, or a proxy before it, refuses; the log has its words."
	elif told 'Could not resolve|Temporary failure resolving|Failed to fetch|nable to connect|ould not connect|Connection (failed|timed out)' "$@"; then
		echo "The Debian mirror cannot be reached: look at the network and at apt's proxy."
		echo "What was complete is kept."
	fi
}

# why_failed LOG: what to do about it, as far as the log tells.
why_failed() {
	local why
	if told 'No space left on device' "$1" || (($(free_mib "$CACHE") < 16)); then
		say "    $CACHE is full. Make room there, or name another place by --cache."
	else
		why=$(cause "$1")
		[ -z "$why" ] || say "    ${why//$'\n'/$'\n'    } Then run this again."
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
