"""Music from a GAN: corpus, training, composer, synthesiser and an adaptive soundtrack for any pygame program.

`from music import compose, load_generators, Soundtrack`; importing the package alone loads nothing. This package does not
depend on any game. Playing needs NumPy, SciPy, mido and onnxruntime (and pygame for `music.soundtrack` alone); torch is
loaded by `music.learning` only, music21 by `music.corpus` only.
"""

import importlib
from typing import TYPE_CHECKING, Any, Final

from music.version import __version__ as __version__

if TYPE_CHECKING:
    from music.composer.compose import compose as compose
    from music.generators.files import load_generators as load_generators
    from music.library import Library as Library
    from music.piece import Piece as Piece
    from music.soundtrack import Soundtrack as Soundtrack

# Public names and their modules; a module is loaded when one of its names is first used
_PUBLIC: Final = {
    "Library": "music.library",
    "Piece": "music.piece",
    "Soundtrack": "music.soundtrack",
    "compose": "music.composer.compose",
    "load_generators": "music.generators.files",
}
__all__ = [
    "Library",
    "Piece",
    "Soundtrack",
    "compose",
    "load_generators",
]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_PUBLIC])
