#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Prints the files that Python needs to run the kernel's YNL client and tests: python-files.py PYYNL.

What the client imports is imported here, and the files of all modules then loaded are printed; of
packages outside the standard library all files, since they read some at run time.
"""

import os
import sys
import sysconfig

sys.path.append(sys.argv[1])
import json, pprint, textwrap, argparse  # noqa: E401,F401 What cli.py imports itself.
import encodings.idna, encodings.ascii, encodings.latin_1  # noqa: E401,F401
import jsonschema, yaml  # noqa: E401,F401
import lib  # noqa: F401 The client's own library.
import ctypes, signal, socket, threading, time  # noqa: E401,F401 What the tests' keeper.py imports.

STDLIB = os.path.realpath(sysconfig.get_paths()["stdlib"])


def files_below(directory):
    """All files of a package, but for its tests and what Python makes itself."""
    for at, directories, files in os.walk(directory):
        directories[:] = [d for d in directories if d not in ("__pycache__", "tests", "test")]
        for name in files:
            yield os.path.join(at, name)


def main():
    needed = set(files_below(os.path.join(STDLIB, "encodings")))
    for module in list(sys.modules.values()):
        path = getattr(module, "__file__", None)
        if not path or path.startswith(os.path.realpath(sys.argv[1])) or module.__name__ == "__main__":
            continue
        package = sys.modules.get(module.__name__.split(".")[0])
        directory = getattr(package, "__path__", None)
        if directory and not os.path.realpath(path).startswith(STDLIB):
            needed.update(files_below(list(directory)[0]))
        else:
            needed.add(path)
    print("\n".join(sorted(needed)))


main()
