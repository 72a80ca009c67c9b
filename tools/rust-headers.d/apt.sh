# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Debian's archive, without touching the host's apt: for every suite a
# configuration with sources, lists and downloads of its own, in the cache.
# The suite `host` is the host's own apt; `sid:arm64` is sid for another architecture
# than the host's. Sourced by rust-headers.

readonly KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# mirror: where the host gets Debian itself from (not its security suite, and
# nobody else's packages).
mirror() {
	local found
	if [ -n "$MIRROR" ]; then
		echo "$MIRROR"
		return
	fi
	# shellcheck disable=SC2016 # The dollars are apt's.
	found=$(apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(CODENAME)|$(REPO_URI)' |
		awk -F'|' '$1 == "Debian" && $2 == "Debian" { print $4 }' | sort | uniq -c | sort -rn |
		awk 'NR == 1 { print $2 }')
	[ -n "$found" ] || die "apt knows no Debian mirror" \
		"Run 'apt-get update' with Debian among its sources, or name a mirror by --mirror."
	echo "$found"
}

# configure_apt SUITE MIRROR: it is read after the host's own configuration
# (for its proxy, say), whose hooks are not for us, nor what is installed or pinned, and which
# may keep no cache, as a container's: then each question takes half a second. Each file comes
# whole, as another run may be reading it.
configure_apt() {
	local place=$CACHE/apt/$1 aside=.new-$BASHPID
	mkdir -p "$place/lists/partial" "$place/cache/archives/partial"
	printf 'deb [signed-by=%s] %s %s main\n' "$KEYRING" "$2" "${1%:*}" >"$place/$aside"
	mv "$place/$aside" "$place/sources.list"
	cat >"$place/$aside" <<-END
		Dir::Etc::sourcelist "$place/sources.list";
		Dir::Etc::sourceparts "-";
		Dir::Etc::preferences "/dev/null";
		Dir::Etc::preferencesparts "/dev/null";
		Dir::State::status "/dev/null";
		Dir::State::lists "$place/lists";
		Dir::Cache "$place/cache";
		Dir::Cache::pkgcache "pkgcache.bin";
		APT::Sandbox::User "root";
		#clear APT::Update::Pre-Invoke;
		#clear APT::Update::Post-Invoke;
		#clear APT::Update::Post-Invoke-Success;
		#clear DPkg::Pre-Install-Pkgs;
		Acquire::Languages "none";
		Acquire::Retries "2";
		Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
		Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
	END
	case $1 in *:*)
		cat >>"$place/$aside" <<-END
			#clear APT::Architectures;
			APT::Architectures { "${1#*:}"; };
			APT::Architecture "${1#*:}";
		END
		;;
	esac
	# A mirror that was named may be one of the past.
	[ -z "$MIRROR" ] || echo 'Acquire::Check-Valid-Until "false";' >>"$place/$aside"
	mv "$place/$aside" "$place/apt.conf"
}

# apt_of SUITE TOOL ARGS...: apt-get or apt-cache on that suite alone.
apt_of() {
	local suite=$1 tool=$2
	shift 2
	if [ "$suite" = host ]; then
		"$tool" "$@"
	else
		"$tool" -c "$CACHE/apt/$suite/apt.conf" "$@"
	fi
}

# Suites that were looked at in this run, and those that did not answer.
declare -A looked=()

# has_lists PLACE: whether it is known what the archive had when it was asked last.
has_lists() { compgen -G "$1/lists/*_Packages*" >/dev/null; }

# look_at SUITE: have its lists; fails when there are none.
look_at() {
	local place=$CACHE/apt/$1 from
	[ "$1" != host ] || return 0
	[ -z "${looked[$1]:-}" ] || { [ "${looked[$1]}" = yes ] && return 0 || return 1; }
	looked[$1]=no
	[ -f "$KEYRING" ] || die "no $KEYRING" "Install the package debian-archive-keyring."
	from=$(mirror) || exit 1
	configure_apt "$1" "$from"
	if [ -n "$NO_UPDATE" ] && has_lists "$place"; then
		looked[$1]=yes
		return
	fi
	# Not every suite is there at all times; who calls tells when none was.
	if ! apt_of "$1" apt-get update --error-on=any >"$CACHE/log/apt-$1.log" 2>&1; then
		rm -f "$place"/lists/partial/*
		# Yesterday's lists still say what the archive had.
		has_lists "$place" || return 1
		say "No news of $1 (log: $CACHE/log/apt-$1.log): going by what was known before."
	fi
	looked[$1]=yes
}

# nobody_answered: whether suites were looked at, and none had lists.
nobody_answered() { [ "${#looked[@]}" != 0 ] && [[ ! " ${looked[*]} " == *" yes "* ]]; }

# field SUITE PACKAGE FIELD: of the newest version that SUITE has, if it has any.
field() {
	{ apt_of "$1" apt-cache show --no-all-versions "$2" 2>/dev/null || true; } |
		sed -n "s/^$3: //p" | sed -n 1p
}

# versions SUITE PACKAGE: all that SUITE has, newest first.
versions() {
	apt_of "$1" apt-cache madison "$2" 2>/dev/null | awk -F' *[|] *' '!/ Sources$/ { print $2 }'
}

# suite_with PACKAGE VERSION: sets `found` to the first suite that has it, of
# the host's and those that a kernel of this Debian release may come from.
suite_with() {
	for found in host $SUITES; do
		look_at "$found" || continue
		! versions "$found" "$1" | grep -qxF "$2" || return 0
	done
	return 1
}

# download DIRECTORY SUITE PACKAGE=VERSION: from there, or from the next suite that has it: what the
# host's lists tell of may have been replaced since. apt compares what it gets with the signed lists.
download() {
	local suite begun=''
	for suite in host $SUITES; do
		if [ "$suite" = "$2" ]; then
			begun=yes
		elif [ -z "$begun" ] || ! look_at "$suite" || ! versions "$suite" "${3%%=*}" | grep -xF "${3#*=}" >/dev/null; then
			continue
		else
			echo "Asking $suite."
		fi
		if (cd "$1" && apt_of "$suite" apt-get -o APT::Sandbox::User=root download "$3"); then return; fi
		rm -f "$1"/*.deb
	done
	return 1
}
