"""A serial port over TCP, as ser2net and the like serve one: raw bytes (`socket://`) or RFC 2217 (`rfc2217://`)."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import serial
from serial import rfc2217

_LOOK_SECONDS = 0.02


class _Port(serial.Serial):  # type: ignore[misc]  # pyserial has no types
    """A pseudo-terminal has no modem lines, which the RFC 2217 server asks for and sets."""

    cts = dsr = ri = cd = property(lambda _self: True)

    def _update_dtr_state(self) -> None:
        pass

    def _update_rts_state(self) -> None:
        pass


class _Connection:
    """What pyserial's server of RFC 2217 writes to."""

    def __init__(self, client: socket.socket) -> None:
        self.write = client.sendall


@contextmanager
def served(device: str, baud: int, scheme: str) -> Iterator[str]:
    """The URL of a serial device that is served to one client after the other until the end."""
    ending = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(_LOOK_SECONDS)
        thread = threading.Thread(target=_serve, args=(server, device, baud, scheme, ending), daemon=True)
        thread.start()
        try:
            yield f"{scheme}://127.0.0.1:{server.getsockname()[1]}"
        finally:
            ending.set()
            thread.join()


def _serve(server: socket.socket, device: str, baud: int, scheme: str, ending: threading.Event) -> None:
    while not ending.is_set():
        try:
            client, _ = server.accept()
        except TimeoutError:
            continue
        with client, contextlib.suppress(OSError, serial.SerialException):  # either end is gone: the next client
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client.settimeout(_LOOK_SECONDS)
            with _Port(device, baud, timeout=0) as port:
                _pass_bytes(client, port, scheme, ending)


def _pass_bytes(client: socket.socket, port: Any, scheme: str, ending: threading.Event) -> None:
    telnet = rfc2217.PortManager(port, _Connection(client)) if scheme == "rfc2217" else None
    while not ending.is_set():
        said = port.read(4096)
        if said:
            client.sendall(said if telnet is None else b"".join(telnet.escape(said)))
        try:
            sent = client.recv(4096)
        except TimeoutError:
            continue
        if not sent:
            return
        port.write(sent if telnet is None else b"".join(telnet.filter(sent)))
