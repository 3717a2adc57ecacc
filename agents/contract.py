"""What a policy and a game must agree on, and everything else a model file says about itself.

Stored in the ONNX file's `metadata_props`:
- `agents.contract`: JSON of `Contract`, with the hash of its slots
- `agents.card`: JSON of `Card`: title, recipe, training, evaluation, licence
- `agents.golden`: JSON of 16 observations and the logits they must give, base64 of little-endian float32
"""

import base64
import binascii
import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.errors import BrainRefused
from agents.sampling import Head
from safefiles.foreign import parse_json
from safefiles.text import clean

CONTRACT_VERSION = 1
CONTRACT_KEY, CARD_KEY, GOLDEN_KEY = "agents.contract", "agents.card", "agents.golden"
GOLDEN_ROWS = 16
GOLDEN_TOLERANCE = 1e-4  # absolute below 1, relative above
MAX_SLOTS = 4096
MAX_OBSERVATION = 4096  # floats
MAX_HEADS = 64
MAX_LOGITS = 4096
MAX_METADATA_BYTES = 1 << 20
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
    tick_rate: float  # ticks per second, 0 = not said
    decision_period: int  # ticks per decision, 0 = not said
    rules_hash: str

    @property
    def observation_size(self) -> int:
        """Floats in one observation."""
        return sum(slot.size for slot in self.slots)

    @property
    def logits_size(self) -> int:
        """Logits of all heads together."""
        return sum(head.size for head in self.heads)

    @property
    def slots_hash(self) -> str:
        """SHA-256 of the slots' names, sizes and ranges in order."""
        text = json.dumps([list(slot) for slot in self.slots], separators=(",", ":"))
        return hashlib.sha256(text.encode("utf-8")).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """JSON-able; `from_dict` reads it back."""
        return {
            "version": CONTRACT_VERSION,
            "slots": [slot._asdict() for slot in self.slots],
            "slots_hash": self.slots_hash,
            "heads": [head._asdict() for head in self.heads],
            "tick_rate": self.tick_rate,
            "decision_period": self.decision_period,
            "rules_hash": self.rules_hash,
        }

    @classmethod
    def from_dict(cls, data: Any, where: str = "contract") -> "Contract":
        """Read a contract from JSON-able data, as an env's `policy_contract()` gives it; extra keys are
        ignored.
        """
        table = _mapping(data, where)
        version = table.get("version", CONTRACT_VERSION)
        if version != CONTRACT_VERSION:
            raise BrainRefused(
                f"{where}: expected contract version {CONTRACT_VERSION}, found {version!r:.40}"
            )
        slots = tuple(
            _slot(item, f"{where} > slot {i}")
            for i, item in enumerate(_items(table, "slots", where, MAX_SLOTS))
        )
        heads = tuple(
            _head(item, f"{where} > head {i}")
            for i, item in enumerate(_items(table, "heads", where, MAX_HEADS))
        )
        contract = cls(
            slots,
            heads,
            float(_number(table.get("tick_rate", 0), f"{where} > tick_rate", 0, 1e6) or 0.0),
            _whole(table.get("decision_period", 0), f"{where} > decision_period", 0, 1_000_000),
            _text(table.get("rules_hash", ""), f"{where} > rules_hash"),
        )
        if not 1 <= contract.observation_size <= MAX_OBSERVATION:
            raise BrainRefused(
                f"{where}: expected 1 to {MAX_OBSERVATION} observation floats, "
                f"found {contract.observation_size}"
            )
        if not 1 <= contract.logits_size <= MAX_LOGITS:
            raise BrainRefused(f"{where}: expected 1 to {MAX_LOGITS} logits, found {contract.logits_size}")
        _check_names([slot.name for slot in slots], f"{where} > slots")
        if "slots_hash" in table and table["slots_hash"] != contract.slots_hash:
            raise BrainRefused(
                f"{where}: expected slots_hash {contract.slots_hash[:12]} of its own slots, "
                f"found {table['slots_hash']!r:.20}"
            )
        return contract


def generic_contract(slots: tuple[Slot, ...], head_sizes: list[int], name: str) -> Contract:
    """A contract from spaces alone; `name` stands for the rules."""
    heads = tuple(Head(f"action_{index}", size) for index, size in enumerate(head_sizes))
    return Contract(slots, heads, 0.0, 0, name)


def compare(expected: Contract, found: Contract, where: str) -> list[str]:
    """Refuse a policy made for other senses, actions or timing, naming the first field that differs; return
    notes.
    """
    for index, (want, have) in enumerate(zip(expected.slots, found.slots, strict=False)):
        if (want.name, want.size) != (have.name, have.size):
            raise BrainRefused(
                f"{where}: expected observation slot {index} {want.name!r} of size {want.size}, found "
                + (f"{have.size}" if want.name == have.name else f"{have.name!r} of size {have.size}")
            )
        if not (_same(want.low, have.low) and _same(want.high, have.high)):
            raise BrainRefused(
                f"{where}: expected observation slot {index} {want.name!r} in {_range(want)}, "
                f"found {_range(have)}"
            )
    if len(expected.slots) != len(found.slots):
        raise BrainRefused(
            f"{where}: expected {len(expected.slots)} observation slots, found {len(found.slots)}"
        )
    for index, (head, other) in enumerate(zip(expected.heads, found.heads, strict=False)):
        if head != other:
            raise BrainRefused(
                f"{where}: expected action head {index} {head.name!r} of size {head.size}, "
                f"found {other.name!r} of size {other.size}"
            )
    if len(expected.heads) != len(found.heads):
        raise BrainRefused(f"{where}: expected {len(expected.heads)} action heads, found {len(found.heads)}")
    if not _same(expected.tick_rate, found.tick_rate):
        raise BrainRefused(f"{where}: expected tick rate {expected.tick_rate:g}, found {found.tick_rate:g}")
    if expected.decision_period != found.decision_period:
        raise BrainRefused(
            f"{where}: expected decision period {expected.decision_period}, found {found.decision_period}"
        )
    if expected.rules_hash != found.rules_hash:
        theirs, ours = found.rules_hash[:12] or "unknown", expected.rules_hash[:12] or "unknown"
        return [f"trained under other rules ({theirs}, here {ours})"]
    return []


@dataclass(frozen=True)
class Card:
    """What a person wants to know about a brain before trusting it with a fight."""

    title: str = "untitled"
    character: str = ""
    description: str = ""
    author: str = ""
    licence: str = ""
    env: str = ""
    env_kwargs: dict[str, Any] = field(
        default_factory=dict
    )  # what `make_vec` was given in training, but the reward
    recipe: str = ""  # TOML text
    source_revision: str = ""
    samples: int = 0
    seconds: float = 0.0  # wall-clock of the training
    seed: int = 0
    machine: str = ""
    created: str = ""  # ISO 8601, UTC
    notes: str = ""
    evaluation: list[dict[str, Any]] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able; `from_dict` reads it back."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    @classmethod
    def from_dict(cls, data: Any, where: str = "card") -> "Card":
        """Read a card; unknown keys are ignored, known ones must have the right type. Texts come out clean."""
        table = _mapping(data, where)
        values: dict[str, Any] = {}
        for name, default in cls().to_dict().items():
            if name not in table:
                continue
            value = table[name]
            if isinstance(default, str):
                text = _text(value, f"{where} > {name}")
                # only a recipe has lines and may be long; everything else is shown in one
                values[name] = clean(text, lines=True) if name == "recipe" else clean(text, MAX_CARD_TEXT)
            elif isinstance(default, dict):
                values[name] = dict(_mapping(value, f"{where} > {name}"))
            elif isinstance(default, list):
                if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
                    raise BrainRefused(f"{where} > {name}: expected a list of objects, found {value!r:.40}")
                values[name] = value
            elif isinstance(default, float):
                values[name] = float(_number(value, f"{where} > {name}", 0, 1e12) or 0.0)
            else:
                values[name] = _whole(value, f"{where} > {name}", 0, 2**63 - 1)
        return cls(**values)


@dataclass(frozen=True)
class Golden:
    """Observations and the logits they gave when the model was exported."""

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
        rows = _whole(table.get("rows"), f"{where} > rows", 1, 256)
        return cls(
            _decode(table.get("observations"), rows, contract.observation_size, f"{where} > observations"),
            _decode(table.get("logits"), rows, contract.logits_size, f"{where} > logits"),
        )


def read_metadata(metadata: Mapping[str, str], where: str) -> tuple[Contract, Card, Golden]:
    """The three parts of a model's metadata; BrainRefused names what is missing or malformed."""
    parts: dict[str, Any] = {}
    for key in (CONTRACT_KEY, CARD_KEY, GOLDEN_KEY):
        text = metadata.get(key)
        if text is None:
            raise BrainRefused(
                f"{where}: expected metadata {key!r}, found {clean(str(sorted(metadata) or 'none'), 200)}"
            )
        if len(text) > MAX_METADATA_BYTES:
            raise BrainRefused(
                f"{where}: expected metadata {key!r} of at most {MAX_METADATA_BYTES} bytes, found {len(text)}"
            )
        parts[key] = parse_json(text, f"{where} > {key}", BrainRefused)
    contract = Contract.from_dict(parts[CONTRACT_KEY], f"{where} > {CONTRACT_KEY}")
    card = Card.from_dict(parts[CARD_KEY], f"{where} > {CARD_KEY}")
    return contract, card, Golden.from_dict(parts[GOLDEN_KEY], contract, f"{where} > {GOLDEN_KEY}")


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


def _decode(text: Any, rows: int, columns: int, where: str) -> NDArray[np.float32]:
    try:
        data = base64.b64decode(_text(text, where), validate=True)
    except (binascii.Error, ValueError) as error:
        if isinstance(error, BrainRefused):
            raise
        raise BrainRefused(f"{where}: expected base64, found {text!r:.20}") from error
    if len(data) != 4 * rows * columns:
        raise BrainRefused(
            f"{where}: expected {rows} x {columns} floats = {4 * rows * columns} bytes, found {len(data)}"
        )
    return np.frombuffer(data, dtype="<f4").reshape(rows, columns).astype(np.float32)


def _mapping(data: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        raise BrainRefused(f"{where}: expected an object, found {type(data).__name__}")
    return data


def _items(table: Mapping[str, Any], key: str, where: str, most: int) -> list[Any]:
    value = table.get(key)
    if not isinstance(value, (list, tuple)) or not 1 <= len(value) <= most:
        found = len(value) if isinstance(value, (list, tuple)) else repr(value)[:40]
        raise BrainRefused(f"{where} > {key}: expected a list of 1 to {most} entries, found {found}")
    return list(value)


def _slot(item: Any, where: str) -> Slot:
    table = _mapping(item, where)
    return Slot(
        _text(table.get("name"), f"{where} > name"),
        _whole(table.get("size"), f"{where} > size", 1, MAX_OBSERVATION),
        _number(table.get("low"), f"{where} > low", -1e30, 1e30),
        _number(table.get("high"), f"{where} > high", -1e30, 1e30),
    )


def _head(item: Any, where: str) -> Head:
    table = _mapping(item, where)
    name = _text(table.get("name"), f"{where} > name")
    return Head(name, _whole(table.get("size"), f"{where} > size", 1, MAX_LOGITS))


def _check_names(names: list[str], where: str) -> None:
    doubled = [name for index, name in enumerate(names) if name in names[:index]]
    if doubled:
        raise BrainRefused(f"{where}: expected different names, found {doubled[0]!r} twice")


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise BrainRefused(f"{where}: expected a string, found {value!r:.40}")
    return value


def _whole(value: Any, where: str, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise BrainRefused(f"{where}: expected a whole number from {low} to {high}, found {value!r:.40}")
    return value


def _number(value: Any, where: str, low: float, high: float) -> float | None:
    """A finite number, or None for null."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise BrainRefused(f"{where}: expected a number from {low:g} to {high:g}, found {value!r:.40}")
    return float(value)


def _same(first: float | None, second: float | None) -> bool:
    if first is None or second is None:
        return first is second
    return math.isclose(first, second, rel_tol=1e-6, abs_tol=1e-9)


def _range(slot: Slot) -> str:
    low, high = ("any" if bound is None else f"{bound:g}" for bound in (slot.low, slot.high))
    return f"[{low}, {high}]"


def finite_or_none(value: float) -> float | None:
    """A bound as a slot states it; None where it is none."""
    return float(value) if math.isfinite(value) and abs(value) <= 1e30 else None
