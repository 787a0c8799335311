"""Structured logs: one JSON object a line on standard error, each with the request it belongs to."""

from __future__ import annotations

import logging
import sys
from contextvars import ContextVar

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter
from rich.logging import RichHandler

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the request that is being answered; a job carries it on to the worker."""


class _WithRequest(logging.Filter):
    """Puts the request's id on every record that has none."""

    def filter(self, record: logging.LogRecord) -> bool:
        if not getattr(record, "request_id", ""):
            record.request_id = request_id.get()
        return True


def configure(form: str) -> None:
    """Log to standard error, as `json` or as `text` for people. uvicorn's own lines go the same way."""
    handler: logging.Handler
    if form == "json":
        handler = logging.StreamHandler(sys.stderr)
        fields = "%(asctime)s %(levelname)s %(name)s %(message)s %(request_id)s"
        names = {"asctime": "time", "levelname": "level", "name": "logger"}
        handler.setFormatter(
            JsonFormatter(
                fields,
                rename_fields=names,
                datefmt="%Y-%m-%dT%H:%M:%S%z",
                reserved_attrs=[*RESERVED_ATTRS, "color_message"],
            )
        )
    else:
        handler = RichHandler(show_path=False, log_time_format="[%X]")
    handler.addFilter(_WithRequest())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers[:] = []
        logging.getLogger(name).propagate = name != "uvicorn.access"  # the edge writes a better access log
