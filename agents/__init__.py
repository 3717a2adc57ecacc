"""A Gymnasium env with discrete actions -> PPO -> verified ONNX -> rated opponent.

A game needs `agents.runtime` alone to play (numpy and onnxruntime): `from agents import load_brain, Contract`. Everything
that imports torch (`train`, `runs`, `learner`, `export` and the modules they use) is loaded by `cli` only when a command needs
it. This package depends on no game: its interfaces are Gymnasium, NumPy and ONNX (docs in `agents/README.md`).
"""

import importlib
from typing import TYPE_CHECKING, Any, Final

from agents.version import __version__ as __version__

if TYPE_CHECKING:
    from agents.contract import Contract as Contract
    from agents.errors import BrainRefused as BrainRefused
    from agents.runtime import Brain as Brain
    from agents.runtime import BrainFailure as BrainFailure
    from agents.runtime import load_brain as load_brain
    from agents.runtime import make_streams as make_streams
    from agents.runtime import sample_actions as sample_actions

# Public names and their modules; a module is loaded when one of its names is first used
_PUBLIC: Final = {
    "Brain": "agents.runtime",
    "BrainFailure": "agents.runtime",
    "BrainRefused": "agents.errors",
    "Contract": "agents.contract",
    "load_brain": "agents.runtime",
    "make_streams": "agents.runtime",
    "sample_actions": "agents.runtime",
}
__all__ = [
    "Brain",
    "BrainFailure",
    "BrainRefused",
    "Contract",
    "load_brain",
    "make_streams",
    "sample_actions",
]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_PUBLIC])
