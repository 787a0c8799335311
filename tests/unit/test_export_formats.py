"""`profiler export`: what each format writes, what it refuses, and that a model's names stay where they belong."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from profiler.build.model import Optimization
from profiler.errors import BoardError, ModelError, ProfilerError, SettingsError
from profiler.export.formats import FORMATS, export
from profiler.export.model import ArenaPlace, ExportFormat, ExportOptions
from profiler.graph.zoo import resolve
from profiler.settings import load_settings
from tests.support.exported import zip_bytes
from tests.support.small_models import convolution_model

_ROOT = Path(__file__).resolve().parents[2]
HOSTILE_NAME = '../../x"; */ #error {{ n }} ${CMAKE} `id` \\\n<b>|ä\u202e'


def _export(model: Path | str, output: Path, to: str, **options: object) -> None:
    export(str(model), output, to=to, options=ExportOptions(**options), settings=load_settings())  # type: ignore[arg-type]


def _files(model: bytes, folder: Path, **options: object) -> dict[str, bytes]:
    """The library's files, the model's digest replaced: it is that of the whole file."""
    path = folder / "model.tflite"
    path.write_bytes(model)
    digest = hashlib.sha256(model).hexdigest().encode()
    with zipfile.ZipFile(io.BytesIO(zip_bytes(path, folder, ExportOptions(**options)))) as archive:  # type: ignore[arg-type]
        return {name: archive.read(name).replace(digest, b"DIGEST") for name in archive.namelist()}


def test_names_of_a_model_reach_its_json_and_nothing_else(tmp_path: Path) -> None:
    plain = _files(convolution_model(), tmp_path)
    hostile = _files(convolution_model(name=HOSTILE_NAME), tmp_path)
    assert plain.keys() == hostile.keys()
    assert [name for name in plain if plain[name] != hostile[name]] == ["model/model.json"]
    names = [tensor["name"] for tensor in json.loads(hostile["model/model.json"])["tensors"]]
    assert any(HOSTILE_NAME in name for name in names)
    assert all(re.fullmatch(r"model/[A-Za-z0-9_./]+", name) and ".." not in name for name in plain)


def test_the_same_export_gives_the_same_zip_in_another_process_and_place(tmp_path: Path) -> None:
    zips = []
    for seed, zone in (("1", "UTC"), ("2", "Asia/Kathmandu")):
        folder = tmp_path / seed
        folder.mkdir()
        command = [sys.executable, "-m", "profiler", "export", "zoo:kws", "-f", "cpp-library", "--core", "cortex-m4"]
        subprocess.run(
            [*command, "--name", "kws", "-o", "kws.zip", "--quiet"],
            cwd=folder,
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone},
            check=True,
        )
        zips.append((folder / "kws.zip").read_bytes())
    assert zips[0] == zips[1]


def test_every_source_carries_its_licence_and_the_licence_is_the_project_s(tmp_path: Path) -> None:
    files = _files(convolution_model(), tmp_path)
    for name, data in files.items():
        if not name.endswith(("LICENSE", ".json", ".md")):
            assert b"SPDX-License-Identifier: Apache-2.0" in data.splitlines()[0], name
    assert files["model/LICENSE"] == (_ROOT / "LICENSE").read_bytes()


def test_the_header_tells_tensors_arena_and_model(tmp_path: Path) -> None:
    model = convolution_model()
    files = _files(model, tmp_path, arena=ArenaPlace.CALLER, name="conv")
    header = files["conv/include/conv/model.h"].decode()
    assert "void conv_invoke(void* arena);" in header
    assert '#define CONV_MODEL_SHA256 "DIGEST"' in header
    assert "#define CONV_INPUT_0_BYTES 192u" in header
    assert "#define CONV_OUTPUT_0_BYTES 256u" in header
    descriptors = files["conv/src/conv_model.cc"].decode()
    assert re.search(r"\{\d+, 192, CONV_INT8, 4, \{1, 8, 8, 3\}, 0x1\.0+p-1f, -3\}", descriptors)
    assert re.search(r"\{\d+, 256, CONV_INT8, 4, \{1, 8, 8, 4\}, 0x1\.0+p\+0f, 4\}", descriptors)


def test_a_library_has_the_kernels_it_uses_and_no_harness(tmp_path: Path) -> None:
    for options, kernel in (
        ({"core": "cortex-m4"}, "dsp_strip"),
        ({"core": "cortex-m4", "kernels": "ref"}, "ref"),
        ({}, "ref"),
    ):
        files = _files(convolution_model(), tmp_path, **options)
        headers = [name for name in files if name.startswith("model/src/kernels/conv_2d/conv_2d")]
        assert headers == [f"model/src/kernels/conv_2d/conv_2d_s8_{kernel}.h"]
        assert not any(part in name for name in files for part in ("runtime", "bsp", "startup", "softmax"))
        assert (b"EMULATE_DSP" in b"".join(files.values())) == (kernel == "dsp_strip")


def test_the_readme_and_cmake_begin_with_the_chosen_optimization(tmp_path: Path) -> None:
    files = _files(convolution_model(), tmp_path, optimize=Optimization.SIZE)
    assert b'set(MODEL_OPTIMIZATION "-Os" CACHE' in files["model/CMakeLists.txt"]
    assert files["model/README.md"].count(b"-std=c++17 -Os ") == 2


def test_a_checked_copy_is_the_file(tmp_path: Path) -> None:
    _export("zoo:kws", tmp_path / "copy.tflite", "tflite")
    assert (tmp_path / "copy.tflite").read_bytes() == resolve("zoo:kws").read_bytes()


@pytest.mark.parametrize("to", ["tflite", "cpp-library"])
def test_a_damaged_model_is_refused_and_nothing_is_written(to: str, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.tflite"
    damaged.write_bytes(convolution_model()[:-200])
    with pytest.raises(ModelError):
        _export(damaged, tmp_path / "out", to)
    assert not (tmp_path / "out").exists()


REFUSALS = (
    ("onnx", {}, SettingsError, "no export format 'onnx'", "cpp-library, tflite, saved-model, firmware"),
    ("", {}, SettingsError, "no export format ''", "cpp-library"),
    ("tflite", {"core": "cortex-m4"}, SettingsError, "--core would change nothing", "none of these options"),
    ("firmware", {"board": "nucleo_l4r5zi", "name": "a"}, SettingsError, "--name would change nothing", "--board"),
    ("firmware", {}, SettingsError, "for a board", "--board"),
    ("firmware", {"board": "nowhere"}, BoardError, "no board is called", "choices"),
    ("cpp-library", {"core": "cortex-m4", "board": "nucleo_l4r5zi"}, SettingsError, "both given", "leave out --core"),
    ("cpp-library", {"core": "cortex-a9"}, BoardError, "no core is called", "cortex-m4"),
    ("cpp-library", {"kernels": "dsp"}, SettingsError, "needs to know the core", "--core"),
    ("cpp-library", {"kernels": "dsp", "core": "cortex-m3"}, SettingsError, "no DSP", "--kernels"),
    ("cpp-library", {"kernels": "nope", "core": "cortex-m4"}, SettingsError, "unknown kernel variant", "ref"),
    ("cpp-library", {"kernels": "nope"}, SettingsError, "unknown kernel variant", "ref"),
    ("cpp-library", {"planner": "nope"}, ProfilerError, "planner", "best"),
    ("cpp-library", {"name": "../x"}, SettingsError, "no C identifier", "--name x"),
)


@pytest.mark.parametrize(("to", "options", "error", "message", "hint"), REFUSALS)
def test_what_makes_no_sense_is_refused_with_the_way_out(
    to: str, options: dict[str, str], error: type[ProfilerError], message: str, hint: str, tmp_path: Path
) -> None:
    with pytest.raises(error) as refusal:
        _export("zoo:kws", tmp_path / "out", to, **options)
    assert message in refusal.value.message
    assert hint in (refusal.value.hint or "")
    assert not (tmp_path / "out").exists()


def test_a_folder_is_for_a_firmware_and_a_file_for_everything_else(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="is a folder"):
        _export("zoo:kws", tmp_path, "tflite")
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="is a file"):
        _export("zoo:kws", tmp_path / "file", "firmware", board="nucleo_l4r5zi")


def test_formats_take_only_options_that_there_are() -> None:
    assert list(FORMATS) == list(ExportFormat)
    for entry in FORMATS.values():
        assert entry.takes <= set(ExportOptions.__dataclass_fields__)


def test_a_user_s_mistake_is_told_in_two_lines(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "profiler", "export", "zoo:kws", "-f", "onnx", "-o", "out"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert result.stderr.splitlines()[0].startswith("error: there is no export format")
    assert result.stderr.splitlines()[1].startswith("hint: choose one of: cpp-library, tflite, saved-model, firmware")
