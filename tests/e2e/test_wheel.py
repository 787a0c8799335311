"""The wheel carries everything: installed into an empty environment it profiles a model."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[2]


def _unpublished(folder: str, names: list[str]) -> list[str]:
    """What of the checkout's top folder is no source: environments, histories, builds of before."""
    return [name for name in names if name in (".venv", ".git", "build", "out")] if Path(folder) == _ROOT else []


@pytest.mark.timeout(900)
def test_an_installed_wheel_profiles_a_model_far_from_the_checkout(tmp_path: Path) -> None:
    source, wheels = tmp_path / "source", tmp_path / "wheels"
    shutil.copytree(_ROOT, source, ignore=_unpublished)  # building leaves files beside the sources
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(wheels), str(source)]
    subprocess.run(pip, check=True, cwd=tmp_path)
    (wheel,) = wheels.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert not [name for name in names if "samples/" in name]
    assert not [name for name in names if "/_data/" in name and name.endswith(".py")]
    venv.create(tmp_path / "venv", with_pip=True)
    program = tmp_path / "venv" / "bin"
    subprocess.run([program / "python", "-m", "pip", "install", "--quiet", str(wheel)], check=True, cwd=tmp_path)
    (tmp_path / "empty").mkdir()

    def profiler(*arguments: str) -> str:
        result = subprocess.run(
            [program / "profiler", *arguments],
            cwd=tmp_path / "empty",
            env={**os.environ, "PROFILER_CACHE_FOLDER": str(tmp_path / "cache"), "PYTHONPATH": ""},
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stderr
        return result.stdout

    profile = json.loads(profiler("run", "zoo:ad", "--board", "nucleo_l4r5zi", "--json"))
    assert profile["correctness"]["agrees"] is True
    profiler("export", "zoo:ad", "--format", "cpp-library", "--output", "ad.zip")
    assert "model/LICENSE" in zipfile.ZipFile(tmp_path / "empty" / "ad.zip").namelist()
