"""The memory simulation: by hand on small programs, and against a plain model of a cache on random accesses."""

import ctypes
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiler.boards.model import Cache, CacheServes, Replacement
from profiler.errors import BoardError
from profiler.run.native_types import CacheConfig, MemoryConfig, TickFunction, TracerOptions
from profiler.run.tracer import Tracer
from tests.bare.firmware import MONITOR, board, build, power_up

PROGRAM = """
#include "bare.h"
__asm__(
  ".syntax unified\\n.thumb\\n"
  ".type layer_00_straight,%function\\n .balign 64\\n"
  "layer_00_straight: .rept 32\\n nop\\n .endr\\n bx lr\\n.size layer_00_straight, .-layer_00_straight\\n"
  ".type layer_01_loop,%function\\n .balign 64\\n"
  "layer_01_loop: movs r0, #10\\n1: subs r0, #1\\n bne 1b\\n bx lr\\n.size layer_01_loop, .-layer_01_loop\\n"
  ".type layer_02_data,%function\\n .balign 64\\n"
  "layer_02_data: adr r0, 2f\\n ldr r1, [r0]\\n ldr r1, [r0, #4]\\n ldr r1, [r0, #12]\\n ldr r1, [r0, #16]\\n"
  " ldrb r1, [r0, #48]\\n ldrb r1, [r0]\\n movs r2, #1\\n lsls r2, r2, #29\\n adds r2, #128\\n"
  " ldr r1, [r2]\\n ldr r1, [r2]\\n strb r1, [r2]\\n bx lr\\n .balign 64\\n 2: .space 64\\n"
  ".size layer_02_data, .-layer_02_data\\n"
  ".type layer_03_pattern,%function\\n .balign 64\\n"  // lines A B A C A B
  "layer_03_pattern: adr r0, 3f\\n ldr r1, [r0]\\n ldr r1, [r0, #16]\\n ldr r1, [r0]\\n ldr r1, [r0, #32]\\n"
  " ldr r1, [r0]\\n ldr r1, [r0, #16]\\n bx lr\\n .balign 64\\n 3: .space 64\\n"
  ".size layer_03_pattern, .-layer_03_pattern\\n");
void layer_00_straight(void); void layer_01_loop(void); void layer_02_data(void); void layer_03_pattern(void);
__attribute__((noinline)) void model_invoke(void) {
  layer_00_straight(); layer_01_loop(); layer_02_data(); layer_03_pattern(); __asm volatile("");
}
void test_main(void) { model_invoke(); }
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    return build(tmp_path_factory.mktemp("program"), board(), source=PROGRAM)


def cache(serves, *, lines=2, replacement=Replacement.LRU, ways=None):
    return Cache(
        name="cache",
        serves=serves,
        regions=("flash",),
        size_bytes=16 * lines,
        line_bytes=16,
        ways=ways or lines,
        replacement=replacement,
        source="test",
    )


def counts(firmware, target, layer, region):
    profile = power_up(firmware, target).profile
    (execution,) = (execution for execution in profile.layers if execution.layer == layer)
    return next(memory for memory in execution.memory if memory.region == region)


def test_straight_code_fetches_each_line_once_and_all_but_the_first_in_sequence(program):
    flash = counts(program, board(flash_wait_cycles=3), 0, "flash")
    assert (flash.fetches, flash.fetch_misses, flash.fetch_sequential_misses) == (5, 5, 4)


def test_a_loop_inside_one_line_is_fetched_once(program):
    assert counts(program, board(flash_wait_cycles=3), 1, "flash").fetches == 1


def test_reads_of_one_line_wait_once_and_zero_wait_memory_never(program):
    target = board(flash_wait_cycles=3)
    flash, ram = counts(program, target, 2, "flash"), counts(program, target, 2, "ram")
    assert (flash.reads, flash.read_misses, flash.read_sequential_misses) == (6, 4, 1)
    assert (ram.reads, ram.read_misses, ram.writes) == (2, 0, 1)


def test_ram_with_wait_states_has_no_line_buffer(program):
    target = board(flash_wait_cycles=3)
    flash, ram = target.memories
    slow = replace(target, memories=(flash, replace(ram, read_wait_cycles=1)))
    assert counts(program, slow, 2, "ram").read_misses == 2


def test_least_recently_used_lines_go_first(program):
    flash = counts(program, board(flash_wait_cycles=3, caches=(cache(CacheServes.DATA),)), 3, "flash")
    assert (flash.reads, flash.read_misses) == (6, 4)  # A B hit C hit B


def test_round_robin_does_not_mind_use(program):
    robin = cache(CacheServes.DATA, replacement=Replacement.ROUND_ROBIN)
    flash = counts(program, board(flash_wait_cycles=3, caches=(robin,)), 3, "flash")
    assert (flash.reads, flash.read_misses) == (6, 5)  # A B hit C A B


def test_lines_that_are_prefetched_in_time_leave_the_cache_to_branch_targets(program):
    target = board(flash_wait_cycles=1, caches=(cache(CacheServes.INSTRUCTION, lines=64),))
    flash, ram = target.memories
    prefetching = replace(target, memories=(replace(flash, prefetch=True), ram))
    first, second = (counts(program, prefetching, 0, "flash") for _ in range(2))
    assert (first.fetch_misses, first.fetch_sequential_misses) == (5, 4)
    assert first == second
    slow = replace(target, memories=(replace(flash, prefetch=True, read_wait_cycles=9), ram))  # comes too late
    assert counts(program, slow, 0, "flash").fetch_misses == counts(program, target, 0, "flash").fetch_misses


def test_an_instruction_cache_leaves_data_alone_and_the_other_way_round(program):
    plain = board(flash_wait_cycles=3)
    instruction = board(flash_wait_cycles=3, caches=(cache(CacheServes.INSTRUCTION, lines=64),))
    data = board(flash_wait_cycles=3, caches=(cache(CacheServes.DATA, lines=64),))
    assert counts(program, instruction, 3, "flash").read_misses == counts(program, plain, 3, "flash").read_misses
    assert counts(program, data, 0, "flash").fetch_misses == counts(program, plain, 0, "flash").fetch_misses


def test_pseudo_random_replacement_is_the_same_in_every_run(program):
    target = board(
        flash_wait_cycles=3, caches=(cache(CacheServes.UNIFIED, lines=4, replacement=Replacement.PSEUDO_RANDOM),)
    )
    assert power_up(program, target).profile == power_up(program, target).profile


def test_counts_and_outputs_do_not_change_when_memory_is_watched(tmp_path):
    target = board(flash_wait_cycles=3)
    firmware = build(tmp_path, target, source=MONITOR)
    script = b"name%db load 4%dbb 0 4 00000000%\x01\x02\x03\x04time 1 0%output 0%"
    watched = power_up(firmware, target, script=script)
    unwatched = power_up(firmware, target, script=script, memory_simulation=False)
    assert watched.output == unwatched.output
    assert b"m-output-0-[03070B0F]" in watched.output
    assert watched.status.instructions == unwatched.status.instructions
    assert watched.status.stack_low == unwatched.status.stack_low
    for with_memory, without in zip(watched.profile.layers, unwatched.profile.layers, strict=True):
        assert with_memory.memory
        assert without.memory == ()
        assert replace(with_memory, memory=(), misses=(), unaligned=()) == without


def test_a_cache_with_lines_smaller_than_the_memorys_is_refused(program):
    small = replace(cache(CacheServes.DATA), line_bytes=8)
    with pytest.raises(BoardError, match="cache cache cannot be simulated"):
        power_up(program, board(flash_wait_cycles=3, caches=(small,)))


class PlainCache:
    """A set-associative cache as one would write it on a blackboard."""

    def __init__(self, sets, ways, line_bytes, replacement):
        self.sets = [[] for _ in range(sets)]  # lines, the next to go first
        self.ways, self.line_bytes, self.replacement = ways, line_bytes, replacement

    def misses(self, address):
        line = address // self.line_bytes
        held = self.sets[line % len(self.sets)]
        missed = line not in held
        if missed:
            held.append(line)
            del held[: max(len(held) - self.ways, 0)]
        elif self.replacement is Replacement.LRU:
            held.append(held.pop(held.index(line)))
        return missed


FLASH = 0x0800_0000
REPLACEMENT_NUMBER = {Replacement.LRU: 0, Replacement.ROUND_ROBIN: 1}


class DrivenTracer:
    """The native tracer without an engine: its hooks are called from here, over 4 KiB of NOPs in flash."""

    def __init__(self, caches=(), line_bytes=16, level1=False):
        self.code = ctypes.create_string_buffer(b"\x00\xbf" * 2048)
        signature = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_int32, ctypes.c_void_p)
        self.reg_read = signature(self._register)
        self.tracer = Tracer(
            TracerOptions(
                reg_read=ctypes.cast(self.reg_read, ctypes.c_void_p),
                on_tick=TickFunction(lambda _: 0),
                level1_caches=int(level1),
                instruction_limit=1 << 60,
                tick_instructions=1 << 60,
            )
        )
        config = MemoryConfig(
            address=FLASH, size_bytes=4096, line_bytes=line_bytes, timed=1, buffered=1, host=ctypes.addressof(self.code)
        )
        self.tracer.add_memory(config)
        for one in caches:
            self.tracer.add_cache(one)
        self.tracer.set_simulating(True)
        self.tracer.set_inference(FLASH, FLASH + 16, [])
        block = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_uint32, ctypes.c_void_p)
        access = ctypes.CFUNCTYPE(
            None, *(ctypes.c_void_p, ctypes.c_int, ctypes.c_uint64, ctypes.c_int, ctypes.c_int64, ctypes.c_void_p)
        )
        self._block, self._read = block(self.tracer.callback("block")), access(self.tracer.callback("read"))

    @staticmethod
    def _register(_engine, _register, value):
        """The link register: model_invoke returns to the second line of the flash."""
        ctypes.cast(value, ctypes.POINTER(ctypes.c_uint32))[0] = FLASH + 16 + 1
        return 0

    def block(self, address, size):
        self._block(None, address, size, self.tracer.handle)

    def read(self, address):
        self._read(None, 16, address, 1, 0, self.tracer.handle)

    def inference(self, offsets):
        """Counts of one that reads one byte at each offset of the flash."""
        self.block(FLASH, 2)
        for offset in offsets:
            self.read(FLASH + offset)
        self.block(FLASH + 16, 2)
        (record,) = self.tracer.memory_records()
        return record.reads, record.read_misses, record.read_sequential_misses

    def reads_and_misses(self, offsets):
        """The same, of the only one."""
        counts = self.inference(offsets)
        self.tracer.close()
        return counts

    def system_registers(self):
        """What reads and writes the core's registers: functions of the address, and of address and value."""
        base = 0xE000E000
        user = self.tracer.add_peripheral_range(base)
        read = ctypes.CFUNCTYPE(ctypes.c_uint64, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_uint32, ctypes.c_void_p)(
            self.tracer.callback("peripheral_read")
        )
        write = ctypes.CFUNCTYPE(
            None, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_uint32, ctypes.c_uint64, ctypes.c_void_p
        )(self.tracer.callback("peripheral_write"))
        return (
            lambda address: read(None, address - base, 4, user),
            lambda address, value: write(None, address - base, 4, value, user),
        )


@settings(deadline=None)
@given(
    offsets=st.lists(st.integers(0, 4095), max_size=200),
    sets=st.sampled_from([1, 2, 4]),
    ways=st.sampled_from([1, 2, 3, 8]),
    line_bytes=st.sampled_from([16, 32]),
    replacement=st.sampled_from(sorted(REPLACEMENT_NUMBER)),
)
def test_misses_are_those_of_a_plain_cache(offsets, sets, ways, line_bytes, replacement):
    config = CacheConfig(
        serves_data=1,
        region_mask=1 << 1,
        line_bytes=line_bytes,
        ways=ways,
        sets=sets,
        replacement=REPLACEMENT_NUMBER[replacement],
    )
    plain = PlainCache(sets, ways, line_bytes, replacement)
    expected = sum(plain.misses(FLASH + offset) for offset in offsets)
    reads, misses, _ = DrivenTracer([config]).reads_and_misses(offsets)
    assert (reads, misses) == (len(offsets), expected)


@settings(deadline=None)
@given(offsets=st.lists(st.integers(0, 4095), max_size=200), line_bytes=st.sampled_from([4, 16, 64]))
def test_without_a_cache_every_change_of_line_is_a_miss(offsets, line_bytes):
    lines = [offset // line_bytes for offset in offsets]
    changes = [(before, now) for before, now in zip([None, *lines], lines, strict=False) if before != now]
    sequential = sum(now == before + 1 for before, now in changes if before is not None)
    counted = DrivenTracer(line_bytes=line_bytes).reads_and_misses(offsets)
    assert counted == (len(offsets), len(changes), sequential)


CCSIDR, CSSELR, ICIALLU, DCISW, DCCISW = 0xE000ED80, 0xE000ED84, 0xE000EF50, 0xE000EF60, 0xE000EF74
DATA_CACHE = {"serves_data": 1, "region_mask": 1 << 1, "line_bytes": 32, "ways": 4, "sets": 8}


def test_cache_maintenance_drops_the_line_of_that_set_and_way():
    driven = DrivenTracer([CacheConfig(**DATA_CACHE)], level1=True)
    read, write = driven.system_registers()
    assert read(CCSIDR) == (8 - 1) << 13 | (4 - 1) << 3 | 1  # lines of 8 words
    same_set = [3 * 32 + 8 * 32 * way for way in range(4)]
    assert driven.inference(same_set)[1] == 4
    assert driven.inference(same_set)[1] == 0
    for operation in (DCISW, DCCISW):
        write(operation, 2 << 30 | 3 << 5)  # way 2 of set 3
        assert [driven.inference([offset])[1] for offset in same_set] == [0, 0, 1, 0]
    write(DCCISW, 2 << 30 | 4 << 5)  # another set
    write(ICIALLU, 0)  # another cache
    assert driven.inference(same_set)[1] == 0
    driven.tracer.close()


def test_a_core_without_caches_of_its_own_has_no_maintenance():
    driven = DrivenTracer([CacheConfig(**DATA_CACHE)])
    read, write = driven.system_registers()
    assert read(CCSIDR) == 0
    driven.inference([0])
    write(DCCISW, 0)
    assert driven.inference([0])[1] == 0
    driven.tracer.close()


@settings(deadline=None)
@given(
    before=st.lists(st.integers(0, 4095), max_size=200),
    offsets=st.lists(st.integers(0, 4095), min_size=50, max_size=200),
)
def test_what_was_in_an_emptied_cache_does_not_matter_afterwards(before, offsets):
    def misses(history):
        driven = DrivenTracer([CacheConfig(**DATA_CACHE, replacement=2)], level1=True)
        _, write = driven.system_registers()
        driven.inference(history)
        for line in range(8 * 4):
            write(DCCISW, line // 8 << 30 | line % 8 << 5)
        counted = [driven.inference([offset])[1] for offset in offsets]
        driven.tracer.close()
        return counted

    assert misses(before) == misses([])
