"""What a comparison of variants says. Everything its reports show is read from here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from profiler.accuracy.results import AccuracyResult
from profiler.report.profile import Figure, Unavailable

if TYPE_CHECKING:
    import pandas

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantInfo:
    """One `.tflite`. `unsupported` names operators that firmware cannot run; of names and kinds: untrusted text."""

    name: str
    precision: str  # what the graph computes in: float32, int8, int16x8, dynamic-range
    origin: str  # "converted by tensorflow 2.21.0", or a file
    sha256: str
    size_bytes: int
    operators: int
    unsupported: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """The firmware's outputs against an interpreter's. `unit` is LSB or relative; `decisions` that differ, of samples.

    `largest_difference` is None where one side is NaN or infinite and the other is not the same. `agrees`: integers
    equal (of LiteRT: within its known rounding), float32 within 1e-5 relative.
    """

    reference: str
    samples: int
    bit_equal_share: float
    largest_difference: float | None
    unit: str
    decisions: int
    agrees: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerOutput:
    """A tensor that a layer computes; `output` tells which, of a layer that computes several."""

    operator: int
    kind: str
    tensor: str  # untrusted text
    output: int | None = None

    @property
    def layer(self) -> str:
        """The layer's kind, and which of its outputs."""
        return self.kind if self.output is None else f"{self.kind}, output {self.output}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerCheck(LayerOutput):
    """A layer on the target against TFLM, every layer's outputs kept. `histogram` is (difference, elements) of it.

    `largest_difference` is None where one side is NaN or infinite and the other is not the same.
    """

    elements: int
    different: int
    largest_difference: float | None
    unit: str
    agrees: bool  # integers equal, float32 within 1e-5 of the largest value
    histogram: tuple[tuple[float, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerQuality(LayerOutput):
    """How well a quantized layer keeps the baseline's values: signal to quantization noise in dB.

    Where that is no number, `sqnr_db` is None and `no_sqnr` says why: no noise, no signal. `saturated_share` of its
    values lie at an end of the tensor's range.
    """

    matched_by: str  # "name", "order"
    sqnr_db: float | None
    saturated_share: float
    no_sqnr: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A variant on a board. `reason` says why there are no figures."""

    variant: str
    board: str
    fits: bool | None  # None: not known, it could not be built
    reason: str
    latency_ms: Figure | Unavailable
    cycles: Figure | Unavailable
    ram_bytes: Figure | Unavailable
    ram_available_bytes: int | None
    flash_bytes: Figure | Unavailable
    flash_available_bytes: int | None
    tflm: Agreement | Unavailable
    litert: Agreement | Unavailable
    layers: tuple[LayerCheck, ...] | Unavailable
    warnings: tuple[str, ...] = ()

    @property
    def first_difference(self) -> LayerCheck | None:
        """The first layer where target and TFLM part, of those that were checked: by any LSB, or beyond 1e-5."""
        if isinstance(self.layers, Unavailable):
            return None
        return next((layer for layer in self.layers if not layer.agrees), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantQuality:
    """Layer by layer: a quantized variant against the baseline's real numbers."""

    variant: str
    samples: int
    layers: tuple[LayerQuality, ...] | Unavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantComparison:
    """A model's variants on boards. `model` is untrusted text."""

    schema_version: int = SCHEMA_VERSION
    profiler_version: str
    model: str
    baseline: str
    variants: tuple[VariantInfo, ...]
    boards: tuple[str, ...]
    accuracy: AccuracyResult | Unavailable
    cells: tuple[Cell, ...]
    quality: tuple[VariantQuality, ...]
    notes: tuple[str, ...]

    def cell(self, variant: str, board: str) -> Cell:
        """Raises StopIteration when there is none."""
        return next(each for each in self.cells if (each.variant, each.board) == (variant, board))

    def to_pandas(self) -> pandas.DataFrame:
        """One row a variant and board; what is not known is NA."""
        import pandas as pd

        from profiler.variants.table import table_rows

        return pd.DataFrame(table_rows(self))

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        html: str = self.to_pandas().to_html(index=False)
        return html
