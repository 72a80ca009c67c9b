#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Prints the crates that are compiled into the command, with their licences; or says
which of them are not in a bill of materials: crates.py BILL.

Licences as MIT's ask for the copyright notice to come along with the program.
The Apache licence is left out: Debian has its text in /usr/share/common-licenses.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

CARGO = os.environ.get("CARGO", "cargo")


def cargo(*words):
    return subprocess.run([CARGO, *words], check=True, stdout=subprocess.PIPE, text=True).stdout


def compiled():
    """Names and versions, without our own."""
    lines = cargo("tree", "--locked", "--package=homeward", "--edges=normal", "--prefix=none",
                  "--format={p}").splitlines()
    words = (line.split() for line in lines if "(/" not in line)
    return {(word[0], word[1].removeprefix("v")) for word in words}


def notices(folder):
    names = sorted(path for path in folder.iterdir() if path.is_file())
    wanted = ("LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE")
    return [path for path in names
            if path.name.upper().startswith(wanted) and "APACHE" not in path.name.upper()]


def check(bill):
    """Whether a bill of materials of CycloneDX has all of them."""
    listed = {(part["name"], part["version"]) for part in json.loads(Path(bill).read_text())["components"]}
    missing = sorted(compiled() - listed)
    if missing:
        sys.exit(f"{bill} lacks {missing}")


def main():
    wanted = compiled()
    packages = json.loads(cargo("metadata", "--locked", "--format-version=1"))["packages"]
    print("Crates that are compiled into /usr/bin/homeward, from https://crates.io.\n")
    for package in sorted(packages, key=lambda one: (one["name"], one["version"])):
        if (package["name"], package["version"]) not in wanted:
            continue
        wanted.remove((package["name"], package["version"]))
        authors = ", ".join(name.split(" <")[0] for name in package["authors"])
        print("=" * 80)
        print(f"{package['name']} {package['version']}: {package['license']}")
        print(f"by {authors or 'its authors'}; {package['repository'] or 'crates.io'}\n")
        for path in notices(Path(package["manifest_path"]).parent):
            print(f"--- {path.name}\n{path.read_text(errors='replace').strip()}\n")
    if wanted:
        sys.exit(f"cargo metadata does not know {sorted(wanted)}")


if len(sys.argv) > 1:
    check(sys.argv[1])
else:
    main()
