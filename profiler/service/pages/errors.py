"""Problems as pages, for browsers."""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from profiler.service.pages.render import page as render_page
from profiler.service.problems import PROBLEMS, ProblemError

_MACHINE_PATHS = ("/v1/", "/healthz", "/readyz", "/metrics", "/assets/")


def wants_page(request: Request) -> bool:
    """Whether a person looks at this, rather than a program."""
    if request.url.path.startswith(_MACHINE_PATHS) and not request.url.path.endswith("/report"):
        return False
    return "text/html" in request.headers.get("accept", "")


def page(request: Request, problem: ProblemError) -> Response:
    """The problem as a page; without a key, the way to sign in."""
    if problem.status_code == 401 and request.method == "GET":
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/sign-in?next={quote(target)}", 303)
    shown = shown_problem(problem, request.state.request_id)
    answer = render_page(request, "problem", status=problem.status_code, problem=shown)
    answer.headers.update(problem.headers or {})
    return answer


def shown_problem(problem: ProblemError, request_id: str = "") -> dict[str, str]:
    """What templates show of a problem."""
    kind = PROBLEMS[problem.code]
    return {
        "title": kind.title,
        "detail": str(problem.detail),
        "hint": problem.hint or kind.hint,
        "code": problem.code,
        "request_id": request_id,
    }
