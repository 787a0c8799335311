"""The form of board and core files. Every table refuses keys it does not know, and every fact carries its source."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from profiler.boards.model import CacheServes, CoreFeature, MemoryKind, MemorySetting, Replacement

ADDRESS_SPACE_BYTES = 1 << 32

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_./ +-]{0,63}$")]
Text = Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[ -~µ×≤≥→–]+$")]
Source = Annotated[str, Field(min_length=8, max_length=400)]
Word = Annotated[int, Field(ge=0, lt=ADDRESS_SPACE_BYTES)]
Pin = Annotated[str, Field(pattern=r"^(P[A-K]\d{1,2}|P[01]\.\d{2}|GP\d{1,2}|USB)$")]
PowerOfTwo = Annotated[int, Field(gt=0)]
ParameterField = Annotated[
    str,
    Field(
        pattern=r"^(memories\.[a-z0-9_-]{1,64}\.(extra_wait_cycles|prefetch_overlap|data_wait_factor)"
        r"|caches\.[a-z0-9_-]{1,64}\.miss_cycles)$"
    ),
]
FLAG = r"^-m[a-z0-9=+_.-]+$"


class Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class CoreFile(Table):
    """boards/cores/<name>.toml."""

    name: Name
    features: tuple[Annotated[CoreFeature, Field(strict=False)], ...] = Field(strict=False)
    gcc_flags: tuple[Annotated[str, Field(pattern=FLAG)], ...] = Field(strict=False, min_length=1)
    unicorn_model: Annotated[str, Field(pattern=r"^CORTEX_M\d+$")]
    shared_code_bus: bool = False
    notes: tuple[Annotated[str, Field(min_length=1)], ...] = Field(default=(), strict=False)
    source: Source


class ClockTable(Table):
    """The core clock the firmware sets, and how."""

    hz: Annotated[int, Field(gt=0, le=1_000_000_000)]
    description: Text
    source: Source


class MemoryTable(Table):
    """One contiguous memory."""

    name: Name
    kind: Annotated[MemoryKind, Field(strict=False)]
    address: Word
    size_bytes: Annotated[int, Field(gt=0, le=ADDRESS_SPACE_BYTES)]
    read_wait_cycles: Annotated[int, Field(ge=0, le=1000)]
    line_bytes: PowerOfTwo
    prefetch: bool
    priority: Annotated[int, Field(ge=0)]
    aliases: tuple[Word, ...] = Field(default=(), strict=False)
    extra_wait_cycles: Annotated[int, Field(ge=0, le=100)] = 0
    prefetch_overlap: Annotated[float, Field(ge=0, le=1)] = 1.0
    data_wait_factor: Annotated[float, Field(ge=0, le=10)] = 1.0
    source: Source

    @model_validator(mode="after")
    def _inside_the_address_space(self) -> MemoryTable:
        for address in (self.address, *self.aliases):
            if address + self.size_bytes > ADDRESS_SPACE_BYTES:
                raise ValueError(f"memory {self.name} at {address:#010x} ends beyond the 32-bit address space")
        if self.line_bytes & (self.line_bytes - 1):
            raise ValueError(f"line_bytes of memory {self.name} is {self.line_bytes}, not a power of two")
        return self


class CacheTable(Table):
    """A cache in front of the memories it names."""

    name: Name
    serves: Annotated[CacheServes, Field(strict=False)]
    regions: tuple[Name, ...] = Field(strict=False, min_length=1)
    size_bytes: Annotated[int, Field(gt=0)]
    line_bytes: PowerOfTwo
    ways: Annotated[int, Field(gt=0)]
    replacement: Annotated[Replacement, Field(strict=False)]
    critical_word_first: bool = False
    miss_cycles: Annotated[int, Field(ge=0, le=100)] = 0
    source: Source

    @model_validator(mode="after")
    def _whole_sets(self) -> CacheTable:
        if self.size_bytes % (self.line_bytes * self.ways):
            raise ValueError(
                f"cache {self.name}: {self.size_bytes} bytes are not a whole number of sets of "
                f"{self.ways} ways × {self.line_bytes} bytes"
            )
        return self


class UartTable(Table):
    """The serial port that carries the protocol."""

    name: Identifier
    model: Literal["stm32_usart_v2", "stm32_usart_v1", "nrf_uart", "nrf_uarte", "pl011", "cmsdk_uart"]
    base_address: Word
    baud: Annotated[int, Field(gt=0, le=4_000_000)]
    tx_pin: Pin
    rx_pin: Pin
    source: Source
    interrupt: Annotated[int, Field(ge=0, lt=480)] | None = None


class ProbeTable(Table):
    """How the board is flashed and reset."""

    kind: Text
    pyocd_target: Identifier | None = None
    openocd_config: Identifier | None = None
    usb_ids: tuple[Annotated[str, Field(pattern=r"^[0-9a-f]{4}:[0-9a-f]{4}$")], ...] = Field(strict=False)
    flash: tuple[Literal["pyocd", "openocd", "probe-rs", "uf2", "copy", "command"], ...] = Field(
        default=("pyocd",), strict=False
    )
    probe_rs_chip: Identifier | None = None
    uf2_family: Word | None = None
    flash_command: tuple[Text, ...] = Field(default=(), strict=False)
    source: Source


class PeripheralTable(Table):
    """An address range of registers."""

    address: Word
    size_bytes: Annotated[int, Field(gt=0)]
    source: Source


class EmulatedRegisterTable(Table):
    """A register that start-up code waits on."""

    name: Identifier
    address: Word
    reset_value: Word = 0
    set_bits: Word = 0
    clear_bits: Word = 0
    mirrors: tuple[Annotated[tuple[int, int, int], Field(strict=False)], ...] = Field(default=(), strict=False)
    source: Source


class MemoryControlTable(Table):
    """A field of a register that sets up the memory system."""

    setting: Annotated[MemorySetting, Field(strict=False)]
    address: Word
    lsb: Annotated[int, Field(ge=0, lt=32)]
    width: Annotated[int, Field(ge=1, le=8)] = 1
    maximum: Annotated[int, Field(ge=0, le=255)] | None = None
    source: Source

    @model_validator(mode="after")
    def _maximum_fits(self) -> MemoryControlTable:
        if self.maximum is not None and self.maximum >> self.width:
            raise ValueError(f"maximum {self.maximum} of {self.setting} does not fit into {self.width} bits")
        return self


class FreeParameterTable(Table):
    """A number that `profiler calibrate` may set, and why it is free."""

    name: Name
    fields: tuple[ParameterField, ...] = Field(strict=False, min_length=1)
    low: Annotated[float, Field(ge=0, le=1000)]
    high: Annotated[float, Field(ge=0, le=1000)]
    source: Source

    @model_validator(mode="after")
    def _bounds_are_an_interval(self) -> FreeParameterTable:
        if self.low >= self.high:
            raise ValueError(f"free parameter {self.name}: its bounds {self.low:g} to {self.high:g} leave no choice")
        return self


class BoardFile(Table):
    """boards/<name>.toml."""

    name: Name
    title: Text
    vendor: Text
    soc: Identifier
    core: Name
    bsp_family: Name
    vector_table_offset_bytes: Annotated[int, Field(ge=0)] = 0
    sources: tuple[Source, ...] = Field(strict=False, min_length=1)
    notes: tuple[Annotated[str, Field(min_length=1)], ...] = Field(default=(), strict=False)
    clock: ClockTable
    memories: tuple[MemoryTable, ...] = Field(strict=False)
    caches: tuple[CacheTable, ...] = Field(default=(), strict=False)
    uart: UartTable
    probe: ProbeTable
    peripherals: tuple[PeripheralTable, ...] = Field(strict=False, min_length=1)
    emulated_registers: tuple[EmulatedRegisterTable, ...] = Field(default=(), strict=False)
    memory_controls: tuple[MemoryControlTable, ...] = Field(default=(), strict=False)
    free_parameters: tuple[FreeParameterTable, ...] = Field(default=(), strict=False)

    @model_validator(mode="after")
    def _consistent(self) -> BoardFile:
        kinds = {memory.kind for memory in self.memories}
        if kinds != {MemoryKind.FLASH, MemoryKind.RAM}:
            raise ValueError("a board needs at least one memory of kind flash and one of kind ram")
        names = [memory.name for memory in self.memories]
        if len(set(names)) != len(names):
            raise ValueError(f"two memories have the same name: {', '.join(names)}")
        for cache in self.caches:
            for region in cache.regions:
                if region not in names:
                    raise ValueError(f"cache {cache.name} serves {region}, which is none of {', '.join(names)}")
        _refuse_overlaps(self)
        _check_free_parameters(self)
        return self


def _check_free_parameters(board: BoardFile) -> None:
    """Every field exists, belongs to one parameter, and fields of one parameter say the same now."""
    owners: dict[str, tuple[MemoryTable | CacheTable, ...]] = {"memories": board.memories, "caches": board.caches}
    claimed: dict[str, str] = {}
    for parameter in board.free_parameters:
        values = set()
        for path in parameter.fields:
            table, owner, key = path.split(".")
            found = next((entry for entry in owners[table] if entry.name == owner), None)
            if found is None:
                raise ValueError(f"free parameter {parameter.name}: {path} names no entry of {table}")
            if path in claimed:
                raise ValueError(f"{path} belongs to two free parameters, {claimed[path]} and {parameter.name}")
            claimed[path] = parameter.name
            values.add(getattr(found, key))
        if len(values) > 1:
            raise ValueError(f"free parameter {parameter.name}: its fields differ: {sorted(values)}")
        if not parameter.low <= values.pop() <= parameter.high:
            raise ValueError(f"free parameter {parameter.name}: its value in this file is outside of its bounds")


def _refuse_overlaps(board: BoardFile) -> None:
    """No two memories, aliases included, and no memory and peripheral range may claim the same address."""
    spans = [
        (address, address + memory.size_bytes, memory.name)
        for memory in board.memories
        for address in (memory.address, *memory.aliases)
    ]
    spans += [(table.address, table.address + table.size_bytes, "peripherals") for table in board.peripherals]
    spans.sort()
    for (_, end, lower), (start, _, upper) in pairwise(spans):
        if start < end:
            raise ValueError(f"{lower} and {upper} overlap at {start:#010x}")
