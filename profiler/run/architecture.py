"""For which architecture a firmware was compiled: an emulator may be kinder than the core."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

from profiler.boards.model import Board
from profiler.errors import RunError

_BASELINE = (11, 12, 16)  # Tag_CPU_arch v6-M, v6S-M, v8-M.baseline (Arm ABI addenda, 3.3.5.2)


def require_instructions_of(elf_path: Path, board: Board) -> None:
    """Raises RunError when an Armv6-M board gets code that may hold more: Renode's Cortex-M0+ executes Thumb-2."""
    if not board.core.is_armv6m:
        return
    found = _cpu_arch(elf_path)
    if found not in _BASELINE:
        raise RunError(
            f"{elf_path.name} was not compiled for Armv6-M (Tag_CPU_arch is {found}), but {board.name} has a "
            f"{board.core.name}",
            hint="build the firmware for this board",
        )


def _cpu_arch(elf_path: Path) -> int | None:
    """Tag_CPU_arch of the file's build attributes, None when it has none."""
    try:
        with elf_path.open("rb") as file:
            section: Any = ELFFile(file).get_section_by_name(".ARM.attributes")
            for subsection in section.iter_subsections() if section is not None else ():
                for part in subsection.iter_subsubsections():
                    for attribute in part.iter_attributes("TAG_CPU_ARCH"):
                        return int(attribute.value)
    except (OSError, ELFError) as error:
        raise RunError(f"cannot read the firmware {elf_path}: {error}", hint="build it again") from error
    return None
