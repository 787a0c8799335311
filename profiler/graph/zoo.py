"""The zoo: the project's own models, by name, checked against their digests."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path

from profiler.errors import ModelError
from profiler.resources import zoo_folder

PREFIX = "zoo:"
MANIFEST = "zoo.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class ZooModel:
    """One model of the zoo, as its manifest tells."""

    name: str
    path: Path
    sha256: str
    description: str
    input_meaning: str
    output_meaning: str
    licence: str

    @property
    def reference(self) -> str:
        """What to write where a model is asked for: `zoo:NAME`."""
        return PREFIX + self.name


def zoo_models(folder: Path | None = None) -> tuple[ZooModel, ...]:
    """All models of the zoo in the order of its manifest; `folder` stands in for the installed zoo.

    Raises ModelError when the manifest cannot be read.
    """
    folder = folder or zoo_folder()
    try:
        manifest = tomllib.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return tuple(
            ZooModel(
                name=name,
                path=folder / entry["file"],
                sha256=entry["sha256"],
                description=entry["description"],
                input_meaning=entry["input"],
                output_meaning=entry["output"],
                licence=manifest["licence"],
            )
            for name, entry in manifest["models"].items()
        )
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"the zoo's manifest {folder / MANIFEST} cannot be read: {error}") from error


def resolve(model: str, folder: Path | None = None) -> Path:
    """The file of `model`: of `zoo:NAME` the zoo's file, its digest verified; anything else is a path to a file.

    Raises ModelError when there is no such zoo model (naming the choices) or no such file, or when the zoo's file is
    not the one its manifest describes.
    """
    if model.startswith(PREFIX):
        return _zoo_file(model.removeprefix(PREFIX), folder)
    path = Path(model)
    if path.is_file():
        return path
    if path.is_dir():
        raise ModelError(f"{model} is a folder, and no SavedModel: it has no saved_model.pb")
    if path.exists():
        raise ModelError(f"{model} is a device or a pipe, not a model")
    names = [entry.name for entry in zoo_models(folder)]
    hint = f"did you mean {PREFIX}{model}?" if model in names else "give the path of a model, or zoo:NAME"
    raise ModelError(f"there is no file {model}", hint=hint)


def _zoo_file(name: str, folder: Path | None) -> Path:
    models = {entry.name: entry for entry in zoo_models(folder)}
    if name not in models:
        raise ModelError(f"the zoo has no model {name!r}", hint=f"choose one of: {', '.join(models)}")
    entry = models[name]
    try:
        digest = hashlib.sha256(entry.path.read_bytes()).hexdigest()
    except OSError as error:
        raise ModelError(f"the zoo's file {entry.path} cannot be read: {error.strerror}") from error
    if digest != entry.sha256:
        raise ModelError(
            f"the zoo's file {entry.path} has SHA-256 {digest}, its manifest says {entry.sha256}",
            hint="the file was changed or cut short: restore it, or rebuild the zoo with zoo/build.py",
        )
    return entry.path
