"""A comparison of runs: cost, results, differences of their recipes, and their curves in one picture."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev
from typing import Any, Final

from agents.best import EVERYTHING
from agents.curve import Curve, Row
from agents.recipe import Recipe, flat_recipe
from agents.runs import Run, read_run
from safefiles.writing import write_atomic

TEXTS: Final = (
    "title",
    "description",
    "character",
    "licence",
    "export.author",
    "export.notes",
)  # keys that do not affect the training
GOAL: Final = "evaluation"


@dataclass(frozen=True)
class RunRow:
    """One run, in a table of several."""

    name: str
    recipe: Recipe
    status: str
    samples: int
    seconds: float
    cpu_seconds: float | None
    scores: dict[int, float]  # by samples: mean win rate, or mean return if the recipe names no opponents
    rows: list[Row]  # rows of its curve
    stages: tuple[
        tuple[str, int], ...
    ] = ()  # title and samples of earlier stages, if the run started from a policy

    @property
    def by_return(self) -> bool:
        """Whether its evaluations are mean returns."""
        return not self.recipe.eval.opponents

    @property
    def last(self) -> float | None:
        """The result of the last evaluation."""
        return self.scores[max(self.scores)] if self.scores else None

    @property
    def best(self) -> float | None:
        """The result of the best evaluation."""
        return max(self.scores.values(), default=None)

    @property
    def best_at(self) -> int | None:
        """The samples of the best evaluation, the last of equal ones."""
        return max(self.scores, key=lambda at: (self.scores[at], at), default=None)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "name": self.name, "seed": self.recipe.seed, "status": self.status, "samples": self.samples,
            "seconds": self.seconds, "cpu_seconds": self.cpu_seconds, "measure": "return" if self.by_return else "win_rate",
            "last": self.last, "best": self.best, "best_samples": self.best_at,
        }  # fmt: skip


def run_row(folder: Path, name: str = "") -> RunRow:
    """Read a run folder; nothing in it is imported or run. RunError if it is no run folder."""
    run = read_run(folder)
    curve = Curve.load(folder, EVERYTHING)
    scores = curve.scores(run.recipe.eval.opponents) | _last_of(run)
    cpu = [row["cpu_seconds"] for row in curve.rows if "cpu_seconds" in row]
    ended = run.facts.get("ended", {}).get("cpu_seconds")
    return RunRow(
        name or folder.name,
        run.recipe,
        run.facts["status"],
        run.facts.get("samples", 0),
        float(run.facts.get("seconds", 0.0)),
        ended if ended is not None else max(cpu, default=None),
        scores,
        curve.rows,
        tuple((stage["title"], stage["samples"]) for stage in run.facts.get("parents", [])),
    )


def _last_of(run: Run) -> dict[int, float]:
    """The evaluation after the training, which is missing in curves of older builds."""
    key = "win_rate" if run.recipe.eval.opponents else "mean_return"
    found = [row.get(key) for row in run.facts.get("evaluation", [])]
    numbers = [float(value) for value in found if isinstance(value, (int, float))]
    return {run.facts["samples"]: fmean(numbers)} if numbers and len(numbers) == len(found) else {}


def run_rows(folders: Sequence[Path]) -> list[RunRow]:
    """`run_row` of each, named by its folder, or by its path if two have the same name."""
    names = [folder.resolve().name for folder in folders]
    return [
        run_row(folder, name if names.count(name) == 1 else str(folder))
        for folder, name in zip(folders, names, strict=True)
    ]


def differences(rows: Sequence[RunRow]) -> dict[str, list[Any]]:
    """The recipes' keys (`ppo.gamma`) that differ between the runs, with each run's value; None: not set in that run."""
    flat = [flat_recipe(row.recipe) for row in rows]
    keys = dict.fromkeys(key for one in flat for key in one)
    found = {key: [one.get(key) for one in flat] for key in keys if key not in TEXTS}
    found["began with"] = [", ".join(f"{title} ({at:,})" for title, at in row.stages) or None for row in rows]
    return {key: values for key, values in found.items() if any(value != values[0] for value in values)}


def groups(rows: Sequence[RunRow]) -> list[list[RunRow]]:
    """Group runs whose recipes differ only in the seed and that started from the same policy."""
    found: dict[str, list[RunRow]] = {}
    for row in rows:
        table = flat_recipe(row.recipe)
        settings = sorted((name, value) for name, value in table.items() if name not in (*TEXTS, "seed"))
        key = repr((settings, row.stages))
        found.setdefault(key, []).append(row)
    return list(found.values())


def summary(rows: Sequence[RunRow]) -> dict[str, Any]:
    """Mean and spread (standard deviation of a sample) over runs of several seeds; None if nothing was measured."""
    found: dict[str, Any] = {"runs": len(rows)}
    for name in ("last", "best", "samples", "seconds", "cpu_seconds"):
        values = [float(value) for row in rows if (value := getattr(row, name)) is not None]
        found[name] = {
            "mean": fmean(values) if values else None,
            "spread": stdev(values) if len(values) > 1 else None,
            "runs": len(values),
        }
    return found


def table_cells(rows: Sequence[RunRow]) -> tuple[list[str], list[list[str]]]:
    """Headings and cells of a table; runs of one recipe are followed by their mean and spread."""
    headings = ["run", "seed", "status", "samples", "seconds", "processor s", "last", "best", "at samples"]
    cells = []
    for group in groups(rows):
        for row in group:
            cells.append(
                [
                    row.name, str(row.recipe.seed), row.status, f"{row.samples:,}", f"{row.seconds:,.0f}",
                    _cell(row.cpu_seconds, "{:,.0f}"), _score(row.last, row.by_return), _score(row.best, row.by_return),
                    _cell(row.best_at, "{:,}"),
                ]
            )  # fmt: skip
        if len(group) > 1:
            cells.append(_mean_cells(group))
    return headings, cells


def _mean_cells(group: Sequence[RunRow]) -> list[str]:
    found, by_return = summary(group), group[0].by_return

    def cell(name: str, form: str, factor: float = 1.0) -> str:
        mean, spread = found[name]["mean"], found[name]["spread"]
        if mean is None:
            return "-"
        return form.format(factor * mean) + ("" if spread is None else f" ± {form.format(factor * spread)}")

    form, factor = ("{:.2f}", 1.0) if by_return else ("{:.1f}", 100.0)
    name = f"mean ± spread of {len(group)} seeds"
    numbers = [cell("samples", "{:,.0f}"), cell("seconds", "{:,.0f}"), cell("cpu_seconds", "{:,.0f}")]
    return [name, "", "", *numbers, cell("last", form, factor), cell("best", form, factor), ""]


def _cell(value: float | None, form: str) -> str:
    return "-" if value is None else form.format(value)


def _score(value: float | None, by_return: bool) -> str:
    return _cell(value, "{:.2f}") if by_return or value is None else f"{100 * value:.1f} %"


def draw_curves(rows: Sequence[RunRow], path: Path) -> None:
    """Write the curves over samples and over processor time as a PNG; runs of one recipe have one colour."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 4.6), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    what, label = _drawn(rows)
    for axes, column, words in zip(
        figure.subplots(1, 2, sharey=True),
        ("samples", "cpu_seconds"),
        ("samples", "processor time (s)"),
        strict=True,
    ):
        for number, group in enumerate(groups(rows)):
            for place, row in enumerate(group):
                points = _points(row, column, what)
                if points:
                    name = row.name if len(group) == 1 else f"{row.name}, {len(group)} seeds"
                    axes.plot(*zip(*points, strict=True), color=f"C{number}", label="_" if place else name,
                              marker="o", markersize=3, linewidth=1.3)  # fmt: skip
        axes.set_xlabel(words)
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
        if column == "samples":
            axes.set_ylabel(label)
        if axes.get_legend_handles_labels()[0]:
            axes.legend(loc="best", fontsize=8)
    data = io.BytesIO()
    figure.savefig(data, format="png")
    write_atomic(path, data.getvalue())


def _drawn(rows: Sequence[RunRow]) -> tuple[str, str]:
    """The scores for comparing all runs: evaluations if every run has some, otherwise results during training."""
    if all(len(row.scores) > 1 for row in rows) and len({row.by_return for row in rows}) == 1:
        return GOAL, "mean return in evaluation" if rows[0].by_return else "share of wins in evaluation"
    if all(any("win_rate" in point for point in row.rows) for row in rows):
        return "win_rate", "share of wins in training"
    return "ep_rew_mean", "mean episode return in training"


def _points(row: RunRow, column: str, what: str) -> list[tuple[float, float]]:
    found = []
    for point in row.rows:
        value = row.scores.get(int(point["samples"])) if what == GOAL else point.get(what)
        if value is not None and column in point:
            found.append((point[column], value))
    return found
