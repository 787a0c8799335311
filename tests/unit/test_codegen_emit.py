"""Emission: deterministic, values apart from code, and nothing a model names gets out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiler.boards.loader import load_core
from profiler.codegen.choose import choose_layers
from profiler.codegen.emit import join, tree
from profiler.codegen.kernels import kernels
from profiler.errors import SettingsError
from profiler.graph.options import FullyConnectedOptions
from profiler.graph.tflite_reader import read
from tests.support.firmware import source_tree
from tests.support.small_models import convolution_model
from tests.support.tflite_builder import OperatorSpec, TensorSpec, activation_tensor, build_model, constant_tensor

HOSTILE = [
    '"; system("x"); //',
    "*/ int main() {",
    "??/\n#include <x>",
    "../../etc/passwd",
    "{{ 7*7 }}",
    "名\u202e字",
    "%n%s",
]


def test_the_same_model_gives_the_same_bytes() -> None:
    assert source_tree(convolution_model()).files == source_tree(convolution_model()).files


def test_other_weights_change_no_code() -> None:
    first, second = (source_tree(convolution_model(seed=seed)) for seed in (1, 2))
    changed = {name for name in first.files if first.files[name] != second.files[name]}
    assert changed
    assert {name for name in changed if name.endswith((".cc", ".h", ".S"))} <= {"model/model.cc"}


def test_weights_that_layers_share_are_stored_once() -> None:
    """As those of an unrolled recurrent layer: one matrix in every step."""
    rng = np.random.default_rng(1)
    one, other = (constant_tensor(rng.integers(-127, 128, (8, 8)).astype(np.int8), 0.01) for _ in range(2))
    shared, apart = (source_tree(_two_dense_layers(one, second)).files for second in (one, other))
    layers = ("model/layer_00_fully_connected.cc", "model/layer_01_fully_connected.cc")
    assert all(b"layer_00_weights" in shared[layer] for layer in layers)
    assert b"layer_01_weights" in apart[layers[1]]
    assert sum(len(data) for name, data in apart.items() if name.endswith("_weights.bin")) == 2 * sum(
        len(data) for name, data in shared.items() if name.endswith("_weights.bin")
    )


def _two_dense_layers(*weights: TensorSpec) -> bytes:
    activations = [activation_tensor((1, 8), 0.1, 3) for _ in range(3)]
    dense = [
        OperatorSpec(kind="FULLY_CONNECTED", inputs=(i, 3 + i), outputs=(i + 1,), options=FullyConnectedOptions())
        for i in range(2)
    ]
    return build_model(tensors=[*activations, *weights], operators=dense, inputs=[0], outputs=[2])


def test_another_board_of_the_same_core_changes_no_model_code() -> None:
    first, second = (source_tree(convolution_model(), board) for board in ("nucleo_l4r5zi", "stm32f4_discovery"))
    assert all(second.files[name] == data for name, data in first.files.items() if name.startswith("model/"))


@pytest.mark.parametrize("name", HOSTILE)
def test_names_from_a_model_reach_only_the_json_beside_the_firmware(name: str) -> None:
    plain, hostile = source_tree(convolution_model()), source_tree(convolution_model(name=name))
    assert plain.files.keys() == hostile.files.keys()
    assert {path for path, data in plain.files.items() if hostile.files[path] != data} <= {
        "model/model.json",
        "model/model.cc",  # the build id covers the names
    }


@settings(max_examples=50, deadline=None)
@given(st.text(min_size=1, max_size=60))
def test_no_name_whatever_changes_code(name: str) -> None:
    encodable = name.encode("utf-8", "replace").decode()
    hostile = source_tree(convolution_model(name=encodable))
    layer = "model/layer_00_conv_2d.cc"
    assert hostile.files[layer] == source_tree(convolution_model()).files[layer]


def test_a_path_generated_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="generated twice"):
        join(tree({"a": b"1"}), tree({"a": b"2"}))


def test_every_kernel_name_is_unique_and_its_header_exists() -> None:
    from profiler import resources

    for kernel in kernels():
        assert (resources.firmware_harness_folder() / kernel.header).is_file(), kernel.name


def test_dsp_kernels_are_refused_on_a_core_without_dsp() -> None:
    with pytest.raises(SettingsError, match="no DSP extension"):
        choose_layers(read(convolution_model()), load_core("cortex-m0plus"), variant="dsp")


def test_an_unknown_variant_lists_the_choices() -> None:
    with pytest.raises(SettingsError) as caught:
        choose_layers(read(convolution_model()), load_core("cortex-m4"), variant="fast")
    assert "auto, dsp, ref" in (caught.value.hint or "")
