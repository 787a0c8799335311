"""What commands ask in the same words: the model, the board, and how its firmware is built and run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from profiler.build.model import Optimization

if TYPE_CHECKING:
    from profiler.pipeline import Options

Model = Annotated[str, typer.Argument(help="A .tflite or Keras file, a SavedModel, or zoo:NAME.")]
BoardOption = Annotated[str, typer.Option("--board", "-b", help="Board name (see `profiler boards`) or TOML file.")]
BoardArgument = Annotated[str, typer.Argument(help="Board name (see `profiler boards`) or TOML file.")]
Planner = Annotated[str, typer.Option("--planner", help="Arena planner.")]
Seed = Annotated[int, typer.Option("--seed", help="Seed of the generated inputs.")]
Inputs = Annotated[int, typer.Option("--inputs", help="Input sets compared with the reference.")]
MemoryConfigOption = Annotated[
    list[str] | None,
    typer.Option("--memory-config", help="What start-up sets up: prefetch=off,icache=off,dcache=off,wait_states=7."),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmwareChoices:
    """How a model becomes firmware."""

    optimize: Annotated[Optimization, typer.Option("--optimize", help="Compiler optimisation.")] = Optimization.BALANCED
    kernels: Annotated[str, typer.Option("--kernels", help="auto, ref or dsp.")] = "auto"
    planner: Planner = "best"

    def options(self, *, memory_config: list[str] | None = None, **more: Any) -> Options:
        """These and `more` of the fields of `profiler.pipeline.Options`. Raises SettingsError."""
        from profiler.boards.memory_config import parse_memory_config
        from profiler.pipeline import Options

        return Options(
            optimization=self.optimize,
            kernels=self.kernels,
            planner=self.planner,
            memory_config=parse_memory_config(memory_config or ()),
            **more,
        )
