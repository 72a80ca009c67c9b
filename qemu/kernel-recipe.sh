# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# How a kernel is configured and built. This file is part of the built tree's
# name: change it, and everybody builds a kernel again. Comments are free.
# Sourced by kernel-tree.sh.

# wants_clang CONFIG...: whether a kernel of that configuration is one for clang.
# gcc needs a fifth less time, and KASAN with Rust needs clang.
wants_clang() { grep -qs '^CONFIG_CC_IS_CLANG=y' "$@"; }

# kmake TREE ARGS...: the kernel's make with the compilers for the tree TREE.
# KMAKE_FLAGS is for a tree of your own that wants something else, as CC=gcc-14.
kmake() {
	local tree=$1 compiler=() extra=()
	shift
	! wants_clang "$tree/.config" "$tree/homeward.config" || compiler=("LLVM=-$LLVM_VERSION")
	read -r -a extra <<<"${KMAKE_FLAGS:-}"
	env LIBCLANG_PATH="${LIBCLANG_PATH:-/usr/lib/llvm-$LLVM_VERSION/lib}" \
		KBUILD_BUILD_USER=homeward KBUILD_BUILD_HOST=homeward \
		make "-j$(nproc)" "${compiler[@]}" \
		RUSTC="$RUSTC" RUSTDOC="$RUSTDOC" RUSTFMT="$RUSTFMT" \
		CLIPPY_DRIVER="$CLIPPY_DRIVER" HOSTRUSTC="$RUSTC" BINDGEN="$BINDGEN" \
		"${extra[@]}" "$@"
}

# check_options FRAGMENTS CONFIG: every line of FRAGMENTS must have taken effect.
# Kconfig drops what it does not know or what lacks a dependency, silently.
check_options() {
	awk '
		FNR == 1 { file++ }
		/^CONFIG_/ { split($0, part, "="); option = part[1]; value = substr($0, length(option) + 2) }
		/^# CONFIG_.* is not set$/ { option = $2; value = "n" }
		/^CONFIG_|^# CONFIG_.* is not set$/ {
			if (file == 1) wanted[option] = value; else is[option] = value
		}
		END {
			for (option in wanted) {
				got = option in is ? is[option] : "n"
				if (got != wanted[option]) {
					print option ": wanted " wanted[option] ", is " got
					bad = 1
				}
			}
			exit bad
		}' "$1" "$2" || {
		say "The kernel's configuration did not take these options of qemu/*.config."
		return 1
	}
}

configure() {
	local source=$1 tree=$2
	# One file, the last word on an option last, as merge_config.sh would have it.
	fragments >"$tree/homeward.config"
	kmake "$tree" -C "$source" "O=$tree" KCONFIG_ALLCONFIG="$tree/homeward.config" allnoconfig
	check_options "$tree/homeward.config" "$tree/.config"
	kmake "$tree" -C "$source" "O=$tree" rustavailable
}

# -w: the kernel's own warnings are not ours to read, and cost a twentieth.
compile() { kmake "$2" -C "$1" "O=$2" KCFLAGS=-w bzImage modules; }
