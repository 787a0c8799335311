"""The table of contents: a model becomes a graph, gets a plan, becomes code, is built, run, timed and reported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from profiler.accuracy.host_reference import seeded_inputs, tflm_agreement
from profiler.boards.loader import load_board
from profiler.boards.memory_config import MemoryConfig
from profiler.boards.memory_controls import board_to_build, require_set_up
from profiler.boards.model import Board, Core
from profiler.build.firmware import build_firmware
from profiler.build.model import Firmware, Optimization
from profiler.build.toolchain import find_toolchain
from profiler.codegen.board_files import HARNESS_RAM_BYTES, emit_board
from profiler.codegen.choose import choose_layers, operator_needs
from profiler.codegen.emit import emit_model, join
from profiler.codegen.model import Layer, SourceTree
from profiler.convert.load import load_model
from profiler.errors import SettingsError
from profiler.graph.check import require_supported
from profiler.graph.hybrid import hybrid_warnings
from profiler.graph.model import Graph
from profiler.graph.operators import macs
from profiler.graph.tflite_reader import read
from profiler.graph.unscaled import unscaled_warnings
from profiler.lab.attach import Attachment, attachment, require_place, run_on
from profiler.plan.fit import largest_tensor, place
from profiler.plan.model import MemoryPlan
from profiler.plan.plan import plan_memory
from profiler.progress import Progress
from profiler.report.circumstances import circumstances_now
from profiler.report.counted import CountedRun, fold_counted
from profiler.report.explanation import Explanation, fold_explanation
from profiler.report.fold import fold
from profiler.report.fold_correctness import fold_correctness
from profiler.report.profile import Profile, ProfileOptions
from profiler.report.targets import TargetMeasurement, fold_target, target_warnings
from profiler.run.agreement import differences, with_memory_of
from profiler.run.cached import CachedRunner
from profiler.run.location import code_map
from profiler.run.model import RunResult
from profiler.run.runners import AROUND_LAYERS, EMULATOR, emulator_around_layers, runner
from profiler.settings import Settings, load_settings
from profiler.timing.estimate import code_image, estimate
from profiler.timing.model import CycleEstimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a user may choose for one profile."""

    optimization: Optimization = Optimization.BALANCED
    kernels: str = "auto"  # auto, ref, dsp
    planner: str = "best"
    seed: int = 0  # of the inputs
    input_sets: int = 3  # inputs run on the target and compared with the reference
    engine: str = EMULATOR  # what counts: a name of profiler.run.runners.RUNNERS
    memory_config: MemoryConfig = field(default_factory=MemoryConfig)  # what start-up sets up otherwise
    on: str = EMULATOR  # where the ELF runs too: emulator (nowhere else), sim, board, or an alias of the lab file
    repeat: int = 1  # inferences timed there

    def __post_init__(self) -> None:
        if not 1 <= self.input_sets <= 1000:
            raise SettingsError(f"{self.input_sets} input sets were asked for", hint="choose 1 to 1000")
        if self.repeat != 1 and self.on == EMULATOR:
            raise SettingsError("repetitions are of a board to run on", hint="name one: on")
        if self.on != EMULATOR:
            require_place(self.on, self.repeat)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A model with its kernels and its arena, ready to become code."""

    model_data: bytes
    graph: Graph
    layers: tuple[Layer, ...]
    plan: MemoryPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """A model that was built and run: all that later stages read. `board` has the memory system start-up set up."""

    ready: Prepared
    board: Board
    firmware: Firmware
    inputs: Sequence[Sequence[bytes]]
    run: RunResult
    disagreements: tuple[str, ...] = ()  # of the engine that was asked for with the embedded emulator
    counted: CountedRun | None = None  # what that engine counted


def profile(
    model: str | Path,
    *,
    board: str,
    options: Options | None = None,
    settings: Settings | None = None,
    progress: Progress | None = None,
    on: Attachment | None = None,
) -> Profile:
    """Profile a model (`.tflite`, Keras file, SavedModel, `zoo:NAME`) on a board (a name, or a TOML file).

    `on`: the same ELF is run there too, and the profile has what it measured beside what the emulator says; when left
    out, where the options say.

    Raises ProfilerError: the model is damaged or unsupported, does not fit, or the firmware fails; see errors.py.
    """
    options = options or Options()
    settings = settings or load_settings()
    progress = progress or Progress()
    if on is None and options.on != EMULATOR:
        on = attachment(options.on, settings, repeat=options.repeat)
    done = execute(model, board=board, options=options, settings=settings, progress=progress)
    return fold_execution(done, name=str(model), options=options, settings=settings, progress=progress, on=on)


def fold_execution(
    done: Execution,
    *,
    name: str,
    options: Options,
    settings: Settings,
    progress: Progress,
    on: Attachment | None = None,
) -> Profile:
    """The profile of a model that was run; `name` is what reports call it, `on` as for `profile`."""
    ready, run = done.ready, done.run
    with progress.stage("time"):
        cycles = estimate(run.profile, done.board, code_image(done.firmware.elf_path))
    target = _target(on, done, cycles, settings, progress) if on is not None else None
    with progress.stage("check"):
        correctness = fold_correctness(
            tflm_agreement(ready.model_data, ready.graph, done.inputs, run.outputs, cache_folder=settings.cache_folder)
        )
    with progress.stage("report"):
        return fold(
            graph=ready.graph,
            macs={operator.index: macs(ready.graph, operator) or 0 for operator in ready.graph.operators},
            layers=ready.layers,
            plan=ready.plan,
            firmware=done.firmware,
            board=done.board,
            options=_reported(options),
            run=run,
            cycles=cycles,
            correctness=correctness,
            circumstances=circumstances_now(name, progress.seconds),
            warnings=(
                *hybrid_warnings(ready.graph),
                *unscaled_warnings(ready.graph),
                *done.board.core.notes,
                *cycles.warnings,
                *done.disagreements,
                *(target_warnings(target) if target else ()),
            ),
            targets=(target,) if target else None,
            counted=(done.counted,) if done.counted else None,
        )


def _target(
    on: Attachment, done: Execution, cycles: CycleEstimate, settings: Settings, progress: Progress
) -> TargetMeasurement:
    """The firmware of an execution, run on a board, beside the emulator's cycles and outputs."""
    with progress.stage("measure"):
        place, run = run_on(on, done.firmware, done.board, done.inputs)
        emulator = CachedRunner(
            runner=emulator_around_layers(settings), cache_folder=settings.cache_folder, variant=AROUND_LAYERS
        )
        around = emulator.run(done.firmware, done.board, done.inputs[-1:])
        return fold_target(
            run,
            cycles,
            estimate(around.profile, done.board, code_image(done.firmware.elf_path)),
            name=place.name,
            location=place.location,
            silicon=place.silicon,
            usb=place.usb,
            outputs=done.run.outputs,
        )


def explain(
    model: str | Path,
    *,
    board: str,
    layer: int | None = None,
    options: Options | None = None,
    settings: Settings | None = None,
    progress: Progress | None = None,
) -> Explanation:
    """Where the cycles of a model's layers go on a board; of one layer (-1: between the layers) by instruction.

    Raises as `profile`, and SettingsError for a layer that the model does not have.
    """
    options = options or Options()
    progress = progress or Progress()
    done = execute(model, board=board, options=options, settings=settings or load_settings(), progress=progress)
    with progress.stage("time"):
        return fold_explanation(
            done.run.profile,
            done.board,
            code_image(done.firmware.elf_path),
            code_map(done.firmware.elf_path),
            kinds={each.operator.index: each.operator.kind for each in done.ready.layers},
            layer=layer,
            memory_config=str(options.memory_config),
        )


def execute(
    model: str | Path | bytes,
    *,
    board: str,
    options: Options,
    settings: Settings,
    progress: Progress,
    inputs: Sequence[Sequence[bytes]] | None = None,
) -> Execution:
    """The stages up to a run on the emulated board. Raises as `profile`.

    A memory configuration is built into the firmware; a run in which start-up set up anything else is an error.
    `model` may be the bytes of a `.tflite`. Without `inputs` (raw bytes per graph input), random ones are run.
    """
    target = load_board(board)
    configured = board_to_build(target, options.memory_config)
    ready = prepare(model, core=target.core, options=options, progress=progress, settings=settings)
    firmware = build(ready, configured, options=options, settings=settings, progress=progress)
    with progress.stage("run"):
        if inputs is None:
            inputs = seeded_inputs(ready.graph, options.input_sets, options.seed)
        run = _emulate(firmware, configured, inputs, settings)
        require_set_up(configured, run.registers)
        disagreements: tuple[str, ...] = ()
        counted = None
        if options.engine != EMULATOR:  # which has no caches: the memory accesses are the emulator's
            other = runner(options.engine, settings).run(firmware, configured, inputs)
            disagreements, counted = differences(other, run), fold_counted(other, run)
            run = with_memory_of(other, run)
    return Execution(
        ready=ready,
        board=configured,
        firmware=firmware,
        inputs=inputs,
        run=run,
        disagreements=disagreements,
        counted=counted,
    )


def prepare(
    model: str | Path | bytes, *, core: Core, options: Options, progress: Progress, settings: Settings | None = None
) -> Prepared:
    """The stages up to a memory plan. Raises ModelError, UnsupportedModelError, SettingsError for unknown choices."""
    with progress.stage("read"):
        if isinstance(model, bytes):
            model_data = model
        else:
            model_data = load_model(str(model), cache_folder=(settings or load_settings()).cache_folder)
        graph = read(model_data)
        require_supported(graph)
    with progress.stage("choose"):
        layers = choose_layers(graph, core, variant=options.kernels)
    with progress.stage("plan"):
        plan = plan_memory(graph, operator_needs(layers), planner=options.planner)
    return Prepared(model_data=model_data, graph=graph, layers=layers, plan=plan)


def build(ready: Prepared, board: Board, *, options: Options, settings: Settings, progress: Progress) -> Firmware:
    """The firmware of a prepared model for a board. Raises DoesNotFitError, ToolchainError."""
    with progress.stage("emit"):
        tree = emit(ready.graph, ready.layers, ready.plan, board, stack_bytes=settings.stack_bytes)
    with progress.stage("build"):
        return build_firmware(
            tree,
            board,
            find_toolchain(settings.toolchain_prefix),
            optimization=options.optimization,
            cache_folder=settings.cache_folder,
            jobs=settings.jobs,
        )


def emit(graph: Graph, layers: Sequence[Layer], plan: MemoryPlan, board: Board, *, stack_bytes: int) -> SourceTree:
    """All generated files for one model on one board. Raises DoesNotFitError before anything is compiled."""
    weights_bytes = sum(len(blob.data) for layer in layers for blob in layer.lowered.blobs)
    placement = place(
        board,
        arena_bytes=plan.arena_bytes,
        other_ram_bytes=HARNESS_RAM_BYTES,
        stack_bytes=stack_bytes,
        flash_bytes=weights_bytes,
        largest=largest_tensor(graph),
    )
    model = emit_model(graph, layers, plan, variant=board.digest if board.as_filed else "")
    return join(model, emit_board(board, placement, stack_bytes=stack_bytes))


def _emulate(firmware: Firmware, board: Board, inputs: Sequence[Sequence[bytes]], settings: Settings) -> RunResult:
    return CachedRunner(runner=runner(EMULATOR, settings), cache_folder=settings.cache_folder).run(
        firmware, board, inputs
    )


def _reported(options: Options) -> ProfileOptions:
    return ProfileOptions(
        optimization=options.optimization.value,
        kernels=options.kernels,
        planner=options.planner,
        seed=options.seed,
        memory_config=str(options.memory_config),
    )
