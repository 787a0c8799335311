"""A variant on a board: figures from the pipeline, and its outputs beside the host's interpreters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import isfinite

from profiler.accuracy.codec import decode
from profiler.accuracy.host_reference import (
    LITERT_TOLERANCE_LSB,
    compare,
    litert_name,
    litert_outputs,
    tflm_name,
    tflm_outputs,
)
from profiler.accuracy.model import ReferenceUnavailable
from profiler.accuracy.reference_cache import Outputs, cached_outputs
from profiler.errors import DoesNotFitError, UnsupportedModelError
from profiler.graph.model import Graph
from profiler.pipeline import Execution, Options, execute, fold_execution
from profiler.progress import Progress
from profiler.report.profile import Unavailable
from profiler.settings import Settings
from profiler.variants.layer_check import check_layers
from profiler.variants.model import Agreement, Cell
from profiler.variants.sources import Variant

Inputs = Sequence[Sequence[bytes]]
NOT_ASKED = Unavailable(reason="not asked for (--check-layers)")


def run_cell(
    variant: Variant, board: str, inputs: Inputs, *, options: Options, settings: Settings, with_layers: bool
) -> Cell:
    """The variant built, run and compared on a board. What does not fit or is not supported is told in the cell.

    Raises BoardError for an unknown board, ToolchainError, and RunError when the firmware fails.
    """
    progress = Progress()
    try:
        done = execute(variant.data, board=board, options=options, settings=settings, progress=progress, inputs=inputs)
    except DoesNotFitError as error:
        return _without_figures(variant, board, error.in_one_line, fits=False)
    except UnsupportedModelError as error:
        return _without_figures(variant, board, f"not supported: {error.in_one_line}", fits=None)
    profile = fold_execution(done, name=variant.name, options=options, settings=settings, progress=progress)
    summary = profile.summary
    layers = check_layers(variant, board, inputs, options=options, settings=settings) if with_layers else NOT_ASKED
    return Cell(
        variant=variant.name,
        board=board,
        fits=summary.fits,
        reason="",
        latency_ms=summary.latency_ms,
        cycles=summary.cycles,
        ram_bytes=summary.ram_bytes,
        ram_available_bytes=summary.ram_available_bytes,
        flash_bytes=summary.flash_bytes,
        flash_available_bytes=summary.flash_available_bytes,
        tflm=_agreement(done, tflm_name(), tflm_outputs, settings),
        litert=_agreement(done, litert_name(), litert_outputs, settings, tolerance_lsb=LITERT_TOLERANCE_LSB),
        layers=layers,
        warnings=profile.warnings,
    )


def _without_figures(variant: Variant, board: str, reason: str, *, fits: bool | None) -> Cell:
    absent = Unavailable(reason="does not fit" if fits is False else "not supported")
    return Cell(
        variant=variant.name,
        board=board,
        fits=fits,
        reason=reason,
        latency_ms=absent,
        cycles=absent,
        ram_bytes=absent,
        ram_available_bytes=None,
        flash_bytes=absent,
        flash_available_bytes=None,
        tflm=absent,
        litert=absent,
        layers=absent,
    )


def _agreement(
    done: Execution,
    name: str,
    run: Callable[[bytes, Inputs], Outputs | ReferenceUnavailable],
    settings: Settings,
    *,
    tolerance_lsb: int = 0,
) -> Agreement | Unavailable:
    model, graph = done.ready.model_data, done.ready.graph
    reference = cached_outputs(name, model, done.inputs, settings.cache_folder, lambda: run(model, done.inputs))
    if isinstance(reference, ReferenceUnavailable):
        return Unavailable(reason=f"{reference.reference}: {reference.reason}")
    found = replace(compare(done.run.outputs, reference, graph, name=name), tolerance_lsb=tolerance_lsb)
    is_float = (
        found.max_relative is not None and not found.max_lsb
    )  # of outputs of both kinds, the integers that differ
    largest = float((found.max_relative if is_float else found.max_lsb) or 0)
    return Agreement(
        reference=name,
        samples=found.input_sets,
        bit_equal_share=found.bit_equal_share,
        largest_difference=largest if isfinite(largest) else None,
        unit="relative" if is_float else "LSB",
        decisions=_decisions(done.run.outputs, reference, graph),
        agrees=found.agrees,
    )


def _decisions(ours: Sequence[Sequence[bytes]], theirs: Sequence[Sequence[bytes]], graph: Graph) -> int:
    """Inferences whose largest value of the first output is another one."""
    tensor = graph.tensors[graph.outputs[0]]
    pairs = zip(ours, theirs, strict=True)
    return sum(int(decode(one[0], tensor).argmax() != decode(other[0], tensor).argmax()) for one, other in pairs)
