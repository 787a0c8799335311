"""The formats of `profiler export`, one row each: what it writes, and which choices mean something to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from profiler.boards.loader import core_names, load_board, load_core
from profiler.boards.model import Core
from profiler.build.toolchain import find_toolchain
from profiler.codegen.kernels import VARIANT_PREFERENCE
from profiler.convert.convert import to_saved_model
from profiler.convert.load import load_model, model_path
from profiler.errors import SettingsError
from profiler.export.archive import zip_of
from profiler.export.cpp_library import ANY_CORE, library_files, needs_dsp
from profiler.export.firmware import firmware_files, image_address
from profiler.export.model import ArenaPlace, ExportFormat, ExportOptions, ExportResult
from profiler.export.names import DEFAULT_NAME, checked_name
from profiler.graph.check import require_supported
from profiler.graph.tflite_reader import read
from profiler.output import write_output
from profiler.pipeline import Options, build, prepare
from profiler.progress import Progress
from profiler.settings import Settings

PORTABLE = "ref"
Writer = Callable[[str, Path, ExportOptions, Settings, Progress], ExportResult]


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """`takes` are the fields of ExportOptions that change what `write` writes."""

    what: str
    takes: frozenset[str]
    write: Writer


def export(
    model: str, output: Path, *, to: str, options: ExportOptions, settings: Settings, progress: Progress | None = None
) -> ExportResult:
    """Write `model` (a file, a SavedModel or `zoo:NAME`) to `output` in the format `to`.

    Raises SettingsError for an unknown format, a choice that has no effect on it, or a place that cannot be written;
    and what `pipeline.prepare` and `pipeline.build` raise.
    """
    if to not in FORMATS:
        raise SettingsError(f"there is no export format {to!r}", hint=f"choose one of: {', '.join(FORMATS)}")
    chosen = FORMATS[to]
    given = {field.name for field in fields(options) if getattr(options, field.name) is not None}
    if idle := sorted(given - chosen.takes):
        takes = ", ".join(f"--{name}" for name in sorted(chosen.takes)) or "none of these options"
        raise SettingsError(
            f"--{', --'.join(idle)} would change nothing in {to}: {chosen.what}", hint=f"{to} takes {takes}"
        )
    return chosen.write(model, output, options, settings, progress or Progress())


def _cpp_library(
    model: str, output: Path, options: ExportOptions, settings: Settings, progress: Progress
) -> ExportResult:
    name = checked_name(options.name or DEFAULT_NAME)
    core = _core(options)
    pipeline_options = _pipeline_options(options)
    ready = prepare(model, core=core, options=pipeline_options, progress=progress, settings=settings)
    with progress.stage("emit"):
        files = library_files(
            ready,
            name=name,
            core=core,
            arena=options.arena or ArenaPlace.STATIC,
            optimization=pipeline_options.optimization,
        )
    tuned = f"tuned for {core.name}" if needs_dsp(ready) else "portable: runs on any core"
    return ExportResult(
        paths=(write_output(output, zip_of(files)),),
        notes=(f"{tuned}; RAM for the arena: {ready.plan.arena_bytes} bytes",),
    )


def _core(options: ExportOptions) -> Core:
    """The core that kernels are chosen for. Without one, they must run on every core."""
    if options.core is not None and options.board is not None:
        raise SettingsError("--core and --board were both given", hint="a board has its core: leave out --core")
    if options.board is not None:
        return load_board(options.board).core
    if options.core is not None:
        return load_core(options.core)
    if options.kernels in VARIANT_PREFERENCE and options.kernels != PORTABLE:
        raise SettingsError(
            f"--kernels {options.kernels} needs to know the core",
            hint=f"add --core, one of: {', '.join(core_names())}; or --board",
        )
    return ANY_CORE


def _tflite(model: str, output: Path, _options: ExportOptions, settings: Settings, progress: Progress) -> ExportResult:
    with progress.stage("read"):
        data = load_model(model, cache_folder=settings.cache_folder)
        graph = read(data)
        require_supported(graph)
    return ExportResult(paths=(write_output(output, data),), notes=(f"SHA-256 {graph.model_sha256}",))


def _saved_model(
    model: str, output: Path, _options: ExportOptions, _settings: Settings, _progress: Progress
) -> ExportResult:
    if output.exists():
        raise SettingsError(f"{output} exists already", hint="name a folder that does not exist with -o")
    to_saved_model(model_path(model), output)
    return ExportResult(paths=(output,), notes=())


def _firmware(model: str, output: Path, options: ExportOptions, settings: Settings, progress: Progress) -> ExportResult:
    if options.board is None:
        raise SettingsError("a firmware is built for a board", hint="add --board; `profiler boards` lists them")
    if output.is_file():
        raise SettingsError(f"{output} is a file", hint="name the folder for the firmware's files with -o")
    board = load_board(options.board)
    pipeline_options = _pipeline_options(options)
    ready = prepare(model, core=board.core, options=pipeline_options, progress=progress, settings=settings)
    built = build(ready, board, options=pipeline_options, settings=settings, progress=progress)
    files = firmware_files(built, find_toolchain(settings.toolchain_prefix))
    return ExportResult(
        paths=tuple(write_output(output / name, files[name]) for name in sorted(files)),
        notes=(f"firmware.bin begins at {image_address(built):#010x}",),
    )


def _pipeline_options(options: ExportOptions) -> Options:
    """The pipeline's defaults, but for what the user chose."""
    defaults = Options()
    return Options(
        kernels=options.kernels or defaults.kernels,
        planner=options.planner or defaults.planner,
        optimization=options.optimize or defaults.optimization,
    )


FORMATS: Mapping[str, Format] = {
    ExportFormat.CPP_LIBRARY: Format(
        what="a zip with a C library for a project of your own",
        takes=frozenset({"name", "core", "board", "kernels", "planner", "optimize", "arena"}),
        write=_cpp_library,
    ),
    ExportFormat.TFLITE: Format(what="a copy of the model, once it was checked", takes=frozenset(), write=_tflite),
    ExportFormat.SAVED_MODEL: Format(
        what="a Keras model as a SavedModel, a SavedModel as a copy", takes=frozenset(), write=_saved_model
    ),
    ExportFormat.FIRMWARE: Format(
        what="a folder with the firmware that is profiled",
        takes=frozenset({"board", "kernels", "planner", "optimize"}),
        write=_firmware,
    ),
}
