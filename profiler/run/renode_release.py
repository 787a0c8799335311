"""The release of Renode that `profiler install renode` gets: pinned, checked, unpacked beside the user's data."""

from __future__ import annotations

import hashlib
import platform
import shutil
import tarfile
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import platformdirs

from profiler.errors import RunError

RENODE_VERSION = "1.16.1"
_URL = f"https://github.com/renode/renode/releases/download/v{RENODE_VERSION}"
_TIMEOUT_SECONDS = 30
_PIECE_BYTES = 1 << 20
_MAXIMUM_BYTES = 1 << 30

Open = Callable[[str], BinaryIO]


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """An archive with everything Renode needs, .NET included."""

    file_name: str
    sha256: str

    @property
    def url(self) -> str:
        return f"{_URL}/{self.file_name}"


# (system, machine) as Python's platform module names them.
RELEASES = {
    ("Linux", "x86_64"): Release(
        file_name=f"renode-{RENODE_VERSION}.linux-portable-dotnet.tar.gz",
        sha256="00e113cdbd0f5354cf2f64bbe3f5a070d8958409542fca66e45ac97d982938c0",
    ),
    ("Linux", "aarch64"): Release(
        file_name=f"renode-{RENODE_VERSION}.linux-arm64-portable-dotnet.tar.gz",
        sha256="fff3a098c96ed0a4ffbdff3f028c9c5fde432db09587c7bd7c99406180f90007",
    ),
}


def install_folder(version: str) -> Path:
    """Where that version lives when it was installed by this program."""
    return Path(platformdirs.user_data_dir("cortexm-profiler")) / f"renode-{version}"


def release_here(system: str | None = None, machine: str | None = None) -> Release:
    """The archive for this computer. Raises RunError when there is none that has been checked."""
    key = (system or platform.system(), machine or platform.machine())
    if key not in RELEASES:
        known = ", ".join(" ".join(each) for each in RELEASES)
        raise RunError(
            f"there is no checked Renode archive for {' '.join(key)} (there are for {known})",
            hint="install Renode as renode.io says, and name its program or folder in PROFILER_RENODE",
        )
    return RELEASES[key]


def install(target: Path, release: Release, *, open_url: Open | None = None) -> Path:
    """Downloads, checks and unpacks a release into `target`, all or nothing; returns `target`.

    What `target` held is replaced. Raises RunError when it cannot be had, or is not what was pinned.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".renode-", dir=target.parent) as folder:
        archive = Path(folder) / release.file_name
        _download(release, archive, open_url or _open_url)
        unpacked = _unpack(archive, Path(folder) / "unpacked")
        if target.exists():
            shutil.rmtree(target)
        unpacked.rename(target)
    return target


def _open_url(url: str) -> BinaryIO:
    stream: BinaryIO = urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS)  # the address is pinned above
    return stream


def _download(release: Release, archive: Path, open_url: Open) -> None:
    digest, size_bytes = hashlib.sha256(), 0
    try:
        with open_url(release.url) as stream, archive.open("wb") as file:
            while piece := stream.read(_PIECE_BYTES):
                size_bytes += len(piece)
                if size_bytes > _MAXIMUM_BYTES:
                    raise RunError(f"{release.url} is longer than {_MAXIMUM_BYTES:,} bytes: it is not what was pinned")
                digest.update(piece)
                file.write(piece)
    except (OSError, urllib.error.URLError) as error:
        raise RunError(
            f"{release.url} cannot be downloaded: {getattr(error, 'reason', error)}",
            hint="without a way to github.com: get the archive elsewhere, unpack it, and name the folder in "
            f"PROFILER_RENODE (SHA-256 {release.sha256})",
        ) from error
    if digest.hexdigest() != release.sha256:
        raise RunError(
            f"{release.url} has the SHA-256 {digest.hexdigest()}, but {release.sha256} was pinned: nothing installed",
            hint="something between here and the server changed it; try another network",
        )


def _unpack(archive: Path, folder: Path) -> Path:
    """The one folder inside the archive, unpacked."""
    try:
        with tarfile.open(archive) as content:
            content.extractall(folder, filter="data")
    except (OSError, tarfile.TarError) as error:
        raise RunError(f"{archive.name} cannot be unpacked: {error}", hint="is the disk full?") from error
    inside = list(folder.iterdir())
    return inside[0] if len(inside) == 1 and inside[0].is_dir() else folder
