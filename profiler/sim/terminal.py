"""A pseudo-terminal as the board's side of a virtual COM port."""

from __future__ import annotations

import fcntl
import os
import select
import struct
import termios
import tty
from contextlib import suppress

_SPEEDS = {
    getattr(termios, name): int(name[1:]) for name in dir(termios) if name[0] == "B" and name[1:].isdigit()
}  # constants of <termios.h>
_WRITE_SECONDS = 1.0
_OUTPUT_SPEED = 5  # of tcgetattr's list
_TCGETS2, _TERMIOS2 = 0x802C542A, struct.Struct("4I20B2I")  # Linux, <asm/termbits.h>: rates without a constant


class Terminal:
    """Bytes go through while a host has the port open; what is said meanwhile without one is lost, as on a board."""

    def __init__(self) -> None:
        self._master, slave = os.openpty()
        tty.setraw(slave)
        self.path = os.ttyname(slave)
        os.close(slave)  # from now on the kernel tells when nobody listens
        os.set_blocking(self._master, False)

    def close(self) -> None:
        """The port disappears."""
        if self._master >= 0:
            os.close(self._master)
        self._master = -1

    @property
    def file(self) -> int:
        """For `select`."""
        return self._master

    def is_open(self) -> bool:
        """Whether a host has it open."""
        poll = select.poll()
        poll.register(self._master, 0)
        return not any(event & (select.POLLHUP | select.POLLERR) for _, event in poll.poll(0))

    def baud(self) -> int:
        """The baud rate the host has set; 0 when it cannot be told."""
        known = _SPEEDS.get(termios.tcgetattr(self._master)[_OUTPUT_SPEED])
        return self._any_baud() if known is None else known

    def _any_baud(self) -> int:
        with suppress(OSError):
            answer = fcntl.ioctl(self._master, _TCGETS2, bytes(_TERMIOS2.size))
            return int(_TERMIOS2.unpack(answer)[-1])
        return 0

    def read(self) -> bytes:
        """What the host has sent; nothing when there is nothing."""
        with suppress(OSError):
            return os.read(self._master, 4096)
        return b""

    def write(self, data: bytes) -> None:
        """To the host; what it does not take for a second is lost."""
        while data and self.is_open():
            try:
                data = data[os.write(self._master, data) :]
            except BlockingIOError:
                if not select.select([], [self._master], [], _WRITE_SECONDS)[1]:
                    return
            except OSError:
                return
