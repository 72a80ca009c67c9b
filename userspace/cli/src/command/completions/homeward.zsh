#compdef homeward
# SPDX-License-Identifier: GPL-2.0-only

_homeward() {
	local line value
	local -a candidates open

	for line in "${(@f)$("${words[1]}" __complete $((CURRENT - 1)) -- "${(@)words[1,CURRENT]}" 2>/dev/null)}"; do
		value=${line%%$'\t'*}
		[[ -n $value ]] || continue
		# _describe takes what comes after a colon for the description.
		line=${value//:/\\:}:${line#*$'\t'}
		# More is to come after these.
		if [[ $value == *[/:@=] ]]; then
			open+=("$line")
		else
			candidates+=("$line")
		fi
	done
	_describe -V 'homeward' candidates -- open -S ''
}

# Loaded by compinit, this file is the function; sourced, it only defines it.
if [[ ${funcstack[1]} == _homeward ]]; then
	_homeward "$@"
else
	compdef _homeward homeward
fi
