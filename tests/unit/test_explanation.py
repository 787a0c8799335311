"""`profiler explain`: every cycle and every executed instruction of a layer is in its listing, once."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from profiler.boards.memory_config import parse_memory_config
from profiler.errors import RunError, SettingsError
from profiler.pipeline import Options, explain, profile
from profiler.report.explanation import CauseCycles, Explanation, fold_explanation
from profiler.report.profile import CycleCauses, Figure, Profile
from profiler.report.renderers.listing import print_explanation
from profiler.run.location import CodeMap, code_map
from profiler.run.model import BlockCount, EdgeCount, ExecutionProfile, LayerExecution
from profiler.settings import Settings, load_settings
from profiler.timing.code_image import image_of
from profiler.timing.disassemble import listing
from tests.support.sample_board import sample_board
from tests.support.thumb import assemble

_CODE = 0x0800_1000
_CAUSES = ("issue", "load_use", "branch", "multiply_divide", "fpu", "fetch_wait", "data_wait")
# dual issue and mispredicted branches; floating point; a cache of instructions and data
_CASES = [("zoo:ad", "disco_f746ng"), ("zoo:kws_float32", "nucleo_l4r5zi"), ("zoo:ad", "raspberry_pi_pico")]


@pytest.fixture(scope="module")
def its_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return load_settings().model_copy(update={"cache_folder": tmp_path_factory.mktemp("cache")})


@pytest.fixture(scope="module", params=_CASES, ids=[" on ".join(case) for case in _CASES])
def case(request: pytest.FixtureRequest, its_settings: Settings) -> tuple[Profile, list[Explanation]]:
    """A saved profile, the explanation of all layers, and that of each single one."""
    model, board = request.param
    options = Options(input_sets=1)
    whole = explain(model, board=board, options=options, settings=its_settings)
    each = [explain(model, board=board, layer=layer.layer, options=options, settings=its_settings)
            for layer in whole.layers]  # fmt: skip
    return profile(model, board=board, options=options, settings=its_settings), [whole, *each]


def _sum(parts: list[CauseCycles]) -> dict[str, int]:
    return {cause: sum(getattr(part, cause) for part in parts) for cause in _CAUSES}


def test_layers_are_those_of_the_report(case: tuple[Profile, list[Explanation]]) -> None:
    report, (whole, *_) = case
    explained = {layer.layer: layer for layer in whole.layers}
    for layer in report.layers:
        cycles, causes = layer.time.cycles, layer.time.causes
        assert isinstance(cycles, Figure)
        assert isinstance(causes, CycleCauses)
        mine = explained[layer.index]
        assert (mine.kind, mine.cycles.total) == (layer.kind.lower(), cycles.value)
        assert [getattr(mine.cycles, cause) for cause in _CAUSES] == [getattr(causes, cause) for cause in _CAUSES]
    assert isinstance(report.summary.cycles, Figure)
    assert sum(layer.cycles.total for layer in whole.layers) == report.summary.cycles.value


def test_blocks_functions_and_instructions_sum_to_their_layer_by_cause(
    case: tuple[Profile, list[Explanation]],
) -> None:
    for one in case[1][1:]:
        assert one.chosen is not None
        expected = {cause: getattr(one.chosen.cycles, cause) for cause in _CAUSES}
        assert _sum([block.cycles for block in one.blocks]) == expected
        assert _sum([function.cycles for function in one.functions]) == expected
        lines = _sum([line.cycles for block in one.blocks for line in block.instructions])
        lines["branch"] += sum(block.entry_cycles for block in one.blocks)
        assert lines == expected


def test_functions_of_all_layers_sum_to_the_total(case: tuple[Profile, list[Explanation]]) -> None:
    whole = case[1][0]
    assert sum(layer.cycles.fetch_wait for layer in whole.layers) > 0
    assert whole.unplaced_wait == 0
    total = sum(layer.cycles.total for layer in whole.layers)
    assert sum(function.cycles.total for function in whole.functions) == total


def test_every_executed_instruction_is_listed_once(case: tuple[Profile, list[Explanation]]) -> None:
    for one in case[1][1:]:
        assert one.chosen is not None
        lines = [line for block in one.blocks for line in block.instructions]
        assert len({line.address for line in lines}) == len(lines)
        assert sum(line.count for line in lines) == one.chosen.cycles.instructions
        assert all(len({line.count for line in block.instructions}) == 1 for block in one.blocks)


def test_kernel_code_is_told_with_function_and_source_line(case: tuple[Profile, list[Explanation]]) -> None:
    one = max(case[1][1:], key=lambda each: each.chosen.cycles.total if each.chosen else 0)
    assert one.chosen is not None
    functions = {block.function for block in one.blocks}
    assert f"layer_{one.chosen.layer:02d}_{one.chosen.kind}" in functions
    assert not any(name.startswith("_Z") for name in functions)  # as in the source, not as the linker has them
    assert all(line.line and ".h:" in line.line for line in one.blocks[0].instructions)


def test_a_what_if_is_named(its_settings: Settings) -> None:
    options = Options(input_sets=1, memory_config=parse_memory_config(["icache=off"]))
    slow = explain("zoo:kws_float32", board="nucleo_l4r5zi", options=options, settings=its_settings)
    fast = explain("zoo:kws_float32", board="nucleo_l4r5zi", options=Options(input_sets=1), settings=its_settings)
    assert "icache=off" in _printed(slow)
    assert "what" not in _printed(fast)
    assert sum(layer.cycles.fetch_wait for layer in slow.layers) > sum(layer.cycles.fetch_wait for layer in fast.layers)


def _by_hand(layer: int | None = 0) -> Explanation:
    """A loop of two blocks that overlap: entered once at its top, and 9 times behind its first instruction."""
    text = "mov r0, #0; ldr r2, [r1], #4; adds r0, r0, r2; bne .-6"
    code = assemble("cortex-m4", (text,))[text]
    whole, tail = 4, len(code) - 4  # bytes of the first instruction, and of the rest
    blocks = (
        BlockCount(address=_CODE, size_bytes=len(code), instructions=4, count=1),
        BlockCount(address=_CODE + whole, size_bytes=tail, instructions=3, count=9),
    )
    edges = (
        EdgeCount(from_address=_CODE, to_address=_CODE + whole, count=1),
        EdgeCount(from_address=_CODE + whole, to_address=_CODE + whole, count=8),
    )
    run = ExecutionProfile(layers=(LayerExecution(layer=0, blocks=blocks, edges=edges, memory=()),))
    places = CodeMap(functions=((_CODE, _CODE + len(code), "sum"),), lines=((_CODE, _CODE + 8, "sum.c:3"),))
    return fold_explanation(run, sample_board(), image_of([(_CODE, code)]), places, kinds={0: "SUM"}, layer=layer)


def test_blocks_that_overlap_are_listed_as_the_basic_blocks_they_share() -> None:
    found = _by_hand()
    assert [(block.address - _CODE, block.count, len(block.instructions)) for block in found.blocks] == [
        (4, 10, 3),
        (0, 1, 1),
    ]
    loop = found.blocks[0]
    assert [line.text for line in loop.instructions] == ["ldr r2, [r1], #4", "adds r0, r0, r2", "bne #0x8001004"]
    assert [line.line for line in loop.instructions] == ["sum.c:3", None, None]
    assert loop.entry_cycles == 9  # nine taken branches to a wide instruction at a word boundary: 1 each
    assert loop.instructions[1].cycles.load_use == 10


def test_a_layer_that_did_not_run_is_refused_with_those_that_did() -> None:
    with pytest.raises(SettingsError, match="no layer 7") as caught:
        _by_hand(7)
    assert "0" in str(caught.value.hint)


def _printed(explanation: Explanation, top: int = 5) -> str:
    console = Console(file=io.StringIO(), width=120, color_system=None)
    print_explanation(explanation, console, top=top)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_operands_in_brackets_reach_the_terminal() -> None:
    assert "ldr r2, [r1], #4" in _printed(_by_hand())


def test_what_top_leaves_out_is_told() -> None:
    assert "1 more blocks" in _printed(_by_hand(), top=1)


def test_a_listing_shows_targets_conditions_and_what_cannot_be_decoded() -> None:
    code = bytes.fromhex("08bf0846ffffffff88bf1846fed1")
    assert [text for _, text in listing(code, 0x0800_0000)] == [
        *("it eq", "moveq r0, r1", ".inst 0xffffffff", "it hi", "movhi r0, r3", "bne #0x800000c")
    ]
    assert b"".join(encoding for encoding, _ in listing(code, 0x0800_0000)) == code


def test_an_address_between_functions_belongs_to_none() -> None:
    places = CodeMap(functions=((16, 20, "a"), (32, 36, "b")), lines=())
    assert [places.at(address).function for address in (15, 16, 19, 20, 35, 36)] == [None, "a", "a", None, "b", None]


def test_a_firmware_that_is_no_elf_file_has_no_code_map(tmp_path: Path) -> None:
    (tmp_path / "firmware.elf").write_bytes(b"nothing of the kind")
    with pytest.raises(RunError):
        code_map(tmp_path / "firmware.elf")
