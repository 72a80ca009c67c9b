#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Tries the Debian packages as an administrator would: DKMS builds the module in
# a clean Debian root, that root boots as a system in QEMU, and there the
# packages are upgraded, removed and purged (guest.sh). As root, for the roots.
# LONG=1: compilers work in the guest, too, and not only before.

# shellcheck source=qemu/lib.sh
. "$(dirname "$0")/../../qemu/lib.sh"
# shellcheck source=tests/packaging/root.sh
. "$ROOT/tests/packaging/root.sh"

# shellcheck disable=SC2155 # A file that is there.
readonly OLD=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$ROOT/Cargo.toml")
readonly NEW=${OLD%.*}.$((${OLD##*.} + 1))
readonly PACKAGES=$ROOT/target/deb/test

# lint: Debian's own opinion. What is overridden says why, next to it.
lint() { lintian --fail-on error,warning --tag-display-limit 0 "$PACKAGES"/*_"$OLD"-1_*.deb; }

# install_in NAME VERSION LOWER...: the packages in a layer of their own.
install_in() {
	local version=$2
	layer "$1" "${@:3}"
	mkdir -p "$root/homeward"
	cp "$PACKAGES"/*_"$version"-1_*.deb "$root/homeward/"
	in_root sh -c 'apt-get install --yes --no-install-recommends /homeward/*.deb'
	in_root dkms status | grep ': installed'
	rm "$root"/homeward/*.deb
}

# keep_module LAYER VERSION: what DKMS made in that layer, as rust-headers handed it over.
keep_module() {
	xz -dc "$PLACE/layer-$1/upper/var/lib/dkms/homeward/$2"/*/x86_64/module/homeward.ko.xz >"$PLACE/module-$2.ko"
}

# prepare_system: the root with the old packages, as the guest is to find it.
prepare_system() {
	local here=$root/homeward
	mkdir -p "$here/next" "$here/last"
	cp "$PACKAGES"/*_"$NEW"-1_*.deb "$here/next/"
	cp "$PACKAGES"/*_"$OLD"-1_*.deb "$here/last/"
	cp "$PLACE"/module-{"$OLD","$NEW"}.ko "$here/"
	cp "$ROOT/tests/packaging/guest.sh" "$here/"
	printf 'OLD=%s\nNEW=%s\n' "$OLD" "$NEW" >"$here/versions"
	# A rule of the administrator.
	printf '\n[[rule]]\nname = "mgmt*"\naction = "return"\n' >>"$root/etc/homeward/policy.toml"
	cat >"$root/etc/systemd/system/package-test.service" <<-END
		[Unit]
		After=multi-user.target systemd-networkd.service
		[Service]
		ExecStart=/homeward/guest.sh
		[Install]
		WantedBy=graphical.target
	END
	in_root systemctl enable package-test.service systemd-networkd.service
	in_root systemctl set-default graphical.target
	in_root systemctl mask systemd-networkd-wait-online.service
	# Nothing to bring up to date at the first boot, and nobody to be asked.
	touch "$root/etc/.updated" "$root/var/.updated"
	in_root systemd-machine-id-setup
}

# Seconds for the guest, on a slow host.
limit() { if [ -n "${LONG:-}" ]; then echo 7200; else echo 3600; fi; }

run_guest() {
	local kernel console=$LOGS/console-deb.log words=()
	kernel=$(echo "$root"/boot/vmlinuz-*)
	make_initramfs "$PLACE/initramfs.cpio" "$root" '9p 9pnet_virtio' \
		'busybox mount -t 9p -o trans=virtio,version=9p2000.L,cache=loose,msize=512000 system /root'
	[ -z "${LONG:-}" ] || words+=("homeward.long=1")
	mkdir -p "$LOGS"
	"$ROOT/target/release/homeward-vm" --mode system --root "$root" --kernel "$kernel" \
		--initrd "$PLACE/initramfs.cpio" --accel "${ACCEL:-auto}" --mem 2048 --cache "$CACHE" \
		--timeout "$(limit)" --console-log "$console" -- "${words[@]}"
}

main() {
	[ "$(id -u)" = 0 ] || die "this makes Debian roots, and so it has to be root: sudo make test-deb"
	# Mounts of our own, gone with us.
	[ -n "${IN_NAMESPACE:-}" ] || IN_NAMESPACE=1 exec unshare --mount --propagation private "$0"
	lock "$PLACE/.lock" "Debian roots"
	VERSION=$OLD "$ROOT/packaging/deb.sh" "$PACKAGES" >&2
	VERSION=$NEW "$ROOT/packaging/deb.sh" "$PACKAGES" >&2
	step "lintian" lintian lint
	have_base
	step "Installing $OLD, with DKMS" deb-old install_in old "$OLD" "$base"
	step "Upgrading to $NEW, with DKMS" deb-new install_in new "$NEW" "$PLACE/layer-old/upper" "$base"
	keep_module old "$OLD"
	keep_module new "$NEW"
	layer system "$PLACE/layer-old/upper" "$base"
	step "Preparing the system" deb-system prepare_system
	run_guest
}

main
