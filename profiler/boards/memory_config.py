"""A board's memory system set up otherwise: prefetch, caches and wait states as the user wants them.

Firmware built for the changed board sets the part's registers like that; `memory_controls.py` tells what they can hold.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

from profiler.boards.model import Board, Cache, CacheServes, MemoryRegion
from profiler.errors import BoardError, SettingsError

MAXIMUM_WAIT_STATES = 1000
_SWITCHES = {"on": True, "off": False}
_CHOICES = "prefetch=on|off, icache=on|off, dcache=on|off, wait_states=N, MEMORY.wait_states=N"


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryConfig:
    """What the user switched; None leaves it as the board file has it."""

    prefetch: bool | None = None  # of all memories that have it
    icache: bool | None = None  # instruction caches, and those that serve instructions and data
    dcache: bool | None = None
    wait_states: int | None = None  # of the flash that is booted from
    memory_wait_states: tuple[tuple[str, int], ...] = ()  # (memory, wait states), sorted; goes before `wait_states`

    def __str__(self) -> str:
        """The form `parse_memory_config` reads, in one order; empty when nothing is switched."""
        switches = (("prefetch", self.prefetch), ("icache", self.icache), ("dcache", self.dcache))
        parts = [f"{key}={'on' if value else 'off'}" for key, value in switches if value is not None]
        parts += [f"wait_states={self.wait_states}"] if self.wait_states is not None else []
        return ",".join([*parts, *(f"{name}.wait_states={count}" for name, count in self.memory_wait_states)])


def parse_memory_config(texts: Iterable[str]) -> MemoryConfig:
    """Settings like "prefetch=off,wait_states=0", in one text or several.

    Raises SettingsError: a key that does not exist or comes twice, or a value it cannot have.
    """
    switches: dict[str, bool] = {}
    waits: dict[str, int] = {}  # by memory; "" for flash as a whole
    for part in (part.strip() for text in texts for part in text.split(",")):
        key, equals, value = (piece.strip() for piece in part.partition("="))
        memory, _, last = key.rpartition(".")
        known = key in ("prefetch", "icache", "dcache") or (last == "wait_states" and key[0] != ".")
        if not equals or not known:
            raise SettingsError(f"{part[:80]!r} is no setting of a memory system", hint=f"choose of: {_CHOICES}")
        if key in switches or (last == "wait_states" and memory in waits):
            raise SettingsError(f"{key[:80]} is set twice", hint="give each key once")
        if last == "wait_states":
            waits[memory] = _wait_states(key, value)
        else:
            switches[key] = _switch(key, value)
    return MemoryConfig(
        prefetch=switches.get("prefetch"),
        icache=switches.get("icache"),
        dcache=switches.get("dcache"),
        wait_states=waits.pop("", None),
        memory_wait_states=tuple(sorted(waits.items())),
    )


def _switch(key: str, value: str) -> bool:
    if value not in _SWITCHES:
        raise SettingsError(f"{key}={value[:80]!r} is neither on nor off", hint=f"choose of: {_CHOICES}")
    return _SWITCHES[value]


def _wait_states(key: str, value: str) -> int:
    if not (value.isascii() and value.isdigit() and int(value[:8]) <= MAXIMUM_WAIT_STATES and len(value) <= 8):
        raise SettingsError(f"{key[:80]}={value[:80]!r} is not a number of wait states", hint="give 0 to 1000")
    return int(value)


def with_memory_config(board: Board, config: MemoryConfig) -> Board:
    """The board with its memory system switched; its digest is another one exactly when something changed.

    What is switched off where there is none stays as it is. Raises BoardError for what cannot be had: a cache or
    prefetcher switched on that the board lacks, a data cache off that also serves instructions, an unknown memory.
    """
    names = [memory.name for memory in board.memories]
    for name, _ in config.memory_wait_states:
        if name not in names:
            raise BoardError(f"{board.name} has no memory {name[:80]!r}", hint=f"its memories: {', '.join(names)}")
    if config.prefetch and not any(memory.prefetch for memory in board.memories):
        raise BoardError(f"{board.name} has no prefetcher to switch on", hint="leave prefetch out")
    changed = replace(
        board,
        memories=tuple(_switched(memory, config, boots=memory is board.boot_flash) for memory in board.memories),
        caches=_kept(board, config),
    )
    if changed == board:
        return board
    return replace(changed, digest=_digest(changed), as_filed=board.as_filed or board)


def _switched(memory: MemoryRegion, config: MemoryConfig, *, boots: bool) -> MemoryRegion:
    wait = config.wait_states if boots else None
    wait = dict(config.memory_wait_states).get(memory.name, wait)
    return replace(
        memory,
        prefetch=memory.prefetch and config.prefetch is not False,
        read_wait_cycles=memory.read_wait_cycles if wait is None else wait,
    )


def _kept(board: Board, config: MemoryConfig) -> tuple[Cache, ...]:
    instruction, data = (CacheServes.INSTRUCTION, CacheServes.UNIFIED), (CacheServes.DATA, CacheServes.UNIFIED)
    for wanted, key, serves in ((config.icache, "icache", instruction), (config.dcache, "dcache", data)):
        if wanted and not any(cache.serves in serves for cache in board.caches):
            raise BoardError(f"{board.name} has no cache that {key}=on could switch on", hint=f"leave {key} out")
    gone = set(instruction) if config.icache is False else set()
    gone |= {CacheServes.DATA} if config.dcache is False else set()
    kept = tuple(cache for cache in board.caches if cache.serves not in gone)
    shared = [cache.name for cache in kept if cache.serves is CacheServes.UNIFIED]
    if config.dcache is False and shared:
        raise BoardError(
            f"{shared[0]} of {board.name} serves instructions and data and has one switch",
            hint="icache=off switches it off for both",
        )
    return kept


def _digest(board: Board) -> str:
    """SHA-256 over the digest as loaded and all that a memory configuration may change."""
    memories = [(memory.name, memory.read_wait_cycles, memory.prefetch) for memory in board.memories]
    values = (board.digest, memories, [cache.name for cache in board.caches])
    return hashlib.sha256(repr(values).encode()).hexdigest()
