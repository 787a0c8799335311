"""Finding the cross compiler: what is wrong and what to install."""

from __future__ import annotations

from pathlib import Path

import pytest

from profiler.build.toolchain import find_toolchain
from profiler.errors import ToolchainError


def _fake_gcc(folder: Path, version: str, specs: str) -> str:
    program = folder / "fake-gcc"
    program.write_text(f'#!/bin/sh\ncase "$1" in\n-dumpfullversion) echo "{version}" ;;\n*) echo "{specs}" ;;\nesac\n')
    program.chmod(0o755)
    return str(folder / "fake-")


def test_a_missing_compiler_names_the_package_to_install() -> None:
    with pytest.raises(ToolchainError) as caught:
        find_toolchain("no-such-compiler-")
    assert "apt-get install gcc-arm-none-eabi" in (caught.value.hint or "")


def test_a_compiler_older_than_12_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ToolchainError, match=r"version 10\.3\.1"):
        find_toolchain(_fake_gcc(tmp_path, "10.3.1", "/usr/lib/nano.specs"))


def test_a_compiler_without_newlib_nano_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ToolchainError, match="newlib-nano"):
        find_toolchain(_fake_gcc(tmp_path, "12.2.1", "nano.specs"))


def test_the_distribution_compiler_is_accepted_and_named() -> None:
    toolchain = find_toolchain("arm-none-eabi-")
    assert toolchain.title == f"arm-none-eabi-gcc {toolchain.version}"


def test_a_failing_program_reports_what_it_said(tmp_path: Path) -> None:
    with pytest.raises(ToolchainError, match="no-such-file"):
        find_toolchain("arm-none-eabi-").run("gcc", ["-c", "no-such-file.cc"], folder=tmp_path)


def test_search_paths_of_the_host_compiler_do_not_reach_the_cross_compiler(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "stdint.h").write_text("#error of the host")
    (tmp_path / "a.cc").write_text("#include <stdint.h>\n")
    monkeypatch.setenv("CPATH", str(tmp_path))
    find_toolchain("arm-none-eabi-").run("gcc", ["-mcpu=cortex-m4", "-c", "a.cc", "-o", "a.o"], folder=tmp_path)
    assert (tmp_path / "a.o").is_file()
