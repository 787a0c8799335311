"""docs/service.md names every route and every problem, and its examples are of the documented form."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from profiler.service.app import make_app, make_service
from profiler.service.problems import PROBLEMS
from profiler.service.schemas import EstimateQuery, ProblemBody
from profiler.settings import Settings, load_settings
from profiler.settings_service import ServiceSettings
from profiler.store.store import Store
from tests.support.served import InstantEngine

_ROOT = Path(__file__).resolve().parents[2]
PAGE = (_ROOT / "docs" / "service.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("code", PROBLEMS)
def test_every_problem_is_listed_with_its_status(code: str) -> None:
    assert f"| `{code}` | {PROBLEMS[code].status} |" in PAGE


def test_no_other_problem_is_listed() -> None:
    listed = re.findall(r"^\| `([a-z-]+)` \| \d+ \|$", PAGE, re.MULTILINE)
    assert sorted(listed) == sorted(PROBLEMS)


def test_every_route_is_listed_and_no_other(tmp_path: Path) -> None:
    settings = load_settings(data_folder=tmp_path)
    store = Store.open(None, tmp_path)
    edge = make_app(make_service(settings, store, InstantEngine(store=store, settings=settings)))
    schema = edge._app.openapi()  # type: ignore[attr-defined]
    routes = {f"{method.upper()} {path}" for path, methods in schema["paths"].items() for method in methods}
    rows = [line.split(" | ")[0] for line in PAGE.split("## Problems")[0].splitlines() if line.startswith("| `")]
    listed = {route for row in rows for route in re.findall(r"`([A-Z]+ /[^`]*)`", row)}
    assert listed == routes
    store.close()


def test_the_examples_have_the_documented_form() -> None:
    query, problem = (json.loads(text) for text in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL))
    assert EstimateQuery.model_validate(query).board == "nucleo_l4r5zi"
    assert ProblemBody.model_validate(problem).status == PROBLEMS[problem["code"]].status


def test_the_settings_shown_exist() -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    shown = tomllib.loads(text)
    ServiceSettings.model_validate(shown.pop("service"))
    assert set(shown) <= set(Settings.model_fields)
    for name in re.findall(r"`service\.(\w+)`", PAGE):
        assert name in ServiceSettings.model_fields
