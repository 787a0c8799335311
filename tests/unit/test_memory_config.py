"""Switching a board's memory system: what may be asked for, what changes, and what never does."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiler.boards.loader import load_board
from profiler.boards.memory_config import MemoryConfig, parse_memory_config, with_memory_config
from profiler.boards.memory_controls import board_to_build, control_values, require_set_up
from profiler.boards.model import Board, CacheServes
from profiler.build.model import Category
from profiler.errors import BoardError, RunError, SettingsError
from profiler.pipeline import Execution, Options, execute
from profiler.progress import Progress
from profiler.run.image import load_image
from profiler.run.interface import read_interface
from profiler.settings import Settings, load_settings
from profiler.timing.estimate import code_image, estimate
from profiler.timing.model import CycleEstimate
from tests.support.sample_board import sample_board

switches = st.none() | st.booleans()
configs = st.builds(
    MemoryConfig,
    prefetch=switches,
    icache=switches,
    dcache=switches,
    wait_states=st.none() | st.integers(0, 1000),
    memory_wait_states=st.dictionaries(st.sampled_from(["flash", "sram1"]), st.integers(0, 1000)).map(
        lambda waits: tuple(sorted(waits.items()))
    ),
)


@given(configs)
def test_a_configuration_reads_back_from_its_own_text(config: MemoryConfig) -> None:
    text = str(config)
    assert parse_memory_config([text] if text else []) == config


def test_one_text_or_several_say_the_same() -> None:
    assert parse_memory_config(["prefetch=off, icache=off", "wait_states=0"]) == parse_memory_config(
        ["wait_states=0,prefetch=off,icache=off"]
    )


@pytest.mark.parametrize(
    "text",
    [
        *("", "=", "prefetch", "prefetch=maybe", "warp=off", ".wait_states=1", "icache=off,icache=on"),
        *("wait_states=", "wait_states=-1", "wait_states=1001", "wait_states=٣", "wait_states=" + "9" * 5000),
        "wait_states=1,wait_states=2",
    ],
)
def test_what_is_no_setting_is_refused_with_what_there_is(text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_memory_config([text])
    assert caught.value.hint
    assert len(caught.value.message) < 200


def test_each_switch_changes_its_part_of_the_board_and_the_digest() -> None:
    board = load_board("nucleo_l4r5zi")
    changed = {text: with_memory_config(board, parse_memory_config([text])) for text in
               ("prefetch=off", "icache=off", "dcache=off", "wait_states=0", "sram1.wait_states=2")}  # fmt: skip
    assert not any(memory.prefetch for memory in changed["prefetch=off"].memories)
    assert [cache.serves for cache in changed["icache=off"].caches] == [CacheServes.DATA]
    assert [cache.serves for cache in changed["dcache=off"].caches] == [CacheServes.INSTRUCTION]
    assert changed["wait_states=0"].boot_flash.read_wait_cycles == 0
    sram1 = changed["sram1.wait_states=2"].ram_regions[0]
    assert (sram1.name, sram1.read_wait_cycles) == ("sram1", 2)
    assert changed["sram1.wait_states=2"].boot_flash == board.boot_flash
    assert len({board.digest, *(other.digest for other in changed.values())}) == 6


def test_a_configuration_that_changes_nothing_leaves_the_board_its_digest() -> None:
    board = sample_board()
    same = parse_memory_config(["prefetch=on,icache=on,wait_states=5,dcache=off"])
    assert with_memory_config(board, same) == board


def test_a_cache_of_both_has_one_switch() -> None:
    board = load_board("nucleo_u575zi")
    assert with_memory_config(board, parse_memory_config(["icache=off,dcache=off"])).caches == ()
    with pytest.raises(BoardError, match="one switch"):
        with_memory_config(board, parse_memory_config(["dcache=off"]))


@pytest.mark.parametrize("text", ["icache=on", "dcache=on", "prefetch=on", "psram.wait_states=1"])
def test_what_the_board_does_not_have_cannot_be_switched_on(text: str) -> None:
    flash, *rest = sample_board().memories
    bare = dataclasses.replace(sample_board(), caches=(), memories=(dataclasses.replace(flash, prefetch=False), *rest))
    with pytest.raises(BoardError) as caught:
        with_memory_config(bare, parse_memory_config([text]))
    assert caught.value.hint


@pytest.fixture(scope="module")
def kws(tmp_path_factory: pytest.TempPathFactory) -> Kws:
    return Kws(load_settings().model_copy(update={"cache_folder": tmp_path_factory.mktemp("cache")}))


class Kws:
    """The zoo's keyword spotting on a NUCLEO-L4R5ZI, run under any memory configuration; each is run once."""

    def __init__(self, its_settings: Settings) -> None:
        self.settings = its_settings
        self.seen: dict[str, Execution] = {}

    def executed(self, text: str) -> Execution:
        if text not in self.seen:
            options = Options(input_sets=1, memory_config=parse_memory_config([text] if text else []))
            self.seen[text] = execute(
                "zoo:kws", board="nucleo_l4r5zi", options=options, settings=self.settings, progress=Progress()
            )
        return self.seen[text]

    def cycles(self, text: str, board: Board | None = None) -> CycleEstimate:
        done = self.executed(text)
        return estimate(done.run.profile, board or done.board, code_image(done.firmware.elf_path))


@settings(max_examples=25, deadline=None)
@given(caches=st.sampled_from(["", "icache=off", "dcache=off", "icache=off,dcache=off"]),
       prefetch=st.sampled_from(["", "prefetch=off"]), fewer=st.integers(0, 15), more=st.integers(0, 15))  # fmt: skip
def test_more_wait_states_never_take_fewer_cycles_in_any_layer(
    kws: Kws, caches: str, prefetch: str, fewer: int, more: int
) -> None:
    text = ",".join(filter(None, (caches, prefetch)))
    board = kws.executed(text).board  # hits and misses do not depend on wait states: one run serves them all

    def layers(wait_states: int) -> list[int]:
        changed = with_memory_config(board, MemoryConfig(wait_states=wait_states))
        return [layer.total for layer in kws.cycles(text, changed).layers]

    assert all(low <= high for low, high in zip(layers(fewer), layers(fewer + more), strict=True))


@pytest.mark.parametrize("text", ["prefetch=off", "icache=off", "dcache=off", "icache=off,dcache=off"])
def test_switching_off_never_makes_keyword_spotting_faster(kws: Kws, text: str) -> None:
    assert kws.cycles("").total_cycles <= kws.cycles(text).total_cycles


def test_a_configuration_is_built_into_the_firmware_and_moves_nothing_of_the_model(kws: Kws) -> None:
    plain, changed = kws.executed(""), kws.executed("icache=off")
    assert plain.firmware.build_digest != changed.firmware.build_digest
    assert _build_id(plain) != _build_id(changed)
    assert plain.run.outputs == changed.run.outputs
    assert plain.board.digest != changed.board.digest
    where = [
        {s.name: s.address for s in done.firmware.symbols if s.category is not Category.OTHER and s.size_bytes}
        for done in (plain, changed)
    ]
    assert where[0].items() <= where[1].items()
    assert plain.run.profile.instructions == changed.run.profile.instructions


def test_the_same_set_up_is_the_same_firmware_however_it_was_asked_for(kws: Kws) -> None:
    once, again = kws.executed("wait_states=5,icache=off"), kws.executed("icache=off")
    assert once.firmware.build_digest == again.firmware.build_digest
    assert once.board == again.board
    assert kws.executed("dcache=on,wait_states=5").firmware == kws.executed("").firmware


def test_firmware_with_more_wait_states_never_takes_fewer_cycles(kws: Kws) -> None:
    cycles = [kws.cycles(f"wait_states={count}").total_cycles for count in (5, 6, 9, 15)]
    assert cycles == sorted(cycles)
    assert cycles[0] == kws.cycles("").total_cycles < cycles[-1]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("nucleo_l4r5zi", "wait_states=4", "cannot have 4 wait states"),
        ("nucleo_l4r5zi", "wait_states=16", "cannot have 16 wait states"),
        ("stm32f4_discovery", "wait_states=8", "cannot have 8 wait states"),
        ("nucleo_g0b1re", "wait_states=3", "cannot have 3 wait states"),  # fits its three bits, but is reserved
        ("nucleo_l4r5zi", "sram1.wait_states=1", "sets the wait states of sram1"),
        ("nrf52840_dk", "wait_states=3", "sets the wait states of flash"),
        ("raspberry_pi_pico", "flash.wait_states=600", "sets the wait states of flash"),
        ("nucleo_u575zi", "dcache=off", "one switch"),
        ("nucleo_h7a3zi", "prefetch=on", "no prefetcher"),
        ("generic_cortex_m4", "icache=on", "no cache"),
    ],
)
def test_what_the_part_cannot_be_set_to_is_refused_before_anything_is_built(name: str, text: str, message: str) -> None:
    with pytest.raises(BoardError, match=message) as caught:
        board_to_build(load_board(name), parse_memory_config([text]))
    assert caught.value.hint


def test_a_cache_without_a_register_cannot_be_switched() -> None:
    board = dataclasses.replace(load_board("nucleo_l4r5zi"), memory_controls=())
    with pytest.raises(BoardError, match=r"no register of nucleo_l4r5zi switches icache"):
        board_to_build(board, parse_memory_config(["icache=off"]))
    assert board_to_build(board, parse_memory_config(["icache=on"])) == board


def test_start_up_that_sets_up_something_else_than_is_modelled_is_an_error() -> None:
    board = load_board("nucleo_l4r5zi")
    require_set_up(board, {0x4002_2000: 0x705})
    with pytest.raises(RunError, match=r"wait_states is 6, not 5 .*; icache is 0, not 1"):
        require_set_up(board, {0x4002_2000: 0x506})


def test_a_board_that_was_switched_already_keeps_the_file_it_is_from() -> None:
    board = load_board("nucleo_l4r5zi")
    once = board_to_build(board, parse_memory_config(["icache=off"]))
    twice = board_to_build(once, parse_memory_config(["wait_states=7"]))
    assert once.as_filed == twice.as_filed == board
    assert sum(value for _, value in control_values(twice)) == 0x507


def _build_id(done: Execution) -> str:
    return read_interface(done.firmware, load_image(done.firmware.elf_path, done.board)).build_id
