"""Options that belong together: the fields of one dataclass, so that commands share them and pass them on as one."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields, is_dataclass
from inspect import Parameter
from typing import Any, TypeVar, get_type_hints

_Result = TypeVar("_Result")


def grouped(command: Callable[..., _Result]) -> Callable[..., _Result]:
    """The command as Typer sees it: in place of a parameter that is a dataclass, one option for each of its fields.

    Fields are annotated as parameters are, `Annotated[..., typer.Option(...)]`. Called, the command gets the dataclass.
    """
    hints = get_type_hints(command, include_extras=True)
    groups: dict[str, Any] = {name: hint for name, hint in hints.items() if is_dataclass(hint)}
    parameters = [
        parameter
        for name, whole in inspect.signature(command).parameters.items()
        for parameter in (_options(groups[name]) if name in groups else [whole.replace(annotation=hints[name])])
    ]

    @functools.wraps(command)
    def called(**values: Any) -> _Result:
        for name, group in groups.items():
            values[name] = group(**{field.name: values.pop(field.name) for field in fields(group)})
        return command(**values)

    named_only = [parameter.replace(kind=Parameter.KEYWORD_ONLY) for parameter in parameters]
    vars(called)["__signature__"] = inspect.Signature(named_only)
    called.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return called


def _options(group: Any) -> Iterator[Parameter]:
    hints = get_type_hints(group, include_extras=True)
    for field in fields(group):
        default = Parameter.empty if field.default is MISSING else field.default
        yield Parameter(field.name, Parameter.KEYWORD_ONLY, default=default, annotation=hints[field.name])
