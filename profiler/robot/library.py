"""The keyword library: a model is profiled, and what the profile says is expected of it.

Limits are those of `profiler gate`: the same metrics, units and baseline files, so that a suite and a gate cannot mean
different things.
"""

from __future__ import annotations

from pathlib import Path

from robot.api import logger
from robot.api.deco import keyword, library

from profiler.boards.loader import load_board
from profiler.build.model import Optimization
from profiler.gate.baseline import Baseline, baseline_text, read_baseline, updated
from profiler.gate.measure import Subject
from profiler.gate.model import Verdict
from profiler.lab.attach import attachment
from profiler.output import write_output
from profiler.pipeline import Options, profile
from profiler.report.comparison.snapshot import take_snapshot
from profiler.report.profile import LayerProfile, Profile, Unavailable
from profiler.report.serialize import from_json, to_json
from profiler.robot.console import Console
from profiler.robot.expectations import judged, or_fail, share_of, text_of, told
from profiler.robot.variants import VariantKeywords
from profiler.run.runners import EMULATOR, RUNNERS
from profiler.settings import load_settings
from profiler.version import VERSION


@library(scope="SUITE", version=VERSION, doc_format="ROBOT", auto_keywords=False)
class ProfilerLibrary(VariantKeywords):
    """Profiles neural networks on Cortex-M boards, and checks what comes out.

    A suite profiles a model with `Profile Model`; the keywords after it speak of that profile:

    | *** Settings ***
    | Library    profiler.robot.ProfilerLibrary    board=nucleo_l4r5zi
    |
    | *** Test Cases ***
    | Keyword Spotting Is Fast Enough
    |     Profile Model    zoo:kws
    |     Latency Should Be Below    100 ms
    |     RAM Should Be Below    32 KiB
    |     Outputs Should Agree

    A suite that compares a model's variants on a dataset begins with `Compare Variants`; keywords that name a variant
    speak of that comparison:

    | Compare Variants    model.keras    data=test.npz    calibration=train.npz
    | Accuracy Should Be Above    int8    95%
    | Accuracy Loss Should Be Below    int8    1%

    = Bounds =

    A bound is a number with its unit: ``50 ms``, ``64 KiB``, ``1.5 MB``, ``20 Mcycles`` as in the budgets of
    ``profiler gate``. Latency is as modelled for the board's clock; the report tells how far off the model may be.

    = Where it runs =

    ``on`` is ``emulator`` (the embedded one, the default), ``renode``, or as ``profiler run --on`` has it: ``sim``,
    ``board``, an alias of the lab file, a port: then the profile has what was measured there, too. Serial keywords
    speak to the same firmware on an emulated board behind a real pseudo-terminal (`Start Board Simulator`), or to a
    board at a port (`Open Serial Port`).
    """

    def __init__(self, board: str = "", on: str = "emulator") -> None:
        """``board`` and ``on`` are what `Profile Model` takes when it is not told otherwise."""
        super().__init__(board)
        self._board, self._on = board, on
        self._profile: Profile | None = None
        self._model = ""
        self._console = Console()

    @keyword
    def profile_model(
        self,
        model: str,
        board: str = "",
        on: str = "",
        optimize: Optimization = Optimization.BALANCED,
        seed: int = 0,
        inputs: int = 3,
    ) -> Profile:
        """Builds the firmware of a model for a board, runs it, and keeps the profile for the keywords that follow.

        ``model`` is a ``.tflite`` file or ``zoo:NAME``; ``board`` a name or a board file. Returns the profile.
        ``optimize`` is SPEED, BALANCED or SIZE. Fails when the model does not fit, with what it would need.

        | Profile Model    zoo:kws    board=nucleo_l4r5zi
        | Profile Model    model.tflite    on=renode    optimize=SIZE
        """
        target = board or self._board
        if not target:
            raise AssertionError("no board: give board=NAME here, or where the library is imported")
        where = on or self._on
        engine = where if where in RUNNERS else EMULATOR
        options = Options(optimization=optimize, engine=engine, seed=seed, input_sets=inputs)
        settings = or_fail(load_settings)
        there = None if where in RUNNERS else attachment(where, settings)
        done = or_fail(lambda: profile(model, board=target, options=options, settings=settings, on=there))
        self._model = model
        return self._keep(done)

    @keyword
    def load_profile(self, path: Path) -> Profile:
        """Takes a profile that ``profiler run --json`` or `Save Profile` wrote instead of running anything."""
        return self._keep(or_fail(lambda: from_json(path.read_bytes())))

    @keyword
    def save_profile(self, path: Path) -> None:
        """Writes the profile as JSON, for ``profiler diff``, ``profiler gate`` and `Load Profile`."""
        or_fail(lambda: write_output(path, to_json(self._current())))

    @keyword
    def latency_should_be_below(self, bound: str) -> None:
        """One inference takes at most that long: ``50 ms``.

        | Latency Should Be Below    50 ms
        """
        self._require(f"max_latency={bound}")

    @keyword
    def cycles_should_be_below(self, bound: str) -> None:
        """One inference takes at most so many cycles: ``6 Mcycles``."""
        self._require(f"max_cycles={bound}")

    @keyword("RAM Should Be Below")
    def ram_should_be_below(self, bound: str) -> None:
        """All RAM of the firmware (arena, stack, data) is at most ``64 KiB``."""
        self._require(f"max_ram={bound}")

    @keyword
    def flash_should_be_below(self, bound: str) -> None:
        """All flash of the firmware (weights, code, constants) is at most ``256 KiB``."""
        self._require(f"max_flash={bound}")

    @keyword
    def arena_should_be_below(self, bound: str) -> None:
        """The tensors' arena has at most ``32 KiB``."""
        self._require(f"max_arena={bound}")

    @keyword
    def stack_should_be_below(self, bound: str) -> None:
        """The deepest stack that was seen is at most ``2 KiB``."""
        self._require(f"max_stack={bound}")

    @keyword
    def agreement_should_be_at_least(self, share: str) -> None:
        """At least that share of output elements is equal, bit for bit, to TensorFlow Lite Micro's: ``100%``."""
        self._require(f"min_agreement={share}")

    @keyword
    def outputs_should_agree(self) -> None:
        """Every output agrees with the reference interpreter: bit for bit for int8, within its tolerance for float."""
        found = self._current().correctness
        if isinstance(found, Unavailable):
            raise AssertionError(f"outputs were not compared: {found.reason}")
        if not found.agrees:
            raise AssertionError(
                f"outputs differ from {found.reference} by {text_of(found.largest_difference)} "
                f"{found.difference_unit}; {found.bit_equal_share.value:.2%} of them are equal"
            )

    @keyword
    def layer_should_take_at_most(self, layer: int, share: str) -> None:
        """A layer takes at most that share of the latency: finds the one that outgrew the rest.

        | Layer Should Take At Most    0    25%
        """
        bound = share_of(share)
        found, total = self._layer(layer), self._current().summary.cycles
        if isinstance(found.time.cycles, Unavailable) or isinstance(total, Unavailable):
            raise AssertionError(f"there are no cycles of layer {layer}")
        taken = found.time.cycles.value / total.value
        if taken > bound:
            raise AssertionError(f"layer {layer} ({found.kind}) takes {taken:.1%} of the cycles, more than {share}")

    @keyword
    def should_not_be_worse_than_baseline(self, baseline: Path, *limits: str) -> None:
        """No figure is worse than in a baseline file of ``profiler gate --update-baseline`` or `Update Baseline`.

        Without limits nothing may grow at all; limits are a budget's: ``max_latency_increase=2%``.

        | Should Not Be Worse Than Baseline    baseline.toml
        | Should Not Be Worse Than Baseline    baseline.toml    max_latency_increase=2%    max_flash_increase=1 KiB
        """
        found = or_fail(lambda: read_baseline(baseline))
        self._require(*limits, baseline=found)

    @keyword
    def update_baseline(self, baseline: Path) -> None:
        """Writes the profile's figures into a baseline file: agree to them by committing it."""
        before = or_fail(lambda: read_baseline(baseline)) if baseline.exists() else Baseline()
        text = baseline_text(updated(before, [take_snapshot(self._current())]), baseline.suffix)
        or_fail(lambda: write_output(baseline, text))

    @keyword
    def start_board_simulator(self, model: str = "", board: str = "") -> str:
        """Flashes the model's firmware to an emulated board and opens its serial port. Returns the port's path.

        Without ``model`` it is the one that was profiled last. Ends with the suite or `Close Serial Port`.
        """
        chosen, target = model or self._model, board or self._board or self._current().board.name
        if not chosen:
            raise AssertionError("no model: give one, or profile one first")
        return or_fail(lambda: self._console.simulate(chosen, load_board(target)))

    @keyword
    def open_serial_port(self, port: str, baud: int = 115_200) -> None:
        """Opens the port of an attached board: ``/dev/ttyACM0``, ``COM3``, ``socket://host:port``, ``rfc2217://…``."""
        or_fail(lambda: self._console.open(port, baud))

    @keyword
    def close_serial_port(self) -> None:
        """Closes the port, and ends the board simulator when there is one."""
        self._console.close()

    @keyword
    def send_serial_command(self, command: str) -> list[str]:
        """Sends a command of the firmware's protocol, with its checksum, and returns the answer's lines.

        | ${lines} =    Send Serial Command    name
        | Should Contain    ${lines}    m-name-dut-[nucleo_l4r5zi]
        """
        return or_fail(lambda: self._console.ask(command))

    @keyword
    def serial_answer_should_contain(self, command: str, expected: str) -> None:
        """Sends a command; one of the answer's lines contains the text."""
        lines = or_fail(lambda: self._console.ask(command))
        if not any(expected in line for line in lines):
            raise AssertionError(f"the answer to {command!r} does not contain {expected!r}: {' / '.join(lines)}")

    @keyword
    def get_serial_output(self) -> str:
        """Everything that was received on the port so far, greeting and answers."""
        return self._console.transcript()

    def _keep(self, done: Profile) -> Profile:
        self._profile = done
        summary = done.summary
        logger.info(
            f"{done.model.name} on {done.board.name} ({done.provenance.runner}): {text_of(summary.latency_ms)} ms, "
            f"{summary.ram_bytes.value:.0f} bytes of RAM, {summary.flash_bytes.value:.0f} bytes of flash"
        )
        for warning in done.warnings:
            logger.warn(warning)
        return done

    def _current(self) -> Profile:
        if self._profile is None:
            raise AssertionError("nothing was profiled yet: use Profile Model or Load Profile first")
        return self._profile

    def _layer(self, index: int) -> LayerProfile:
        layers = {layer.index: layer for layer in self._current().layers}
        if index not in layers:
            raise AssertionError(f"there is no layer {index}: {min(layers)} to {max(layers)}")
        return layers[index]

    def _require(self, *limits: str, baseline: Baseline | None = None) -> None:
        """Raises AssertionError with the reasons and the layers and sections behind them."""
        snapshot = take_snapshot(self._current())
        subject = Subject(
            model=snapshot.origin.model,
            board=snapshot.origin.board,
            source=snapshot.origin.model,
            profile=self._current,
        )
        entry = or_fail(lambda: judged(subject, snapshot, limits, baseline))
        failed = [check for check in entry.checks if check.verdict is not Verdict.PASS]
        for check in entry.checks:
            logger.info(f"{check.title}: {text_of(check.value)} {check.unit}, limit {check.written}")
        if failed:
            raise AssertionError("\n".join(told(check) for check in failed))
