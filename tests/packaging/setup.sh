#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Tests of what every make target does first, in copies of this tree: whether what it takes is
# there, and what it says where it is not. With apt and other programs that are not real. Ends
# with cargo's kind of line.
#
# shellcheck disable=SC2317 # The tests are called by their names.

set -euo pipefail

# shellcheck disable=SC2155 # cd cannot fail here.
readonly HERE=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/packaging/each.sh
. "$HERE/tests/packaging/each.sh"

# make_program NAME: what it is called with is in the file `called`; the rest is on stdin.
make_program() {
	{
		printf '#!/bin/bash\nwork=%q\n' "$work"
		# shellcheck disable=SC2016 # Expanded in there.
		echo 'echo "${0##*/} $*" >>"$work/called"'
		cat
	} >"$work/bin/$1"
	chmod +x "$work/bin/$1"
}

# make_clone: of the scripts, for a user with a home and nothing of the settings of this run.
make_clone() {
	mkdir -p "$work/tree" "$work/bin" "$work/home"
	cp -r "$HERE"/{qemu,packaging,Makefile,Cargo.toml} "$work/tree"
	touch "$work/called"
	export PATH=$work/bin:$PATH HOME=$work/home
	unset KDIR KERNEL KERNEL_SRC KERNEL_CONFIG SUITE FLAVOUR ARCH GUEST_ARCH UPDATE XDG_CACHE_HOME
	export HOMEWARD_CACHE=$work/cache
}

# run COMMAND...: in the tree: the status in `status`, all that it says in `out`; called begins anew.
run() {
	status=0
	: >"$work/called"
	(cd "$work/tree" && "$@") >"$work/out" 2>&1 || status=$?
}

said() { grep -qF -- "$1" "$work/out" || { echo "did not say: $1" && cat "$work/out" && return 1; }; }
unasked() { ! grep -- "$1" "$work/called"; }
called() { grep -q -- "$1" "$work/called" || { echo "did not call: $1" && cat "$work/out" "$work/called" && return 1; }; }

# A tree that is there is taken without asking anybody, but for its compilers.
a_stock_kernel_is_made_anew_for_other_compilers() {
	local own release tree
	own=$(dpkg --print-architecture)
	release=7.3.4+deb13-$own
	tree=$work/cache/rust-headers/tree/${release}_1
	mkdir -p "$tree" "$work/tree/tools" "$work/cache/stock/${tree##*/}"
	touch "$work/cache/stock/${tree##*/}/vmlinuz"
	echo "$tree" >"$work/cache/stock/chosen-trixie-backports"
	make_program rust-headers <<-'END'
		case " $* " in
		*' --usable '*) [ ! -e "$work/others" ] ;;
		*' --print '*) exit 1 ;;
		esac
	END
	mv "$work/bin/rust-headers" "$work/tree/tools"
	# shellcheck disable=SC2016 # Expanded in there.
	mkdir -p "$(KERNEL=stock bash -c '. "$1/qemu/lib.sh" && . "$1/qemu/kernel-tree.sh" && stock_modules "$2"' bash "$work/tree" "${tree##*/}")"
	run env KERNEL=stock FLAVOUR="$own" qemu/stock.sh
	((status == 0))
	called "--usable $tree"
	unasked '--print'
	touch "$work/others"
	run env KERNEL=stock FLAVOUR="$own" qemu/stock.sh
	((status != 0))
	called "--suite trixie-backports --flavour $own --print"
}

# By the real apt, as it reads our configuration.
an_archive_is_asked_without_what_is_installed_or_pinned_here() {
	local settings
	# shellcheck disable=SC2016 # Expanded in there.
	bash -c '. "$1/tree/qemu/lib.sh" && . "$1/tree/qemu/kernel-source.sh" && private_apt_at "$1/apt"' bash "$work" </dev/null
	settings=$(apt-config -c "$work/apt/apt.conf" shell \
		STATUS Dir::State::status/f PINS Dir::Etc::preferences/f PARTS Dir::Etc::preferencesparts/d)
	[ "$settings" = "STATUS='/dev/null'
PINS='/dev/null'
PARTS='/dev/null'" ] || { echo "$settings" && return 1; }
}

# make_host: a Debian system without any of our packages, whose user is to become root by sudo.
# With the file `down` apt has no lists; dpkg knows what it has installed.
# shellcheck disable=SC2016 # Expanded in there.
make_host() {
	make_program id <<<'[ "$*" = -u ] && echo 1000 || exec /usr/bin/id "$@"'
	make_program sudo <<-'END'
		case $1 in
		-n) [ ! -e "$work/password" ] || exit 1; exit ;;
		-v) [ -e "$work/password" ] || { echo "sudo: a password is required" >&2; exit 1; }; exit ;;
		esac
		exec env -u http_proxy -u https_proxy "$@"
	END
	make_program dpkg-query <<-'END'
		for package; do ! grep -qxF "$package" "$work/installed" 2>/dev/null || echo "installed $package"; done
	END
	make_program apt-get <<-'END'
		echo "proxy $http_proxy" >>"$work/called"
		case " $* " in
		*" update "*)
			[ ! -s "$work/locked" ] || {
				sed -i 1d "$work/locked"
				echo "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 1 (apt-get)"
				exit 100
			}
			[ ! -e "$work/down" ] || { echo "E: The repository 'http://gone stable Release' does not have a Release file." && exit 100; }
			;;
		*" install "*)
			[ ! -e "$work/fault" ] || { echo "E: Unable to locate package" && exit 100; }
			for word; do echo "$word"; done >>"$work/installed"
			;;
		esac
	END
}

# deps WORD...: what is missing, for our own kernel: no archive is asked for a stock one.
deps() { run env "$@" KERNEL=7.3 qemu/deps.sh; }

a_user_without_a_password_is_asked_for_none() {
	make_host
	deps http_proxy=http://proxy:3128
	((status == 0))
	unasked 'sudo -v'
	called 'apt-get .*install .*busybox-static'
	called 'proxy http://proxy:3128'
	rm "$work/installed"
	touch "$work/password"
	deps -u http_proxy
	((status == 0))
	called 'sudo -v'
	called 'sudo apt-get update'
}

a_dead_source_of_somebody_else_is_no_reason_to_stop() {
	make_host
	touch "$work/down"
	deps
	((status == 0))
	said "The repository 'http://gone stable Release' does not have a Release file."
	said "Going on with the lists that are there"
	called 'apt-get install'
	rm "$work/installed"
	touch "$work/fault"
	deps
	((status != 0))
	said "Unable to locate package"
}

another_apt_is_waited_for() {
	make_host
	echo once >"$work/locked"
	deps
	((status == 0))
	[ "$(grep -c '^apt-get update' "$work/called")" = 2 ]
	called 'DPkg::Lock::Timeout=600'
}

# where: the shortest of all scripts.
where() { run env "$@" KDIR=/nowhere qemu/where.sh; }

a_place_that_will_not_do_is_told_of_in_a_sentence() {
	mkdir "$work/my clone"
	mv "$work/tree" "$work/my clone/tree"
	mkdir "$work/tree"
	run "$work/my clone/tree/qemu/where.sh"
	((status == 1))
	said "homeward: the kernel's make takes no path with a blank or a colon: move this checkout out of '$work/my clone/tree'"
}

settings_of_a_shell_change_nothing() {
	mkdir -p "$work/kernel" "$work/elsewhere/qemu"
	# shellcheck disable=SC2016 # Expanded in there.
	run env CDPATH="$work/elsewhere" bash -c 'umask 077 && . qemu/lib.sh && echo "$ROOT $(umask)"'
	((status == 0))
	[ "$(cat "$work/out")" = "$work/tree 0022" ]
	where HOMEWARD_CACHE='/a cache'
	said "name another one than '/a cache' by HOMEWARD_CACHE=/path"
	run env -u HOME -u HOMEWARD_CACHE qemu/where.sh
	((status == 1))
	said "homeward: HOME is not set: name the directory for kernels and the like by HOMEWARD_CACHE=/path"
	run env -u HOME "HOMEWARD_CACHE=$work/cache" KDIR="$work/kernel" qemu/where.sh
	((status == 0))
}

# Only root can leave what is root's.
what_sudo_has_left_is_put_right_by_what_is_advised() {
	local mine=(setpriv --reuid=65534 --regid=65534 --clear-groups env KDIR="$work/kernel")
	[ "$(id -u)" = 0 ] || return 0
	mkdir -p "$work/kernel" "$work/cache/deb/base/etc" "$work/cache/tools"
	chmod -R go=rX "$work"
	chown -R 65534:65534 "$work/tree" "$work/cache"
	run "${mine[@]}" qemu/where.sh
	((status == 0))
	mkdir -p "$work/tree/target/release/deps" "$work/cache/stock" "$work/cache/logs/x"
	chown 65534:65534 "$work/tree/target" "$work/cache/logs"
	chown -R 0:0 "$work/cache/deb"
	ln -s /nowhere "$work/tree/target/link"
	run "${mine[@]}" qemu/where.sh
	((status == 1))
	said "not all of what was made before is yours"
	bash -euc "$(sed -n 's/^    sudo //p' "$work/out")"
	run "${mine[@]}" qemu/where.sh
	((status == 0))
	# A Debian root is root's.
	[ "$(stat --format=%u "$work/cache/deb/base/etc" "$work/cache/logs/x" "$work/tree/target/release/deps" | xargs)" = '0 65534 65534' ]
	chown 0:0 "$work/tree/target" "$work/cache" "$work/cache/tools"
	run "${mine[@]}" qemu/where.sh
	((status == 1))
	bash -euc "$(sed -n 's/^    sudo //p' "$work/out" | sed 's/ sudo / /')"
	run "${mine[@]}" qemu/where.sh
	((status == 0))
	[ "$(stat --format=%u "$work/cache/deb/base/etc")" = 0 ]
	run "${mine[@]}" HOMEWARD_CACHE=/nowhere/cache qemu/where.sh
	said "cannot write to /: name another directory than /nowhere/cache by HOMEWARD_CACHE=/path"
}

a_module_for_a_kernel_that_is_there_takes_no_guest() {
	make_host
	for goal in '' 'module userspace'; do
		# shellcheck disable=SC2086 # A list of words.
		run make --dry-run --no-print-directory KDIR=/nowhere $goal
		grep -qx 'qemu/deps.sh build' "$work/out"
	done
	for goal in test demo 'all shell' planted; do
		# shellcheck disable=SC2086 # A list of words.
		run make --dry-run --no-print-directory KDIR=/nowhere $goal
		grep -qx 'qemu/deps.sh *' "$work/out"
	done
	run env KDIR=/nowhere qemu/deps.sh build
	((status == 0))
	called 'apt-get install .* libelf-dev'
	unasked 'apt-get install .*\(qemu\|busybox\)'
	run env KDIR=/nowhere qemu/deps.sh
	called 'apt-get install .*busybox'
}

# make_other: a system that is not Debian's, with these programs and what every system has.
make_other() {
	local name
	rm -r "${work:?}/bin" && mkdir "$work/bin"
	for name in "$@"; do ln -s /bin/true "$work/bin/$name"; done
	for name in bash env sh id uname basename dirname cksum cut sha256sum sed grep head cat realpath find rm mkdir; do
		ln -sf "$(command -v "$name")" "$work/bin/$name"
	done
}

without_apt_it_says_what_is_wanted() {
	local tools=(gcc rustc cargo make flex bison bc cpio busybox ip qemu-system-x86_64 qemu-system-aarch64)
	make_other "${tools[@]}"
	run env PATH="$work/bin" qemu/deps.sh
	((status == 3))
	said 'neither KDIR nor KERNEL_SRC is set'
	said 'a kernel source tree (7.2 or newer) as KERNEL_SRC=/path'
	run env PATH="$work/bin" KERNEL_SRC=/nowhere qemu/deps.sh
	((status == 0))
	rm "$work/bin/busybox" "$work/bin"/qemu-*
	run env PATH="$work/bin" KDIR=/nowhere qemu/deps.sh
	((status == 3))
	said 'Not found: qemu-system-'
	run env PATH="$work/bin" KDIR=/nowhere qemu/deps.sh build
	((status == 0))
}

each_test setup make_clone
