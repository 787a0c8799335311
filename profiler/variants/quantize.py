"""`quantize`: a Keras model or SavedModel as `.tflite` files of several precisions, converted in one go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from profiler.accuracy.calibration_set import calibration_samples, representative, suspicions
from profiler.accuracy.choices import CALIBRATION_SAMPLES, DataOptions
from profiler.convert.convert import convert
from profiler.convert.load import model_path
from profiler.convert.model import Conversion, Endpoints, Precision
from profiler.errors import DatasetError, ProfilerError, SettingsError
from profiler.settings import Settings, load_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantized:
    """`models` are the files' bytes by precision; `warnings` say what quantizes badly, though it was done."""

    models: dict[Precision, bytes] = field(repr=False)
    warnings: tuple[str, ...]


def quantize(
    model: str | Path,
    *,
    to: Sequence[Precision | str] = (Precision.INT8,),
    data: Path | None = None,
    data_options: DataOptions | None = None,
    samples: int = CALIBRATION_SAMPLES,
    endpoints: Endpoints = Endpoints.INTEGER,
    settings: Settings | None = None,
) -> Quantized:
    """The model in each precision of `to`; `data` gives the representative `samples` of those that need them.

    Raises SettingsError for an unknown precision, DatasetError for missing or useless representative data, and what
    reading and converting the model raises.
    """
    precisions = [_precision(each) for each in to]
    needing = [each.value for each in precisions if each.needs_data]
    if needing and data is None:
        raise DatasetError(
            f"{' and '.join(needing)} needs representative data: activations are quantized by the ranges seen on it",
            hint="add --data; without any, --to dynamic-range quantizes the weights alone",
        )
    calibration = (
        None if data is None or not needing else calibration_samples(representative(data, data_options), samples)
    )
    cache_folder = (settings or load_settings()).cache_folder
    conversions = [Conversion(precision=each, endpoints=endpoints) for each in precisions]
    models: dict[Precision, bytes] = {}
    scales_inputs = False  # of the model: the same whatever it is converted to
    for result in convert(model_path(str(model)), conversions, calibration=calibration, cache_folder=cache_folder):
        if isinstance(result, ProfilerError):
            raise result
        models[result.conversion.precision] = result.data
        scales_inputs = result.facts.scales_inputs
    warnings = () if calibration is None else tuple(suspicions(calibration, scales_inputs=scales_inputs))
    return Quantized(models=models, warnings=warnings)


def _precision(name: str) -> Precision:
    try:
        return Precision(name)
    except ValueError:
        raise SettingsError(f"unknown precision {name!r}", hint=f"choose of: {', '.join(Precision)}") from None
