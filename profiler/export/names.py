"""The prefix of an exported library: the one name a user gives that reaches C, C++, CMake and paths."""

from __future__ import annotations

import re

from profiler.errors import SettingsError

DEFAULT_NAME = "model"
LONGEST_NAME = 40

_FORM = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
# Words of C17 and C++17 that have this form.
_KEYWORDS_TEXT = """
alignas alignof and and_eq asm auto bitand bitor bool break case catch char char16_t char32_t class compl const
const_cast constexpr continue decltype default delete do double dynamic_cast else enum explicit export extern false
float for friend goto if inline int long mutable namespace new noexcept not not_eq nullptr operator or or_eq private
protected public register reinterpret_cast restrict return short signed sizeof static static_assert static_cast
struct switch template this thread_local throw true try typedef typeid typename union unsigned using virtual void
volatile wchar_t while xor xor_eq
"""
_KEYWORDS = frozenset(_KEYWORDS_TEXT.split())


def checked_name(name: str) -> str:
    """`name`, when it may begin every symbol, macro, file and target of a library.

    Raises SettingsError for anything but a C identifier in lower case: macros are its upper case, and file systems may
    not tell cases apart. Double and outer underscores are reserved in C++.
    """
    if len(name) > LONGEST_NAME:
        raise SettingsError(
            f"--name has {len(name)} characters, at most {LONGEST_NAME} are allowed", hint="choose a shorter name"
        )
    if not _FORM.fullmatch(name):
        raise SettingsError(
            f"--name {name!r} is no C identifier of lower-case letters, digits and single underscores",
            hint=f"for example --name {_similar(name)}",
        )
    if name in _KEYWORDS:
        raise SettingsError(f"--name {name!r} is a keyword of C or C++", hint=f"for example --name {name}_model")
    return name


def _similar(name: str) -> str:
    """A name that is allowed, made of what is usable in `name`."""
    usable = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_").lstrip("0123456789_")
    return usable if _FORM.fullmatch(usable) and usable not in _KEYWORDS else DEFAULT_NAME
