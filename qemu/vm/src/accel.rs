// SPDX-License-Identifier: GPL-2.0-only

//! Chooses the accelerator.
//!
//! A `/dev/kvm` that opens proves nothing: there are hosts where a guest under it never gets
//! anywhere. So the kernel itself is booted under KVM once, for a short time, and the answer is
//! remembered until the kernel changes or the host boots again.

use crate::{
    args::{
        Args,
        Choice,
        Mode, //
    },
    guest,
    machine::Accel,
    Error, //
};
use std::{
    collections::hash_map::DefaultHasher,
    fs,
    hash::{
        Hash,
        Hasher, //
    },
    path::PathBuf,
    time::Duration,
};

/// A guest is up within two seconds under a KVM that works.
const PROBE_LIMIT: Duration = Duration::from_secs(10);

pub(crate) fn choose(args: &Args) -> Result<Accel, Error> {
    match args.accel {
        Choice::Kvm => Ok(Accel::Kvm),
        Choice::Tcg => Ok(Accel::Tcg),
        Choice::Auto => probe(args),
    }
}

fn probe(args: &Args) -> Result<Accel, Error> {
    if !args.arch.is_own() {
        return Ok(Accel::Tcg);
    }
    let kvm = fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/kvm");
    if kvm.is_err() {
        return Ok(Accel::Tcg);
    }
    let memory = memory(args);
    if let Some(accel) = memory.as_ref().and_then(remembered) {
        return Ok(accel);
    }
    eprintln!(
        "Trying whether KVM works here (at most {} s) ...",
        PROBE_LIMIT.as_secs()
    );
    let accel = if guest::boots(args, Mode::Probe, Accel::Kvm, PROBE_LIMIT)? {
        Accel::Kvm
    } else {
        Accel::Tcg
    };
    eprintln!(
        "It {}.",
        if accel == Accel::Kvm {
            "does"
        } else {
            "does not: the guest is emulated"
        }
    );
    if let Some(memory) = memory {
        // Forgetting only costs another try.
        let _ = remember(&memory, accel);
    }
    Ok(accel)
}

/// The file that holds the answer for this kernel on this host since it booted.
fn memory(args: &Args) -> Option<PathBuf> {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let kernel = fs::metadata(&args.kernel).ok()?;
    let mut hasher = DefaultHasher::new();
    (&boot, &args.kernel, kernel.len(), kernel.modified().ok()?).hash(&mut hasher);
    let name = format!("{:016x}", hasher.finish());
    Some(args.cache.as_ref()?.join("accel").join(name))
}

fn remembered(memory: &PathBuf) -> Option<Accel> {
    match fs::read_to_string(memory).ok()?.trim() {
        "kvm" => Some(Accel::Kvm),
        "tcg" => Some(Accel::Tcg),
        _ => None,
    }
}

fn remember(memory: &PathBuf, accel: Accel) -> std::io::Result<()> {
    let word = if accel == Accel::Kvm {
        "kvm\n"
    } else {
        "tcg\n"
    };
    if let Some(directory) = memory.parent() {
        fs::create_dir_all(directory)?;
    }
    let aside = memory.with_extension(std::process::id().to_string());
    fs::write(&aside, word)?;
    fs::rename(aside, memory)
}
