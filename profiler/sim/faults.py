"""What can go wrong between a host and a board, on purpose and the same every time."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from profiler.errors import SettingsError


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """Everything off by default. Counts are of bytes that passed the line in either direction since power-up."""

    drop: float = 0.0  # probability that a byte is lost
    garble: float = 0.0  # probability that a byte arrives with one bit flipped
    seed: int = 0  # of which bytes
    reset_after_bytes: int = 0  # the board resets once
    stall_after_bytes: int = 0  # it stops once, and answers what was sent meanwhile after `stall_seconds`
    stall_seconds: float = 1.0
    unplug_after_bytes: int = 0  # the port disappears
    baud: int = 0  # the firmware's real baud rate, when it is not the board's
    clock: float = 1.0  # real core clock by the one the firmware believes in

    def __post_init__(self) -> None:
        for name in ("drop", "garble"):
            if not 0 <= getattr(self, name) <= 1:
                raise SettingsError(f"fault {name}={getattr(self, name)} is no probability", hint="give 0 to 1")
        for name in ("reset_after_bytes", "stall_after_bytes", "unplug_after_bytes", "baud"):
            if getattr(self, name) < 0:
                raise SettingsError(f"fault {name}={getattr(self, name)} is negative", hint="0 is without it")
        if not 0.01 <= self.clock <= 100 or not 0 <= self.stall_seconds <= 3600:
            raise SettingsError("fault out of range", hint="clock=0.01 to 100, stall_seconds=0 to 3600")


def parse_faults(texts: Sequence[str]) -> Faults:
    """Faults like "drop=0.01,seed=3". Raises SettingsError naming what does not exist or is no number."""
    kinds = {field.name: float if field.type == "float" else int for field in fields(Faults)}
    faults = Faults()
    for part in (part.strip() for text in texts for part in text.split(",")):
        name, _, value = part.partition("=")
        if name not in kinds:
            raise SettingsError(f"{part[:80]!r} is no fault of a line", hint=f"choose of: {', '.join(kinds)} (=NUMBER)")
        try:
            changes: dict[str, Any] = {name: kinds[name](value)}
            faults = replace(faults, **changes)
        except ValueError as error:
            raise SettingsError(f"fault {name}={value[:80]!r} is no number", hint=f"for example {name}=1") from error
    return faults


class FaultyLine:
    """One line, both directions, with the same faults for the same bytes in the same order."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.passed_bytes = 0
        self._random = random.Random(faults.seed)

    def carry(self, data: bytes, *, baud_is_wrong: bool) -> bytes:
        """What arrives of `data`. At the wrong baud rate nothing that was sent does."""
        self.passed_bytes += len(data)
        if baud_is_wrong:
            return bytes(self._random.randrange(0x80, 0x100) for _ in range(len(data)))
        if not (self.faults.drop or self.faults.garble):
            return data
        arrived = bytearray()
        for byte in data:
            if self._random.random() < self.faults.drop:
                continue
            garbled = self._random.random() < self.faults.garble
            arrived.append(byte ^ (1 << self._random.randrange(8)) if garbled else byte)
        return bytes(arrived)
