"""Generator files: three `.onnx` files with a contract inside, read as untrusted files.

A folder holds chords.onnx, lines.onnx and drums.onnx. Each carries in its metadata: contract version, part, layout of
its input, vocabulary hash, corpus hash, recipe, sampling temperature, tilts (`chain.py`), and golden rows with their
logits. All three must come from one training, so their corpus hash and recipe must agree. A file of contract 1 has no tilts.
"""

import base64
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from music import vocabulary as vo
from music.errors import GeneratorRefused
from music.generators import chain
from music.generators import contract as co
from music.generators.chain import Tilts
from music.generators.play import Generators
from music.messages import say
from music.version import __version__
from safefiles.causes import message_of
from safefiles.errors import FileRefused
from safefiles.foreign import parse_json, place_inside
from safefiles.messages import Message
from safefiles.onnx_guard import GuardedModel, Limits, ModelShape, Output, guard_model, read_model
from safefiles.onnx_session import Session, SessionError, open_session
from safefiles.onnx_smoke import smoke_once
from safefiles.text import clean, shown_path

INPUT: Final = "noise_and_conditions"
GOLDEN_ROWS: Final = 8
TOLERANCE: Final = (
    1e-4  # largest allowed difference between machines of a logit up to SCALE; larger logits in proportion
)
SCALE: Final = 10.0
CONTRACTS: Final = ("1", str(co.CONTRACT_VERSION))  # that are read
LIMITS: Final = Limits(
    file_bytes=5 * 1024 * 1024, nodes=128, initialisers=128, parameters=1_250_000, width=4096, work=5_000_000
)
SHIPPED: Final = Path(__file__).resolve().parents[1] / "shipped" / "generators"


@dataclass(frozen=True)
class GeneratorCard:
    """The metadata of a generator."""

    part: str
    title: str
    corpus: str  # hash of the corpus manifest
    recipe: str  # the recipe's text
    temperature: float
    seconds: float  # of training
    licence: str
    source_revision: str

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return dict(self.__dict__)


def column_layout(part: co.GeneratorPart, *, tilts: bool = True) -> dict[str, Any]:
    """The description of a part's columns and tilts that is stored in the file; contract 1 has no tilts."""
    columns = {
        "inputs": [list(item) for item in part.inputs],
        "outputs": [list(item) for item in part.outputs],
        "scope": part.scope,
    }
    tables = [[name, *chain.table_shape(part.name, name)] for name in chain.SHAPES[part.name]]
    return {**columns, "tilts": tables} if tilts else columns


def metadata(card: GeneratorCard, golden: co.Floats, logits: list[co.Floats], tilts: Tilts) -> dict[str, str]:
    """The metadata that the exporter writes into the file."""
    tables = [tilts[name].ravel() for name in chain.SHAPES[card.part]]
    return {
        "music.contract": str(co.CONTRACT_VERSION),
        "music.vocabulary": vo.vocabulary_hash(),
        "music.layout": json.dumps(column_layout(co.PARTS[card.part]), sort_keys=True),
        "music.card": json.dumps(card.to_dict(), sort_keys=True),
        "music.tilts": _pack(np.concatenate([np.zeros(0, np.float32), *tables])),
        "music.golden": _pack(golden),
        "music.golden_logits": _pack(np.concatenate(logits, 1)),
    }


def _pack(array: co.Floats) -> str:
    return base64.b64encode(array.astype("<f4").tobytes()).decode()


def _unpack(text: str, numbers: int, what: str, where: str) -> co.Floats:
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise GeneratorRefused(
            say("generator_base64", where=where, what=what, cause=clean(str(error), 80))
        ) from error
    if len(data) != 4 * numbers:
        raise GeneratorRefused(
            say("generator_bytes", where=where, expected=4 * numbers, what=what, found=len(data))
        )
    return np.frombuffer(data, "<f4")


class GeneratorFile:
    """A loaded generator: call it with input rows for the logits of each output."""

    def __init__(self, card: GeneratorCard, tilts: Tilts, sha256: str, session: Session) -> None:
        """Use `load_generator`."""
        self.card, self.tilts, self.sha256 = card, tilts, sha256
        self._session = session
        self._order = [session.outputs.index(name) for name, _, _ in co.PARTS[card.part].outputs]

    def __call__(self, rows: co.Floats) -> list[co.Floats]:
        """Logits (n, positions * tokens) of each output, in the contract's order. GeneratorRefused on failure."""
        try:
            outputs = self._session.run(rows)
        except SessionError as error:
            raise GeneratorRefused(
                say("of_file", where=say("generator", name=self.card.part), why=message_of(error))
            ) from error
        return [outputs[index] for index in self._order]


def load_generator(
    path: Path, part: str, *, cache_dir: Path | None = None, smoke: bool = True
) -> GeneratorFile:
    """Read and check one file. GeneratorRefused names the field, the expected and the found value.

    `smoke` first runs an unknown file in a child process; `cache_dir` stores which files have passed this.
    """
    where = say("generator", name=repr(shown_path(path.name)))
    wanted = co.PARTS[part]
    shape = ModelShape(
        INPUT, tuple(Output(name, positions * tokens) for name, positions, tokens in wanted.outputs)
    )
    try:
        data = read_model(path, where, LIMITS)
        model = guard_model(data, where, shape, LIMITS)
        card, tilts = _check_contract(model, wanted, where)
        if smoke:
            smoke_once(
                data,
                where,
                input_name=INPUT,
                input_size=wanted.input_size,
                cache_dir=cache_dir,
                versions={"music": __version__},
            )
        generator = GeneratorFile(card, tilts, hashlib.sha256(data).hexdigest(), open_session(data, INPUT))
    except (FileRefused, SessionError) as error:
        raise GeneratorRefused(message_of(error)) from error
    _check_golden(generator, model, wanted, where)
    return generator


def _check_contract(model: GuardedModel, part: co.GeneratorPart, where: str) -> tuple[GeneratorCard, Tilts]:
    def read(key: str) -> str:
        if key not in model.metadata:
            raise GeneratorRefused(say("generator_metadata", where=where, key=key))
        return model.metadata[key]

    def agree(what: Message, expected: object, found: object) -> None:
        if found != expected:
            shown_value = clean(str(found), 80)
            raise GeneratorRefused(
                say("generator_agrees", where=where, what=what, expected=expected, found=shown_value)
            )

    version = read("music.contract")
    if version not in CONTRACTS:
        known = {"choices": " or ".join(CONTRACTS), "names": ", ".join(CONTRACTS)}
        raise GeneratorRefused(say("generator_version", where=where, **known, found=clean(version, 80)))
    agree(say("vocabulary"), vo.vocabulary_hash(), read("music.vocabulary"))
    agree(say("input_columns"), part.input_size, model.input_size)
    found_layout = parse_json(read("music.layout"), place_inside(where, "music.layout"), GeneratorRefused)
    card = parse_json(read("music.card"), place_inside(where, "music.card"), GeneratorRefused)
    tilted = version != CONTRACTS[0]
    agree(say("layout"), column_layout(part, tilts=tilted), found_layout)
    tilts = _read_tilts(read("music.tilts"), part.name, where) if tilted else chain.no_tilts(part.name)
    return _read_card(card, part.name, where), tilts


def _read_tilts(text: str, part: str, where: str) -> Tilts:
    tilts = chain.no_tilts(part)
    numbers = _unpack(text, sum(table.size for table in tilts.values()), say("tilts"), where)
    at = 0
    for name, table in tilts.items():
        found = numbers[at : at + table.size]
        at += table.size
        wrong = found[~(np.abs(found) <= chain.MOST)]
        if len(wrong):
            place, most = place_inside(where, "tilts", name), chain.MOST
            raise GeneratorRefused(
                say("tilt_range", where=place, low=-most, high=most, found=float(wrong[0]))
            )
        tilts[name] = found.reshape(table.shape)
    return tilts


def _read_card(found: Any, part: str, where: str) -> GeneratorCard:
    if not isinstance(found, dict) or set(found) != set(GeneratorCard.__dataclass_fields__):
        raise GeneratorRefused(
            say("generator_card", where=where, known=", ".join(GeneratorCard.__dataclass_fields__))
        )
    for key in ("part", "title", "corpus", "recipe", "licence", "source_revision"):
        if not isinstance(found[key], str):
            raise _card_refused(where, key, say("text"), clean(str(found[key]), 60))
    for key, high in (("temperature", 10.0), ("seconds", 1e9)):
        value = found[key]
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0 <= value <= high:
            raise _card_refused(where, key, say("number_from", low=0.0, high=high), clean(str(value), 60))
    if found["part"] != part:
        raise _card_refused(where, "part", repr(part), repr(clean(found["part"], 60)))
    return GeneratorCard(**found)


def _card_refused(where: str, key: str, expected: str, found: str) -> GeneratorRefused:
    return GeneratorRefused(
        say("refused", where=place_inside(where, "card", key), expected=expected, found=found)
    )


def _check_golden(generator: GeneratorFile, model: GuardedModel, part: co.GeneratorPart, where: str) -> None:
    width = sum(positions * tokens for _, positions, tokens in part.outputs)

    def unpacked(key: str, columns: int) -> co.Floats:
        numbers = _unpack(model.metadata.get(key, ""), columns * GOLDEN_ROWS, say("golden_rows"), where)
        return numbers.reshape(GOLDEN_ROWS, columns)

    rows, expected = unpacked("music.golden", part.input_size), unpacked("music.golden_logits", width)
    found = np.concatenate(generator(rows.copy()), 1)
    worst, allowed = difference(found, expected)
    if not worst <= allowed:
        raise GeneratorRefused(say("golden", where=where, expected=allowed, found=worst))


def difference(found: co.Floats, expected: co.Floats) -> tuple[float, float]:
    """Return the largest difference of two arrays of logits, and the largest allowed one."""
    allowed = TOLERANCE * max(1.0, float(np.abs(expected).max()) / SCALE)
    return float(np.abs(found - expected).max()), allowed


@dataclass(frozen=True)
class GeneratorSet:
    """The three generators of one training, loaded."""

    generators: Generators
    cards: dict[str, GeneratorCard]
    sha256: dict[str, str]

    @property
    def hash(self) -> str:
        """One hash for all three files, 16 hex digits; stored in every piece that they generate."""
        text = "".join(self.sha256[part] for part in co.PARTS)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def load_generators(folder: Path = SHIPPED, *, cache_dir: Path | None = None) -> GeneratorSet:
    """Read chords.onnx, lines.onnx and drums.onnx of a folder; the shipped ones by default. Raises GeneratorRefused."""
    shipped = folder == SHIPPED
    files = {
        part: load_generator(folder / f"{part}.onnx", part, cache_dir=cache_dir, smoke=not shipped)
        for part in co.PARTS
    }
    cards = {part: file.card for part, file in files.items()}
    for key in ("corpus", "recipe"):
        found = {getattr(card, key) for card in cards.values()}
        if len(found) > 1:
            raise GeneratorRefused(
                say("one_training", where=shown_path(folder.name), count=len(found), key=key)
            )
    temperatures = {part: card.temperature for part, card in cards.items()}
    tilts = {part: file.tilts for part, file in files.items()}
    return GeneratorSet(
        Generators(files, temperatures, tilts), cards, {part: file.sha256 for part, file in files.items()}
    )
