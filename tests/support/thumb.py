"""Assembles Thumb snippets for the timing tests, all snippets of a core in one go."""

from __future__ import annotations

import functools
import re
import subprocess
import tempfile
from pathlib import Path

_AS = {
    "cortex-m0": "-mcpu=cortex-m0",
    "cortex-m0-small-multiplier": "-mcpu=cortex-m0",
    "cortex-m0plus": "-mcpu=cortex-m0plus",
    "cortex-m0plus-small-multiplier": "-mcpu=cortex-m0plus",
    "cortex-m3": "-mcpu=cortex-m3",
    "cortex-m4": "-mcpu=cortex-m4 -mfpu=fpv4-sp-d16",
    "cortex-m7": "-mcpu=cortex-m7 -mfpu=fpv5-sp-d16",
    "cortex-m33": "-mcpu=cortex-m33 -mfpu=fpv5-sp-d16",
    "cortex-m55": "-march=armv8-m.main+dsp+fp",  # scalar code, as firmware is built: boards/cores/cortex-m55.toml
    "cortex-m85": "-march=armv8-m.main+dsp+fp",
}
_MARK = b"\x00\xde\xad\xde"  # udf #0; udf #173: between snippets, in none of them


@functools.cache
def assemble(core: str, snippets: tuple[str, ...]) -> dict[str, bytes]:
    """Machine code of each snippet (instructions separated by ';')."""
    body = "\n".join(snippet.replace(";", "\n") + "\nudf #0\nudf #173" for snippet in snippets)
    with tempfile.TemporaryDirectory() as folder:
        source, target, raw = (Path(folder) / name for name in ("a.s", "a.o", "a.bin"))
        source.write_text(f".syntax unified\n.thumb\n.balign 4\n{body}\n")
        subprocess.run(["arm-none-eabi-as", *_AS[core].split(), "-o", target, source], check=True)
        subprocess.run(["arm-none-eabi-objcopy", "-O", "binary", "-j", ".text", target, raw], check=True)
        pieces = re.split(re.escape(_MARK), raw.read_bytes())
    assert len(pieces) > len(snippets), "a snippet contains the separator"
    return dict(zip(snippets, pieces, strict=False))
