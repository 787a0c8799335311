"""`--variants float32,int8,other=FILE` → the `.tflite` files to compare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from profiler.convert.convert import convert, require_tensorflow
from profiler.convert.load import load_model, model_path
from profiler.convert.model import Conversion, Converted, Endpoints, Precision
from profiler.convert.source import source_kind
from profiler.errors import ProfilerError, SettingsError
from profiler.graph.check import check
from profiler.graph.hybrid import hybrid_operators
from profiler.graph.model import DataType, Graph
from profiler.graph.tflite_reader import read
from profiler.words import listed

_DEFAULT = (Precision.FLOAT32, Precision.INT8)
_VARIANTS_LIMIT = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A variant as it was asked for: `path` of a file of its own, or None for a conversion of the model."""

    name: str
    path: str | None
    conversion: Conversion | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A variant with its bytes and graph."""

    name: str
    data: bytes = field(repr=False)
    graph: Graph = field(repr=False)
    origin: str
    random_calibration: bool = False
    scales_inputs: bool = False


def parse_variants(text: str | None, *, endpoints: Endpoints = Endpoints.INTEGER) -> tuple[Wanted, ...]:
    """The variants named in a comma-separated list; empty when there is none. Raises SettingsError."""
    wanted: list[Wanted] = []
    for part in listed(text):
        name, mark, path = part.partition("=")
        if not mark and name not in tuple(Precision):
            known = ", ".join(Precision)
            raise SettingsError(
                f"unknown variant {name!r}", hint=f"choose of: {known}; or NAME=FILE for a file of yours"
            )
        if mark and not (name and path):
            raise SettingsError(f"variant {part!r} is not NAME=FILE", hint="for instance int8=model_int8.tflite")
        conversion = None if mark else Conversion(precision=Precision(name), endpoints=endpoints)
        wanted.append(Wanted(name=name, path=path if mark else None, conversion=conversion))
    names = [each.name for each in wanted]
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        raise SettingsError(f"variant {doubled[0]!r} is asked for twice", hint="give each a name of its own")
    if len(wanted) > _VARIANTS_LIMIT:
        raise SettingsError(f"{len(wanted)} variants were asked for", hint=f"at most {_VARIANTS_LIMIT}")
    return tuple(wanted)


def load_variants(
    model: str,
    wanted: Sequence[Wanted],
    *,
    endpoints: Endpoints,
    calibration: npt.NDArray[np.float32] | None,
    cache_folder: Path,
) -> tuple[Variant, ...]:
    """The variants in the given order; without any asked for, float32 and int8 of a Keras model, else the file itself.

    Raises SettingsError when a `.tflite` is asked to become another precision, and what reading and converting raise.
    """
    source = model_path(model)
    if not source_kind(source).needs_tensorflow:
        return tuple(_of_file(model, each, cache_folder) for each in wanted or (None,))
    if not wanted:
        wanted = parse_variants(",".join(_DEFAULT), endpoints=endpoints)
    conversions = [each.conversion for each in wanted if each.conversion is not None]
    converted = iter(convert(source, conversions, calibration=calibration, cache_folder=cache_folder))
    return tuple(
        _of_file(model, each, cache_folder)
        if each.conversion is None
        else _of_conversion(each.name, next(converted), others=len(wanted) > 1)
        for each in wanted
    )


def _of_conversion(name: str, converted: Converted | ProfilerError, *, others: bool) -> Variant:
    also = f"; or leave {name} out of --variants" if others else ""
    if isinstance(converted, ProfilerError):
        raise type(converted)(converted.message, hint=f"{converted.hint}{also}") from converted
    try:
        graph = read(converted.data)
    except ProfilerError as error:  # what TensorFlow wrote is not what this project takes
        raise type(error)(f"{name}: {error.message}", hint=f"{error.hint}{also}") from error
    return Variant(
        name=name,
        data=converted.data,
        graph=graph,
        origin=f"converted by {require_tensorflow()}",
        random_calibration=converted.random_calibration,
        scales_inputs=converted.facts.scales_inputs,
    )


def _of_file(model: str, wanted: Wanted | None, cache_folder: Path) -> Variant:
    """The model itself, or the file of a variant; a `.tflite` is what it is, and cannot be converted."""
    data = load_model(model if wanted is None or wanted.path is None else wanted.path, cache_folder=cache_folder)
    graph = read(data)
    found = precision_of(graph)
    if wanted is not None and wanted.path is None and wanted.name != found:
        raise SettingsError(
            f"{model} is a {found} .tflite and cannot become {wanted.name}",
            hint=f"give the Keras file or SavedModel it came from, or a file: --variants {wanted.name}=FILE",
        )
    origin = "the given file" if wanted is None or wanted.path is None else Path(wanted.path).name
    return Variant(name=found if wanted is None else wanted.name, data=data, graph=graph, origin=origin)


def precision_of(graph: Graph) -> str:
    """float32, int8, int16x8 or dynamic-range: what most of the arithmetic is done in."""
    if hybrid_operators(graph):
        return Precision.DYNAMIC_RANGE.value
    computed = [graph.tensors[index].dtype for operator in graph.operators for index in operator.outputs]
    if computed.count(DataType.INT16) * 2 > len(computed):
        return Precision.INT16X8.value
    return Precision.INT8.value if computed.count(DataType.INT8) * 2 > len(computed) else Precision.FLOAT32.value


def unsupported_operators(graph: Graph) -> tuple[str, ...]:
    """What firmware cannot run of it, one line an operator."""
    return tuple(str(problem) for problem in check(graph))
