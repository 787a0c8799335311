"""Generated code on an emulated core, without board, start-up or protocol: its layers and an arena, nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import unicorn
from elftools.elf.elffile import ELFFile
from unicorn import arm_const

from profiler import resources
from profiler.boards.model import Core, CoreFeature
from profiler.build.cache import ContentCache
from profiler.build.compile import COMMON_FLAGS, Unit, compile_units
from profiler.build.model import Optimization
from profiler.build.toolchain import find_toolchain
from profiler.codegen.emit import emit_model
from profiler.codegen.model import Layer
from profiler.graph.model import Graph
from profiler.plan.model import MemoryPlan

PAGE_BYTES = 4096
STACK_TOP = 0x2010_0000
STACK_BYTES = 0x1_0000
RETURN_ADDRESS = 0x3000_0000
JOBS = 2
Array = npt.NDArray[np.generic]


class UnalignedAccess(Exception):
    """The core would have faulted, although the emulator did not."""


def build_bare(
    graph: Graph,
    layers: Sequence[Layer],
    plan: MemoryPlan,
    core: Core,
    folder: Path,
    *,
    optimization: Optimization = Optimization.BALANCED,
) -> Path:
    """An ELF with `model_invoke` and the layers, compiled as firmware is."""
    tree = emit_model(graph, layers, plan)
    toolchain = find_toolchain("arm-none-eabi-")
    harness = str(resources.firmware_harness_folder())
    units = [
        Unit(
            path=path,
            source=source,
            visible=tree.files,
            context="",
            include_folders=(harness,),
            optimization=optimization,
        )
        for path, source in sorted(tree.files.items())
        if path.endswith((".cc", ".S")) and "profiled" not in path
    ]
    flags = (*core.gcc_flags, *COMMON_FLAGS)
    objects = compile_units(units, toolchain, flags, cache=ContentCache(folder / "cache"), jobs=JOBS)
    link = ["-nostartfiles", "--specs=nano.specs", "-Wl,-e,model_invoke", "-Wl,--gc-sections", "-o", "bare.elf"]
    toolchain.run("gcc", [*core.gcc_flags, *map(str, objects), *link], folder=folder)
    return folder / "bare.elf"


class EmulatedModel:
    """An ELF from `build_bare` in an emulator of its core."""

    def __init__(self, elf_path: Path, graph: Graph, plan: MemoryPlan, core: Core) -> None:
        self._graph, self._plan = graph, plan
        self._unicorn = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB | unicorn.UC_MODE_MCLASS)
        self._unicorn.ctl_set_cpu_model(getattr(arm_const, f"UC_CPU_ARM_{core.unicorn_model}"))
        with elf_path.open("rb") as stream:
            elf = ELFFile(stream)
            self._load(elf)
            symbols = elf.get_section_by_name(".symtab")
            self._arena = symbols.get_symbol_by_name("model_arena")[0]["st_value"]
            self._entry = symbols.get_symbol_by_name("model_invoke")[0]["st_value"]
        self._unicorn.mem_map(STACK_TOP - STACK_BYTES, STACK_BYTES)
        self._unicorn.mem_map(RETURN_ADDRESS, PAGE_BYTES)
        self._unaligned: list[int] = []
        if CoreFeature.UNALIGNED_ACCESS not in core.features:
            kinds = unicorn.UC_HOOK_MEM_READ | unicorn.UC_HOOK_MEM_WRITE
            self._unicorn.hook_add(kinds, self._check_alignment)

    def _load(self, elf: ELFFile) -> None:
        pages = set()
        segments = [segment for segment in elf.iter_segments() if segment["p_type"] == "PT_LOAD" and segment["p_memsz"]]
        for segment in segments:
            first, last = segment["p_vaddr"] // PAGE_BYTES, (segment["p_vaddr"] + segment["p_memsz"] - 1) // PAGE_BYTES
            pages |= set(range(first, last + 1))
        for page in pages:
            self._unicorn.mem_map(page * PAGE_BYTES, PAGE_BYTES)
        for segment in segments:
            self._unicorn.mem_write(segment["p_vaddr"], segment.data())

    def _check_alignment(self, engine: unicorn.Uc, _access: int, address: int, size: int, *_: object) -> None:
        if address % size:
            self._unaligned.append(engine.reg_read(arm_const.UC_ARM_REG_PC))
            engine.emu_stop()

    def run(self, inputs: Sequence[Array]) -> list[Array]:
        """Outputs for these inputs. Raises UnalignedAccess, or UcError for what the core cannot execute."""
        for index, values in zip(self._graph.inputs, inputs, strict=True):
            offset = self._plan.tensor_offsets[index]
            self._unicorn.mem_write(self._arena + offset, np.ascontiguousarray(values).tobytes())
        self._unicorn.reg_write(arm_const.UC_ARM_REG_SP, STACK_TOP)
        self._unicorn.reg_write(arm_const.UC_ARM_REG_LR, RETURN_ADDRESS | 1)
        self._unicorn.emu_start(self._entry | 1, RETURN_ADDRESS)
        if self._unaligned:
            raise UnalignedAccess(f"at {self._unaligned[0]:#x}")
        return [self._read(index) for index in self._graph.outputs]

    def _read(self, index: int) -> Array:
        tensor = self._graph.tensors[index]
        data = self._unicorn.mem_read(self._arena + self._plan.tensor_offsets[index], tensor.size_bytes)
        return np.frombuffer(bytes(data), dtype=tensor.dtype.value).reshape(tensor.shape)
