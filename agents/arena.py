"""The environment in which a command plays policies: the one that the user gave, or the one in a brain's card."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agents.contract import Contract
from agents.env_ids import env_from_file, import_env, split_env_id
from agents.envs import contract_and_masks, make_env
from agents.errors import EnvRefused
from agents.evaluate import Player, policy_player
from agents.runtime import Brain, load_brain
from safefiles.text import clean, shown_path

BRAIN_FILE = "brain.onnx"


def shown_name(path: Path) -> str:
    """A model's name in results; a `brain.onnx` has the name of its folder, as in a game."""
    return shown_path(path.parent.name or path.name if path.name == BRAIN_FILE else path.name)


@dataclass(frozen=True)
class EvaluationEnv:
    """An environment's id and keywords, and the contract that a policy needs to play there."""

    env: str
    kwargs: dict[str, Any]
    contract: Contract
    notes: list[str] = field(default_factory=list)
    brains: dict[str, Brain] = field(default_factory=dict)  # brains that are loaded already, by path

    def player(self, name: str, temperature: float) -> tuple[Player, list[str]]:
        """The player for a name: a brain by its path, checked, with notes for the user; any other name is a bot's."""
        if not name.endswith(".onnx"):
            return Player(name), []
        brain = self.brains.get(name) or load_brain(Path(name), None)
        label = shown_name(Path(name))
        notes = [f"{label}: {note}" for note in brain.check(self.contract)]
        return policy_player(label, brain.logits, temperature, brain.contract, parallel=True), notes


def open_evaluation_env(
    brain: Path | None, env: str | None, given: dict[str, Any], guests: Sequence[str] = ()
) -> EvaluationEnv:
    """The environment `env` that the user named, otherwise that of the brain's card if it is registered.

    The card's keywords are used for the same environment: those of its evaluations override those of its training, and `given`
    overrides both; None leaves a keyword out. If a brain, or one of `guests` (paths), uses observation slots that the
    environment has only on request (`keywords_for`), they are requested.
    """
    loaded = load_brain(brain, None) if brain is not None else None
    card = loaded.card if loaded is not None else None
    where = f"brain {shown_path(brain.name)!r}" if brain is not None else ""
    if env is not None:
        import_env(env)
        env_id = env
    elif card is not None and card.env:
        env_id = env_from_file(card.env, where)
    else:
        raise EnvRefused(f"--env: expected an environment id, and {where or 'no brain'} names none")
    kwargs: dict[str, Any] = {}
    notes: list[str] = []
    if card is not None and split_env_id(card.env)[1] == split_env_id(env_id)[1]:
        kwargs = card.env_kwargs | card.eval_kwargs
        settings = ", ".join(f"{key}={value!r}" for key, value in kwargs.items() if key not in given)
        if settings:
            notes.append(f"{where}: environment made with its card's {clean(settings, 400)}")
    kwargs = {key: value for key, value in (kwargs | given).items() if value is not None}
    brains = {} if loaded is None else {str(brain): loaded}
    brains |= {name: load_brain(Path(name), None) for name in guests if name not in brains}
    contract, wanted = _offer(env_id, kwargs, brains.values())
    if wanted and not wanted.keys() & given.keys():
        kwargs |= wanted
        contract, _ = _offer(env_id, kwargs, ())
    return EvaluationEnv(env_id, kwargs, contract, notes, brains)


def _offer(env_id: str, kwargs: dict[str, Any], brains: Iterable[Brain]) -> tuple[Contract, dict[str, Any]]:
    """The environment's contract, and the keywords that add the brains' missing observation slots."""
    probe = make_env(env_id, 1, kwargs)
    try:
        contract = contract_and_masks(probe, env_id)
        inner: Any = probe.unwrapped
        known = {slot.name for slot in contract.slots}
        missing = sorted({slot.name for brain in brains for slot in brain.contract.slots} - known)
        if not missing or not hasattr(inner, "keywords_for"):
            return contract, {}
        return contract, dict(inner.keywords_for(missing))
    finally:
        probe.close()
