"""Brains as opponents: a name in a recipe may be a bot of the env, a model file, or a brain that the env knows.

An environment may offer `brain_file(name)`: the path of the model with this name, None if there is none.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from agents.contract import Contract
from agents.envs import assign_bots
from agents.errors import AgentsError, BrainRefused, RunError
from agents.measure import BRAIN_SUFFIX
from agents.plain import AnyVectorEnv
from agents.runtime import Brain, load_brain
from safefiles.text import clean


def brain_path(env: AnyVectorEnv, name: str) -> Path | None:
    """The model file of a name; None if it is not a brain's."""
    if name.endswith(BRAIN_SUFFIX):
        return Path(name)
    inner: Any = env.unwrapped
    found = inner.brain_file(name) if hasattr(inner, "brain_file") else None
    return None if found is None else Path(found)


def load_opponent_brains(env: AnyVectorEnv, names: Iterable[str], contract: Contract) -> dict[str, Brain]:
    """Load the brains among these names, each checked against the env's contract; the other names are bots.

    Raises BrainRefused for a file that cannot play here.
    """
    found: dict[str, Brain] = {}
    for name in names:
        path = brain_path(env, name)
        if path is not None:
            try:
                found[name] = load_brain(path, contract)
            except BrainRefused as error:
                raise BrainRefused(f"{error}{_remedy(env, path, contract)}") from error
    return found


def _remedy(env: AnyVectorEnv, path: Path, contract: Contract) -> str:
    """A hint with the keywords that add this brain's observation slots, if the env has them."""
    inner: Any = env.unwrapped
    if not hasattr(inner, "keywords_for"):
        return ""
    known = {slot.name for slot in contract.slots}
    missing = [slot.name for slot in load_brain(path, None).contract.slots if slot.name not in known]
    wanted = inner.keywords_for(missing) if missing else {}
    keywords = ", ".join(f"{key} = {value!r}" for key, value in wanted.items())
    return f" (its senses {', '.join(missing)} come with {keywords} in [env.kwargs])" if keywords else ""


def check_players(env: AnyVectorEnv, names: Mapping[str, float], contract: Contract, where: str) -> None:
    """Refuse a name that is neither a bot of the env nor a brain that can play there. RunError names the place."""
    rows = np.arange(env.num_envs)
    for name in names:
        try:
            if not load_opponent_brains(env, [name], contract):
                assign_bots(env, rows, [name] * len(rows))
        except AgentsError as error:
            raise RunError(f"{where}: {clean(str(error), 300)}") from error
