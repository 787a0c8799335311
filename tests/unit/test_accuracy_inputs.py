"""Claims about seeded inputs."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pytest

from profiler.accuracy.host_reference import seeded_inputs
from profiler.errors import UnsupportedModelError
from profiler.graph.model import DataType, Graph, Tensor
from tests.support.plan_graphs import graph


def with_inputs(*tensors: tuple[DataType, tuple[int, ...]]) -> Graph:
    made = [Tensor(index=i, name="", shape=shape, dtype=dtype) for i, (dtype, shape) in enumerate(tensors)]
    return graph(made, [], list(range(len(made))), [0])


BOTH = with_inputs((DataType.INT8, (1, 40, 50)), (DataType.FLOAT32, (2000,)))


def test_the_same_seed_gives_the_same_bytes_for_ever() -> None:
    digest = hashlib.sha256(b"".join(data for inputs in seeded_inputs(BOTH, 3, 7) for data in inputs)).hexdigest()
    assert digest == "7482a39615c7c5539bf98e4553d6de3c3fc49f6863b1a6eec797bad846f4b07a"


def test_sets_seeds_and_inputs_all_differ() -> None:
    two_alike = with_inputs((DataType.INT8, (64,)), (DataType.INT8, (64,)))
    drawn = [data for seed in (0, 1) for inputs in seeded_inputs(two_alike, 3, seed) for data in inputs]
    assert len(set(drawn)) == 12


def test_more_sets_begin_with_the_same_sets() -> None:
    assert seeded_inputs(BOTH, 5, 1)[:2] == seeded_inputs(BOTH, 2, 1)


def test_int8_inputs_cover_the_whole_range_evenly() -> None:
    values = np.frombuffer(seeded_inputs(with_inputs((DataType.INT8, (65536,))), 1, 0)[0][0], dtype=np.int8)
    counts = np.bincount(values.astype(np.int64) + 128, minlength=256)
    assert counts.min() > 150
    assert counts.max() < 370


def test_float_inputs_are_about_standard_normal() -> None:
    values = np.frombuffer(seeded_inputs(with_inputs((DataType.FLOAT32, (50_000,))), 1, 0)[0][0], dtype="<f4")
    assert abs(values.mean()) < 0.02
    assert abs(values.std() - 1) < 0.02
    assert np.abs(values).max() <= 6
    assert 0.66 < (np.abs(values) < 1).mean() < 0.71


def test_booleans_are_zero_or_one() -> None:
    assert set(seeded_inputs(with_inputs((DataType.BOOL, (100,))), 1, 0)[0][0]) == {0, 1}


def test_other_types_are_refused_by_name() -> None:
    odd = replace(BOTH, tensors=(replace(BOTH.tensors[0], dtype=DataType.COMPLEX64), BOTH.tensors[1]))
    with pytest.raises(UnsupportedModelError, match="input tensor #0 has type complex64"):
        seeded_inputs(odd, 1, 0)
