"""Boards as values. Every fact comes from a TOML file below `boards/`, with its source beside it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CoreFeature(StrEnum):
    """What a kernel may require of a core."""

    DSP = "dsp"  # SMLAD, SXTB16 and the rest of the Armv7E-M / Armv8-M DSP extension
    FPU = "fpu"  # single-precision hardware floating point
    HARDWARE_DIVIDE = "hardware_divide"
    UNALIGNED_ACCESS = "unaligned_access"
    CYCLE_COUNTER = "cycle_counter"  # DWT CYCCNT
    LEVEL1_CACHES = "level1_caches"  # of its own, where the part has them: SCB CCR, ICIALLU, DCCISW


@dataclass(frozen=True, slots=True, kw_only=True)
class Core:
    """A Cortex-M core as the compiler, the emulator and the timing model need it."""

    name: str  # "cortex-m4"; also the name of its cost table in profiler/timing/cores
    features: frozenset[CoreFeature]
    gcc_flags: tuple[str, ...]
    unicorn_model: str  # name of the UC_CPU_ARM_* constant's tail, e.g. "CORTEX_M4"
    source: str
    shared_code_bus: bool = False  # one bus for instructions and data below 0x2000_0000, beside that for RAM
    notes: tuple[str, ...] = ()  # what every report of a board with this core has to say

    @property
    def is_armv6m(self) -> bool:
        """Whether the core executes Armv6-M alone: 16-bit instructions but for a few, no divide."""
        return self.unicorn_model == "CORTEX_M0"


class MemoryKind(StrEnum):
    FLASH = "flash"
    RAM = "ram"


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryRegion:
    """One contiguous memory. `priority` orders RAM for placement: lowest first (fastest, nearest the core)."""

    name: str
    kind: MemoryKind
    address: int
    size_bytes: int
    read_wait_cycles: int  # extra core cycles of a read that no cache or buffer serves, at the board's clock
    line_bytes: int  # bytes one access of the array delivers (flash row buffer, bus width for RAM)
    prefetch: bool  # next-line prefetch: sequential fetches hide the wait states
    priority: int
    aliases: tuple[int, ...]  # further addresses under which the same bytes appear
    source: str
    extra_wait_cycles: int = 0  # of such a read beyond `read_wait_cycles`: bus and arbitration; may be fitted
    prefetch_overlap: float = 1.0  # share of what the prefetcher could hide that it does hide; may be fitted
    data_wait_factor: float = (
        1.0  # wait of a data read by that of a fetch: an array busy with prefetching; may be fitted
    )


class CacheServes(StrEnum):
    INSTRUCTION = "instruction"
    DATA = "data"
    UNIFIED = "unified"


class Replacement(StrEnum):
    LRU = "lru"
    PSEUDO_RANDOM = "pseudo_random"
    ROUND_ROBIN = "round_robin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cache:
    """A cache or flash accelerator in front of the regions it names."""

    name: str
    serves: CacheServes
    regions: tuple[str, ...]
    size_bytes: int
    line_bytes: int
    ways: int  # size_bytes // line_bytes means fully associative
    replacement: Replacement
    source: str
    critical_word_first: bool = False  # a line fill begins with the word that missed, and the core goes on with it
    miss_cycles: int = 0  # of a miss beyond the wait of the memory's array: bus and bridges


@dataclass(frozen=True, slots=True, kw_only=True)
class Uart:
    """The serial port the debug probe shows to the host. `model` names a UART model of the emulator and a driver of
    the firmware: stm32_usart_v2 (ISR/RDR/TDR), stm32_usart_v1 (SR/DR), nrf_uart, nrf_uarte, pl011,
    cmsdk_uart."""

    name: str
    model: str
    base_address: int
    baud: int
    tx_pin: str
    rx_pin: str
    source: str
    interrupt: int | None = None  # its number in the NVIC, for firmware that receives in a handler


@dataclass(frozen=True, slots=True, kw_only=True)
class EmulatedRegister:
    """A peripheral register that start-up code waits on; everything else in peripheral space reads back what was
    written. A read returns (stored | set_bits) & ~clear_bits, then each mirror copies `width` bits (from, to)."""

    name: str
    address: int
    reset_value: int = 0
    set_bits: int = 0
    clear_bits: int = 0
    mirrors: tuple[tuple[int, int, int], ...] = ()  # (from_lsb, to_lsb, width)


class MemorySetting(StrEnum):
    """What a field of a control register sets; the keys of a memory configuration."""

    WAIT_STATES = "wait_states"
    PREFETCH = "prefetch"
    ICACHE = "icache"
    DCACHE = "dcache"


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryControl:
    """Where start-up code sets up the memory system: `width` bits from `lsb` of the register at `address`."""

    setting: MemorySetting
    address: int
    lsb: int
    width: int
    source: str
    maximum: int | None = None  # the largest value that is not reserved; None: all that fit

    @property
    def largest(self) -> int:
        return (1 << self.width) - 1 if self.maximum is None else self.maximum

    @property
    def mask(self) -> int:
        return (1 << self.width) - 1 << self.lsb


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """How the board is flashed and reset."""

    kind: str
    pyocd_target: str | None
    openocd_config: str | None
    usb_ids: tuple[str, ...]
    flash: tuple[str, ...] = ("pyocd",)  # ways that work (profiler/lab/flash.py), best first
    probe_rs_chip: str | None = None
    uf2_family: int | None = None
    flash_command: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeParameter:
    """A number of the board's timing model that no document states: `profiler calibrate` may set it within bounds.

    `fields` all get its value: "caches.NAME.miss_cycles", "memories.NAME.extra_wait_cycles" and the like.
    """

    name: str
    fields: tuple[str, ...]
    low: float
    high: float
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedParameter:
    """A free parameter as a calibration has set it; `initial` is what the board file says.

    `standard_error` is None where the fit cannot tell: at a bound, or with as many parameters as points.
    """

    name: str
    fields: tuple[str, ...]
    value: float
    initial: float
    low: float
    high: float
    standard_error: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What `profiler calibrate` found for a board: `mean_error_*` are fractions over the points it was fitted on."""

    date: str
    provenance: str
    engine: str
    parameters: tuple[FittedParameter, ...]
    points: int
    mean_error_before: float
    mean_error_after: float
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """A board at one clock setting: the one its firmware configures (`bsp_family`)."""

    name: str
    title: str
    vendor: str
    soc: str
    core: Core
    clock_hz: int
    memories: tuple[MemoryRegion, ...]
    caches: tuple[Cache, ...]
    uart: Uart
    probe: Probe
    bsp_family: str  # folder below firmware_harness/bsp
    peripheral_ranges: tuple[tuple[int, int], ...]  # (address, size) mapped as peripheral space by the emulator
    emulated_registers: tuple[EmulatedRegister, ...]
    vector_table_offset_bytes: int  # of the image inside the boot flash (RP2040: 0x100 after boot2; bootloaders)
    sources: tuple[str, ...]
    notes: tuple[str, ...]
    memory_controls: tuple[MemoryControl, ...] = ()
    free_parameters: tuple[FreeParameter, ...] = ()
    calibration: Calibration | None = None  # whose values the memories and caches above have
    as_filed: Board | None = None  # of a board whose memory system was switched: the board as its file has it
    digest: str  # SHA-256 of everything above as loaded: part of every result's identity

    @property
    def prefetches(self) -> bool:
        """Whether a memory has its prefetcher on; the next two: whether a cache serves instructions, or data alone."""
        return any(memory.prefetch for memory in self.memories)

    @property
    def caches_instructions(self) -> bool:
        return any(cache.serves is not CacheServes.DATA for cache in self.caches)

    @property
    def caches_data(self) -> bool:
        return any(cache.serves is CacheServes.DATA for cache in self.caches)

    @property
    def boot_flash(self) -> MemoryRegion:
        return next(memory for memory in self.memories if memory.kind is MemoryKind.FLASH)

    @property
    def ram_regions(self) -> tuple[MemoryRegion, ...]:
        """RAM in order of preference."""
        ram = (memory for memory in self.memories if memory.kind is MemoryKind.RAM)
        return tuple(sorted(ram, key=lambda memory: memory.priority))
