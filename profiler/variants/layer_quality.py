"""Layer by layer: how much of the baseline's values a quantized variant keeps, on the host."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, log10
from pathlib import Path

import numpy as np
import numpy.typing as npt

from profiler.accuracy.codec import decode
from profiler.accuracy.host_reference import tflm_name, tflm_outputs
from profiler.accuracy.model import ReferenceUnavailable
from profiler.accuracy.reference_cache import cached_outputs
from profiler.graph.expose import computed_tensors, with_outputs
from profiler.graph.model import DataType, Graph, Operator
from profiler.report.profile import Unavailable
from profiler.variants.model import LayerQuality, VariantQuality
from profiler.variants.sources import Variant

Inputs = Sequence[Sequence[bytes]]
Matched = list[tuple[Operator, int, int, str]]  # operator and tensor of the variant, tensor of the baseline, how
_CONVERSIONS = frozenset({"QUANTIZE", "DEQUANTIZE"})
_INTEGER_RANGES = {DataType.INT8: (-128, 127), DataType.INT16: (-32768, 32767)}


def layer_quality(
    variant: Variant, inputs: Inputs, baseline: Variant, baseline_inputs: Inputs, *, cache_folder: Path
) -> VariantQuality:
    """SQNR of every layer of the variant that the baseline has, too: the same samples, each in its own encoding."""
    pairs = match_layers(variant.graph, baseline.graph)
    if not pairs:
        reason = f"no layer of {variant.name} could be matched with one of {baseline.name}, by name or by order"
        return VariantQuality(variant=variant.name, samples=len(inputs), layers=Unavailable(reason=reason))
    ours = _values(variant, [tensor for _, tensor, _, _ in pairs], inputs, cache_folder)
    theirs = _values(baseline, [tensor for _, _, tensor, _ in pairs], baseline_inputs, cache_folder)
    for values in (ours, theirs):
        if isinstance(values, Unavailable):
            return VariantQuality(variant=variant.name, samples=len(inputs), layers=values)
    assert not isinstance(ours, Unavailable)
    assert not isinstance(theirs, Unavailable)
    layers = tuple(
        _layer(variant.graph, operator, tensor, how, sqnr_db(reference, values), values)
        for (operator, tensor, _, how), values, reference in zip(pairs, ours, theirs, strict=True)
    )
    return VariantQuality(variant=variant.name, samples=len(inputs), layers=layers)


def _layer(
    graph: Graph, operator: Operator, tensor: int, how: str, ratio: float | str, values: npt.NDArray[np.float64]
) -> LayerQuality:
    return LayerQuality(
        operator=operator.index,
        kind=operator.kind,
        tensor=graph.tensors[tensor].name,
        output=operator.outputs.index(tensor) if len(operator.outputs) > 1 else None,
        matched_by=how,
        sqnr_db=None if isinstance(ratio, str) else ratio,
        saturated_share=_saturated(graph, tensor, values),
        no_sqnr=ratio if isinstance(ratio, str) else "",
    )


def match_layers(graph: Graph, baseline: Graph) -> Matched:
    """Layers that compute the same: by the names of their outputs, else by order, when kinds and shapes agree in it."""
    names = {baseline.tensors[index].name: index for index in computed_tensors(baseline)}
    named: Matched = [
        (operator, tensor, names[graph.tensors[tensor].name], "name")
        for operator in graph.operators
        for tensor in operator.outputs
        if operator.kind not in _CONVERSIONS and graph.tensors[tensor].name in names
    ]
    layers, others = _layers(graph), _layers(baseline)
    if len(named) < sum(len(layer.outputs) for layer in layers) and [_form(graph, each) for each in layers] == [
        _form(baseline, each) for each in others
    ]:
        return [
            (operator, tensor, theirs, "order")
            for operator, other in zip(layers, others, strict=True)
            for tensor, theirs in zip(operator.outputs, other.outputs, strict=True)
        ]
    return _same_size(named, graph, baseline)


def sqnr_db(reference: npt.NDArray[np.float64], values: npt.NDArray[np.float64]) -> float | str:
    """10·log10 of the signal's power over the noise's, or why that is no number."""
    with np.errstate(invalid="ignore", over="ignore"):
        noise, signal = float(np.sum((values - reference) ** 2)), float(np.sum(reference**2))
    if noise == 0:
        return "no noise"
    if not (isfinite(noise) and isfinite(signal)):
        return "values that are NaN or infinite"
    return 10 * log10(signal / noise) if signal else "no signal, noise alone"


def _same_size(matched: Matched, graph: Graph, baseline: Graph) -> Matched:
    return [each for each in matched if graph.tensors[each[1]].elements == baseline.tensors[each[2]].elements]


def _layers(graph: Graph) -> list[Operator]:
    return [operator for operator in graph.operators if operator.kind not in _CONVERSIONS]


def _form(graph: Graph, operator: Operator) -> tuple[str, list[tuple[int, ...]]]:
    return operator.kind, [graph.tensors[index].shape for index in operator.outputs]


def _values(
    variant: Variant, tensors: Sequence[int], inputs: Inputs, cache_folder: Path
) -> list[npt.NDArray[np.float64]] | Unavailable:
    """Real values of each tensor over all inputs, one after the other."""
    model = with_outputs(variant.data, tensors)
    answer = cached_outputs(tflm_name(), model, inputs, cache_folder, lambda: tflm_outputs(model, inputs))
    if isinstance(answer, ReferenceUnavailable):
        return Unavailable(reason=f"{answer.reference}: {answer.reason}")
    return [
        np.concatenate([decode(outputs[at], variant.graph.tensors[tensor]) for outputs in answer])
        for at, tensor in enumerate(tensors)
    ]


def _saturated(graph: Graph, tensor: int, values: npt.NDArray[np.float64]) -> float:
    described = graph.tensors[tensor]
    if described.dtype not in _INTEGER_RANGES or described.quantization is None:
        return 0.0
    low, high = _INTEGER_RANGES[described.dtype]
    steps = values / described.quantization.scales[0] + described.quantization.zero_points[0]
    # The lower end is where a fused ReLU cuts off, as it should; the upper end is lost range.
    upper = float(np.mean(steps >= high - 0.5))
    lower = float(np.mean(steps <= low + 0.5)) if described.quantization.zero_points[0] != low else 0.0
    return upper + lower
