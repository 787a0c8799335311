"""A built firmware and where its bytes went."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Optimization(StrEnum):
    SPEED = "O3"
    BALANCED = "O2"
    SIZE = "Os"


class Category(StrEnum):
    """What a byte of flash or RAM is for."""

    WEIGHTS = "weights"  # packed weights, biases, quantization tables of layers
    KERNELS = "kernels"  # code of the layers and of what only they call
    HARNESS = "harness"  # protocol, timer, stack painter, model descriptor
    BOOT = "boot"  # vector table, start-up, clock and UART drivers
    LIBC = "libc"  # newlib, libgcc, libm
    ARENA = "arena"
    STACK = "stack"
    HEAP = "heap"
    OTHER = "other"  # padding, linker-made tables


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """An allocated ELF section; `.data` occupies flash (its load address) and RAM (its run address)."""

    name: str
    address: int
    size_bytes: int
    in_flash: bool
    in_ram: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Symbol:
    """A sized symbol. `layer` is the operator index whose translation unit defined it, None for everything else."""

    name: str
    address: int
    size_bytes: int
    section: str
    category: Category
    layer: int | None
    source_file: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Firmware:
    """A linked ELF with what the later stages ask of it."""

    elf_path: Path
    map_path: Path
    build_digest: str
    toolchain: str  # "arm-none-eabi-gcc 12.2.1"
    flags: tuple[str, ...]
    sections: tuple[Section, ...]
    symbols: tuple[Symbol, ...]

    def symbol_address(self, name: str) -> int:
        """Address of a symbol, without the Thumb bit. Raises KeyError when there is none."""
        for symbol in self.symbols:
            if symbol.name == name:
                return symbol.address & ~1
        raise KeyError(name)
