#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Tests of the scripts that write the table of kernels and the source of a release, in copies
# of this tree, and of those that dpkg runs at a removal. Ends with cargo's kind of line.
#
# shellcheck disable=SC2016,SC2317 # Marks of Markdown; and the tests are called by their names.

set -euo pipefail

# shellcheck disable=SC2155 # cd cannot fail here.
readonly HERE=$(cd "$(dirname "$0")/../.." && pwd)
readonly START='<!-- Written by make matrix. -->' STOP='<!-- So far by make matrix. -->'
# shellcheck source=tests/packaging/each.sh
. "$HERE/tests/packaging/each.sh"

# make_copy: of what the scripts read, in tree.
make_copy() {
	local tree=$work/tree
	mkdir -p "$tree/docs" "$tree/userspace/cli/tests/golden"
	cp -r "$HERE"/{qemu,packaging,Cargo.toml,Cargo.lock,CHANGELOG.md,README.md} "$tree"
	cp "$HERE/docs/KERNELS.md" "$tree/docs"
	cp "$HERE/userspace/cli/tests/golden/metrics.golden" "$tree/userspace/cli/tests/golden"
}

# rows: those of the document, without what they are about.
rows() { sed -n 's/^| \(sid\|forky\|trixie-backports\|experimental\|old\) /&/p' "$work/page.md" | cut -d '|' -f 2,3,8; }

# expect TEXT: the rows are these.
expect() { [ "$(rows | sed 's/ *$//')" = "$1" ] || { rows && return 1; }; }

# put ROW...: into the page.
put() { printf '%s\n' "$@" | "$work/tree/qemu/matrix-table.sh" "$work/page.md"; }

make_page() { printf '# Page\n\n| another | table |\n|---|---|\n| sid | amd64 |\n\n%s\n%s\n\nThe end.\n' "$START" "$STOP" >"$work/page.md"; }

a_row_that_is_not_tried_keeps_its_day_and_result() {
	make_page
	put '| sid | rt-arm64 | 7.2 (1) | gcc | 2026-01-01 | build | builds |' \
		'| sid | amd64 | 7.2 (1) | gcc | 2026-01-01 | build | builds |'
	put '| sid | amd64 | 7.3 (1) | gcc | 2026-02-02 | suite | 9 passed |'
	expect ' sid | amd64
 sid | amd64 | 9 passed
 sid | rt-arm64 | builds'
	grep -q '^| sid | rt-arm64 | 7.2 (1) | gcc | 2026-01-01 |' "$work/page.md"
	grep -q '^| sid | amd64 | 7.3 (1) | gcc | 2026-02-02 |' "$work/page.md"
}

rows_are_in_order_and_unknown_ones_stay_at_the_end() {
	make_page
	put '| old | amd64 | 6.1 | gcc | 2025-01-01 | build | no Rust |'
	put '| experimental | amd64 | 7.4 | gcc | 2026-01-01 | build | builds |' \
		'| trixie-backports | arm64 | 7.3 | gcc | 2026-01-01 | build | builds |'
	put '| trixie-backports | cloud-amd64 | 7.3 | gcc | 2026-01-01 | build | over 30 minutes |'
	expect ' sid | amd64
 trixie-backports | cloud-amd64 | over 30 minutes
 trixie-backports | arm64 | builds
 experimental | amd64 | builds
 old | amd64 | no Rust'
}

the_rest_of_the_page_is_left_alone() {
	local before
	make_page
	before=$(sed "/^$START/,/^$STOP/d" "$work/page.md")
	put '| sid | amd64 | 7.2 | gcc | 2026-01-01 | build | builds |'
	put '| sid | amd64 | 7.2 | gcc | 2026-01-02 | build | builds |'
	[ "$(sed "/^$START/,/^$STOP/d" "$work/page.md")" = "$before" ]
	[ "$(grep -c '^| suite ' "$work/page.md")" = 1 ]
	[ "$(tail -n 1 "$work/page.md")" = "The end." ]
}

a_page_without_the_marks_is_refused() {
	echo '# Page' >"$work/page.md"
	if put '| sid | amd64 | 7.2 | gcc | 2026-01-01 | build | builds |' 2>"$work/err"; then return 1; fi
	grep -q 'has no line' "$work/err"
	[ "$(cat "$work/page.md")" = '# Page' ]
}

# result LINE... STATUS: what a row says of a log with these lines.
result() {
	printf '%s\n' "${@:1:$#-1}" >"$work/log"
	# shellcheck disable=SC2016 # Expanded in there.
	LIMIT=30 bash -c '. "$1/tree/qemu/lib.sh" && . "$1/tree/qemu/matrix-rows.sh" && result_of "$1/log" "$2"' \
		bash "$work" "${@: -1}"
}

is() { [ "$1" = "$2" ] || { echo "is '$1', not '$2'" && return 1; }; }

a_row_says_how_far_it_came_and_what_failed_first() {
	is "$(result 'matrix: builds' 0)" 'builds'
	is "$(result 'matrix: builds' 'guest: 3 passed, 0 failed' '3 passed, 0 failed' 0)" '3 passed, 0 failed'
	is "$(result 'rust-headers: the kernel 6.1 is built without CONFIG_RUST: it can load' 1)" 'no Rust'
	is "$(result 'rust-headers: nobody has the compilers' '    wanted: gcc' 1)" 'fails: `rust-headers: nobody has the compilers`'
	is "$(result "$work/tree/module/a.rs:1: warning: x" "error[E0425]: no \`y\` | z" 'error: aborting' 2)" "fails: \`error[E0425]: no 'y' / z\`"
	is "$(result 'matrix: builds' "$work/tree/qemu: error: x" 1)" 'builds, then fails: `qemu: error: x`'
	is "$(result 'matrix: builds' 'error: told by a test' 'test a::b ... FAILED' 'guest: 3 passed, 1 failed' 1)" \
		'3 passed, 1 failed: `a::b`'
	is "$(result 'test a::a ... ok' 'test a::b ... FAILED' "    thread 'b' (1) panicked at x.rs:1:2:" '    no e1000' \
		'test a::c ... FAILED' 'guest: 3 passed, 2 failed' 1)" '3 passed, 2 failed: `a::b: no e1000`'
	is "$(result 'matrix: builds' 'test a::b ... ok' 124)" 'builds, then over 30 minutes'
	is "$(result 'Downloading' 137)" 'over 30 minutes'
}

# make_matrix: with an archive and tries that are not real.
make_matrix() {
	mkdir "$work/tree/tools"
	cat >"$work/tree/tools/rust-headers" <<-'END'
		#!/bin/sh
		case "$*" in
		*rt-*) echo "rust-headers: sid has no linux-image-rt" >&2 && exit 1 ;;
		*cloud-*) echo "rust-headers: no suite could be looked at: sid" >&2 && exit 1 ;;
		esac
		echo /nowhere/7.3-test_7.3-1
	END
	cat >"$work/tree/qemu/matrix-try.sh" <<-'END'
		#!/bin/sh
		echo "$$" >"$0.pid"
		[ "$SUITE" != forky ] || sleep 60
		echo "guest: $TRY $FILTER, $FLAVOUR"
	END
	chmod +x "$work/tree/tools/rust-headers"
}

# matrix SETTING...: the verb, with nothing of the settings of this run.
matrix() { env -u FILTER -u TRY HOMEWARD_CACHE="$work/cache" "$@" "$work/tree/qemu/matrix.sh" 2>"$work/err"; }

# shows SUITE FLAVOUR TEXT: what it says after its day.
shows() {
	grep "^| $1 | $2 | " "$work/tree/docs/KERNELS.md" | cut -d '|' -f 7- | grep -qxF " $3 |" ||
		{ grep "^| $1 | $2 | " "$work/tree/docs/KERNELS.md" && return 1; }
}

a_matrix_goes_as_far_as_it_is_asked_to() {
	local own other=arm64
	own=$(dpkg --print-architecture)
	[ "$own" != arm64 ] || other=amd64
	make_matrix
	matrix SUITES=sid FLAVOURS="$own $other"
	shows sid "$own" "returns:: | smoke returns::, $own"
	shows sid "$other" "build | build returns::, $other"
	matrix SUITES=sid FLAVOURS="$own" TRY=suite
	shows sid "$own" "suite | suite returns::, $own"
	if matrix TRY=all; then return 1; fi
}

a_row_that_takes_too_long_or_has_no_kernel_says_so() {
	make_matrix
	if matrix SUITES=forky FLAVOURS=amd64 TRY=build LIMIT=0.02; then return 1; fi
	shows forky amd64 'build | over 0.02 minutes'
	matrix SUITES=sid FLAVOURS=rt-amd64
	shows sid rt-amd64 '- | no such kernel'
	# Without an answer from the archive nothing new is known.
	cp "$work/tree/docs/KERNELS.md" "$work/before"
	if matrix SUITES=sid FLAVOURS=cloud-amd64; then return 1; fi
	cmp "$work/before" "$work/tree/docs/KERNELS.md"
	grep -q 'its row stays: rust-headers: no suite' "$work/err"
}

a_matrix_that_is_ended_ends_its_row() {
	local tried=$work/tree/qemu/matrix-try.sh.pid job try
	make_matrix
	cp "$work/tree/docs/KERNELS.md" "$work/before"
	HOMEWARD_CACHE=$work/cache SUITES=forky FLAVOURS=amd64 "$work/tree/qemu/matrix.sh" 2>"$work/err" &
	job=$!
	for try in {1..50}; do [ ! -s "$tried" ] || break && sleep 0.2; done
	kill "$job"
	wait "$job" || true
	for try in {1..50}; do kill -0 "$(cat "$tried")" 2>/dev/null || break && sleep 0.2; done
	((try < 50))
	cmp "$work/before" "$work/tree/docs/KERNELS.md"
}

# make_repository: of the copy.
make_repository() {
	printf 'a line\n' >"$work/tree/text.txt"
	printf '#!/bin/sh\n' >"$work/tree/program"
	chmod 755 "$work/tree/program"
	export GIT_AUTHOR_NAME=test GIT_AUTHOR_EMAIL=test@example.org GIT_COMMITTER_NAME=test GIT_COMMITTER_EMAIL=test@example.org
	git -C "$work/tree" init --quiet
	git -C "$work/tree" add .
	git -C "$work/tree" commit --quiet --message 'A commit'
}

# Its files go into the packages all the same, in a folder of another project too, and no others.
packages_can_be_made_of_the_source_of_a_release() {
	local place=$work/other/homeward-1.2.3
	make_repository
	"$work/tree/packaging/source.sh" 1.2.3 "$work/source.tar.xz"
	mkdir "$work/other"
	git -C "$work/other" init --quiet
	echo '*' >"$work/other/.gitignore"
	tar -xf "$work/source.tar.xz" -C "$work/other"
	mkdir -p "$place/target/release"
	touch "$place/target/release/homeward"
	# All but what it does in the end.
	sed -i '$d' "$place/packaging/deb.sh"
	bash -c '. "$0" && SOURCE_DATE_EPOCH=$(last_change) && unpack "$(cargo_version)" "$1"' \
		"$place/packaging/deb.sh" "$work/unpacked"
	diff -r --exclude target "$place" "$work/unpacked" >"$work/differences" || true
	is "$(cat "$work/differences")" "Only in $work/unpacked: debian"
}

the_source_is_the_same_bytes_whoever_packs_it() {
	make_repository
	"$work/tree/packaging/source.sh" 1.2.3 "$work/one.tar.xz"
	# Somebody else, later, with a configuration of their own, in a clone.
	mkdir "$work/home"
	printf '[core]\n\tautocrlf = true\n\tattributesFile = %s\n[tar]\n\tumask = 0077\n' "$work/home/attributes" >"$work/home/.gitconfig"
	echo 'text.txt export-ignore' >"$work/home/attributes"
	git clone --quiet "$work/tree" "$work/clone"
	git -C "$work/clone" config core.autocrlf true
	git -C "$work/clone" config tar.umask 0027
	(umask 077 && HOME=$work/home TZ=Asia/Tokyo LC_ALL=C XZ_OPT=--block-size=4096 \
		"$work/clone/packaging/source.sh" 1.2.3 "$work/other.tar.xz")
	cmp "$work/one.tar.xz" "$work/other.tar.xz"
	tar -tf "$work/one.tar.xz" >"$work/list"
	grep -qx homeward-1.2.3/text.txt "$work/list"
}

# make_removal NAME: a script of dpkg in a root of its own, with programs that only tell.
make_removal() {
	local root=$work/root
	mkdir -p "$root"/{bin,var/lib/homeward,var/lib/dkms/homeward/1.2.3,usr/src/homeward-1.2.3,sys/module/homeward,run/systemd/system}
	mkdir -p "$root/lib/modules/$(uname -r)"
	ln -s /usr/src/homeward-1.2.3 "$root/var/lib/dkms/homeward/1.2.3/source"
	echo kept >"$root/var/lib/homeward/baseline.json"
	printf '#!/bin/sh\ncat "%s"\n' "$root/state" >"$root/bin/homeward"
	for program in dkms rmmod deb-systemd-invoke; do
		printf '#!/bin/sh\necho "%s $*" >>"%s"\n' "$program" "$root/done" >"$root/bin/$program"
	done
	chmod +x "$root"/bin/*
	sed "s,#ENV.VERSION#,1.2.3,; s,/\(var\|usr\|sys\|lib\|run\)/[a-z],$root&,g" "$work/tree/packaging/debian/$1.prerm" >"$root/$1"
	# Nothing of this machine is in reach of it.
	if sed "/^#/d; s,$root/,,g" "$root/$1" | grep -E '(^|[[:blank:]="])/[a-z]'; then return 1; fi
}

# removal NAME WORD...: what dpkg asks the script to do.
removal() {
	: >"$work/root/done"
	PATH=$work/root/bin:$PATH sh "$work/root/$1" "${@:2}" 2>"$work/err"
}

# state MARK HOME_NAME HOMES: as the module knows a device that has a baseline.
state() { printf '{\n"ifindex": 2,\n"mark": %s,\n"home_name": %s,\n"homes": %b,\n"baseline": {\n}\n}\n' "$@" >"$work/root/state"; }

a_removal_of_the_module_leaves_baselines_alone() {
	make_removal homeward-dkms
	state 1 null '[]'
	mkdir -p "$work/root/var/lib/homeward-dkms/homeward-1.2.2"
	removal homeward-dkms remove
	[ "$(cat "$work/root/var/lib/homeward/baseline.json")" = kept ]
	[ ! -e "$work/root/var/lib/homeward-dkms" ]
	# And they are no reason for it to stay.
	grep -qx 'rmmod homeward' "$work/root/done"
	grep -qx 'dkms remove -m homeward -v 1.2.3 --all' "$work/root/done"
	[ ! -s "$work/err" ]
}

a_module_that_stays_says_why() {
	local known words=()
	make_removal homeward-dkms
	for known in '2 null []' '3 null []' '1 "eth7" []' '1 null [\n{\n}\n]'; do
		read -ra words <<<"$known"
		state "${words[@]}"
		removal homeward-dkms remove
		is "$(grep -c rmmod "$work/root/done")" 0
		grep -q 'stays loaded, as devices are away from home, or marked' "$work/err"
	done
	rm "$work/root/state"
	removal homeward-dkms remove
	is "$(grep -c rmmod "$work/root/done")" 0
	grep -q 'stays loaded, as it does not tell' "$work/err"
}

a_removal_of_the_command_stops_its_units_and_an_upgrade_does_not() {
	make_removal homeward
	removal homeward upgrade 1.2.4-1
	[ ! -s "$work/root/done" ]
	removal homeward remove
	grep -q '^deb-systemd-invoke stop .*homeward-metrics.timer' "$work/root/done"
	# debhelper would stop them before an upgrade, and not start them again.
	if grep dh_installsystemd "$HERE/packaging/debian/rules" | grep -e --no-start |
		grep -ve --no-stop-on-upgrade -e --restart-after-upgrade; then return 1; fi
}

this_tree_has_one_version() { "$HERE/packaging/version.sh"; }

a_place_with_another_version_is_named() {
	local version place
	version=$("$work/tree/packaging/version.sh")
	for place in Cargo.lock CHANGELOG.md README.md docs/KERNELS.md userspace/cli/tests/golden/metrics.golden; do
		cp "$work/tree/$place" "$work/before"
		sed -i "s/${version//./\\.}/9.9.9/" "$work/tree/$place"
		if "$work/tree/packaging/version.sh" 2>"$work/err"; then return 1; fi
		grep -q "^$place: has version 9.9.9" "$work/err"
		sed -i 's/9\.9\.9/somewhere/; s/version//' "$work/tree/$place"
		if "$work/tree/packaging/version.sh" 2>"$work/err"; then return 1; fi
		grep -q "^$place: " "$work/err"
		cp "$work/before" "$work/tree/$place"
	done
}

each_test scripts make_copy
