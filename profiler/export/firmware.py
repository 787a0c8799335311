"""A built firmware → the files that a flash tool, a debugger or a map viewer takes."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from profiler.build.model import Firmware
from profiler.build.toolchain import Toolchain

_IMAGES = {"firmware.bin": "binary", "firmware.hex": "ihex"}


def firmware_files(firmware: Firmware, toolchain: Toolchain) -> Mapping[str, bytes]:
    """`firmware.elf`, `.map`, `.bin`, `.hex` and `model.json` (what the model calls each layer and tensor).

    Raises ToolchainError.
    """
    files = {"firmware.elf": firmware.elf_path.read_bytes(), "firmware.map": firmware.map_path.read_bytes()}
    files["model.json"] = (firmware.elf_path.parent / "model.json").read_bytes()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "firmware.elf").write_bytes(files["firmware.elf"])
        for image, form in _IMAGES.items():
            toolchain.run("objcopy", ["-O", form, "firmware.elf", image], folder=folder)
            files[image] = (folder / image).read_bytes()
    return files


def image_address(firmware: Firmware) -> int:
    """Where `firmware.bin` begins: the lowest flash address of the image."""
    return min(section.address for section in firmware.sections if section.in_flash and not section.in_ram)
