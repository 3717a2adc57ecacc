"""Policies at play time: load, check, run in batches, sample. NumPy and onnxruntime only.

    brain = load_brain(Path("hunter.onnx"), contract, cache_dir=folder)   # BrainRefused names the fault
    streams = make_streams(seed, rows)                                    # one random stream per seat
    actions = sample_actions(brain.logits(observations), brain.heads, temperature, streams)

A model file is untrusted: `safefiles.onnx_guard` reads it before onnxruntime does, it is run once in a child process before it
runs here, and it must reproduce its own golden vectors. Later failures raise BrainFailure.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.brain_file import INPUT, LOGITS, MASK, VALUE, brain_place, brain_refusals, read_brain
from agents.contract import (
    GOLDEN_TOLERANCE,
    Card,
    Contract,
    Golden,
    check_contract,
    largest_difference,
    narrow_contract,
    read_metadata,
    slot_columns,
)
from agents.errors import BrainFailure, BrainRefused
from agents.messages import say
from agents.sampling import Head, Streams, make_streams, sample_actions
from agents.version import __version__
from safefiles.causes import message_of
from safefiles.onnx_guard import GuardedModel
from safefiles.onnx_part import keep_outputs
from safefiles.onnx_session import BoundSession, Session, SessionError, open_session
from safefiles.onnx_smoke import smoke_once

__all__ = [
    "BoundBrain",
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
    """A loaded policy. All rows of one call are one onnxruntime call."""

    def __init__(self, name: str, data: bytes, session: Session, contract: Contract, card: Card) -> None:
        """Use `load_brain`, which checks the file first.

        session: runs the part of the model in `data` that gives the logits.
        """
        self.name = name
        self.sha256 = hashlib.sha256(data).hexdigest()
        self.contract = contract
        self.card = card
        self.notes: list[str] = []
        self._columns: NDArray[np.int64] | None = (
            None  # columns of the game's observation that it uses; None: all
        )
        self._offered = 0  # floats of the game's observation
        self._data = data
        self._session = session
        self._whole: Session | None = None  # opened when values are needed

    @property
    def heads(self) -> tuple[Head, ...]:
        """The action heads, in the order of the logits."""
        return self.contract.heads

    def logits(
        self, observations: NDArray[np.floating], mask: NDArray[Any] | None = None
    ) -> NDArray[np.float32]:
        """Logits of shape (rows, columns of all heads) for observations of shape (rows, observation size).

        A brain loaded for a game with more observation slots uses its own columns. `mask` (rows, columns), 1 if a choice is
        allowed and 0 if not, is an input of a brain whose contract has `masks`; without a mask all choices are allowed. Other
        brains ignore it. Raises BrainFailure on a wrong shape, an onnxruntime error, NaN or infinity.
        """
        (logits,) = self._run(observations, lambda: self._session, mask)
        self.refuse_infinite(logits)
        return logits

    def evaluate(
        self, observations: NDArray[np.floating], mask: NDArray[Any] | None = None
    ) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        """Logits and, if the model has it, the value of each row, shape (rows,). Raises BrainFailure as `logits` does."""
        outputs = self._run(observations, self._open_whole, mask)
        assert self._whole is not None
        found = dict(zip(self._whole.outputs, outputs, strict=True))
        self.refuse_infinite(found[LOGITS])
        return found[LOGITS], found[VALUE][:, 0] if VALUE in found else None

    def _open_whole(self) -> Session:
        if self._whole is None:
            self._whole = open_session(self._data, INPUT)
        return self._whole

    def _run(
        self,
        observations: NDArray[np.floating],
        session: Callable[[], Session],
        mask: NDArray[Any] | None = None,
    ) -> list[NDArray[np.float32]]:
        """Every output of a session for these rows."""
        observations = self.own_senses(observations)
        self._check_rows(observations)
        more = {MASK: self._mask(mask, len(observations))} if self.contract.masks else {}
        try:
            return session().run(np.ascontiguousarray(observations, dtype=np.float32), **more)
        except SessionError as error:
            raise BrainFailure(say("of_file", where=brain_place(self.name), why=message_of(error))) from error

    def own_senses(self, observations: NDArray[np.floating]) -> NDArray[np.floating]:
        """This brain's columns of observations (rows, size) of the game that it was loaded for; other observations unchanged."""
        if self._columns is None or observations.ndim != 2 or observations.shape[1] != self._offered:
            return observations
        return observations[:, self._columns]

    def _mask(self, mask: NDArray[Any] | None, rows: int) -> NDArray[np.float32]:
        """The model's second input, ones and zeros."""
        shape = (rows, self.contract.logits_size)
        if mask is None:
            return np.ones(shape, dtype=np.float32)
        if np.shape(mask) != shape:
            raise BrainFailure(
                say("mask_rows", where=brain_place(self.name), expected=shape, found=np.shape(mask))
            )
        return np.ascontiguousarray(np.asarray(mask) != 0, dtype=np.float32)

    def _check_rows(self, observations: NDArray[np.floating]) -> None:
        expected = self.contract.observation_size
        if observations.ndim != 2 or observations.shape[1] != expected:
            raise BrainFailure(
                say("rows", where=brain_place(self.name), expected=expected, found=observations.shape)
            )

    def bind(self, observations: NDArray[np.float32], logits: NDArray[np.float32]) -> "BoundBrain":
        """Return this brain bound to two fixed arrays: `observations` (most, observation size), `logits` (most, sum of heads).

        If its contract has `masks`, all choices are allowed.
        """
        self._check_rows(observations)
        more = {MASK: self._mask(None, len(observations))} if self.contract.masks else {}
        try:
            return BoundBrain(self, self._session.bind(observations, LOGITS, logits, **more))
        except SessionError as error:
            raise BrainFailure(say("of_file", where=brain_place(self.name), why=message_of(error))) from error

    def refuse_infinite(self, logits: NDArray[np.float32]) -> None:
        """Raise BrainFailure if a logit is NaN or infinite."""
        if not np.isfinite(logits).all():
            found = logits[~np.isfinite(logits)][0]
            raise BrainFailure(say("finite_logits", where=brain_place(self.name), found=found))

    def check(self, expected: Contract) -> list[str]:
        """Refuse a brain made for another game (BrainRefused); otherwise return notes for the user. A brain with fewer
        observation slots than the game's uses its own columns from now on.
        """
        notes = check_contract(
            narrow_contract(expected, self.contract), self.contract, brain_place(self.name)
        )
        self._columns, self._offered = slot_columns(expected, self.contract), expected.observation_size
        return notes


class BoundBrain:
    """A brain that reads and writes the caller's arrays, for thousands of calls. One thread at a time."""

    def __init__(self, brain: Brain, session: BoundSession) -> None:
        """Use `Brain.bind`."""
        self.brain = brain
        self._session = session

    def run(self, count: int) -> None:
        """Write the logits of the first `count` rows; one onnxruntime call, without the value.

        Raises BrainFailure on an onnxruntime error. It does not check the logits: the sampler does, and `check` then raises the
        error.
        """
        try:
            self._session.run(count)
        except SessionError as error:
            where = brain_place(self.brain.name)
            raise BrainFailure(say("of_file", where=where, why=message_of(error))) from error

    def check(self, count: int) -> None:
        """Raise BrainFailure if one of the first `count` rows of logits is not finite."""
        self.brain.refuse_infinite(self._session.results[:count])


def load_brain(
    path: Path, expected: Contract | None, *, cache_dir: Path | None = None, smoke: bool = True
) -> Brain:
    """Read, check and load a policy; BrainRefused gives one line with the field, what was expected and found.

    With `expected`, the policy must fit that contract, or use fewer of its slots; `Brain.notes` has remarks that do not prevent
    playing. `smoke` runs an unknown model in a child process first; `cache_dir` keeps the SHA-256 of files that passed.
    """
    where = brain_place(path.name)
    data, model = read_brain(path, where)
    contract, card, golden = read_metadata(model.metadata, where)
    _check_sizes(model, contract, where)
    if expected is not None:
        check_contract(
            narrow_contract(expected, contract), contract, where
        )  # before an untrusted model is run
    if smoke:
        with brain_refusals():
            smoke_once(
                data,
                where,
                input_name=INPUT,
                input_size=model.input_size,
                more_inputs={name: size for name, size in model.inputs.items() if name != INPUT},
                cache_dir=cache_dir,
                versions={"agents": __version__},
            )
    try:
        session = open_session(keep_outputs(data, [LOGITS]), INPUT)
    except SessionError as error:
        raise BrainRefused(say("runtime_refused", where=where, why=message_of(error))) from error
    brain = Brain(path.name, data, session, contract, card)
    brain.notes = brain.check(expected) if expected is not None else []
    _check_golden(brain, golden, where)
    return brain


def _check_sizes(model: GuardedModel, contract: Contract, where: str) -> None:
    """Check that the graph has the sizes stated in its contract."""
    if model.input_size != contract.observation_size:
        raise BrainRefused(
            say("input_size", where=where, expected=contract.observation_size, found=model.input_size)
        )
    if model.outputs[LOGITS] != contract.logits_size:
        found = model.outputs[LOGITS]
        raise BrainRefused(say("logits_size", where=where, expected=contract.logits_size, found=found))
    wanted = contract.logits_size if contract.masks else 0
    if model.inputs.get(MASK, 0) != wanted:
        found = model.inputs.get(MASK, 0)
        raise BrainRefused(say("mask_size", where=where, expected=wanted, found=found))


def _check_golden(brain: Brain, golden: Golden, where: str) -> None:
    try:
        found = brain.logits(golden.observations)
    except BrainFailure as error:
        raise BrainRefused(say("golden_failed", where=where, why=message_of(error))) from error
    worst = largest_difference(found, golden.logits)
    if worst > GOLDEN_TOLERANCE:
        raise BrainRefused(say("golden", where=where, expected=GOLDEN_TOLERANCE, found=worst))
