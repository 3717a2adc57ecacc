"""Policies at play time: load, check, run in batches, sample. NumPy and onnxruntime only.

    brain = load_brain(Path("hunter.onnx"), contract, cache_dir=folder)   # BrainRefused names what is wrong
    streams = make_streams(seed, rows)                                    # one random stream per seat
    actions = sample_actions(brain.logits(observations), brain.heads, temperature, streams)

A model file is a file from a stranger: it is read by `safefiles.onnx_guard` before onnxruntime sees it, run once in a
child process before it runs here, and must reproduce its own golden vectors. Whatever fails later raises
BrainFailure.
"""

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agents.brain_file import INPUT, LOGITS, VALUE, brain_place, brain_refusals, read_brain
from agents.contract import (
    GOLDEN_TOLERANCE,
    Card,
    Contract,
    Golden,
    compare,
    largest_difference,
    read_metadata,
)
from agents.errors import BrainFailure, BrainRefused
from agents.messages import say
from agents.sampling import Head, Streams, make_streams, sample_actions
from agents.version import __version__
from safefiles.causes import message_of
from safefiles.onnx_guard import GuardedModel
from safefiles.onnx_session import Session, SessionError, open_session
from safefiles.onnx_smoke import smoke_once

__all__ = [
    "Brain",
    "BrainFailure",
    "BrainRefused",
    "Card",
    "Contract",
    "Head",
    "Streams",
    "load_brain",
    "make_streams",
    "sample_actions",
]


class Brain:
    """A loaded policy. All rows asked of one brain are one onnxruntime call."""

    def __init__(self, name: str, sha256: str, session: Session, contract: Contract, card: Card) -> None:
        """Use `load_brain`, which checks everything first."""
        self.name = name
        self.sha256 = sha256
        self.contract = contract
        self.card = card
        self.notes: list[str] = []
        self._session = session
        self._logits_index = session.outputs.index(LOGITS)
        self._value_index = session.outputs.index(VALUE) if VALUE in session.outputs else None

    @property
    def heads(self) -> tuple[Head, ...]:
        """The action heads, in the order of the logits."""
        return self.contract.heads

    def logits(self, observations: NDArray[np.floating]) -> NDArray[np.float32]:
        """Logits of shape (rows, sum of head sizes) for observations of shape (rows, observation size).

        Raises BrainFailure on a wrong shape, an onnxruntime error, NaN or infinity.
        """
        return self.evaluate(observations)[0]

    def evaluate(
        self, observations: NDArray[np.floating]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        """Logits and, where the model has one, the value of each row, shape (rows,)."""
        if observations.ndim != 2 or observations.shape[1] != self.contract.observation_size:
            expected = self.contract.observation_size
            raise BrainFailure(
                say("rows", where=brain_place(self.name), expected=expected, found=observations.shape)
            )
        try:
            outputs = self._session.run(np.ascontiguousarray(observations, dtype=np.float32))
        except SessionError as error:
            raise BrainFailure(say("of_file", where=brain_place(self.name), why=message_of(error))) from error
        logits = outputs[self._logits_index]
        if not np.isfinite(logits).all():
            found = logits[~np.isfinite(logits)][0]
            raise BrainFailure(say("finite_logits", where=brain_place(self.name), found=found))
        return logits, None if self._value_index is None else outputs[self._value_index][:, 0]

    def check(self, expected: Contract) -> list[str]:
        """Refuse a brain made for another game (BrainRefused); otherwise what a person should
        know about it.
        """
        return compare(expected, self.contract, brain_place(self.name))


def load_brain(
    path: Path, expected: Contract | None, *, cache_dir: Path | None = None, smoke: bool = True
) -> Brain:
    """Read, check and load a policy; BrainRefused gives one line with the field, what was expected and found.

    With `expected`, the policy must fit that contract; `Brain.notes` holds what does not forbid playing.
    `smoke` runs an unknown model in a child process first; `cache_dir` remembers, by the file's SHA-256, that
    this went well.
    """
    where = brain_place(path.name)
    data, model = read_brain(path, where)
    contract, card, golden = read_metadata(model.metadata, where)
    _check_sizes(model, contract, where)
    notes = compare(expected, contract, where) if expected is not None else []
    if smoke:
        with brain_refusals():
            smoke_once(
                data,
                where,
                input_name=INPUT,
                input_size=model.input_size,
                cache_dir=cache_dir,
                versions={"agents": __version__},
            )
    try:
        session = open_session(data, INPUT)
    except SessionError as error:
        raise BrainRefused(say("runtime_refused", where=where, why=message_of(error))) from error
    brain = Brain(path.name, hashlib.sha256(data).hexdigest(), session, contract, card)
    brain.notes = notes
    _check_golden(brain, golden, where)
    return brain


def _check_sizes(model: GuardedModel, contract: Contract, where: str) -> None:
    """The graph must have the sizes that its own contract states."""
    if model.input_size != contract.observation_size:
        raise BrainRefused(
            say("input_size", where=where, expected=contract.observation_size, found=model.input_size)
        )
    if model.outputs[LOGITS] != contract.logits_size:
        found = model.outputs[LOGITS]
        raise BrainRefused(say("logits_size", where=where, expected=contract.logits_size, found=found))


def _check_golden(brain: Brain, golden: Golden, where: str) -> None:
    try:
        found = brain.logits(golden.observations)
    except BrainFailure as error:
        raise BrainRefused(say("golden_failed", where=where, why=message_of(error))) from error
    worst = largest_difference(found, golden.logits)
    if worst > GOLDEN_TOLERANCE:
        raise BrainRefused(say("golden", where=where, expected=GOLDEN_TOLERANCE, found=worst))
