"""What a child process takes from itself before it looks at a model: memory, time, file sizes, the network."""

from __future__ import annotations

import ctypes
import fcntl
import os
import resource
import signal
import socket
import struct
from dataclasses import dataclass
from pathlib import Path

from profiler.settings import Settings

_CLONE_NEWUSER = 0x10000000  # sched.h
_CLONE_NEWNET = 0x40000000
_PR_SET_PDEATHSIG = 1  # prctl.h
_SIOCSIFFLAGS = 0x8914  # sockios.h
_IFF_UP = 1  # if.h


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of one child process; each process it starts has the same ones but for the wall clock, which is common."""

    memory_bytes: int  # writable private memory: address space that is only reserved does not count
    cpu_seconds: int
    file_bytes: int
    wall_seconds: float
    network: bool = False  # it stays on the network: the board is behind a port of another host

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """The limits a user set."""
        return cls(
            memory_bytes=settings.task_memory_bytes,
            cpu_seconds=settings.task_cpu_seconds,
            file_bytes=settings.task_file_bytes,
            wall_seconds=settings.task_wall_seconds,
        )


def confine(limits: Limits) -> None:
    """Applies all but the wall clock, which the parent watches, to this process and those it will start."""
    _libc().prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    # RLIMIT_AS would count what emulators and runtimes merely reserve, which is gigabytes
    resource.setrlimit(resource.RLIMIT_DATA, (limits.memory_bytes, limits.memory_bytes))
    # at the soft limit SIGXCPU ends the process; the hard one is for those that ignore it
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 5))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.file_bytes, limits.file_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if not limits.network:
        leave_network()


def leave_network() -> bool:
    """Puts this process into a network of its own, which has no way out; False when the system does not let it.

    It can talk to itself and to processes it starts there: emulators are told what to do over a local port.
    """
    user, group = os.getuid(), os.getgid()
    if _libc().unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
        return False
    # files written keep their owner, and programs find a user they know
    for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        Path(f"/proc/self/{name}").write_text(text, encoding="ascii")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as loopback:
        fcntl.ioctl(loopback, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _IFF_UP))
    return True


def can_leave_network() -> bool:
    """Whether children have no network on this system, tried in a process of its own."""
    child = os.fork()
    if child == 0:
        answer = 1
        try:
            answer = 0 if leave_network() else 1
        finally:
            os._exit(answer)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
