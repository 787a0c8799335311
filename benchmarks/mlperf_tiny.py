"""The four int8 MLPerf Tiny models on the Cortex-M4, beside TensorFlow Lite Micro's own figures, as a Markdown table.

TFLM's figures were measured once (TFLM 2026-08 with its pinned CMSIS-NN, GCC 12.2 -O2, executed instructions of one
inference under the same emulator, `arena_used_bytes`, code without weights); ours are measured as this runs.

    python benchmarks/mlperf_tiny.py FOLDER_WITH_THE_MODELS
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import profiler
from profiler.build.model import Category
from profiler.report.profile import Figure

BOARD = "nucleo_l4r5zi"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tflm:
    """What TFLM with CMSIS-NN needs for a model on the Cortex-M4."""

    instructions: int
    arena_bytes: int
    code_bytes: int


MODELS = {
    "ad01_int8": Tflm(instructions=583_008, arena_bytes=2_580, code_bytes=31_008),
    "kws_dscnn_int8": Tflm(instructions=7_697_990, arena_bytes=22_820, code_bytes=82_824),
    "ic_resnet8_int8": Tflm(instructions=29_864_443, arena_bytes=54_996, code_bytes=78_152),
    "vww_mobilenet_int8": Tflm(instructions=24_102_060, arena_bytes=100_708, code_bytes=82_824),
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="holds ad01_int8.tflite, kws_dscnn_int8.tflite, …")
    folder = parser.parse_args().folder
    print("| model | instructions | ÷ TFLM | arena, bytes | ÷ TFLM | code, bytes | ÷ TFLM | modelled latency |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, tflm in MODELS.items():
        result = profiler.profile(folder / f"{name}.tflite", board=BOARD)
        summary = result.summary
        assert isinstance(summary.instructions, Figure)
        assert isinstance(summary.latency_ms, Figure)
        assert summary.latency_ms.low is not None
        weights = sum(part.size_bytes for part in result.memory.flash_by_layer if part.category is Category.WEIGHTS)
        code_bytes = int(summary.flash_bytes.value) - weights
        error = 1 - summary.latency_ms.low / summary.latency_ms.value
        print(
            f"| {name} | {summary.instructions.value:,} | {summary.instructions.value / tflm.instructions:.2f} "
            f"| {summary.arena_bytes.value:,} | {summary.arena_bytes.value / tflm.arena_bytes:.2f} "
            f"| {code_bytes:,} | {code_bytes / tflm.code_bytes:.2f} "
            f"| {summary.latency_ms.value:.2f} ms ±{error:.0%} |"
        )


if __name__ == "__main__":
    main()
