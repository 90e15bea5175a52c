"""What a child process gives up before it looks at the first file. Linux; what a kernel lacks is gone without.

Three layers that do not depend on one another: limits on processor time, memory, files (POSIX); no file system and no
network (user and network namespace, Landlock); no system calls that reach other processes or open connections
(seccomp). None needs privileges, and in a container that forbids one the others still hold.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import math
import os
import platform
import resource
import signal
import struct
import time
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")
_CLONE_NEWUSER, _CLONE_NEWNET, _CLONE_THREAD = 0x10000000, 0x40000000, 0x10000
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38

_LANDLOCK_CREATE, _LANDLOCK_RESTRICT = 444, 446
_LANDLOCK_VERSION = 1
# Rights that each version of Landlock's interface knows: (file system, network, scope).
_LANDLOCK_RIGHTS = {1: (0x1FFF, 0, 0), 2: (0x3FFF, 0, 0), 3: (0x7FFF, 0, 0), 4: (0x7FFF, 3, 0), 5: (0xFFFF, 3, 0)}
_LANDLOCK_NEWEST = (6, (0xFFFF, 3, 3))

_SECCOMP = {"x86_64": 317, "aarch64": 277}
_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_SECCOMP_FILTER, _SECCOMP_TSYNC = 1, 1
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_LOAD, _EQUAL, _GREATER_EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_X32 = 0x40000000
_NUMBER_AT, _ARCH_AT, _FIRST_ARGUMENT_AT = 0, 4, 16

# System call numbers: (x86_64, aarch64); None where there is no such call.
_DENIED: dict[str, tuple[int | None, int]] = {
    "socket": (41, 198), "connect": (42, 203), "accept": (43, 202), "bind": (49, 200), "listen": (50, 201),
    "socketpair": (53, 199), "accept4": (288, 242), "fork": (57, -1), "vfork": (58, -1), "execve": (59, 221),
    "execveat": (322, 281), "kill": (62, 129), "tkill": (200, 130), "ptrace": (101, 117), "mount": (165, 40),
    "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51), "unshare": (272, 97), "setns": (308, 268),
    "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "open_by_handle_at": (304, 265), "bpf": (321, 280),
    "perf_event_open": (298, 241), "userfaultfd": (323, 282), "add_key": (248, 217), "request_key": (249, 218),
    "keyctl": (250, 219), "io_uring_setup": (425, 425), "pidfd_send_signal": (424, 424), "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
}  # fmt: skip
_CLONE = {"x86_64": 56, "aarch64": 220}
_CLONE3 = 435
_TGKILL = {"x86_64": 234, "aarch64": 131}

_libc = ctypes.CDLL(None, use_errno=True)


def begin() -> list[str]:
    """Before anything is imported that might start threads: no core files, no new privileges, no network.

    Returns the names of what took effect.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    done = []
    if _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0:
        done.append("no-new-privileges")
    if _libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0:
        done.append("network-namespace")
    return done


def stand_back(nice: int) -> None:
    """Let others go first, and end with the parent: nobody waits for what is made here."""
    os.nice(nice)
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def lock(*, memory: int, open_files: int) -> list[str]:
    """Once everything is imported and warm: `memory` more bytes, no growing files, no file system, few system calls.

    Returns the names of what took effect.
    """
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    for limit, value in (
        (resource.RLIMIT_AS, pages * _PAGE + memory),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, open_files),
    ):
        resource.setrlimit(limit, (value, value))
    done = ["limits"]
    if _landlock():
        done.append("landlock")
    if _seccomp():
        done.append("seccomp")
    return done


# The clock that RLIMIT_CPU goes by (CPUCLOCK_PROF of this process in <linux/posix-timers.h>): it counts ticks, and runs
# seconds ahead of time.process_time() in a process that has worked for a while on a busy machine.
_LIMITED_CLOCK = -8


def allow_processor(seconds: float) -> None:
    """From now on this process may use `seconds` more of processor time; then SIGPROF ends it.

    A timer knows fractions. Behind it stands the limit in whole seconds, which nothing in here can take back.
    """
    with contextlib.suppress(ValueError):  # a lower hard limit was set from outside: that one holds
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        whole = int(time.clock_gettime(_LIMITED_CLOCK)) + 1 + math.ceil(seconds)
        resource.setrlimit(resource.RLIMIT_CPU, (whole, hard))
    signal.setitimer(signal.ITIMER_PROF, seconds)


def rest() -> None:
    """Between two pieces of work the timer stands still."""
    signal.setitimer(signal.ITIMER_PROF, 0)


def _landlock() -> bool:
    """Give up the file system: an empty ruleset allows nothing of what it handles."""
    version = _libc.syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), _LANDLOCK_VERSION)
    if version < 1:
        return False
    newest, rights = _LANDLOCK_NEWEST
    rights = rights if version >= newest else _LANDLOCK_RIGHTS[version]
    shape = "QQQ"[: 1 + (version >= 4) + (version >= newest)]  # noqa: PLR2004 - network rights came with version 4
    attributes = struct.pack(shape, *rights[: len(shape)])
    ruleset = _libc.syscall(_LANDLOCK_CREATE, attributes, ctypes.c_size_t(len(attributes)), 0)
    if ruleset < 0:
        return False
    try:
        return bool(_libc.syscall(_LANDLOCK_RESTRICT, ruleset, 0) == 0)
    finally:
        os.close(ruleset)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def _seccomp() -> bool:
    """Deny the system calls of _DENIED, new processes, and signals to others."""
    machine = platform.machine()
    if machine not in _SECCOMP:
        return False
    code = b"".join(struct.pack("<HBBI", *step) for step in _filter(machine))
    buffer = ctypes.create_string_buffer(code, len(code))
    program = _Program(len(code) // 8, ctypes.cast(buffer, ctypes.c_void_p))
    done = _libc.syscall(_SECCOMP[machine], _SECCOMP_FILTER, _SECCOMP_TSYNC, ctypes.byref(program))
    return bool(done == 0)


def _filter(machine: str) -> list[tuple[int, int, int, int]]:
    """The filter as (operation, jump if true, jump if false, value)."""
    refuse = (_RETURN, 0, 0, _ERRNO | errno.EPERM)
    allow = (_RETURN, 0, 0, _ALLOW)
    steps = [
        (_LOAD, 0, 0, _ARCH_AT),
        (_EQUAL, 1, 0, _AUDIT_ARCH[machine]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER_AT),
    ]
    if machine == "x86_64":
        steps += [(_GREATER_EQUAL, 0, 1, _X32), refuse]
    column = 0 if machine == "x86_64" else 1
    for numbers in _DENIED.values():
        number = numbers[column]
        if number is not None and number >= 0:
            steps += [(_EQUAL, 0, 1, number), refuse]
    # The C library tries clone3 first and falls back to clone, whose flags a filter can read: threads only.
    steps += [(_EQUAL, 0, 1, _CLONE3), (_RETURN, 0, 0, _ERRNO | errno.ENOSYS)]
    steps += [(_EQUAL, 0, 4, _CLONE[machine]), (_LOAD, 0, 0, _FIRST_ARGUMENT_AT)]
    steps += [(_ANY_BIT, 0, 1, _CLONE_THREAD), allow, refuse]
    # abort() signals its own process; nobody else's.
    steps += [(_EQUAL, 0, 4, _TGKILL[machine]), (_LOAD, 0, 0, _FIRST_ARGUMENT_AT)]
    steps += [(_EQUAL, 0, 1, os.getpid()), allow, refuse]
    return [*steps, allow]
