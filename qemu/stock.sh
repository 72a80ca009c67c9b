#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Fetches an unmodified Debian kernel with the modules that the guest needs, and
# has tools/rust-headers make the tree to build Homeward against: no kernel is
# compiled. SUITE says whose newest kernel it is to be.

# shellcheck source=qemu/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=qemu/kernel-tree.sh
. "$ROOT/qemu/kernel-tree.sh"

# depmod and modprobe are where a plain user's PATH does not look.
PATH=$PATH:/usr/sbin:/sbin

# wanted_modules ROOT RELEASE: the files of the wanted modules, each after those
# that it depends on.
wanted_modules() {
	local name
	# They look below /lib, which Debian's packages no longer know.
	ln -sfn usr/lib "$1/lib"
	depmod --basedir "$1" "$2"
	for name in $(recipe_of "$ROOT/qemu/stock.modules"); do
		modprobe --dirname "$1" --set-version "$2" --show-depends "$name" || {
			say "$2 has no module $name: see qemu/stock.modules"
			return 1
		}
	done | sed -n 's/^insmod \([^ ]*\).*/\1/p' | awk '!seen[$0]++'
}

# keep_modules ROOT RELEASE DIRECTORY: unpacked, and numbered: the guest loads
# them by their names' order.
keep_modules() {
	local file name number=100
	mkdir -p "$3"
	# Through a file, so that a module which is missing fails it.
	wanted_modules "$1" "$2" >"$3.list"
	while read -r file; do
		name=$(basename "$file")
		case $name in
		*.xz) xz -dc "$file" >"$3/$number-${name%.xz}" ;;
		*.zst) zstd -dcq "$file" >"$3/$number-${name%.zst}" ;;
		*) cp "$file" "$3/$number-$name" ;;
		esac
		number=$((number + 1))
	done <"$3.list"
	rm "$3.list"
}

# fetch_kernel KERNEL: image and modules of RELEASE_VERSION, as the directory is called.
fetch_kernel() {
	local release aside=$STOCK/.new-$$
	release=$(basename "$1")
	release=${release%%_*}
	rm -rf "$STOCK"/.new-*
	mkdir -p "$aside/root"
	step "Fetching the kernel $release" "stock-$SUITE" \
		rust_headers --suite "$SUITE" --no-update unpack "$release" "$aside/root" \
		"linux-binary-$release" "linux-modules-$release" "linux-base-$release"
	step "Taking the modules that the guest needs" "stock-modules-$SUITE" \
		keep_modules "$aside/root" "$release" "$aside/modules"
	echo "$release" >"$aside/release"
	mv "$aside/root/usr/lib/modules/$release"/{vmlinuz,config} "$aside"
	rm -rf "$aside/root"
	mv "$aside" "$1"
}

main() {
	local tree built kernel
	if [ -z "${UPDATE:-}" ] && tree=$(kernel_tree) && [ -f "$(kernel_image "$tree")" ]; then return; fi
	lock "$CACHE/stock.lock" "the stock kernel of $SUITE"
	mkdir -p "$STOCK"
	tree=$(rust_headers --suite "$SUITE" --print) || exit 1
	kernel=$STOCK/$(basename "$tree")
	# The kernel comes while the tree is made.
	[ -f "$kernel/vmlinuz" ] || start_beside fetch_kernel "$kernel"
	built=$(rust_headers --suite "$SUITE") || built=''
	await_beside
	[ -n "$built" ] || exit 1
	[ "$built" = "$tree" ] || die "$SUITE has got a newer kernel meanwhile: run this again"
	echo "$tree" >"$STOCK/.chosen-$$"
	mv "$STOCK/.chosen-$$" "$STOCK/chosen-$SUITE"
}

main "$@"
