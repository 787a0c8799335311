"""A board in the emulator: engine, memories with the firmware in them, peripherals, tracer."""

from __future__ import annotations

import ctypes
import mmap
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from profiler.boards.model import (
    Board,
    Cache,
    CacheServes,
    CoreFeature,
    EmulatedRegister,
    MemoryKind,
    MemoryRegion,
    Replacement,
)
from profiler.build.model import Firmware
from profiler.errors import BoardError, RunError
from profiler.run.engine import GENERAL_REGISTERS, Engine
from profiler.run.image import Image
from profiler.run.native_types import (
    MAX_MIRRORS,
    CacheConfig,
    MemoryConfig,
    RegisterMirror,
    RegisterRule,
    TickFunction,
    TracerOptions,
)
from profiler.run.tracer import Tracer

PAGE_BYTES = 4096
RAM_FILL = 0xA5  # RAM does not start as zeros on a board
ERASED_FLASH = 0xFF
TICK_INSTRUCTIONS = 8_000_000  # how often limits and interrupts are looked at: some 50 ms
IDLE_POLLS = 64
_PRIVATE_PERIPHERAL_BUS = (0xE0000000, 0x100000)
_RP2040_APB = (0x40000000, 0x80000)  # RP2040 datasheet, 2.1.2: atomic register access
_LAYER_NAME = re.compile(r"layer_(\d+)_[a-z0-9_]+")
_UART_MODELS = {"stm32_usart_v1": 1, "stm32_usart_v2": 2, "nrf_uart": 3, "nrf_uarte": 4, "pl011": 5, "cmsdk_uart": 6}
_REPLACEMENTS = {Replacement.LRU: 0, Replacement.ROUND_ROBIN: 1, Replacement.PSEUDO_RANDOM: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What ends a run. `on_tick` is asked now and then, with the instructions so far; True ends the run."""

    instructions: int
    on_tick: Callable[[int], bool]
    tick_instructions: int = TICK_INSTRUCTIONS


class Machine:
    """One power-up of a board with a firmware in its flash."""

    def __init__(
        self,
        *,
        board: Board,
        firmware: Firmware | None,
        image: Image,
        messages: Sequence[bytes],
        prompt: bytes,
        limits: Limits,
        memory_simulation: bool,
        counting: bool = True,
        live: bool = False,
        around_layers: bool = False,
    ) -> None:
        """`firmware` None: built elsewhere, nothing is known of it but its image.

        `counting` False leaves out every hook: nothing is counted, checked or limited (for benchmarks).
        `live`: it is sent more while it runs, and told the time (see live.py).
        `around_layers`: an inference in which the cycle counter is read around each layer counts as one, too.

        Raises BoardError when the board cannot be emulated, RunError when the image is not for it.
        """
        self.board = board
        self.script_bytes = sum(map(len, messages))
        self.region_names = ["", *(region.name for region in board.memories)]  # by the tracer's index, from 1
        self.stack_top, self._entry = image.vectors(board)
        self._views: list[Any] = []  # keep the memories' host buffers alive, in the order of the board's memories
        self.engine = Engine(board.core.unicorn_model)
        self.tracer = Tracer(self._options(firmware, image, limits))
        self._map_memories(image)
        self._add_caches()
        self._map_peripherals(messages, prompt)
        if live:
            self.tracer.set_live()
        if firmware is not None:
            self.tracer.set_inference(*inference_symbols(firmware))
            if live or around_layers:
                self.tracer.set_profiled_inference(*_span(firmware, "model_invoke_profiled"))
        if counting:
            self._add_hooks(memory_simulation and _needs_simulation(board), image)
        self.engine.write_register("SP", self.stack_top)

    def run(self) -> str:
        """Runs until something ends it; returns what the engine said, "" when it said nothing."""
        return self.engine.run(self._entry)

    def content(self, region: MemoryRegion) -> bytes:
        """What one of the board's memories holds now."""
        return bytes(self._views[self.board.memories.index(region)])[: region.size_bytes]

    def watch_exactly(self, start: int, end: int) -> None:
        """Before the run: a stop at `start` ≤ pc < `end` is told to the instruction, not to the block."""
        self.engine.add_hook("CODE", self.tracer.callback("code"), self.tracer.handle, begin=start, end=end - 1)

    def registers(self) -> dict[str, int]:
        """The core's registers as they are now."""
        return {name.lower(): self.engine.read_register(name) for name in GENERAL_REGISTERS}

    def close(self) -> None:
        """Frees engine, tracer and memories, in that order."""
        self.engine.close()
        self.tracer.close()
        self._views.clear()

    @property
    def _aligned_only(self) -> bool:
        return CoreFeature.UNALIGNED_ACCESS not in self.board.core.features

    def _options(self, firmware: Firmware | None, image: Image, limits: Limits) -> TracerOptions:
        return TracerOptions(
            engine=self.engine.handle,
            reg_read=self.engine.function("uc_reg_read"),
            emu_stop=self.engine.function("uc_emu_stop"),
            on_tick=TickFunction(lambda instructions: int(limits.on_tick(instructions))),
            reg_r0=self.engine.register_number("R0"),
            reg_sp=self.engine.register_number("SP"),
            reg_lr=self.engine.register_number("LR"),
            has_fpu=int(CoreFeature.FPU in self.board.core.features),
            has_dsp=int(CoreFeature.DSP in self.board.core.features),
            baseline_isa=int(self.board.core.is_armv6m),
            aligned_only=int(self._aligned_only),
            level1_caches=int(CoreFeature.LEVEL1_CACHES in self.board.core.features),
            stack_limit=0 if firmware is None else image.labels.get("__stack_limit", 0),
            stack_top=self.stack_top,
            instruction_limit=limits.instructions,
            tick_instructions=limits.tick_instructions,
        )

    def _map_memories(self, image: Image) -> None:
        for region in self.board.memories:
            writable = region.kind is MemoryKind.RAM
            content = image.content(region, fill=RAM_FILL if writable else ERASED_FLASH)
            host_bytes = -(-region.size_bytes // PAGE_BYTES) * PAGE_BYTES
            host = self._allocate(host_bytes, content)
            config = MemoryConfig(
                address=region.address,
                size_bytes=region.size_bytes,
                line_bytes=_power_of_two(region.line_bytes, f"line_bytes of {region.name}"),
                writable=int(writable),
                timed=int(region.read_wait_cycles > 0 or _cached(self.board, region)),
                buffered=int(not writable),
                prefetched=int(self._prefetched_in_time(region)),
                host=host,
            )
            index = self.tracer.add_memory(config)
            for address in (region.address, *region.aliases):
                self.engine.map_memory(address, host_bytes, host, writable=writable)
            for alias in region.aliases:
                self.tracer.add_alias(index, alias)

    def _prefetched_in_time(self, region: MemoryRegion) -> bool:
        """Whether the prefetcher has the next line before the shortest time in which the core executes one."""
        shared = any(region.name in cache.regions for cache in self.board.caches if cache.serves is CacheServes.UNIFIED)
        instruction_bytes = 2 if self.board.core.is_armv6m else 4
        in_time = region.read_wait_cycles + 1 <= region.line_bytes // instruction_bytes
        return region.prefetch and in_time and not shared

    def _allocate(self, size_bytes: int, content: bytes) -> int:
        """Address of page-aligned host memory that lives as long as the machine."""
        memory = mmap.mmap(-1, size_bytes)
        memory[: len(content)] = content
        view = (ctypes.c_char * size_bytes).from_buffer(memory)
        self._views.append(view)
        return ctypes.addressof(view)

    def _add_caches(self) -> None:
        for cache in self.board.caches:
            _check_cache(cache, self.board)
            config = CacheConfig(
                serves_instructions=int(cache.serves is not CacheServes.DATA),
                serves_data=int(cache.serves is not CacheServes.INSTRUCTION),
                region_mask=sum(1 << self.region_names.index(name) for name in cache.regions),
                line_bytes=_power_of_two(cache.line_bytes, f"line_bytes of {cache.name}"),
                ways=cache.ways,
                sets=cache.size_bytes // cache.line_bytes // cache.ways,
                replacement=_REPLACEMENTS[cache.replacement],
            )
            self.tracer.add_cache(config)

    def _map_peripherals(self, messages: Sequence[bytes], prompt: bytes) -> None:
        board, uart = self.board, self.board.uart
        read, write = self.tracer.callback("peripheral_read"), self.tracer.callback("peripheral_write")
        for address, size_bytes in (*board.peripheral_ranges, _PRIVATE_PERIPHERAL_BUS):
            user = self.tracer.add_peripheral_range(address)
            self.engine.map_peripherals(address, size_bytes, read, write, user)
        self.tracer.set_registers([_rule(register) for register in board.emulated_registers])
        if board.soc.upper().startswith("RP2040"):
            self.tracer.set_atomic(*_RP2040_APB)
        if uart.model not in _UART_MODELS:
            raise BoardError(f"no UART model is called {uart.model!r}", hint=f"known: {', '.join(_UART_MODELS)}")
        self.tracer.set_uart(_UART_MODELS[uart.model], uart.base_address, messages, prompt, IDLE_POLLS)

    def _add_hooks(self, simulating: bool, image: Image) -> None:
        self.tracer.set_simulating(simulating)
        hooks = {"BLOCK": "block", "MEM_INVALID": "invalid", "INTR": "interrupt"}
        if simulating or self._aligned_only:
            hooks |= {"MEM_READ": "read", "MEM_WRITE": "write"}
        for kind, name in hooks.items():
            self.engine.add_hook(kind, self.tracer.callback(name), self.tracer.handle)
        if not self.board.core.is_armv6m:  # which has no divide
            for address in image.divides():
                self.engine.add_hook(
                    "CODE", self.tracer.callback("divide"), self.tracer.handle, begin=address, end=address
                )


def inference_symbols(firmware: Firmware) -> tuple[int, int, list[tuple[int, int]]]:
    """Start and end of model_invoke, and (layer, address) of each layer function.

    Raises RunError when the firmware has no model_invoke: it was not generated by this project.
    """
    start, end = _span(firmware, "model_invoke")
    if start == end:
        raise RunError(
            f"{firmware.elf_path.name} has no function model_invoke", hint="run a firmware that this project generated"
        )
    matches = ((_LAYER_NAME.fullmatch(symbol.name), symbol.address & ~1) for symbol in firmware.symbols)
    layers = [(int(match[1]), address) for match, address in matches if match]
    return start, end, layers


def _span(firmware: Firmware, function: str) -> tuple[int, int]:
    """Start and end of a function, (0, 0) when the firmware has none of that name."""
    symbol = next((symbol for symbol in firmware.symbols if symbol.name == function), None)
    start = 0 if symbol is None else symbol.address & ~1
    return start, start + (0 if symbol is None else symbol.size_bytes)


def _needs_simulation(board: Board) -> bool:
    return bool(board.caches) or any(region.read_wait_cycles for region in board.memories)


def _cached(board: Board, region: MemoryRegion) -> bool:
    return any(region.name in cache.regions for cache in board.caches)


def _check_cache(cache: Cache, board: Board) -> None:
    """Raises BoardError for a cache that cannot be simulated: a fill must hold whole lines of its memory."""
    lines = max(region.line_bytes for region in board.memories if region.name in cache.regions)
    if cache.line_bytes < lines or cache.size_bytes % (cache.line_bytes * cache.ways):
        raise BoardError(
            f"cache {cache.name} cannot be simulated: {cache.size_bytes} bytes in lines of {cache.line_bytes} and "
            f"{cache.ways} ways, in front of a memory with lines of {lines} bytes",
            hint="a cache line is at least a line of the memory, and size / line / ways is a whole number",
        )


def _power_of_two(value: int, what: str) -> int:
    if value < 1 or value & (value - 1):
        raise BoardError(f"{what} is {value}, but must be a power of two")
    return value


def _rule(register: EmulatedRegister) -> RegisterRule:
    if len(register.mirrors) > MAX_MIRRORS:
        raise BoardError(f"register {register.name} has more than {MAX_MIRRORS} mirrors")
    mirrors = (RegisterMirror * MAX_MIRRORS)(*(RegisterMirror(*mirror) for mirror in register.mirrors))
    return RegisterRule(
        address=register.address,
        reset_value=register.reset_value,
        set_bits=register.set_bits,
        clear_bits=register.clear_bits,
        mirror_count=len(register.mirrors),
        mirrors=mirrors,
    )
