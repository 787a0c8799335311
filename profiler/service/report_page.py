"""The policy under which a browser shows a report that the service hands out as one file."""

from __future__ import annotations

import base64
import hashlib
from functools import cache

from profiler.report.renderers.html import report_asset, report_plotly


@cache
def report_policy() -> str:
    """Only the report's own two scripts run, in an origin of its own; its style sheet is inside it."""
    scripts = " ".join(f"'sha256-{_digest(text)}'" for text in (report_asset("report.js"), report_plotly()))
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'; sandbox allow-scripts allow-downloads"
    )


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
