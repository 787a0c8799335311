"""One settings class: environment (`PROFILER_*`) first, then `profiler.toml` in the working directory."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

import platformdirs
import pydantic
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from profiler.errors import SettingsError
from profiler.settings_service import ServiceSettings


class Settings(BaseSettings):
    """Everything a user may set once for all runs. Flags of a command override these."""

    model_config = SettingsConfigDict(
        env_prefix="PROFILER_",
        env_ignore_empty=True,
        env_nested_delimiter="_",
        env_nested_max_split=1,
        toml_file="profiler.toml",
        extra="forbid",
        frozen=True,
    )

    cache_folder: Path = Path(platformdirs.user_cache_dir("cortexm-profiler"))
    """Objects, firmwares and run results, all addressed by content; safe to delete."""

    toolchain_prefix: str = "arm-none-eabi-"
    """Prefix of the cross compiler's programs; may carry a path (`/opt/gcc/bin/arm-none-eabi-`)."""

    jobs: int = pydantic.Field(default=os.cpu_count() or 1, ge=1)
    """Translation units compiled at once."""

    stack_bytes: int = pydantic.Field(default=2048, ge=512, multiple_of=8)
    """RAM reserved for the stack; reports show the high-water mark that was reached."""

    renode: str = ""
    """Renode's program or folder; without, PYRENODE_BIN and the like, the PATH, then `profiler install renode`."""

    max_instructions: int = pydantic.Field(default=20_000_000_000, ge=1)
    """Emulated instructions after which a run is ended."""

    max_wall_seconds: float = pydantic.Field(default=300.0, gt=0)
    """Wall-clock seconds after which a run is ended."""

    lab_file: Path = Path(platformdirs.user_config_dir("cortexm-profiler")) / "lab.toml"
    """Boards by alias, with their ports and places."""

    lease_folder: Path = Path(tempfile.gettempdir()) / "cortexm-profiler-leases"
    """Who uses which attached board; one folder for all users of this machine."""

    board_patience_seconds: float = pydantic.Field(default=60.0, ge=0)
    """How long a job waits on its worker for an attached board that is in use or unplugged."""

    service: ServiceSettings = ServiceSettings()
    """The HTTP service: a table of its own."""

    data_folder: Path = Path(platformdirs.user_data_dir("cortexm-profiler"))
    """Models, jobs and results of `profiler sweep` and `profiler serve`."""

    database_url: str | None = None
    """Where jobs and results are kept; nothing: SQLite in `data_folder`."""

    scheduler: str | None = None
    """Address of a Dask scheduler (`tcp://host:8786`) whose workers do the work; nothing: this machine does it."""

    workers: int = pydantic.Field(default=os.cpu_count() or 1, ge=1)
    """Tasks worked on at once on one machine."""

    max_attempts: int = pydantic.Field(default=3, ge=1)
    """How often a task is begun before a worker that dies under it makes it fail."""

    scheduler_patience_seconds: float = pydantic.Field(default=300.0, gt=0)
    """How long a lost scheduler is waited for before queued tasks fail."""

    task_memory_bytes: int = pydantic.Field(default=4 << 30, ge=1 << 28)
    """Writable memory of each process of a task."""

    task_cpu_seconds: int = pydantic.Field(default=900, ge=1)
    """Processor time of each process of a task."""

    task_wall_seconds: float = pydantic.Field(default=1200.0, gt=0)
    """Wall-clock time of each of a task's two parts."""

    task_file_bytes: int = pydantic.Field(default=1 << 30, ge=1 << 20)
    """Size of each file a task writes."""

    disk_limit_bytes: int = pydantic.Field(default=20 << 30, ge=1 << 20)
    """What models and cached builds may take on disk before those unused longest go."""

    calibration: bool = True
    """Whether boards have the numbers that `profiler calibrate` fitted; without, those of their files."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  (the signature is pydantic-settings')
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags, then environment, then the TOML file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


_NEAR = 0.75  # of difflib: cache_dir is taken for cache_folder, coremark_folder is not


def _refuse_misspelt(variables: Iterable[str]) -> None:
    """Raises SettingsError for a variable that is nearly one of ours. Others with our prefix may be somebody else's."""
    prefix = str(Settings.model_config["env_prefix"])
    service = [f"service_{name}" for name in ServiceSettings.model_fields]
    known = [name for name in (*Settings.model_fields, *service) if name != "service"]
    for variable in variables:
        name = variable.upper().removeprefix(prefix).lower()
        if not variable.upper().startswith(prefix) or name in known or name == "service":
            continue
        begun = [each for each in known if len(name) >= 4 and each.startswith(name)]
        near = get_close_matches(name, known, n=1, cutoff=_NEAR) or begun[:1]
        if near:
            raise SettingsError(
                f"there is no setting {variable}; did you mean {prefix}{near[0].upper()}?",
                hint=f"correct or unset {variable} in the environment",
            )


def load_settings(**overrides: object) -> Settings:
    """Settings of this process. Raises SettingsError naming the setting and where it came from."""
    _refuse_misspelt(name for name, value in os.environ.items() if value)
    try:
        return Settings(**{name: value for name, value in overrides.items() if value is not None})  # type: ignore[arg-type]
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            known = ServiceSettings.model_fields if name.startswith("service.") else Settings.model_fields
            raise SettingsError(
                f"there is no setting {name!r}",
                hint=f"correct profiler.toml (or the environment); choose of: {', '.join(known)}",
            ) from error
        raise SettingsError(
            f"setting {name!r}: {first['msg']} (got {first.get('input')!r})",
            hint=f"check PROFILER_{name.upper().replace('.', '_')} in the environment and {name} in profiler.toml",
        ) from error
    except ValueError as error:  # a profiler.toml that is no TOML
        raise SettingsError(f"profiler.toml cannot be read: {error}", hint="correct or delete profiler.toml") from error
