"""Checkpoints changed as damage or malice would change them: each is refused in one line, or trains on within bounds.

    python -m tests.agents.mutants --count 2000 --folder mutants    # again: goes on where it stopped

A child process with NUMBA_BOUNDSCHECK=1 loads mutant after mutant into a learner of the game; what loads goes on for
ROLLOUT decisions (500 ticks) and one update. The parent starts another child where one was ended by a signal. The
mutant of a number is always the same. `results.jsonl` in the folder keeps a line for each; faults keep their file.
"""

import argparse
import json
import os
import subprocess
import sys
import traceback
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

ROOT: Final = Path(__file__).resolve().parents[2]
ROLLOUT: Final = 125  # decisions of 4 ticks
REFUSED, RAN, FAULT, SIGNAL = "refused", "ran", "fault", "signal"
BASES: Final = ("fight", "selfplay")
ODD: Final = (
    None, True, -1, 2**40, 2**63, 2**70, 1.5, "", "x" * 300, "\x1b]0;x\x07", "\ud800", [], {}, [[[]]], {"a": None},
    float("nan"), float("inf"), -float("inf"),
)  # fmt: skip
EXTREMES: Final = (-1, 2**31, 2**40, -(2**40), 2**63 - 1, -(2**63), 255, 256, 16, 64, 4096)
Arrays = dict[str, NDArray[Any]]


def recipe(base: str) -> Any:
    """A small run of the game itself: single learners against bots, or self-play of all seats."""
    from agents.recipe_reading import recipe_from

    kwargs: dict[str, Any] = {"levels": ["crossfire", "orchard", "last_post"]}
    if base == "fight":
        kwargs |= {"opponent": "marksman", "allies": "chaser"}
    data: dict[str, Any] = {
        "title": base,
        "seed": 3,
        "env": {"id": "game:Bankshot/Arena-v0", "num_envs": 3, "kwargs": kwargs},
        "budget": {"samples": 10**9},
        "ppo": {"n_steps": ROLLOUT, "batch_size": 256, "n_epochs": 1},
        "net": {"pi": [8], "vf": [8]},
        "checkpoint": {"every": 0},
    }
    if base == "selfplay":
        data["selfplay"] = {"enabled": True, "mirror": 0.34, "bot_share": 0.5, "bots": {"marksman": 1.0}}
    return recipe_from(data, f"{base}.toml")


class Learner:
    """A learner of one base, and the checkpoint that it wrote."""

    def __init__(self, base: str, folder: Path) -> None:
        import torch

        from agents.checkpoint import policy_tensors, save_checkpoint
        from agents.learner import MaskedPPO
        from agents.train import build_env

        torch.set_num_threads(1)
        folder.mkdir(parents=True, exist_ok=True)
        plan = recipe(base)
        self.env = build_env(plan, folder, lambda: policy_tensors(self.model))
        self.model = MaskedPPO(self.env, plan, lambda: False)
        self.path = folder / "checkpoint.safetensors"
        self.good = folder / "good.safetensors"
        if not self.good.exists():
            self._go_on()
            save_checkpoint(self.good, self.model, {"seconds": 1.0})

    def _go_on(self) -> None:
        from stable_baselines3.common.logger import Logger

        self.model.set_logger(Logger(None, []))
        self.model.learn(1 << 40, reset_num_timesteps=False)

    def load(self) -> None:
        """Load what lies at `path`, and go on for one rollout and one update."""
        from agents.checkpoint import load_checkpoint

        load_checkpoint(self.path, self.model)
        self.model.num_timesteps = 0  # how much was trained is of no concern here
        self._go_on()

    def close(self) -> None:
        self.env.close()


def mutant(good: bytes, number: int) -> tuple[str, bytes]:
    """Return the kind and the bytes of mutant `number` of a checkpoint file."""
    from agents.tensors import dump_tensors, parse_tensors

    source = np.random.default_rng([number, 11])
    kind = KINDS[number % len(KINDS)]
    if kind == "bits":
        data = bytearray(good)
        for _ in range(int(source.integers(1, 4))):
            data[int(source.integers(len(data)))] ^= 1 << int(source.integers(8))
        return kind, bytes(data)
    if kind == "bytes":
        return kind, _torn(good, source)
    arrays, metadata = parse_tensors(good, "good")
    if kind == "values":
        metadata["checkpoint"] = _odd_value(metadata["checkpoint"], source)
    elif kind == "header":
        _odd_array(arrays, source)
    else:
        changes = 1 if kind != "many" else int(source.integers(2, 12))
        for _ in range(changes):
            _CHANGES[kind](arrays, source)
    data = dump_tensors(arrays, metadata)
    return kind, _unsealed(data) if number % 5 == 0 else data


def _unsealed(data: bytes) -> bytes:
    """The file as an older build wrote it: without a checksum."""
    return data.replace(b'"sha256":"', b'"sha255":"', 1)


def _torn(good: bytes, source: np.random.Generator) -> bytes:
    at = int(source.integers(len(good)))
    length = int(source.integers(1, 64))
    way = int(source.integers(4))
    if way == 0:
        return good[:at]
    if way == 1:
        return good[:at] + good[at + length :]
    if way == 2:
        return good[:at] + source.bytes(length) + good[at:]
    head = bytearray(_unsealed(good))
    at = int(source.integers(8, 4000))
    head[at : at + 2] = source.bytes(2)
    return bytes(head)


def _pick(arrays: Arrays, source: np.random.Generator, prefix: str = "", kinds: str = "iufb") -> str:
    names = sorted(
        name for name, array in arrays.items()
        if name.startswith(prefix) and array.size and array.dtype.kind in kinds
    )  # fmt: skip
    return names[int(source.integers(len(names)))]


def _place(array: NDArray[Any], source: np.random.Generator) -> tuple[int, ...]:
    """A number of the array: as often among the first rows, where what exists stands, as anywhere."""
    place = [int(source.integers(size)) for size in array.shape]
    if array.ndim == 3 and source.random() < 0.6:
        place[1] = int(source.integers(min(array.shape[1], 6)))
    return tuple(place)


def _flip_number(arrays: Arrays, source: np.random.Generator) -> None:
    array = arrays[_pick(arrays, source)]
    raw = array.reshape(-1).view(np.uint8)
    raw[int(source.integers(raw.size))] ^= np.uint8(1 << int(source.integers(8)))


def _extreme(arrays: Arrays, source: np.random.Generator) -> None:
    array = arrays[_pick(arrays, source, "env/", "iu")]
    value = int(EXTREMES[int(source.integers(len(EXTREMES)))])
    array[_place(array, source)] = np.array(value % 2**64, np.uint64).astype(array.dtype)


def _likely(arrays: Arrays, source: np.random.Generator) -> None:
    """A value that the same column holds elsewhere, or one near by: within its range more often than not."""
    array = arrays[_pick(arrays, source, "env/", "iu")]
    place = _place(array, source)
    other = (*_place(array, source)[:-1], place[-1])
    if source.random() < 0.5:
        array[place] = array[other]
    else:
        with np.errstate(over="ignore"):
            array[place] += np.array(source.integers(-3, 4)).astype(array.dtype)


def _float(arrays: Arrays, source: np.random.Generator) -> None:
    array = arrays[_pick(arrays, source, "", "f")]
    odd = (np.nan, np.inf, -np.inf, 1e38, -1e38, 1e-45, -1.0, 2.0**63)
    array[_place(array, source)] = odd[int(source.integers(len(odd)))]


def _odd_array(arrays: Arrays, source: np.random.Generator) -> None:
    name = _pick(arrays, source)
    array = arrays[name]
    way = int(source.integers(6))
    if way == 0:
        del arrays[name]
    elif way == 1:
        arrays[name] = array[..., :-1].copy() if array.ndim else array.reshape(1)
    elif way == 2:
        arrays[name] = array.astype((np.int32, np.float64, np.uint8, np.bool_)[int(source.integers(4))])
    elif way == 3:
        arrays[name] = arrays[_pick(arrays, source)]
    elif way == 4:
        arrays[name] = np.zeros((0, *array.shape[1:]), array.dtype)
    else:
        arrays[name] = array.reshape(-1)


def _odd_value(text: str, source: np.random.Generator) -> str:
    """Replace, remove or add one value somewhere in the JSON values of a checkpoint."""
    values = json.loads(text)
    places = list(_places(values))
    owner, key = places[int(source.integers(len(places)))]
    way = int(source.integers(5))
    if way == 0:
        del owner[key]
    elif way == 1 and isinstance(owner, list):
        owner.append(owner[key])
    elif way == 2 and isinstance(owner[key], (int, float)):
        owner[key] = owner[key] + int(EXTREMES[int(source.integers(len(EXTREMES)))])
    else:
        owner[key] = ODD[int(source.integers(len(ODD)))]
    return json.dumps(values)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    for key in value if isinstance(value, dict) else range(len(value)):
        yield value, key
        if isinstance(value[key], (dict, list)):
            yield from _places(value[key])


_CHANGES: Final = {
    "flips": _flip_number, "extremes": _extreme, "likely": _likely, "floats": _float, "many": _likely
}  # fmt: skip
KINDS: Final = (
    "bits",
    "flips",
    "extremes",
    "likely",
    "floats",
    "header",
    "values",
    "many",
    "bytes",
    "extremes",
)


def judge(learner: Learner, data: bytes) -> tuple[str, str]:
    """Load one mutant; return what came of it and, of a refusal or a fault, its text."""
    from agents.errors import RunError

    learner.path.write_bytes(data)
    try:
        learner.load()
    except RunError as refusal:
        line = str(refusal)
        if "\n" in line or "\x1b" in line or "expected" not in line or len(line) > 600:
            return FAULT, f"not one line that says what was expected: {line!r}"
        return REFUSED, line
    except Exception:
        return FAULT, traceback.format_exc()
    return RAN, ""


def _work(folder: Path, first: int, last: int) -> None:
    """Judge mutants first..last-1 and print a line of JSON for each, before and after."""
    learners = {base: Learner(base, folder / base) for base in BASES}
    good = {base: learner.good.read_bytes() for base, learner in learners.items()}
    for number in range(first, last):
        base = BASES[number // len(KINDS) % len(BASES)]
        kind, data = mutant(good[base], number)
        print(json.dumps({"number": number, "kind": kind, "outcome": SIGNAL}), flush=True)
        outcome, text = judge(learners[base], data)
        if outcome == FAULT:
            (folder / f"fault-{number}.safetensors").write_bytes(data)
        print(json.dumps({"number": number, "kind": kind, "outcome": outcome, "text": text}), flush=True)
    for learner in learners.values():
        learner.close()


def hunt(folder: Path, count: int) -> list[dict[str, Any]]:
    """Judge `count` mutants in child processes, or those that are left of them; return a row for each."""
    folder.mkdir(parents=True, exist_ok=True)
    results = folder / "results.jsonl"
    environment = {
        **os.environ, "NUMBA_BOUNDSCHECK": "1", "PYTHONPATH": str(ROOT), "PYTHONFAULTHANDLER": "1"
    }  # fmt: skip
    while True:
        rows = _read(results)
        first = max(rows, default=-1) + 1
        if first >= count:
            return [rows[number] for number in sorted(rows)]
        command = [sys.executable, "-m", "tests.agents.mutants", "--child", str(first), "--count", str(count)]
        with results.open("ab") as out:
            code = subprocess.run(
                [*command, "--folder", str(folder)], cwd=ROOT, env=environment, stdout=out, check=False
            ).returncode
        if code != 0 and max(_read(results), default=-1) < first:
            raise RuntimeError(f"the child process ended with {code} before mutant {first}")


def _read(results: Path) -> dict[int, dict[str, Any]]:
    """What is known of every mutant: the last line about it, which is SIGNAL where its child ended in it."""
    if not results.exists():
        return {}
    rows = [
        json.loads(line) for line in results.read_text(encoding="utf-8").splitlines() if line.endswith("}")
    ]
    return {row["number"]: row for row in rows}


def main() -> int:
    """Judge mutants; 1 where one ended a process or raised anything but a refusal."""
    parser = argparse.ArgumentParser(description="Load mutants of checkpoints.")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--folder", type=Path, default=Path("mutants"))
    parser.add_argument("--child", type=int, default=-1, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.child >= 0:
        _work(chosen.folder, chosen.child, chosen.count)
        return 0
    rows = hunt(chosen.folder, chosen.count)
    counted = Counter((row["kind"], row["outcome"]) for row in rows)
    for kind in dict.fromkeys(KINDS):
        parts = ", ".join(f"{counted[kind, what]} {what}" for what in (REFUSED, RAN, FAULT, SIGNAL))
        print(f"{kind:9s} {parts}")
    bad = [row for row in rows if row["outcome"] in (FAULT, SIGNAL)]
    for row in bad[:20]:
        print(f"mutant {row['number']} ({row['kind']}): {row['outcome']} {row.get('text', '')}")
    print(f"{len(rows)} mutants, {len(bad)} faults")
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main())
