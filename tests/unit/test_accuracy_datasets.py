"""Every format of dataset is streamed and gives the same samples, labels and metadata; what is wrong is told."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
import wave
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.lib import format as npy

from profiler.accuracy.choices import DataOptions
from profiler.accuracy.datasets.formats import FORMATS, open_dataset
from profiler.accuracy.datasets.model import Dataset
from profiler.errors import DatasetError, SettingsError

RNG = np.random.default_rng(3)
X = RNG.integers(0, 255, (7, 4, 5, 3), dtype=np.uint8)
NAMES = ["cat", "dog", "cat", "emu", "dog", "cat", "emu"]
ROOM = ["a", "b", "a", "b", "a", "b", "a"]


def _npz(path: Path, *, compressed: bool) -> Path:
    save = np.savez_compressed if compressed else np.savez
    save(path / "data.npz", x=X, y=np.array(NAMES), room=np.array(ROOM))
    return path / "data.npz"


def _images(path: Path) -> Path:
    from PIL import Image

    folder = path / "images"
    rows = []
    for number, (pixels, name, room) in enumerate(zip(X, NAMES, ROOM, strict=True)):
        (folder / name).mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(folder / name / f"{number}.png")
        rows.append({"file": f"{name}/{number}.png", "room": room})
    with (folder / "metadata.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, ["file", "room"])
        writer.writeheader()
        writer.writerows(rows)
    return folder


def _table(path: Path, kind: str) -> Path:
    frame = pd.DataFrame(X.reshape(7, -1), columns=[f"f{number}" for number in range(60)])
    frame["label"] = NAMES
    frame["room"] = ROOM
    file = path / f"data.{kind}"
    frame.to_csv(file, index=False) if kind == "csv" else frame.to_parquet(file)
    return file


def _mlperf(path: Path) -> Path:
    folder = path / "mlperf"
    folder.mkdir()
    lines = []
    for number, pixels in enumerate(X):
        (folder / f"{number}.bin").write_bytes(pixels.tobytes())
        lines.append(f"{number}.bin, 3, {sorted(set(NAMES)).index(NAMES[number])}")
    (folder / "y_labels.csv").write_text("\n".join(lines) + "\n")
    return folder


MAKERS = {
    "npz": lambda path: _npz(path, compressed=False),
    "npz compressed": lambda path: _npz(path, compressed=True),
    "image-folder": _images,
    "csv": lambda path: _table(path, "csv"),
    "parquet": lambda path: _table(path, "parquet"),
    "mlperf-tiny": _mlperf,
}


def _pairs(dataset: Dataset) -> list[tuple[int, bytes]]:
    """(label, sample) in an order that does not depend on the format."""
    rows = range(dataset.size)
    found = zip(dataset.labels.tolist(), dataset.samples(rows), strict=True)
    return sorted((label, sample.reshape(-1).tobytes()) for label, sample in found)


@pytest.mark.parametrize("kind", MAKERS)
def test_every_format_gives_the_same_samples_and_labels(kind: str, tmp_path: Path) -> None:
    dataset = open_dataset(MAKERS[kind](tmp_path))
    assert dataset.format == kind.split()[0]
    numbers = [sorted(set(NAMES)).index(name) for name in NAMES]
    wanted = zip(numbers, X.reshape(7, -1).astype(np.float32), strict=True)
    assert _pairs(dataset) == sorted((label, sample.tobytes()) for label, sample in wanted)
    if kind != "mlperf-tiny":
        assert dataset.class_names == ("cat", "dog", "emu")
        assert sorted(dataset.columns["room"]) == sorted(ROOM)


@pytest.mark.parametrize("kind", MAKERS)
def test_some_rows_are_the_rows_of_all(kind: str, tmp_path: Path) -> None:
    dataset = open_dataset(MAKERS[kind](tmp_path))
    every = list(dataset.samples(range(dataset.size)))
    for rows in ((0,), (2, 5), (1, 2, 6), (6,)):
        for sample, row in zip(dataset.samples(rows), rows, strict=True):
            assert np.array_equal(sample, every[row])


def test_wav_files_become_samples_between_minus_one_and_one(tmp_path: Path) -> None:
    for name, value in (("hum", 16384), ("hiss", -32768)):
        (tmp_path / name).mkdir()
        with wave.open(str(tmp_path / name / "1.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(8000)
            file.writeframes(np.full(50, value, dtype="<i2").tobytes())
    dataset = open_dataset(tmp_path)
    assert dataset.class_names == ("hiss", "hum")
    assert dataset.columns["file"] == ["hiss/1.wav", "hum/1.wav"]
    assert [float(sample[0]) for sample in dataset.samples([0, 1])] == [-1.0, 0.5]
    assert dataset.columns["sample_rate"] == ["8000", "8000"]


def test_every_format_was_tried() -> None:
    assert {row.name for row in FORMATS} == {kind.split()[0] for kind in MAKERS} | {"wav-folder"}


def test_values_are_scaled_as_asked(tmp_path: Path) -> None:
    path = _npz(tmp_path, compressed=False)
    scaled = open_dataset(path, DataOptions(scale=1 / 127.5, offset=-1.0))
    first = next(scaled.samples([0]))
    assert np.array_equal(first, X[0].astype(np.float32) * np.float32(1 / 127.5) + np.float32(-1.0))


def test_spread_rows_reach_from_the_first_to_the_last(tmp_path: Path) -> None:
    dataset = open_dataset(_npz(tmp_path, compressed=False))
    assert dataset.spread(3) == (0, 3, 6)
    assert dataset.spread(100) == tuple(range(7))


def test_a_dataset_larger_than_the_memory_allowed_is_streamed(tmp_path: Path) -> None:
    """240 MB of samples, read by a process whose address space grows by less than a quarter of that."""
    zeros = {"x": np.zeros((60, 1_000_000), dtype=np.float32), "y": np.zeros(60, dtype=np.int64)}
    np.savez(tmp_path / "big.npz", raw=zeros["x"], **zeros)  # an array that nobody asked for, as large as the samples
    np.savez_compressed(tmp_path / "small.npz", **zeros)
    program = (
        "import resource, sys; from pathlib import Path;"
        "from profiler.accuracy.datasets.formats import open_dataset;"
        "import pandas;"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss;"
        "data = open_dataset(Path(sys.argv[1]));"
        "print(sum(1 for _ in data.samples(range(data.size))),"
        "resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    for name in ("big.npz", "small.npz"):
        command = [sys.executable, "-c", program, str(tmp_path / name)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        count, grown_kib = map(int, done.stdout.split())
        assert count == 60
        assert grown_kib < 60_000, name


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": X}, "no array 'y'"),
        ({"x": X, "y": np.arange(6)}, "7 samples in x, 6 labels"),
        ({"x": np.zeros((0, 3)), "y": np.zeros(0, dtype=int)}, "no samples"),
        ({"x": X, "y": np.array([0.0, 1, 2, np.nan, 4, 5, 6])}, "label of sample 3 is not a number"),
        ({"x": np.array([[1.0], [np.nan]]), "y": np.array([0, 1])}, "sample 1 has NaN"),
        ({"x": np.array([["a"], ["b"]]), "y": np.array([0, 1])}, "not numbers"),
    ],
)
def test_a_wrong_npz_is_told(arrays: dict[str, np.ndarray], message: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "data.npz", **arrays)
    with pytest.raises(DatasetError, match=message):
        list(open_dataset(tmp_path / "data.npz").samples(range(2)))


def test_a_pickle_in_an_npz_is_not_loaded(tmp_path: Path) -> None:
    np.savez(tmp_path / "data.npz", x=X, y=np.array([{}] * 7, dtype=object))
    with pytest.raises(DatasetError, match="Python objects"):
        open_dataset(tmp_path / "data.npz")


def test_a_damaged_npz_is_told_when_the_damage_is_reached(tmp_path: Path) -> None:
    path = _npz(tmp_path, compressed=True)
    data = bytearray(path.read_bytes())
    data[200:260] = bytes(60)
    path.write_bytes(data)
    with pytest.raises(DatasetError, match="damaged"):
        list(open_dataset(path).samples(range(7)))


@pytest.mark.parametrize("at", [0.2, 0.5, 0.8])
def test_a_damaged_stream_or_a_file_cut_short_is_told_whatever_the_decompressor_says(at: float, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).normal(size=(200, 50)).round(1)
    np.savez_compressed(tmp_path / "data.npz", x=noise, y=np.arange(200))
    whole = (tmp_path / "data.npz").read_bytes()
    for start in range(int(at * len(whole)), int(at * len(whole)) + 40):
        data = bytearray(whole)
        data[start : start + 8] = b"\xff\x00\x55\xaa\x0f\xf0\x33\xcc"
        (tmp_path / "damaged.npz").write_bytes(data)
        with pytest.raises(DatasetError):
            list(open_dataset(tmp_path / "damaged.npz").samples(range(200)))
    (tmp_path / "cut.npz").write_bytes(whole[: int(at * len(whole))])
    with pytest.raises(DatasetError, match="damaged"):
        open_dataset(tmp_path / "cut.npz")


def test_an_array_that_claims_more_than_is_stored_takes_no_memory(tmp_path: Path) -> None:
    header = io.BytesIO()
    npy.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (1 << 50,)})
    with zipfile.ZipFile(tmp_path / "data.npz", "w") as archive:
        for name in ("x", "y"):
            archive.writestr(f"{name}.npy", header.getvalue() + bytes(64))
    with pytest.raises(DatasetError, match="damaged"):
        open_dataset(tmp_path / "data.npz")


def test_a_label_that_is_no_class_of_the_user_s_is_told(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="label 'emu'"):
        open_dataset(_npz(tmp_path, compressed=False), DataOptions(classes=("cat", "dog")))
    np.savez(tmp_path / "numbers.npz", x=X, y=np.arange(7))
    with pytest.raises(DatasetError, match="label 3, and there are 3 classes"):
        open_dataset(tmp_path / "numbers.npz", DataOptions(classes=("a", "b", "c")))


def test_a_table_without_label_or_features_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("f,kind\n1,x\n2,y\n")
    with pytest.raises(DatasetError, match="no column 'label'") as raised:
        open_dataset(tmp_path / "a.csv")
    assert "f, kind" in (raised.value.hint or "")
    with pytest.raises(DatasetError, match="no numeric column"):
        open_dataset(tmp_path / "a.csv", DataOptions(label="kind", metadata=("f",)))
    assert open_dataset(tmp_path / "a.csv", DataOptions(label="kind")).class_names == ("x", "y")
    (tmp_path / "b.csv").write_text("f,label\n1,x\n2,\n")
    with pytest.raises(DatasetError, match="sample 1 has no label"):
        open_dataset(tmp_path / "b.csv")
    with pytest.raises(DatasetError, match="no column 'g'"):
        open_dataset(tmp_path / "a.csv", DataOptions(label="kind", metadata=("g",)))
    (tmp_path / "c.csv").write_text("f,label\n")
    with pytest.raises(DatasetError, match="no rows"):
        open_dataset(tmp_path / "c.csv")


def test_a_feature_that_is_no_number_is_told_with_what_to_do(tmp_path: Path) -> None:
    rows = [f"{number},0" for number in range(300)] + ["bad,0"]
    (tmp_path / "a.csv").write_text("\n".join(["f,label", *rows]))
    with pytest.raises(DatasetError, match=r"in samples 0 to 300 a feature is no number.*'bad'") as raised:
        list(open_dataset(tmp_path / "a.csv").samples(range(301)))
    assert "--metadata" in (raised.value.hint or "")


def test_an_mlperf_list_cannot_reach_outside_its_folder(tmp_path: Path) -> None:
    for line, message in (("../x.bin,2,0", "outside"), ("/etc/passwd,2,0", "outside"), ("a.bin,two,0", "line 1")):
        (tmp_path / "y_labels.csv").write_text(line + "\n")
        with pytest.raises(DatasetError, match=message):
            open_dataset(tmp_path)
    (tmp_path / "y_labels.csv").write_text("a.bin,2,0\n")
    with pytest.raises(DatasetError, match="cannot be read"):
        list(open_dataset(tmp_path).samples([0]))
    with pytest.raises(SettingsError, match="unknown type"):
        open_dataset(tmp_path, DataOptions(bin_type="float12"))


def test_images_are_resized_only_when_asked(tmp_path: Path) -> None:
    folder = _images(tmp_path)
    assert next(open_dataset(folder).samples([0])).shape == (4, 5, 3)
    assert next(open_dataset(folder, DataOptions(image_size=(8, 6, 1))).samples([0])).shape == (8, 6, 1)
    (folder / "cat" / "broken.png").write_bytes(b"\x89PNG")
    with pytest.raises(DatasetError, match="cannot be read as an image"):
        list(open_dataset(folder).samples(range(8)))


def test_deep_images_are_refused_rather_than_cut_off_at_255(tmp_path: Path) -> None:
    from PIL import Image

    (tmp_path / "cat").mkdir()
    Image.fromarray(np.full((4, 5), 30_000, dtype=np.uint16)).save(tmp_path / "cat" / "deep.png")
    with pytest.raises(DatasetError, match="more than 8 bits"):
        list(open_dataset(tmp_path).samples([0]))


def test_gray_images_with_transparency_are_gray(tmp_path: Path) -> None:
    from PIL import Image

    (tmp_path / "cat").mkdir()
    Image.new("LA", (4, 5), (7, 255)).save(tmp_path / "cat" / "gray.png")
    (sample,) = open_dataset(tmp_path).samples([0])
    assert sample.shape == (5, 4, 1)
    assert (sample == 7).all()


def test_what_is_no_dataset_is_told_with_the_formats(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("nothing")
    for path in (tmp_path / "x", tmp_path):
        with pytest.raises(DatasetError, match="no dataset") as raised:
            open_dataset(path)
        assert "Parquet" in (raised.value.hint or "")
    with pytest.raises(DatasetError, match="there is no dataset"):
        open_dataset(tmp_path / "nothing")
