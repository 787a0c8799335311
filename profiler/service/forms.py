"""Forms and JSON that routes read themselves."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar, get_origin

from pydantic import BaseModel, ValidationError
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from profiler.service.problems import ProblemError, of_validation

MOST_FILES = 1
MOST_FIELDS = 200
MOST_FIELD_BYTES = 4096

_Model = TypeVar("_Model", bound=BaseModel)


@asynccontextmanager
async def read_form(request: Request) -> AsyncIterator[dict[str, list[Any]]]:
    """The values of each field, in order; files are open until the block ends.

    Raises ProblemError `media-type-unsupported`, `request-malformed`.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in ("multipart/form-data", "application/x-www-form-urlencoded"):
        raise ProblemError(code="media-type-unsupported", detail=f"the request is of the kind {kind[:80]!r}")
    try:
        form = await request.form(max_files=MOST_FILES, max_fields=MOST_FIELDS, max_part_size=MOST_FIELD_BYTES)
    except ProblemError:
        raise
    except HTTPException as error:
        raise ProblemError(code="request-malformed", detail=str(error.detail)) from error
    try:
        fields: dict[str, list[Any]] = {}
        for name, value in form.multi_items():
            fields.setdefault(name, []).append(value)
        yield fields
    finally:
        await form.close()


def validated(model: type[_Model], fields: Mapping[str, list[Any]]) -> _Model:
    """Fields of a form as the model has them. A field left empty, as browsers send it, counts as absent.

    Raises ProblemError `request-invalid`.
    """
    values: dict[str, Any] = {}
    for name, given in fields.items():
        filled = [value for value in given if value != "" and not _is_empty_file(value)]
        field = model.model_fields.get(name)
        if field is not None and get_origin(field.annotation) is list:
            values[name] = filled
        elif filled:
            values[name] = filled[-1]
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise of_validation(error.errors(include_url=False)) from error


def validated_json(model: type[_Model], data: bytes) -> _Model:
    """A JSON body as the model has it. Raises ProblemError `request-invalid`."""
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        raise of_validation(error.errors(include_url=False)) from error


def _is_empty_file(value: object) -> bool:
    return isinstance(value, UploadFile) and not value.filename and not value.size
