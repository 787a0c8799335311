"""Templates of `reports/pages/` and the files they load."""

from __future__ import annotations

import datetime
import hashlib
from functools import cache
from typing import Any

from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from profiler.boards.facts import memory_bytes
from profiler.boards.model import Board, MemoryKind
from profiler.report.renderers.html import report_asset, report_environment, report_plotly
from profiler.version import VERSION

_MEDIA_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_IN_PAGES = ("icon.svg", "pages.css", "pages.js", "theme.js")
ASSETS = ("report.css", "report.js", "plotly.js", *_IN_PAGES)


@cache
def asset_data(name: str) -> bytes:
    """A file that pages load."""
    if name == "plotly.js":
        return report_plotly().encode()
    return report_asset(f"pages/{name}" if name in _IN_PAGES else name).encode()


@cache
def asset_url(name: str) -> str:
    """Its address, which changes with its content, so that browsers may keep it for good."""
    return f"/assets/{hashlib.sha256(asset_data(name)).hexdigest()[:16]}/{name}"


def asset_response(name: str) -> Response:
    """A file that pages load."""
    media_type = f"{_MEDIA_TYPES[name.rpartition('.')[2]]}; charset=utf-8"
    return Response(
        asset_data(name), media_type=media_type, headers={"Cache-Control": "public, max-age=31536000, immutable"}
    )


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A page of `reports/pages/`."""
    text = (
        _environment()
        .get_template(f"pages/{template}.html.j2")
        .render(
            {
                "here": request.url.path,
                "version": VERSION,
                "caller": getattr(request.state, "caller", None),
                **values,
            }
        )
    )
    return HTMLResponse(text, status)


@cache
def _environment() -> Environment:
    templates = report_environment().overlay()
    templates.filters = {
        **templates.filters,
        "core": _core,
        "flash_size": _flash_bytes,
        "moment": _moment,
        "ram_size": _ram_bytes,
        "size": _size,
        "static": asset_url,
    }
    return templates


def _core(name: str) -> str:
    return name.replace("cortex-m", "Cortex-M").replace("plus", "+")


def _flash_bytes(board: Board) -> int:
    return memory_bytes(board, MemoryKind.FLASH)


def _ram_bytes(board: Board) -> int:
    return memory_bytes(board, MemoryKind.RAM)


def _size(size_bytes: int) -> str:
    """Short, for a label: `2 MiB`, `1.34 MiB`, `640 KiB`."""
    if size_bytes >= 1 << 20:
        return f"{size_bytes / (1 << 20):.3g} MiB"
    return f"{size_bytes / 1024:.3g} KiB"


def _moment(time: datetime.datetime) -> str:
    return time.astimezone(datetime.UTC).strftime("%Y-%m-%d %H:%M:%S")
