"""`profiler accuracy`: the cycle model against published measurements."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from profiler.errors import SettingsError

if TYPE_CHECKING:
    from profiler.timing.accuracy_page import Result


def accuracy(
    firmware_folder: Annotated[
        Path, typer.Option("--firmware-folder", help="Folder with the published firmware, anywhere below it.")
    ],
    board: Annotated[str, typer.Option("--board", "-b", help="Only this board; the page is then not written.")] = "",
    output: Annotated[Path, typer.Option("--output", "-o", help="The page to write.")] = Path("docs/accuracy.md"),
) -> None:
    """Compare the cycle model with published measurements of published firmware."""
    from profiler.output import write_output
    from profiler.timing.accuracy import Comparison, NotCompared, compare
    from profiler.timing.accuracy_page import accuracy_page
    from profiler.timing.published import find_firmware, published_points

    if not firmware_folder.is_dir():
        raise SettingsError(
            f"{firmware_folder} is no folder", hint="clone github.com/mlcommons/tiny_results_v1.1 there"
        )
    points = [point for point in published_points() if board in ("", point.board)]
    if not points:
        known = ", ".join(sorted({point.board for point in published_points()}))
        raise SettingsError(f"there are no published measurements of {board!r}", hint=f"there are of {known}")
    files = find_firmware(firmware_folder, points)
    console, results = Console(highlight=False, soft_wrap=True), list[Result]()
    for point in points:
        path = files.get(point.sha256)
        missing = NotCompared(point=point, reason=f"{Path(point.path).name} is not below the firmware folder")
        results.append(compare(point, path) if path else missing)
        console.print(_line(results[-1]), markup=False)
    if not any(isinstance(result, Comparison) for result in results):
        raise SettingsError(
            f"none of the published firmware is below {firmware_folder}",
            hint="clone github.com/mlcommons/tiny_results_v1.1 and tiny_results_v1.2 there",
        )
    if not board:
        write_output(output, accuracy_page(results))
        console.print(f"wrote {output}", markup=False)


def _line(result: Result) -> str:
    from profiler.timing.accuracy import NotCompared

    point = result.point
    name = f"{point.round} {point.organisation:18} {point.system:34} {point.task:4}"
    if isinstance(result, NotCompared):
        return f"{name} not compared: {result.reason}"
    return (
        f"{name} {result.error_fraction:+7.1%}  measured {point.measured_cycles:>12,}  "
        f"modelled {result.estimate.total_cycles:>12,}  instructions x 1 {result.instruction_error_fraction:+7.1%}"
    )
