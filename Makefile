# SPDX-License-Identifier: GPL-2.0-only
# Verbs for people. What they do is in qemu/*.sh; each works as the first
# command after a clone.

KDIR ?=
KERNEL ?=
SUITE ?=
ARCH ?=
FLAVOUR ?=
KERNEL_SRC ?=
KERNEL_CONFIG ?= minimal
ACCEL ?= auto
FILTER ?=
GUESTS ?=
CPUS ?=
LONG ?=
MINUTES ?= 10
MESSAGES ?= 1000000
CASES ?= 100000
SEED ?=
FAULTS ?=
QUICK ?=
ONLY ?=
ROWS ?=
REPO ?= $(CURDIR)/target/repo
KEY ?=
SIZES ?=
REPEAT ?=
AGAINST ?=
SUITES ?=
FLAVOURS ?=
TRY ?=
LIMIT ?=
export KDIR KERNEL SUITE ARCH FLAVOUR KERNEL_SRC KERNEL_CONFIG ACCEL FILTER GUESTS CPUS LONG MINUTES MESSAGES CASES
export SEED FAULTS QUICK ONLY ROWS SIZES REPEAT AGAINST KEY SUITES FLAVOURS TRY LIMIT

# What these do is compared with what was seen on our own kernel, or needs its source.
stress fuzz fuzz-corpus selftests bench planted check-all lint: KERNEL := $(or $(KERNEL),7.3)

# Module and command for a kernel that is there take no guest.
PURPOSE := $(if $(KDIR),$(if $(filter-out all module userspace kernel where,$(MAKECMDGOALS)),,build))

# What can be done at a time the scripts do at a time, by themselves.
.NOTPARALLEL:

.PHONY: all
all: deps ## Build the module and the command (the default)
	@qemu/build.sh

.PHONY: demo
demo: export BUILD_PROFILE := quick
demo: deps ## Show in a guest how a network card comes home
	@qemu/build.sh demo
	@qemu/guest.sh demo

.PHONY: picture
picture: deps ## Run the demo and the tour, and draw the pictures of the documents from what they print
	@qemu/build.sh
	@qemu/picture.sh

.PHONY: tour
tour: deps ## Show in a guest what the command prints
	@qemu/build.sh
	@qemu/picture.sh tour

.PHONY: test
test: export BUILD_PROFILE := quick
test: deps ## Run all tests: on the host, then in a guest (FILTER=text: only those)
	@qemu/build.sh test
	@qemu/test.sh

.PHONY: deb
deb: ## Build the Debian packages: homeward, homeward-dkms and rust-headers
	@qemu/deps.sh deb
	@packaging/deb.sh

.PHONY: repo
repo: ## Add the packages of 'make deb' to a signed repository for apt (KEY=FINGERPRINT REPO=DIR)
	@qemu/deps.sh repo
	@packaging/repo.sh "$(REPO)"

.PHONY: release
release: ## Make all files of a release of the last commit: source, packages, list of crates, changes
	@qemu/deps.sh deb
	@packaging/release.sh

.PHONY: test-repo
test-repo: deb ## Install from such a repository in a clean Debian root, as a user would (as root)
	@qemu/deps.sh test-deb
	@tests/packaging/repo.sh

.PHONY: test-deb
test-deb: userspace ## Install, upgrade and remove them in a Debian system in a guest (as root)
	@qemu/deps.sh test-deb
	@tests/packaging/test.sh

.PHONY: test-real
test-real: ## Run rows with real runtimes in a Debian system, with and without the module, and print a table (as root; ROWS=lxc ONLY=stop)
	@$(MAKE) --no-print-directory module userspace KERNEL=stock
	@qemu/deps.sh test-real
	@tests/real/test.sh

.PHONY: test-metrics
test-metrics: userspace ## Try metrics, alerts and the dashboard with Debian's Prometheus
	@tests/metrics/test.sh

.PHONY: test-rust-headers
test-rust-headers: KERNEL := stock
test-rust-headers: deps ## Build Rust modules of others against a stock kernel, and load them in a guest (SUITE=forky)
	@PARTS='netdevsim rust-modules' qemu/build.sh test
	@ONLY_GUEST=1 FILTER=rust_modules:: qemu/test.sh

.PHONY: test-install
test-install: deps ## Try the documented commands for installing in clean Debian roots (as root)
	@qemu/deps.sh test-deb
	@tests/packaging/install.sh

.PHONY: test-first
test-first: ## Time 'make demo' and 'make test' in clean Debian roots, as a newcomer waits for them (as root; DEBIANS=trixie VERBS=demo)
	@qemu/deps.sh test-deb
	@tests/packaging/first.sh

.PHONY: matrix
matrix: ## Try the module on every kernel of Debian's archive, and have docs/KERNELS.md say what came out
	@qemu/matrix.sh

.PHONY: stress
stress: deps ## Do everything at once in a guest, watched by a referee (MINUTES=10 FAULTS=1)
	@qemu/build.sh stress
	@qemu/guest.sh stress

.PHONY: fuzz
fuzz: deps ## Send valid and hostile requests to the module in a guest (MESSAGES=1000000)
	@qemu/build.sh fuzz
	@qemu/guest.sh fuzz

.PHONY: fuzz-host
fuzz-host: deps ## Test properties of parsers, policy and home stack on the host (CASES=100000)
	@qemu/fuzz-host.sh

.PHONY: fuzz-corpus
fuzz-corpus: ## Fuzz a debug kernel and keep the requests that reach most of the module
	@$(MAKE) --no-print-directory deps KERNEL_CONFIG=debug
	@KERNEL_CONFIG=debug qemu/build.sh fuzz
	@KERNEL_CONFIG=debug qemu/fuzz-corpus.sh

.PHONY: selftests
selftests: deps ## Run the kernel's own selftests in a guest, with and without the module (FILTER=text)
	@qemu/build.sh
	@qemu/deps.sh selftests
	@qemu/selftests.sh

.PHONY: bench
bench: deps ## Measure performance in a guest, against the kernel and the usual tools (QUICK=1)
	@qemu/build.sh
	@qemu/deps.sh bench
	@qemu/bench.sh

.PHONY: planted
planted: deps ## Verify that a debug kernel catches faults that are planted
	@$(MAKE) --no-print-directory all KERNEL_CONFIG=debug
	@KERNEL_CONFIG=debug qemu/planted.sh

.PHONY: check-all
check-all: userspace ## Run everything that looks for faults and print one table
	@qemu/deps.sh lint
	@qemu/deps.sh selftests
	@qemu/check-all.sh

.PHONY: shell
shell: deps ## Start a guest with the module loaded and a prompt
	@qemu/build.sh
	@qemu/guest.sh shell

.PHONY: module
module: kernel ## Build homeward.ko (CLIPPY=1: with the kernel's lints)
	@qemu/module.sh

.PHONY: userspace
userspace: deps ## Build the homeward command
	@qemu/userspace.sh

.PHONY: kernel
kernel: deps ## Fetch and build the guest's kernel, once
	@qemu/kernel.sh

.PHONY: deps
deps: ## Install the Debian packages that are missing
	@qemu/deps.sh $(PURPOSE)

.PHONY: lint
lint: kernel ## Check formatting, lints, spec and licences
	@qemu/deps.sh lint
	@qemu/lint.sh

.PHONY: fmt
fmt: ## Format all Rust sources
	@qemu/deps.sh lint
	@qemu/fmt.sh

.PHONY: where
where: ## Print where the kernel tree, image, module and command are
	@qemu/where.sh

.PHONY: clean
clean: ## Remove what was built here (the kernel's cache stays)
	rm -rf target

.PHONY: help
help: ## Print this
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' Makefile | sort | expand -t 12
	@echo
	@echo 'KDIR=tree            build against a kernel tree of your own (built, with CONFIG_RUST=y)'
	@echo 'KERNEL=stock         an unmodified Debian kernel (SUITE=trixie-backports, forky, sid), the default where it can be had'
	@echo 'KERNEL=7.3           compile a small kernel from the source of that version; KERNEL_SRC=tree: from that source'
	@echo 'KERNEL=patched       the same with our patches for the kernel (upstream/)'
	@echo 'ARCH=arm64           a guest of that architecture (amd64, arm64), and packages for it'
	@echo 'FLAVOUR=name         a stock kernel of that kind (cloud-amd64, rt-arm64, arm64-16k)'
	@echo 'KERNEL_CONFIG=name   which qemu/NAME.config to build the kernel with'
	@echo 'ACCEL=auto|kvm|tcg   how the guest runs; auto tries KVM by booting under it'
	@echo 'SUITES=... FLAVOURS=... only these kernels (make matrix); TRY=build|smoke|suite: how far to go, LIMIT=30: minutes for each'
	@echo 'CASES=100000         cases of each property that fuzz-host tries'
	@echo 'QUICK=1              small sizes (make bench); ONLY=row,row SIZES=n,n REPEAT=n: only these; AGAINST=file: compare with it'
	@echo 'ROWS=row,row         only these rows (make test-real); ONLY=case; BLESS=1: write what came out as expected'
	@echo 'FAULTS=1             make calls of the module fail at random (make stress)'
	@echo 'MINUTES=10           how long to stress, or to fuzz a debug kernel; MESSAGES=1000000: how much to fuzz; SEED=n'
	@echo 'GUESTS=3             how many guests share the tests (1 on a slow machine)'
	@echo 'CPUS=n               how many CPUs each guest has (2; if guests share the tests, only the first)'
	@echo 'LONG=1               tests with many similar cases try all of them'
	@echo 'UPDATE=1             look for newer kernels, and a newer iproute2'
