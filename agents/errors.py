"""The errors a user may see: each message says what was expected, what was found, and where."""

import traceback
from pathlib import Path

from safefiles.errors import Refused, WorkFailed
from safefiles.text import clean, shown_path


class AgentsError(Refused):
    """Base of every refusal of this package: one line that can be printed unchanged."""


class RecipeError(AgentsError):
    """A training recipe is malformed; the message names the file, the table and the key."""


class EnvRefused(AgentsError):
    """An environment does not offer what training or evaluation needs."""


class RunError(AgentsError):
    """A run folder or checkpoint is missing, damaged or of another kind."""


class ExportFailed(RunError, WorkFailed):
    """An exported model does not do what the run's policy does."""


class BrainRefused(AgentsError):
    """A model file is not a safe policy for this game: raised while loading, never during a match."""


class BrainFailure(WorkFailed, RuntimeError):
    """A loaded policy failed while playing (error, NaN or infinity): the caller falls back to a
    scripted bot.
    """


def raised(error: BaseException) -> str:
    """The message of an error raised in the user's code: one line with its class and the place where it was raised."""
    message = clean(f"{type(error).__name__}: {error}".partition("\n")[0], 200)
    if isinstance(error, SyntaxError):
        return message  # its message has the file and line already
    frames = traceback.extract_tb(error.__traceback__)
    return (
        f"{message} ({shown_path(Path(frames[-1].filename).name)}, line {frames[-1].lineno})"
        if frames
        else message
    )
