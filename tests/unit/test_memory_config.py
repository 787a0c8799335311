"""Switching a board's memory system: what may be asked for, what changes, and what never does."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiler.boards.loader import load_board
from profiler.boards.memory_config import MemoryConfig, parse_memory_config, with_memory_config
from profiler.boards.model import Board, CacheServes
from profiler.errors import BoardError, SettingsError
from profiler.pipeline import Execution, Options, execute
from profiler.progress import Progress
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


def test_the_firmware_is_the_same_whatever_the_memory_configuration(kws: Kws) -> None:
    plain, changed = kws.executed(""), kws.executed("icache=off")
    assert plain.firmware.build_digest == changed.firmware.build_digest
    assert plain.run.outputs == changed.run.outputs
    assert plain.board.digest != changed.board.digest
