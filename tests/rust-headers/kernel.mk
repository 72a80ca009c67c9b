# SPDX-License-Identifier: GPL-2.0-only
# The kernel's Makefile in the tests of rust-headers: as much of its make as
# rust-headers relies on. TAKES_CONFIG: what olddefconfig makes of it, as an expression of sed.

KCONFIG_CONFIG ?= .config
KERNELRELEASE = 7.3.4$(LOCALVERSION)

olddefconfig:
	$(if $(TAKES_CONFIG),sed -i '$(TAKES_CONFIG)' $(KCONFIG_CONFIG))

prepare:
	mkdir -p include/generated
	echo "of '$(ARCH)' by '$(CROSS_COMPILE)' and $(HOSTCC)" >told
	echo '#define UTS_RELEASE "$(KERNELRELEASE)"' >include/generated/utsrelease.h
	echo 'EXPORT_SYMBOL_RUST_GPL(_RNv4core3str);' >rust/exports_core_generated.h

modules_prepare:

modules:
	test -f $(M)/rust_headers_probe.rs
	printf 'vermagic=%s SMP \0' '$(KERNELRELEASE)' >$(M)/rust_headers_probe.ko

.PHONY: olddefconfig prepare modules_prepare modules
