"""What a reader of a profile must know before believing or using it. Pure; each warning names its figures."""

from __future__ import annotations

from collections.abc import Iterator

from profiler.report.formatting import format_bytes, format_difference
from profiler.report.profile import Correctness, Profile, TimingModel, Unavailable

_TIGHT_SHARE = 0.9  # of a memory: little is left for the application around the model


def collect_warnings(profile: Profile) -> tuple[str, ...]:
    """Warnings in order of weight."""
    return (*_memory_config(profile), *_fit(profile), *_correctness(profile), *_stack(profile), *_timing(profile))


def _memory_config(profile: Profile) -> Iterator[str]:
    if profile.options.memory_config:
        yield (
            f"memory system changed by the user: {profile.options.memory_config}. The firmware was built to set the "
            "board up like that, not as its board file says"
        )


def _fit(profile: Profile) -> Iterator[str]:
    for region in profile.memory.regions:
        if region.free_bytes < 0:
            yield (
                f"{region.name} overflows: {format_bytes(region.used_bytes)} used of "
                f"{format_bytes(region.size_bytes - region.reserved_bytes)}"
            )
    summary = profile.summary
    for what, used, available in (
        ("RAM", int(summary.ram_bytes.value), summary.ram_available_bytes),
        ("flash", int(summary.flash_bytes.value), summary.flash_available_bytes),
    ):
        if _TIGHT_SHARE * available < used <= available:
            yield f"{what} is nearly full: {format_bytes(available - used)} of {format_bytes(available)} left"


def _correctness(profile: Profile) -> Iterator[str]:
    correctness = profile.correctness
    if isinstance(correctness, Unavailable):
        yield f"outputs were not checked: {correctness.reason}"
    elif isinstance(correctness, Correctness) and not correctness.agrees:
        yield (
            f"outputs differ from {correctness.reference}: largest difference {format_difference(correctness)} "
            f"over {correctness.input_sets} inputs"
        )


def _stack(profile: Profile) -> Iterator[str]:
    used, reserved = profile.summary.stack_high_water_bytes, profile.summary.stack_reserved_bytes
    if isinstance(used, Unavailable) or isinstance(reserved, Unavailable):
        return
    if used.value > reserved.value:
        yield (
            f"the stack overflowed its reserve: {format_bytes(int(used.value))} used of "
            f"{format_bytes(int(reserved.value))}"
        )


def _timing(profile: Profile) -> Iterator[str]:
    model = profile.timing_model
    if isinstance(model, TimingModel) and not model.validated:
        yield (
            f"cycles of {model.core} come from a model that is not validated on a board yet "
            f"(±{100 * model.error_fraction:.0f} %): {model.error_source}"
        )
