# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the scripts in this folder share: messages, progress, locks, paths.
# Source it, do not run it. Everything for people goes to stderr, so that
# stdout stays free for results.

set -euo pipefail

# These are between our Makefile and its make, and not for the kernel's make or
# cargo, which we start ourselves.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
# With it, cd may go elsewhere, and prints where.
unset CDPATH
# Others, such as apt, are to read what is made.
umask 022

say() { printf '%s\n' "$*" >&2; }
die() { say "homeward: $*"; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# shellcheck disable=SC2034,SC2155 # For those who source it; cd cannot fail here: the file was just sourced.
readonly ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
[ -n "${HOMEWARD_CACHE:-}${XDG_CACHE_HOME:-}${HOME:-}" ] ||
	die "HOME is not set: name the directory for kernels and the like by HOMEWARD_CACHE=/path"
readonly CACHE=${HOMEWARD_CACHE:-${XDG_CACHE_HOME:-${HOME:-}/.cache}/homeward}
case $ROOT in *[[:space:]:]*)
	die "the kernel's make takes no path with a blank or a colon: move this checkout out of '$ROOT'"
	;;
esac
case $CACHE in *[[:space:]:]*)
	die "the kernel's make takes no path with a blank or a colon: name another one than '$CACHE' by HOMEWARD_CACHE=/path"
	;;
esac
# Of this checkout alone, as some are read again and not only by people.
# shellcheck disable=SC2155
readonly LOGS=$CACHE/logs/$(basename "$ROOT")-$(cksum <<<"$ROOT" | cut -d ' ' -f 1)

# shellcheck source=qemu/arch.sh
. "$ROOT/qemu/arch.sh"

# A step that is over sooner than this leaves no trace on the screen.
readonly QUIET_SECONDS=3
# Without a terminal, say that a step still runs once in so many seconds.
readonly REMIND_SECONDS=30

# hash_of TEXT...: a short name for everything that was given.
hash_of() { printf '%s\n' "$@" | sha256sum | cut -c1-12; }

# recipe_of FILE...: the files without comments and blank lines, so that a
# better explanation does not cost anybody a kernel build.
recipe_of() { sed -e 's/^[[:space:]]*#.*//' -e '/^[[:space:]]*$/d' "$@"; }

# is_left PLACE [DEPTH]: whether anything there is of somebody else, and not to be written to.
is_left() {
	[ -e "$1" ] && find -H "$1" -maxdepth "${2:-0}" ! -user "$(id -u)" ! -writable ! -type l -print -quit | grep -q .
}

# check_places: whether this user can write to where things are made, or sudo has been there. Not
# so to Debian roots in the cache, which only root makes.
check_places() {
	local place owner advice='' left=()
	[ "$(id -u)" != 0 ] || return 0
	! is_left "$ROOT/target" 3 || left+=("$(realpath "$ROOT/target")")
	[ -e "$ROOT/target" ] || ! is_left "$ROOT" || left+=("$ROOT")
	for place in "$CACHE"/* "$CACHE"/.[!.]*; do
		case ${place##*/} in deb | real* | .new-real) continue ;; esac
		! is_left "$place" 2 || left+=("$place")
	done
	owner=$(id -un 2>/dev/null || id -u):$(id -gn 2>/dev/null || id -g)
	! is_left "$CACHE" || advice="sudo chown $owner $(realpath "$CACHE")"
	[ "${#left[@]}" = 0 ] || advice+="${advice:+ && }sudo chown -R $owner ${left[*]}"
	[ -z "$advice" ] || die "not all of what was made before is yours, as where sudo was there. That puts it right:
    $advice"
	place=$CACHE
	until [ -e "$place" ]; do place=$(dirname "$place"); done
	[ -w "$place" ] ||
		die "cannot write to $place: name another directory than $CACHE by HOMEWARD_CACHE=/path"
}
check_places

# lock FILE WHAT: hold FILE until this shell ends, one holder at a time.
lock() {
	mkdir -p "$(dirname "$1")"
	exec 9>"$1"
	if ! flock --nonblock 9; then
		say "Another run is busy with $2: waiting for it."
		flock 9
	fi
}

# ticker TEXT LOG PID: show TEXT and the seconds so far while PID lives.
ticker() {
	local start=$SECONDS now next=$QUIET_SECONDS
	trap '' INT
	while sleep 1 && kill -0 "$3" 2>/dev/null; do
		now=$((SECONDS - start))
		((now >= next)) || continue
		if [ -t 2 ]; then
			printf '\r\033[K%s ... %d s (log: %s)' "$1" "$now" "$2" >&2
			next=$((now + 1))
		elif ((now == QUIET_SECONDS)); then
			say "$1 ... (log: $2)"
			next=$REMIND_SECONDS
		else
			say "$1 ... $now s"
			next=$((now + REMIND_SECONDS))
		fi
	done
}

# step TEXT LOGNAME COMMAND...: run COMMAND with its output in a log, show how
# long it takes, and on failure show the end of the log.
#
# COMMAND runs in the foreground and the ticker behind it, and not the other
# way round: a background job would not get the Ctrl-C that was meant for it.
step() {
	local text=$1 log=$LOGS/$2.log start=$SECONDS status pid took
	shift 2
	mkdir -p "$LOGS"
	ticker "$text" "$log" $$ 9>&- &
	pid=$!
	# In a subshell, not behind `||`: there, bash would ignore `set -e`.
	set +e
	(set -e && "$@") >"$log" 2>&1
	status=$?
	set -e
	kill "$pid" 2>/dev/null || true
	wait "$pid" 2>/dev/null || true
	took=$((SECONDS - start))
	[ ! -t 2 ] || ((took < QUIET_SECONDS)) || printf '\r\033[K' >&2
	if ((status != 0)); then
		say "$text: failed after $took s. The end of the log:"
		tail -n 30 "$log" | sed 's/^/    /' >&2
		say "The whole log: $log"
		return "$status"
	fi
	((took < QUIET_SECONDS)) || say "$text: done in $took s."
}

# Process groups of what runs beside.
beside=()

# start_beside COMMAND...: let it run beside what comes next. In a process group of
# its own, so that end_beside ends what it has started, too: a Ctrl-C does not reach it.
start_beside() {
	trap end_beside EXIT
	set -m
	# It may tell of itself, also on a terminal that stops who does so from behind.
	(
		trap '' TTOU
		set +m -e
		"$@"
	) </dev/null &
	beside+=($!)
	set +m
}

# await_beside: until all of it is done. Fails when any has failed, and has said why.
await_beside() {
	local job status=0
	for job in "${beside[@]}"; do wait "$job" || status=1; done
	beside=()
	return "$status"
}

# end_beside: what of it still runs, and nothing that has got its number since.
end_beside() {
	local job
	for job in $(jobs -pr; jobs -ps); do
		[[ " ${beside[*]} " == *" $job "* ]] || continue
		kill -- "-$job" 2>/dev/null || true
		wait "$job" 2>/dev/null || true
	done
}
