"""Who calls, and what they may do: API keys and rates, the same for every route."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import anyio.to_thread
from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.types import Scope as AsgiScope

from profiler.service.keys import Scope, allows, digest
from profiler.service.problems import ProblemError
from profiler.service.rates import Rates
from profiler.settings_service import ServiceSettings
from profiler.store.model import ApiKey
from profiler.store.store import Store

COOKIE = "profiler_key"
_KEYS_FRESH_SECONDS = 3.0  # a revoked key works no longer than this
_KEYS_KEPT = 1000
_UNKNOWN_KEY = {"WWW-Authenticate": 'Bearer realm="profiler", error="invalid_token"'}
_NO_KEY = {"WWW-Authenticate": 'Bearer realm="profiler"'}


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who sent a request; `key_id` is None where no keys are in use."""

    key_id: str | None
    name: str
    scopes: tuple[str, ...]
    counted_as: str  # whose rate the request counts against: the key, or without keys the address

    def may(self, scope: Scope) -> bool:
        """Whether this scope is among the caller's."""
        return allows(self.scopes, scope)


class Access:
    """Decides about requests. What the store says of keys is remembered for a few seconds."""

    def __init__(self, store: Store, settings: ServiceSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._always = settings.require_keys or not settings.is_local
        self._clock = clock
        self._rates = Rates(read=settings.read_rate, submit=settings.submit_rate)
        self._known: OrderedDict[str, tuple[float, ApiKey | None]] = OrderedDict()
        self._in_use: tuple[float, bool] | None = None

    async def authorize(self, scope: AsgiScope, wanted: Scope) -> Caller:
        """The caller, counted against their rate. Raises ProblemError: `key-missing`, `key-invalid`, `scope-missing`,
        `rate-limited`."""
        state = scope.setdefault("state", {})
        caller = state.get("caller")
        if caller is None:
            caller = await self._caller(scope)
            state["caller"], state["key_id"] = caller, caller.key_id
            self._rates.spend("read", caller.counted_as)
        assert isinstance(caller, Caller)
        self.allow(caller, wanted)
        return caller

    def allow(self, caller: Caller, wanted: Scope) -> None:
        """Raises ProblemError `scope-missing`, or `rate-limited` when too much work was asked for."""
        if not caller.may(wanted):
            raise ProblemError(
                code="scope-missing", detail=f"the key {caller.name!r} has not the scope {wanted.value!r}"
            )
        if wanted is not Scope.READ:
            self._rates.spend("submit", caller.counted_as)

    def count_sign_in(self, scope: AsgiScope) -> None:
        """A try to sign in, against the address' rate. Raises ProblemError `rate-limited`."""
        self._rates.spend("submit", _address(scope))

    async def _caller(self, scope: AsgiScope) -> Caller:
        secret = secret_of(scope)
        if secret is not None:
            return await self.identify(secret)
        if await self._keys_in_use():
            raise ProblemError(code="key-missing", detail="the request has no API key", headers=_NO_KEY)
        return Caller(key_id=None, name="", scopes=(Scope.ADMIN.value,), counted_as=_address(scope))

    async def identify(self, secret: str) -> Caller:
        """Whose key this is. Raises ProblemError `key-invalid`."""
        hashed = digest(secret)
        now = self._clock()
        known = self._known.get(hashed)
        if known is None or now - known[0] > _KEYS_FRESH_SECONDS:
            known = (now, await anyio.to_thread.run_sync(self._store.key_by_hash, hashed))
            self._known[hashed] = known
            self._known.move_to_end(hashed)
            while len(self._known) > _KEYS_KEPT:
                self._known.popitem(last=False)
        key = known[1]
        if key is None or key.revoked is not None:
            raise ProblemError(code="key-invalid", detail="no key in use is like this", headers=_UNKNOWN_KEY)
        return Caller(key_id=key.id, name=key.name, scopes=key.scopes, counted_as=key.id)

    async def _keys_in_use(self) -> bool:
        """Keys are asked for as soon as there is one, and wherever others can connect."""
        if self._always:
            return True
        now = self._clock()
        if self._in_use is None or now - self._in_use[0] > _KEYS_FRESH_SECONDS:
            self._in_use = (now, await anyio.to_thread.run_sync(self._any_key))
        return self._in_use[1]

    def _any_key(self) -> bool:
        return any_key(self._store)


def any_key(store: Store) -> bool:
    """Whether a key is in use. Blocks."""
    kept = store.keys()
    return any(key.revoked is None for key in kept)


def _address(scope: AsgiScope) -> str:
    return str(scope["client"][0]) if scope.get("client") else "unknown"


def secret_of(scope: AsgiScope) -> str | None:
    """The API key of a request: `Authorization: Bearer`, or the cookie that the page's sign-in sets."""
    headers = Headers(scope=scope)
    kind, _, secret = headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer" and secret.strip():
        return secret.strip()
    return cookie_parser(headers.get("cookie", "")).get(COOKIE) or None
