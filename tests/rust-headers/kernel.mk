# SPDX-License-Identifier: GPL-2.0-only
# The kernel's Makefile in the tests of rust-headers: as much of its make as
# rust-headers relies on. TAKES_CONFIG=no: olddefconfig has it otherwise.

KCONFIG_CONFIG ?= .config

olddefconfig:
	$(if $(filter no,$(TAKES_CONFIG)),sed -i 's/CONFIG_RUST=y/# CONFIG_RUST is not set/' $(KCONFIG_CONFIG))

prepare:
	mkdir -p include/generated
	echo "of '$(ARCH)' by '$(CROSS_COMPILE)' and $(HOSTCC)" >told
	echo '#define UTS_RELEASE "7.3.4$(LOCALVERSION)"' >include/generated/utsrelease.h
	echo 'EXPORT_SYMBOL_RUST_GPL(_RNv4core3str);' >rust/exports_core_generated.h

modules_prepare:

modules:
	test -f $(M)/rust_headers_probe.rs
	printf 'vermagic=7.3.4%s SMP \0' '$(LOCALVERSION)' >$(M)/rust_headers_probe.ko

.PHONY: olddefconfig prepare modules_prepare modules
