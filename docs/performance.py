"""Measure where time goes, and draw it: `python docs/performance.py` (about three minutes; needs the extra `train`).

Writes images/performance-*.svg, and the figures between the marks `<!-- measured: NAME -->` of performance.md and
zh/performance.md. All figures are processor time of one thread. What Python calls is profiled with cProfile, and what a library
function takes is put down to the module of ours that called it; of what is compiled, parts are switched off in turn.
"""

import argparse
import cProfile
import datetime
import itertools
import os
import platform
import pstats
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt
import numpy as np

from game.cli.bench.builds import Build
from game.cli.bench.programs import drawing, matches, ppo_samples, stepping
from game.cli.bench.programs.timing import Watch
from game.cli.bench.report import machine_facts, rounded_text

DOCS: Final = Path(__file__).resolve().parent
PAGES: Final = ("performance.md", "zh/performance.md")
MARKS: Final = re.compile(r"(<!-- measured: ([a-z]+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)
OURS: Final = ("agents", "game", "music", "recommender", "safefiles")
BLUE, GREY, RED, GREEN = "#2f6fb2", "#8a93a5", "#c8442d", "#3c8d53"
DEPTH: Final = 12  # calls between a library's function and the module of ours that asked for it
NAMES: Final = {
    "game.core.sim.jit": "compiled kernels (game.core.sim.jit)"
}  # modules that call on for others
SMALL: Final = 0.015  # of the whole; parts below are put together

Parts = list[tuple[str, float]]
plt.rcParams.update(
    {"svg.hashsalt": "bankshot", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False}
)


# Measuring


def by_module(profile: cProfile.Profile) -> dict[str, float]:
    """Return the seconds of each of our modules; the time of libraries is added to the module that called them."""
    stats: dict[Any, Any] = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    owners: dict[Any, dict[str, float]] = {
        function: {module: 1.0} if (module := _module(function[0])) else {} for function in stats
    }
    foreign = [function for function, owner in owners.items() if not owner]
    for _ in range(DEPTH):
        for function in foreign:
            owners[function] = _shares({who: edge[3] for who, edge in stats[function][4].items()}, owners)
    found: Counter[str] = Counter()
    for function, row in stats.items():
        for name, share in owners[function].items():
            found[name] += row[2] * share
    return dict(found)


def _shares(callers: dict[Any, float], owners: dict[Any, dict[str, float]]) -> dict[str, float]:
    """The owners of a function: those of its callers, by the seconds that each of them spent in it."""
    whole = sum(callers.values())
    found: Counter[str] = Counter()
    for who, seconds in callers.items():
        for name, share in owners.get(who, {}).items():
            found[name] += share * (seconds / whole if whole else 1 / len(callers))
    return dict(found)


def _module(file: str) -> str:
    """`game.match.npc` of a file below this checkout, empty for any other."""
    try:
        parts = Path(file).relative_to(DOCS.parent).with_suffix("").parts
    except ValueError:
        return ""
    return ".".join(parts) if parts and parts[0] in OURS else ""


def profile_modules(work: Callable[[], object]) -> dict[str, float]:
    """Return the processor time by module of the pieces that `work` times in this thread."""
    Watch.profiler = cProfile.Profile(time.thread_time)
    try:
        work()
        found = by_module(Watch.profiler)
        return {name: seconds for name, seconds in found.items() if not name.startswith("game.cli.bench")}
    finally:
        Watch.profiler = None


def start_parts() -> tuple[Parts, Parts]:
    """Return the parts of the time from start to title, in ms: imports by package, and the rest; and the limits."""
    environment = {"SDL_VIDEODRIVER": "dummy", "SDL_AUDIODRIVER": "dummy", "PYGAME_HIDE_SUPPORT_PROMPT": "1"}
    program = DOCS.parent / "game" / "cli" / "bench" / "programs" / "measure_row.py"
    told = '{"mark": "title", "arguments": []}'
    with tempfile.TemporaryDirectory() as folder:
        environment |= {"BANKSHOT_USER_DIR": folder, "PYTHONPATH": str(DOCS.parent)}
        variables = {**os.environ, **environment}
        variables.pop("PYTHONDONTWRITEBYTECODE", None)

        def run(*options: str, code: str = "") -> tuple[str, str]:
            words = ("-c", code) if code else (str(program), "launch_game:launch", told)
            command = [sys.executable, "-P", *options, *words]
            done = subprocess.run(command, env=variables, capture_output=True, text=True, check=True)
            return done.stdout, done.stderr

        run()
        whole = float(np.median([_marked(run()[0]) for _ in range(3)])) * 1e3
        imports: Counter[str] = Counter()
        told_mark, told_imports = run("-X", "importtime")
        traced = _marked(told_mark) * 1e3
        for line in told_imports.splitlines():
            found = re.match(r"import time:\s+(\d+) \|\s+\d+ \| +(\S+)", line)
            if found:
                top = found[2].partition(".")[0]
                known = {"numpy", "pygame", "typer", "pydantic", "pydantic_core", *OURS}
                imports[
                    "the game's own modules" if top in OURS else top if top in known else "standard library"
                ] += int(found[1])
        bare = "import time, numpy, pygame; print('MARK', 0, time.process_time())"
        least = float(np.median([_marked(run(code=bare)[0]) for _ in range(3)])) * 1e3
    parts = [(f"import: {name}", micros / 1e3) for name, micros in imports.items()]
    parts.append(("fonts, window, first picture", max(0.0, traced - sum(value for _, value in parts))))
    # Noting each import takes time as well
    parts = [(name, value * whole / traced) for name, value in parts]
    return parts, [("limit: Python with NumPy and pygame imported", least)]


def _marked(text: str) -> float:
    return float(next(line.split()[2] for line in text.splitlines() if line.startswith("MARK")))


def step_parts() -> tuple[Parts, Parts]:
    """Return the parts of an agent-step's time in the core, in µs, each as the difference with and without it."""

    def us(**settings: Any) -> float:
        return 1e6 / float(stepping.agent_steps(512, 1, seconds=1.5, **settings)["cpu_value"])

    bare = stepping.ticks(1.5)
    ticks = 1e6 * stepping.rules.DECISION_PERIOD / (float(bare["cpu_value"]) * bare["seats"])
    without, whole = us(preview=False), us()
    parts = [
        ("preview of 32 sight lines", whole - without),
        ("all other senses", without - ticks),
        (f"{stepping.rules.DECISION_PERIOD} ticks and rewards", ticks),
    ]
    return parts, [("limit: ticks alone", ticks)]


def frame_parts() -> tuple[Parts, Parts]:
    """Return the parts of the time of a 1280 x 720 frame, in ms, by module of `game.view`."""
    import pygame

    size, count = [1280, 720], 150
    drawing.frames(size, frames=20)
    seconds = profile_modules(lambda: drawing.frames(size, frames=count))
    whole = float(drawing.frames(size, frames=count)["cpu_p50"])
    target, source = pygame.Surface(size, 0, 32), pygame.Surface(size, 0, 32)
    began = time.thread_time()
    for _ in range(200):
        target.blit(source, (0, 0))
    copy = (time.thread_time() - began) / 200 * 1e3
    return _scaled(seconds, whole), [("limit: one copy of the picture", copy)]


def decision_parts() -> tuple[Parts, Parts]:
    """Return the parts of the time of a decision of eight NPCs of one brain, in µs."""
    matches.npc_decisions(decisions=50)
    seconds = profile_modules(lambda: matches.npc_decisions(decisions=400))
    whole = float(matches.npc_decisions(decisions=400)["cpu_p50"])
    brain: Any = matches.found("game.match.brain_library").BrainLibrary().load(matches.BRAIN)
    return _scaled(seconds, whole), [("limit: inference alone", _inference(brain))]


def _inference(brain: Any) -> float:
    """µs of one onnxruntime call of eight rows."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    path = DOCS.parent / "game" / "brains" / matches.BRAIN / "brain.onnx"
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    inputs = {
        each.name: np.zeros((8, ppo_samples.OBSERVATION_SIZE), np.float32) for each in session.get_inputs()
    }
    spans = []
    for _ in range(400):
        began = time.thread_time()
        session.run(None, inputs)
        spans.append(time.thread_time() - began)
    return float(np.median(spans)) * 1e6


def sample_parts() -> tuple[Parts, Parts]:
    """Return the parts of the time of a PPO sample, 4 epochs in the Duel env, in µs."""
    import torch

    seconds = profile_modules(lambda: ppo_samples.learner(4, False, iterations=3))
    row = ppo_samples.learner(4, False, iterations=3)
    whole = 1e6 / float(row["cpu_value"])
    rows, widths = ppo_samples.BATCH, (ppo_samples.OBSERVATION_SIZE, *ppo_samples.NET)
    # One pass forwards in the roll-out, and forwards and twice back for each epoch, of policy and value
    spent = 0.0
    for wide, narrow in itertools.pairwise(widths):
        left, right = torch.randn(rows, wide), torch.randn(wide, narrow)
        torch.mm(left, right)
        began = time.thread_time()
        for _ in range(20):
            torch.mm(left, right)
        spent += (time.thread_time() - began) / 20 / rows
    return _scaled(seconds, whole), [("limit: the net's matrix products", spent * 2 * (1 + 3 * 4) * 1e6)]


def _scaled(seconds: dict[str, float], whole: float) -> Parts:
    """Parts that add up to the whole that was measured without a profiler; small ones are put together."""
    total = sum(seconds.values())
    large = [
        (NAMES.get(name, name), value / total * whole)
        for name, value in seconds.items()
        if value >= SMALL * total
    ]
    return [*large, ("all other modules", whole - sum(value for _, value in large))]


def growth() -> dict[str, tuple[str, list[int], list[float], str]]:
    """Return curves: what grows, its values, the cost (the best of a few runs), and the cost's name."""
    worlds = [1, 4, 16, 64, 256, 1024, 4096]
    steps = [
        max(float(stepping.agent_steps(n, 1, seconds=0.4)["cpu_value"]) / 1e3 for _ in range(2))
        for n in worlds
    ]
    seats = [2, 4, 6, 8]
    costs = [min(_step_of_seats(count) for _ in range(2)) for count in seats]
    sides = [16, 32, 48, 64]
    packed = [float(matches.pack(side, 0.2)["cpu_p50"]) for side in sides]
    npcs = [1, 2, 4, 8]
    decided = [
        min(float(matches.npc_decisions(count, decisions=200)["cpu_p50"]) for _ in range(3)) for count in npcs
    ]
    return {
        "worlds": ("worlds of a batch", worlds, steps, "1,000 agent-steps a second"),
        "seats": ("seats", seats, costs, "µs an agent-step"),
        "size": ("side of a level (tiles)", sides, packed, "ms to pack it"),
        "npcs": ("NPCs of one brain", npcs, decided, "µs a decision of all"),
    }


def _step_of_seats(count: int) -> float:
    """µs of an agent-step where so many of the level's starts are taken, both teams alike."""
    catalogue: Any = stepping.found("game.core.levels.catalogue")
    loaded = catalogue.load_level(stepping.LEVEL)
    by_team: dict[int, list[Any]] = {}
    for spawn in loaded.arena.spawns:
        by_team.setdefault(spawn.team, []).append(spawn)
    spawns = tuple(spawn for team in by_team.values() for spawn in team[: count // 2])
    smaller = replace(loaded, arena=replace(loaded.arena, spawns=spawns))
    load_level = catalogue.load_level
    catalogue.load_level = lambda name: smaller
    try:
        return 1e6 / float(stepping.agent_steps(256, 1, seconds=0.6)["cpu_value"])
    finally:
        catalogue.load_level = load_level


# Drawing


def bars(name: str, title: str, unit: str, parts: Parts, limits: Parts, folder: Path) -> None:
    """Draw parts as bars, the largest first, and the limits below them."""
    ordered = sorted(parts, key=lambda part: -part[1])
    whole = sum(value for _, value in ordered)
    rows = [("whole", whole, GREY), *((what, value, BLUE) for what, value in ordered)]
    rows += [(what, value, RED) for what, value in limits]
    figure, axes = plt.subplots(figsize=(8.4, 0.75 + 0.3 * len(rows)))
    places = range(len(rows), 0, -1)
    axes.barh(
        list(places), [value for _, value, _ in rows], color=[colour for *_, colour in rows], height=0.68
    )
    axes.set_yticks(list(places), [what for what, *_ in rows])
    for place, (_, value, _) in zip(places, rows, strict=True):
        axes.text(value + whole * 0.01, place, f"{rounded_text(value)} {unit}", va="center")
    axes.set_xlim(0, max(value for _, value, _ in rows) * 1.16)
    axes.set_title(title, loc="left", fontweight="bold")
    axes.set_xlabel(unit)
    save(figure, folder / f"performance-{name}.svg")


def curves(found: dict[str, tuple[str, list[int], list[float], str]], folder: Path) -> None:
    """Draw the four curves of growth."""
    figure, grid = plt.subplots(2, 2, figsize=(8.4, 5.4))
    for axes, (what, values, costs, cost) in zip(grid.flat, found.values(), strict=True):
        axes.plot(values, costs, "o-", color=BLUE)
        axes.set_ylim(0, max(costs) * 1.25)
        if values[-1] > 100:
            axes.set_xscale("log", base=2)
        axes.set_xticks(values, [f"{value:,}" for value in values])
        axes.set_xlabel(what)
        axes.set_title(cost, loc="left", fontsize=9, fontweight="bold")
        for value, each in zip(values, costs, strict=True):
            axes.annotate(
                rounded_text(each), (value, each), xytext=(0, 7), textcoords="offset points", ha="center"
            )
    save(figure, folder / "performance-growth.svg")


def save(figure: Any, path: Path) -> None:
    """Write a picture without a date in it."""
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None}, facecolor="white")
    plt.close(figure)
    print(path.name)


def parts_table(rows: Iterable[tuple[str, float]], unit: str) -> str:
    """Return parts as a Markdown table, also in percent."""
    ordered = sorted(rows, key=lambda part: -part[1])
    whole = sum(value for _, value in ordered)
    lines = [f"| {name} | {rounded_text(value)} | {value / whole:.0%} |" for name, value in ordered]
    return "\n".join(
        [f"| | {unit} | |", "|---|--:|--:|", *lines, f"| **whole** | **{rounded_text(whole)}** | |", ""]
    )


def machine() -> str:
    """Return one line about the machine and the versions."""
    facts, build = machine_facts(), Build.this()
    build.begin()
    build.end()
    packages = ", ".join(f"{name} {version}" for name, version in build.facts["packages"].items())
    today = datetime.date.today().isoformat()
    return (
        f"`{today} · {facts['processor']}, {facts['cores']} cores, load {facts['load']} · {facts['system']} · "
        f"Python {platform.python_version()}, {packages} · kernels: {build.facts['kernels']}`\n"
    )


def fill_page(page: Path, texts: dict[str, str]) -> None:
    """Write the measurements between the marks of a page."""

    def text(match: re.Match[str]) -> str:
        return f"{match[1]}{texts.get(match[2], match[3])}{match[4]}"

    page.write_text(MARKS.sub(text, page.read_text(encoding="utf-8")), encoding="utf-8")


PICTURES: Final[dict[str, tuple[str, str, Callable[[], tuple[Parts, Parts]]]]] = {
    "start": ("A start to the title, kernels cached", "ms", start_parts),
    "step": ("An agent-step of the core, all senses, 8 tanks, 512 worlds", "µs", step_parts),
    "frame": ("A frame, 1280 x 720, 8 tanks, about 26 shots", "ms", frame_parts),
    "decision": ("A decision of 8 NPCs of one brain", "µs", decision_parts),
    "sample": ("A sample of PPO, 4 epochs, in the Duel env", "µs", sample_parts),
}


def main() -> None:
    """Measure, draw and fill in."""
    parser = argparse.ArgumentParser(description="Measure where time goes, and draw it.")
    parser.add_argument("--only", help="pictures by commas: " + ", ".join((*PICTURES, "growth")))
    parser.add_argument("--folder", type=Path, default=DOCS, help="with the pages and images/")
    chosen = parser.parse_args()
    names = chosen.only.split(",") if chosen.only else [*PICTURES, "growth"]
    unknown = [name for name in names if name not in (*PICTURES, "growth")]
    if unknown:
        parser.error(f"--only: expected some of {', '.join((*PICTURES, 'growth'))}, found {unknown[0]!r}")
    images = chosen.folder / "images"
    texts = {"machine": machine()}
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    for name in names:
        if name == "growth":
            curves(growth(), images)
            continue
        title, unit, measure = PICTURES[name]
        parts, limits = measure()
        bars(name, title, unit, parts, limits, images)
        texts[name] = parts_table(parts, unit)
    for page in PAGES:
        fill_page(chosen.folder / page, texts)


if __name__ == "__main__":
    main()
