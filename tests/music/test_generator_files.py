"""Generator files contain their contract; other files are refused, with the name of the fault."""

import base64
import json
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from music import vocabulary as vo
from music.errors import GeneratorRefused
from music.generators import chain
from music.generators import contract as co
from music.generators.files import SHIPPED, GeneratorCard, load_generator, load_generators
from music.generators.play import Conditions
from music.learning.export import build_model, output_difference, torch_logits
from music.learning.networks import Generator


def network_of(part: str, seed: int = 0) -> Generator:
    torch.manual_seed(seed)
    return Generator(co.PARTS[part], width=24, depth=1, memory=12)


def card_of(part: str, **changes: object) -> GeneratorCard:
    values = {
        "part": part, "title": "Test", "corpus": "c", "recipe": "r", "temperature": 0.7, "seconds": 1.0,
        "licence": "MIT", "source_revision": "music test",
    }  # fmt: skip
    return GeneratorCard(**{**values, **changes})  # type: ignore[arg-type]


def tilts_of(part: str) -> dict[str, co.Floats]:
    """Tables that differ in every cell, so that a mix-up is detected."""
    numbers = iter(np.linspace(-chain.MOST, chain.MOST, 100_000, dtype=np.float32))
    return {
        name: np.fromiter(numbers, np.float32, table.size).reshape(table.shape)
        for name, table in chain.no_tilts(part).items()
    }


def model_of(network: Generator, card: GeneratorCard) -> bytes:
    return build_model(network, card, tilts_of(card.part))


def write_set(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for part in co.PARTS:
        (folder / f"{part}.onnx").write_bytes(model_of(network_of(part), card_of(part)))
    return folder


@pytest.mark.parametrize("part", list(co.PARTS))
def test_torch_and_onnxruntime_agree(tmp_path: Path, part: str) -> None:
    network = network_of(part)
    path = tmp_path / f"{part}.onnx"
    path.write_bytes(model_of(network, card_of(part)))
    assert output_difference(network, path, part) < 1e-4
    other = network_of(part, seed=9)
    rows = np.zeros((1, co.PARTS[part].input_size), np.float32)
    assert (
        max(
            np.abs(a - b).max()
            for a, b in zip(torch_logits(other, rows), load_generator(path, part)(rows), strict=True)
        )
        > 1e-4
    )


def test_the_same_network_gives_the_same_bytes() -> None:
    assert model_of(network_of("lines"), card_of("lines")) == model_of(network_of("lines"), card_of("lines"))


@pytest.mark.parametrize("part", list(co.PARTS))
def test_a_shipped_generator_is_built_again_to_the_byte(part: str) -> None:
    """The shipped files came from an older builder; today's builder makes the same graph from their weights."""
    data = (SHIPPED / f"{part}.onnx").read_bytes()
    model = onnx.load_from_string(data)
    weights = {entry.name: onnx.numpy_helper.to_array(entry) for entry in model.graph.initializer}
    layers = sum(name.startswith("layer") for name in weights) // 2
    width, memory = (
        len(weights["first.bias"]),
        min(len(weights[name]) for name in weights if "memory" in name),
    )
    network = Generator(co.PARTS[part], width=width, depth=layers, memory=memory)
    put_in(network, weights)
    file = load_generator(SHIPPED / f"{part}.onnx", part, smoke=False)
    again = onnx.load_from_string(build_model(network, file.card, file.tilts))
    apart = {entry.key for entry in again.metadata_props} ^ {entry.key for entry in model.metadata_props}
    assert apart == set()
    logits = {entry.key: entry.value for entry in again.metadata_props}["music.golden_logits"]
    for entry in again.metadata_props:  # torch's last bits differ between processors
        if entry.key == "music.golden_logits":
            entry.value = next(one.value for one in model.metadata_props if one.key == entry.key)
            found, expected = (np.frombuffer(base64.b64decode(text), "<f4") for text in (logits, entry.value))
            assert (np.abs(found - expected) / np.maximum(1, np.abs(expected))).max() < 1e-4
    assert again.SerializeToString(deterministic=True) == data


def put_in(network: Generator, weights: dict[str, np.ndarray]) -> None:
    """Load the weights of a file into a network, by the layer names of the export."""
    named = {"first": network.first} | {f"layer{n}": layer for n, layer in enumerate(network.layers)}
    for head, (name, _, _) in zip(network.heads, network.part.outputs, strict=True):
        named |= {f"{name}_memory": head[0], name: head[2]}
    assert {f"{name}.{key}" for name in named for key in ("weight", "bias")} == set(weights)
    for name, layer in named.items():
        layer.weight.data = torch.from_numpy(weights[f"{name}.weight"].copy())
        layer.bias.data = torch.from_numpy(weights[f"{name}.bias"].copy())


def test_a_set_makes_windows_and_the_same_seed_the_same(tmp_path: Path) -> None:
    loaded = load_generators(write_set(tmp_path / "set"))
    asked = Conditions(np.full(6, 0.5, np.float32), np.zeros(6, np.uint8), np.zeros(6, np.uint8))
    first, again, other = (loaded.generators.windows(asked, seed) for seed in (1, 1, 2))
    first.check("windows")
    assert np.array_equal(first.melody, again.melody)
    assert np.array_equal(first.drums, again.drums)
    assert not np.array_equal(first.melody, other.melody)
    assert len(loaded.hash) == 16


def altered(part: str, key: str, value: str) -> bytes:
    model = onnx.load_from_string(model_of(network_of(part), card_of(part)))
    for entry in model.metadata_props:
        if entry.key == key:
            entry.value = value
    data: bytes = model.SerializeToString()
    return data


def without(part: str, key: str) -> bytes:
    model = onnx.load_from_string(model_of(network_of(part), card_of(part)))
    kept = [entry for entry in model.metadata_props if entry.key != key]
    del model.metadata_props[:]
    model.metadata_props.extend(kept)
    data: bytes = model.SerializeToString()
    return data


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("music.contract", "99", "expected contract version 1 or 2, found 99"),
        ("music.vocabulary", "0" * 16, "expected vocabulary"),
        ("music.layout", "{}", "expected layout"),
        ("music.layout", "[" * 100_000, "music.layout: expected JSON, found nesting that is too deep"),
        ("music.card", "[]", "expected a card with"),
        ("music.golden", "!", "golden rows in base64"),
        ("music.golden", "", "bytes of golden rows, found 0"),
        ("music.golden_logits", "AAAA", "bytes of golden rows, found 3"),
        ("music.tilts", "!", "expected tilts in base64"),
        ("music.tilts", "AAAA", r"expected \d+ bytes of tilts, found 3"),
    ],
)
def test_another_contract_is_refused_by_its_field(tmp_path: Path, key: str, value: str, message: str) -> None:
    path = tmp_path / "lines.onnx"
    path.write_bytes(altered("lines", key, value))
    with pytest.raises(GeneratorRefused, match=message):
        load_generator(path, "lines")
    path.write_bytes(without("lines", key))
    with pytest.raises(GeneratorRefused):
        load_generator(path, "lines")


@pytest.mark.parametrize("part", list(co.PARTS))
def test_tilts_are_read_back(tmp_path: Path, part: str) -> None:
    path = tmp_path / f"{part}.onnx"
    path.write_bytes(model_of(network_of(part), card_of(part)))
    found = load_generator(path, part).tilts
    assert found.keys() == chain.SHAPES[part].keys()
    for name, table in tilts_of(part).items():
        np.testing.assert_array_equal(found[name], table)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, chain.MOST + 0.01, -1e30])
@pytest.mark.parametrize(("part", "name"), [(part, name) for part in co.PARTS for name in chain.SHAPES[part]])
def test_a_damaged_tilt_is_refused_by_its_table(tmp_path: Path, part: str, name: str, value: float) -> None:
    tilts = tilts_of(part)
    tilts[name].flat[-1] = value
    path = tmp_path / f"{part}.onnx"
    path.write_bytes(build_model(network_of(part), card_of(part), tilts))
    with pytest.raises(GeneratorRefused, match=f"› tilts › {name}: expected numbers from -8 to 8, found"):
        load_generator(path, part)


def test_a_file_from_before_the_tilts_is_drawn_without(tmp_path: Path) -> None:
    model = onnx.load_from_string(model_of(network_of("lines"), card_of("lines")))
    kept = {entry.key: entry.value for entry in model.metadata_props if entry.key != "music.tilts"}
    layout = json.loads(kept["music.layout"])
    del layout["tilts"]
    kept |= {"music.contract": "1", "music.layout": json.dumps(layout)}
    onnx.helper.set_model_props(model, kept)
    path = tmp_path / "lines.onnx"
    path.write_bytes(model.SerializeToString())
    assert not any(table.any() for table in load_generator(path, "lines").tilts.values())


def test_weights_that_do_not_give_the_golden_logits_are_refused(tmp_path: Path) -> None:
    model = onnx.load_from_string(model_of(network_of("drums"), card_of("drums")))
    bias = next(tensor for tensor in model.graph.initializer if tensor.name == "drums.bias")
    changed = np.frombuffer(bias.raw_data, "<f4").copy()
    changed[0] += 0.01
    bias.raw_data = changed.tobytes()
    path = tmp_path / "drums.onnx"
    path.write_bytes(model.SerializeToString())
    with pytest.raises(GeneratorRefused, match="golden logits within"):
        load_generator(path, "drums")


def test_another_parts_file_is_refused(tmp_path: Path) -> None:
    write_set(tmp_path)
    with pytest.raises(GeneratorRefused, match=r"lines\.onnx"):
        load_generator(tmp_path / "lines.onnx", "drums")


@pytest.mark.parametrize("data", [b"", b"MThd", b"\x08\x08" * 100, bytes(6 * 1024 * 1024)])
def test_a_file_that_is_not_a_model_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "chords.onnx"
    path.write_bytes(data)
    with pytest.raises(GeneratorRefused, match=r"chords\.onnx"):
        load_generator(path, "chords")


def test_generators_of_two_trainings_do_not_mix(tmp_path: Path) -> None:
    write_set(tmp_path)
    (tmp_path / "drums.onnx").write_bytes(model_of(network_of("drums"), card_of("drums", corpus="other")))
    with pytest.raises(GeneratorRefused, match="of one training, found 2 kinds of corpus"):
        load_generators(tmp_path)


def test_the_condition_columns_are_what_the_contract_says() -> None:
    rows = co.condition_rows(
        np.array([0.0, 1.0], np.float32), np.array([0, 1], np.uint8), np.array([3, 0], np.uint8)
    )
    assert rows.shape == (2, co.CONDITIONS)
    assert rows[0].tolist() == [-1, 1, 0, 0, 0, 0, 1]
    assert rows[1].tolist() == [1, 0, 1, 1, 0, 0, 0]
    assert vo.STYLES[3] == "folk"
