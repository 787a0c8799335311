"""Renode as a Runner: the same firmware on a full-system emulator, one process a run, counted block by block."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from profiler.boards.model import Board
from profiler.build.model import Firmware
from profiler.errors import RunError
from profiler.run import protocol
from profiler.run.architecture import require_instructions_of
from profiler.run.block_table import CodeTable, code_tables
from profiler.run.image import load_image
from profiler.run.interface import read_interface
from profiler.run.model import RunResult
from profiler.run.renode_counts import read_inference, write_table
from profiler.run.renode_process import TABLE, RenodeProcess
from profiler.run.renode_program import RenodeProgram

DEFAULT_INSTRUCTION_LIMIT = 20_000_000_000
DEFAULT_WALL_LIMIT_SECONDS = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RenodeRunner:
    """Runs a firmware in Renode (see Runner for the contract); counts are exact, caches and flash are not simulated.

    The limit of instructions becomes one of virtual time, at an instruction a cycle of the board's clock.
    """

    program: RenodeProgram
    instruction_limit: int = DEFAULT_INSTRUCTION_LIMIT
    wall_limit_seconds: float = DEFAULT_WALL_LIMIT_SECONDS
    clock: Callable[[], float] = time.monotonic

    def run(self, firmware: Firmware, board: Board, inputs: Sequence[Sequence[bytes]]) -> RunResult:
        """See Runner.run. `inputs` must not be empty and must fit what the firmware says of its model."""
        image = load_image(firmware.elf_path, board)
        image.vectors(board)
        require_instructions_of(firmware.elf_path, board)
        interface = read_interface(firmware, image)
        interface.check_inputs(inputs)
        started = self.clock()
        with tempfile.TemporaryDirectory(prefix="profiler-renode-") as name:
            folder, tables = Path(name), code_tables(image)
            write_table(folder / TABLE, firmware, tables)
            process = RenodeProcess(
                self.program,
                board=board,
                elf_path=firmware.elf_path,
                folder=folder,
                virtual_seconds=self.instruction_limit / board.clock_hz,
                deadline=lambda: started + self.wall_limit_seconds - self.clock(),
            )
            sent = protocol.sent_inputs(inputs)
            with closing(process):
                transcript = _converse(process, protocol.script(sent, len(interface.output_bytes)))
            said = protocol.parse_transcript(transcript, len(interface.output_bytes))
            return _result(
                runner=f"renode {process.version}",
                said=said,
                folder=folder,
                tables=tables,
                sent=len(sent),
                asked=len(inputs),
                transcript=transcript,
                wall_seconds=self.clock() - started,
            )


def _converse(process: RenodeProcess, messages: Sequence[bytes]) -> str:
    """Everything the firmware says, greeting included."""
    said = [process.read_answer()]
    for message in messages:
        process.send(message)
        said.append(process.read_answer())
    return b"".join(said).decode("ascii", "replace")


def _result(
    *,
    runner: str,
    said: protocol.Conversation,
    folder: Path,
    tables: Sequence[CodeTable],
    sent: int,
    asked: int,
    transcript: str,
    wall_seconds: float,
) -> RunResult:
    counted = sum(path.suffix == "" for path in folder.glob("inference-*"))
    if len(said.outputs) != sent or counted != sent:
        raise RunError(f"{sent} inferences were asked for, {counted} were counted and {len(said.outputs)} gave outputs")
    if sent != asked and said.outputs[0] != said.outputs[1]:
        raise RunError(
            "the firmware gave different outputs for the same input",
            hint="it keeps state between inferences, or reads memory it never wrote",
        )
    last = read_inference(folder / f"inference-{sent - 1}", tables)
    return RunResult(
        runner=runner,
        outputs=said.outputs[sent - asked :],
        profile=last.profile,
        stack_high_water_bytes=said.stack_bytes or 0,
        emulated_instructions=last.instructions_so_far,
        wall_seconds=wall_seconds,
        transcript=transcript,
    )
