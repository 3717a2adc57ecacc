"""Errors that a user may see: each message says what was expected, what was found, and where."""

from safefiles.errors import Refused, WorkFailed


class MusicError(Refused):
    """Base class of this package's errors; the message is one line that can be printed unchanged."""


class MidiRefused(MusicError):
    """A MIDI file is broken, too large, or has no usable notes."""


class CorpusError(MusicError):
    """A source of training music, a corpus folder or its manifest is missing, of another kind or damaged."""


class FetchFailed(CorpusError, WorkFailed):
    """A source of training music could not be fetched."""


class WriteFailed(CorpusError, WorkFailed):
    """A corpus folder cannot be written."""


class PieceRefused(MusicError):
    """A piece file is not valid; the message names the field."""


class GeneratorRefused(MusicError):
    """A generator file is not a safe generator for this vocabulary; raised while loading."""


class TrainingError(MusicError):
    """A recipe, run folder or checkpoint of music training is missing, of another kind or damaged."""


class ExportFailed(TrainingError, WorkFailed):
    """An exported generator's outputs differ from those of the run's network."""
