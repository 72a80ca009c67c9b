#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Tries the module in a Debian system with systemd, udev, network managers and
# container runtimes (rows/): with and without it, and prints a table of what
# does not come home as it was. As root, for the roots.

# shellcheck source=qemu/lib.sh
. "$(dirname "$0")/../../qemu/lib.sh"
# shellcheck source=tests/packaging/root.sh
. "$ROOT/tests/packaging/root.sh"
# shellcheck source=tests/real/disk.sh
. "$ROOT/tests/real/disk.sh"

readonly HERE=$ROOT/tests/real

# make_ours CPIO: what each boot copies over the disk: the module, the command
# and their packaged configuration, and the rows.
make_ours() {
	local tree=$1.d ours=$1.d/ours module='' command='' release
	eval "$(env -u SUITE KERNEL=stock "$ROOT/qemu/where.sh" | grep -E '^(module|command)=')"
	release=$(modinfo -F vermagic "$module")
	release=${release%% *}
	rm -rf "$tree"
	mkdir -p "$ours/homeward" "$ours/etc/systemd/system/graphical.target.wants"
	install -D -m 644 "$module" "$ours/usr/lib/modules/$release/updates/homeward.ko"
	strip --strip-debug "$ours/usr/lib/modules/$release/updates/homeward.ko"
	install -D -m 755 "$command" "$ours/usr/bin/homeward"
	(cd "$ours" && sha256sum usr/lib/modules/*/updates/homeward.ko usr/bin/homeward >homeward/sums)
	install -D -m 644 "$ROOT/userspace/cli/policy.toml" "$ours/etc/homeward/policy.toml"
	install -D -m 644 "$ROOT/packaging/debian/homeward.service" "$ours/usr/lib/systemd/system/homeward.service"
	install -D -m 644 "$ROOT/packaging/debian/homeward.homeward-baseline-load.service" \
		"$ours/usr/lib/systemd/system/homeward-baseline-load.service"
	cp -r "$HERE"/root/. "$ours/"
	chmod 600 "$ours"/etc/NetworkManager/system-connections/*
	cp -r "$HERE"/{guest,rows} "$ours/homeward/"
	ln -s /etc/systemd/system/homeward-real.service "$ours/etc/systemd/system/graphical.target.wants/"
	(cd "$tree" && find ours | cpio --quiet -o -H newc -R 0:0) >"$1"
	rm -r "$tree"
}

# works_here: tcg or kvm, as was asked for or has been found out before.
works_here() {
	case ${ACCEL:-auto} in
	auto) if grep -qsx kvm "$CACHE"/accel/*; then echo kvm; else echo tcg; fi ;;
	*) echo "$ACCEL" ;;
	esac
}

main() {
	[ "$(id -u)" = 0 ] || die "this makes Debian roots, and so it has to be root: sudo make test-real"
	# Mounts of our own, gone with us.
	[ -n "${IN_NAMESPACE:-}" ] || IN_NAMESPACE=1 exec unshare --mount --propagation private "$0"
	lock "$CACHE/real.lock" "the disk with container runtimes"
	place=''
	have_disk
	make_ours "$place/ours.cpio"
	mount -t proc proc "$place/qemu/proc"
	mount --rbind /dev "$place/qemu/dev"
	ACCEL=$(works_here) "$HERE/run.py" "$place" "$place/ours.cpio" "$LOGS"
}

main
