"""The one error tree. Only the command line and HTTP edges turn these into exit codes and statuses.

Every error carries evidence and, in `hint`, what the user can do about it.
"""

from __future__ import annotations


class ProfilerError(Exception):
    """Base of every error a user may meet. `exit_code` is what every command returns for it.

    1: the answer is no; 2: bad input; 3: the environment (a tool is missing or failed); 4: the model is not supported.
    """

    exit_code = 2

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    @property
    def in_one_line(self) -> str:
        """The message where there is room for one line: what it lists is set apart by semicolons."""
        first, *listed = (line.strip() for line in self.message.splitlines())
        return " ".join([first, "; ".join(listed)]).strip()


class ModelError(ProfilerError):
    """The model file is damaged, not a model, or not trustworthy."""


class UnsupportedModelError(ProfilerError):
    """The model is valid, but uses something this version cannot run."""

    exit_code = 4


class DatasetError(ProfilerError):
    """A dataset cannot be read, does not suit the model, or cannot answer what was asked."""


class MissingPackageError(ProfilerError):
    """An optional package is needed and not installed."""


class BoardError(ProfilerError):
    """A board file is wrong, or no board has that name."""


class DoesNotFitError(ProfilerError):
    """The model needs more memory than the board has."""

    exit_code = 1


class PlanError(ProfilerError):
    """A memory plan breaks an invariant (live tensors overlap, misaligned, out of the arena)."""


class ToolchainError(ProfilerError):
    """The cross compiler is missing, too old, or refused the generated code."""

    exit_code = 3


class RunError(ProfilerError):
    """The firmware could not be run to its end: a fault, a limit, a protocol error."""

    exit_code = 3


class FirmwareFault(RunError):
    """The firmware touched unmapped memory or executed an invalid instruction."""


class LimitExceeded(RunError):
    """An instruction or wall-clock limit ended the run."""


class LinkError(RunError):
    """A board cannot be reached over its serial line, or the line damages what is said."""


class BoardBusyError(RunError):
    """Somebody else is using the board."""


class FlashError(RunError):
    """A firmware could not be written to a board."""


class SettingsError(ProfilerError):
    """A setting from the environment, a file or a flag is not valid."""


class StoreError(ProfilerError):
    """The database or the data folder cannot be used, or does not have what was asked for."""


class NotFoundError(StoreError):
    """The store has no job with that id."""


class IdempotencyError(StoreError):
    """An idempotency key came a second time, with another request."""


class WorkError(ProfilerError):
    """Work could not be done for a reason that is not the model's: a worker, the scheduler, a limit."""

    exit_code = 3


class CalibrationError(ProfilerError):
    """The measurements cannot decide what a calibration was to fit, or the fit makes the model worse."""

    exit_code = 1


class BudgetError(ProfilerError):
    """A budget has an unknown key, a bad value or applies to nothing; or a limit lacks what it is compared with."""


class BaselineError(ProfilerError):
    """A baseline file is damaged, or was written by another version."""
