"""`profiler inspect`: what a model is made of and what of it cannot be run, without building anything."""

from __future__ import annotations

import json as json_module
from dataclasses import asdict
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from profiler.cli.profile_options import Model
from profiler.convert.load import load_model
from profiler.graph.summary import ModelFacts, OperatorFacts, TensorFacts, summarize
from profiler.graph.tflite_reader import read
from profiler.report.formatting import clean_text, format_bytes, format_count, format_shape, format_shapes


def inspect(
    model: Model,
    json: Annotated[bool, typer.Option("--json", help="Print the facts as JSON and nothing else.")] = False,
) -> None:
    """Show a model's operators, shapes, quantization, work and weights, and what is not supported and why."""
    facts = summarize(read(load_model(model)))
    if json:
        typer.echo(json_module.dumps(asdict(facts) | {"supported": facts.supported}, indent=2))
    else:
        _print(facts, Console(highlight=False))


def _print(facts: ModelFacts, console: Console) -> None:
    for what, tensors in (("input", facts.inputs), ("output", facts.outputs)):
        for tensor in tensors:
            console.print(Text(f"{what:<7}{_tensor(tensor)}"), soft_wrap=True)
    console.print(_table(facts))
    console.print(_totals(facts))
    problems = [*facts.problems, *(problem for operator in facts.operators for problem in operator.problems)]
    for problem in problems:
        console.print(Text.assemble(("not supported: ", "red"), clean_text(str(problem), 400)), soft_wrap=True)
    for hint in dict.fromkeys(problem.hint for problem in problems):
        console.print(Text(f"hint: {hint}", style="dim"), soft_wrap=True)
    console.print("[bold red]cannot be run[/]" if problems else "[green]every operator is supported[/]")


def _totals(facts: ModelFacts) -> str:
    sizes = f"{format_bytes(facts.total_weight_bytes)} of weights, file {format_bytes(facts.model_bytes)}"
    totals = f"total: {format_count(facts.total_macs)} MACs, {sizes}"
    numbers = ", ".join(map(str, facts.hybrid_operators))
    return totals + (f"\nfloat32 operators with int8 weights, computed in float32: {numbers}" if numbers else "")


def _table(facts: ModelFacts) -> Table:
    table = Table(header_style="bold", box=None, pad_edge=False)
    for name in ("#", "operator", "input", "output", "type", "quantized", "MACs", "weights"):
        justify: Literal["left", "right"] = "right" if name in ("#", "MACs", "weights") else "left"
        table.add_column(name, justify=justify, no_wrap=name == "operator")
    for operator in facts.operators:
        style = "red" if operator.problems else ""
        table.add_row(*(Text(cell, style=style) for cell in _cells(operator)))
    return table


def _cells(operator: OperatorFacts) -> tuple[str, ...]:
    return (
        str(operator.index),
        clean_text(operator.kind, 40),
        format_shapes(operator.input_shapes),
        format_shapes(operator.output_shapes),
        operator.dtype,
        operator.quantization.value,
        "unknown" if operator.macs is None else format_count(operator.macs) if operator.macs else "—",
        format_bytes(operator.weight_bytes) if operator.weight_bytes else "—",
    )


def _tensor(tensor: TensorFacts) -> str:
    quantized = "" if tensor.scale is None else f", scale {tensor.scale:g}, zero point {tensor.zero_point}"
    return f"{clean_text(tensor.name)}  {format_shape(tensor.shape)} {tensor.dtype}{quantized}"
