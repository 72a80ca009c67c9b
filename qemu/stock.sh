#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Fetches an unmodified Debian kernel with the modules that the guest needs, and
# has tools/rust-headers make the tree to build Homeward against: no kernel is
# compiled. SUITE says whose newest kernel it is to be, FLAVOUR of which
# kind (cloud-amd64, arm64-16k).

# shellcheck source=qemu/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=qemu/kernel-tree.sh
. "$ROOT/qemu/kernel-tree.sh"

# modinfo is where a plain user's PATH does not look.
PATH=$PATH:/usr/sbin:/sbin

# list_module NAME: its file, after those of the modules that it depends on, once. By modinfo
# and not by depmod, which would read all four thousand. In wanted_modules.
list_module() {
	local name=${1//-/_} needed
	[ -z "${listed[$name]:-}" ] || return 0
	listed[$name]=yes
	[ -n "${files[$name]:-}" ] || return 1
	for needed in $(modinfo --field depends "${files[$name]}" | tr , ' '); do
		list_module "$needed" || return 1
	done
	echo "${files[$name]}"
}

# wanted_modules DIRECTORY: the files below it, of a kernel, that stock.modules names, and what
# they depend on.
wanted_modules() {
	local -A files=() listed=()
	local name lacking file
	while read -r file; do
		name=${file##*/}
		name=${name%%.ko*}
		files[${name//-/_}]=$file
	done < <(find "$1/kernel" -name '*.ko*')
	while read -r name lacking; do
		if [ -n "$lacking" ] && [[ $1 == *"$lacking-"* ]]; then continue; fi
		! grep -q "/$name\.ko$" "$1/modules.builtin" || continue
		list_module "$name" || {
			say "$(basename "$1") has no module $name, or not all that it depends on: see qemu/stock.modules"
			return 1
		}
	done < <(recipe_of "$ROOT/qemu/stock.modules")
}

# keep_modules FROM DIRECTORY: unpacked, and numbered: the guest loads
# them by their names' order.
keep_modules() {
	local file name number=100
	mkdir -p "$2"
	# Through a file, so that a module which is missing fails it.
	wanted_modules "$1" >"$2.list"
	while read -r file; do
		name=$(basename "$file")
		case $name in
		*.xz) xz -dc "$file" >"$2/$number-${name%.xz}" ;;
		*.zst) zstd -dcq "$file" >"$2/$number-${name%.zst}" ;;
		*) cp "$file" "$2/$number-$name" ;;
		esac
		number=$((number + 1))
	done <"$2.list"
	rm "$2.list"
}

# fetch_kernel KERNEL: image and modules of RELEASE_VERSION, as the directory is called.
fetch_kernel() {
	local release from aside=$STOCK/.new-$$
	release=$(basename "$1")
	release=${release%%_*}
	from=$aside/root/usr/lib/modules/$release
	rm -rf "$STOCK"/.new-*
	mkdir -p "$aside/root"
	step "Fetching the kernel $release" "stock-$SUITE" \
		rust_headers_of_suite --no-update unpack "$release" "$aside/root" \
		"linux-binary-$release" "linux-modules-$release" "linux-base-$release"
	step "Taking the modules that the guest needs" "stock-modules-$SUITE" \
		keep_modules "$from" "$aside/modules"
	echo "$release" >"$aside/release"
	mkdir -p "$1"
	mv -T "$aside/modules" "$(stock_modules "$(basename "$1")")"
	mv "$aside/release" "$from"/{config,vmlinuz} "$1"
	rm -rf "$aside"
}

# have_kernel KERNEL: whether it is all there.
have_kernel() { [ -f "$1/vmlinuz" ] && [ -d "$(stock_modules "$(basename "$1")")" ]; }

# is_ready TREE: with its kernel, and with compilers that are still those that it was made with.
is_ready() { [ -d "$1" ] && have_kernel "$STOCK/$(basename "$1")" && rust_headers --usable "$1"; }

main() {
	local tree built kernel
	if [ -z "${UPDATE:-}" ] && tree=$(kernel_tree) && is_ready "$tree"; then return; fi
	lock "$CACHE/stock.lock" "the stock kernel of $SUITE"
	mkdir -p "$STOCK"
	tree=$(rust_headers_of_suite --print) || exit 1
	kernel=$STOCK/$(basename "$tree")
	# The kernel comes while the tree is made.
	have_kernel "$kernel" || start_beside fetch_kernel "$kernel"
	built=$(rust_headers_of_suite) || built=''
	await_beside
	[ -n "$built" ] || exit 1
	[ "$built" = "$tree" ] || die "$SUITE has got a newer kernel meanwhile: run this again"
	echo "$tree" >"$STOCK/.chosen-$$"
	mv "$STOCK/.chosen-$$" "$(chosen_stock)"
}

main "$@"
