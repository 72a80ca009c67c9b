#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs in the guest as the last service of its boot: what an administrator would
# do with the packages, and what must come of it. /homeward has what it takes:
# next/ and last/ the packages of both versions, module-VERSION.ko, versions.
#
# shellcheck disable=SC2016 # `all` expands its lines one by one.

readonly PORT=/dev/virtio-ports/org.homeward.verdict
readonly HERE=/homeward
# A kernel that is not there, but for its name.
readonly OTHER=7.3.99+deb13+1-amd64
# OLD and NEW.
# shellcheck source=/dev/null
. $HERE/versions
passed=0
failed=0

tell() { printf '%s\n' "$*" >"$PORT"; }

# check NAME COMMAND...: one test.
check() {
	local name=$1 output
	shift
	tell "run packaging::$name"
	if output=$("$@" 2>&1); then
		passed=$((passed + 1))
		tell "test packaging::$name ok"
	else
		failed=$((failed + 1))
		tell "test packaging::$name FAILED"
		while read -r line; do tell "out $line"; done <<<"$output"
	fi
}

# all COMMANDS: one a line, each has to succeed.
all() {
	local line
	while read -r line; do
		[ -z "$line" ] || eval "$line" || { echo "this failed: $line" && return 1; }
	done <<<"$1"
}

# eventually COMMAND...: within 30 s.
eventually() {
	for _ in $(seq 150); do
		! "$@" >/dev/null 2>&1 || return 0
		sleep 0.2
	done
	echo "not within 30 s: $*"
	return 1
}

is() { [ "$1" = "$2" ] || { echo "'$1', and not '$2'" && return 1; }; }
has() { grep -qF -- "$2" <<<"$1" || { echo "no '$2' in: $1" && return 1; }; }
not() { ! "$@"; }
show() { systemctl show --property "$2" --value "$1"; }
version() { cat /sys/module/homeward/version; }
look() { ip -o -d link show dev "$1" | sed 's/^[0-9]*: //; s/ state [A-Z]* / /; s/qdisc [a-z]* //'; }
dpkg_is_fine() { is "$(dpkg --audit)" ""; }

# upgrade: as apt would do it, with what dpkg says in a file.
install_next() { dpkg --install "$HERE"/next/*.deb >/tmp/dpkg 2>&1 || { cat /tmp/dpkg && return 1; }; }

# The compilers' work was done before, outside of the guest, from the same
# sources: what rust-headers is asked to make is copied. What else DKMS does is
# done here. With homeward.long on the kernel's command line, compilers work.
# builder [RELEASE]: for that kernel it can make nothing.
builder() {
	cat >/usr/local/bin/rust-headers <<-END
		#!/bin/sh
		[ "\$2" != "${1:-}" ] || { echo "rust-headers: no network" >&2 && exit 1; }
		! grep -qw homeward.long=1 /proc/cmdline || [ "\$2" = $OTHER ] || exec /usr/bin/rust-headers "\$@"
		for word; do case \$word in M=*) place=\${word#M=} ;; esac; done
		echo "for \$2 in \$place"
		version=\${place%/build}
		exec cp "/homeward/module-\${version##*/}.ko" "\$place/homeward.ko"
	END
	chmod +x /usr/local/bin/rust-headers
}

broken_builder() {
	printf '#!/bin/sh\necho "rust-headers: no network" >&2\nexit 1\n' >/usr/local/bin/rust-headers
	chmod +x /usr/local/bin/rust-headers
}

at_boot() {
	all '
	is "$(show homeward.service ActiveState)" active
	is "$(show homeward.service Result)" success
	is "$(show homeward-baseline-load.service Result)" success
	is "$(version)" $OLD
	has "$(homeward policy show)" "mgmt*"'
}

before_networking() {
	local own pre net
	own=$(show homeward.service ActiveEnterTimestampMonotonic)
	pre=$(show network-pre.target ActiveEnterTimestampMonotonic)
	net=$(show systemd-networkd.service ExecMainStartTimestampMonotonic)
	echo "homeward $own, network-pre $pre, networkd $net"
	[ "$own" -gt 0 ] && [ "$own" -le "$pre" ] && [ "$pre" -le "$net" ]
}

unit_is_clean() {
	is "$(systemd-analyze verify --man=no homeward.service homeward-baseline-load.service \
		homeward-baseline.service homeward-metrics.timer 2>&1)" ""
}

# A reload is for the policy, and a stop undoes nothing.
unit_verbs() {
	all '
	homeward policy flush
	systemctl reload homeward
	has "$(homeward policy show)" "mgmt*"
	systemctl stop homeward
	is "$(version)" $OLD
	has "$(homeward policy show)" "mgmt*"
	systemctl start homeward'
}

# A mistake in the file: the unit fails, and the rules in force stay.
bad_policy() {
	all '
	cp /etc/homeward/policy.toml /tmp/policy
	echo "[[rule]" >>/etc/homeward/policy.toml
	not systemctl reload homeward
	has "$(journalctl -u homeward --no-pager)" "policy.toml"
	has "$(homeward policy show)" "mgmt*"
	cp /tmp/policy /etc/homeward/policy.toml
	systemctl reload homeward'
}

state_is() { is "$(show "$1" ActiveState)" "$2"; }
baselines_are() { is "$(homeward baseline show)" "$1"; }

# A mistake in one is no reason to go without the other, and shows.
apart() {
	homeward --quiet baseline take || return
	homeward baseline show >/tmp/shown
	cp /var/lib/homeward/baseline.json /tmp/baseline
	all '
	has "$(cat /tmp/shown)" mtu
	homeward --quiet baseline clear
	cp /tmp/baseline /var/lib/homeward/baseline.json
	echo "[[rule]" >>/etc/homeward/policy.toml
	not systemctl restart homeward
	state_is homeward.service failed
	eventually baselines_are "$(cat /tmp/shown)"
	is "$(show homeward-baseline-load.service Result)" success
	cp /tmp/policy /etc/homeward/policy.toml
	homeward policy flush
	echo "{" >/var/lib/homeward/baseline.json
	systemctl restart homeward
	has "$(homeward policy show)" "mgmt*"
	eventually state_is homeward-baseline-load.service failed
	has "$(journalctl -u homeward-baseline-load --no-pager)" "baseline.json"
	cp /tmp/baseline /var/lib/homeward/baseline.json
	systemctl reset-failed homeward-baseline-load.service
	homeward --quiet baseline clear'
}

# Whoever removes the file has no rules.
no_policy() {
	all '
	rm /etc/homeward/policy.toml
	systemctl restart homeward
	state_is homeward.service active
	not has "$(homeward policy show)" "mgmt*"
	cp /tmp/policy /etc/homeward/policy.toml
	systemctl reload homeward
	has "$(homeward policy show)" "mgmt*"'
}

# The card of the guest with this address, as the container will have it.
lend() {
	local name
	name=$(ip -o link | grep 52:54:00:12:34:01 | cut -d ' ' -f 2 | tr -d :)
	echo "$name" >/tmp/name
	ip link set "$name" down
	look "$name" >/tmp/before
	all '
	ip netns add red
	ip link set "$(cat /tmp/name)" netns red
	ip -n red link set "$(cat /tmp/name)" name ct0 mtu 1400 address 02:00:00:00:00:99
	homeward policy add --name "hand*" --action init
	has "$(homeward devices red)" "$(cat /tmp/name)"'
}

# Another kernel, of which DKMS needs no more than this.
other_kernel() {
	local modules
	modules=/lib/modules/$(uname -r)
	mkdir "/lib/modules/$OTHER" || return
	cp -P "$modules"/build "$modules"/modules.order "$modules"/modules.builtin* "/lib/modules/$OTHER/" || return
	/etc/kernel/postinst.d/homeward-dkms "$OTHER" || return
	has "$(dkms status)" "$OLD, $OTHER, x86_64: installed"
}

known() { homeward devices red && homeward policy save; }

# Nothing is lost when the module of the new version cannot be built.
upgrade_without_builder() {
	known >/tmp/known
	broken_builder
	systemctl start homeward-metrics.timer homeward-baseline.service || return
	install_next || return
	all '
	state_is homeward-metrics.timer active
	state_is homeward-baseline.service active
	has "$(cat /tmp/dpkg)" "rust-headers: no network"
	has "$(cat /tmp/dpkg)" "older one stays"
	dpkg_is_fine
	is "$(version)" $OLD
	is "$(known)" "$(cat /tmp/known)"
	modprobe --show-depends homeward
	is "$(modinfo -F version homeward)" $OLD
	has "$(dkms status)" "$OLD, $(uname -r), x86_64: installed"'
}

# It takes over where it can be built, and elsewhere the old one stays.
upgrade_of_one_kernel() {
	builder "$OTHER"
	dpkg-reconfigure --frontend=noninteractive homeward-dkms >/tmp/dpkg 2>&1 || { cat /tmp/dpkg && return 1; }
	cat /tmp/dpkg
	all '
	has "$(cat /tmp/dpkg)" "older module stays for $OTHER"
	has "$(dkms status)" "$NEW, $(uname -r), x86_64: installed"
	has "$(dkms status)" "$OLD, $OTHER, x86_64: installed"
	is "$(version)" $NEW
	is "$(known)" "$(cat /tmp/known)"'
}

# And when that is put right, it is everywhere.
upgrade() {
	builder
	dpkg-reconfigure --frontend=noninteractive homeward-dkms >/tmp/dpkg 2>&1 || { cat /tmp/dpkg && return 1; }
	cat /tmp/dpkg
	all '
	is "$(version)" $NEW
	is "$(modinfo -F version homeward)" $NEW
	not has "$(dkms status)" $OLD
	has "$(dkms status)" "$NEW, $OTHER, x86_64: installed"
	dkms remove -m homeward -v $NEW -k $OTHER
	rm -r /lib/modules/$OTHER
	is "$(known)" "$(cat /tmp/known)"
	has "$(homeward policy show)" "hand*"
	has "$(modinfo homeward)" "signer:"
	is "$(ls -d /usr/src/homeward-*)" /usr/src/homeward-$NEW
	is "$(ls /var/lib/homeward)" baseline.json
	not test -e /var/lib/homeward-dkms'
}

comes_home() {
	ip netns delete red
	eventually ip link show dev "$(cat /tmp/name)" || return
	eventually is_as_before
}
is_as_before() { is "$(look "$(cat /tmp/name)")" "$(cat /tmp/before)"; }

# Back to the last version, which is the older one to DKMS; and to the next again.
downgrade() {
	dpkg --install "$HERE"/last/*.deb >/tmp/dpkg 2>&1 || { cat /tmp/dpkg && return 1; }
	cat /tmp/dpkg
	all '
	is "$(version)" $OLD
	is "$(modinfo -F version homeward)" $OLD
	not has "$(dkms status)" $NEW
	dpkg_is_fine
	install_next
	is "$(version)" $NEW
	not has "$(dkms status)" $OLD
	is "$(ls /var/lib/homeward)" baseline.json
	not test -e /var/lib/homeward-dkms'
}

# The same version again, of other sources, when nothing can be built: the module
# that is there stays, and the next time it is built.
reinstall_without_builder() {
	broken_builder
	echo "# Another source." >>"/usr/src/homeward-$NEW/Kbuild"
	dpkg-reconfigure --frontend=noninteractive homeward-dkms >/tmp/dpkg 2>&1 || { cat /tmp/dpkg && return 1; }
	cat /tmp/dpkg
	all '
	has "$(cat /tmp/dpkg)" "rust-headers: no network"
	dpkg_is_fine
	is "$(modinfo -F version homeward)" $NEW
	modprobe --show-depends homeward
	builder
	dpkg-reconfigure --frontend=noninteractive homeward-dkms >/tmp/dpkg 2>&1
	has "$(cat /tmp/dpkg)" "Building module(s)... done"
	has "$(dkms status)" "$NEW, $(uname -r), x86_64: installed"
	is "$(modinfo -F version homeward)" $NEW'
}

# A new kernel, to DKMS: one that has no module yet. It is installed all the same.
kernel_without_builder() {
	dkms unbuild -m homeward -v "$NEW" -k "$(uname -r)" || return
	broken_builder
	dpkg-reconfigure --frontend=noninteractive "linux-headers-$(uname -r)" >/tmp/dpkg 2>&1 ||
		{ cat /tmp/dpkg && return 1; }
	all '
	has "$(cat /tmp/dpkg)" "no module for $(uname -r)"
	has "$(cat /tmp/dpkg)" "rust-headers: no network"
	not has "$(dkms status)" ": installed"
	dpkg_is_fine'
}

# At a boot it is built, when the service has failed as it is not there.
late_build() {
	builder
	all '
	is "$(systemd-analyze verify --man=no homeward-dkms.service homeward.service 2>&1)" ""
	is "$(show homeward.service OnFailure)" homeward-dkms.service
	not modinfo homeward
	systemctl start homeward-dkms.service
	has "$(dkms status)" "$NEW, $(uname -r), x86_64: installed"
	is "$(modinfo -F version homeward)" $NEW
	is "$(show homeward-dkms.service Result)" success
	dkms unbuild -m homeward -v $NEW -k $(uname -r)'
}

kernel_upgrade() {
	builder
	dpkg-reconfigure --frontend=noninteractive "linux-headers-$(uname -r)" >/tmp/dpkg 2>&1 ||
		{ cat /tmp/dpkg && return 1; }
	cat /tmp/dpkg
	all '
	has "$(dkms status)" "$NEW, $(uname -r), x86_64: installed"
	is "$(modinfo -F version homeward)" $NEW'
}

# Baselines alone are no reason for the module to stay, and survive it.
remove_with_baseline() {
	homeward --quiet baseline take || return
	homeward baseline show >/tmp/shown
	cp /var/lib/homeward/baseline.json /tmp/baseline
	dpkg --remove homeward-dkms >/tmp/dpkg 2>&1 || { cat /tmp/dpkg && return 1; }
	cat /tmp/dpkg
	all '
	has "$(cat /tmp/shown)" mtu
	not has "$(cat /tmp/dpkg)" "stays loaded"
	not test -d /sys/module/homeward
	cmp /tmp/baseline /var/lib/homeward/baseline.json
	install_next
	is "$(version)" $NEW
	eventually baselines_are "$(cat /tmp/shown)"
	cmp /tmp/baseline /var/lib/homeward/baseline.json
	homeward --quiet baseline clear'
}

# What is away counts on the module: it stays, and that is said.
remove_while_away() {
	lend || return
	dpkg --remove homeward-dkms >/tmp/dpkg 2>&1 || { cat /tmp/dpkg && return 1; }
	has "$(cat /tmp/dpkg)" "stays loaded" || return
	is "$(dkms status)" "" || return
	comes_home
}

# leftovers: what is there now and was not before the packages were.
leftovers() {
	find / -xdev \( -path /proc -o -path /sys -o -path /run -o -path /homeward -o -path /var/log -o -path /tmp \) -prune \
		-o -iname '*homeward*' -print
	ls -d /etc/homeward /var/lib/homeward /var/cache/rust-headers /var/lib/dkms/homeward /run/homeward 2>/dev/null
	systemctl list-unit-files 'homeward*' --no-legend
}

remove_and_purge() {
	dkms status -m homeward | grep -q . || install_next || return
	mkdir -p /var/lib/prometheus/node-exporter /var/cache/homeward/rust-headers || return
	touch /var/lib/prometheus/node-exporter/homeward.prom
	dpkg --purge homeward-dkms homeward rust-headers >/tmp/dpkg 2>&1 || { cat /tmp/dpkg && return 1; }
	cat /tmp/dpkg
	all '
	dpkg_is_fine
	not test -d /sys/module/homeward
	is "$(leftovers)" ""
	state_is homeward-metrics.timer inactive
	is "$(dkms status)" ""
	systemctl is-system-running || is "$(systemctl --failed --no-legend | grep -i homeward)" ""'
}

# On a running system the module is there at once.
install_on_a_running_system() {
	install_next || return
	all '
	is "$(version)" $NEW
	is "$(show homeward.service ActiveState)" active
	homeward doctor'
}

main() {
	modprobe virtio_console
	eventually test -c "$PORT" || poweroff -f
	tell "boot $(uname -r)"
	tell "suite packaging"
	builder
	check the_service_is_active_after_boot_with_the_policy_in_force at_boot
	check it_was_done_before_networking before_networking
	check systemd_finds_nothing_wrong_in_the_unit unit_is_clean
	check reload_reads_the_policy_and_stop_undoes_nothing unit_verbs
	check a_mistake_in_the_policy_is_told_and_changes_nothing bad_policy
	check a_mistake_in_the_policy_costs_no_baseline_nor_the_other_way_round apart
	check without_a_policy_file_there_are_no_rules no_policy
	check a_card_is_lent_to_a_namespace lend
	check a_second_kernel_gets_a_module_of_its_own other_kernel
	check an_upgrade_that_cannot_be_built_leaves_the_old_module upgrade_without_builder
	check where_it_cannot_be_built_the_old_module_stays upgrade_of_one_kernel
	check an_upgrade_loses_nothing upgrade
	check the_card_comes_home_after_the_upgrade comes_home
	check a_step_back_to_the_last_version_works downgrade
	check what_is_built_stays_when_nothing_can_be_built reinstall_without_builder
	check a_kernel_whose_module_cannot_be_built_is_installed_all_the_same kernel_without_builder
	check what_could_not_be_built_is_built_at_a_boot late_build
	check a_new_kernel_gets_its_module kernel_upgrade
	check baselines_survive_the_removal_of_the_module remove_with_baseline
	check a_module_that_devices_count_on_survives_its_package remove_while_away
	check purged_nothing_is_left remove_and_purge
	check installed_on_a_running_system_it_runs install_on_a_running_system
	check purged_again_nothing_is_left remove_and_purge
	tell "verdict passed=$passed failed=$failed"
	sync
	echo o >/proc/sysrq-trigger
}

main
