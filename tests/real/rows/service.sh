# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# boot: networkd
# A service with PrivateNetwork=yes, and a NIC that is moved in by hand.

cases="stop crash restart"

put_in() {
	local restart=no
	[ "$1" != restart ] || restart=always
	systemd-run -q --unit=svc --collect -p PrivateNetwork=yes -p Restart=$restart -p RestartSec=2 sleep 3600
	eventually 10 started || return
	move_in 1
}
started() { pid=$(main_pid svc) && [ "$pid" -gt 1 ] && [ "$(cat "/proc/$pid/comm")" = sleep ]; }
end() {
	case $1 in
	stop) systemctl stop svc ;;
	crash) kill -SEGV "$pid" ;;
	restart) kill -9 "$pid" ;;
	esac
}
clean_up() {
	systemctl stop svc
	systemctl reset-failed svc
	true
}
