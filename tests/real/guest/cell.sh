# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# In the guest: one cell of the table, and its verdict.
#
# shellcheck disable=SC2154,SC2317 # Rows set and call what is here, and the other way round.

# How long a NIC may take to come home, and until its peer answers.
readonly HOME_SECONDS=30 USABLE_SECONDS=12

# What a row may say otherwise.
defaults() {
	nics() { echo 1; }
	set_up() { :; }
	settle() { :; }
	put_in() { box && move_in 1; }
	end() { kill -9 "$pid"; }
	clean_up() { :; }
	also() { :; }
	whole() { whole_row; }
	states() { case $1 in by-turns) echo with ;; *) echo without with ;; esac; }
}

# tell NAME VALUE...: a line of JSON to the host.
tell() { jq -nc '[$ARGS.positional | _nwise(2) | {(.[0]): .[1]}] | add' --args "$@" >/dev/virtio-ports/org.homeward.real; }

# listen: from now on; heard: what was heard since marked.
listen() {
	stdbuf -oL udevadm monitor --kernel --subsystem-match=net >/run/real/uevents 2>&1 &
	stdbuf -oL ip -o monitor link >/run/real/links 2>&1 &
	eventually 10 test -s /run/real/uevents
}
mark() {
	local file
	for file in uevents links; do wc -l <"/run/real/$file" >"/run/real/$file.mark"; done
	journalctl -q -n 0 --show-cursor | sed -n 's/^-- cursor: //p' >/run/real/cursor
}
heard() { tail -n +$(($(cat "/run/real/$1.mark") + 1)) "/run/real/$1"; }
journal() { journalctl -q -o short-monotonic --no-hostname --after-cursor "$(cat /run/real/cursor)"; }

# events_in_order N NAME: it was told as arrived once, under that name, and nobody saw what it was in the container.
events_in_order() {
	local other=eth0
	[ "$2" != eth0 ] || other=$INSIDE
	[ "$(heard uevents | grep -F "$(device "$1")/net/" | awk '$2 != "remove" { print $2, $3 }')" = \
		"add $(device "$1")/net/$2" ] && ! heard links | grep -E "$FOREIGN|: ($INSIDE|$other):"
}

# Of the kernel and of our programs: errors, and what the kernel warns of.
journal_is_clean() { ! journal | grep -iE 'homeward.*(fail|error|panic)|kernel: .*(BUG|WARNING|Oops|refcount)'; }

# differences BEFORE AFTER: the words for what is not as it was, lists of NICs given.
differences() {
	jq -nr --argjson before "$1" --argjson after "$2" '
		def words(b; a): if a.away then "away" else (b | keys_unsorted[]) as $k | select(b[$k] != a[$k]) | $k end;
		[range($before | length) as $i | words($before[$i]; $after[$i])] | reduce .[] as $w ([]; if index([$w]) then . else . + [$w] end)
		| .[]'
}

look_all() {
	local n
	for n in $(nics "$1"); do look "$n"; done | jq -sc .
}

# ready CASE: its NICs are as they always are.
ready() {
	local n
	for n in $(nics "$1"); do fresh "$n" || return; done
	for n in $(nics "$1"); do ! configured "$n" || eventually 20 comes_up "$n" || return; done
}

# addressed CASE BEFORE: they have the addresses that they had. A peer may answer a moment before a lease is there.
addressed() {
	local addresses='map(.address)'
	[ "$(look_all "$1" | jq -c "$addresses")" = "$(jq -c "$addresses" <<<"$2")" ]
}

# verdict CASE BEFORE: words.
verdict() {
	local n after end
	for n in $(nics "$1"); do eventually $HOME_SECONDS nic "$n" >&2; done
	end=$((SECONDS + USABLE_SECONDS))
	for n in $(nics "$1"); do
		! configured "$n" || eventually $((end > SECONDS ? end - SECONDS : 1)) answers "$n" >&2 || echo unusable
	done
	eventually $((end > SECONDS ? end - SECONDS : 1)) addressed "$1" "$2" >&2
	udevadm settle -t 10
	after=$(look_all "$1")
	echo "after: $after" >&2
	differences "$2" "$after"
	for n in $(nics "$1"); do events_in_order "$n" "$(cat "/run/real/name$n")" >&2 || echo events; done
	! has_module || journal_is_clean >&2 || echo journal
	also "$1"
}

# In the order of the table, each once.
sorted() {
	local word
	for word in "not ready" away name mtu mac txqueuelen promisc alias altnames vf address unusable events journal service said; do
		! grep -qx "$word" <<<"$1" || echo "$word"
	done
}

# cell ROW CASE with|without
cell() {
	local before words='not ready' start=$SECONDS log=/run/real/log
	{
		settle "$2"
		mark
		if ready "$2"; then
			before=$(look_all "$2")
			echo "before: $before"
			if put_in "$2"; then
				mark
				[ "$3" = without ] || homeward devices
				end "$2"
				words=$(verdict "$2" "$before")
			fi
		fi
		clean_up "$2"
		heard uevents
		heard links
		journal
	} >$log 2>&1 </dev/null
	words=$(sorted "$words" | grep . | paste -sd, | sed 's/,/, /g')
	tell row "$1" case "$2" module "$3" verdict "${words:-as it was}" seconds "$((SECONDS - start))" log "$(tail -c 20000 $log)"
}

# whole: all cases of the row, or the ONLY one, in each state that makes sense.
whole_row() {
	local case state
	for case in ${cases:?}; do
		[ -z "$ONLY" ] || [ "$case" = "$ONLY" ] || continue
		for state in $(states "$case"); do
			if [ "$state" = with ]; then loaded; else unloaded; fi
			cell "$row" "$case" "$state"
		done
	done
}

row() {
	local row=$1
	defaults
	# shellcheck source=/dev/null
	. "/homeward/rows/$row.sh"
	tell begin "$row"
	set_up >/run/real/log 2>&1 </dev/null || tell trouble "$row" log "$(cat /run/real/log)"
	whole
}
