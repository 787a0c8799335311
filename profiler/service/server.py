"""Running the service: listen, serve, and go down without losing anything."""

from __future__ import annotations

import gc
import ipaddress
import logging
import signal
import socket
import sys
from types import FrameType

import uvicorn

from profiler import logs
from profiler.errors import SettingsError
from profiler.service.access import any_key
from profiler.service.app import make_app, make_service
from profiler.service.context import Service
from profiler.settings import Settings
from profiler.store.store import Store
from profiler.work.engine import Engine

_BACKLOG = 2048
_KEEP_ALIVE_SECONDS = 15


class _Server(uvicorn.Server):
    """Tells the service at once when it is asked to stop, so that streams end and nothing new begins.

    What is there once it has started stays to the end: the garbage collector does not look at it again and again, which
    would hold up whoever asks for a tenth of a second each time.
    """

    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        super().__init__(config)
        self._service = service

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        gc.collect()
        gc.freeze()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._service.stopping = True
        super().handle_exit(sig, frame)


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT. Raises SettingsError when it must not or cannot listen there."""
    logs.configure(settings.service.log_format)
    store = Store.open(settings.database_url, settings.data_folder)
    require_keys_in_public(settings, store)
    with listening_socket(settings.service.host, settings.service.port) as listener:
        service = make_service(settings, store, Engine(store, settings))
        config = uvicorn.Config(
            make_app(service),
            log_config=None,
            access_log=False,
            server_header=False,
            backlog=_BACKLOG,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=max(1, int(settings.service.shutdown_grace_seconds)),
            proxy_headers=False,
        )
        address, port = listener.getsockname()[:2]
        shown = f"[{address}]" if ":" in address else address
        logging.getLogger("profiler.service").info("listening on http://%s:%d", shown, port)
        # uvicorn ends gracefully, then sends itself the signal again: an end that was asked for is no failure
        signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))
        _Server(config, service).run(sockets=[listener])


def require_keys_in_public(settings: Settings, store: Store) -> None:
    """Raises SettingsError when others could connect and no key protects the service."""
    if settings.service.is_local or any_key(store):
        return
    raise SettingsError(
        f"refusing to listen on {settings.service.host}: anybody could use the service, as there is no API key",
        hint="make one with `profiler keys create NAME --scope submit`, or listen on 127.0.0.1",
    )


def listening_socket(host: str, port: int) -> socket.socket:
    """A bound socket. Raises SettingsError naming the address that cannot be had."""
    try:
        family = socket.AF_INET6 if ipaddress.ip_address(host).version == 6 else socket.AF_INET
    except ValueError:
        family = socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise SettingsError(
            f"cannot listen on {host} port {port}: {error.strerror or error}",
            hint="choose another --port (0: any free one) or --host",
        ) from error
    return listener
