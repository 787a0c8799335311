"""`compare`: variants × boards, with accuracy where there is a dataset. The table of contents of this package."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from profiler.accuracy.assess import assess
from profiler.accuracy.calibration_set import calibration_samples, representative, suspicions
from profiler.accuracy.choices import CALIBRATION_SAMPLES, DataOptions, Task
from profiler.accuracy.datasets.formats import open_dataset
from profiler.accuracy.datasets.model import Dataset
from profiler.accuracy.inputs import seeded_inputs
from profiler.accuracy.predict import encoded_samples, predict
from profiler.accuracy.results import AccuracyResult
from profiler.accuracy.task import meaning_of
from profiler.boards.loader import load_board
from profiler.convert.load import model_path
from profiler.convert.model import Endpoints, Precision
from profiler.convert.source import source_kind
from profiler.errors import SettingsError, UnsupportedModelError
from profiler.pipeline import Options
from profiler.report.profile import Unavailable
from profiler.settings import Settings, load_settings
from profiler.variants.layer_quality import layer_quality
from profiler.variants.model import Cell, VariantComparison, VariantInfo, VariantQuality
from profiler.variants.sources import Variant, load_variants, parse_variants, precision_of, unsupported_operators
from profiler.variants.target import run_cell
from profiler.version import VERSION

Inputs = Sequence[Sequence[bytes]]
_NO_DATA = Unavailable(reason="no dataset was given (--data): inputs were random, so nothing is known of accuracy")
_QUALITY_SAMPLES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareOptions:
    """What a user may choose for a comparison. `limit` bounds how many samples are evaluated."""

    variants: str | None = None
    endpoints: Endpoints = Endpoints.INTEGER
    data: Path | None = None
    calibration: Path | None = None  # representative samples; those of `data` without it
    data_options: DataOptions = field(default_factory=DataOptions)
    calibration_samples: int = CALIBRATION_SAMPLES
    limit: int | None = None
    target_samples: int = 10  # run on each board
    slices: tuple[str, ...] = ()
    metric: str | None = None
    task: Task | None = None
    threshold: float | None = None
    check_layers: bool = False
    pipeline: Options = field(default_factory=Options)

    def __post_init__(self) -> None:
        for name, value, highest in (
            ("calibration samples", self.calibration_samples, 100_000),
            ("target samples", self.target_samples, 1000),
            ("samples", 1 if self.limit is None else self.limit, 10**9),
        ):
            if not 1 <= value <= highest:
                raise SettingsError(f"{value} {name} were asked for", hint=f"choose 1 to {highest}")


def compare(
    model: str | Path,
    *,
    boards: Sequence[str],
    options: CompareOptions | None = None,
    settings: Settings | None = None,
    on_step: Callable[[str], None] = lambda _step: None,
) -> VariantComparison:
    """A model's variants side by side. `on_step` hears what is being done.

    Raises ProfilerError for what holds for all of it: an unreadable model, dataset or board. A variant that does not
    fit a board, or has operators without kernels, is told in its cells.
    """
    options = options or CompareOptions()
    settings = settings or load_settings()
    for board in boards:
        load_board(board)
    dataset = None if options.data is None else open_dataset(options.data, options.data_options)
    on_step("converting")
    variants, notes = _variants(str(model), dataset, options, settings)
    baseline = next((each for each in variants if each.name == Precision.FLOAT32), variants[0])
    ordered = (baseline, *(each for each in variants if each is not baseline))
    on_step("evaluating")
    accuracy = _accuracy(dataset, ordered, options, settings)
    cells = tuple(_cells(ordered, boards, dataset, options, settings, on_step))
    on_step("layers")
    quality = tuple(_quality(ordered, dataset, options, settings))
    return VariantComparison(
        profiler_version=VERSION,
        model=str(model),
        baseline=baseline.name,
        variants=tuple(_info(each) for each in ordered),
        boards=tuple(boards),
        accuracy=accuracy,
        cells=cells,
        quality=quality,
        notes=tuple(notes),
    )


def _cells(
    variants: Sequence[Variant],
    boards: Sequence[str],
    dataset: Dataset | None,
    options: CompareOptions,
    settings: Settings,
    on_step: Callable[[str], None],
) -> Iterator[Cell]:
    """Every variant on every board."""
    for variant in variants:
        inputs = _inputs(variant, dataset, options.target_samples, options.pipeline.seed)
        for board in boards:
            on_step(f"{variant.name} on {board}")
            yield run_cell(
                variant,
                board,
                inputs,
                options=options.pipeline,
                settings=settings,
                with_layers=options.check_layers,
            )


def _variants(
    model: str, dataset: Dataset | None, options: CompareOptions, settings: Settings
) -> tuple[tuple[Variant, ...], list[str]]:
    """The variants, and what is to be said of how they were calibrated."""
    samples = None
    if source_kind(model_path(model)).needs_tensorflow:  # a .tflite is what it is
        source = dataset if options.calibration is None else representative(options.calibration, options.data_options)
        samples = None if source is None else calibration_samples(source, options.calibration_samples)
    variants = load_variants(
        model,
        parse_variants(options.variants, endpoints=options.endpoints),
        endpoints=options.endpoints,
        calibration=samples,
        cache_folder=settings.cache_folder,
    )
    notes = []
    if any(each.random_calibration for each in variants):
        notes.append("quantized without data: ranges were seen on random inputs, so the quantized outputs mean little")
    elif samples is not None and any(each.origin.startswith("converted") for each in variants):
        notes.extend(suspicions(samples, scales_inputs=any(each.scales_inputs for each in variants)))
        if options.calibration is None:
            notes.append(
                f"calibrated on {len(samples)} samples of the evaluated data; another set is cleaner (--calibration)"
            )
    return variants, notes


def _accuracy(
    dataset: Dataset | None, variants: Sequence[Variant], options: CompareOptions, settings: Settings
) -> AccuracyResult | Unavailable:
    if dataset is None:
        return _NO_DATA
    meaning = meaning_of(dataset, variants[0].graph, options.task)
    rows = dataset.spread(dataset.size if options.limit is None else options.limit)
    predictions = {
        each.name: predict(
            each.data,
            each.graph,
            dataset,
            rows,
            reconstructs=meaning.reconstructs,
            cache_folder=settings.cache_folder,
        )
        for each in variants
    }
    return assess(
        dataset,
        rows,
        predictions,
        meaning,
        slices=options.slices,
        metric=options.metric,
        threshold=options.threshold,
        seed=options.pipeline.seed,
    )


def _inputs(variant: Variant, dataset: Dataset | None, count: int, seed: int) -> Inputs:
    if dataset is None:
        return seeded_inputs(variant.graph, count, seed)
    return encoded_samples(dataset, dataset.spread(count), variant.graph)


def _quality(
    variants: Sequence[Variant], dataset: Dataset | None, options: CompareOptions, settings: Settings
) -> Iterator[VariantQuality]:
    """Of every variant but the baseline: the same real inputs, so only where the baseline computes in float32."""
    baseline, *others = variants
    if precision_of(baseline.graph) not in (Precision.FLOAT32, Precision.DYNAMIC_RANGE):
        return
    for variant in others:
        try:
            inputs, own = _pairs(baseline, variant, dataset, options.pipeline.seed)
        except UnsupportedModelError as error:
            yield VariantQuality(variant=variant.name, samples=0, layers=Unavailable(reason=error.in_one_line))
            continue
        yield layer_quality(variant, own, baseline, inputs, cache_folder=settings.cache_folder)


def _pairs(baseline: Variant, variant: Variant, dataset: Dataset | None, seed: int) -> tuple[Inputs, Inputs]:
    """The same inputs for both: samples, or noise of one standard deviation that each encodes as its input wants."""
    if dataset is not None:
        rows = dataset.spread(_QUALITY_SAMPLES)
        return encoded_samples(dataset, rows, baseline.graph), encoded_samples(dataset, rows, variant.graph)
    from profiler.accuracy.codec import decode, encode

    noise = seeded_inputs(baseline.graph, _QUALITY_SAMPLES, seed)
    tensors = [variant.graph.tensors[index] for index in variant.graph.inputs]
    theirs = [baseline.graph.tensors[index] for index in baseline.graph.inputs]
    own = [
        [
            data if tensor.dtype is other.dtype else encode(decode(data, other).astype(np.float32), tensor)[0]
            for data, tensor, other in zip(each, tensors, theirs, strict=True)
        ]
        for each in noise
    ]
    return noise, own


def _info(variant: Variant) -> VariantInfo:
    return VariantInfo(
        name=variant.name,
        precision=precision_of(variant.graph),
        origin=variant.origin,
        sha256=variant.graph.model_sha256,
        size_bytes=variant.graph.model_bytes,
        operators=len(variant.graph.operators),
        unsupported=unsupported_operators(variant.graph),
    )
