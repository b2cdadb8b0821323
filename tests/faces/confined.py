"""Becomes another program under the system-call filter and the memory rule of a systemd unit, as systemd would run it.

    python confined.py <names of the allowed system calls, with commas> <program> <arguments>…

It is for tests of docs/running/purgebot.service where no systemd runs.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterable

ALLOW = 0x7FFF0000
EPERM = 0x00050000 | 1  # an error, and which
MASKED_EQUAL = 7
WRITE, EXECUTE = 2, 4
EITHER_WAY = (  # MemoryDenyWriteExecute=: the call, its argument, the bits that may not all be there
    ("mmap", 2, WRITE | EXECUTE),
    ("mprotect", 2, EXECUTE),
    ("pkey_mprotect", 2, EXECUTE),
    ("shmat", 2, 0o100000),
)


class Compared(ctypes.Structure):
    """libseccomp's `struct scmp_arg_cmp`."""

    _fields_ = (("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64))


LIBRARY = ctypes.CDLL("libseccomp.so.2", use_errno=True)
LIBRARY.seccomp_init.restype = ctypes.c_void_p
LIBRARY.seccomp_init.argtypes = (ctypes.c_uint32,)
LIBRARY.seccomp_load.argtypes = (ctypes.c_void_p,)
LIBRARY.seccomp_syscall_resolve_name.argtypes = (ctypes.c_char_p,)
LIBRARY.seccomp_rule_add_array.argtypes = (
    ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint, ctypes.POINTER(Compared),
)  # fmt: skip


def only(names: Iterable[str]) -> None:
    """From now on every other system call is refused with EPERM."""
    rules = LIBRARY.seccomp_init(EPERM)
    for name in names:
        _add(rules, ALLOW, name)
    _load(rules)


def never_both_written_and_executed() -> None:
    """From now on no memory becomes executable that is or was writable."""
    rules = LIBRARY.seccomp_init(ALLOW)
    for name, argument, bits in EITHER_WAY:
        _add(rules, EPERM, name, Compared(argument, MASKED_EQUAL, bits, bits))
    _load(rules)


def _add(rules: int, action: int, name: str, *compared: Compared) -> None:
    number = LIBRARY.seccomp_syscall_resolve_name(name.encode())
    if number >= 0:  # others are no calls of this machine
        array = (Compared * len(compared))(*compared)
        if LIBRARY.seccomp_rule_add_array(rules, action, number, len(compared), array) != 0:
            sys.exit(f"libseccomp takes no rule for {name}")


def _load(rules: int) -> None:
    if LIBRARY.seccomp_load(rules) != 0:
        sys.exit("this kernel takes no filter of system calls")


if __name__ == "__main__":
    allowed, program, *arguments = sys.argv[1:]
    never_both_written_and_executed()
    only(allowed.split(","))
    os.execv(program, [program, *arguments])
