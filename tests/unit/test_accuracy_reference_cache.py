"""Reference outputs are computed once; refusals and damage are not kept."""

from __future__ import annotations

from pathlib import Path

from profiler.accuracy.model import ReferenceUnavailable
from profiler.accuracy.reference_cache import Outputs, cached_outputs

OUTPUTS: Outputs = ((b"\x01\x02", b"\x03"), (b"\x04\x05", b""))
INPUTS = [[b"a"], [b"b"]]


class _Reference:
    def __init__(self, answer: Outputs | ReferenceUnavailable) -> None:
        self.answer = answer
        self.calls = 0

    def __call__(self) -> Outputs | ReferenceUnavailable:
        self.calls += 1
        return self.answer


def test_the_same_question_is_computed_once(tmp_path: Path) -> None:
    reference = _Reference(OUTPUTS)
    answers = [cached_outputs("TFLM 1", b"model", INPUTS, tmp_path, reference) for _ in range(2)]
    assert answers == [OUTPUTS, OUTPUTS]
    assert reference.calls == 1


def test_another_version_model_or_input_is_another_question(tmp_path: Path) -> None:
    reference = _Reference(OUTPUTS)
    for name, model, inputs in (
        ("TFLM 1", b"model", INPUTS),
        ("TFLM 2", b"model", INPUTS),
        ("TFLM 1", b"other", INPUTS),
        ("TFLM 1", b"model", [[b"a"], [b"c"]]),
    ):
        cached_outputs(name, model, inputs, tmp_path, reference)
    assert reference.calls == 4


def test_a_refusal_is_asked_for_again(tmp_path: Path) -> None:
    refusal = ReferenceUnavailable(reference="TFLM 1", reason="no")
    reference = _Reference(refusal)
    assert [cached_outputs("TFLM 1", b"m", INPUTS, tmp_path, reference) for _ in range(2)] == [refusal, refusal]
    assert reference.calls == 2


def test_a_damaged_entry_is_computed_again(tmp_path: Path) -> None:
    reference = _Reference(OUTPUTS)
    cached_outputs("TFLM 1", b"model", INPUTS, tmp_path, reference)
    (saved,) = tmp_path.rglob("outputs.bin")
    saved.write_bytes(saved.read_bytes()[:-1])
    assert cached_outputs("TFLM 1", b"model", INPUTS, tmp_path, reference) == OUTPUTS
    assert reference.calls == 2
