"""A throw-away PostgreSQL cluster: initdb, a socket in a temporary folder, no port; gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_DEBIAN = Path("/usr/lib/postgresql")
_UNPRIVILEGED = "nobody"  # PostgreSQL refuses to run as root


def postgres_programs() -> Path | None:
    """The folder of initdb and pg_ctl: of the newest version Debian installed, or on the path."""
    versions = sorted(_DEBIAN.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]), reverse=True)
    found = shutil.which("initdb")
    if versions:
        return versions[0].parent
    return Path(found).parent if found else None


@contextmanager
def postgres_cluster(programs: Path) -> Iterator[str]:
    """The URL of a running cluster's database `postgres`."""
    user = pwd.getpwnam(_UNPRIVILEGED) if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    folder = Path(tempfile.mkdtemp(prefix="profiler-pg-", dir="/tmp"))  # short: a socket's path has at most 107 bytes
    if os.geteuid() == 0:
        os.chown(folder, user.pw_uid, user.pw_gid)

    def run(program: str, *arguments: str) -> None:
        said = subprocess.run(
            [programs / program, *arguments],
            user=user.pw_uid if os.geteuid() == 0 else None,
            group=user.pw_gid if os.geteuid() == 0 else None,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if program == "initdb" else subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            check=False,
        )
        assert said.returncode == 0, f"{program}: {said.stdout!r}"

    data = folder / "data"
    run("initdb", "-D", str(data), "-U", "profiler", "--auth=trust", "--no-sync", "-E", "UTF8", "--no-locale")
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
    run("pg_ctl", "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield f"postgresql://profiler@/postgres?host={folder}"
    finally:
        run("pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder)
