# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The table of kernels: which there are, and what its rows say. Source it after lib.sh.

# Rows are in this order.
# shellcheck disable=SC2034 # For those who source this.
readonly MATRIX_SUITES="trixie-backports forky sid experimental"
# shellcheck disable=SC2034
readonly MATRIX_FLAVOURS="amd64 cloud-amd64 rt-amd64 arm64 cloud-arm64 rt-arm64"

# failed_test LOG: the first, and what it complained of.
failed_test() {
	awk 'name == "" && /^test .* FAILED$/ { name = $2 }
		told { sub(/^ */, ": "); why = $0; exit }
		name != "" && / panicked at / { told = 1 }
		END { print name why }' "$1" | grep .
}

# What else tells of a failure: a compiler or modpost, our own scripts, or who spoke first.
readonly COMPLAINTS=('(^|: )(error|ERROR|fatal error)(\[E[0-9]+\])?: '
	'^(rust-headers|homeward|homeward-vm): ' 'has no module' '')

# first_error LOG: in a few words, and without the places of this machine.
first_error() {
	local pattern line
	line=$(failed_test "$1") || for pattern in "${COMPLAINTS[@]}"; do
		! line=$(grep -aE -m 1 "$pattern" "$1") || break
	done
	sed "s|$ROOT/||g; s|$CACHE/||g; s/\x1b\[[0-9;]*m//g" <<<"$line" | tr '|`' "/'" | cut -c 1-120
}

# result_of LOG STATUS: of qemu/matrix-try.sh.
result_of() {
	local log=$1 status=$2 built='' counts
	! grep -qx 'matrix: builds' "$log" || built='builds'
	counts=$(sed -n 's/^guest: //p' "$log" | tail -n 1)
	if grep -q 'is built without CONFIG_RUST' "$log"; then
		echo "no Rust"
	elif ((status == 124 || status == 137)); then
		echo "${built:+$built, then }over $LIMIT minutes"
	elif ((status == 0)); then
		echo "${counts:-$built}"
	else
		echo "${counts:-${built:+$built, then }fails}: \`$(first_error "$log")\`"
	fi
}

# row_of SUITE FLAVOUR TREE COMPILERS WHAT RESULT: TREE is called RELEASE_VERSION.
row_of() {
	local kernel=${3/_/ (}
	[ "$kernel" = "$3" ] || kernel+=')'
	echo "| $1 | $2 | $kernel | $4 | $(date --utc +%F) | $5 | $6 |"
}
