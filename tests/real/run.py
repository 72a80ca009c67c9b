#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Boots the disk, has the guest run rows, compares what it tells with what is expected, and prints the table.

    run.py DISK OURS LOGS

DISK: the folder that disk.sh makes; OURS: a cpio with what is tried; LOGS: where the logs go. ROWS and ONLY choose
rows and a case, GUESTS says how many guests share them, ACCEL is tcg or kvm, BLESS=1 writes expected.tsv.
"""

import collections
import concurrent.futures
import json
import os
import pathlib
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).parent
EXPECTED = HERE / "expected.tsv"
DOCUMENT = HERE.parent.parent / "docs/RUNTIMES.md"
# No cell takes longer without a word.
SILENCE = 420
# Seconds until it is up.
BOOT = 240
# What a kernel says that is not well.
COMPLAINT = re.compile(r"BUG:|WARNING:|Oops|Kernel panic|refcount_t|unregister_netdevice: waiting|scheduling while atomic")
WORLDS = {
    "networkd": "systemd.mask=NetworkManager.service",
    "networkmanager": "systemd.mask=systemd-networkd.service systemd.mask=systemd-networkd.socket",
    "ifnames0": "systemd.mask=NetworkManager.service net.ifnames=0",
}
AS_IT_WAS = "as it was"
Cell = collections.namedtuple("Cell", "row case")
Expected = collections.namedtuple("Expected", "without with_module why")


def say(text):
    print(text, file=sys.stderr, flush=True)


def boots(guests):
    """Which rows run in which boot: (name, world, rows). The largest world is shared."""
    for world, names in rows_by_world().items():
        parts = min(guests, len(names)) if world == "networkd" else 1
        for part in range(parts):
            yield f"{world}-{part + 1}", world, names[part::parts]


def rows_by_world():
    """The names of the rows that are asked for, those of one world together."""
    wanted = [word for word in os.environ.get("ROWS", "").split(",") if word]
    worlds = {world: [] for world in WORLDS}
    for path in sorted((HERE / "rows").glob("*.sh")):
        world = re.search(r"^# boot: (\w+)$", path.read_text(), re.M).group(1)
        if not wanted or path.stem in wanted:
            worlds[world].append(path.stem)
    for names in worlds.values():
        # What reboots takes nothing away from the others.
        names.sort(key=lambda name: (name == "reboot", name))
    missing = set(wanted) - {name for names in worlds.values() for name in names}
    if missing:
        sys.exit(f"no such row: {', '.join(sorted(missing))}")
    return {world: names for world, names in worlds.items() if names}


def cards():
    """Five NICs, each with a network and a peer (10.0.N.2) of its own; the last one has VFs."""
    for n, model in enumerate(["virtio-net-pci", "virtio-net-pci", "e1000", "e1000", "igb"], 1):
        place = "bus=behind" if model == "igb" else f"bus=pcie.0,addr={n + 2}"
        yield from ("-netdev", f"user,id=n{n},restrict=on,net=10.0.{n}.0/24")
        yield from ("-device", f"{model},netdev=n{n},mac=52:54:00:12:34:0{n},{place}")


class Guest:
    """QEMU, in the root that it came in; what it opens is below /host there."""

    def __init__(self, disk, ours, logs, name, words):
        place = disk / "qemu/host" / name
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        (place / "initramfs.cpio").write_bytes((disk / "initramfs.cpio").read_bytes() + ours.read_bytes())
        for file in ("vmlinuz", "disk.img"):
            os.link(disk / file, place / file)
        self.log, self.console, self.socket = place / "console.log", logs / f"console-real-{name}.log", place / "port"
        host = f"/host/{name}"
        accel = {"kvm": ["kvm", "host"]}.get(os.environ.get("ACCEL"), ["tcg,thread=multi,tb-size=512", "max"])
        append = f"console=ttyS0 root=/dev/vda rw panic=5 loglevel=6 systemd.show_status=0 random.trust_cpu=on mitigations=off {words}"
        command = [
            "setpriv", "--pdeathsig", "KILL", "chroot", disk / "qemu", "qemu-system-x86_64", "-M", "q35", "-accel", accel[0], "-cpu", accel[1],
            "-smp", os.environ.get("CPUS") or "2", "-m", "3072", "-display", "none", "-nodefaults", "-no-user-config",
            "-kernel", f"{host}/vmlinuz", "-initrd", f"{host}/initramfs.cpio", "-append", append,
            "-drive", f"file={host}/disk.img,format=raw,if=none,id=disk,snapshot=on,cache=unsafe",
            "-device", "virtio-blk-pci,drive=disk,bus=pcie.0,addr=10",
            "-device", "pcie-root-port,id=behind,bus=pcie.0,chassis=1,addr=9", *cards(),
            "-device", "virtio-rng-pci", "-serial", f"file:{host}/console.log", "-device", "virtio-serial-pci",
            "-chardev", f"socket,id=port,path={host}/port,server=on",
            "-device", "virtserialport,chardev=port,name=org.homeward.real",
        ]
        self.qemu = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=open(place / "qemu.log", "wb"), env={**os.environ, "TMPDIR": host})

    def told(self):
        """What the guest tells, until it is done."""
        port, data, patience = self.connect(), b"", BOOT
        while True:
            if not select.select([port], [], [], patience)[0]:
                return say(f"no word for {patience} s; the console: {self.console}")
            patience = SILENCE
            got = port.recv(1 << 16)
            if not got:
                return say(f"the guest is gone; the console: {self.console}")
            *lines, data = (data + got).split(b"\n")
            for line in lines:
                message = json.loads(line)
                if "finished" in message:
                    return None
                yield message

    def connect(self):
        for _ in range(100):
            port = socket.socket(socket.AF_UNIX)
            try:
                port.connect(str(self.socket))
                return port
            except OSError:
                time.sleep(0.1)
        sys.exit("QEMU does not run")

    def end(self):
        self.qemu.send_signal(signal.SIGKILL)
        self.qemu.wait()
        self.console.write_bytes(self.log.read_bytes())
        return [line for line in self.console.read_text(errors="replace").splitlines() if COMPLAINT.search(line)]


def run(disk, ours, logs, name, world, rows):
    """The verdicts of these rows, and what the kernel complained about."""
    for _ in range(2):
        up, verdicts, complaints = boot(disk, ours, logs, name, world, rows)
        if up:
            break
        # Under emulation a processor may lose its timer before the kernel has done anything of ours.
        say(f"{name} did not come up")
    return verdicts, complaints


def boot(disk, ours, logs, name, world, rows):
    """Whether it came up; the verdicts of one boot: {(Cell, with or without): words}; the kernel's complaints."""
    words = f"{WORLDS[world]} real.rows={','.join(rows)} real.only={os.environ.get('ONLY', '')}"
    up, verdicts, complaints, start = False, {}, [], time.time()
    say(f"== {name}: {', '.join(rows)}")
    guest = Guest(disk, ours, logs, name, words)
    try:
        for message in guest.told():
            if "verdict" in message:
                cell, state = Cell(message["row"], message["case"]), message["module"]
                verdicts[cell, state] = message["verdict"]
                (logs / f"real-{cell.row}-{cell.case}-{state}.log").write_text(message["log"])
                say(f"{cell.row} {cell.case}, {state}: {message['verdict']} ({message['seconds']} s)")
            elif "trouble" in message:
                say(f"{message['trouble']} cannot be set up:\n{message['log']}")
                complaints.append(f"{name}: {message['trouble']} cannot be set up")
            elif "boot" in message:
                up = True
                say(f"{name}: {message['boot']} after {time.time() - start:.0f} s: {message['names'].split()}")
    finally:
        complaints += [f"{name}: the kernel complained: {line}" for line in guest.end()]
    return up, verdicts, complaints


def read_expected():
    if not EXPECTED.exists():
        return {}
    lines = [line.split("\t") for line in EXPECTED.read_text().splitlines() if line and not line.startswith("#")]
    return {Cell(row, case): Expected(without, with_module, why[0] if why else "") for row, case, without, with_module, *why in lines}


def write_expected(found, expected):
    head = [line for line in EXPECTED.read_text().splitlines() if line.startswith("#")] if EXPECTED.exists() else []
    # What has no case any more goes, when all of the row ran.
    rows = set() if os.environ.get("ONLY") else {cell.row for cell in found}
    merged = {**{cell: expected[cell] for cell in expected if cell.row not in rows}, **found}
    lines = ["\t".join([*cell, *merged[cell]]).rstrip("\t") for cell in sorted(merged)]
    EXPECTED.write_text("\n".join(head + lines) + "\n")


def found_cells(verdicts, expected):
    """Both states of each cell, with the reason that is known."""
    cells = {}
    for cell, _ in verdicts:
        why = expected[cell].why if cell in expected else ""
        cells[cell] = Expected(*(verdicts.get((cell, state), "-") for state in ("without", "with")), why)
    return cells


def faults(found, expected, rows):
    """Whatever is not as written, or worse with the module than without."""
    for cell, result in found.items():
        worse = set(result.with_module.split(", ")) - set(result.without.split(", ")) - {AS_IT_WAS}
        if worse and result.without != "-":
            yield f"{cell.row} {cell.case}: worse with the module: {', '.join(sorted(worse))}"
        if cell not in expected:
            yield f"{cell.row} {cell.case}: not in {EXPECTED.name}"
        elif result != expected[cell]:
            yield f"{cell.row} {cell.case}: expected {expected[cell][:2]}, found {result[:2]}"
    if DOCUMENT.read_text() != in_document(expected):
        yield f"{DOCUMENT.name} has another table than {EXPECTED.name}: see BLESS"
    only = os.environ.get("ONLY")
    for cell in expected:
        if cell.row in rows and (not only or cell.case == only) and cell not in found:
            yield f"{cell.row} {cell.case}: did not run"


def table(found):
    """In Markdown."""
    head = "| what | case | without Homeward | with Homeward | why |\n|---|---|---|---|---|\n"
    return head + "".join(f"| {' | '.join([*cell, *found[cell]])} |\n" for cell in sorted(found))


def in_document(expected):
    """The document with the table of what is expected."""
    text = DOCUMENT.read_text()
    start = text.index("| what |")
    return text[:start] + table(expected) + text[text.index("\n\n", start) + 1:]


def main():
    disk, ours, logs = map(pathlib.Path, sys.argv[1:])
    start, verdicts, bad, guests = time.time(), {}, [], int(os.environ.get("GUESTS") or 2)
    jobs = list(boots(guests))
    with concurrent.futures.ThreadPoolExecutor(guests) as pool:
        for told, complaints in pool.map(lambda job: run(disk, ours, logs, *job), jobs):
            verdicts.update(told)
            bad += complaints
    expected = read_expected()
    found = found_cells(verdicts, expected)
    print(table(found))
    if os.environ.get("BLESS"):
        write_expected(found, expected)
        expected = read_expected()
        DOCUMENT.write_text(in_document(expected))
    bad += faults(found, expected, {row for _, _, rows in jobs for row in rows})
    for line in bad:
        say(line)
    say(f"{len(found)} rows, {len(bad)} faults, {(time.time() - start) / 60:.0f} min")
    sys.exit(bool(bad))


main()
