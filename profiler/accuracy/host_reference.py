"""The oracle: what a model's outputs should be, by TFLM's own interpreter, or by LiteRT as the second opinion."""

from __future__ import annotations

import importlib.metadata
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from profiler.accuracy import interpreter_process
from profiler.accuracy.inputs import seeded_inputs as seeded_inputs
from profiler.accuracy.model import OutputAgreement, OutputDifference, ReferenceUnavailable
from profiler.accuracy.reference_cache import Outputs, cached_outputs
from profiler.graph.hybrid import hybrid_operators
from profiler.graph.model import DataType, Graph
from profiler.graph.tflite_reader import read

FLOAT_TOLERANCE = 1e-5  # relative, see OutputDifference: float32 sums in another order
LITERT_TOLERANCE_LSB = 2  # its int8 kernels round some operators in other ways than TFLM's
_TIMEOUT_SECONDS = 600.0
_REASON_LIMIT_CHARACTERS = 400


def tflm_agreement(
    model: bytes,
    graph: Graph,
    inputs: Sequence[Sequence[bytes]],
    outputs: Sequence[Sequence[bytes]],
    *,
    cache_folder: Path,
) -> OutputAgreement | ReferenceUnavailable:
    """The target's `outputs` for `inputs` against TFLM: integer outputs must be equal, float32 within 1e-5.

    `model` is the file itself, `graph` what the target ran. TFLM's outputs are kept in `cache_folder`.
    """
    reference = cached_outputs(tflm_name(), model, inputs, cache_folder, lambda: tflm_outputs(model, inputs))
    if isinstance(reference, ReferenceUnavailable):
        return reference
    return compare(outputs, reference, graph, name=tflm_name())


def litert_agreement(
    model: bytes, graph: Graph, inputs: Sequence[Sequence[bytes]], outputs: Sequence[Sequence[bytes]]
) -> OutputAgreement | ReferenceUnavailable:
    """The target's `outputs` for `inputs` against LiteRT's reference kernels: within 2 LSB, float32 within 1e-5."""
    reference = litert_outputs(model, inputs)
    if isinstance(reference, ReferenceUnavailable):
        return reference
    agreement = compare(outputs, reference, graph, name=litert_name())
    return replace(agreement, tolerance_lsb=LITERT_TOLERANCE_LSB)


def tflm_outputs(model: bytes, inputs: Sequence[Sequence[bytes]]) -> Outputs | ReferenceUnavailable:
    """Outputs of TFLM's interpreter with its reference kernels, the one that devices run.

    int8 weights of float32 operators, which TFLM refuses, are given to it as float32, and TILE as BROADCAST_TO. Raises
    ModelError when the file is damaged; anything TFLM itself refuses, or dies of, is the reason of the
    ReferenceUnavailable.
    """
    graph = read(model)
    is_rewritten = hybrid_operators(graph) or any(operator.kind == "TILE" for operator in graph.operators)
    engine = "tflm_rewritten" if is_rewritten else "tflm"
    return _run(engine, tflm_name(), model, graph, inputs)


def litert_outputs(model: bytes, inputs: Sequence[Sequence[bytes]]) -> Outputs | ReferenceUnavailable:
    """Outputs of LiteRT with its reference kernels (without XNNPACK). An optional dependency: extra `litert`."""
    return _run("litert", litert_name(), model, read(model), inputs)


def tflm_name() -> str:
    """The reference's name with its version."""
    return f"TFLM {_version('tflite-micro') or '(not installed)'}"


def litert_name() -> str:
    """The reference's name with its version."""
    return f"LiteRT {_version('ai-edge-litert') or '(not installed)'} reference kernels"


def compare(
    target: Sequence[Sequence[bytes]], reference: Sequence[Sequence[bytes]], graph: Graph, *, name: str
) -> OutputAgreement:
    """Both sides' outputs, [input set][graph output], element by element; `name` is the reference's.

    The tolerances are TFLM's: 0 LSB for integers, 1e-5 for float32. Raises ValueError when the two sides differ in
    their number of sets or outputs, or an output in its number of bytes.
    """
    for outputs in (*target, *reference):
        if len(outputs) != len(graph.outputs):
            raise ValueError(f"{len(outputs)} outputs in a set of a graph with {len(graph.outputs)}")
    differences = []
    for position, index in enumerate(graph.outputs):
        pairs = [(ours[position], theirs[position]) for ours, theirs in zip(target, reference, strict=True)]
        differences.append(_difference(index, graph.tensors[index].dtype, pairs))
    return OutputAgreement(
        reference=name,
        input_sets=len(target),
        outputs=tuple(differences),
        tolerance_lsb=0,
        tolerance_relative=FLOAT_TOLERANCE,
    )


def _difference(index: int, dtype: DataType, pairs: Sequence[tuple[bytes, bytes]]) -> OutputDifference:
    elements = equal = 0
    max_lsb: int | None = None
    max_relative: float | None = None
    for ours, theirs in pairs:
        if len(ours) != len(theirs):
            raise ValueError(f"output tensor #{index}: {len(ours)} bytes against {len(theirs)}")
        bits = f"<u{dtype.item_bytes}"
        same = np.frombuffer(ours, dtype=bits) == np.frombuffer(theirs, dtype=bits)
        elements += len(same)
        equal += int(np.count_nonzero(same))
        kind = np.dtype(dtype.value).newbyteorder("<")
        one, other = np.frombuffer(ours, dtype=kind), np.frombuffer(theirs, dtype=kind)
        if dtype is DataType.FLOAT32:
            max_relative = max(max_relative or 0.0, _relative(one[~same], other[~same], other))
        else:
            apart = (abs(int(a) - int(b)) for a, b in zip(one[~same], other[~same], strict=True))
            max_lsb = max(max_lsb or 0, *apart, 0)
    return OutputDifference(
        tensor_index=index, elements=elements, bit_equal_elements=equal, max_lsb=max_lsb, max_relative=max_relative
    )


def _relative(ours: np.ndarray, theirs: np.ndarray, all_theirs: np.ndarray) -> float:
    """The float measure of OutputDifference for the elements whose bits differ."""
    if not len(ours):
        return 0.0
    if not (np.isfinite(ours).all() and np.isfinite(theirs).all()):
        return float("inf")
    largest_difference = float(np.abs(ours.astype(np.float64) - theirs.astype(np.float64)).max())
    largest = float(np.abs(all_theirs[np.isfinite(all_theirs)]).max())
    if largest_difference == 0.0:  # +0 against -0
        return 0.0
    return largest_difference / largest if largest else float("inf")


def _run(
    engine: str, name: str, model: bytes, graph: Graph, inputs: Sequence[Sequence[bytes]]
) -> Outputs | ReferenceUnavailable:
    """Outputs by the interpreter in a process of its own."""
    program = [sys.executable, "-P", str(Path(interpreter_process.__file__))]
    counts = [str(len(inputs)), str(len(graph.outputs))]
    frames = interpreter_process.pack([model, *(data for input_set in inputs for data in input_set)])
    try:
        finished = subprocess.run(
            [*program, engine, *counts], input=frames, capture_output=True, timeout=_TIMEOUT_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return ReferenceUnavailable(reference=name, reason=f"no answer within {_TIMEOUT_SECONDS:.0f} s")
    if finished.returncode != 0:
        return ReferenceUnavailable(reference=name, reason=_reason(finished.returncode, finished.stderr))
    flat = list(interpreter_process.unpack(finished.stdout))
    width = len(graph.outputs)
    return tuple(tuple(flat[start * width : (start + 1) * width]) for start in range(len(inputs)))


def _reason(return_code: int, stderr: bytes) -> str:
    """What the interpreter said, in one line of printable characters (names in it may come from the model)."""
    if return_code < 0:
        said = f"the interpreter died of {signal.Signals(-return_code).name}"
    else:
        said = "the interpreter refuses the model"
    lines = (line.strip() for line in stderr.decode("utf-8", "replace").splitlines())
    details = "; ".join("".join(c if c.isprintable() else "?" for c in line) for line in lines if line)
    return f"{said}: {details[:_REASON_LIMIT_CHARACTERS]}" if details else said


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None
