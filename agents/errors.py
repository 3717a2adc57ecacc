"""The errors a person may see: each message says what was expected, what was found, and where."""

from safefiles.errors import Refused, WorkFailed


class AgentsError(Refused):
    """Base of every refusal of this package: one line, fit to be printed as it is."""


class RecipeError(AgentsError):
    """A training recipe is malformed: names the file, the table and the key."""


class EnvRefused(AgentsError):
    """An environment does not offer what training or evaluation needs."""


class RunError(AgentsError):
    """A run folder or checkpoint is missing, foreign or damaged."""


class ExportFailed(RunError, WorkFailed):
    """An exported model does not do what the run's policy does."""


class BrainRefused(AgentsError):
    """A model file is not a safe policy for this game: raised while loading, never during a match."""


class BrainFailure(WorkFailed, RuntimeError):
    """A loaded policy failed while playing (error, NaN or infinity): the caller falls back to a
    scripted bot.
    """
