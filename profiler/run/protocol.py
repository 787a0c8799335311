"""The serial conversation with a firmware, as pure functions: the bytes to send, and what the answers mean.

The protocol is the monitor of MLPerf Tiny: a command ends with `%`, a line of a reply with CR LF, and `m-ready` tells
that the next command may come. `output I%` (`m-output-I-[HEX]`), `stack%` (`m-stack-N`), `layers%` and `build%` are
this project's own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from profiler.errors import RunError

PROMPT = b"m-ready\r\n"
BYTES_PER_CHUNK = 32  # the monitor's command buffer holds 80 characters

_OUTPUT = re.compile(r"^m-output-(\d+)-\[([0-9A-Fa-f]*)\]$")
_STACK = re.compile(r"^m-stack-(\d+)$")
_ERROR = re.compile(r"^e-\[(.*)\]$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """What a transcript says. `outputs[i][j]` is output j of inference i."""

    outputs: tuple[tuple[bytes, ...], ...]
    stack_bytes: int | None


def load_commands(inputs: Sequence[bytes]) -> list[bytes]:
    """Commands that fill the input buffer with all graph inputs, one after the other."""
    data = b"".join(inputs)
    chunks = [data[start : start + BYTES_PER_CHUNK] for start in range(0, len(data), BYTES_PER_CHUNK)]
    return [b"db load %d%%" % len(data), *(b"db " + chunk.hex().upper().encode() + b"%" for chunk in chunks)]


def inference_commands(inputs: Sequence[bytes], output_count: int) -> list[bytes]:
    """Commands that load one input set, infer once without warm-up, and ask for every output."""
    outputs = [b"output %d%%" % index for index in range(output_count)]
    return [*load_commands(inputs), b"infer 1 0%", *outputs]


def script(input_sets: Sequence[Sequence[bytes]], output_count: int) -> bytes:
    """A whole conversation as a host sends it: each input set in turn, then the stack's high-water mark."""
    commands = [b"name%"]
    for inputs in input_sets:
        commands += inference_commands(inputs, output_count)
    return b"".join([*commands, b"stack%"])


def parse_transcript(transcript: str, output_count: int) -> Conversation:
    """The outputs and the stack mark in what a firmware said.

    Raises RunError when it reported an error, answered out of order or with something that is not hexadecimal.
    """
    answers: list[bytes] = []
    stack_bytes = None
    for line in transcript.splitlines():
        if error := _ERROR.match(line):
            raise RunError(
                f"the firmware refused a command: {error[1]}", hint="the whole conversation is in the run's transcript"
            )
        if output := _OUTPUT.match(line):
            answers.append(_output_bytes(output, len(answers), output_count))
        elif stack := _STACK.match(line):
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
