"""A prepared model → the files of a C library: layers, the kernels they use, a C header, build files, an example."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import jinja2

from profiler import resources
from profiler.boards.model import Core, CoreFeature
from profiler.codegen.emit import C_TYPES, emit_model, layer_code
from profiler.codegen.model import Blob
from profiler.export.arrays import array_definition
from profiler.export.kernel_sources import kernel_sources
from profiler.export.model import ArenaPlace
from profiler.graph.model import Graph
from profiler.pipeline import Prepared
from profiler.plan.model import MemoryPlan
from profiler.version import VERSION

ARENA_ALIGNMENT_BYTES = 16
ANY_CORE = Core(
    name="any core",
    features=frozenset(),
    gcc_flags=(),
    unicorn_model="",
    source="portable kernels require nothing of a core",
)
_SPDX = "// SPDX-License-Identifier: Apache-2.0\n// From profiler {version}, in the namespace of this library.\n"
_LANGUAGE_FLAGS = "-std=c++17 -O2 -ffp-contract=off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An input or output as the header, the example and the README tell it."""

    size_bytes: int
    dtype: str
    c_type: str
    shape: tuple[int, ...]
    initializer: str  # of the C struct
    readable_scale: str
    readable_zero_point: str


def library_files(ready: Prepared, *, name: str, core: Core, arena: ArenaPlace) -> Mapping[str, bytes]:
    """Path → content, all below a folder called `name`, which `names.checked_name` has allowed.

    The same model, kernels, plan, name, core and version give the same bytes. Names of the model reach `model.json`
    and nothing else.
    """
    codes = [layer_code(ready.graph, layer, ready.plan) for layer in ready.layers]
    blobs = {symbol: blob for code in codes for symbol, blob in code.blobs.items()}
    values = _values(ready, name=name, core=core, arena=arena, blobs=blobs)
    files = {
        f"include/{name}/model.h": _render("model.h.j2", **values),
        f"src/{name}_model.cc": _render("model.cc.j2", **values),
        f"src/{name}_layers.h": _render("layers.h.j2", **values),
        f"src/{name}_weights.cc": _render("weights.cc.j2", **values, blobs=blobs, array_definition=array_definition),
        "examples/main.c": _render("main.c.j2", **values),
        "LICENSE": _template_folder_file("LICENSE"),
        "model.json": emit_model(ready.graph, ready.layers, ready.plan).files["model/model.json"],
    }
    for layer, code in zip(ready.layers, codes, strict=True):
        files[f"src/{name}_{layer.function_name}.cc"] = _render("layer.cc.j2", **values, layer=layer, code=code)
    sources = sorted(path for path in files if path.endswith(".cc"))
    files["CMakeLists.txt"] = _render("CMakeLists.txt.j2", **values, sources=sources)
    files["README.md"] = _render("README.md.j2", **values)
    headers = kernel_sources(
        (layer.kernel.header for layer in ready.layers),
        harness=resources.firmware_harness_folder(),
        namespace=str(values["ns"]),
    )
    spdx = _SPDX.format(version=VERSION)
    files |= {f"src/{path}": (spdx + text).encode() for path, text in headers.items()}
    return {f"{name}/{path}": files[path] for path in sorted(files)}


def needs_dsp(ready: Prepared) -> bool:
    """Whether a chosen kernel uses the DSP extension."""
    return any(CoreFeature.DSP in layer.kernel.requires for layer in ready.layers)


def _values(
    ready: Prepared, *, name: str, core: Core, arena: ArenaPlace, blobs: Mapping[str, Blob]
) -> dict[str, object]:
    """What every template may name."""
    graph, plan = ready.graph, ready.plan
    inputs = _endpoints(graph, plan, graph.inputs, name.upper())
    outputs = _endpoints(graph, plan, graph.outputs, name.upper())
    uses_dsp = needs_dsp(ready)
    emulation = f" -D{name.upper()}_EMULATE_DSP" if uses_dsp else ""
    return {
        "n": name,
        "N": name.upper(),
        "ns": f"{name}_library",
        "caller": arena is ArenaPlace.CALLER,
        "arena_first": "arena, " if arena is ArenaPlace.CALLER else "",
        "layers": ready.layers,
        "inputs": inputs,
        "outputs": outputs,
        "max_rank": max(1, *(len(tensor.shape) for tensor in (*inputs, *outputs))),
        "dtypes": [dtype.name for dtype in C_TYPES],
        "arena_bytes": max(plan.arena_bytes, 1),
        "arena_alignment_bytes": ARENA_ALIGNMENT_BYTES,
        "weights_bytes": sum(len(blob.data) for blob in blobs.values()),
        "model_sha256": graph.model_sha256,
        "needs_dsp": uses_dsp,
        "core_name": core.name,
        "core_flags": " ".join(core.gcc_flags),
        "tuned_for": f"{core.name}: some kernels use its DSP instructions"
        if uses_dsp
        else "any core: portable kernels",
        "host_flags": _LANGUAGE_FLAGS + emulation,
        "target_flags": " ".join((*(core.gcc_flags or ("-mcpu=YOUR_CORE", "-mthumb")), _LANGUAGE_FLAGS)),
    }


def _endpoints(graph: Graph, plan: MemoryPlan, indices: Sequence[int], prefix: str) -> list[Endpoint]:
    endpoints = []
    for index in indices:
        tensor, quantization = graph.tensors[index], graph.tensors[index].quantization
        scale = float(quantization.scales[0]) if quantization else 1.0
        zero_point = quantization.zero_points[0] if quantization else 0
        fields = (
            str(plan.tensor_offsets[index]),
            str(tensor.size_bytes),
            f"{prefix}_{tensor.dtype.name}",
            str(len(tensor.shape)),
            f"{{{', '.join(map(str, tensor.shape))}}}",
            f"{scale.hex()}f",
            str(zero_point),
        )
        endpoints.append(
            Endpoint(
                size_bytes=tensor.size_bytes,
                dtype=tensor.dtype.name,
                c_type=C_TYPES[tensor.dtype],
                shape=tensor.shape,
                initializer=f"{{{', '.join(fields)}}}",
                readable_scale=f"{scale:.9g}" if quantization else "",
                readable_zero_point=str(zero_point) if quantization else "",
            )
        )
    return endpoints


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(resources.package_folder() / "export" / "templates"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # C++, CMake and Markdown; of the user's words only the checked name is rendered
    )


def _render(template: str, **values: object) -> bytes:
    return _environment().get_template(template).render(version=VERSION, **values).encode()


def _template_folder_file(name: str) -> bytes:
    return (resources.package_folder() / "export" / "templates" / name).read_bytes()
