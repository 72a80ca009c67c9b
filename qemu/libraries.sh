# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Which libraries a program is linked to. Source it after lib.sh.

# libraries_here FILE: with their own, as paths of this system.
libraries_here() { ldd "$1" 2>/dev/null | sed -nE 's|^.*[[:space:]](/[^ ]+) \(0x.*|\1|p'; }

# needed_by FILE: the loader's path, and the names of the libraries that it names itself.
needed_by() {
	readelf --wide --program-headers --dynamic "$1" 2>/dev/null |
		sed -nE 's/.*Requesting program interpreter: (.*)\]$/\1/p; s/.*\(NEEDED\).*\[(.*)\]$/\1/p'
}

# libraries_below ROOT FILE: with their own, as paths below ROOT, where Debian's packages for the
# guest's architecture are unpacked: none of it can be run here.
libraries_below() {
	local -A seen=()
	list_libraries "$1" "$2"
}

# list_libraries ROOT FILE: those that are not in seen.
list_libraries() {
	local name path
	for name in $(needed_by "$2"); do
		# The loader, which the program itself names with its path.
		case $name in ld-*) continue ;; esac
		[ -z "${seen[$name]:-}" ] || continue
		seen[$name]=yes
		for path in "$name" "/usr/lib/$TRIPLET/$name" "/lib/$TRIPLET/$name" "/usr$name"; do
			[ ! -f "$1$path" ] || break
		done
		[ -f "$1$path" ] || die "no $name below $1, which $2 is linked to"
		# The loader looks there, wherever its package has it.
		echo "${path/#\/usr\/lib\/ld-/\/lib\/ld-}"
		list_libraries "$1" "$1$path"
	done
}

# relative DIRECTORY: its links, which may say /bin/kmod and mean the one in there.
relative() {
	local link
	while read -r link; do
		ln -sfnr "$1$(readlink "$link")" "$link"
	done < <(find "$1" -type l -lname '/*')
}
