"""API keys: made once, shown once, kept as a hash, each good for some scopes."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from enum import StrEnum

from profiler.errors import SettingsError

PREFIX = "prf_"
_SECRET_BYTES = 32


class Scope(StrEnum):
    """What a key may do; each includes those before it."""

    READ = "read"  # see boards, profiles, models, metrics
    SUBMIT = "submit"  # upload models, start and cancel profiles
    ADMIN = "admin"  # what others started, too


def new_secret() -> str:
    """A key with 256 bits of randomness, told by its prefix to scanners for leaked secrets."""
    return PREFIX + secrets.token_urlsafe(_SECRET_BYTES)


def digest(secret: str) -> str:
    """What is stored of a key. One round of SHA-256 is enough: a key is random, there is no guessing it."""
    return hashlib.sha256(secret.encode(errors="surrogateescape")).hexdigest()


def allows(scopes: Sequence[str], wanted: Scope) -> bool:
    """Whether a key with these scopes may do what needs `wanted`."""
    order = list(Scope)
    return any(scope in order and order.index(Scope(scope)) >= order.index(wanted) for scope in scopes)


def parse_scopes(texts: Sequence[str]) -> tuple[str, ...]:
    """Scopes as given on the command line. Raises SettingsError naming those there are."""
    unknown = [text for text in texts if text not in list(Scope)]
    if unknown or not texts:
        raise SettingsError(
            f"no scope is called {', '.join(map(repr, unknown))}" if unknown else "a key needs a scope",
            hint=f"choose of: {', '.join(Scope)}",
        )
    return tuple(scope.value for scope in Scope if scope in texts)
