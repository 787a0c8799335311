"""CSV and Parquet: a label column, numeric columns as features in the file's order, other columns as metadata."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from profiler.accuracy.choices import DataOptions
from profiler.accuracy.datasets.model import Dataset, classified, complete
from profiler.errors import DatasetError, MissingPackageError

if TYPE_CHECKING:
    import pandas as pd

CSV, PARQUET = "csv", "parquet"
_LABEL = "label"
_PARQUET_MAGIC = b"PAR1"
_CHUNK_ROWS = 1024
_SAMPLE_ROWS = 200  # tell a column's type


def recognizes_csv(path: Path) -> bool:
    """CSV has no mark of its own: here alone the extension counts."""
    return path.is_file() and path.suffix.lower() in (".csv", ".tsv")


def recognizes_parquet(path: Path) -> bool:
    """A file with Parquet's magic."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(_PARQUET_MAGIC)) == _PARQUET_MAGIC


def load_csv(path: Path, options: DataOptions) -> Dataset:
    """A comma- or, as `.tsv`, tab-separated table with a header. Raises DatasetError."""
    return _load(path, options, CSV)


def load_parquet(path: Path, options: DataOptions) -> Dataset:
    """A Parquet file. Raises DatasetError, MissingPackageError without pyarrow."""
    return _load(path, options, PARQUET)


def _load(path: Path, options: DataOptions, name: str) -> Dataset:
    import pandas as pd  # here, since no command that reads no table should wait for it

    head = next(_chunks(path, name, None, _SAMPLE_ROWS), None)
    if head is None or not len(head):
        raise DatasetError(f"{path} has no rows", hint="give a table with at least one")
    label = options.label or _LABEL
    has_labels = label in head.columns
    if not has_labels and not options.may_lack_labels:
        raise DatasetError(
            f"{path} has no column {label!r}",
            hint=f"name the label with --label; columns are: {', '.join(map(str, head.columns))[:200]}",
        )
    if unknown := [column for column in options.metadata if column not in head.columns]:
        raise DatasetError(
            f"{path} has no column {unknown[0][:60]!r} (--metadata)",
            hint=f"columns are: {', '.join(map(str, head.columns))[:200]}",
        )
    numeric = [str(column) for column in head.columns if pd.api.types.is_numeric_dtype(head[column])]
    features = [column for column in numeric if column != label and column not in options.metadata]
    if not features:
        raise DatasetError(f"{path} has no numeric column beside the label", hint="features are numbers")
    others = [str(column) for column in head.columns if column not in features]
    frames = list(_chunks(path, name, others or features[:1], _CHUNK_ROWS))
    facts = pd.concat(frames, ignore_index=True)
    if not has_labels:
        facts[label] = 0
    if facts[label].isna().any():
        row = int(facts[label].isna().to_numpy().argmax())
        raise DatasetError(f"{path}: sample {row} has no label", hint="repair or drop that row")

    def read(rows: Sequence[int]) -> Iterator[npt.NDArray[Any]]:
        return _rows(path, name, features, rows)

    return complete(
        classified(facts[label].to_numpy(), options, path),
        name=name,
        read=read,
        columns={column: facts[column].astype(str).tolist() for column in others if column != label},
        options=options,
    )


def _rows(path: Path, name: str, features: list[str], rows: Sequence[int]) -> Iterator[npt.NDArray[Any]]:
    """One pass over the table, a chunk at a time."""
    wanted = iter(rows)
    row = next(wanted, None)
    start = 0
    for chunk in _chunks(path, name, features, _CHUNK_ROWS):
        if row is None:
            return
        try:
            values = chunk[features].to_numpy(dtype=np.float32)
        except (ValueError, TypeError) as error:
            raise DatasetError(
                f"{path}: in samples {start} to {start + len(chunk) - 1} a feature is no number: {error}",
                hint="repair it, or name its column with --metadata",
            ) from error
        while row is not None and row < start + len(values):
            yield values[row - start]
            row = next(wanted, None)
        start += len(values)


def _chunks(path: Path, name: str, columns: list[str] | None, rows: int) -> Iterator[pd.DataFrame]:
    import pandas as pd

    try:
        if name == CSV:
            separator = "\t" if path.suffix.lower() == ".tsv" else ","
            yield from pd.read_csv(path, sep=separator, usecols=columns, chunksize=rows)
        else:
            for batch in _parquet(path).iter_batches(batch_size=rows, columns=columns):
                yield batch.to_pandas()
    except (OSError, ValueError, pd.errors.ParserError) as error:  # pyarrow's errors are ValueErrors or OSErrors
        raise DatasetError(f"{path} cannot be read as {name}: {error}", hint="check the file") from error


def _parquet(path: Path) -> Any:
    try:
        import pyarrow.parquet as parquet
    except ImportError as error:
        raise MissingPackageError(
            "Parquet is read by pyarrow, which is not installed", hint="pip install 'cortexm-profiler[data]'"
        ) from error
    return parquet.ParquetFile(path)
