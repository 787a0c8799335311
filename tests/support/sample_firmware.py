"""A linked firmware for the sample profile: symbols laid out by hand, of plausible size."""

from __future__ import annotations

from pathlib import Path

from profiler.build.model import Category, Firmware, Section, Symbol
from profiler.codegen.model import Layer
from profiler.graph.model import Graph


def sample_firmware(graph: Graph, layers: tuple[Layer, ...], arena_bytes: int = 16_640) -> Firmware:
    """Symbols laid out one behind the other in each section, with a hole of 28 bytes at each section's end."""
    symbols: list[Symbol] = []

    def lay_out(section: str, address: int, entries: list[tuple[str, int, Category, int | None]]) -> Section:
        cursor = address
        for name, size_bytes, category, layer in entries:
            symbols.append(
                Symbol(
                    name=name,
                    address=cursor,
                    size_bytes=size_bytes,
                    section=section,
                    category=category,
                    layer=layer,
                    source_file=f"{name}.cc",
                )
            )
            cursor += size_bytes
        on_flash = section in {".text", ".data", ".vectors"}
        return Section(
            name=section,
            address=address,
            size_bytes=cursor - address + 28,
            in_flash=on_flash,
            in_ram=address >= 0x2000_0000,
        )

    code: list[tuple[str, int, Category, int | None]] = []
    for layer in layers:
        index = layer.operator.index
        code.append((layer.function_name, 212 + 64 * (index % 3), Category.KERNELS, index))
        for operand in layer.operator.inputs[1:]:
            size_bytes = graph.tensors[operand].size_bytes + 768
            code.append((f"layer_{index:02d}_weights", size_bytes, Category.WEIGHTS, index))
    code += [
        ("requantize", 148, Category.KERNELS, None),
        ("th_serial_loop", 2_300, Category.HARNESS, None),
        ("system_init", 820, Category.BOOT, None),
        ("memcpy", 308, Category.LIBC, None),
        ("_printf_i", 1_460, Category.LIBC, None),
    ]
    sections = (
        lay_out(".vectors", 0x0800_0000, [("vector_table", 448, Category.BOOT, None)]),
        lay_out(".text", 0x0800_0200, code),
        lay_out(".data", 0x2000_0000, [("impure_data", 96, Category.LIBC, None)]),
        lay_out(
            ".bss",
            0x2000_0100,
            [
                ("model_arena", arena_bytes, Category.ARENA, None),
                ("serial_buffer", 320, Category.HARNESS, None),
                ("tick", 4, Category.BOOT, None),
            ],
        ),
        Section(name=".stack", address=0x2000_8000, size_bytes=4_096, in_flash=False, in_ram=True),
    )
    return Firmware(
        elf_path=Path("firmware.elf"),
        map_path=Path("firmware.map"),
        build_digest="d19e" * 16,
        toolchain="arm-none-eabi-gcc 12.2.1",
        flags=("-O2", "-mcpu=cortex-m4", "-mthumb"),
        sections=sections,
        symbols=tuple(symbols),
    )
