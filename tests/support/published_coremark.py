"""Published CoreMark results of GCC builds that ran from memory without wait states."""

from __future__ import annotations

from typing import NamedTuple


class Published(NamedTuple):
    """CoreMark/MHz that was measured: one figure, or the lowest and the highest of several of nearly the same build."""

    lowest: float
    highest: float
    tolerance: float


_FLAGS = ("Og", "O1", "Os", "O2", "O3", "O3-flto")
_TOLERANCE = {"cortex-m0plus": 0.03, "cortex-m3": 0.03, "cortex-m4": 0.03, "cortex-m33": 0.03, "cortex-m7": 0.06}

# github.com/Masmiseim36/Coremark_iMXRT, readme.md of 2026-03-01: code and data in tightly coupled memory; iterations
# a second of i.MX RT1060 (M7, 600 MHz), RT1160 (M4, 240 MHz) and RT1180 (M33, 240 MHz; GCC 12.2 was not measured).
_IMXRT: dict[tuple[str, str], tuple[float, tuple[float, ...]]] = {
    ("cortex-m4", "gcc12.2"): (240, (386.32, 490.83, 511.05, 605.96, 634.59, 646.97)),
    ("cortex-m4", "gcc13.2"): (240, (386.32, 473.23, 450.16, 599.47, 635.75, 631.79)),
    ("cortex-m7", "gcc12.2"): (600, (1355.38, 1823.95, 2268.39, 2423.06, 2440.92, 2494.88)),
    ("cortex-m7", "gcc13.2"): (600, (1355.41, 1806.09, 1906.65, 2398.54, 2446.66, 2450.98)),
    ("cortex-m33", "gcc13.2"): (240, (452.44, 524.29, 527.98, 685.43, 710.59, 708.88)),
}
PUBLISHED: dict[str, Published] = {
    f"{core}--{compiler}-{flags}": Published(rate / mhz, rate / mhz, _TOLERANCE[core])
    for (core, compiler), (mhz, rates) in _IMXRT.items()
    for flags, rate in zip(_FLAGS, rates, strict=True)
} | {
    # RP2040 at 125 MHz from SRAM, -O3: 236.58 (GCC 11.2.1, USB being served: github.com/KafCoppelia/pico-coremark) and
    # 249.81 (GCC release not stated, no USB: github.com/protik09/CoreMark-RP2040/issues/1).
    "cortex-m0plus--gcc12.2-O3": Published(236.58 / 125, 249.81 / 125, _TOLERANCE["cortex-m0plus"]),
}
