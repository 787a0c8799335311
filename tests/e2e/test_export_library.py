"""An exported library is what the profiler measured: every compiler builds it, and every byte is the firmware's."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from profiler import resources
from profiler.accuracy.host_reference import compare, seeded_inputs, tflm_outputs
from profiler.boards.loader import load_core
from profiler.build.compile import COMMON_FLAGS
from profiler.build.host import write_tree
from profiler.codegen.emit import emit_model
from profiler.export.cpp_library import library_files
from profiler.export.model import ArenaPlace, ExportOptions
from profiler.graph.model import Graph
from profiler.graph.tflite_reader import read
from profiler.graph.zoo import resolve, zoo_models
from profiler.pipeline import Options, Prepared, execute, prepare
from profiler.progress import Progress
from profiler.settings import load_settings
from tests.kernels.emulated import EmulatedModel
from tests.support.exported import (
    HOST_FLAGS,
    WARNINGS,
    compile_sources,
    driver,
    library,
    need,
    run_program,
)
from tests.support.random_networks import random_network

BOARD, CORE = "nucleo_l4r5zi", "cortex-m4"
# Linked by gcc, not g++: nothing of a C++ runtime may be needed.
LINK_FLAGS = ("-nostartfiles", "--specs=nano.specs", "-Wl,-e,model_invoke", "-Wl,-u,model_arena")
HOST_CASES = (
    ("zoo:kws", ExportOptions(name="kws", core=CORE)),
    ("zoo:kws", ExportOptions(name="kws", kernels="ref", arena=ArenaPlace.CALLER)),
    ("zoo:ad_float32", ExportOptions()),
)


def _inputs(graph: Graph, count: int = 3) -> list[list[bytes]]:
    return [list(one) for one in seeded_inputs(graph, count, seed=5)]


def _assert_tflm_agrees(model: str, graph: Graph, inputs: Sequence[Sequence[bytes]], ours: bytes) -> None:
    """`ours`: all outputs of all input sets, one after the other."""
    sizes = [graph.tensors[index].size_bytes for index in graph.outputs]
    outputs, rest = [], ours
    for _ in inputs:
        outputs.append([rest[sum(sizes[:at]) : sum(sizes[: at + 1])] for at in range(len(sizes))])
        rest = rest[sum(sizes) :]
    assert not rest
    reference = tflm_outputs(resolve(model).read_bytes(), inputs)
    assert isinstance(reference, tuple | list), reference
    assert compare(outputs, reference, graph, name="TFLM").agrees


@pytest.mark.parametrize(("model", "options"), HOST_CASES)
def test_every_host_compiler_builds_it_without_a_warning_and_computes_tflm_s_bytes(
    model: str, options: ExportOptions, tmp_path: Path
) -> None:
    graph = read(resolve(model).read_bytes())
    inputs, name = _inputs(graph), options.name or "model"
    folder = library(model, tmp_path, options)
    main = tmp_path / "main.c"
    main.write_text(driver(name, caller=options.arena is ArenaPlace.CALLER))
    emulate = [f"-D{name.upper()}_EMULATE_DSP"] if options.core else []
    flags = [*HOST_FLAGS, *emulate, f"-I{folder / 'include'}"]
    sources = sorted((folder / "src").glob("*.cc"))
    compile_sources("g++", flags, [*sources, main], tmp_path / "gcc")
    ours = run_program(tmp_path / "gcc", inputs)
    _assert_tflm_agrees(model, graph, inputs, ours)
    need("clang++")
    main.rename(tmp_path / "main.cc")  # Clang deprecates C sources in C++ calls
    compile_sources("clang++", flags, [*sources, tmp_path / "main.cc"], tmp_path / "clang")
    assert run_program(tmp_path / "clang", inputs) == ours


def _built_for_target(folder: Path, core_name: str) -> Path:
    """The library with the compiler call of its README, linked as nothing but itself."""
    call = re.search(r"^arm-none-eabi-g\+\+ (.*) -Iinclude -c src/\*\.cc$", (folder / "README.md").read_text(), re.M)
    assert call
    sources = sorted((folder / "src").glob("*.cc"))
    compile_sources("arm-none-eabi-gcc", [*call[1].split(), *WARNINGS, *LINK_FLAGS], sources, folder / "library.elf")
    assert f"-mcpu={core_name}" in call[1]
    return folder / "library.elf"


@pytest.mark.parametrize("model", [entry.reference for entry in zoo_models()])
def test_the_library_of_a_zoo_model_computes_the_firmware_s_bytes_on_the_core(model: str, tmp_path: Path) -> None:
    firmware = execute(model, board=BOARD, options=Options(input_sets=1), settings=load_settings(), progress=Progress())
    folder = library(model, tmp_path, ExportOptions(board=BOARD))
    elf = _built_for_target(folder, CORE)
    on_core = EmulatedModel(elf, firmware.ready.graph, firmware.ready.plan, load_core(CORE))
    for inputs, expected in zip(firmware.inputs, firmware.run.outputs, strict=True):
        outputs = on_core.run([np.frombuffer(data, dtype=np.uint8) for data in inputs])
        assert [values.tobytes() for values in outputs] == list(expected)


def _newlib_headers() -> str:
    """The folder from which the cross compiler takes string.h."""
    command = ["arm-none-eabi-gcc", "-E", "-x", "c", "-"]
    text = subprocess.run(command, input="#include <string.h>\n", capture_output=True, text=True, check=True).stdout
    found = re.search(r'"(/.*)/string\.h"', text)
    assert found
    return found[1]


@pytest.mark.parametrize(
    ("compiler", "optimization"),
    [("arm-none-eabi-g++", "-O0"), ("arm-none-eabi-g++", "-Og"), ("clang++", "-O0"), ("clang++", "-O2")],
)
def test_debug_builds_and_clang_for_the_core_compute_the_same_bytes(
    compiler: str, optimization: str, tmp_path: Path
) -> None:
    need(compiler)
    folder = library("zoo:kws", tmp_path, ExportOptions(core=CORE))
    machine = ["-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"]
    clang = ["--target=arm-none-eabi", "-isystem", _newlib_headers()] if compiler == "clang++" else []
    flags = [*clang, *machine, "-std=c++17", optimization, "-ffp-contract=off", *WARNINGS, "-fno-exceptions", "-c"]
    objects = []
    for source in sorted((folder / "src").glob("*.cc")):
        objects.append(tmp_path / f"{source.stem}.o")
        compile_sources(compiler, flags, [source], objects[-1])
    compile_sources("arm-none-eabi-gcc", [*machine, *LINK_FLAGS], objects, tmp_path / "library.elf")
    ready = _prepared("zoo:kws", CORE)
    on_core = EmulatedModel(tmp_path / "library.elf", ready.graph, ready.plan, load_core(CORE))
    inputs = _inputs(ready.graph, 2)
    outputs = [on_core.run([np.frombuffer(data, dtype=np.uint8) for data in one]) for one in inputs]
    ours = b"".join(values.tobytes() for one in outputs for values in one)
    _assert_tflm_agrees("zoo:kws", ready.graph, inputs, ours)


def _prepared(model: str, core_name: str) -> Prepared:
    return prepare(model, core=load_core(core_name), options=Options(), progress=Progress())


def _instructions(compiler: str, flags: Sequence[str], source: Path, folder: Path) -> list[str]:
    """Disassembly of one source file without addresses' names."""
    output = folder / "unit.o"
    subprocess.run([compiler, *flags, "-c", str(source), "-o", str(output)], check=True)
    dump = ["arm-none-eabi-objdump", "--disassemble", "--reloc", str(output)]
    listing = subprocess.run(dump, capture_output=True, text=True, check=True).stdout
    lines = [line for line in listing.splitlines() if re.match(r"\s+[0-9a-f]+:\t[0-9a-f]{4}", line)]
    assert lines
    return [re.sub(r"\s*[<;@].*", "", line) for line in lines]


@pytest.mark.parametrize(("model", "core_name"), [("zoo:kws", "cortex-m4"), ("zoo:ad", "cortex-m0plus")])
def test_with_the_flags_of_its_readme_a_layer_is_the_profiled_one_instruction_for_instruction(
    model: str, core_name: str, tmp_path: Path
) -> None:
    core, ready = load_core(core_name), _prepared(model, core_name)
    write_tree(emit_model(ready.graph, ready.layers, ready.plan), tmp_path)
    for path, data in library_files(ready, name="net", core=core, arena=ArenaPlace.STATIC).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    readme = (tmp_path / "net" / "README.md").read_text()
    call = re.search(r"^arm-none-eabi-g\+\+ (.*) -Iinclude", readme, re.M)
    assert call
    profiled = [*core.gcc_flags, *COMMON_FLAGS, "-O2", f"-I{resources.firmware_harness_folder()}"]
    seen = set()
    for layer in ready.layers:
        if (key := (layer.kernel.name, layer.lowered.constants)) in seen:
            continue
        seen.add(key)
        ours = tmp_path / "net" / "src" / f"net_{layer.function_name}.cc"
        theirs = tmp_path / "model" / f"{layer.function_name}.cc"
        assert _instructions("arm-none-eabi-g++", call[1].split(), ours, tmp_path) == _instructions(
            "arm-none-eabi-gcc", profiled, theirs, tmp_path
        ), layer.function_name


def test_two_libraries_in_one_cmake_project_do_not_disturb_each_other(tmp_path: Path) -> None:
    need("cmake")
    need("make")
    models = {"first": "zoo:kws", "second": "zoo:ad"}
    library("zoo:kws", tmp_path, ExportOptions(name="first", core=CORE))
    library("zoo:ad", tmp_path, ExportOptions(name="second", arena=ArenaPlace.CALLER))
    inputs = {name: _inputs(read(resolve(model).read_bytes()), 1) for name, model in models.items()}
    (tmp_path / "main.c").write_text(
        """
#include <stdio.h>
#include "first/model.h"
#include "second/model.h"
static uint8_t arena[SECOND_ARENA_BYTES] __attribute__((aligned(SECOND_ARENA_ALIGNMENT_BYTES)));
int main(void) {
  if (fread(first_input(0), 1, FIRST_INPUT_0_BYTES, stdin) != FIRST_INPUT_0_BYTES) return 1;
  if (fread(second_input(arena, 0), 1, SECOND_INPUT_0_BYTES, stdin) != SECOND_INPUT_0_BYTES) return 1;
  second_invoke(arena);
  first_invoke();
  fwrite(first_output(0), 1, FIRST_OUTPUT_0_BYTES, stdout);
  fwrite(second_output(arena, 0), 1, SECOND_OUTPUT_0_BYTES, stdout);
  return 0;
}
"""
    )
    (tmp_path / "CMakeLists.txt").write_text(
        """
cmake_minimum_required(VERSION 3.13)
project(both C CXX)
set(FIRST_EMULATE_DSP ON CACHE BOOL "")
add_subdirectory(first)
add_subdirectory(second)
add_executable(both main.c)
target_link_libraries(both PRIVATE first_library second_library)
"""
    )
    configure = ["cmake", "-S", ".", "-B", "build", f"-DCMAKE_C_FLAGS={' '.join((*WARNINGS, '-std=c99', '-pedantic'))}"]
    configure.append(f"-DCMAKE_CXX_FLAGS={' '.join(WARNINGS)}")
    for command in (configure, ["cmake", "--build", "build", "--parallel", "2"]):
        result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stdout[-2000:] + result.stderr[-2000:]
    ours = run_program(tmp_path / "build" / "both", [[*inputs["first"][0], *inputs["second"][0]]])
    for name, model in models.items():
        graph = read(resolve(model).read_bytes())
        size = sum(graph.tensors[index].size_bytes for index in graph.outputs)
        _assert_tflm_agrees(model, graph, inputs[name], ours[:size])
        ours = ours[size:]
    assert not ours


def test_two_libraries_share_no_symbol(tmp_path: Path) -> None:
    """Not even those that a linker would merge silently: they may come from different versions."""
    seen: dict[str, set[str]] = {}
    for name in ("first", "second"):
        folder = library("zoo:kws", tmp_path / name, ExportOptions(name=name, core=CORE))
        flags = ["-std=c++17", "-O0", f"-D{name.upper()}_EMULATE_DSP", "-r", "-nostdlib"]
        compile_sources("g++", flags, sorted((folder / "src").glob("*.cc")), tmp_path / f"{name}.o")
        listing = subprocess.run(
            ["nm", "--defined-only", "--extern-only", "--format=posix", str(tmp_path / f"{name}.o")],
            capture_output=True,
            text=True,
            check=True,
        )
        seen[name] = {line.split()[0] for line in listing.stdout.splitlines()} - {"DW.ref.__gxx_personality_v0"}
    assert "first_invoke" in seen["first"]
    assert not seen["first"] & seen["second"]


@pytest.mark.parametrize(
    ("compiler", "flags"), [("g++", ()), ("arm-none-eabi-g++", ("-mcpu=cortex-m0plus", "-mthumb"))]
)
def test_a_target_without_the_instructions_is_told_so(compiler: str, flags: tuple[str, ...], tmp_path: Path) -> None:
    folder = library("zoo:kws", tmp_path, ExportOptions(name="kws", core=CORE))
    command = [compiler, *flags, "-std=c++17", "-fsyntax-only", "src/kws_layer_00_conv_2d.cc"]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert result.returncode != 0
    for words in ("exported for cortex-m4", "no DSP instructions", "--kernels ref", "KWS_EMULATE_DSP"):
        assert words in result.stderr


@pytest.mark.parametrize("options", [ExportOptions(name="kws", core=CORE), ExportOptions(arena=ArenaPlace.CALLER)])
def test_the_example_is_a_whole_program_in_c_and_in_c_plus_plus(options: ExportOptions, tmp_path: Path) -> None:
    folder = library("zoo:kws", tmp_path, options)
    call = re.search(r"^g\+\+ .*$", (folder / "README.md").read_text(), re.M)
    assert call
    subprocess.run(["bash", "-c", f"{call[0]} {' '.join(WARNINGS)}"], cwd=folder, check=True)
    as_c = ["gcc", "-std=c99", "-pedantic", *WARNINGS, "-Iinclude", "-c", "examples/main.c", "-o", "main.o"]
    subprocess.run(as_c, cwd=folder, check=True)
    linked = call[0].replace("examples/main.c", "main.o").replace("-o example", "-o second")
    subprocess.run(["bash", "-c", linked], cwd=folder, check=True)
    first, second = (run_program(folder / name, []) for name in ("example", "second"))
    assert first == second
    graph = read(resolve("zoo:kws").read_bytes())
    assert len(first.split()) == graph.tensors[graph.outputs[0]].elements
    assert sum(map(float, first.split())) == pytest.approx(1, abs=0.05)  # a softmax


@pytest.mark.parametrize("seed", range(6))
def test_libraries_of_random_networks_with_any_inputs_and_outputs_compute_tflm_s_bytes(
    seed: int, tmp_path: Path
) -> None:
    model = tmp_path / "network.tflite"
    model.write_bytes(random_network(seed))
    graph = read(model.read_bytes())
    inputs = _inputs(graph)
    options = ExportOptions(core=(CORE, None)[seed % 2], arena=list(ArenaPlace)[seed % 3 % 2])
    folder = library(model, tmp_path, options)
    main = tmp_path / "main.c"
    main.write_text(driver("model", caller=options.arena is ArenaPlace.CALLER))
    flags = [*HOST_FLAGS, "-DMODEL_EMULATE_DSP", f"-I{folder / 'include'}", "-fsanitize=undefined,address"]
    compile_sources("g++", flags, [*sorted((folder / "src").glob("*.cc")), main], tmp_path / "program")
    _assert_tflm_agrees(str(model), graph, inputs, run_program(tmp_path / "program", inputs))
