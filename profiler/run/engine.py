"""The Unicorn engine behind a few typed methods; no other file knows its binding or its constants."""

from __future__ import annotations

import ctypes
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from types import FrameType
from typing import Any

from profiler.errors import BoardError, RunError

UNICORN_VERSION = "2.1.3"  # 2.1.4 executes wrongly with memory hooks attached
GENERAL_REGISTERS = (*(f"R{number}" for number in range(13)), "SP", "LR", "PC", "XPSR")
SAVED_BY_EXCEPTIONS = ("R0", "R1", "R2", "R3", "R12", "LR", "XPSR")
_NEVER = 0xFFFF_FFFE  # an address at which execution never ends by itself


class Engine:
    """One Cortex-M core without any memory yet."""

    def __init__(self, core_model: str) -> None:
        """`core_model`: tail of a UC_CPU_ARM_* name. Raises BoardError for others, RunError on the wrong version."""
        self._module = load_unicorn()
        self._constants = import_module("unicorn.arm_const")
        self._library = import_module("unicorn.unicorn_py3.unicorn").uclib
        model = getattr(self._constants, f"UC_CPU_ARM_{core_model}", None)
        if model is None:
            raise BoardError(f"the emulator has no core model {core_model!r}")
        self._unicorn: Any = self._module.Uc(
            self._module.UC_ARCH_ARM, self._module.UC_MODE_THUMB | self._module.UC_MODE_MCLASS
        )
        self._unicorn.ctl_set_cpu_model(model)

    @property
    def handle(self) -> Any:
        """The C engine."""
        return self._unicorn._uch

    def close(self) -> None:
        """Frees the engine; nothing calls a hook afterwards."""
        del self._unicorn

    def function(self, name: str) -> ctypes.c_void_p:
        """A function of Unicorn's C interface, to be called from native code."""
        return ctypes.cast(getattr(self._library, name), ctypes.c_void_p)

    def register_number(self, name: str) -> int:
        """Unicorn's number of a register named as in GENERAL_REGISTERS."""
        return int(getattr(self._constants, f"UC_ARM_REG_{name}"))

    def read_register(self, name: str) -> int:
        """Its value as it is now."""
        return int(self._unicorn.reg_read(self.register_number(name)))

    def write_register(self, name: str, value: int) -> None:
        """Sets it before the start."""
        self._unicorn.reg_write(self.register_number(name), value)

    def read_memory(self, address: int, size_bytes: int) -> bytes:
        """Bytes as the core sees them. Raises RunError where nothing is mapped."""
        try:
            return bytes(self._unicorn.mem_read(address, size_bytes))
        except self._module.UcError as error:
            raise RunError(f"0x{address:08X} cannot be read: {error}") from error

    def map_memory(self, address: int, size_bytes: int, host_address: int, *, writable: bool) -> None:
        """Makes host memory appear at `address`; whole pages only. Raises BoardError when that is not possible."""
        module = self._module
        permissions = module.UC_PROT_ALL if writable else module.UC_PROT_READ | module.UC_PROT_EXEC
        try:
            self._unicorn.mem_map_ptr(address, size_bytes, permissions, host_address)
        except module.UcError as error:
            raise BoardError(f"memory at 0x{address:08X} ({size_bytes:,} bytes) cannot be emulated: {error}") from error

    def map_peripherals(self, address: int, size_bytes: int, read: int, write: int, user: int) -> None:
        """Native callbacks answer every access to the range. Raises BoardError when it cannot be mapped."""
        status = self._library.uc_mmio_map(self.handle, address, size_bytes, read, user, write, user)
        if status:
            raise BoardError(f"peripherals at 0x{address:08X} (0x{size_bytes:X} bytes) cannot be emulated: {status}")

    def add_hook(self, kind: str, callback: int, user: int | None, *, begin: int = 1, end: int = 0) -> None:
        """`kind`: tail of a UC_HOOK_* name; `callback`: a native function, for `begin` to `end` or for everything."""
        handle = ctypes.c_size_t()
        number = getattr(self._module, f"UC_HOOK_{kind}")
        status = self._library.uc_hook_add(self.handle, ctypes.byref(handle), number, callback, user, begin, end)
        if status:
            raise RunError(f"the emulator refused a hook ({kind}: error {status})")

    def run(self, address: int, until: int = _NEVER) -> str:
        """Executes Thumb code from `address` until something ends it; what the engine said of it, "" for nothing.

        Raises KeyboardInterrupt once the engine has stopped.
        """
        with _interrupt_held_back(self._unicorn.emu_stop):
            try:
                self._unicorn.emu_start(address | 1, until)
            except self._module.UcError as error:
                return str(error)
        return ""


@contextmanager
def _interrupt_held_back(stop: Callable[[], None]) -> Iterator[None]:
    """Ctrl-C calls `stop` and raises at the end: an exception in one of the engine's callbacks would be lost."""
    in_charge = threading.current_thread() is threading.main_thread()
    if not in_charge or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    pressed = threading.Event()

    def note(_number: int, _frame: FrameType | None) -> None:
        pressed.set()
        stop()

    before = signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if pressed.is_set():
        raise KeyboardInterrupt


def load_unicorn() -> Any:
    """The unicorn module. Raises RunError unless it is the one version that is known to count rightly."""
    module = import_module("unicorn")
    if module.__version__ != UNICORN_VERSION:
        raise RunError(
            f"unicorn {module.__version__} is installed, but this emulator needs {UNICORN_VERSION}",
            hint=f"pip install unicorn=={UNICORN_VERSION}",
        )
    return module
