"""Kernel choice: for each operator the preferred kernel that the core can run and that accepts the operator."""

from __future__ import annotations

from collections.abc import Mapping

from profiler.boards.model import Core
from profiler.codegen.kernels import VARIANT_PREFERENCE, kernels_for
from profiler.codegen.model import Kernel, Layer
from profiler.errors import SettingsError, UnsupportedModelError
from profiler.graph.model import Graph, Operator
from profiler.graph.operators import source_tensor
from profiler.plan.model import OperatorNeeds

AUTO = "auto"


def choose_layers(graph: Graph, core: Core, *, variant: str = AUTO) -> tuple[Layer, ...]:
    """One Layer per operator, in order.

    `variant` "auto" takes the best kernel of each operator; "ref" only portable ones; "dsp" is "auto" that refuses
    cores without the DSP extension. Raises UnsupportedModelError naming each operator without a kernel and why,
    SettingsError for an unknown variant.
    """
    if variant not in (AUTO, *VARIANT_PREFERENCE):
        raise SettingsError(
            f"unknown kernel variant {variant!r}", hint=f"choose one of: {', '.join((AUTO, *VARIANT_PREFERENCE))}"
        )
    if variant == "dsp" and "dsp" not in core.features:
        raise SettingsError(f"{core.name} has no DSP extension", hint="use --kernels auto or --kernels ref")
    layers: list[Layer] = []
    refused: list[str] = []
    for operator in graph.operators:
        kernel, reason = _choose(graph, operator, core, variant)
        if kernel is None:
            refused.append(f"operator {operator.index} ({operator.kind}): {reason}")
        else:
            layers.append(Layer(operator=operator, kernel=kernel, lowered=kernel.lower(graph, operator)))
    if refused:
        raise UnsupportedModelError(
            "no kernel for " + "; ".join(refused), hint="`profiler inspect MODEL` lists what every operator needs"
        )
    return tuple(layers)


def operator_needs(layers: tuple[Layer, ...]) -> Mapping[int, OperatorNeeds]:
    """What the planner must know of the chosen kernels, by operator index."""
    return {layer.operator.index: layer.lowered.needs for layer in layers}


def _choose(graph: Graph, operator: Operator, core: Core, variant: str) -> tuple[Kernel | None, str]:
    source = source_tensor(graph, operator)
    dtype = source.dtype.value if source is not None else "absent"
    rows = kernels_for(operator.kind, dtype)
    if not rows:
        return None, f"no kernel for {dtype} input"
    reasons = []
    for row in rows:
        if not row.requires <= core.features:
            missing = ", ".join(sorted(feature.value for feature in row.requires - core.features))
            reasons.append(f"{row.name}: {core.name} lacks {missing}")
        elif variant == "ref" and row.variant != "ref":
            reasons.append(f"{row.name}: only ref kernels were asked for")
        elif (why := row.why_not(graph, operator)) is not None:
            reasons.append(f"{row.name}: {why}")
        else:
            return row, ""
    return None, "; ".join(reasons)
