"""CoreMark at no wait states against published results: docs/coremark.md.

Runs when PROFILER_COREMARK_FOLDER names a folder of CoreMark ELFs, which the project neither contains nor builds.
Each is named core--compiler-flags.elf, e.g. cortex-m4--gcc12.2-O3.elf; is linked for the flash (0x0800_0000) and the
SRAM (0x2000_0000) of the STM32F407, whatever its core; does ITERATIONS iterations of the 2K performance run; enables
USART2; and sends the line "start" from start_time() and the text "end" from stop_time().
"""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pytest

from profiler.boards.loader import load_board, load_core
from profiler.run.foreign import CountedRegion, ImageRunner
from profiler.run.image import load_image
from profiler.timing.code_image import image_of
from profiler.timing.estimate import estimate
from tests.support.published_coremark import PUBLISHED

FOLDER = os.environ.get("PROFILER_COREMARK_FOLDER", "")
ITERATIONS = 10
ELFS = {path.stem: path for path in sorted(Path(FOLDER).glob("*--*.elf"))} if FOLDER else {}


def modelled_coremark_per_mhz(elf: Path) -> float:
    """Iterations in a million cycles on the core that the file is named after."""
    core = load_core(elf.stem.split("--")[0])
    board = dataclasses.replace(load_board("stm32f4_discovery"), core=core)
    runner = ImageRunner(
        board=board, instruction_limit=100_000_000, wall_limit_seconds=60.0, memory_simulation=False
    )  # without it nothing waits for memory
    region = CountedRegion(start=("start",), end_text="end")
    run = runner.run(load_image(elf, board), b"", b"", region)
    return ITERATIONS * 1e6 / estimate(run.profile, board, image_of(run.code)).total_cycles


@pytest.mark.skipif(not ELFS, reason="PROFILER_COREMARK_FOLDER names no folder with CoreMark ELFs")
@pytest.mark.parametrize("name", [name for name in PUBLISHED if name in ELFS or not ELFS])
def test_coremark_is_as_fast_as_was_published(name: str) -> None:
    published = PUBLISHED[name]
    modelled = modelled_coremark_per_mhz(ELFS[name])
    print(f"{name}: modelled {modelled:.3f}, published {published.lowest:.3f} to {published.highest:.3f} CoreMark/MHz")
    assert published.lowest * (1 - published.tolerance) <= modelled <= published.highest * (1 + published.tolerance)
