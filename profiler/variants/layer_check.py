"""Layer by layer: the firmware against TFLM, with every layer's output kept in the arena until the end."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

import numpy as np
import numpy.typing as npt

from profiler.accuracy.host_reference import FLOAT_TOLERANCE, tflm_name, tflm_outputs
from profiler.accuracy.model import ReferenceUnavailable
from profiler.accuracy.reference_cache import cached_outputs
from profiler.errors import DoesNotFitError
from profiler.graph.expose import computed_tensors, with_outputs
from profiler.graph.model import DataType, Graph, Operator, Tensor
from profiler.pipeline import Options, execute
from profiler.progress import Progress
from profiler.report.profile import Unavailable
from profiler.settings import Settings
from profiler.variants.model import LayerCheck
from profiler.variants.sources import Variant

Inputs = Sequence[Sequence[bytes]]
Values = dict[int, list[tuple[bytes, bytes]]]  # tensor → (target, host) of each input set
_SAMPLES = 4  # every layer's output of each goes over the emulated serial line
_HISTOGRAM_BINS = 9


def check_layers(
    variant: Variant, board: str, inputs: Inputs, *, options: Options, settings: Settings
) -> tuple[LayerCheck, ...] | Unavailable:
    """Every layer's output on the target against TFLM's, in execution order; of the first few inputs.

    The firmware is built anew with all layers' outputs as the model's outputs: they are kept, so their memory plan is
    another one, while kernels and constants are the same. Where RAM does not hold all of them, part after part is run.
    """
    tensors = computed_tensors(variant.graph)
    found: Values = {}
    waiting = [tensors]
    while waiting:
        part = waiting.pop(0)
        try:
            values = _values(variant, board, part, inputs[:_SAMPLES], options=options, settings=settings)
        except DoesNotFitError as error:
            if len(part) == 1:
                return Unavailable(reason=f"one layer's output does not fit beside the model: {error.message}")
            waiting[:0] = [part[: len(part) // 2], part[len(part) // 2 :]]
            continue
        if isinstance(values, Unavailable):
            return values
        found |= values
    return tuple(_checks(variant.graph, found))


def _values(
    variant: Variant, board: str, tensors: Sequence[int], inputs: Inputs, *, options: Options, settings: Settings
) -> Values | Unavailable:
    model = with_outputs(variant.data, tensors)
    done = execute(model, board=board, options=options, settings=settings, progress=Progress(), inputs=inputs)
    name = tflm_name()
    reference = cached_outputs(name, model, inputs, settings.cache_folder, lambda: tflm_outputs(model, inputs))
    if isinstance(reference, ReferenceUnavailable):
        return Unavailable(reason=f"{reference.reference}: {reference.reason}")
    return {
        tensor: [(ours[at], theirs[at]) for ours, theirs in zip(done.run.outputs, reference, strict=True)]
        for at, tensor in enumerate(tensors)
    }


def _checks(graph: Graph, found: Values) -> list[LayerCheck]:
    return [
        _check(operator, place, graph.tensors[tensor], found[tensor])
        for operator in graph.operators
        for place, tensor in enumerate(operator.outputs)
    ]


def _check(operator: Operator, place: int, tensor: Tensor, pairs: list[tuple[bytes, bytes]]) -> LayerCheck:
    number = np.dtype(tensor.dtype.value).newbyteorder("<")
    ours, theirs = (np.concatenate([np.frombuffer(pair[side], number) for pair in pairs]) for side in (0, 1))
    bits = f"<u{tensor.dtype.item_bytes}"
    differs = ours.view(bits) != theirs.view(bits)
    different = int(np.count_nonzero(differs))
    is_float = tensor.dtype is DataType.FLOAT32
    with np.errstate(invalid="ignore", over="ignore"):  # equal infinities are no difference
        apart = np.where(differs, ours.astype(np.float64) - theirs.astype(np.float64), 0.0)
    if is_float:
        apart = apart / _largest(theirs)
    largest = float(np.abs(apart).max(initial=0.0))
    return LayerCheck(
        operator=operator.index,
        kind=operator.kind,
        tensor=tensor.name,
        output=place if len(operator.outputs) > 1 else None,
        elements=len(ours),
        different=different,
        largest_difference=largest if isfinite(largest) else None,
        unit="relative" if is_float else "LSB",
        agrees=largest <= FLOAT_TOLERANCE if is_float else different == 0,
        histogram=_histogram(apart[np.isfinite(apart)], is_float=is_float) if different else (),
    )


def _largest(values: npt.NDArray[np.float32]) -> float:
    """Of the finite ones; 1 where there is nothing to be relative to."""
    finite = values[np.isfinite(values)].astype(np.float64)
    return float(np.abs(finite).max(initial=0.0)) or 1.0


def _histogram(apart: npt.NDArray[np.float64], *, is_float: bool) -> tuple[tuple[float, int], ...]:
    """(difference, elements): of integers every difference while they are few, else bins by their middle."""
    distinct, counts = np.unique(apart, return_counts=True)
    if not is_float and len(distinct) <= 2 * _HISTOGRAM_BINS:
        return tuple((float(value), int(count)) for value, count in zip(distinct, counts, strict=True))
    counts, edges = np.histogram(apart, bins=_HISTOGRAM_BINS)
    middles = (edges[:-1] + edges[1:]) / 2
    return tuple((float(middle), int(count)) for middle, count in zip(middles, counts, strict=True))
