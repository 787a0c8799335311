"""The serial protocol of the firmware, run on the host with address and undefined-behaviour sanitizers."""

from __future__ import annotations

import os
import re
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.fake_firmware import HAS_HOST_COMPILER, build_host_harness

pytestmark = pytest.mark.skipif(not HAS_HOST_COMPILER, reason="g++ is not installed")

Talk = Callable[..., list[str]]
INPUT = bytes(range(0x10, 0x20))
LOAD = f"db load 16%db {INPUT.hex()}%"
SECONDS = 20.0

_FUZZ = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)


def _talker(program: Path) -> Talk:
    def talk(sent: str | bytes, **environment: str) -> list[str]:
        data = sent.encode() if isinstance(sent, str) else sent
        done = subprocess.run(
            [program], input=data, capture_output=True, timeout=SECONDS, env={**os.environ, **environment}, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
        assert not done.stderr
        return done.stdout.decode("ascii").split("\r\n")[:-1]

    return talk


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("harness")


@pytest.fixture(scope="module")
def roomy(folder: Path) -> Talk:
    """A firmware with RAM left for keeping the input and the layers' counters."""
    return _talker(build_host_harness(folder, 64))


@pytest.fixture(scope="module")
def tight(folder: Path) -> Talk:
    """A firmware whose unused RAM is one byte short of an input."""
    return _talker(build_host_harness(folder, 15))


def _answer(lines: list[str], command: int = -1) -> list[str]:
    """Lines answered to the n-th command (the last one by default); what start-up says counts as the first answer."""
    answers: list[list[str]] = [[]]
    for line in lines:
        if line == "m-ready":
            answers.append([])
        else:
            answers[-1].append(line)
    assert answers.pop() == [], "the last answer must end with m-ready"
    return answers[command]


def test_start_up_says_what_the_mlperf_runner_waits_for(roomy: Talk) -> None:
    assert roomy("") == ["m-timestamp-mode-performance", "m-lap-us-0", "m-init-done", "m-ready"]


def test_name_and_profile_have_the_forms_the_mlperf_runner_matches(roomy: Talk) -> None:
    assert _answer(roomy("name%")) == ["m-name-dut-[host]"]
    profile = _answer(roomy("profile%"))
    assert [bool(re.match(r"^m-(model|profile)-\[([^]]+)]$", line)) for line in profile] == [True, True]


def test_loaded_bytes_reach_both_inputs_in_order(roomy: Talk) -> None:
    lines = roomy(f"{LOAD}infer 1 0%output 0%output 1%")
    assert _answer(lines, 1) == ["m-[Expecting 16 bytes]"]
    assert _answer(lines, 2) == ["m-load-done"]
    assert _answer(lines, 4) == [f"m-output-0-[{INPUT.hex()}]"]
    assert _answer(lines, 5) == [f"m-output-1-[{INPUT.hex()}]"]


def test_infer_reports_laps_of_the_inferences_alone(roomy: Talk) -> None:
    answer = _answer(roomy(f"{LOAD}infer 3 2%"))
    assert answer[:3] == ["m-warmup-start-2", "m-warmup-done", "m-infer-start-3"]
    first, second = (int(line.removeprefix("m-lap-us-")) for line in answer[3:5])
    assert second - first == 3000  # the fake model takes 1000 us
    assert answer[5:7] == ["m-infer-done", "m-infer-cycles-3000"]
    assert answer[7].startswith("m-results-[")


@pytest.mark.parametrize("before", ["", LOAD, f"{LOAD}infer 1 0%db load 16%", f"{LOAD}infer 1 0%{LOAD}"])
def test_what_is_no_output_is_not_shown_as_one(roomy: Talk, tight: Talk, before: str) -> None:
    for talk in (roomy, tight):
        for command in ("output 0%", "output 1 0 4%", "output 0 0 0%", "results%"):
            assert _answer(talk(before + command)) == ["e-[No output: 'infer' first]"]


def test_no_bytes_of_an_output_tell_that_there_is_one(roomy: Talk, tight: Talk) -> None:
    for talk in (roomy, tight):
        assert _answer(talk(f"{LOAD}infer 1 0%output 0 0 0%")) == ["m-output-0-[]"]
    assert _answer(roomy(f"{LOAD}layers%output 0 0 0%")) == ["m-output-0-[]"]


def test_inferences_on_one_input_that_give_other_outputs_are_told(roomy: Talk) -> None:
    differ = "e-[Outputs of inferences on the same input differ]"
    for runs in ("infer 1 1", "time 2 0", "infer 0002 3"):
        assert differ in _answer(roomy(f"{LOAD}{runs}%", KEEPS_STATE="1"))
        assert differ not in _answer(roomy(f"{LOAD}{runs}%"))
    assert differ not in _answer(roomy(f"{LOAD}infer 1 0%", KEEPS_STATE="1"))  # there is nothing to compare


def test_every_inference_of_a_loop_sees_the_input_again(roomy: Talk) -> None:
    assert _answer(roomy(f"{LOAD}infer 5 5%output 0%")) == [f"m-output-0-[{INPUT.hex()}]"]


def test_without_room_for_the_input_one_inference_runs_and_more_are_refused(tight: Talk) -> None:
    assert _answer(tight(f"{LOAD}infer 1 0%output 0%")) == [f"m-output-0-[{INPUT.hex()}]"]
    assert _answer(tight(f"{LOAD}infer 1 1%"))[0].startswith("e-[Only 'infer 1 0'")
    assert _answer(tight(f"{LOAD}infer 1 0%infer 1 0%"))[0].startswith("e-[Input is used up")


def test_layers_prints_a_line_per_layer_and_the_total(roomy: Talk, tight: Talk) -> None:
    each = ["m-layer-0-cycles-10", "m-layer-1-cycles-20", "m-layer-2-cycles-30"]
    expected = ["m-layers-start", *each, "m-layers-cycles-1000"]
    assert _answer(roomy(f"{LOAD}layers%")) == expected
    assert _answer(tight(f"{LOAD}layers%output 0%")) == [f"m-output-0-[{INPUT.hex()}]"]


def test_stack_tells_the_deepest_use(roomy: Talk) -> None:
    assert _answer(roomy("stack%")) == ["m-stack-16"]


def test_build_prints_the_build_id(roomy: Talk) -> None:
    assert _answer(roomy("build%")) == ["m-build-[c0ffee]"]


def test_core_prints_the_identity_register(roomy: Talk) -> None:
    assert _answer(roomy("core%")) == ["m-core-410fc241"]


def test_print_shows_what_was_loaded_eight_bytes_a_line(roomy: Talk) -> None:
    assert _answer(roomy(f"{LOAD}db print%")) == [
        "m-buffer-10-11-12-13-14-15-16-17",
        "m-buffer-18-19-1a-1b-1c-1d-1e-1f",
    ]


@pytest.mark.parametrize(
    ("commands", "error"),
    [
        ("nonsense%", "e-[Unknown command: nonsense]"),
        ("%", "e-[Unknown command: ]"),
        ("na\x01me%", None),
        ("x" * 81 + "%", "e-[Command longer than 80 characters]"),
        ("db%", "e-[Command 'db' requires a subcommand]"),
        ("db load%", "e-[Command 'db load' requires the # of bytes]"),
        ("db load 15%", "e-[Command 'db load' must be the input's size, bytes: 16]"),
        ("db load 99999999999999999999%", "e-[Command 'db load' must be the input's size, bytes: 16]"),
        ("db load -16%", "e-[Command 'db load' must be the input's size, bytes: 16]"),
        ("db 00%", "e-[No load in progress: 'db load' first]"),
        ("db load 16%db 0%", "e-[Insufficent number of hex digits]"),
        ("db load 16%db 0g%", "e-[Invalid hex digit '0g']"),
        ("infer 1 0%", "e-[No input: 'db load' first]"),
        ("db load 16%db 00%infer 1 0%", "e-[Input incomplete: more 'db' bytes expected]"),
        (LOAD + "infer 0%", "e-[Inference iterations must be >0]"),
        (LOAD + "infer 1 -1%", "e-[Inference warmup must be >=0]"),
        ("output%", "e-[Command 'output' requires an index below 2]"),
        ("output 2%", "e-[Command 'output' requires an index below 2]"),
        ("layers%", "e-[No input: 'db load' first]"),
    ],
)
def test_wrong_commands_are_answered_with_an_error(roomy: Talk, commands: str, error: str | None) -> None:
    answer = _answer(roomy(commands))
    assert answer == ([error] if error else ["m-name-dut-[host]"])


def test_bytes_beyond_the_announced_ones_are_dropped(roomy: Talk) -> None:
    lines = roomy(f"db load 16%db {INPUT.hex()}ffff%db ff%infer 1 0%output 0%")
    assert _answer(lines, 2) == ["m-load-done"]
    assert _answer(lines, 3) == ["e-[No load in progress: 'db load' first]"]
    assert _answer(lines) == [f"m-output-0-[{INPUT.hex()}]"]


@_FUZZ
@given(noise=st.binary(max_size=600))
def test_noise_is_survived_and_the_next_session_is_right(roomy: Talk, tight: Talk, noise: bytes) -> None:
    for talk in (roomy, tight):
        lines = talk(noise + b"%" + f"{LOAD}infer 1 0%output 1%".encode())
        assert lines.count("m-ready") == 1 + noise.count(b"%") + 5
        assert _answer(lines) == [f"m-output-1-[{INPUT.hex()}]"]


_NUMBERS = ["0", "1", "2", "16", "-1", "zz", "00", "0011", "4294967296", "2147483647"]
_VERBS = [
    "name",
    "profile",
    "timestamp",
    "help",
    "results",
    "stack",
    "memory",
    "build",
    "core",
    "layers",
    "db",
    "infer",
    "time",
    "dbb",
    "output",
]
_WORD = st.sampled_from([*_VERBS, "load", "print", *_NUMBERS])


def _ends_soon(command: str) -> bool:
    return not (re.search("infer|time ", command) and "2147483647" in command)


_COMMAND = st.lists(_WORD, max_size=4).map(" ".join).filter(_ends_soon)


@_FUZZ
@given(commands=st.lists(_COMMAND, max_size=25))
def test_commands_in_any_order_each_get_one_answer(roomy: Talk, tight: Talk, commands: list[str]) -> None:
    for talk in (roomy, tight):
        lines = talk("".join(text + "%" for text in commands))
        assert lines.count("m-ready") == 1 + len(commands)
        assert all(re.match(r"^(m-|e-\[|name |#CRC )", line) or " | " in line for line in lines)


def _results(talk: Talk, data: bytes, **environment: str) -> list[str]:
    answer = _answer(talk(f"db load 16%db {data.hex()}%infer 1 0%results%", **environment))
    return answer[0].removeprefix("m-results-[").removesuffix("]").split(",")


@_FUZZ
@given(values=st.lists(st.floats(width=32, min_value=-(2.0**52), max_value=2.0**52), min_size=4, max_size=4))
def test_float_results_equal_printf(roomy: Talk, values: list[float]) -> None:
    expected = [f"{value:.3f}".replace("-0.000", "0.000") for value in values]
    assert _results(roomy, struct.pack("<4f", *values)) == expected


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (float("inf"), "inf"),
        (float("-inf"), "-inf"),
        (2.0**53, "inf"),
        (2.0**52, "4503599627370496.000"),
        (0.0625, "0.062"),
    ],
)
def test_results_at_the_edges(roomy: Talk, value: float, text: str) -> None:
    assert _results(roomy, struct.pack("<4f", value, 0, 0, 0))[0] == text


def test_not_a_number_is_called_nan(roomy: Talk) -> None:
    assert _results(roomy, struct.pack("<4f", float("nan"), 0, 0, 0))[0] == "nan"


@_FUZZ
@given(
    dtype=st.sampled_from([("int8", "16b"), ("uint8", "16B"), ("int16", "8h"), ("int32", "4i")]),
    data=st.binary(min_size=16, max_size=16),
    scale=st.floats(width=32, min_value=2.0**-40, max_value=2.0**20),
    zero_point=st.integers(-128, 127),
)
def test_quantized_results_equal_the_exact_reals(
    roomy: Talk, dtype: tuple[str, str], data: bytes, scale: float, zero_point: int
) -> None:
    name, form = dtype
    values = [scale * (q - zero_point) for q in struct.unpack("<" + form, data)]
    printed = _results(roomy, data, OUTPUT_TYPE=name, OUTPUT_SCALE=scale.hex(), OUTPUT_ZERO_POINT=str(zero_point))
    for value, text in zip(values, printed, strict=True):
        if text in ("inf", "-inf"):
            assert abs(value) >= 2.0**53
        else:
            assert abs(float(text) - value) <= 0.0005 + 2.0**-50 * abs(value)
