// SPDX-License-Identifier: GPL-2.0-only

//! The machine that the guest sees, as a QEMU command line.

use crate::{
    arch::{
        Arch,
        Machine, //
    },
    args::{
        Args,
        Mode, //
    },
};
use homeward_vm::protocol::PORT_NAME;
use std::{
    path::Path,
    process::{
        Command,
        Stdio, //
    },
};

/// A hang, an oops or a warning ends the guest at once; `-no-reboot` makes QEMU end with it.
const KERNEL_ARGS: &[&str] = &[
    "panic=-1",
    "oops=panic",
    "panic_on_warn=1",
    "hung_task_panic=1",
    "softlockup_panic=1",
    "log_buf_len=4M",
    "rdinit=/init",
    // Only the devices of the machine: none that a built-in driver makes on its own.
    "dummy.numdummies=0",
    "bonding.max_bonds=0",
    "ifb.numifbs=0",
    "mac80211_hwsim.radios=0",
    "fb_tunnels=none",
];

/// A network card: QEMU's model, and the hub that its cable leads to. Cards on one hub hear each
/// other; no hub leads to the host.
#[derive(Clone, Copy)]
struct Nic {
    model: &'static str,
    hub: u8,
}

/// The guest's physical NICs; their MACs end in 1, 2, 3 ... in this order.
const NICS: &[Nic] = &[
    Nic {
        model: "virtio-net-pci",
        hub: 0,
    },
    Nic {
        model: "virtio-net-pci",
        hub: 0,
    },
    Nic {
        model: "virtio-net-pci",
        hub: 1,
    },
    Nic {
        model: "e1000",
        hub: 1,
    },
];

/// As many virtio cards more, which hear nobody, for measuring the return of many.
const BENCH_CARDS: u8 = 5;

/// The host's files, to be read only.
const HOST_FILES: &str =
    "local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap";

/// QEMU 7.2 knows what it has translated by the virtual address, too: with programs at random
/// addresses it translates each of them anew whenever it is started, which was nearly half of
/// what the tests took.
///
/// What keeps a processor from telling secrets is in the hardware of those of today. Emulated, there
/// is nothing to tell, and doing it by instructions takes 7 % of the tests on a kernel of Debian's.
///
/// Such a kernel tries its ciphers when it boots, a second long.
const TCG_ARGS: [&str; 3] = ["norandmaps", "mitigations=off", "cryptomgr.notests"];

/// How QEMU runs the guest's instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Accel {
    Kvm,
    Tcg,
}

impl Accel {
    fn qemu_args(self, machine: &Machine) -> [&'static str; 4] {
        match self {
            Self::Kvm => ["-accel", "kvm", "-cpu", "host"],
            Self::Tcg => ["-accel", "tcg,thread=multi", "-cpu", machine.cpu],
        }
    }
}

/// The command that runs the guest. Its stdout is the verdict's port, except in shell mode, where
/// stdin and stdout are the console.
pub(crate) fn command(args: &Args, mode: Mode, accel: Accel, console: &Path) -> Command {
    let machine = args.arch.machine();
    let mut qemu = Command::new(machine.qemu);
    qemu.args(["-nodefaults", "-no-user-config", "-no-reboot"])
        .args(["-display", "none", "-machine", machine.machine])
        .args(accel.qemu_args(machine))
        .args(["-m", &args.mem.to_string(), "-smp", &args.cpus.to_string()])
        .arg("-kernel")
        .arg(&args.kernel)
        .arg("-initrd")
        .arg(&args.initrd)
        .args(["-append", &kernel_command_line(args, mode, accel)])
        .args(["-object", "rng-random,id=rng,filename=/dev/urandom"])
        .args(["-device", "virtio-rng-pci,rng=rng"]);
    add_nics(&mut qemu, mode);
    if mode == Mode::Selftests {
        qemu.args(["-virtfs", HOST_FILES]);
    }
    if let Some(root) = &args.root {
        let root = root.display();
        let files = format!(
            "local,path={root},mount_tag=system,security_model=passthrough,multidevs=remap"
        );
        qemu.args(["-virtfs", &files]);
    }
    if mode == Mode::Shell {
        qemu.args(["-serial", "mon:stdio"]);
    } else {
        add_ports(&mut qemu, console);
    }
    qemu
}

/// What tells an emulated guest how fast its clock is: the host's own. On a busy host it measures
/// six times too little (seen), and its time flies; and it takes to a clock that costs an exit.
///
/// Where the frequency scales, `cpu MHz` is that of this moment, and the clock's is not known.
fn clock() -> Option<String> {
    if Path::new("/sys/devices/system/cpu/cpu0/cpufreq").exists() {
        return None;
    }
    let table = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = table.lines().find(|line| line.starts_with("cpu MHz"))?;
    let mhz: f64 = line.split(':').nth(1)?.trim().parse().ok()?;
    Some(format!("tsc=reliable tsc_early_khz={:.0}", mhz * 1000.0))
}

fn kernel_command_line(args: &Args, mode: Mode, accel: Accel) -> String {
    let machine = args.arch.machine();
    let mut words = vec![format!("console={}", machine.console)];
    words.extend(KERNEL_ARGS.iter().map(|&word| word.into()));
    // The console is for people in shell mode, and the only record in the others.
    let level = if mode == Mode::Shell { 4 } else { 7 };
    words.push(format!("loglevel={level}"));
    if accel == Accel::Tcg {
        words.extend(machine.emulated.iter().map(|&word| word.into()));
        words.extend(TCG_ARGS.map(String::from));
        // The counter of the others has the frequency that it says.
        words.extend(clock().filter(|_| args.arch == Arch::Amd64));
    }
    words.push(format!("homeward.mode={}", mode.word()));
    words.extend(args.kernel_args.iter().cloned());
    words.join(" ")
}

fn add_nics(qemu: &mut Command, mode: Mode) {
    let more = if mode == Mode::Bench { BENCH_CARDS } else { 0 };
    let more = (0..more).map(|number| Nic {
        model: "virtio-net-pci",
        hub: 2 + number,
    });
    for (number, nic) in NICS.iter().copied().chain(more).enumerate() {
        let number = number + 1;
        let backend = format!("hubport,id=nic{number},hubid={}", nic.hub);
        // No boot ROM: the guest does not boot from them, and not every QEMU package has the files.
        let card = format!(
            "{},netdev=nic{number},mac=52:54:00:12:34:{number:02x},romfile=",
            nic.model
        );
        qemu.args(["-netdev", &backend, "-device", &card]);
    }
}

/// The console goes to a file, the verdict's port to QEMU's stdout.
fn add_ports(qemu: &mut Command, console: &Path) {
    let port = format!("virtserialport,chardev=verdict,name={PORT_NAME}");
    qemu.arg("-serial")
        .arg(format!("file:{}", console.display()))
        .args(["-chardev", "stdio,id=verdict,signal=off"])
        .args(["-device", "virtio-serial-pci", "-device", &port])
        // A pipe that nobody writes to: at the end of its stdin QEMU would unplug the port.
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
}
