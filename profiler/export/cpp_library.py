"""A prepared model → the files of a C library: layers, the kernels they use, a C header, build files, an example."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import jinja2

from profiler import resources
from profiler.boards.model import Core, CoreFeature
from profiler.build.model import Optimization
from profiler.codegen.emit import C_TYPES, emit_model, layer_codes
from profiler.codegen.model import Blob
from profiler.export.arrays import array_definition
from profiler.export.endpoints import endpoints
from profiler.export.kernel_sources import kernel_sources
from profiler.export.model import ArenaPlace
from profiler.pipeline import Prepared
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
_FLOAT_FLAG = "-ffp-contract=off"
# With the former, what decides about the layers' instructions in build/compile.py: they are the profiled ones.
_TARGET_FLAGS = ("-ffunction-sections", "-fno-exceptions", "-fno-rtti")


def library_files(
    ready: Prepared, *, name: str, core: Core, arena: ArenaPlace, optimization: Optimization = Optimization.BALANCED
) -> Mapping[str, bytes]:
    """Path → content, all below a folder called `name`, which `names.checked_name` has allowed.

    The same model, kernels, plan, name, core and version give the same bytes. Names of the model reach `model.json`
    and nothing else.
    """
    codes = layer_codes(ready.graph, ready.layers, ready.plan)
    blobs = {symbol: blob for code in codes for symbol, blob in code.blobs.items()}
    values = _model_values(ready, name=name, arena=arena, blobs=blobs)
    values |= _build_values(ready, name=name, core=core, optimization=optimization)
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
        namespace=_namespace(name),
    )
    spdx = _SPDX.format(version=VERSION)
    files |= {f"src/{path}": (spdx + text).encode() for path, text in headers.items()}
    return {f"{name}/{path}": files[path] for path in sorted(files)}


def needs_dsp(ready: Prepared) -> bool:
    """Whether a chosen kernel uses the DSP extension."""
    return any(CoreFeature.DSP in layer.kernel.requires for layer in ready.layers)


def _model_values(ready: Prepared, *, name: str, arena: ArenaPlace, blobs: Mapping[str, Blob]) -> dict[str, object]:
    """What templates may name of the model and its memory."""
    graph, plan = ready.graph, ready.plan
    inputs = endpoints(graph, plan, graph.inputs, name.upper())
    outputs = endpoints(graph, plan, graph.outputs, name.upper())
    return {
        "n": name,
        "N": name.upper(),
        "ns": _namespace(name),
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
    }


def _build_values(ready: Prepared, *, name: str, core: Core, optimization: Optimization) -> dict[str, object]:
    """What templates may name of the target and its compiler."""
    uses_dsp = needs_dsp(ready)
    machine = core.gcc_flags or ("-mcpu=YOUR_CORE", "-mthumb")
    emulation = (f"-D{name.upper()}_EMULATE_DSP",) if uses_dsp else ()
    return {
        "needs_dsp": uses_dsp,
        "core_name": core.name,
        "core_flags": " ".join(core.gcc_flags),
        "tuned_for": f"{core.name}, with its DSP instructions" if uses_dsp else "any core: portable kernels",
        "optimization": optimization.value,
        "host_flags": " ".join(("-std=c++17", f"-{optimization}", _FLOAT_FLAG, *emulation)),
        "target_flags": " ".join((*machine, "-std=c++17", f"-{optimization}", *_TARGET_FLAGS, _FLOAT_FLAG)),
    }


def _namespace(name: str) -> str:
    return f"{name}_library"


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
