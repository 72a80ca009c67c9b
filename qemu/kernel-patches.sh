# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# KERNEL=patched: the usual source with upstream/*.patch applied, a tree of its
# own beside the other. Sourced by kernel-source.sh.

wants_patched() { [ "$KERNEL" = patched ] && [ -z "${KERNEL_SRC:-}" ]; }

# wanted_version: the version of the source to fetch.
wanted_version() { if wants_patched; then echo "$KERNEL_OWN"; else echo "$KERNEL"; fi; }

# patches: all but the cover letter, in order.
patches() { find "$ROOT/upstream" -name '0*.patch' ! -name '0000-*' | sort; }

# changes: what they change. Better words do not cost anybody a kernel build.
changes() { patches | xargs sed -s '1,/^---$/d'; }

# patched_id SOURCE: the name of that source with the patches applied.
patched_id() { echo "$1-patched-$(hash_of "$(changes)")"; }

# apply_patches DIRECTORY
apply_patches() {
	local file
	for file in $(patches); do
		echo "$file"
		patch --directory "$1" --strip 1 --force --no-backup-if-mismatch <"$file"
	done
}

# patch_source SOURCE: patch(1) writes new files in place of the old, so that the
# trees can share all the others.
patch_source() {
	local aside=$SOURCES/.new-patched
	[ ! -d "$SOURCES/$(patched_id "$1")" ] || return 0
	rm -rf "$aside"
	step "Copying the kernel's source" kernel-copy cp -al "$SOURCES/$1" "$aside"
	step "Patching the kernel" kernel-patch apply_patches "$aside"
	mv "$aside" "$SOURCES/$(patched_id "$1")"
}
