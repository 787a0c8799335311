"""What a user may choose of an evaluation: values alone, so that a command line tells them without loading numpy."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import isfinite

from profiler.errors import SettingsError

CALIBRATION_SAMPLES = 100
BIN_TYPES = ("uint8", "int8", "float32")


class Task(StrEnum):
    """What a model's outputs mean."""

    CLASSIFICATION = "classification"  # one value per class, the largest is the decision
    BINARY = "binary"  # one score per sample, above a threshold is class 1: also anomalies
    REGRESSION = "regression"


class MetricName(StrEnum):
    """What `--metric` may be; each has a row in accuracy/metrics.py."""

    TOP_1 = "top-1"
    TOP_3 = "top-3"
    TOP_5 = "top-5"
    MACRO_PRECISION = "macro-precision"
    MACRO_RECALL = "macro-recall"
    MACRO_F1 = "macro-f1"
    ROC_AUC = "roc-auc"
    PAUC = "pauc"
    MAE = "mae"
    RMSE = "rmse"
    R2 = "r2"


@dataclass(frozen=True, slots=True, kw_only=True)
class DataOptions:
    """How files are read. A value becomes value × scale + offset; `classes` gives the model's order of classes.

    Raises SettingsError for an unknown `bin_type`, a class that is named twice, and a scale that leaves no values.
    """

    label: str | None = None  # the label's column of a table, or array of an .npz
    classes: tuple[str, ...] = ()
    metadata: tuple[str, ...] = ()  # columns that are no features
    scale: float = 1.0
    offset: float = 0.0
    image_size: tuple[int, ...] | None = None  # height, width, and perhaps channels
    bin_type: str = "uint8"  # element type of raw .bin files
    may_lack_labels: bool = False  # representative samples: who quantizes needs none

    def __post_init__(self) -> None:
        if self.bin_type not in BIN_TYPES:
            raise SettingsError(
                f"unknown type of .bin files {self.bin_type!r}", hint=f"choose of: {', '.join(BIN_TYPES)}"
            )
        if doubled := sorted({name for name in self.classes if self.classes.count(name) > 1}):
            raise SettingsError(f"class {doubled[0][:60]!r} is named twice", hint="name each class once (--classes)")
        if self.scale == 0 or not (isfinite(self.scale) and isfinite(self.offset)):
            raise SettingsError(
                f"values times {self.scale:g} plus {self.offset:g} tell nothing",
                hint="--scale and --offset are numbers",
            )
