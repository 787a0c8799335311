"""The simulated board's probe: a folder. An ELF that appears in it is flashed and taken away; `RESET` resets."""

from __future__ import annotations

import shutil
import tempfile
import threading
from pathlib import Path

from profiler.errors import ProfilerError
from profiler.sim.board_sim import BoardSim

_LOOK_SECONDS, _WAIT_SECONDS = 0.05, 1.0


class DropFolder:
    """Watches while it is open; what cannot be flashed is taken away too, and FAIL.TXT says why."""

    def __init__(self, sim: BoardSim, folder: Path) -> None:
        self._sim, self.folder = sim, folder
        self._ending = threading.Event()
        self._flashed = Path(tempfile.mkdtemp(prefix="board-sim-"))
        self._count = 0
        self._thread = threading.Thread(target=self._watch, name="board-sim probe", daemon=True)

    def __enter__(self) -> DropFolder:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "DETAILS.TXT").write_text(
            f"Simulated {self._sim.board.name}\nPort: {self._sim.port}\nDrop an ELF here to flash it, RESET to reset.\n"
        )
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join()
        shutil.rmtree(self._flashed, ignore_errors=True)

    def _watch(self) -> None:
        while not self._ending.wait(_LOOK_SECONDS):
            try:
                self._look()
            except OSError as error:  # the folder was taken away, or something in it cannot be: it may come back
                self._sim.log(f"the probe cannot use {self.folder}: {error.strerror}")
                self._ending.wait(_WAIT_SECONDS)

    def _look(self) -> None:
        for path in sorted(self.folder.iterdir()):
            if path.name == "RESET":
                path.unlink()
                self._sim.reset()
            elif path.suffix.lower() == ".elf":
                self._flash(path)

    def _flash(self, path: Path) -> None:
        fail = self.folder / "FAIL.TXT"
        self._count += 1
        kept = self._flashed / f"{self._count}.elf"  # the emulator reads it again when it explains a fault
        try:
            shutil.copyfile(path, kept)
            self._sim.flash(kept)
            fail.unlink(missing_ok=True)
        except (ProfilerError, OSError) as error:
            self._sim.log(f"{path.name} was not flashed: {error}")
            fail.write_text(f"{self._count}: {error}\n", encoding="utf-8")
        path.unlink(missing_ok=True)
