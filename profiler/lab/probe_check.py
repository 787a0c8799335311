"""What can be told of a board file's [probe] without it: USB IDs of known kinds, and what each way to flash needs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from profiler.boards.check import Problem
from profiler.boards.model import Board, Probe
from profiler.lab.flash import openocd_interface

_EXPLAINED = "see [probe] in docs/boards.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class _KnownProbe:
    """A kind of probe, as the beginning of `probe.kind`; `product_ids` None: the vendor gives them out by the dozen."""

    kinds: tuple[str, ...]
    vendor_id: str
    product_ids: frozenset[str] | None
    source: str


_KNOWN_PROBES = (
    _KnownProbe(
        kinds=("ST-LINK", "STLINK"),
        vendor_id="0483",
        product_ids=frozenset({"3744", "3748", "374a", "374b", "3742", "3752", "374d", "374e", "374f", "3753", "3754",
                               "3755", "3757"}),
        source="pyOCD probe/stlink/usb.py USB_PID_EP_MAP; probe-rs 69-probe-rs.rules",
    ),
    _KnownProbe(kinds=("J-LINK",), vendor_id="1366", product_ids=None, source="SEGGER's USB vendor ID, usb.ids 1366"),
    _KnownProbe(
        kinds=("RASPBERRY PI",),
        vendor_id="2e8a",
        product_ids=frozenset({"0004", "000c"}),
        source="Raspberry Pi usb-pid list: 0004 Picoprobe, 000c Debug Probe (CMSIS-DAP)",
    ),
    _KnownProbe(kinds=("DAPLINK",), vendor_id="0d28", product_ids=frozenset({"0204"}), source="DAPLink"),
)  # fmt: skip

# Boot loaders' family IDs of parts this project has packages for: microsoft/uf2 utils/uf2families.json.
_UF2_FAMILIES = {
    0xE48B_FF56: ("RP2040",),
    0xADA5_2840: ("NRF52840",),
    0x00FF_6919: ("STM32L4",),
    0x300F_5633: ("STM32G0",),
    0x53B8_0F00: ("STM32F7",),
    0x5775_5A57: ("STM32F4",),
    0x6D09_22FA: ("STM32F407",),
    0x6DB6_6082: ("STM32H7",),
}

_NEEDED = {
    "pyocd": "pyocd_target",
    "openocd": "openocd_config",
    "probe-rs": "probe_rs_chip",
    "uf2": "uf2_family",
    "command": "flash_command",
}


def check_probe(board: Board) -> list[Problem]:
    """Problems of the board's [probe]. Files of OpenOCD are looked for where it is installed, and only there."""
    return [*_usb_ids(board.probe), *_ways(board.probe), *_openocd(board.probe), *_uf2(board)]


def _usb_ids(probe: Probe) -> Iterator[Problem]:
    kind = probe.kind.upper()
    for index, usb_id in enumerate(probe.usb_ids):
        vendor, product = usb_id.split(":")
        for known in _KNOWN_PROBES:
            is_kind = kind.startswith(known.kinds)
            if is_kind and vendor != known.vendor_id:
                yield _problem(f"usb_ids.{index}", f"{usb_id} is no {probe.kind}: those are {known.vendor_id}:…", known)
            elif is_kind and known.product_ids is not None and product not in known.product_ids:
                products = ", ".join(sorted(known.product_ids))
                yield _problem(f"usb_ids.{index}", f"{usb_id} is no known {probe.kind}: {products}", known)
            elif vendor == known.vendor_id and not is_kind and not _may_have_any_port(kind):
                yield _problem("kind", f"{usb_id} is a {known.kinds[0].title()}, not a {probe.kind}", known)
        if usb_id in probe.usb_ids[:index]:
            yield Problem(key=f"probe.usb_ids.{index}", message=f"{usb_id} is there twice", remedy="leave one out")


def _may_have_any_port(kind: str) -> bool:
    """A board without a probe of its own has the USB port of whatever is wired to it."""
    return kind.startswith("NONE")


def _problem(key: str, message: str, known: _KnownProbe) -> Problem:
    return Problem(
        key=f"probe.{key}", message=message, remedy=f"see `lsusb` with the board plugged in ({known.source})"
    )


def _ways(probe: Probe) -> Iterator[Problem]:
    for way in probe.flash:
        key = _NEEDED.get(way)
        if key is not None and not getattr(probe, key):
            yield Problem(
                key=f"probe.{key}",
                message=f"`flash` names {way}, which needs it",
                remedy=f"give it, or leave {way} out of `flash` ({_EXPLAINED})",
            )
    if "command" in probe.flash and probe.flash_command and not any("{elf}" in word for word in probe.flash_command):
        yield Problem(
            key="probe.flash_command",
            message="its program is not told which file to write: no {elf}",
            remedy='for example ["my-programmer", "{elf}"]',
        )
    for way in sorted({way for way in probe.flash if probe.flash.count(way) > 1}):
        yield Problem(key="probe.flash", message=f"{way} is there twice", remedy="name each way once, best first")


def _openocd(probe: Probe) -> Iterator[Problem]:
    config = probe.openocd_config
    if config is None:
        return
    if config.startswith("target/") and "openocd" in probe.flash and openocd_interface(probe.kind) is None:
        yield Problem(
            key="probe.kind",
            message=f"OpenOCD needs a script for the probe beside {config}, and that of a {probe.kind} is not known",
            remedy="begin `kind` with ST-LINK, J-Link or Raspberry Pi, or name a script of the whole board (board/…)",
        )
    scripts = _openocd_scripts()
    if scripts is not None and not (scripts / config).is_file():
        yield Problem(
            key="probe.openocd_config",
            message=f"the OpenOCD installed here has no {config}",
            remedy=f"choose one of {scripts}/board or {scripts}/target",
        )


def _openocd_scripts() -> Path | None:
    """The folder of OpenOCD's scripts, where they usually are beside the program; None when it is not installed."""
    program = shutil.which("openocd")
    if program is None:
        return None
    root = Path(program).resolve().parents[1]
    places = (root / "share" / "openocd" / "scripts", root / "openocd" / "scripts", root / "scripts")
    return next((place for place in places if (place / "target").is_dir()), None)


def _uf2(board: Board) -> Iterator[Problem]:
    family = board.probe.uf2_family
    if family is None:
        return
    parts = _UF2_FAMILIES.get(family)
    if parts is not None and not board.soc.upper().startswith(parts):
        yield Problem(
            key="probe.uf2_family",
            message=f"{family:#010x} is the family of the {parts[0]}, not of the {board.soc}",
            remedy="look it up in microsoft/uf2, utils/uf2families.json",
        )
