# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The compilers, and how the kernel's make is called. One place for both the
# kernel and the module: a module must be built as its kernel was.
# Source it after lib.sh.

# shellcheck disable=SC2034 # For those who source this.
readonly LLVM_VERSION=19
# The oldest bindgen that the kernel takes, and the one that we build when
# the system has none that is new enough.
readonly BINDGEN_OLDEST=0.71.1
readonly BINDGEN_PIN=0.73.2

# system_tool NAME: the distribution's own NAME. A rustup toolchain comes first
# in many a PATH, but has no library source unless asked for it.
system_tool() {
	if [ -x "/usr/bin/$1" ]; then echo "/usr/bin/$1"; else command -v "$1" || echo "$1"; fi
}

RUSTC=${RUSTC:-$(system_tool rustc)}
RUSTDOC=${RUSTDOC:-$(system_tool rustdoc)}
RUSTFMT=${RUSTFMT:-$(system_tool rustfmt)}
CLIPPY_DRIVER=${CLIPPY_DRIVER:-$(system_tool clippy-driver)}
CARGO=${CARGO:-$(system_tool cargo)}
export RUSTC RUSTDOC CARGO

# run_cargo ARGS...: cargo with the same compiler as the kernel.
run_cargo() { (cd "$ROOT" && CARGO_TARGET_DIR=$ROOT/target "$CARGO" "$@"); }

readonly GUEST_PACKAGE=homeward-guest-tests
# The command, the programs that run the guest, and what runs in there.
readonly COMMAND_PACKAGES=(--package homeward --package homeward-vm --package homeward-init
	--package "$GUEST_PACKAGE")

# sysroot: where programs and libraries for another architecture are (sysroot.sh).
sysroot() {
	echo "$CACHE/sysroot/$GUEST_ARCH-$(hash_of "$("$RUSTC" --version)" "$(recipe_of "$ROOT/qemu/sysroot.sh")")"
}

# tell_cargo: how to build for the guest's architecture when it is asked to.
tell_cargo() {
	local name=CARGO_TARGET_${RUST_TARGET^^}
	name=${name//-/_}
	is_cross || return 0
	export "${name}_LINKER=$TRIPLET-gcc" "${name}_RUSTFLAGS=--sysroot=$(sysroot)/usr"
}

# cargo_for_guest ARGS...: cargo for the guest's architecture. What cargo itself runs meanwhile is
# still for this one.
cargo_for_guest() {
	tell_cargo
	! is_cross || export CARGO_BUILD_TARGET=$RUST_TARGET
	run_cargo "$@"
}

# build_with_command ARGS...: by naming the same packages each time, a library has the same
# features each time, and is not built once more.
build_with_command() { (cargo_for_guest build --profile "$BUILD_PROFILE" --locked "${COMMAND_PACKAGES[@]}" "$@"); }

# build_guest_runner: what starts the guest, and its first process, without the command.
build_guest_runner() {
	(cargo_for_guest build --profile "$BUILD_PROFILE" --locked --package homeward-vm --package homeward-init)
}

# build_runner: what starts the guest, and runs here.
build_runner() { ! is_cross || run_cargo build --profile "$BUILD_PROFILE" --locked --package homeward-vm; }

# build_guest_tests ARGS...
build_guest_tests() {
	local test tests=()
	for test in "$ROOT"/tests/guest/tests/{*.rs,*/}; do tests+=(--test "$(basename "$test" .rs)"); done
	build_with_command "${tests[@]}" "$@"
}

# newer_or_same A B: whether version A is B or newer.
newer_or_same() { [ "$(printf '%s\n' "$1" "$2" | sort -V | head -n 1)" = "$2" ]; }

# bindgen_path: the bindgen to use; the one in the cache may not exist yet.
bindgen_path() {
	local version
	if have bindgen; then
		version=$(bindgen --version 2>/dev/null | sed 's/.* //') || version=0
		if newer_or_same "$version" "$BINDGEN_OLDEST"; then
			command -v bindgen
			return
		fi
	fi
	echo "$CACHE/tools/bindgen-$BINDGEN_PIN/bin/bindgen"
}

BINDGEN=${BINDGEN:-$(bindgen_path)}

# build_bindgen: into the cache, when the system has none. Built aside and
# renamed into place.
build_bindgen() {
	local place=$CACHE/tools/bindgen-$BINDGEN_PIN aside
	# It runs for seconds: do not spend minutes on making it fast.
	local quickly=(--no-default-features --features runtime
		--config profile.release.opt-level=1 --config profile.release.codegen-units=16
		--config profile.release.lto=false)
	case $BINDGEN in "$place"/*) ;; *) return 0 ;; esac
	[ ! -x "$BINDGEN" ] || return 0
	rm -rf "$CACHE"/tools/.new-bindgen-*
	aside=$CACHE/tools/.new-bindgen-$$
	mkdir -p "$aside"
	step "Building bindgen $BINDGEN_PIN (the system has none that is new enough)" bindgen \
		env CARGO_TARGET_DIR="$aside/target" "$CARGO" install bindgen-cli --locked \
		--version "$BINDGEN_PIN" --root "$aside" "${quickly[@]}"
	rm -rf "$aside/target" "$place"
	mv "$aside" "$place"
}

# toolchain_id CC: one line for each compiler that shapes a kernel.
toolchain_id() {
	"$RUSTC" --version --verbose 2>/dev/null || echo "no rustc"
	"$1" --version 2>/dev/null | sed -n 1p || echo "no $1"
	case $BINDGEN in
	"$CACHE"/*) echo "bindgen $BINDGEN_PIN" ;;
	*) "$BINDGEN" --version 2>/dev/null || echo "no bindgen" ;;
	esac
}
