# SPDX-License-Identifier: GPL-2.0-only
"""keeper.py NAME STATE READY KIND...: a task in some state keeps things of the network namespace NAME.

When it has them, it writes /proc's words for the task (PID/task/TID) to the file READY.
"""
import ctypes, os, signal, socket, sys, threading, time

NEWNS, FILES, NEWUSER, NEWPID, NEWNET = 0x20000, 0x400, 0x10000000, 0x20000000, 0x40000000
# The former is older than the numbers that all architectures share.
EXIT, OPEN_TREE = 60 if os.uname().machine == "x86_64" else 93, 428
libc = ctypes.CDLL(None, use_errno=True)
name, state, ready, *kinds = sys.argv[1:]
path = "/run/netns/" + name
kept = []


def call(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def enter():
    fd = os.open(path, os.O_RDONLY)
    call(libc.setns(fd, NEWNET))
    os.close(fd)


def inside(make):
    own = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    enter()
    kept.append(make())
    call(libc.setns(own, NEWNET))
    os.close(own)


def listener(family, address):
    made = socket.socket(family, socket.SOCK_STREAM)
    made.bind(address)
    made.listen()
    return made


def take(kind):
    kind, _, target = kind.partition("=")
    if kind == "net":
        enter()
    elif kind == "file":
        kept.append(os.open(path, os.O_RDONLY))
    elif kind == "tree":
        kept.append(call(libc.syscall(OPEN_TREE, -100, path.encode(), 0x80001)))
    elif kind == "mount":
        call(libc.mount(path.encode(), target.encode(), None, 4096, None))
    else:
        inside({
            "udp": lambda: socket.socket(socket.AF_INET6, socket.SOCK_DGRAM),
            "tcp": lambda: listener(socket.AF_INET, ("0.0.0.0", 80)),
            "unix": lambda: listener(socket.AF_UNIX, "\0keeper"),
            "packet": lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW),
            "netlink": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0),
            "tun": lambda: os.open("/dev/net/tun", os.O_RDWR),
            "proc": lambda: os.open("/proc/thread-self/net/tcp", os.O_RDONLY),
        }[kind])


def keep():
    for kind in kinds:
        take(kind)


def tell():
    with open(ready + ".new", "w") as file:
        file.write(os.readlink("/proc/thread-self"))
    os.rename(ready + ".new", ready)


def private():
    call(libc.unshare(NEWNS))
    call(libc.mount(b"none", b"/", None, 1 << 18 | 1 << 14, None))


def stay(before=lambda: None, after=lambda: None):
    before()
    keep()
    after()
    tell()
    time.sleep(1000)


def thread(before=lambda: None):
    threading.Thread(target=stay, args=[before]).start()


def child(before=lambda: None, then=lambda: time.sleep(1000)):
    pid = os.fork()
    if pid == 0:
        call(libc.prctl(1, signal.SIGKILL))
        before()
        keep()
        tell()
        then()
    os.waitpid(pid, os.WUNTRACED)
    time.sleep(1000)


def ended():
    """Ends the first thread; the others go on."""
    libc.syscall(EXIT, 0)


def stop():
    os.kill(os.getpid(), signal.SIGSTOP)


own_table = lambda: call(libc.unshare(FILES))
{
    "first": stay,
    "thread": thread,
    "thread-ended": lambda: (thread(), ended()),
    "files": lambda: thread(own_table),
    "files-ended": lambda: (thread(own_table), ended()),
    "mounts": lambda: thread(private),
    "mounts-ended": lambda: (thread(private), ended()),
    "private": lambda: stay(private),
    "pid": lambda: (call(libc.unshare(NEWPID)), child()),
    "user": lambda: stay(after=lambda: call(libc.unshare(NEWUSER))),
    "stopped": lambda: child(then=stop),
    "traced": lambda: child(lambda: call(libc.ptrace(0, 0, 0, 0)), stop),
}[state]()
