"""Where templates, boards, kernels and zoo models are found: in a checkout and in an installed wheel alike."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def _folder(name: str) -> Path:
    """The checkout's top-level folder, or its copy inside the wheel (`profiler/_data/<name>`)."""
    for candidate in (_PACKAGE / "_data" / name, _PACKAGE.parent / name):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"{name}/ is missing from this installation of profiler; reinstall it")


def boards_folder() -> Path:
    """`boards/`: one TOML a board, and `boards/cores/`: one TOML a core."""
    return _folder("boards")


def firmware_harness_folder() -> Path:
    """`firmware_harness/`: the C++ that every generated firmware is built from."""
    return _folder("firmware_harness")


def report_assets_folder() -> Path:
    """`reports/`: HTML templates and assets."""
    return _folder("reports")


def zoo_folder() -> Path:
    """`zoo/`: the project's own models with their digests."""
    return _folder("zoo")


def package_folder() -> Path:
    """The installed `profiler` package itself (templates and core tables that live beside their readers)."""
    return _PACKAGE
