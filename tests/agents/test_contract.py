"""The contract decides whether a policy fits a game, and names the first thing that does not."""

import copy
import json
from typing import Any

import numpy as np
import pytest

from agents.contract import (
    CARD_KEY,
    CONTRACT_KEY,
    GOLDEN_KEY,
    Card,
    Contract,
    Golden,
    Slot,
    check_contract,
    generic_contract,
    read_metadata,
    write_metadata,
)
from agents.errors import BrainRefused

BASE: dict[str, Any] = {
    "slots": [
        {"name": "own", "size": 3, "low": -1.0, "high": 1.0},
        {"name": "aim_preview", "size": 32, "low": 0.0, "high": 1.0},
        {"name": "far", "size": 1, "low": None, "high": None},
    ],
    "heads": [{"name": "move", "size": 9}, {"name": "fire", "size": 2}],
    "tick_rate": 60,
    "decision_period": 4,
    "rules_hash": "abc",
}


def _changed(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    data = copy.deepcopy(BASE)
    node = data
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    return data


def test_a_contract_survives_json() -> None:
    contract = Contract.from_dict(BASE)
    assert Contract.from_dict(contract.to_dict()) == contract
    assert (contract.observation_size, contract.logits_size) == (36, 11)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("slots", 1, "size"), 16, "expected observation slot 1 'aim_preview' of size 32, found 16"),
        (
            ("slots", 1, "name"),
            "rays",
            "expected observation slot 1 'aim_preview' of size 32, found 'rays' of size 32",
        ),
        (("slots", 1, "high"), 2.0, r"expected observation slot 1 'aim_preview' in \[0, 1\], found \[0, 2\]"),
        (("slots", 2, "low"), 0.0, r"expected observation slot 2 'far' in \[any, any\], found \[0, any\]"),
        (("slots",), BASE["slots"][:2], "expected 3 observation slots, found 2"),
        (("heads", 0, "size"), 8, "expected action head 0 'move' of size 9, found 'move' of size 8"),
        (
            ("heads",),
            [BASE["heads"][1], BASE["heads"][0]],
            "expected action head 0 'move' of size 9, found 'fire' of size 2",
        ),
        (("heads",), BASE["heads"][:1], "expected 2 action heads, found 1"),
        (("tick_rate",), 30, "expected tick rate 60, found 30"),
        (("decision_period",), 2, "expected decision period 4, found 2"),
    ],
)
def test_the_first_difference_is_named(path: tuple[Any, ...], value: Any, message: str) -> None:
    with pytest.raises(BrainRefused, match=f"brain 'hunter.onnx': {message}$"):
        check_contract(
            Contract.from_dict(BASE), Contract.from_dict(_changed(path, value)), "brain 'hunter.onnx'"
        )


def test_other_rules_are_a_note() -> None:
    ours = Contract.from_dict(BASE)
    assert check_contract(ours, ours, "x") == []
    assert check_contract(ours, Contract.from_dict(_changed(("rules_hash",), "xyz")), "x") == [
        "trained under other rules (xyz, here abc)"
    ]


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("version",), 3, "expected contract version 1 to 2, found 3"),
        (("slots",), [], "slots: expected a list of 1 to 4096 entries, found 0"),
        (("slots",), "x", "slots: expected a list"),
        (("slots", 0), 3, "slot 0: expected an object, found int"),
        (("slots", 0, "size"), 0, "slot 0 > size: expected a whole number from 1 to 4096, found 0"),
        (("slots", 0, "size"), 10**9, "slot 0 > size"),
        (("slots", 0, "size"), True, "slot 0 > size"),
        (("slots", 0, "low"), float("nan"), "slot 0 > low: expected a number"),
        (("slots", 0, "high"), float("inf"), "slot 0 > high: expected a number"),
        (("slots", 1, "name"), "own", "slots: expected different names, found 'own' twice"),
        (("heads", 1, "name"), None, "head 1 > name: expected a string, found None"),
        (("tick_rate",), -1, "tick_rate: expected a number from 0"),
        (("rules_hash",), 5, "rules_hash: expected a string"),
        (("slots_hash",), "0" * 64, "expected slots_hash .* of its own slots"),
    ],
)
def test_malformed_contracts_are_refused(path: tuple[Any, ...], value: Any, message: str) -> None:
    with pytest.raises(BrainRefused, match=message):
        Contract.from_dict(_changed(path, value), "x")


def test_spaces_alone_give_a_contract() -> None:
    contract = generic_contract((Slot("observation", 2, None, 3.0),), [3, 2], "Game-v0")
    assert contract.slots[0] == ("observation", 2, None, 3.0)
    assert [head.name for head in contract.heads] == ["action_0", "action_1"]
    assert Contract.from_dict(contract.to_dict()) == contract


def _metadata() -> dict[str, str]:
    contract = Contract.from_dict(BASE)
    random = np.random.default_rng(0)
    golden = Golden(
        random.normal(size=(16, 36)).astype(np.float32), random.normal(size=(16, 11)).astype(np.float32)
    )
    return write_metadata(
        contract, Card(title="猎手", samples=5, evaluation=[{"opponent": "chaser"}]), golden
    )


def test_metadata_comes_back_exactly() -> None:
    contract, card, golden = read_metadata(_metadata(), "x")
    assert contract == Contract.from_dict(BASE)
    assert (card.title, card.samples, card.evaluation) == ("猎手", 5, [{"opponent": "chaser"}])
    assert golden.observations.shape == (16, 36)
    assert write_metadata(contract, card, golden) == _metadata()


def test_texts_of_a_card_come_out_clean() -> None:
    odd = {
        "title": "a\ud800\x1b]0;owned\x07\nb",
        "recipe": "x = 1\ny = 2\x1b",
        "env_kwargs": {"k\x07": "\x1b"},
    }
    _, card, _ = read_metadata(_metadata() | {CARD_KEY: json.dumps(odd)}, "x")
    assert card.title == "a\N{REPLACEMENT CHARACTER}\\x1b]0;owned\\x07 b"
    assert card.recipe == "x = 1\ny = 2\\x1b"
    assert card.env_kwargs == {"k\\x07": "\\x1b"}


@pytest.mark.parametrize(
    ("key", "text", "message"),
    [
        (CONTRACT_KEY, None, "expected metadata 'agents.contract', found"),
        (CARD_KEY, "{", "x > agents.card: expected JSON, found "),
        (CARD_KEY, "[" * 100_000, "x > agents.card: expected JSON, found nesting that is too deep"),
        (
            CARD_KEY,
            '{"evaluation": [{"win_rate": 1' + "0" * 400 + "}]}",
            r"x > agents.card › evaluation\[0\].win_rate: expected a number of at most 40 digits",
        ),
        (CARD_KEY, '{"seconds": 1e999}', "x > agents.card › seconds: expected a finite number"),
        (CARD_KEY, '{"samples": Infinity}', "x > agents.card › samples: expected a finite number"),
        (CARD_KEY, '{"env_kwargs": [1]}', "agents.card > env_kwargs: expected an object, found list"),
        (CARD_KEY, '{"title": 3}', "agents.card > title: expected a string, found 3"),
        (CARD_KEY, '{"evaluation": [3]}', "agents.card > evaluation: expected a list of objects"),
        (CARD_KEY, '{"samples": -1}', "agents.card > samples: expected a whole number"),
        (
            GOLDEN_KEY,
            '{"rows": 16, "observations": "AAAA", "logits": ""}',
            "expected 16 x 36 floats = 2304 bytes, found 3",
        ),
        (GOLDEN_KEY, '{"rows": 16, "observations": "?", "logits": ""}', "expected base64"),
        (GOLDEN_KEY, '{"rows": 100000}', "rows: expected a whole number from 1 to 256"),
        (GOLDEN_KEY, "7", "expected an object, found int"),
        (GOLDEN_KEY, " " * (1 << 20) + "1", "of at most 1048576 bytes"),
    ],
)
def test_malformed_metadata_is_refused(key: str, text: str | None, message: str) -> None:
    metadata = _metadata()
    metadata.pop(key)
    if text is not None:
        metadata[key] = text
    with pytest.raises(BrainRefused, match=message):
        read_metadata(metadata, "x")
