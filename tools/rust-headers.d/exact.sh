# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
# Whether a tree is exactly that of its kernel. Every check prints what is
# wrong, and nothing when all is well. Sourced by rust-headers.

# config_unchanged TREE: the kernel's make takes the configuration as it is. But for the numbers
# of assembler and linker, as the archive keeps no old ones: what depends on them is compared.
config_unchanged() {
	local copy
	copy=$(mktemp)
	cp "$1/.config" "$copy"
	if ! kmake "$1" KCONFIG_CONFIG="$copy" olddefconfig >/dev/null 2>&1; then
		echo "configuration: 'make olddefconfig' fails in $1"
	else
		diff "$1/.config" "$copy" | sed -n 's/^</configuration: the kernel has/p; s/^>/configuration: here it would be/p' |
			grep -vE '# Automatically generated|CONFIG_(AS|LD)_VERSION=' | head -n 8 || true
	fi
	rm -f "$copy" "$copy.old"
}

# same_release TREE
same_release() {
	local is
	is=$(sed -n 's/^#define UTS_RELEASE "\(.*\)"/\1/p' "$1/include/generated/utsrelease.h")
	[ "$is" = "$release" ] || echo "release: wanted $release, the tree is of '$is'"
}

# same_files TREE: configuration and symbols are those that it was made with.
same_files() {
	[ -n "${config_sum:-}" ] || return 0
	[ "$(sum_of "$1/.config")" = "$config_sum" ] || echo "configuration: changed since the tree was made"
	[ "$(sum_of "$1/Module.symvers")" = "$symvers_sum" ] || echo "Module.symvers: changed since the tree was made"
}

# same_symbols TREE: the mangled names that the tree's own Rust code has, which
# carry the compiler's version in them, are those that the kernel exports.
same_symbols() {
	local exported made
	exported=$(awk '$2 ~ /^_R/ && $3 == "vmlinux" { print $2 }' "$1/Module.symvers" | sort -u)
	made=$(sed -n 's/^EXPORT_SYMBOL_RUST_GPL(\(_R[^)]*\));.*/\1/p' "$1"/rust/exports_*_generated.h | sort -u)
	[ -n "$exported" ] || echo "symbols: the kernel exports no Rust symbols"
	[ -n "$made" ] || echo "symbols: the tree has no Rust symbols: is rust/ built?"
	comm -3 <(echo "$exported") <(echo "$made") |
		sed -n 's/^\t\(.*\)/symbols: the kernel does not export \1/p; s/^\(_R.*\)/symbols: the tree lacks \1/p' |
		head -n 6
}

# probe DIRECTORY: the smallest Rust module that imports something.
write_probe() {
	echo 'obj-m := rust_headers_probe.o' >"$1/Kbuild"
	cat >"$1/rust_headers_probe.rs" <<-'END'
		// SPDX-License-Identifier: GPL-2.0-only
		//! A module to see whether one can be built.
		use kernel::prelude::*;
		module! {
		    type: Probe,
		    name: "rust_headers_probe",
		    authors: ["rust-headers"],
		    description: "To see whether a module can be built",
		    license: "GPL",
		}
		struct Probe;
		impl kernel::Module for Probe {
		    fn init(_module: &'static ThisModule) -> Result<Self> {
		        pr_info!("{:?}\n", KVec::<u8>::with_capacity(4096, GFP_KERNEL)?);
		        Ok(Probe)
		    }
		}
	END
}

# vermagic_of MODULE: without modinfo, which an ordinary user may not find.
vermagic_of() {
	case $1 in
	*.xz) xz -dc "$1" ;;
	*.zst) zstd -dcq "$1" ;;
	*) cat "$1" ;;
	esac | tr '\0' '\n' | grep -a '^vermagic=' | sed -n '1s/^vermagic=//p'
}

# A module of the kernel itself, if it is installed here.
any_module() {
	find "${MODULES:-/lib/modules/$release/kernel}" -name '*.ko*' -print -quit 2>/dev/null || true
}

# module_builds TREE: one does, imports nothing that the kernel lacks, and has
# the kernel's vermagic.
module_builds() {
	local place log like ours theirs
	place=$(mktemp -d)
	log=$CACHE/log/probe.log
	write_probe "$place"
	if ! kmake "$1" M="$place" modules >"$log" 2>&1; then
		echo "module: the smallest Rust module does not build (log: $log):"
		grep -E 'error|ERROR|undefined' "$log" | head -n 4
	elif like=$(any_module) && [ -n "$like" ]; then
		ours=$(vermagic_of "$place/rust_headers_probe.ko")
		theirs=$(vermagic_of "$like")
		[ "$ours" = "$theirs" ] || echo "vermagic: the kernel's is '$theirs', ours is '$ours'"
	fi
	rm -rf "$place"
}

# inexact TREE: all of it.
inexact() {
	differing inside "$root"
	same_files "$1"
	config_unchanged "$1"
	same_release "$1"
	same_symbols "$1"
	module_builds "$1"
}

# check TREE: say what is wrong, and fail.
check() {
	local found
	say "Checking that the tree is exactly the kernel's ..."
	found=$(inexact "$1")
	if [ -n "$found" ]; then
		say "rust-headers: $1 is not exactly the tree of $release:"
		printf '    %s\n' "${found//$'\n'/$'\n'    }" >&2
		say "    A module built against it might not load, or do harm. Nothing is to be built with it."
		return 1
	fi
	say "Exact: compilers, configuration, release, $(grep -c "$(printf '\t')_R" "$1/Module.symvers") Rust symbols, and a module builds."
}
