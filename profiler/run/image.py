"""What the ELF puts into the board's memories, and the model's shape as the firmware itself describes it."""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection
from intelhex import IntelHex, IntelHexError

from profiler.boards.model import Board, MemoryKind, MemoryRegion
from profiler.errors import RunError

# Armv7-M Architecture Reference Manual, A7.7.127 and A7.7.195. Looked ahead, so that matches may overlap.
_DIVIDE = re.compile(rb"(?=[\x90-\x9f\xb0-\xbf]\xfb[\xf0-\xff][\xf0-\xff])", re.DOTALL)
_ELF_MAGIC = b"\x7fELF"
MAXIMUM_FILE_BYTES = 64 << 20  # no part has that much flash; more is not read


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """Bytes of the ELF at their load address, which is where a programmer writes them."""

    load_address: int
    run_address: int
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """The loadable part of an ELF."""

    path: Path
    segments: tuple[Segment, ...]
    labels: Mapping[str, int] = field(default_factory=dict)  # addresses of symbols without a type: the linker script's

    def content(self, region: MemoryRegion, *, fill: int) -> bytes:
        """The whole of a memory before the firmware starts, `fill` where the ELF says nothing."""
        memory = bytearray([fill]) * region.size_bytes
        for segment in self.segments:
            offset = segment.load_address - region.address
            if 0 <= offset < region.size_bytes:
                memory[offset : offset + len(segment.data)] = segment.data
        return bytes(memory)

    def word(self, run_address: int) -> int | None:
        """The 32-bit word that the ELF puts at a run address, None when it puts nothing there."""
        for segment in self.segments:
            offset = run_address - segment.run_address
            if 0 <= offset <= len(segment.data) - 4:
                return int(struct.unpack_from("<I", segment.data, offset)[0])
        return None

    def bytes_at(self, run_address: int, count: int) -> bytes:
        """Up to `count` bytes that the ELF puts at a run address, none when it puts nothing there."""
        for segment in self.segments:
            offset = run_address - segment.run_address
            if 0 <= offset < len(segment.data):
                return segment.data[offset : offset + count]
        return b""

    def divides(self) -> tuple[int, ...]:
        """Where the bytes of an SDIV or UDIV are, also within data or across instructions, at the addresses code runs
        from."""
        return tuple(
            segment.run_address + match.start()
            for segment in self.segments
            for match in _DIVIDE.finditer(segment.data)
            if match.start() % 2 == 0
        )

    def vectors(self, board: Board) -> tuple[int, int]:
        """Initial stack pointer and reset address (Thumb bit cleared) from the vector table.

        Raises RunError when there is no vector table where the board looks for it, or it is not one.
        """
        table = board.boot_flash.address + board.vector_table_offset_bytes
        stack, reset = self.word(table), self.word(table + 4)
        if stack is None or reset is None:
            raise RunError(
                f"{self.path.name} has no vector table at 0x{table:08X}, where {board.name} boots",
                hint="the firmware was linked for another board",
            )
        in_ram = any(region.address < stack <= region.address + region.size_bytes for region in board.ram_regions)
        if not in_ram or stack % 4 or not reset & 1:
            raise RunError(
                f"the vector table of {self.path.name} is not valid on {board.name}: "
                f"stack pointer 0x{stack:08X}, reset 0x{reset:08X}",
                hint="the stack pointer must lie in RAM and the reset address must be odd",
            )
        return stack, reset & ~1


def load_image(path: Path, board: Board) -> Image:
    """Reads an ELF. Raises RunError when it is not one for Arm, or loads bytes where the board has no memory."""
    try:
        with path.open("rb") as file:
            elf = ELFFile(file)
            if elf.get_machine_arch() != "ARM":
                raise RunError(f"{path.name} is built for {elf.get_machine_arch()}, not for Arm")
            segments = tuple(
                Segment(load_address=header["p_paddr"], run_address=header["p_vaddr"], data=part.data())
                for part in elf.iter_segments("PT_LOAD")
                if (header := part.header)["p_filesz"]
            )
            labels = _labels(elf)
    except (OSError, ELFError) as error:
        raise RunError(f"{path.name} cannot be read as an ELF file: {error}") from error
    for segment in segments:
        _check_fits(segment, path, board)
    return Image(path=path, segments=segments, labels=labels)


def _labels(elf: ELFFile) -> dict[str, int]:
    table = elf.get_section_by_name(".symtab")
    if not isinstance(table, SymbolTableSection):
        return {}
    return {
        symbol.name: symbol["st_value"]
        for symbol in table.iter_symbols()
        if symbol["st_info"]["type"] == "STT_NOTYPE" and symbol["st_info"]["bind"] == "STB_GLOBAL"
    }


def load_any_image(path: Path, board: Board) -> Image:
    """An ELF, an Intel HEX file, or a raw image as it is written to the start of the boot flash.

    Raises RunError as `load_image`.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAXIMUM_FILE_BYTES + 1)
    except OSError as error:
        raise RunError(f"{path} cannot be read: {error.strerror}") from error
    if data.startswith(_ELF_MAGIC):
        return load_image(path, board)
    if path.suffix.lower() == ".hex":
        return _hex_image(path, board)
    address = board.boot_flash.address
    segment = Segment(load_address=address, run_address=address, data=data)
    _check_fits(segment, path, board)
    return Image(path=path, segments=(segment,))


def _hex_image(path: Path, board: Board) -> Image:
    try:
        content = IntelHex(str(path))
        segments = tuple(
            Segment(load_address=start, run_address=start, data=content.tobinstr(start, end - 1))
            for start, end in content.segments()
        )
    except (OSError, IntelHexError, UnicodeDecodeError) as error:
        raise RunError(f"{path.name} cannot be read as Intel HEX: {error}") from error
    for segment in segments:
        _check_fits(segment, path, board)
    return Image(path=path, segments=segments)


def _check_fits(segment: Segment, path: Path, board: Board) -> None:
    start, end = segment.load_address, segment.load_address + len(segment.data)
    if any(region.address <= start and end <= region.address + region.size_bytes for region in board.memories):
        return
    flash = ", ".join(
        f"{region.name} 0x{region.address:08X}-0x{region.address + region.size_bytes - 1:08X}"
        for region in board.memories
        if region.kind is MemoryKind.FLASH
    )
    raise RunError(
        f"{path.name} loads {len(segment.data):,} bytes at 0x{start:08X}, where {board.name} has no memory",
        hint=f"flash of the board: {flash}",
    )
