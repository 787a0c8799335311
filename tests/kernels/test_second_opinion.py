"""What docs/correctness.md says of LiteRT, kept true."""

from __future__ import annotations

import pytest

from tests.kernels.second_opinion import INT8_MODELS, MODELS, RESOLVERS, layer_differences

pytestmark = pytest.mark.skipif(not MODELS.is_dir(), reason="the public MLPerf Tiny models are not beside the checkout")


@pytest.mark.parametrize("name", INT8_MODELS)
def test_litert_reference_differs_from_tflm_only_in_fully_connected_and_by_one_step(name: str) -> None:
    found = layer_differences(name, RESOLVERS["reference"], input_count=3)
    assert found.pop("FULLY_CONNECTED").largest <= 1
    assert {kind: difference.largest for kind, difference in found.items()} == dict.fromkeys(found, 0)


@pytest.mark.parametrize("name", INT8_MODELS)
def test_litert_default_differs_from_tflm_by_one_step_in_few_outputs_of_a_layer(name: str) -> None:
    for difference in layer_differences(name, RESOLVERS["default (XNNPACK)"], input_count=3).values():
        assert difference.largest <= 1
