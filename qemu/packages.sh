# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2034 # Used by deps.sh, which sources this file.
# Debian packages that the commands need, by what they are needed for. Source it after lib.sh.

# Building a kernel, and a module with this system's own compilers. bindgen loads libclang as
# it runs.
readonly KERNEL_PACKAGES="libclang1-19 libelf-dev libssl-dev bc flex bison lz4 rsync perl"
# A kernel whose configuration asks for clang.
readonly CLANG_PACKAGES="clang-19 lld-19 llvm-19"

# Host programs and crates: a C linker, certificates for the registry.
readonly BUILD_PACKAGES="make gcc libc6-dev ca-certificates git util-linux findutils"

# The guest: QEMU, the programs that are copied into its initramfs, and what packs it.
GUEST_PACKAGES="$QEMU_PACKAGE busybox-static iproute2 iputils-ping ethtool
	wireguard-tools python3 python3-yaml python3-jsonschema cpio kmod xz-utils"
! is_cross || GUEST_PACKAGES+=" $CROSS_PACKAGES"
readonly GUEST_PACKAGES

# Programs that tests on the host run.
readonly HOST_TEST_PACKAGES="mandoc"

# The checks of `make lint`.
readonly LINT_PACKAGES="shellcheck"

# Debian 12 itself has a compiler from 2023; its security suite has a current
# one (made for building browsers) under names of its own. None of its compilers
# has built a stock kernel with Rust: for that, the command's alone are enough.
readonly RUST_BOOKWORM_COMMAND="rustc-web cargo-web"
readonly RUST_BOOKWORM="$RUST_BOOKWORM_COMMAND rust-web-src rust-web-clippy rustfmt-web"
readonly RUST_LATER="rustc cargo rust-src rust-clippy rustfmt bindgen"

# Debian packages (`make deb`), and a root to try them in (`make test-deb`).
DEB_PACKAGES="build-essential debhelper dpkg-dev python3"
! is_cross || DEB_PACKAGES+=" $CROSS_PACKAGES"
readonly DEB_PACKAGES
readonly TEST_DEB_PACKAGES="lintian mmdebstrap"

# A repository of them (`make repo`).
readonly REPO_PACKAGES="apt-utils gpg"

# A disk with container runtimes (`make test-real`).
readonly TEST_REAL_PACKAGES="mmdebstrap e2fsprogs binutils"

# The kernel's own selftests (`make selftests`).
readonly SELFTEST_PACKAGES="libcap-dev jq iperf3 ncat iputils-ping tcpdump nftables psmisc
	netsniff-ng"

# Counting instructions on the host (`make bench`).
readonly BENCH_PACKAGES="valgrind"

# For people on other distributions.
readonly WANTED="    libclang 17 or newer (and clang, lld and the LLVM tools for KERNEL_CONFIG=debug)
    rustc 1.85 or newer with its library source (rust-src), clippy, rustfmt, cargo
    bindgen 0.71.1 or newer (built by cargo when missing)
    make, gcc, libelf and OpenSSL headers, bc, flex, bison,
    cpio, kmod, xz, lz4, rsync, perl, python3
    qemu-system-$MACHINE 7.0 or newer
    a static busybox, iproute2, ping, ethtool, util-linux, wireguard-tools,
    python3 with PyYAML and jsonschema, mandoc
    for make lint: shellcheck; for make bench: valgrind
and, as apt is missing, a kernel source tree (7.2 or newer) as KERNEL_SRC=/path,
or a kernel tree that is already built with CONFIG_RUST=y as KDIR=/path."
