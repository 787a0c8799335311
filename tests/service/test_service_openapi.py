"""Requests made up from the service's own OpenAPI: none ends in a server error, every answer has a documented form."""

from __future__ import annotations

from pathlib import Path

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.support.served import make_served
from tests.support.small_models import convolution_model

EXAMPLES = 12
CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance]


class _AsLocal:
    """Calls the service by a name that is its own; made-up requests go to `localhost` or to no name at all."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            others = [pair for pair in scope["headers"] if pair[0] != b"host"]
            scope = {**scope, "headers": [*others, (b"host", b"127.0.0.1")]}
        await self._app(scope, receive, send)


def test_no_made_up_request_breaks_it(tmp_path: Path) -> None:
    served = make_served(tmp_path, estimate_wait_seconds=0.1)
    served.engine.started = True
    served.service.store.put_model(convolution_model())
    schema = schemathesis.openapi.from_asgi("/v1/openapi.json", _AsLocal(served.app))
    operations = [found.ok() for found in schema.get_all_operations()]
    tried = [operation for operation in operations if not operation.path.endswith("/events")]  # a stream
    assert len(tried) == 17
    for operation in tried:
        _try(operation)


def _try(operation: APIOperation) -> None:
    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy())
    def requests(case: Case) -> None:
        case.call_and_validate(checks=CHECKS)

    requests()
