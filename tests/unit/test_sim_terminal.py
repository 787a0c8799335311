"""The board's side of a pseudo-terminal knows what the host's serial library has set."""

from __future__ import annotations

import contextlib
import sys

import pytest
import serial

from profiler.sim.terminal import Terminal


@pytest.mark.parametrize("baud", [9600, 115_200, 230_400, 921_600, 250_000, 123_456, 2_500_000])
def test_any_baud_rate_is_told(baud: int) -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("rates without a constant are Linux's")
    with contextlib.closing(Terminal()) as terminal, serial.Serial(terminal.path, baud):
        assert terminal.is_open()
        assert terminal.baud() == baud


def test_a_port_is_open_as_long_as_a_host_has_it_open() -> None:
    with contextlib.closing(Terminal()) as terminal:
        assert not terminal.is_open()
        with serial.Serial(terminal.path, 115_200) as host:
            assert terminal.is_open()
            terminal.write(b"said")
            assert host.read(4) == b"said"
        assert not terminal.is_open()
