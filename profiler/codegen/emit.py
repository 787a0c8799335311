"""Layers and plan → source tree: one translation unit per layer, weights beside the code, no model names anywhere.

Weights are assembled from binary files, so another set of values recompiles nothing but one assembler file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import jinja2

from profiler import resources
from profiler.codegen.model import Blob, Constant, Layer, SourceTree
from profiler.graph.model import DataType, Graph, Tensor
from profiler.plan.model import MemoryPlan
from profiler.version import VERSION

C_TYPES = {
    DataType.INT8: "int8_t",
    DataType.UINT8: "uint8_t",
    DataType.INT16: "int16_t",
    DataType.INT32: "int32_t",
    DataType.INT64: "int64_t",
    DataType.FLOAT32: "float",
    DataType.BOOL: "bool",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerCode:
    """What a layer's source file is made of, as C++ text; `arguments` name `model_arena` and the symbols of `blobs`."""

    members: tuple[tuple[str, str, str], ...]  # C type, name, literal
    blobs: Mapping[str, Blob]  # by symbol
    arguments: tuple[str, ...]


def emit_model(graph: Graph, layers: Sequence[Layer], plan: MemoryPlan, *, variant: str = "") -> SourceTree:
    """Everything of the firmware that depends on the model and not on the board, below `model/`.

    The same graph, layers, plan and version give the same bytes. `variant` tells builds for one board apart by their
    build ID.
    """
    files: dict[str, bytes] = {}
    blobs: dict[str, Blob] = {}
    for layer, code in zip(layers, layer_codes(graph, layers, plan), strict=True):
        blobs |= code.blobs
        files[f"model/{layer.function_name}.cc"] = _render(
            "layer.cc.j2", layer=layer, members=code.members, blobs=code.blobs, arguments=code.arguments
        )
    for symbol, blob in blobs.items():
        files[f"model/{symbol}.bin"] = blob.data
    files["model/weights.S"] = _render("weights.S.j2", blobs=blobs)
    files["model/arena.h"] = _render("arena.h.j2")
    files["model/model.json"] = _names(graph, layers)
    digest = tree(files).digest
    build_id = (hashlib.sha256(f"{digest}\n{variant}".encode()).hexdigest() if variant else digest)[:16]
    files["model/model.cc"] = _render(
        "model.cc.j2",
        layers=layers,
        inputs=[_endpoint(graph, plan, index) for index in graph.inputs],
        outputs=[_endpoint(graph, plan, index) for index in graph.outputs],
        arena_bytes=max(plan.arena_bytes, 1),
        build_id=build_id,
    )
    files["model/model_profiled.cc"] = _render("model_profiled.cc.j2", layers=layers)
    return tree(files)


def layer_codes(graph: Graph, layers: Iterable[Layer], plan: MemoryPlan) -> list[LayerCode]:
    """The parts of each layer's source, its arena offsets as the plan has them.

    Constants of equal bytes are one, under the name of the first layer that has it: every step of an unrolled recurrent
    layer has the same weights.
    """
    owners: dict[tuple[bytes, str, int], str] = {}
    return [_with_shared(_layer_code(graph, layer, plan), owners) for layer in layers]


def _with_shared(code: LayerCode, owners: dict[tuple[bytes, str, int], str]) -> LayerCode:
    """The code with the symbols of `owners`, to which those that are new are added."""
    names = {
        symbol: owners.setdefault((blob.data, blob.c_type, blob.alignment_bytes), symbol)
        for symbol, blob in code.blobs.items()
    }
    return LayerCode(
        members=code.members,
        blobs={names[symbol]: blob for symbol, blob in code.blobs.items()},
        arguments=tuple(names.get(argument, argument) for argument in code.arguments),
    )


def _layer_code(graph: Graph, layer: Layer, plan: MemoryPlan) -> LayerCode:
    blobs = {_blob_symbol(layer, blob.name): blob for blob in layer.lowered.blobs}
    for position, tensor in _constant_inputs(graph, layer):
        symbol = _constant_symbol(layer, position)
        blobs[symbol] = Blob(name=symbol, c_type=C_TYPES[tensor.dtype], data=tensor.data or b"")
    return LayerCode(
        members=tuple((c.c_type, _declared(c), _literal(c)) for c in layer.lowered.constants),
        blobs=blobs,
        arguments=tuple(_argument(graph, layer, plan, name) for name in layer.lowered.arguments),
    )


def tree(files: Mapping[str, bytes]) -> SourceTree:
    """A source tree with its digest: SHA-256 over each path, length and content in path order."""
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(f"{path}\0{len(files[path])}\0".encode())
        digest.update(files[path])
    return SourceTree(files=dict(files), digest=digest.hexdigest())


def join(*trees: SourceTree) -> SourceTree:
    """Several trees as one; a path in two of them is a programming error (ValueError)."""
    files: dict[str, bytes] = {}
    for part in trees:
        if twice := files.keys() & part.files.keys():
            raise ValueError(f"generated twice: {sorted(twice)}")
        files |= part.files
    return tree(files)


def render_template(name: str, **values: object) -> bytes:
    """Render one template of `profiler/codegen/templates`; a value that is missing is an error."""
    return _render(name, **values)


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(resources.package_folder() / "codegen" / "templates"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # C++ and linker scripts; nothing that a model names is ever rendered
    )


def _render(name: str, **values: object) -> bytes:
    return _environment().get_template(name).render(version=VERSION, **values).encode()


def _declared(constant: Constant) -> str:
    return f"{constant.name}[]" if isinstance(constant.value, tuple) else constant.name


def _literal(constant: Constant) -> str:
    if isinstance(constant.value, tuple):
        return "{" + ", ".join(map(str, constant.value)) + "}"
    if constant.c_type == "float":
        return f"{float(constant.value).hex()}f"
    if constant.c_type == "bool":
        return "true" if constant.value else "false"
    return "INT32_MIN" if constant.value == -(2**31) else str(int(constant.value))


def _blob_symbol(layer: Layer, name: str) -> str:
    return f"layer_{layer.operator.index:02d}_{name}"


def _constant_symbol(layer: Layer, position: int) -> str:
    return f"layer_{layer.operator.index:02d}_constant_{position}"


def _constant_inputs(graph: Graph, layer: Layer) -> Iterable[tuple[int, Tensor]]:
    for name in layer.lowered.arguments:
        kind, _, position = name.partition(":")
        if kind == "input":
            tensor = graph.tensors[layer.operator.inputs[int(position)]]
            if tensor.is_constant:
                yield int(position), tensor


def _argument(graph: Graph, layer: Layer, plan: MemoryPlan, name: str) -> str:
    """The C++ expression for one of `Lowered.arguments`."""
    kind, _, rest = name.partition(":")
    if kind == "blob":
        return _blob_symbol(layer, rest)
    if kind == "scratch":
        offset = plan.scratch_offsets.get(layer.operator.index)
        return "nullptr" if offset is None else f"model_arena + {offset}"
    indices = {"input": layer.operator.inputs, "output": layer.operator.outputs}[kind]
    tensor = graph.tensors[indices[int(rest)]]
    if tensor.is_constant:
        return _constant_symbol(layer, int(rest))
    qualifier = "const " if kind == "input" else ""
    c_type = C_TYPES[tensor.dtype]
    return f"reinterpret_cast<{qualifier}{c_type}*>(model_arena + {plan.tensor_offsets[tensor.index]})"


def _endpoint(graph: Graph, plan: MemoryPlan, index: int) -> dict[str, object]:
    """A graph input or output as `ModelTensor` in runtime/model.h wants it."""
    tensor = graph.tensors[index]
    quantization = tensor.quantization
    return {
        "offset": plan.tensor_offsets[index],
        "size_bytes": tensor.size_bytes,
        "scale": float(quantization.scales[0]).hex() if quantization else float(1).hex(),
        "zero_point": quantization.zero_points[0] if quantization else 0,
        "dtype": tensor.dtype.name,
    }


def _names(graph: Graph, layers: Sequence[Layer]) -> bytes:
    """Names live here and only here: the number of each layer and tensor in the code, and what the model calls it."""
    names = {
        "model_sha256": graph.model_sha256,
        "layers": [
            {"index": layer.operator.index, "function": layer.function_name, "kernel": layer.kernel.name}
            for layer in layers
        ],
        "tensors": [{"index": tensor.index, "name": tensor.name} for tensor in graph.tensors],
    }
    return (json.dumps(names, indent=1, sort_keys=True) + "\n").encode()
