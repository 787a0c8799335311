"""Models that come in. A file is verified in a child process before anything else is done with it."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
from pathlib import PurePosixPath, PureWindowsPath

import anyio
import anyio.to_thread
from starlette.datastructures import UploadFile

from profiler.report.formatting import clean_text
from profiler.service.problems import ProblemError
from profiler.store.store import Store

VERIFY_SECONDS = 90.0
_NAME_CHARACTERS = 120
_VERIFIERS = 2


async def keep_model(store: Store, upload: UploadFile | None, sha256: str | None, limit_bytes: int) -> tuple[str, str]:
    """Digest and name of the model a request brings, or of the stored one it names.

    Raises ProblemError: `model-missing`, `model-unknown`, `too-large`, `model-damaged`, `model-unsupported`.
    """
    if upload is None or not (upload.filename or upload.size):
        if sha256 is None:
            raise ProblemError(code="model-missing", detail="the request has neither a file nor a digest")
        if not await anyio.to_thread.run_sync(store.model_path(sha256).is_file):
            raise ProblemError(code="model-unknown", detail=f"no model with the digest {sha256} is stored")
        return sha256, await anyio.to_thread.run_sync(name_in_store, store, sha256)
    data = await upload.read(limit_bytes + 1)
    if len(data) > limit_bytes:
        raise ProblemError(code="too-large", detail=f"the model has more than {limit_bytes} bytes")
    sha256 = await anyio.to_thread.run_sync(_keep, store, data, limiter=_limiter())
    return sha256, shown_name(upload.filename)


def _keep(store: Store, data: bytes) -> str:
    """Verify and store. What is stored was verified before, by its digest."""
    sha256 = hashlib.sha256(data).hexdigest()
    if not store.model_path(sha256).is_file():
        _verify(data)
    return store.put_model(data)


_limiters: dict[str, anyio.CapacityLimiter] = {}


def _limiter() -> anyio.CapacityLimiter:
    """Verification takes no more than so many processors, and none of the threads that answer other requests."""
    return _limiters.setdefault("verify", anyio.CapacityLimiter(_VERIFIERS))


def _verify(data: bytes) -> None:
    """Raises ProblemError unless the bytes are a model this version can run."""
    command = [sys.executable, "-P", "-m", "profiler.service.verifier"]
    try:
        with tempfile.TemporaryFile() as file:  # a pipe would be fed 4 KiB at a time, and hold up other requests
            file.write(data)
            file.seek(0)
            done = subprocess.run(command, stdin=file, capture_output=True, timeout=VERIFY_SECONDS, check=True)
        answer = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        answer = (f"it was not read within {VERIFY_SECONDS:g} seconds", None, "model-damaged")
    except (subprocess.CalledProcessError, ValueError):
        answer = ("reading it ended the reader", None, "model-damaged")
    if answer is not None:
        detail, hint, code = answer
        raise ProblemError(code=code, detail=detail, hint=hint)


def shown_name(filename: str | None) -> str:
    """What a model is called: the last part of the uploaded file's name, on one line. It never becomes a path."""
    last = PureWindowsPath(PurePosixPath(filename or "").name).name
    return clean_text(last.strip(), _NAME_CHARACTERS) or "model.tflite"


def name_in_store(store: Store, sha256: str) -> str:
    """The name a stored model was uploaded under last."""
    history = store.history(model_sha256=sha256)
    return history[-1].model_name if history else f"{sha256[:12]}.tflite"
