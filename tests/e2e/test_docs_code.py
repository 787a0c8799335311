"""Code in the documentation runs: every ```python, ```sh and ```console block, in order, page by page.

A block that cannot run here has the line `<!-- not run: REASON -->` right before it. Blocks of a page share a folder in
which `model.tflite` stands for the reader's model and the checkout's folders are in view.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[2]
_BESIDE = ("README.md", "CONTRIBUTING.md", "examples/README.md")
PAGES = [name for name in _BESIDE if (_ROOT / name).exists()] + [
    f"docs/{page.name}" for page in sorted((_ROOT / "docs").glob("*.md"))
]
_RUNNABLE = ("python", "sh", "console")
_PROGRAMS = ("profiler", "python")  # what a page may run; set-up and tests of the project would start themselves
_IN_VIEW = ("benchmarks", "boards", "examples", "reports", "zoo")
_BLOCK_SECONDS = 250  # a block that ends at all ends before; one that serves needs a mark
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NOT_RUN = re.compile(r"<!-- not run: (?P<reason>\S.*) -->\n\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One fenced block; `reason` says why it is not run, None when it is."""

    line: int
    language: str
    code: str
    reason: str | None


def blocks(text: str) -> Iterator[Block]:
    for found in _FENCE.finditer(text):
        marked = _NOT_RUN.search(text[: found.start()])
        yield Block(
            line=text.count("\n", 0, found.start()) + 2,
            language=found[1],
            code=found[2],
            reason=marked["reason"] if marked else None,
        )


def commands(block: Block) -> list[str]:
    """Command lines of a shell block: all of ```sh, those after `$ ` of ```console; continued lines as one."""
    lines = block.code.replace("\\\n", " ").splitlines()
    if block.language == "console":
        lines = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    return [line for line in lines if line.strip() and not line.lstrip().startswith("#")]


def runnable(text: str) -> list[Block]:
    return [block for block in blocks(text) if block.language in _RUNNABLE and block.reason is None]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.mark.parametrize("page", PAGES)
def test_code_of_the_page_runs(page: str, cache: Path, tmp_path: Path) -> None:
    for name in _IN_VIEW:
        (tmp_path / name).symlink_to(_ROOT / name)
    shutil.copy(_ROOT / "zoo" / "kws_int8.tflite", tmp_path / "model.tflite")
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PROFILER_CACHE_FOLDER": str(cache),
        "PROFILER_DATA_FOLDER": str(tmp_path / "data"),
    }
    for block in runnable((_ROOT / page).read_text(encoding="utf-8")):
        if block.language == "python":
            command = [sys.executable, "-W", "error::DeprecationWarning:__main__", "-c", block.code]
        else:
            lines = commands(block)
            assert lines, f"{page}:{block.line}: a shell block without a command"
            for line in lines:
                assert line.split()[0] in _PROGRAMS, f"{page}:{block.line}: {line!r} needs a `not run` mark"
            command = ["bash", "-eu", "-c", "\n".join(lines)]
        result = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=_BLOCK_SECONDS
        )
        assert result.returncode == 0, f"{page}:{block.line}\n{block.code}\n{result.stderr[-2000:]}"


def test_a_mark_needs_a_reason_and_counts_for_the_next_block_only() -> None:
    text = "<!-- not run: installs -->\n```sh\na\n```\n\n```sh\nb\n```\n<!-- not run: -->\n```sh\nc\n```\n"
    assert [block.code for block in runnable(text)] == ["b\n", "c\n"]
    assert [block.line for block in blocks(text)] == [3, 7, 11]


def test_console_blocks_run_what_follows_the_prompt() -> None:
    (block,) = blocks("```console\n$ profiler run a \\\n  --board b\noutput\n$ profiler zoo\n```\n")
    assert commands(block) == ["profiler run a    --board b", "profiler zoo"]


def test_pages_with_code_were_found() -> None:
    assert sum(len(runnable((_ROOT / page).read_text(encoding="utf-8"))) for page in PAGES) >= 5
