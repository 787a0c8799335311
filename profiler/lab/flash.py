"""Ways to write a firmware to a board. One row each in FLASHERS; a board file names those that work, best first."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from profiler.boards.model import Board
from profiler.errors import FlashError, SettingsError

if TYPE_CHECKING:
    from profiler.run.image import Image

_TOOL_SECONDS = 180.0
_DRIVE_SECONDS = 60.0
_OPENOCD_INTERFACES = {"ST-LINK": "stlink", "STLINK": "stlink", "J-LINK": "jlink", "RASPBERRY PI": "cmsis-dap"}
_DRIVE_PARENTS = ("/media", "/run/media", "/Volumes", "/mnt")


@dataclass(frozen=True, slots=True, kw_only=True)
class FlashRequest:
    """What to write where. `argument` is what follows the way's name: `copy:/media/me/NODE_L4R5ZI`."""

    board: Board
    elf_path: Path
    probe_serial: str | None = None
    argument: str = ""


Flasher = Callable[[FlashRequest], None]  # writes a firmware and resets; raises FlashError with what the tool said


def flash(way: str, request: FlashRequest) -> None:
    """Flash the way that is named: NAME or NAME:ARGUMENT. Raises SettingsError for one there is not, FlashError."""
    name, _, argument = way.partition(":")
    if name not in FLASHERS:
        raise SettingsError(f"there is no way to flash called {name[:40]!r}", hint=f"choose of: {', '.join(FLASHERS)}")
    FLASHERS[name](
        FlashRequest(
            board=request.board, elf_path=request.elf_path, probe_serial=request.probe_serial, argument=argument
        )
    )


def best_way(board: Board) -> str:
    """The first of the board's ways whose tool is here. Raises FlashError when none is."""
    if not board.probe.flash:
        raise FlashError(
            f"the board file of {board.name} names no way to flash it",
            hint="--flash none when the firmware is there already, or another way with --flash",
        )
    for way in board.probe.flash:
        if way not in _TOOLS or _TOOLS[way]():
            return way
    raise FlashError(
        f"none of the tools that flash {board.name} is installed: {', '.join(board.probe.flash)}",
        hint='pip install "cortexm-profiler[pyocd]", or --flash none when the firmware is there already',
    )


def _pyocd(request: FlashRequest) -> None:
    if find_spec("pyocd") is None:
        raise FlashError("pyOCD is not installed", hint='pip install "cortexm-profiler[pyocd]"')
    target = _declared(request.board.probe.pyocd_target, request.board, "pyocd_target")
    serial = ["--uid", request.probe_serial] if request.probe_serial else []
    program = [sys.executable, "-m", "pyocd"]
    _run([*program, "flash", "--target", target, *serial, "--format", "elf", str(request.elf_path)])
    _run([*program, "reset", "--target", target, *serial])


def _openocd(request: FlashRequest) -> None:
    config = _declared(request.board.probe.openocd_config, request.board, "openocd_config")
    path = str(request.elf_path.resolve())
    if set(path + (request.probe_serial or "")) & set('{}[]$\\";'):
        raise FlashError(f"OpenOCD would take characters of {path} for commands", hint="use another cache_folder")
    serial = ["-c", f"adapter serial {request.probe_serial}"] if request.probe_serial else []
    interface = _probe_script(request.board) if config.startswith("target/") else []
    _run([_tool("openocd"), *interface, "-f", config, *serial, "-c", f"program {{{path}}} verify reset exit"])


def _probe_script(board: Board) -> list[str]:
    """The probe's own script, which those of whole boards bring along."""
    interface = openocd_interface(board.probe.kind)
    if interface is None:
        raise FlashError(f"OpenOCD's script for a {board.probe.kind} is not known", hint="flash another way: --flash")
    return ["-f", interface]


def openocd_interface(kind: str) -> str | None:
    """OpenOCD's script for a kind of probe, as board files name it; None when it is not known."""
    scripts = (name for begins, name in _OPENOCD_INTERFACES.items() if kind.upper().startswith(begins))
    name = next(scripts, None)
    return None if name is None else f"interface/{name}.cfg"


def _probe_rs(request: FlashRequest) -> None:
    chip = _declared(request.board.probe.probe_rs_chip, request.board, "probe_rs_chip")
    probe = []
    if request.probe_serial:
        usb_id = _declared(next(iter(request.board.probe.usb_ids), None), request.board, "usb_ids")
        probe = ["--probe", f"{usb_id}:{request.probe_serial}"]
    _run([_tool("probe-rs"), "download", "--chip", chip, *probe, "--verify", str(request.elf_path)])
    _run([_tool("probe-rs"), "reset", "--chip", chip, *probe])


def _uf2(request: FlashRequest) -> None:
    family = request.board.probe.uf2_family
    if family is None:
        raise FlashError(f"the board file of {request.board.name} has no uf2_family", hint="see docs/boards.md")
    from profiler.lab.uf2 import uf2_of

    drive = Path(request.argument) if request.argument else _uf2_drive()
    _drop(drive, "firmware.uf2", uf2_of(_image(request), family))


def _copy(request: FlashRequest) -> None:
    from intelhex import IntelHex

    hexadecimal = IntelHex()
    for segment in _image(request).segments:
        hexadecimal.puts(segment.load_address, segment.data)
    lines: list[str] = []
    hexadecimal.write_hex_file(_Lines(lines))
    _drop(_folder(request), "firmware.hex", "".join(lines).encode())


def _simulator(request: FlashRequest) -> None:
    _drop(_folder(request), "firmware.elf", request.elf_path.read_bytes(), renamed=True)


def _command(request: FlashRequest) -> None:
    words = _words(request.argument) or list(request.board.probe.flash_command)
    if not words:
        raise FlashError(
            f"the board file of {request.board.name} has no flash_command", hint="or give command:PROGRAM {elf}"
        )
    values = {"{elf}": str(request.elf_path), "{serial}": request.probe_serial or ""}
    _run([_filled(word, values) for word in words])


def _words(command: str) -> list[str]:
    """A command line in words, quoted as for a shell."""
    try:
        return shlex.split(command)
    except ValueError as error:
        raise FlashError(f"the command {command[:200]} cannot be read: {error}", hint="close the quotes") from error


def _none(_request: FlashRequest) -> None:
    """The firmware is there already."""


FLASHERS: Mapping[str, Flasher] = {
    "pyocd": _pyocd,
    "openocd": _openocd,
    "probe-rs": _probe_rs,
    "uf2": _uf2,  # a boot loader's drive
    "copy": _copy,  # a probe's drive: ST-LINK, DAPLink
    "command": _command,  # a program of the user's
    "sim": _simulator,  # the folder of `profiler board-sim`
    "none": _none,
}


_TOOLS: Mapping[str, Callable[[], bool]] = {
    "pyocd": lambda: find_spec("pyocd") is not None,
    "openocd": lambda: shutil.which("openocd") is not None,
    "probe-rs": lambda: shutil.which("probe-rs") is not None,
}


class _Lines:
    """What intelhex takes for a file."""

    def __init__(self, lines: list[str]) -> None:
        self.write: Callable[[str], None] = lines.append


def _declared(value: str | None, board: Board, key: str) -> str:
    if value is None:
        raise FlashError(f"the board file of {board.name} has no {key}", hint="add it to [probe], or flash another way")
    return value


def _image(request: FlashRequest) -> Image:
    from profiler.run.image import load_image  # not above: whoever asks only which ways there are reads no ELF

    return load_image(request.elf_path, request.board)


def _folder(request: FlashRequest) -> Path:
    if not request.argument:
        raise FlashError("this way to flash needs a folder", hint="for example --flash copy:/media/me/NODE_L4R5ZI")
    return Path(request.argument)


def _filled(word: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        word = word.replace(name, value)
    return word


def _tool(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise FlashError(f"{name} is not installed", hint="install it, or choose another way with --flash")
    return path


def _run(command: Sequence[str]) -> None:
    """A program without a shell, and without anybody who could answer it. Raises FlashError with the end of what it
    said.
    """
    try:
        done = subprocess.run(
            list(command),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TOOL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise FlashError(f"{Path(command[0]).name} did not end within {_TOOL_SECONDS:.0f} s") from error
    except OSError as error:
        raise FlashError(f"{command[0]} cannot be started: {error.strerror}") from error
    if done.returncode:
        said = (done.stdout + done.stderr).strip()[-600:]
        raise FlashError(
            f"{' '.join(command)[:200]} failed with {done.returncode}: {said or 'it said nothing'}",
            hint="is the probe plugged in, free, and the right one (probe_serial)?",
        )


def _uf2_drive() -> Path:
    drives = [path.parent for parent in _DRIVE_PARENTS for path in Path(parent).glob("**/INFO_UF2.TXT")]
    if len(drives) != 1:
        raise FlashError(
            f"{len(drives)} drives of UF2 boot loaders are mounted",
            hint="hold BOOTSEL while plugging the board in, or name the drive: --flash uf2:FOLDER",
        )
    return drives[0]


def _drop(drive: Path, name: str, data: bytes, *, renamed: bool = False) -> None:
    """Onto a probe's or boot loader's drive, which takes it away; FAIL.TXT on it says why it did not.

    A boot loader starts the firmware with its last byte, and the drive is gone: nothing more can be done to the file.
    `renamed`: onto a folder, which must not see half of it.
    """
    if not drive.is_dir():
        raise FlashError(f"{drive} is no folder", hint="is the drive of the board mounted?")
    fail, target = drive / "FAIL.TXT", drive / name
    before = fail.read_bytes() if fail.exists() else None
    try:
        if renamed:
            draft = drive / f"{name}.part"
            draft.write_bytes(data)
            draft.replace(target)
        else:
            target.write_bytes(data)
    except OSError as error:
        raise FlashError(f"{target} cannot be written: {error.strerror}") from error
    ends = time.monotonic() + _DRIVE_SECONDS
    while _is_there(target) and time.monotonic() < ends:
        time.sleep(0.02)
    if _is_there(fail) and fail.read_bytes() != before:
        raise FlashError(f"the board refused the firmware: {fail.read_text(errors='replace').strip()[:400]}")
    if _is_there(target):
        raise FlashError(f"{drive} did not take the firmware within {_DRIVE_SECONDS:.0f} s")


def _is_there(path: Path) -> bool:
    """False of a drive that is gone, too."""
    try:
        return path.exists()
    except OSError:
        return False
