"""The part of a Profile that is compared and kept: few enough facts to lie in a baseline file that people review."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from profiler.report.formatting import format_shape
from profiler.report.profile import ArenaProfile, Correctness, Figure, LayerProfile, Profile, TensorInfo, Unavailable

FIGURES = {
    "latency_ms": "ms",
    "cycles": "cycles",
    "instructions": "instructions",
    "flash_bytes": "bytes",
    "ram_bytes": "bytes",
    "arena_bytes": "bytes",
    "stack_high_water_bytes": "bytes",
    "bit_equal_share": "share",
}
"""The compared figures of a whole model, in report order, and their units. Names are those of a saved profile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """How the figures came about: whatever can change them beside the model is in here."""

    model: str  # untrusted text
    model_sha256: str
    board: str
    board_digest: str
    clock_hz: int
    profiler_version: str
    toolchain: str
    runner: str
    options: str  # as a user would write them
    engine: str = ""  # digests of the profiler's code and of its compiler; empty: a saved profile does not tell


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerFacts:
    """One layer. Its number is its place in the list, so that a new layer changes no other's facts."""

    kind: str  # untrusted text, like the shapes and dtype of a file
    inputs: str  # shapes as `1×49×10×1`, constants left out
    outputs: str
    dtype: str
    kernel: str
    macs: int
    cycles: int | None = None  # None: unavailable
    weights_bytes: int
    code_bytes: int
    scratch_bytes: int
    live_bytes: int  # of the arena while the layer runs: inputs, outputs, scratch and what waits


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """`sections` maps `flash.weights`, `ram.arena`, … to bytes; those of a memory add up to the memory's figure."""

    origin: Origin
    figures: Mapping[str, Figure | Unavailable]  # by the names of FIGURES
    sections: Mapping[str, int]
    layers: tuple[LayerFacts, ...]
    between_layers_cycles: int | None = None


def take_snapshot(profile: Profile) -> Snapshot:
    """What is compared of a profile."""
    summary = profile.summary
    return Snapshot(
        origin=_origin(profile),
        figures={
            name: _bit_equal_share(profile.correctness) if name == "bit_equal_share" else getattr(summary, name)
            for name in FIGURES
        },
        sections=_sections(profile),
        layers=tuple(_layer(layer, profile.arena) for layer in profile.layers),
        between_layers_cycles=_whole(profile.between_layers.cycles),
    )


def _origin(profile: Profile) -> Origin:
    options, provenance = profile.options, profile.provenance
    words = [f"-{options.optimization}", f"kernels={options.kernels}", f"planner={options.planner}"]
    words += [f"seed={options.seed}"] + ([options.memory_config] if options.memory_config else [])
    return Origin(
        model=profile.model.name,
        model_sha256=profile.model.sha256,
        board=profile.board.name,
        board_digest=profile.board.digest,
        clock_hz=profile.board.clock_hz,
        profiler_version=provenance.profiler_version,
        toolchain=provenance.toolchain,
        runner=provenance.runner,
        options=" ".join(words),
    )


def _bit_equal_share(correctness: Correctness | Unavailable) -> Figure | Unavailable:
    return correctness if isinstance(correctness, Unavailable) else correctness.bit_equal_share


def _sections(profile: Profile) -> dict[str, int]:
    sections: Counter[str] = Counter()
    for line in profile.memory.lines:
        if line.part_of is None:
            sections[f"{line.memory.value}.{line.category.value}"] += line.size_bytes
    return dict(sections)


def _layer(layer: LayerProfile, arena: ArenaProfile) -> LayerFacts:
    return LayerFacts(
        kind=layer.kind,
        inputs=_shapes(layer.inputs),
        outputs=_shapes(layer.outputs),
        dtype=layer.dtype,
        kernel=layer.kernel,
        macs=int(layer.macs.value),
        cycles=_whole(layer.time.cycles),
        weights_bytes=int(layer.weights_bytes.value),
        code_bytes=int(layer.code_bytes.value),
        scratch_bytes=int(layer.scratch_bytes.value),
        live_bytes=sum(
            buffer.size_bytes
            for buffer in arena.buffers
            if buffer.first_operator <= layer.index <= buffer.last_operator
        ),
    )


def _shapes(tensors: tuple[TensorInfo, ...]) -> str:
    return " ".join(format_shape(tensor.shape) for tensor in tensors)


def _whole(figure: Figure | Unavailable) -> int | None:
    return int(figure.value) if isinstance(figure, Figure) else None
