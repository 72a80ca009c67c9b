# bash completion for homeward                            -*- shell-script -*-
# SPDX-License-Identifier: GPL-2.0-only

_homeward() {
	local line=${COMP_LINE:0:COMP_POINT} rest word typed quote broken candidate i
	local -a words=()

	# Bash breaks words at ':', '@' and '=' as well, which is not how they are
	# typed: what follows without a space belongs together.
	for ((i = 0; i <= COMP_CWORD; i++)); do
		rest=${line#"${line%%[![:space:]]*}"}
		word=${COMP_WORDS[i]}
		((i < COMP_CWORD)) || word=$rest
		if ((i > 0)) && [[ $rest == "$line" ]]; then
			words[${#words[@]} - 1]+=$word
		else
			words+=("$word")
		fi
		line=${rest#"$word"}
	done

	# Without the quotes and backslashes that they are typed with.
	typed=${words[${#words[@]} - 1]}
	quote=
	[[ $typed != [\"\']* ]] || quote=${typed:0:1}
	words=("${words[@]//[\\\"\']/}")
	typed=${words[${#words[@]} - 1]}

	# Of the word being typed, bash wants only what comes after the last break.
	broken=
	if [[ -z $quote && $typed == *[:@=]* && $COMP_WORDBREAKS == *[:@=]* ]]; then
		word=$typed
		while [[ -n $word && $COMP_WORDBREAKS != *"${word: -1}"* ]]; do
			word=${word%?}
		done
		broken=$word
	fi

	COMPREPLY=()
	while IFS=$'\t' read -r candidate _; do
		candidate=${candidate#"$broken"}
		[[ -n $candidate ]] || continue
		# In quotes it stands as it is.
		[[ -n $quote ]] || printf -v candidate %q "$candidate"
		COMPREPLY+=("$candidate")
	done <<<"$("$1" __complete $((${#words[@]} - 1)) -- "${words[@]}" 2>/dev/null)"
	# More is to come after these.
	if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[/:@=] ]]; then
		compopt -o nospace 2>/dev/null
	fi
}

complete -F _homeward homeward
