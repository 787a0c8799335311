"""Claims about verdicts: what grew fails and is named, what did not passes, what cannot be seen never passes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiler.errors import BudgetError, ToolchainError, UnsupportedModelError
from profiler.gate.accuracy_file import AccuracyFile, ModelAccuracy
from profiler.gate.baseline import Baseline, updated
from profiler.gate.budget import with_limits
from profiler.gate.judge import TOP_CAUSES
from profiler.gate.measure import Measured, Subject, measure, model_name, require_distinct
from profiler.gate.model import GateResult, Problem, Verdict
from profiler.gate.terms import Terms, judge_all
from profiler.report.profile import Basis, Figure, Unavailable
from tests.support.sample_gate import GROWN, SMALL, facts, outcome, snapshot
from tests.support.sample_profile import sample_profile


def checks(result: GateResult):
    (entry,) = result.entries
    return {check.limit: check for check in entry.checks}


def test_the_same_model_passes_where_nothing_may_grow():
    result = outcome(SMALL)
    assert result.exit_code == 0
    assert {check.verdict for check in checks(result).values()} == {Verdict.PASS}
    assert result.entries[0].notes == ()


def test_a_model_grown_by_one_layer_fails_and_the_layer_is_named_first():
    result = outcome(GROWN)
    assert result.exit_code == 1
    failed = {name for name, check in checks(result).items() if check.verdict is Verdict.FAIL}
    assert failed == {"max_latency_increase", "max_flash_increase"}
    assert checks(result)["max_latency_increase"].causes[0].startswith("layer 1 CONV_2D (1×16 → 1×16) is new: +90.0 k")
    assert checks(result)["max_flash_increase"].causes[0] == "layer 1 CONV_2D (1×16 → 1×16) is new: +9,248 B of flash"


@given(before=st.integers(1, 10**9), percent=st.integers(0, 50), extra=st.integers(-100, 100))
def test_a_relative_limit_fails_exactly_above_it(before, percent, extra):
    now = before * (100 + percent) // 100 + extra
    old, new = (snapshot(facts(cycles=cycles), between=0) for cycles in (before, max(now, 0)))
    result = outcome(new, before=old, limits=(f"max_cycles_increase={percent}%",))
    allowed = before * (1 + percent / 100)
    assert (result.exit_code == 1) == (max(now, 0) > allowed)


@pytest.mark.parametrize(
    ("limit", "exit_code"),
    [
        ("max_flash=299 B", 0),
        ("max_flash=298 B", 1),
        ("max_weights=128 B", 0),
        ("max_weights=127 B", 1),
        ("max_code=71 B", 0),
        ("max_code=70 B", 1),
        ("max_ram=192 B", 0),
        ("max_ram=191 B", 1),
        ("max_arena=128 B", 0),
        ("max_arena=127 B", 1),
        ("max_stack=48 B", 0),
        ("max_stack=47 B", 1),
        ("max_cycles=1010", 0),
        ("max_cycles=1009", 1),
        ("max_instructions=505", 0),
        ("max_instructions=504", 1),
        ("max_latency=1 ms", 0),
        ("max_latency=8 us", 1),
        ("min_agreement=100%", 0),
        ("max_flash_increase=0 B", 0),
    ],
)
def test_absolute_limits_hold_at_the_limit_and_fail_beyond(limit, exit_code):
    assert outcome(SMALL, limits=(limit,)).exit_code == exit_code


def test_outputs_that_differ_from_the_reference_fail_a_limit_on_agreement():
    worse = replace(SMALL, figures={**SMALL.figures, "bit_equal_share": Figure(value=0.98, basis=Basis.EMULATED)})
    result = outcome(worse, limits=("min_agreement=99%",))
    assert result.exit_code == 1
    assert "98.00%, 1.00% below the 99.00% allowed" in checks(result)["min_agreement"].reason


def test_an_absolute_limit_without_a_baseline_names_the_largest_layers():
    check = checks(outcome(GROWN, before=None, limits=("max_cycles=100",)))["max_cycles"]
    assert check.causes[0] == "largest: layer 1 CONV_2D, 90.0 k cycles"
    check = checks(outcome(GROWN, before=None, limits=("max_flash=100",)))["max_flash"]
    assert check.causes[0] == "largest: layer 1 CONV_2D, 9,248 B"
    assert "largest: flash, boot, 100 B" in check.causes
    check = checks(outcome(GROWN, before=None, limits=("max_ram=100",)))["max_ram"]
    assert check.causes == ("largest: RAM, arena, 128 B", "largest: RAM, stack, 64 B")
    check = checks(outcome(GROWN, before=None, limits=("max_code=10",)))["max_code"]
    assert check.causes[0] == "largest: layer 0 CONV_2D, 32 B"


def test_an_unavailable_figure_never_passes():
    blind = replace(SMALL, figures={**SMALL.figures, "latency_ms": Unavailable(reason="no cycle model")})
    check = checks(outcome(blind, limits=("max_latency=1 s",)))["max_latency"]
    assert (check.verdict, check.reason) == (Verdict.FAIL, "unavailable: no cycle model")
    blind = replace(SMALL, figures={**SMALL.figures, "cycles": Unavailable(reason="no cycle model")})
    check = checks(outcome(SMALL, before=blind))["max_latency_increase"]
    assert check.verdict is Verdict.FAIL
    assert "no cycle model" in check.reason


def test_a_model_without_a_baseline_fails_or_warns_as_chosen():
    failed = outcome(SMALL, before=None)
    assert (failed.exit_code, failed.verdict) == (1, Verdict.FAIL)
    warned = outcome(SMALL, before=None, missing=Verdict.WARN)
    assert (warned.exit_code, warned.verdict) == (0, Verdict.WARN)
    assert all("--update-baseline" in check.reason for check in warned.entries[0].checks)


def test_absolute_limits_are_judged_without_a_baseline_too():
    result = outcome(SMALL, before=None, missing=Verdict.WARN, limits=("max_flash=1 B", "max_ram_increase=1%"))
    assert {name: check.verdict for name, check in checks(result).items()} == {
        "max_flash": Verdict.FAIL,
        "max_ram_increase": Verdict.WARN,
    }


def test_a_change_of_the_tool_is_told_apart_from_a_change_of_the_model():
    other = snapshot(facts(cycles=600), facts("SOFTMAX"), toolchain="arm-none-eabi-gcc 13.2.1")
    (note,) = outcome(other).entries[0].notes
    assert note.startswith("the model file is the baseline's; what differs from the baseline is compiler: ")
    newer = [replace(SMALL, origin=replace(SMALL.origin, engine=engine)) for engine in ("0.1.0 code a", "0.1.0 code b")]
    (note,) = outcome(newer[1], before=newer[0]).entries[0].notes
    assert note.endswith("profiler's code: 0.1.0 code a → 0.1.0 code b")
    assert outcome(newer[1], before=SMALL).entries[0].notes == ()  # an old baseline does not tell
    both = replace(other, origin=replace(other.origin, model_sha256="cd" * 32))
    assert outcome(both).entries[0].notes[0].startswith("not only the model differs")
    (unexplained,) = outcome(snapshot(facts(cycles=600), facts("SOFTMAX"))).entries[0].notes
    assert "this build of profiler" in unexplained


def test_causes_are_the_costliest_few_and_the_rest_is_counted():
    many = [facts(cycles=500 + 10 * number) for number in range(1, 9)]
    old = snapshot(*(facts() for _ in many))
    causes = checks(outcome(snapshot(*many), before=old))["max_latency_increase"].causes
    assert len(causes) == TOP_CAUSES + 1
    assert causes[0] == "layer 7 CONV_2D: +80 cycles"
    assert causes[-1] == "and 3 more"


def problem(code: int) -> Problem:
    return Problem(kind="Error", message="no", hint=None, exit_code=code)


@pytest.mark.parametrize(
    ("codes", "regression", "exit_code"),
    [((), False, 0), ((), True, 1), ((1,), False, 1), ((4,), True, 4), ((4, 2), True, 2), ((2, 3, 4), True, 3)],
)
def test_the_exit_code_is_that_of_the_gravest_thing_that_happened(codes, regression, exit_code):
    entries = outcome(GROWN if regression else SMALL).entries
    entries += tuple(entry for code in codes for entry in outcome(problem(code)).entries)
    assert GateResult(entries=entries).exit_code == exit_code


def _raises(error):
    raise error


def test_a_model_that_fails_keeps_the_answers_of_the_others():
    def subject(name, error=None):
        make = sample_profile if error is None else lambda: _raises(error)
        return Subject(model=name, board="b", source=name, profile=make)

    found = measure(
        [
            subject("a", UnsupportedModelError("LSTM", hint="use another")),
            subject("kws_tiny.tflite"),
            subject("c", ToolchainError("no compiler")),
        ],
        AccuracyFile(),
    )
    kinds = [each.snapshot.kind if isinstance(each.snapshot, Problem) else "measured" for each in found]
    assert kinds == ["UnsupportedModelError", "measured", "ToolchainError"]
    result = judge_all(found[::2], Terms(budget=None, baseline=None))
    assert [entry.problem and entry.problem.exit_code for entry in result.entries] == [4, 3]


def test_two_models_of_one_name_are_refused():
    one = Subject(model=model_name("a/kws.tflite"), board="b", source="a/kws.tflite", profile=sample_profile)
    other = Subject(model=model_name("b/kws.tflite"), board="b", source="b/kws.tflite", profile=sample_profile)
    with pytest.raises(BudgetError, match=r"a/kws.tflite and b/kws.tflite have one name: kws.tflite on b"):
        require_distinct([one, other])
    with pytest.raises(BudgetError, match="is given twice"):
        require_distinct([one, replace(one)])
    require_distinct([one, replace(other, board="c")])


def terms(*limits, **changes):
    return Terms(budget=with_limits(None, limits), baseline=None, **changes)


def test_a_gate_that_limits_nothing_is_refused():
    with pytest.raises(BudgetError, match="no limit applies to a on b") as caught:
        terms().require_sense([("a", "b")])
    assert "max_flash" in (caught.value.hint or "")
    terms(updating=True).require_sense([("a", "b")])


def test_a_relative_limit_without_a_baseline_is_refused():
    with pytest.raises(BudgetError, match="max_ram_increase = 2% needs a baseline"):
        terms("max_ram_increase=2%").require_sense([("a", "b")])


def test_limits_on_accuracy_are_held_against_the_accuracy_file():
    accuracies = AccuracyFile(models={"kws_tiny.tflite": ModelAccuracy(accuracy=0.91, reference=0.93)})
    subject = Subject(model="kws_tiny.tflite", board="b", source="x", profile=sample_profile)
    limits = terms("min_accuracy=90%", "max_accuracy_loss=1%", accuracies=accuracies)
    limits.require_sense([("kws_tiny.tflite", "b")])
    result = judge_all(measure([subject], accuracies), limits)
    assert [check.verdict for check in result.entries[0].checks] == [Verdict.PASS, Verdict.FAIL]
    assert result.entries[0].checks[1].reason == "2.00%, 1.00% over the 1.00% allowed"
    other = measure([replace(subject, model="other")], accuracies)
    assert judge_all(other, limits).entries[0].checks[0].reason == "unavailable: not in what was given"
    with pytest.raises(BudgetError, match="accuracy of other is not known"):
        replace(limits, accuracies=AccuracyFile()).require_sense([("other", "b")])


def test_accuracy_is_not_kept_in_the_baseline_and_growth_is_not_judged_while_updating():
    accuracies = AccuracyFile(models={"kws.tflite": ModelAccuracy(accuracy=0.5)})
    measured = Measured(
        subject=Subject(model="kws.tflite", board="nucleo_l4r5zi", source="x", profile=sample_profile),
        snapshot=replace(GROWN, figures={**GROWN.figures, **accuracies.figures("kws.tflite", "")}),
    )
    accepted = updated(Baseline(), [measured.snapshot])
    assert accepted.snapshot("kws.tflite", "nucleo_l4r5zi") == GROWN
    updating = Terms(
        budget=with_limits(None, ["max_flash_increase=0%", "max_ram=1 B"]),
        baseline=updated(Baseline(), [SMALL]),
        updating=True,
    )
    (entry,) = judge_all([measured], updating).entries
    assert [check.limit for check in entry.checks] == ["max_ram"]
    assert entry.comparison is not None
