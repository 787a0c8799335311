"""One settings class: environment (`PROFILER_*`) first, then `profiler.toml` in the working directory."""

from __future__ import annotations

import os
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

    max_instructions: int = pydantic.Field(default=20_000_000_000, ge=1)
    """Emulated instructions after which a run is ended."""

    max_wall_seconds: float = pydantic.Field(default=300.0, gt=0)
    """Wall-clock seconds after which a run is ended."""

    service: ServiceSettings = ServiceSettings()
    """The HTTP service: a table of its own."""

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


def load_settings(**overrides: object) -> Settings:
    """Settings of this process. Raises SettingsError naming the setting and where it came from."""
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
