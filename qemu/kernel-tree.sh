# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Names: where the built kernel, its image, the module and the command are.
# Source it after lib.sh.

# shellcheck source=qemu/toolchain.sh
. "$ROOT/qemu/toolchain.sh"
# shellcheck source=qemu/kernel-recipe.sh
. "$ROOT/qemu/kernel-recipe.sh"
# shellcheck source=qemu/kernel-source.sh
. "$ROOT/qemu/kernel-source.sh"

KERNEL_CONFIG=${KERNEL_CONFIG:-minimal}
readonly KERNELS=$CACHE/kernel

# fragments: the configuration fragments of KERNEL_CONFIG, joined. Every other
# configuration is the minimal one with more merged over it.
fragments() {
	local file=$ROOT/qemu/$KERNEL_CONFIG.config
	[ -f "$file" ] || die "there is no qemu/$KERNEL_CONFIG.config"
	cat "$ROOT/qemu/minimal.config"
	[ "$KERNEL_CONFIG" = minimal ] || cat "$file"
}

# kernel_key: a name that changes with everything that shapes the kernel.
kernel_key() {
	local cc=gcc
	! wants_clang <(fragments) || cc=clang-$LLVM_VERSION
	hash_of "$(source_id)" "$(toolchain_id "$cc")" "$(fragments)" \
		"$(recipe_of "$ROOT/qemu/kernel-recipe.sh")"
}

# rust_headers ARGS...: our own tool, which makes the trees for stock kernels.
rust_headers() { "$ROOT/tools/rust-headers" --cache "$CACHE/rust-headers" "$@"; }

# rust_headers_of_suite ARGS...: for the newest of SUITE.
rust_headers_of_suite() { rust_headers --suite "$SUITE" --flavour "$FLAVOUR" "$@"; }

# is_stock TREE: whether it made that tree.
is_stock() { [ -f "$1/rust-headers.env" ]; }

# module_make TREE ARGS...: the kernel's make for modules, as TREE wants it.
module_make() {
	local tree=$1
	shift
	if is_stock "$tree"; then
		rust_headers make "$tree" -- "$@"
	else
		kmake "$tree" -C "$tree" "$@"
	fi
}

# A stock kernel of Debian's (KERNEL=stock): whose, of which kind, and where it is.
SUITE=${SUITE:-trixie-backports}
FLAVOUR=${FLAVOUR:-$GUEST_ARCH}
readonly STOCK=$CACHE/stock

# chosen_stock: the file that says which it is.
chosen_stock() {
	if [ "$FLAVOUR" = "$(debian_arch "$OWN_MACHINE")" ]; then echo "$STOCK/chosen-$SUITE"; else echo "$STOCK/chosen-$SUITE-$FLAVOUR"; fi
}

# wants_stock: whether the kernel in use is one.
wants_stock() { [ "$KERNEL" = stock ] && [ -z "${KDIR:-}" ]; }

# kernel_tree: the built kernel tree; fails when it cannot be known yet.
kernel_tree() {
	local id
	if [ -n "${KDIR:-}" ]; then
		(cd "$KDIR" && pwd)
		return
	fi
	if wants_stock; then
		cat "$(chosen_stock)" 2>/dev/null
		return
	fi
	[ "$GUEST_ARCH" = amd64 ] || die "our own kernel is for amd64 alone: ARCH=$GUEST_ARCH takes KERNEL=stock, or a KDIR"
	id=$(source_id | sed -n 1p)
	[ -n "$id" ] || return 1
	case $id in tree*) id=own ;; esac
	echo "$KERNELS/${id//[^a-zA-Z0-9._-]/-}-$KERNEL_CONFIG-$(kernel_key)"
}

# kernel_source_of TREE: the source that the tree was built from.
kernel_source_of() { if [ -e "$1/source" ]; then readlink -f "$1/source"; else echo "$1"; fi; }

kernel_image() {
	if is_stock "$1"; then echo "$STOCK/$(basename "$1")/vmlinuz"; else echo "$1/$KERNEL_IMAGE"; fi
}

# stock_modules KERNEL: where the modules are that stock.modules names of it. Checkouts that name
# others must not share them.
stock_modules() { echo "$STOCK/$1/modules-$(hash_of "$(recipe_of "$ROOT/qemu/stock.modules")")"; }

# kernel_modules TREE: the kernel's own modules for the guest, if it has any.
kernel_modules() { ! is_stock "$1" || stock_modules "$(basename "$1")"; }

# module_directory TREE: where the module for TREE is built. Trees of the
# same name in different places must not share one.
module_directory() { echo "$ROOT/target/module/$(basename "$1")-$(hash_of "$1")"; }

command_path() { echo "$(programs_directory)/homeward"; }

# check_given_tree: whether KDIR is a tree to build a Rust module against.
check_given_tree() {
	[ -f "$KDIR/Makefile" ] || die "KDIR=$KDIR is not a kernel tree"
	[ -f "$KDIR/include/config/auto.conf" ] || die "KDIR=$KDIR is not configured and built"
	grep -q '^CONFIG_RUST=y' "$KDIR/include/config/auto.conf" ||
		die "the kernel in KDIR=$KDIR has no Rust support (CONFIG_RUST)"
	! is_cross || is_stock "$KDIR" || die "KDIR=$KDIR: for ARCH=$GUEST_ARCH only a tree made by tools/rust-headers"
}

# selftest_programs TREE: where the programs of the kernel's selftests are.
selftest_programs() { echo "$CACHE/selftests/$(basename "$1")"; }

# coverage_points MODULE: the calls in it that tell KCOV that they are reached, as
# "SECTION OFFSET" of where the call leads.
coverage_points() {
	readelf --relocs --wide "$1" | awk '
		/^Relocation section/ { section = substr($3, 7, length($3) - 7) }
		/ __sanitizer_cov_trace_pc / { print section, $1 }'
}
