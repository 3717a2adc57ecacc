"""Write trained generators as verified ONNX files.

The graph is built from the weights node by node: only dense layers, rectifiers and additions, any batch size. Each file is
then read by our own loader, and torch is compared with onnxruntime on batches of 1, 7 and 64.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from music import __version__
from music.corpus.manifest import Manifest
from music.errors import ExportFailed
from music.generators import contract as co
from music.generators.chain import Tilts
from music.generators.files import GOLDEN_ROWS, INPUT, GeneratorCard, difference, load_generator, metadata
from music.learning.networks import Generator
from music.learning.run import Run
from music.learning.sampling import Sampling
from safefiles.onnx_writer import GraphBuilder
from safefiles.writing import write_atomic, write_text

BATCHES = (1, 7, 64)


def export_run(run: Run, folder: Path, sampling: Sampling, *, licence: str) -> dict[str, Any]:
    """Export all three generators to `folder`; returns sizes and the largest differences.

    TrainingError on a mismatch; nothing is written unless all three pass.
    """
    seconds = run.facts()["seconds"]
    report: dict[str, Any] = {"schema": 1, "folder": str(folder), "parts": {}}
    models: dict[str, bytes] = {}
    for part in co.PARTS:
        network = run.network(part)
        card = GeneratorCard(
            part=part,
            title=run.recipe.title,
            corpus=run.corpus_hash,
            recipe=run.recipe.text,
            temperature=sampling.temperatures[part],
            seconds=float(seconds.get(part, 0.0)),
            licence=licence,
            source_revision=f"music {__version__}",
        )
        data = build_model(network, card, sampling.tilts[part])
        draft = folder / f".{part}.draft.onnx"
        try:
            write_atomic(draft, data)
            apart = output_difference(network, draft, part)
        finally:
            draft.unlink(missing_ok=True)
        models[part] = data
        report["parts"][part] = {"bytes": len(data), "largest_difference": apart}
    for part, data in models.items():
        write_atomic(folder / f"{part}.onnx", data)
    return report


def write_companions(
    run: Run, folder: Path, manifest: Manifest, temperatures: dict[str, float]
) -> list[Path]:
    """Write recipe, curves and card.json (sources with their licences, seed, temperatures) next to the models."""
    card = {
        "title": run.recipe.title,
        "seed": run.recipe.seed,
        "seconds": run.facts()["seconds"],
        "temperatures": temperatures,
        "corpus": manifest.corpus_hash,
        "vocabulary": manifest.vocabulary_hash,
        "collections": manifest.collections,
        "left_out": manifest.dropped,
        "energy": manifest.energy.to_data(),
    }
    written = [folder / "recipe.toml", folder / "card.json"]
    write_text(written[0], run.recipe.text)
    write_text(written[1], json.dumps(card, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
    for part in co.PARTS:
        for suffix in ("csv", "png"):
            source = run.folder / f"curve-{part}.{suffix}"
            if source.exists():
                written.append(folder / source.name)
                write_atomic(written[-1], source.read_bytes())
    return written


def build_model(network: Generator, card: GeneratorCard, tilts: Tilts) -> bytes:
    """The ONNX file's bytes; the same weights, card and tilts give the same bytes."""
    graph = GraphBuilder()
    hidden = _relu(graph, _linear(graph, "first", network.first, INPUT))
    for index, layer in enumerate(network.layers):
        assert isinstance(layer, nn.Linear)
        turn = _relu(graph, _linear(graph, f"layer{index}", layer, hidden))
        hidden = graph.node("Add", [hidden, turn], f"sum{index}")
    outputs = {}
    for head, (name, positions, tokens) in zip(network.heads, network.part.outputs, strict=True):
        assert isinstance(head, nn.Sequential)
        inner, outer = head[0], head[2]
        assert isinstance(inner, nn.Linear)
        assert isinstance(outer, nn.Linear)
        _linear(graph, name, outer, _relu(graph, _linear(graph, f"{name}_memory", inner, hidden)))
        outputs[name] = positions * tokens
    size = network.part.input_size
    rows = np.random.default_rng(8).standard_normal((GOLDEN_ROWS, size)).astype(np.float32)
    golden = metadata(card, rows, torch_logits(network, rows), tilts)
    return graph.model(card.part, {INPUT: size}, outputs, golden, ("music", __version__))


def _linear(graph: GraphBuilder, name: str, layer: nn.Linear, source: str) -> str:
    return graph.linear(name, layer.weight.detach().numpy(), layer.bias.detach().numpy(), source)


def _relu(graph: GraphBuilder, source: str) -> str:
    return graph.node("Relu", [source], f"{source}_relu")


def torch_logits(network: Generator, rows: co.Floats) -> list[co.Floats]:
    """The logits that torch computes, (n, positions * tokens) of each output."""
    with torch.no_grad():
        return [logits.flatten(1).numpy() for logits in network(torch.from_numpy(rows))]


def output_difference(network: Generator, path: Path, part: str) -> float:
    """Return the largest difference between torch and onnxruntime; TrainingError if it exceeds the tolerance."""
    file = load_generator(path, part)
    chance = np.random.default_rng(1764)
    worst = 0.0
    for rows in BATCHES:
        for scale in (0.3, 1.0, 3.0):
            batch = (scale * chance.standard_normal((rows, co.PARTS[part].input_size))).astype(np.float32)
            for found, expected in zip(file(batch), torch_logits(network, batch), strict=True):
                apart, allowed = difference(found, expected)
                if not apart <= allowed:
                    raise ExportFailed(
                        f"export of {part}: expected torch and onnxruntime within {allowed:.3g}, found {apart:.3g}"
                    )
                worst = max(worst, apart)
    return worst
