"""Where measured points come from: the published set, a measurement file. Each yields exact counts beside cycles."""

from __future__ import annotations

import hashlib
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from profiler.boards.model import Board
from profiler.build.model import Optimization
from profiler.calibration import microbench
from profiler.calibration.measurements import Measurement, MeasurementFile
from profiler.calibration.model import CalibrationPoint, counted_layers
from profiler.errors import CalibrationError, ProfilerError, SettingsError
from profiler.lab.attach import Attachment, run_on
from profiler.pipeline import Options, execute
from profiler.progress import Progress
from profiler.run.foreign import region_of
from profiler.run.image import load_any_image
from profiler.run.model import MeasuredRun
from profiler.settings import Settings
from profiler.timing.accuracy import PROMPT, SCRIPT, as_measured, region_of_point, run_configured
from profiler.timing.code_image import code_image, image_of
from profiler.timing.published import PublishedPoint, Role, find_firmware, published_points
from profiler.timing.virtual_time import Counter
from profiler.timing.virtual_time import counted as counter_of

Tell = Callable[[str], None]
_HELD_OUT_OF_BENCHMARKS = 5  # every fifth


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Points with where they come from; `left_out` are measurements that could not be executed, and why."""

    points: tuple[CalibrationPoint, ...]
    provenance: str
    left_out: tuple[str, ...] = ()
    silicon: bool = True  # False: an emulator stood in for the board


def published(board: Board, folder: Path, tell: Tell) -> Source:
    """The published measurements of a board whose firmware lies anywhere below `folder`.

    Round v1.1 is fitted, the other rounds are held out. Raises SettingsError without any firmware of this board.
    """
    if not folder.is_dir():
        raise SettingsError(f"{folder} is no folder", hint="clone github.com/mlcommons/tiny_results_v1.1 there")
    points = [point for point in published_points() if point.board == board.name]
    files = find_firmware(folder, points)
    if not files:
        raise SettingsError(
            f"no published firmware of {board.name} is below {folder}",
            hint=f"there are {len(points)} published measurements of it; `profiler accuracy` names them",
        )
    found, left_out = [], []
    for point in points:
        name = f"{point.round} {point.organisation} {point.system} {point.task}"
        try:
            if point.sha256 not in files:
                raise SettingsError(f"{Path(point.path).name} is not below the firmware folder")
            found.append(_published_point(board, point, name, files[point.sha256]))
            tell(f"{name}: counted")
        except ProfilerError as error:
            left_out.append(f"{name}: {error.message}")
            tell(f"{name}: left out: {error.message}")
    return Source(
        points=tuple(found),
        provenance="published latencies of MLPerf Tiny, closed division, with the firmware that was measured; "
        "round v1.1 fitted, later rounds held out",
        left_out=tuple(left_out),
    )


def _published_point(board: Board, point: PublishedPoint, name: str, firmware: Path) -> CalibrationPoint:
    region = region_of_point(point)
    measured = as_measured(board, point)
    configured, _, run = run_configured(load_any_image(firmware, measured), measured, SCRIPT, PROMPT, region)
    return CalibrationPoint(
        name=name,
        digest=point.sha256,
        measured_cycles=point.measured_cycles,
        fitted=point.role is Role.FITTED,
        board=configured,
        layers=counted_layers(run.profile, configured, image_of(run.code)),
    )


def from_file(
    board: Board, board_name: str, file: MeasurementFile, folder: Path, settings: Settings, tell: Tell
) -> Source:
    """The points of a measurement file; paths in it are below `folder`, where it lies.

    Raises what executing them raises: a measurement of one's own that cannot be repeated is an error.
    """
    points = []
    for measurement in file.measurements:
        if measurement.model is not None:
            points.append(_model_point(board, board_name, measurement, folder, settings))
        elif measurement.firmware is not None:
            points.append(_firmware_point(board, measurement, folder, settings))
        else:
            continue
        tell(f"{measurement.name}: counted")
    of_benchmarks = [each for each in file.measurements if each.microbenchmark is not None]
    if of_benchmarks:
        points += _microbenchmark_points(board, of_benchmarks, settings)
        tell(f"{len(of_benchmarks)} microbenchmarks: counted")
    return Source(points=tuple(points), provenance=file.provenance)


def on_board(board: Board, where: Attachment, settings: Settings, tell: Tell) -> Source:
    """The microbenchmarks as an attached board measures them: medians of its runs by the core's own counter.

    Every fifth benchmark is held out. Raises as run_on, and CalibrationError when the board's clock is not what the
    board file says or it has no room for counters.
    """
    firmware = microbench.build(board, settings)
    names = [each.name for each in microbench.microbenchmarks(board)]
    counted = microbench.points(board, firmware, names, settings)
    tell(f"{len(names)} microbenchmarks: counted")
    place, run = run_on(where, firmware, board, [[microbench.INPUT]])
    if run.clock is not None and run.clock.is_wrong:
        believed, found = board.clock_hz / 1e6, run.clock.measured_hz / 1e6
        raise CalibrationError(
            f"the board's clock is {found:.1f} MHz by the host's, not {believed:g} MHz",
            hint="its clock tree is set up otherwise than the board file says: wait states would be wrong too",
        )
    measured = {layer.layer: round(statistics.median(layer.cycles)) for layer in run.profile.layers}
    if len(measured) < len(names):
        raise CalibrationError(f"the board did not measure its layers: {run.profile.layers_unavailable}")
    silicon = place.silicon and (place.usb or _counter(run, board, counted) is Counter.CYCLES)
    tell(f"{len(names)} microbenchmarks: {'measured' if silicon else 'simulated'} on {place.name}")
    points = tuple(
        replace(point, measured_cycles=measured[index], fitted=index % _HELD_OUT_OF_BENCHMARKS != 0)
        for index, point in enumerate(counted)
    )
    whose = "its own cycle counter" if silicon else "simulated: cycles of an emulator"
    provenance = (
        f"microbenchmarks on {board.title} at {place.name} ({place.location}), {whose}, median of {where.repeat}"
    )
    return Source(points=points, provenance=provenance, silicon=silicon)


def _counter(run: MeasuredRun, board: Board, modelled: Sequence[CalibrationPoint]) -> Counter:
    """What the counter of a run counted, by all microbenchmarks' instructions and modelled cycles, in their order."""
    return counter_of(
        run.profile,
        clock_hz=board.clock_hz,
        instructions={index: point.layers[0][0].instructions for index, point in enumerate(modelled)},
        modelled={index: point.measured_cycles for index, point in enumerate(modelled)},
    )


def _microbenchmark_points(
    board: Board, measurements: Sequence[Measurement], settings: Settings
) -> tuple[CalibrationPoint, ...]:
    names = [each.microbenchmark or "" for each in measurements]
    counted = microbench.points(board, microbench.build(board, settings), names, settings)
    return tuple(
        replace(point, name=each.name, measured_cycles=each.cycles, fitted=not each.held_out)
        for each, point in zip(measurements, counted, strict=True)
    )


def _model_point(
    board: Board, board_name: str, measurement: Measurement, folder: Path, settings: Settings
) -> CalibrationPoint:
    model = measurement.model or ""
    path = model if model.startswith("zoo:") else str(folder / model)
    options = Options(optimization=Optimization(measurement.optimize), kernels=measurement.kernels, input_sets=1)
    done = execute(path, board=board_name, options=options, settings=settings, progress=Progress())
    return CalibrationPoint(
        name=measurement.name,
        digest=done.firmware.build_digest,
        measured_cycles=measurement.cycles,
        fitted=not measurement.held_out,
        board=board,
        layers=counted_layers(done.run.profile, board, code_image(done.firmware.elf_path)),
    )


def _firmware_point(board: Board, measurement: Measurement, folder: Path, settings: Settings) -> CalibrationPoint:
    path = folder / (measurement.firmware or "")
    configured, _, run = run_configured(
        load_any_image(path, board),
        board,
        measurement.uart_script.encode(),
        measurement.prompt.encode(),
        region_of(measurement.start, measurement.end),
        instruction_limit=settings.max_instructions,
        wall_limit_seconds=settings.max_wall_seconds,
    )
    return CalibrationPoint(
        name=measurement.name,
        digest=hashlib.sha256(path.read_bytes()).hexdigest(),
        measured_cycles=measurement.cycles,
        fitted=not measurement.held_out,
        board=configured,
        layers=counted_layers(run.profile, configured, image_of(run.code)),
    )
