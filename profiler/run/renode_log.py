"""What Renode's log says went wrong, as errors a user understands."""

from __future__ import annotations

import re
from pathlib import Path

from profiler.errors import FirmwareFault, LimitExceeded, RunError
from profiler.run.location import locate

TIME_IS_UP = "profiler: virtual time is up"  # the run's script logs it
_ANSWERS = re.compile(r"profiler: answers: (\d+)")  # renode_port.cs logs it

_UNMAPPED = re.compile(
    r"sysbus: (?:\[cpu: (?P<pc>0x[0-9A-Fa-f]+)\] )?(?P<verb>Read|Write)(?P<width>\w*) "
    r"(?:from|to) non existing peripheral at (?P<address>0x[0-9A-Fa-f]+)"
)
_ABORT = re.compile(r"CPU abort \[PC=(?P<pc>0x[0-9A-Fa-f]+)\]: (?P<what>.*)")
_NOT_IN_MEMORY = re.compile(r"PC does not lay in memory|CPU was halted")
_SCRIPT = re.compile(
    r"(?:There was an error (?:executing|when)|Parameters did not match|No such command|Could not)(.*)"
)
_CRASH = re.compile(r"Fatal error|Unhandled [Ee]xception|CpuAbortException")
_ERROR_LINE = re.compile(r"\[ERROR\] (?P<what>.*)")


def answers_told(line: str) -> int | None:
    """How many answers of the firmware are over, greeting included, where a line of the log tells it."""
    found = _ANSWERS.search(line)
    return int(found[1]) if found else None


def trouble(line: str, elf_path: Path) -> RunError | None:
    """The error that a line of the log tells of; None for all others, warnings of a register's unknown bits included.

    Renode itself goes on after an access to nothing; a board would not, so it ends the run.
    """
    if TIME_IS_UP in line:
        return LimitExceeded(
            "the run reached its limit of virtual time in Renode",
            hint="raise PROFILER_MAX_INSTRUCTIONS, or look for an endless loop",
        )
    if unmapped := _UNMAPPED.search(line):
        where = f" in {locate(elf_path, int(unmapped['pc'], 16))}" if unmapped["pc"] else ""
        return FirmwareFault(
            f"the firmware made a {_access(unmapped)} at 0x{int(unmapped['address'], 16):08X}, where the board has "
            f"nothing,{where}",
            hint="a corrupted pointer, or a range missing from [[peripherals]] in the board file",
        )
    if abort := _ABORT.search(line):
        return FirmwareFault(
            f"Renode's core gave up in {locate(elf_path, int(abort['pc'], 16))}: {abort['what']}",
            hint="code outside of memory or an instruction that the core does not have",
        )
    if _NOT_IN_MEMORY.search(line):
        return FirmwareFault(
            "the core stopped: its program counter is not in memory",
            hint="no vector table where the board boots, or a jump to nowhere; was the firmware built for this board?",
        )
    if _CRASH.search(line) or _SCRIPT.search(line):
        return RunError(
            f"Renode failed: {line.strip()[:300]}",
            hint="is this Renode of a version that works here? `profiler install renode` gets one that does",
        )
    return None


def _access(match: re.Match[str]) -> str:
    width = {"Byte": "1-byte ", "Word": "2-byte ", "DoubleWord": "4-byte ", "QuadWord": "8-byte "}.get(
        match["width"], ""
    )
    return f"{width}{match['verb'].lower()}"


def errors_of(lines: list[str], limit: int = 5) -> str:
    """The last error lines of a log as one text, "" when there are none."""
    found = [match["what"].strip() for line in lines if (match := _ERROR_LINE.search(line))]
    return "; ".join(found[-limit:])
