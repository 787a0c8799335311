"""Signing in: the API key goes into a cookie that scripts cannot read and other sites cannot make browsers send."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from starlette.responses import HTMLResponse, RedirectResponse

from profiler.service.access import COOKIE
from profiler.service.context import ServiceDep
from profiler.service.forms import read_form
from profiler.service.pages.errors import shown_problem
from profiler.service.pages.render import page
from profiler.service.problems import ProblemError

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
_DAYS_SIGNED_IN = 30


@router.get("/sign-in")
async def sign_in_page(request: Request, next: str = "/") -> Response:  # noqa: A002  (the name in the address)
    """The form."""
    return page(request, "sign_in", next=_own_path(next), problem=None)


@router.post("/sign-in")
async def sign_in(request: Request, service: ServiceDep) -> Response:
    """A valid key is kept by the browser; an invalid one is told. Tries count against the address' rate."""
    async with read_form(request) as fields:
        secret, target = (str(fields.get(name, [""])[-1]) for name in ("key", "next"))
    try:
        service.access.count_sign_in(request.scope)
        await service.access.identify(secret.strip())
    except ProblemError as problem:
        return page(
            request, "sign_in", status=problem.status_code, next=_own_path(target), problem=shown_problem(problem)
        )
    answer = RedirectResponse(_own_path(target), 303)
    answer.set_cookie(
        COOKIE,
        secret.strip(),
        max_age=_DAYS_SIGNED_IN * 86400,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return answer


@router.post("/sign-out")
async def sign_out() -> Response:
    """The browser forgets the key."""
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return answer


def _own_path(target: str) -> str:
    """A path of this service, whatever an address asked to be sent to."""
    parts = urlsplit(target)
    safe = target.startswith("/") and not target.startswith(("//", "/\\")) and not parts.netloc and target.isprintable()
    return target if safe else "/"
