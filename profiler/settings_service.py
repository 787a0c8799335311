"""Settings of the HTTP service: the table `[service]` of `profiler.toml`, `PROFILER_SERVICE_*` in the environment."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class ServiceSettings(BaseModel):
    """What `profiler serve` may be told. Its flags override these."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = "127.0.0.1"
    """Address to listen on; anything but this machine's own needs API keys."""

    port: int = Field(default=8000, ge=0, le=65535)
    """TCP port to listen on; 0: any free one."""

    require_keys: bool = False
    """Ask for an API key even where none is stored and only this machine is listened to (behind a proxy)."""

    max_upload_bytes: int = Field(default=64 << 20, ge=1024, le=1 << 30)
    """Largest request body; a larger one is refused before it is read."""

    upload_idle_seconds: float = Field(default=30.0, gt=0)
    """Seconds without a byte after which an unfinished request is given up."""

    uploads_at_once: int = Field(default=8, ge=1)
    """Requests with a body of more than 1 MiB that are read at the same time; more are asked to come back."""

    estimate_wait_seconds: float = Field(default=30.0, ge=0)
    """The longest that `POST /v1/estimate` waits for a profile that is not there yet."""

    event_streams_at_once: int = Field(default=64, ge=1)
    """Streams of events that are open at the same time; more are asked to come back."""

    read_rate: str = "1200/minute"
    """Requests of one API key (without keys: of one address), as NUMBER/second, /minute, /hour; empty: no limit."""

    submit_rate: str = "120/minute"
    """Of those, requests that start work."""

    cors_origins: tuple[str, ...] = ()
    """Origins whose pages may call the API from a browser; none by default."""

    allowed_hosts: tuple[str, ...] = ()
    """Names under which the service may be called, beside the address it listens on (needed behind a proxy)."""

    shutdown_grace_seconds: float = Field(default=20.0, ge=0)
    """How long running jobs may go on after SIGTERM before they are queued again for the next start."""

    log_format: Literal["json", "text"] = "json"
    """One JSON object a line, or lines for people."""

    @property
    def is_local(self) -> bool:
        """Whether only this machine can connect."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False
