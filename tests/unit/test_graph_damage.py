"""Whatever a file holds, reading it ends soon, in a Graph or a ProfilerError, and so does everything on the graph."""

import cProfile
import random
import struct
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
import tflite
from hypothesis import given, settings
from hypothesis import strategies as st

from profiler.errors import ModelError, ProfilerError
from profiler.graph.check import require_supported
from profiler.graph.flatbuffer import FlatBuffer
from profiler.graph.summary import summarize
from profiler.graph.tflite_reader import read
from tests.support.tflite_builder import OperatorSpec, activation_tensor, build_model
from tests.unit.test_graph_builder import conv_softmax_model

MODELS = Path(__file__).parents[3] / "shared" / "models"
PUBLISHED = sorted(MODELS.glob("*/*.tflite"))
MUTATIONS_PER_MODEL = 100


def outcome(data: bytes) -> str:
    """ "graph" or "error"; anything else a reader may do escapes and fails the test."""
    try:
        graph = read(data)
        summarize(graph)
        require_supported(graph)
    except ProfilerError:
        return "error"
    return "graph"


def outcomes(files: Iterator[bytes]) -> dict[str, int]:
    counts = {"graph": 0, "error": 0}
    for data in files:
        counts[outcome(data)] += 1
    return counts


def test_every_truncation_of_a_model_is_an_error():
    model = conv_softmax_model()
    assert outcomes(model[:length] for length in range(len(model))) == {"graph": 0, "error": len(model)}


@pytest.mark.parametrize("mask", [0x01, 0x80, 0xFF])
def test_every_flipped_byte_of_a_model_is_survived(mask):
    model = conv_softmax_model()
    flipped = (model[:i] + bytes([model[i] ^ mask]) + model[i + 1 :] for i in range(len(model)))
    counts = outcomes(flipped)
    assert counts["error"] > 100
    assert counts["graph"] > 100  # weights, names and padding may change


def mutated(model: bytes, seed: int) -> Iterator[bytes]:
    """Copies with a few bytes replaced, values written over, pieces cut out, or the end cut off."""
    choices = random.Random(seed)
    for _ in range(MUTATIONS_PER_MODEL):
        data = bytearray(model)
        for _ in range(choices.choice((1, 2, 8, 64))):
            position = choices.randrange(len(data) - 8)
            extreme = choices.choice((0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, choices.getrandbits(32)))
            width = choices.choice((1, 2, 4))
            data[position : position + width] = struct.pack("<I", extreme)[:width]
        if choices.random() < 0.2:
            position = choices.randrange(len(data))
            del data[position : position + choices.randrange(1, 64)]
        yield bytes(data[: choices.randrange(len(data))] if choices.random() < 0.1 else data)


@pytest.mark.skipif(not PUBLISHED, reason="the published models are not beside this checkout")
def test_thousands_of_damaged_published_models_are_survived():
    files = (data for seed, path in enumerate(PUBLISHED) for data in mutated(path.read_bytes(), seed))
    counts = outcomes(files)
    assert sum(counts.values()) == MUTATIONS_PER_MODEL * len(PUBLISHED)
    assert sum(counts.values()) >= 2000
    assert counts["error"] > 1000


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400), st.booleans())
def test_random_bytes_are_an_error(data, with_identifier):
    if with_identifier:
        data = data[:4].ljust(4, b"\x10") + b"TFL3" + data[4:]
    with pytest.raises(ModelError):
        read(data)


def _vector_of(model: bytes, field: int) -> tuple[int, int]:
    """Position and length of a vector of the only subgraph; fields by their offset in the vtable."""
    table = tflite.Model.GetRootAs(model).Subgraphs(0)._tab
    offset = table.Offset(field)
    return table.Vector(offset), table.VectorLen(offset)


def _point_all_at_the_first(model: bytes, field: int) -> bytes:
    data = bytearray(model)
    start, count = _vector_of(model, field)
    (first,) = struct.unpack_from("<I", data, start)
    for number in range(count):
        struct.pack_into("<I", data, start + 4 * number, first - 4 * number)
    return bytes(data)


def test_a_small_file_cannot_ask_for_much_memory():
    """40,000 operators that are all the same one, with a long list of inputs: 3 GB if it were believed."""
    wide = OperatorSpec(kind="ADD", inputs=(0,) * 20_000, outputs=(1,))
    narrow = OperatorSpec(kind="ADD", inputs=(0,), outputs=(1,))
    model = build_model(
        tensors=[activation_tensor((1,), 0.5), activation_tensor((1,), 0.5)],
        operators=[wide] + [narrow] * 4_000,
        inputs=[0],
        outputs=[1],
    )
    bomb = _point_all_at_the_first(model, 10)
    _, count = _vector_of(bomb, 10)
    assert tflite.Model.GetRootAs(bomb).Subgraphs(0).Operators(count - 1).InputsLength() == 20_000
    tracemalloc.start()
    with pytest.raises(ModelError, match=r"again and again|more than 4000000 numbers"):
        read(bomb)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 300e6


def test_a_vector_longer_than_the_file_is_refused():
    model = bytearray(conv_softmax_model())
    start, _ = _vector_of(bytes(model), 4)
    struct.pack_into("<I", model, start - 4, 0x3FFFFFFF)
    with pytest.raises(ModelError, match=r"outside the file|more than"):
        read(bytes(model))


def test_a_vtable_that_claims_too_much_is_refused():
    model = bytearray(conv_softmax_model())
    (root,) = struct.unpack_from("<I", model, 0)
    (back,) = struct.unpack_from("<i", model, root)
    for claimed in (0, 2, 5, 0xFFFE):
        damaged = bytearray(model)
        struct.pack_into("<H", damaged, root - back, claimed)
        with pytest.raises(ModelError):
            read(bytes(damaged))
    field_outside = bytearray(model)
    struct.pack_into("<H", field_outside, root - back + 4, 0x7000)
    with pytest.raises(ModelError, match="outside its table"):
        read(bytes(field_outside))


def test_many_operators_are_read_and_summed_up_in_linear_work():
    """Counted in calls of functions, Python's and C's: they are the same in each run."""

    def calls(count: int) -> int:
        tensors = [activation_tensor((1,), 0.5) for _ in range(count + 1)]
        operators = [OperatorSpec(kind="RELU", inputs=(i,), outputs=(i + 1,)) for i in range(count)]
        model = build_model(tensors=tensors, operators=operators, inputs=[0], outputs=[count])
        profile = cProfile.Profile()
        assert profile.runcall(lambda: summarize(read(model))).supported
        return sum(entry.callcount for entry in profile.getstats())

    calls(10)  # imports and caches, once
    assert calls(4_000) < 4.2 * calls(1_000)


def test_the_same_bytes_cannot_be_read_again_and_again():
    buffer = FlatBuffer(bytes(1 << 20))
    for _ in range(5):
        buffer.require(0, buffer.size_bytes, "weights")
    with pytest.raises(ModelError, match="the same bytes again and again"):
        buffer.require(0, buffer.size_bytes, "weights")
