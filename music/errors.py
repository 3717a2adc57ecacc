"""The errors a person may see: each message says what was expected, what was found, and where."""

from safefiles.errors import Refused, WorkFailed


class MusicError(Refused):
    """Base of every refusal of this package: one line, fit to be printed as it is."""


class MidiRefused(MusicError):
    """A MIDI file is broken, too large, or holds nothing that can be used."""


class CorpusError(MusicError):
    """A source of training music, a corpus folder or its manifest is missing, foreign or damaged."""


class FetchFailed(CorpusError, WorkFailed):
    """A source of training music could not be fetched."""


class WriteFailed(CorpusError, WorkFailed):
    """A corpus folder cannot be written."""


class PieceRefused(MusicError):
    """A piece file is not a piece: names the field."""


class GeneratorRefused(MusicError):
    """A generator file is not a safe generator for this vocabulary: raised while loading."""


class TrainingError(MusicError):
    """A recipe, run folder or checkpoint of music training is missing, foreign or damaged."""


class ExportFailed(TrainingError, WorkFailed):
    """An exported generator does not do what the run's network does."""
