"""What requests and answers look like: the models behind `/v1/openapi.json`."""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal

from fastapi import UploadFile
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from profiler.boards.memory_config import parse_memory_config
from profiler.build.model import Optimization
from profiler.lab.lab_file import ALIAS_PATTERN
from profiler.pipeline import Options
from profiler.run.runners import EMULATOR

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Tag = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:/@=+-]{0,99}$")]
BoardName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_]{0,63}$")]
_EXAMPLE_DIGEST = "8f1b0f3c0e5c4d0a6a1f2b9d7c3e4f5a6b7c8d9e0f1a2b3c4d5e6f7a8b9c0d1e"
Place = Annotated[str, StringConstraints(pattern=ALIAS_PATTERN)]


class Choices(BaseModel):
    """The options of a profile, as `profiler run` has them."""

    model_config = ConfigDict(extra="forbid")

    optimize: Optimization = Field(default=Optimization.BALANCED, description="Compiler optimisation of the layers.")
    kernels: Literal["auto", "ref", "dsp"] = Field(default="auto", description="Variant of the kernels.")
    planner: str = Field(default="best", max_length=40, description="Arena planner.")
    seed: int = Field(default=0, ge=0, le=2**31 - 1, description="Seed of the generated inputs.")
    inputs: int = Field(default=3, ge=1, le=20, description="Input sets compared with the reference.")
    memory_config: list[Annotated[str, StringConstraints(max_length=200)]] = Field(
        default_factory=list, max_length=10, description="What start-up sets up: `prefetch=off`, `wait_states=7`, …"
    )

    on: Place = Field(
        default=EMULATOR,
        description="Where to run it too: `board` (one that is attached to a worker), the alias of one, or `sim`.",
        examples=[EMULATOR],
    )
    repeat: int = Field(default=1, ge=1, le=1000, description="Inferences timed there.")

    def options(self) -> Options:
        """The same as the pipeline takes them. Raises SettingsError."""
        return Options(
            optimization=self.optimize,
            kernels=self.kernels,
            planner=self.planner,
            seed=self.seed,
            input_sets=self.inputs,
            memory_config=parse_memory_config(tuple(self.memory_config)),
            on=self.on,
            repeat=self.repeat,
        )


class ProfileForm(Choices):
    """`POST /v1/profiles`: a model (a file, or the digest of one that was uploaded before) and boards."""

    model: UploadFile | None = Field(default=None, description="The `.tflite` file.")
    model_sha256: Sha256 | None = Field(default=None, description="Instead of the file: its digest, once it is stored.")
    board: list[BoardName] = Field(min_length=1, max_length=32, description="Board; may be repeated.")
    tag: list[Tag] = Field(default_factory=list, max_length=16, description="Tag to find it by; may be repeated.")


class EstimateForm(Choices):
    """`POST /v1/estimate` with a file."""

    model: UploadFile | None = Field(default=None, description="The `.tflite` file.")
    model_sha256: Sha256 | None = Field(default=None, description="Instead of the file: its digest, once it is stored.")
    board: BoardName = Field(description="Board.")
    wait_seconds: float | None = Field(default=None, ge=0, description="How long to wait when it must be computed.")


class EstimateQuery(Choices):
    """`POST /v1/estimate` as JSON, of a model that is stored."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"model_sha256": _EXAMPLE_DIGEST, "board": "nucleo_l4r5zi"}]}
    )

    model_sha256: Sha256
    board: BoardName
    wait_seconds: float | None = Field(default=None, ge=0)


class ProblemBody(BaseModel):
    """A problem document (RFC 9457)."""

    type: str = Field(examples=["/problems/board-unknown"])
    title: str
    status: int
    detail: str
    instance: str
    code: str = Field(description="Stable: programs may decide by it.", examples=["board-unknown"])
    hint: str = Field(description="What to do about it.")
    request_id: str
    errors: list[dict[str, str]] | None = None


class FailureBody(BaseModel):
    """Why a board has no result."""

    code: str
    message: str
    hint: str | None = None


class FigureBody(BaseModel):
    """A number and how it came about; `low` and `high` bound the known error of a model."""

    value: float
    basis: str
    low: float | None = None
    high: float | None = None


class MeasuredBody(BaseModel):
    """What a run elsewhere gave. `basis` is `measured` only where silicon ran it; else an emulator did."""

    on: str
    basis: str
    cycles: float
    latency_ms: float
    repetitions: int
    interquartile_cycles: float
    outputs_equal: bool
    emulator_difference_fraction: float


class HeadlineBody(BaseModel):
    """The headline figures of a result; one that could not be had is absent."""

    latency_ms: FigureBody | None = None
    cycles: FigureBody | None = None
    instructions: FigureBody | None = None
    ram_bytes: FigureBody
    flash_bytes: FigureBody
    arena_bytes: FigureBody
    fits: bool
    outputs_agree: bool | None = None
    measured: MeasuredBody | None = Field(default=None, description="On the board that `on` asked for.")


class TaskBody(BaseModel):
    """One board of a profile."""

    board: str
    state: str
    stage: str | None = Field(description="The stage that began last.")
    progress: float = Field(description="Share of the stages that are done, 0 to 1.")
    stage_seconds: dict[str, float]
    attempts: int
    waits_for: str | None = Field(default=None, description="Why it is queued, when there is a cause to tell.")
    failure: FailureBody | None = None
    result_key: str | None = None
    result: HeadlineBody | None = None
    links: dict[str, str]


class JobBody(BaseModel):
    """A profile that was asked for."""

    id: str
    state: str
    model_name: str
    model_sha256: str
    options: dict[str, Any]
    tags: list[str]
    created: datetime.datetime
    started: datetime.datetime | None
    finished: datetime.datetime | None
    cancel_requested: bool
    request_id: str | None
    boards: list[TaskBody]
    links: dict[str, str]


class JobPage(BaseModel):
    """Some of the profiles, the newest first; `next_cursor` asks for more."""

    items: list[JobBody]
    next_cursor: str | None


class EstimateBody(HeadlineBody):
    """What a model costs on a board. `source`: `memory` and `store` were computed before, `run` just now."""

    model_sha256: str
    board: str
    result_key: str
    engine_version: str
    source: str
    links: dict[str, str]


class AttachedBody(BaseModel):
    """A board that is attached to a worker. Of a simulated one nothing is measured."""

    board: str
    on: str = Field(description="What a request calls it.")
    simulated: bool


class HistoryBody(BaseModel):
    """One finished profile in the history of a model."""

    job_id: str
    finished: datetime.datetime
    model_name: str
    model_sha256: str
    board: str
    board_digest: str
    profiler_version: str
    options: str
    tags: list[str]
    result_key: str
    latency_ms: float | None
    cycles: float | None
    ram_bytes: int
    flash_bytes: int


class ModelBody(BaseModel):
    """A stored model and the newest of its results."""

    model_sha256: str
    names: list[str]
    size_bytes: int
    operators: int
    macs: int
    inputs: list[dict[str, Any]]
    outputs: list[dict[str, Any]]
    history: list[HistoryBody]
