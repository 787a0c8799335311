"""Data that may lie beside the checkout: public models and published measurements. Tests skip when it is absent."""

from __future__ import annotations

from pathlib import Path

import pytest

_SHARED = Path(__file__).resolve().parents[2].parent / "shared"


def shared_file(name: str) -> Path:
    """A file of the shared folder, or skip the test."""
    path = _SHARED / name
    if not path.is_file():
        pytest.skip(f"shared/{name} is not beside this checkout")
    return path


def mlperf_tiny_model(name: str) -> Path:
    """One of the public MLPerf Tiny models, or skip the test."""
    return shared_file(f"models/mlperf_tiny/{name}.tflite")
