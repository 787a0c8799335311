"""Where a firmware can run and be counted: each place by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from profiler.errors import SettingsError
from profiler.run.model import Runner
from profiler.run.renode_program import find_renode
from profiler.run.renode_runner import RenodeRunner
from profiler.run.unicorn_runner import UnicornRunner
from profiler.settings import Settings

EMULATOR = "emulator"
RENODE = "renode"
AROUND_LAYERS = "around layers"  # what CachedRunner calls `emulator_around_layers`


def _emulator(settings: Settings) -> Runner:
    return UnicornRunner(instruction_limit=settings.max_instructions, wall_limit_seconds=settings.max_wall_seconds)


def emulator_around_layers(settings: Settings) -> Runner:
    """The emulator that counts as boards measure layers: see UnicornRunner."""
    return UnicornRunner(
        instruction_limit=settings.max_instructions,
        wall_limit_seconds=settings.max_wall_seconds,
        around_layers=True,
    )


def _renode(settings: Settings) -> Runner:
    return RenodeRunner(
        program=find_renode(settings.renode),
        instruction_limit=settings.max_instructions,
        wall_limit_seconds=settings.max_wall_seconds,
    )


RUNNERS: Mapping[str, Callable[[Settings], Runner]] = MappingProxyType({EMULATOR: _emulator, RENODE: _renode})


def runner(name: str, settings: Settings) -> Runner:
    """The runner of that name, with the limits of the settings.

    Raises SettingsError for an unknown name, RunError when what it needs is not there.
    """
    if name not in RUNNERS:
        raise SettingsError(f"a firmware cannot run on {name!r}", hint=f"choose of: {', '.join(RUNNERS)}")
    return RUNNERS[name](settings)
