"""The bytes a processor would fetch, by address."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

from profiler.errors import RunError


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeImage:
    """Loaded bytes as (address, content) pairs, sorted and without overlap."""

    segments: tuple[tuple[int, bytes], ...]

    def read(self, address: int, size_bytes: int) -> bytes:
        """Bytes at an address; raises RunError when the image does not hold all of them."""
        for start, content in self.segments:
            if start <= address and address + size_bytes <= start + len(content):
                return content[address - start : address - start + size_bytes]
        raise RunError(
            f"the run executed {size_bytes} bytes at 0x{address:08x}, which the firmware image does not hold",
            hint="code that the firmware generates or copies outside of its ELF segments cannot be timed",
        )


def code_image(elf_path: Path) -> CodeImage:
    """The loadable segments of an ELF file at the addresses they run from (not where flash stores them).

    Raises RunError when the file is missing or not an ELF file.
    """
    try:
        with elf_path.open("rb") as stream:
            found = (
                (segment["p_vaddr"], segment.data())
                for segment in ELFFile(stream).iter_segments("PT_LOAD")
                if segment["p_filesz"]
            )
            return image_of(found)
    except (OSError, ELFError) as error:
        raise RunError(f"cannot read the firmware {elf_path}: {error}", hint="build it again") from error


def image_of(segments: Iterable[tuple[int, bytes]]) -> CodeImage:
    """An image of (address, content) pairs in any order."""
    return CodeImage(segments=tuple(sorted(segments)))
