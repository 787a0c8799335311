"""Keywords on a model's variants: compared on a dataset once, then held against bounds of accuracy."""

from __future__ import annotations

from pathlib import Path

from robot.api import logger
from robot.api.deco import keyword

from profiler.accuracy.metrics import METRICS
from profiler.accuracy.results import AccuracyResult, MetricResult
from profiler.report.profile import Unavailable
from profiler.robot.expectations import or_fail, share_of
from profiler.settings import load_settings
from profiler.variants.compare import CompareOptions, compare
from profiler.variants.model import VariantComparison
from profiler.variants.renderers import VARIANT_RENDERERS
from profiler.variants.report_files import write_comparison
from profiler.variants.table import metric_of
from profiler.variants.texts import agreement_text, delta_text, format_metric, value_text
from profiler.words import listed


class VariantKeywords:
    """What `ProfilerLibrary` knows of variants."""

    def __init__(self, board: str) -> None:
        self._default_board = board
        self._comparison: VariantComparison | None = None

    @keyword
    def compare_variants(
        self,
        model: str,
        data: Path,
        boards: str = "",
        variants: str = "",
        calibration: Path | None = None,
        slices: str = "",
        target_samples: int = 10,
        output: Path | None = None,
    ) -> VariantComparison:
        """Evaluates a model's variants on a dataset and on boards, and keeps the comparison for the keywords after it.

        ``variants``, ``boards`` and ``slices`` are lists with commas, as ``profiler compare`` takes them: without
        ``variants``, ``float32,int8`` of a Keras model, else the file itself. ``output`` is a folder for the report.

        | Compare Variants    model.keras    data=test.npz    calibration=train.npz    slices=speaker
        | Compare Variants    model_float32.tflite    data=test.npz    variants=float32,int8=model_int8.tflite
        """
        names = listed(boards or self._default_board)
        if not names:
            raise AssertionError("no board: give boards=NAME here, or board=NAME where the library is imported")
        options = CompareOptions(
            variants=variants or None,
            data=data,
            calibration=calibration,
            slices=listed(slices),
            target_samples=target_samples,
        )
        done = or_fail(lambda: compare(model, boards=names, options=options, settings=load_settings()))
        self._comparison = done
        logger.info(VARIANT_RENDERERS["terminal"].render(done))
        if output is not None:
            or_fail(lambda: write_comparison(done, output))
        return done

    @keyword
    def accuracy_should_be_above(self, variant: str, bound: str, metric: str = "") -> None:
        """A variant's metric on the dataset is at least the bound: ``95%`` or ``0.95``.

        Without ``metric`` it is the first one of the task: ``top-1``, ``roc-auc``, ``mae``.

        | Accuracy Should Be Above    int8    95%
        | Accuracy Should Be Above    int8    0.9    metric=macro-recall
        """
        result = self._result(variant, metric)
        if not _more_is_better(result.metric):
            raise AssertionError(f"of {result.metric} less is better: use Error Should Be Below")
        if _known(result) < share_of(bound):
            raise AssertionError(f"{variant}: {result.metric} is {value_text(result)}, below {bound}")

    @keyword
    def error_should_be_below(self, variant: str, bound: str, metric: str = "mae") -> None:
        """A variant's error on the dataset is at most the bound: ``mae`` or ``rmse``, of which less is better."""
        result = self._result(variant, metric)
        if _more_is_better(result.metric):
            raise AssertionError(f"of {result.metric} more is better: use Accuracy Should Be Above")
        if _known(result) > share_of(bound):
            raise AssertionError(f"{variant}: {result.metric} is {value_text(result)}, above {bound}")

    @keyword
    def accuracy_loss_should_be_below(self, variant: str, bound: str, metric: str = "") -> None:
        """A variant's metric is at most so much worse than the baseline's: ``1%`` is a percentage point.

        | Accuracy Loss Should Be Below    int8    1%
        """
        result = self._result(variant, metric)
        if result.delta is None:
            raise AssertionError(f"{variant} is the baseline, or {result.metric} is not known: there is no loss")
        loss = -result.delta if _more_is_better(result.metric) else result.delta
        if loss > share_of(bound):
            change = delta_text(result.metric, result)
            raise AssertionError(f"{variant}: {result.metric} changed by {change}, more than {bound}")

    @keyword
    def no_slice_should_be_hurt(self, variant: str) -> None:
        """No slice of the dataset is hurt by a variant significantly more than its other samples."""
        accuracy = self._accuracy()
        self._result(variant, "")
        hurt = [each for each in accuracy.called_out if each.variant == variant]
        if hurt:
            told = (f"{each.column} = {each.value}: {delta_text(accuracy.metric, each.result)}" for each in hurt)
            raise AssertionError("\n".join([f"{variant} hurts {len(hurt)} slices more than the rest:", *told]))

    @keyword
    def all_variants_should_agree(self) -> None:
        """On every board that a variant fits, its outputs are TFLM's: bit for bit of integers, 1e-5 of float32."""
        for cell in self._compared().cells:
            where = f"{cell.variant} on {cell.board}"
            if cell.fits is not False and isinstance(cell.tflm, Unavailable):
                raise AssertionError(f"{where} was not compared: {cell.reason or cell.tflm.reason}")
            if not isinstance(cell.tflm, Unavailable) and not cell.tflm.agrees:
                raise AssertionError(f"{where}: {agreement_text(cell.tflm)}")

    def _compared(self) -> VariantComparison:
        if self._comparison is None:
            raise AssertionError("no variants were compared yet: use Compare Variants first")
        return self._comparison

    def _accuracy(self) -> AccuracyResult:
        accuracy = self._compared().accuracy
        if isinstance(accuracy, Unavailable):
            raise AssertionError(accuracy.reason)
        return accuracy

    def _result(self, variant: str, metric: str) -> MetricResult:
        accuracy = self._accuracy()
        name = metric or accuracy.metric
        result = metric_of(accuracy, variant, name)
        if result is None:
            variants = ", ".join(each.variant for each in accuracy.variants)
            metrics = ", ".join(each.metric for each in accuracy.variants[0].metrics)
            raise AssertionError(f"there is no {name} of {variant!r}; variants: {variants}; metrics: {metrics}")
        return result


def _more_is_better(metric: str) -> bool:
    return metric not in METRICS or METRICS[metric].higher_is_better  # else: accuracy at the threshold


def _known(result: MetricResult) -> float:
    if result.value is None:
        raise AssertionError(f"{result.metric} is not known: {result.reason}")
    logger.info(f"{result.metric}: {format_metric(result.metric, result.value)}")
    return result.value
