"""The serial conversation with a firmware, as pure functions: the bytes to send, and what the answers mean.

The protocol is the monitor of MLPerf Tiny with this project's extensions (docs/protocol.md): a command ends with `%`, a
line of a reply with CR LF, and `m-ready` tells that the next one may come. A command that begins with its CRC (`#CRC
COMMAND%`) is executed only when the CRC is right, and its answer ends with `m-crc-CRC`. Every runner holds the same
conversation, so that a firmware is in the same state, caches included, wherever it runs.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from profiler.errors import RunError

PROMPT = b"m-ready\r\n"
CHUNK_BYTES = 1024  # raw bytes of one `dbb`
NAME, BUILD, TIME, STACK = "name", "build", "time 1 0", "stack"
TIME_WARM = "time 1 1"  # after one more of the same input, with nothing else in between
LAYERS = "layers"
CORE = "core"

_OUTPUT = re.compile(r"m-output-(\d+)-\[([0-9A-Fa-f]*)\]")
_STACK = re.compile(r"m-stack-(\d+)")
_ERROR = re.compile(r"e-\[(.*)\]")
_CHECK = re.compile(rb"m-crc-([0-9a-f]{8})\r\n\Z")


class DamagedAnswer(Exception):
    """An answer whose bytes are not those that were sent: ask again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """What a transcript says. `outputs[i][j]` is output j of inference i."""

    outputs: tuple[tuple[bytes, ...], ...]
    stack_bytes: int | None


def checked(command: str) -> bytes:
    """A command as it is sent, with its CRC."""
    return f"#{zlib.crc32(command.encode()):08X} {command}%".encode()


def load_command(inputs: Sequence[bytes]) -> str:
    """The command that announces all graph inputs, one after the other."""
    return f"db load {sum(map(len, inputs))}"


def raw_command(offset: int, chunk: bytes) -> str:
    """The command after which `chunk` is sent as it is: bytes `offset` and following of the input."""
    return f"dbb {offset} {len(chunk)} {zlib.crc32(chunk):08X}"


def chunks(inputs: Sequence[bytes], chunk_bytes: int = CHUNK_BYTES) -> Iterator[tuple[int, bytes]]:
    """(offset, bytes) of all graph inputs, one after the other."""
    data = b"".join(inputs)
    for offset in range(0, len(data), chunk_bytes):
        yield offset, data[offset : offset + chunk_bytes]


def load_messages(inputs: Sequence[bytes]) -> list[bytes]:
    """The messages that fill the firmware's input buffer."""
    messages = [checked(load_command(inputs))]
    for offset, chunk in chunks(inputs):
        messages += [checked(raw_command(offset, chunk)), chunk]
    return messages


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """Input sets to send, the command that infers on the last one (TIME on the others), and inferences in all."""

    sets: Sequence[Sequence[bytes]]
    last: str
    inferences: int


def sending(input_sets: Sequence[Sequence[bytes]], *, keeps_input: bool) -> Sending:
    """How sets are sent so that the last inference finds caches as warm as in a loop, whatever was said before.

    `keeps_input`: the firmware can infer on an input more than once. Where it cannot, and there is but one, it is sent
    twice.
    """
    if keeps_input:
        return Sending(sets=input_sets, last=TIME_WARM, inferences=len(input_sets) + 1)
    sets = sent_inputs(input_sets)
    return Sending(sets=sets, last=TIME, inferences=len(sets))


def sending_for_layers(input_sets: Sequence[Sequence[bytes]], *, keeps_input: bool) -> Sending:
    """The last set alone, inferred with the counter read around each layer, after a warm-up where that is possible."""
    return Sending(sets=input_sets[-1:], last=LAYERS, inferences=1 + keeps_input)


def sent_inputs(input_sets: Sequence[Sequence[bytes]]) -> list[Sequence[bytes]]:
    """The sets as they are sent where none is inferred twice: a single one twice, as every run has two inferences."""
    return [input_sets[0], *input_sets] if len(input_sets) == 1 else list(input_sets)


def script(input_sets: Sequence[Sequence[bytes]], output_count: int, *, last: str = TIME) -> list[bytes]:
    """A whole conversation, message by message, each to be sent after the prompt.

    The name and the build, each input set in turn with its outputs, and the stack's high-water mark at the end.
    `last`: the command that infers on the last set.
    """
    messages = [checked(NAME), checked(BUILD)]
    for position, inputs in enumerate(input_sets, start=1):
        messages += [*load_messages(inputs), checked(last if position == len(input_sets) else TIME)]
        messages += [checked(f"output {index}") for index in range(output_count)]
    return [*messages, checked(STACK)]


def checked_lines(sent: bytes, answer: bytes) -> list[str]:
    """Lines of the answer (prompt left out) to `sent`: the text of a command, or raw bytes.

    Raises DamagedAnswer unless the answer's CRC says that it is whole and belongs to what was sent.
    """
    check = _CHECK.search(answer)
    if check is None:
        raise DamagedAnswer(f"no check at the end of {answer[-60:]!r}")
    said = answer[: check.start()]
    if zlib.crc32(said, zlib.crc32(sent)) != int(check[1], 16):
        raise DamagedAnswer(f"{len(answer)} bytes arrived whose check is wrong")
    return said.decode("ascii", "replace").splitlines()


def refusal(lines: Sequence[str]) -> str | None:
    """The error among an answer's lines, without its brackets."""
    found = (_ERROR.fullmatch(line) for line in lines)
    return next((match[1] for match in found if match), None)


def numbered(lines: Sequence[str], prefix: str) -> int:
    """The number in the one line that is `prefix` and a number. Raises RunError when there is none."""
    for line in lines:
        number = line.removeprefix(prefix)
        if number != line and number.isascii() and number.isdigit():
            return int(number)
    raise RunError(
        f"the firmware answered {' / '.join(lines)[:200]!r} where {prefix}N was expected",
        hint="is it a firmware of this version? build and flash it again",
    )


def hexadecimal(lines: Sequence[str], prefix: str) -> int:
    """The eight digits in the one line that is `prefix` and those. Raises RunError when there is none."""
    for line in lines:
        if re.fullmatch(re.escape(prefix) + "[0-9a-f]{8}", line):
            return int(line[-8:], 16)
    raise RunError(
        f"the firmware answered {' / '.join(lines)[:200]!r} where {prefix}HEX was expected",
        hint="is it a firmware of this version? build and flash it again",
    )


def bracketed(lines: Sequence[str], prefix: str) -> str:
    """The text in the one line `prefix[TEXT]`. Raises RunError when there is none."""
    for line in lines:
        if line.startswith(f"{prefix}[") and line.endswith("]"):
            return line[len(prefix) + 1 : -1]
    raise RunError(
        f"the firmware answered {' / '.join(lines)[:200]!r} where {prefix}[…] was expected",
        hint="is it a firmware of this version? build and flash it again",
    )


def parse_transcript(transcript: str, output_count: int) -> Conversation:
    """The outputs and the stack mark in what a firmware said.

    Raises RunError when it reported an error, answered out of order or with something that is not hexadecimal.
    """
    answers: list[bytes] = []
    stack_bytes = None
    for line in transcript.splitlines():
        if error := _ERROR.fullmatch(line):
            raise RunError(
                f"the firmware refused a command: {error[1]}", hint="the whole conversation is in the run's transcript"
            )
        if output := _OUTPUT.fullmatch(line):
            answers.append(_output_bytes(output, len(answers), output_count))
        elif stack := _STACK.fullmatch(line):
            stack_bytes = int(stack[1])
    complete = len(answers) - len(answers) % output_count if output_count else 0
    sets = [tuple(answers[start : start + output_count]) for start in range(0, complete, max(output_count, 1))]
    return Conversation(outputs=tuple(sets), stack_bytes=stack_bytes)


def _output_bytes(match: re.Match[str], position: int, output_count: int) -> bytes:
    if output_count == 0 or int(match[1]) != position % output_count:
        raise RunError(f"the firmware answered with output {match[1]} where another was asked for")
    if len(match[2]) % 2:
        raise RunError(f"output {match[1]} of the firmware has an odd number of hexadecimal digits")
    return bytes.fromhex(match[2])
