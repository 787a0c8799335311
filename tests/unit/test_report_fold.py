"""Claims about the profile that fold makes of stage outputs."""

import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiler.boards.model import CoreFeature, MemoryKind
from profiler.build.model import Category, Section, Symbol
from profiler.report.fold import fold
from profiler.report.fold_layers import fold_time
from profiler.report.fold_memory import fold_memory, section_shares
from profiler.report.profile import Basis, Correctness, CycleCauses, Figure, ProfileOptions, Unavailable
from profiler.report.roofline import fold_roofline
from tests.support.sample_board import sample_board
from tests.support.sample_firmware import sample_firmware
from tests.support.sample_profile import (
    sample_circumstances,
    sample_correctness,
    sample_cycles,
    sample_graph,
    sample_layers,
    sample_macs,
    sample_plan,
    sample_profile,
    sample_run,
)

PROFILE = sample_profile()


def test_layers_and_the_code_between_them_add_up_to_the_total():
    times = [*(layer.time for layer in PROFILE.layers), PROFILE.between_layers]
    for field in ("cycles", "instructions", "latency_ms"):
        parts = sum(getattr(time, field).value for time in times)
        assert parts == pytest.approx(getattr(PROFILE.summary, field).value, rel=1e-12)


def test_causes_of_a_layer_add_up_to_its_cycles():
    for layer in PROFILE.layers:
        causes = layer.time.causes
        assert isinstance(causes, CycleCauses)
        assert sum(getattr(causes, name) for name in CycleCauses.__slots__) == layer.time.cycles.value


def test_modelled_figures_have_bounds_around_their_value_and_the_models_basis():
    summary = PROFILE.summary
    modelled = [
        summary.cycles,
        summary.latency_ms,
        summary.cycles_per_mac,
        *(lay.time.cycles for lay in PROFILE.layers),
    ]
    for figure in modelled:
        assert figure.basis is Basis.EMULATED_MODEL
        assert figure.low < figure.value < figure.high


def test_counted_figures_have_no_bounds():
    assert PROFILE.summary.instructions.basis is Basis.EMULATED
    assert PROFILE.summary.instructions.low is None
    assert PROFILE.summary.ram_bytes == Figure(value=PROFILE.memory.ram_bytes, basis=Basis.STATIC)


@pytest.mark.parametrize("kind", MemoryKind)
def test_lines_of_a_memory_add_up_to_its_total(kind):
    memory = PROFILE.memory
    total = {MemoryKind.FLASH: memory.flash_bytes, MemoryKind.RAM: memory.ram_bytes}[kind]
    assert sum(line.size_bytes for line in memory.account(kind) if line.part_of is None) == total


def test_totals_are_those_of_the_size_tool():
    tool = PROFILE.memory.size_tool
    assert PROFILE.memory.flash_bytes == tool.text_bytes + tool.data_bytes
    assert PROFILE.memory.ram_bytes == tool.data_bytes + tool.bss_bytes
    assert tool.data_bytes > 0


def test_data_section_is_a_line_of_both_memories():
    for kind in MemoryKind:
        lines = [line for line in PROFILE.memory.account(kind) if line.what.startswith(".data")]
        assert [line.size_bytes for line in lines] == [PROFILE.memory.size_tool.data_bytes]


def test_flash_by_layer_adds_up_to_flash():
    assert sum(entry.size_bytes for entry in PROFILE.memory.flash_by_layer) == PROFILE.memory.flash_bytes


def test_input_buffer_is_shown_as_a_part_of_the_arena():
    lines = PROFILE.memory.account(MemoryKind.RAM)
    arena = next(line for line in lines if line.category is Category.ARENA and line.part_of is None)
    parts = [line for line in lines if line.part_of == arena.what]
    assert arena.size_bytes == PROFILE.arena.arena_bytes
    assert [line.size_bytes for line in parts] == [49 * 10, 12]


def test_layer_bytes_are_those_of_its_own_symbols():
    graph = sample_graph()
    firmware = sample_firmware(graph, sample_layers(graph))
    for layer in PROFILE.layers:
        own = [symbol for symbol in firmware.symbols if symbol.layer == layer.index]
        weights = sum(symbol.size_bytes for symbol in own if symbol.category is Category.WEIGHTS)
        assert layer.weights_bytes.value == weights
        assert layer.code_bytes.value == sum(symbol.size_bytes for symbol in own) - weights


def test_load_image_of_data_uses_boot_flash_and_its_run_address_uses_ram():
    used = {region.name: region.used_bytes for region in PROFILE.memory.regions}
    assert used["flash"] == PROFILE.memory.flash_bytes
    assert used["sram1"] == PROFILE.memory.ram_bytes
    assert used["sram2"] == used["sram3"] == 0


def test_bytes_before_the_image_are_reserved_and_not_available():
    graph = sample_graph()
    board = replace(sample_board(), vector_table_offset_bytes=0x10000)
    firmware = sample_firmware(graph, sample_layers(graph))
    moved = replace(
        firmware,
        sections=tuple(
            replace(section, address=section.address + 0x10000) if section.address < 0x2000_0000 else section
            for section in firmware.sections
        ),
    )
    flash = fold_memory(moved, board, sample_plan(graph), graph).regions[0]
    assert flash.reserved_bytes == 0x10000
    assert flash.free_bytes == flash.size_bytes - flash.used_bytes - 0x10000


def test_a_memory_that_overflows_does_not_fit_and_is_warned_of():
    graph = sample_graph()
    layers = sample_layers(graph)
    small = replace(sample_board().memories[1], size_bytes=8 * 1024)
    board = replace(sample_board(), memories=(sample_board().memories[0], small))
    profile = sample_profile(board=board, firmware=sample_firmware(graph, layers))
    assert not profile.summary.fits
    assert any("sram1 overflows: 20.7 KiB used of 8.0 KiB" in warning for warning in profile.warnings)


SYMBOLS = st.lists(
    st.builds(
        Symbol,
        name=st.sampled_from(["a", "b", "c", "d"]),
        address=st.integers(0x100, 0x180),
        size_bytes=st.integers(0, 48),
        section=st.sampled_from([".text", ".elsewhere"]),
        category=st.sampled_from(Category),
        layer=st.sampled_from([None, 0, 1]),
        source_file=st.none(),
    ),
    max_size=8,
)


@given(symbols=SYMBOLS, size_bytes=st.integers(0, 128))
def test_shares_add_up_to_the_section_whatever_its_symbols_overlap(symbols, size_bytes):
    section = Section(name=".text", address=0x100, size_bytes=size_bytes, in_flash=True, in_ram=False)
    shares = section_shares(section, symbols)
    assert shares.total() == size_bytes
    assert all(count > 0 for count in shares.values())


def test_two_names_of_one_handler_count_once():
    section = Section(name=".text", address=0x100, size_bytes=8, in_flash=True, in_ram=False)
    names = [
        Symbol(
            name=name,
            address=0x100,
            size_bytes=8,
            section=".text",
            category=Category.BOOT,
            layer=None,
            source_file=None,
        )
        for name in ("Default_Handler", "USART1_Handler")
    ]
    assert section_shares(section, names) == {(Category.BOOT, None): 8}


def test_without_a_run_every_figure_that_needs_one_says_why():
    reason = Unavailable(reason="the run was switched off")
    profile = sample_profile(run=reason)
    summary = profile.summary
    assert summary.cycles == summary.latency_ms == summary.instructions == summary.stack_high_water_bytes == reason
    assert profile.timing_model == profile.correctness == reason
    assert all(layer.time.cycles == layer.cycles_per_mac == reason for layer in profile.layers)
    assert isinstance(summary.ram_bytes, Figure)


def test_a_layer_absent_from_the_counts_is_unavailable_not_zero():
    run = sample_run(sample_macs())
    time = fold_time(77, run, sample_cycles(run))
    assert isinstance(time.cycles, Unavailable)
    assert isinstance(time.instructions, Unavailable)


def test_a_layer_without_macs_has_no_cycles_per_mac():
    softmax = PROFILE.layers[-1]
    assert softmax.kind == "SOFTMAX"
    assert softmax.cycles_per_mac == Unavailable(reason="no multiply-accumulates")


def test_constants_are_not_a_layers_inputs():
    assert [tensor.index for tensor in PROFILE.layers[0].inputs] == [0]


def test_arena_buffers_carry_their_role():
    roles = {buffer.tensor_indices: buffer.role for buffer in PROFILE.arena.buffers}
    assert roles[(0,)] == "input"
    assert roles[(9,)] == "output"
    assert roles[(4,)] == "intermediate"
    assert roles[()] == "scratch"


def test_unchecked_core_and_differing_outputs_are_warned_of():
    wrong = replace(sample_correctness(), agrees=False, largest_difference=Figure(value=3, basis=Basis.EMULATED))
    profile = sample_profile(correctness=wrong, warnings=("from the caller",))
    assert profile.warnings[0] == "from the caller"
    assert any("largest difference 3 LSB over 20 inputs" in warning for warning in profile.warnings)
    assert any("not validated on a board yet" in warning for warning in profile.warnings)
    assert isinstance(profile.correctness, Correctness)


def test_peak_follows_the_cores_features():
    bare = sample_board(features=frozenset())
    assert fold_roofline(sample_board(), "int8").peak_macs_per_cycle == Figure(value=2.0, basis=Basis.STATIC)
    assert fold_roofline(bare, "int8").peak_macs_per_cycle == Figure(value=0.5, basis=Basis.STATIC)
    assert isinstance(fold_roofline(bare, "float32").peak_macs_per_cycle, Unavailable)
    fpu = sample_board(features=frozenset({CoreFeature.FPU}))
    assert fold_roofline(fpu, "float32").peak_macs_per_cycle == Figure(value=0.5, basis=Basis.STATIC)


def test_fold_is_deterministic():
    assert sample_profile() == sample_profile()


def test_a_models_path_is_shortened_to_its_name():
    graph = sample_graph()
    layers = sample_layers(graph)
    reason = Unavailable(reason="the run was switched off")
    profile = fold(
        graph=graph,
        macs=sample_macs(),
        layers=layers,
        plan=sample_plan(graph),
        firmware=sample_firmware(graph, layers),
        board=sample_board(),
        options=ProfileOptions(optimization="O2", kernels="auto", planner="best", seed=0),
        run=reason,
        cycles=reason,
        correctness=reason,
        circumstances=replace(sample_circumstances(), model_name="/home/somebody/secret/kws.tflite"),
    )
    assert profile.model.name == "kws.tflite"


def test_importing_a_profile_brings_no_heavy_library():
    code = (
        "import sys, profiler.report.profile, profiler.report.renderers, profiler.report.fold;"
        "heavy = {'plotly', 'pandas', 'rich', 'jinja2', 'pydantic'} & set(sys.modules);"
        "sys.exit(f'imported: {sorted(heavy)}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
