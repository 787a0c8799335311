"""What commands ask in the same words: the model, the board, and how its firmware is built and run."""

from __future__ import annotations

from typing import Annotated

import typer

from profiler.build.model import Optimization

Model = Annotated[str, typer.Argument(help="A .tflite or Keras file, a SavedModel, or zoo:NAME.")]
BoardOption = Annotated[str, typer.Option("--board", "-b", help="Board name (see `profiler boards`) or TOML file.")]
BoardArgument = Annotated[str, typer.Argument(help="Board name (see `profiler boards`) or TOML file.")]
Optimize = Annotated[Optimization, typer.Option("--optimize", help="Compiler optimisation.")]
Kernels = Annotated[str, typer.Option("--kernels", help="auto, ref or dsp.")]
Planner = Annotated[str, typer.Option("--planner", help="Arena planner.")]
Seed = Annotated[int, typer.Option("--seed", help="Seed of the generated inputs.")]
Inputs = Annotated[int, typer.Option("--inputs", help="Input sets compared with the reference.")]
MemoryConfigOption = Annotated[
    list[str] | None,
    typer.Option("--memory-config", help="What start-up sets up: prefetch=off,icache=off,dcache=off,wait_states=7."),
]
