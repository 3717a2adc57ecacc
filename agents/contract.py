"""What a policy and a game must agree on, and the other metadata of a model file.

Stored in the ONNX file's `metadata_props`:
- `agents.contract`: JSON of `Contract`, with the hash of its slots
- `agents.card`: JSON of `Card`: title, recipe, training, evaluation, licence
- `agents.golden`: JSON of 16 observations and the logits they must give, base64 of little-endian float32
"""

import base64
import binascii
import dataclasses
import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.errors import BrainRefused
from agents.messages import say
from agents.sampling import BOX, DISCRETE, Head, box_head
from safefiles.foreign import parse_json, place_inside
from safefiles.text import clean

CONTRACT_VERSION = 2  # 1: discrete heads, no masks; written whenever it is sufficient
CONTRACT_KEY, CARD_KEY, GOLDEN_KEY = "agents.contract", "agents.card", "agents.golden"
GOLDEN_ROWS = 16
GOLDEN_TOLERANCE = 1e-4  # absolute below 1, relative above
MAX_SLOTS = 4096
MAX_OBSERVATION = 4096  # floats
MAX_HEADS = 64
MAX_LOGITS = 4096
MAX_METADATA_BYTES = 1 << 20
VERSIONS = range(1, CONTRACT_VERSION + 1)
MAX_CARD_TEXT = 2000  # characters of a title, a description, a note


class Slot(NamedTuple):
    """A named stretch of the observation; None = unbounded."""

    name: str
    size: int
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Contract:
    """Ordered observation slots, action heads and timing; the rules hash is a note, not a condition."""

    slots: tuple[Slot, ...]
    heads: tuple[Head, ...]
    tick_rate: float  # ticks per second, 0 = unknown
    decision_period: int  # ticks per decision, 0 = unknown
    rules_hash: str
    masks: bool = False  # the model has a second input, (rows, logits) of 0 and 1: which choices are allowed

    @property
    def observation_size(self) -> int:
        """Floats in one observation."""
        return sum(slot.size for slot in self.slots)

    @property
    def logits_size(self) -> int:
        """Columns of the output `logits`: the choices of discrete heads, or the means and log-deviations of a box."""
        return sum(head.columns for head in self.heads)

    @property
    def slots_hash(self) -> str:
        """SHA-256 of the slots' names, sizes and ranges in order."""
        text = json.dumps([list(slot) for slot in self.slots], separators=(",", ":"))
        return hashlib.sha256(text.encode("utf-8")).hexdigest()

    @property
    def version(self) -> int:
        """The lowest contract version that can represent this."""
        return CONTRACT_VERSION if self.masks or box_head(self.heads) is not None else 1

    def to_dict(self) -> dict[str, Any]:
        """JSON-able; `from_dict` reads it back."""
        return {
            "version": self.version,
            "slots": [slot._asdict() for slot in self.slots],
            "slots_hash": self.slots_hash,
            "heads": [_head_table(head) for head in self.heads],
            "tick_rate": self.tick_rate,
            "decision_period": self.decision_period,
            "rules_hash": self.rules_hash,
            **({"masks": True} if self.masks else {}),
        }

    @classmethod
    def from_dict(cls, data: Any, where: str = "contract") -> "Contract":
        """Read a contract from JSON-able data, as an env's `policy_contract()` gives it; extra keys are
        ignored.
        """
        table = _mapping(data, where)
        version = table.get("version", CONTRACT_VERSION)
        if version not in VERSIONS or isinstance(version, bool):
            raise BrainRefused(
                say(
                    "contract_version",
                    where=where,
                    expected=f"1 to {CONTRACT_VERSION}",
                    found=f"{version!r:.40}",
                )
            )
        slots = tuple(
            _slot(item, where, f"slot {i}") for i, item in enumerate(_items(table, "slots", where, MAX_SLOTS))
        )
        heads = tuple(
            _head(item, where, f"head {i}") for i, item in enumerate(_items(table, "heads", where, MAX_HEADS))
        )
        contract = cls(
            slots,
            heads,
            float(_number(table.get("tick_rate", 0), 0, 1e6, where, "tick_rate") or 0.0),
            _whole(table.get("decision_period", 0), 0, 1_000_000, where, "decision_period"),
            _text(table.get("rules_hash", ""), where, "rules_hash"),
            _truth(table.get("masks", False), where, "masks"),
        )
        _check_kinds(contract, where)
        if not 1 <= contract.observation_size <= MAX_OBSERVATION:
            found = contract.observation_size
            raise BrainRefused(say("observation_floats", where=where, most=MAX_OBSERVATION, found=found))
        if not 1 <= contract.logits_size <= MAX_LOGITS:
            raise BrainRefused(say("most_logits", where=where, most=MAX_LOGITS, found=contract.logits_size))
        _check_names([slot.name for slot in slots], where)
        if "slots_hash" in table and table["slots_hash"] != contract.slots_hash:
            own, found_hash = contract.slots_hash[:12], f"{table['slots_hash']!r:.20}"
            raise BrainRefused(say("slots_hash", where=where, expected=own, found=found_hash))
        return contract


def generic_contract(slots: tuple[Slot, ...], heads: Sequence[Head | int], name: str) -> Contract:
    """A contract from spaces alone; an integer means a discrete head with that many choices; `name` takes the place of the
    rules' hash.
    """
    named = (Head(f"action_{at}", head) if isinstance(head, int) else head for at, head in enumerate(heads))
    return Contract(slots, tuple(named), 0.0, 0, name)


def narrow_contract(offered: Contract, wanted: Contract) -> Contract:
    """A game's contract without the slots that a policy does not know; unchanged if it knows them all.

    Slots are matched by name and keep the game's order.
    """
    known = {slot.name for slot in wanted.slots}
    slots = tuple(slot for slot in offered.slots if slot.name in known)
    return dataclasses.replace(offered, slots=slots) if len(slots) == len(wanted.slots) else offered


def slot_columns(offered: Contract, wanted: Contract) -> NDArray[np.int64] | None:
    """The columns of a game's observation that a policy uses; None if it uses all."""
    known = {slot.name for slot in wanted.slots}
    taken = [np.full(slot.size, slot.name in known) for slot in offered.slots]
    chosen = np.flatnonzero(np.concatenate(taken))
    return None if len(chosen) == offered.observation_size else chosen


def check_contract(expected: Contract, found: Contract, where: str) -> list[str]:
    """Refuse a policy made for other observations, actions or timing, naming the first field that differs; return notes."""
    for index, (want, have) in enumerate(zip(expected.slots, found.slots, strict=False)):
        if (want.name, want.size) != (have.name, have.size):
            key = "slot_size" if want.name == have.name else "slot"
            sizes = {"expected": want.size, "found": have.name, "size": have.size}
            raise BrainRefused(say(key, where=where, index=index, name=want.name, **sizes))
        if not (_same(want.low, have.low) and _same(want.high, have.high)):
            ranges = {"expected": _range(want), "found": _range(have)}
            raise BrainRefused(say("slot_range", where=where, index=index, name=want.name, **ranges))
    if len(expected.slots) != len(found.slots):
        raise BrainRefused(say("slots", where=where, expected=len(expected.slots), found=len(found.slots)))
    for index, (head, other) in enumerate(zip(expected.heads, found.heads, strict=False)):
        if (head.name, head.size, head.kind) != (other.name, other.size, other.kind):
            wanted = {"name": head.name, "expected": head.size}
            raise BrainRefused(
                say("head", where=where, index=index, **wanted, found=other.name, size=other.size)
            )
        _same_box(head, other, where, index)
    if len(expected.heads) != len(found.heads):
        raise BrainRefused(say("heads", where=where, expected=len(expected.heads), found=len(found.heads)))
    if not _same(expected.tick_rate, found.tick_rate):
        raise BrainRefused(say("tick_rate", where=where, expected=expected.tick_rate, found=found.tick_rate))
    if expected.decision_period != found.decision_period:
        periods = {"expected": expected.decision_period, "found": found.decision_period}
        raise BrainRefused(say("decision_period", where=where, **periods))
    if expected.rules_hash != found.rules_hash:
        theirs, ours = (each.rules_hash[:12] or say("unknown") for each in (found, expected))
        return [say("other_rules", theirs=theirs, ours=ours)]
    return []


_LATER = {
    "eval_kwargs"
}  # keys of a card that are left out if empty, so that older cards are rewritten unchanged


@dataclass(frozen=True)
class Card:
    """What a user should know about a brain before playing with it."""

    title: str = "untitled"
    character: str = ""
    description: str = ""
    author: str = ""
    licence: str = ""
    env: str = ""
    env_kwargs: dict[str, Any] = field(
        default_factory=dict
    )  # keywords of `make_vec` in training, without the reward
    eval_kwargs: dict[str, Any] = field(default_factory=dict)  # keywords of evaluations, which override these
    recipe: str = ""  # TOML text
    source_revision: str = ""
    samples: int = 0
    seconds: float = 0.0  # wall-clock time of the training
    seed: int = 0
    machine: str = ""
    created: str = ""  # ISO 8601, UTC
    notes: str = ""
    evaluation: list[dict[str, Any]] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able; `from_dict` reads it back."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: value for name, value in values.items() if value or name not in _LATER}

    @classmethod
    def from_dict(cls, data: Any, where: str = "card") -> "Card":
        """Read a card; unknown keys are ignored, known ones must have the right type. Control characters are removed from
        texts.
        """
        table = _mapping(data, where)
        values: dict[str, Any] = {}
        for name, default in ((name, getattr(cls(), name)) for name in cls.__dataclass_fields__):
            if name not in table:
                continue
            value = table[name]
            if isinstance(default, str):
                text = _text(value, where, name)
                # only a recipe may be long and have several lines; other texts are shown in one line
                values[name] = clean(text, lines=True) if name == "recipe" else clean(text, MAX_CARD_TEXT)
            elif isinstance(default, dict):
                values[name] = dict(_mapping(value, where, name))
            elif isinstance(default, list):
                if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
                    raise _refused(value, say("objects"), where, name)
                values[name] = value
            elif isinstance(default, float):
                values[name] = float(_number(value, 0, 1e12, where, name) or 0.0)
            else:
                values[name] = _whole(value, 0, 2**63 - 1, where, name)
        return cls(**values)


@dataclass(frozen=True)
class Golden:
    """Observations and the logits that the model gave for them at export."""

    observations: NDArray[np.float32]  # (rows, observation size)
    logits: NDArray[np.float32]  # (rows, logits)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able; `from_dict` reads it back."""
        return {
            "rows": len(self.observations),
            "observations": _encode(self.observations),
            "logits": _encode(self.logits),
        }

    @classmethod
    def from_dict(cls, data: Any, contract: Contract, where: str = "golden") -> "Golden":
        """Read golden pairs of the contract's sizes."""
        table = _mapping(data, where)
        rows = _whole(table.get("rows"), 1, 256, where, "rows")
        return cls(
            _decode(table.get("observations"), rows, contract.observation_size, where, "observations"),
            _decode(table.get("logits"), rows, contract.logits_size, where, "logits"),
        )


def read_metadata(metadata: Mapping[str, str], where: str) -> tuple[Contract, Card, Golden]:
    """The three parts of a model's metadata; BrainRefused names what is missing or malformed."""
    parts: dict[str, Any] = {}
    for key in (CONTRACT_KEY, CARD_KEY, GOLDEN_KEY):
        text = metadata.get(key)
        if text is None:
            found = clean(str(sorted(metadata)), 200) if metadata else say("none")
            raise BrainRefused(say("metadata", where=where, key=key, found=found))
        if len(text) > MAX_METADATA_BYTES:
            size = {"most": MAX_METADATA_BYTES, "found": len(text)}
            raise BrainRefused(say("metadata_size", where=where, key=key, **size))
        parts[key] = parse_json(text, _inside(where, key), BrainRefused)
    contract = Contract.from_dict(parts[CONTRACT_KEY], _inside(where, CONTRACT_KEY))
    card = Card.from_dict(parts[CARD_KEY], _inside(where, CARD_KEY))
    return contract, card, Golden.from_dict(parts[GOLDEN_KEY], contract, _inside(where, GOLDEN_KEY))


def write_metadata(contract: Contract, card: Card, golden: Golden) -> dict[str, str]:
    """The inverse of `read_metadata`."""
    parts = {CONTRACT_KEY: contract.to_dict(), CARD_KEY: card.to_dict(), GOLDEN_KEY: golden.to_dict()}
    return {key: json.dumps(value, ensure_ascii=False, allow_nan=False) for key, value in parts.items()}


def largest_difference(found: NDArray[np.float32], expected: NDArray[np.float32]) -> float:
    """The largest difference, absolute below 1 and relative above; infinite for NaN."""
    scale = np.maximum(1.0, np.abs(expected.astype(np.float64)))
    worst = float(np.max(np.abs(found.astype(np.float64) - expected) / scale, initial=0.0))
    return worst if math.isfinite(worst) else math.inf


def _encode(array: NDArray[np.float32]) -> str:
    return base64.b64encode(array.astype("<f4").tobytes()).decode("ascii")


def _decode(text: Any, rows: int, columns: int, *where: str) -> NDArray[np.float32]:
    try:
        data = base64.b64decode(_text(text, *where), validate=True)
    except (binascii.Error, ValueError) as error:
        if isinstance(error, BrainRefused):
            raise
        raise BrainRefused(say("base64", where=_inside(*where), found=f"{text!r:.20}")) from error
    if len(data) != 4 * rows * columns:
        size = {"rows": rows, "columns": columns, "bytes": 4 * rows * columns, "found": len(data)}
        raise BrainRefused(say("floats", where=_inside(*where), **size))
    return np.frombuffer(data, dtype="<f4").reshape(rows, columns).astype(np.float32)


def _inside(*where: str) -> str:
    """Return the name of a place in a model file, for messages."""
    return place_inside(*where, mark=" > ")


def _refused(value: Any, expected: str, *where: str) -> BrainRefused:
    return BrainRefused(say("refused", where=_inside(*where), expected=expected, found=f"{value!r:.40}"))


def _mapping(data: Any, *where: str) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        kind = type(data).__name__
        raise BrainRefused(say("refused", where=_inside(*where), expected=say("object"), found=kind))
    return data


def _items(table: Mapping[str, Any], key: str, where: str, most: int) -> list[Any]:
    value = table.get(key)
    if not isinstance(value, (list, tuple)) or not 1 <= len(value) <= most:
        found = len(value) if isinstance(value, (list, tuple)) else repr(value)[:40]
        raise BrainRefused(say("entries", where=_inside(where, key), most=most, found=found))
    return list(value)


def _slot(item: Any, *where: str) -> Slot:
    table = _mapping(item, *where)
    return Slot(
        _text(table.get("name"), *where, "name"),
        _whole(table.get("size"), 1, MAX_OBSERVATION, *where, "size"),
        _number(table.get("low"), -1e30, 1e30, *where, "low"),
        _number(table.get("high"), -1e30, 1e30, *where, "high"),
    )


def _head(item: Any, *where: str) -> Head:
    table = _mapping(item, *where)
    name = _text(table.get("name"), *where, "name")
    size = _whole(table.get("size"), 1, MAX_LOGITS, *where, "size")
    kind = _text(table.get("kind", DISCRETE), *where, "kind")
    if kind == DISCRETE:
        return Head(name, size)
    if kind != BOX:
        raise _refused(kind, f"{DISCRETE!r} / {BOX!r}", *where, "kind")
    low, high = (_box_side(table, key, size, *where) for key in ("low", "high"))
    squash = _truth(table.get("squash", False), *where, "squash")
    if squash and None in (*low, *high):
        raise _refused(None, say("finite_bounds"), *where, "squash")
    return Head(name, size, BOX, low, high, squash)


def _head_table(head: Head) -> dict[str, Any]:
    """A discrete head in the form of version 1; a box head with all its fields."""
    if head.kind == DISCRETE:
        return {"name": head.name, "size": head.size}
    return head._asdict() | {"low": list(head.low), "high": list(head.high)}


def _box_side(table: Mapping[str, Any], key: str, size: int, *where: str) -> tuple[float | None, ...]:
    values = table.get(key)
    if not isinstance(values, (list, tuple)) or len(values) != size:
        raise _refused(values, say("bounds_of", size=size), *where, key)
    return tuple(_number(value, -1e38, 1e38, *where, key) for value in values)


def _check_kinds(contract: Contract, where: str) -> None:
    """Refuse a box head next to other heads, or with masks: it has no choices that a mask could forbid."""
    if all(head.kind == DISCRETE for head in contract.heads):
        return
    if len(contract.heads) > 1:
        found = ", ".join(head.kind for head in contract.heads[:6])
        raise BrainRefused(say("one_box", where=_inside(where, "heads"), found=found))
    if contract.masks:
        raise _refused(True, say("no_masks_of_box"), where, "masks")


def _same_box(expected: Head, found: Head, where: str, index: int) -> None:
    """Refuse a box with other bounds; whether actions are clipped or squashed is up to the brain and not compared."""
    for side, (want, have) in enumerate(((expected.low, found.low), (expected.high, found.high))):
        for at, (bound, other) in enumerate(zip(want, have, strict=False)):
            if not _same(bound, other):
                key = "box_high" if side else "box_low"
                raise BrainRefused(
                    say(key, where=where, index=index, name=expected.name, at=at, expected=bound, found=other)
                )


def _check_names(names: list[str], where: str) -> None:
    doubled = [name for index, name in enumerate(names) if name in names[:index]]
    if doubled:
        raise BrainRefused(say("names_twice", where=_inside(where, "slots"), name=doubled[0]))


def _text(value: Any, *where: str) -> str:
    if not isinstance(value, str):
        raise _refused(value, say("string"), *where)
    return value


def _truth(value: Any, *where: str) -> bool:
    if not isinstance(value, bool):
        raise _refused(value, say("truth"), *where)
    return value


def _whole(value: Any, low: int, high: int, *where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise _refused(value, say("whole_from", low=low, high=high), *where)
    return value


def _number(value: Any, low: float, high: float, *where: str) -> float | None:
    """A finite number, or None for null."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise _refused(value, say("number_from", low=low, high=high), *where)
    return float(value)


def _same(first: float | None, second: float | None) -> bool:
    if first is None or second is None:
        return first is second
    return math.isclose(first, second, rel_tol=1e-6, abs_tol=1e-9)


def _range(slot: Slot) -> str:
    low, high = ("any" if bound is None else f"{bound:g}" for bound in (slot.low, slot.high))
    return f"[{low}, {high}]"


def finite_or_none(value: float) -> float | None:
    """A bound as a slot has it; None if it is not finite."""
    return float(value) if math.isfinite(value) and abs(value) <= 1e30 else None
