# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# boot: networkd
# LXC, lxc.net.0.type = phys, with a baseline that was taken before the container was made; also one that
# was saved, and restored after the module had been away.

# shellcheck source=tests/real/rows/lxc.sh
. /homeward/rows/lxc.sh
eval "lxc_$(declare -f put_in)"

cases="both by-turns reloaded"

states() { case $1 in both) echo without with ;; *) echo with ;; esac; }
settle() {
	! has_module || homeward baseline clear
	rm -f /run/real/taken
}
whole() {
	whole_row
	homeward baseline clear
}
put_in() {
	if has_module && [ ! -e /run/real/taken ]; then
		homeward baseline take "$(cat /run/real/name1)" || return
		touch /run/real/taken
	fi
	lxc_put_in "$1"
	if [ "$1" = reloaded ]; then unloaded && loaded && homeward baseline load; fi
}
end() {
	case $1 in
	by-turns) by_turns stop both ;;
	stop) lxc-stop -n c1 ;;
	*) kill -9 "$monitor" "$pid" ;;
	esac
}
