"""`ComparisonReport`: the comparison as data, as JSON, as a table in the terminal, and against the targets."""

import json
import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from music.errors import MusicError

if TYPE_CHECKING:
    from rich.table import Table

SCHEMA: Final = 1
HELD_OUT: Final = "held-out"
TRAIN: Final = "train"
OVERALL: Final = "overall"

# columns of the table: heading, metric, factor, format
_SHOWN: Final = (
    ("UPC mel", "used_pitch_classes_melody", 1, ".2f"),
    ("QN mel %", "qualified_notes_melody", 100, ".1f"),
    ("TD M-H", "tonal_distance_melody_harmony", 1, ".2f"),
    ("TD M-B", "tonal_distance_melody_bass", 1, ".2f"),
    ("GC %", "groove_consistency_melody", 100, ".1f"),
    ("SC %", "scale_consistency_all", 100, ".1f"),
    ("chord %", "chord_tones_melody", 100, ".1f"),
    ("DP %", "drum_pattern", 100, ".1f"),
    ("frag. %", "fragmented_notes_melody", 100, ".1f"),
)


@dataclass(frozen=True)
class Row:
    """The results of one row in one scope. NaN if there is none."""

    windows: int
    repeats: int  # windows used again to match the composition of held-out
    strangers: int  # windows of another style or mode than held-out's
    means: dict[str, float]  # by metric
    terms: dict[str, float]  # z's terms, by metric
    z: float
    c2st: float  # all windows of a piece in one fold
    c2st_mixed: float  # windows in random folds
    self_overlap: float
    nearest: float  # mean overlap of a melody with the training melody nearest to it
    copies: float  # share of melodies with a nearest overlap above comparison.COPY
    # Held-out only: z of one half of its pieces against the other, i.e. the noise of z
    z_of_halves: float = math.nan


@dataclass(frozen=True)
class ComparisonReport:
    """A comparison: for each scope ("overall" and the styles), the results of each row."""

    seed: int
    count: int
    scopes: dict[str, dict[str, Row]]
    spreads: dict[str, dict[str, float]]  # scope: metric: standard deviation of held-out windows

    def row(self, name: str, scope: str = OVERALL) -> Row:
        """Return a row. MusicError lists the known names."""
        rows = self.scopes.get(scope)
        if rows is None:
            raise MusicError(f"scope: expected {', '.join(self.scopes)}, found {scope!r}")
        if name not in rows:
            raise MusicError(f"row: expected {', '.join(rows)}, found {name!r}")
        return rows[name]

    def to_json(self) -> dict[str, Any]:
        """Return JSON-able values; NaN is null."""
        values: dict[str, Any] = _without_nan({"schema": SCHEMA, **asdict(self)})
        return values

    def text(self) -> str:
        """Return the JSON as text."""
        return json.dumps(self.to_json(), indent=1, allow_nan=False) + "\n"


def report_from_json(data: Any) -> ComparisonReport:
    """Return the report that `to_json` wrote. Raises MusicError if it is not one."""
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        found = data.get("schema") if isinstance(data, dict) else type(data).__name__
        raise MusicError(f"metrics report › schema: expected {SCHEMA}, found {found!r}")
    try:
        scopes = {
            scope: {name: Row(**_with_nan(row)) for name, row in rows.items()}
            for scope, rows in data["scopes"].items()
        }
        return ComparisonReport(data["seed"], data["count"], scopes, _with_nan(data["spreads"]))
    except (KeyError, TypeError, AttributeError) as error:
        raise MusicError(f"metrics report: expected seed, count, scopes, spreads ({error})") from error


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nan(item) for name, item in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _with_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _with_nan(item) for name, item in value.items()}
    return math.nan if value is None else value


def report_table(report: ComparisonReport, scope: str = OVERALL) -> "Table":
    """Return the rows of a scope as a table for the terminal."""
    from safefiles.console import make_table

    headings = (
        "row",
        *(shown[0] for shown in _SHOWN),
        "z",
        "C2ST",
        "C2ST mixed",
        "self",
        "nearest",
        "copies %",
    )
    rows = []
    for name, row in report.scopes[scope].items():
        figures = [_figure(row.means[metric] * factor, form) for _, metric, factor, form in _SHOWN]
        ends = (row.z, row.c2st, row.c2st_mixed, row.self_overlap, row.nearest)
        figures += [_figure(value, ".3f") for value in ends]
        rows.append((name, *figures, _figure(row.copies * 100, ".1f")))
    title = f"{scope}: {report.row(HELD_OUT, scope).windows} windows a row, seed {report.seed}"
    return make_table(headings, rows, title=title, right=True)


def _figure(value: float, form: str) -> str:
    return "-" if math.isnan(value) else format(value, form)


class Target(NamedTuple):
    """A measured value and its limit."""

    name: str
    value: float
    limit: float
    met: bool
    train: float  # the same value of the training row: what real music of other pieces reaches


_RELATIVE: Final = (  # metric, the largest relative difference from held-out
    ("qualified_notes_melody", 0.05),
    ("qualified_notes_bass", 0.05),
    ("used_pitch_classes_melody", 0.15),
    ("used_pitch_classes_bass", 0.15),
    ("used_pitch_classes_harmony", 0.15),
    ("tonal_distance_melody_harmony", 0.05),
    ("tonal_distance_melody_bass", 0.05),
    ("tonal_distance_harmony_bass", 0.05),
)
Z_LIMIT: Final = 0.15
C2ST_MARGIN: Final = 0.10
FRAGMENTED_LIMIT: Final = 0.03
SELF_MARGIN: Final = 0.03


def targets(report: ComparisonReport, row: str, scope: str = OVERALL) -> list[Target]:
    """Compare a row with the project's targets; the report needs a row "train".

    A relative target's value is |row - held-out| / held-out. A value that does not exist (NaN) does not meet its target.
    """
    train, real = report.row(TRAIN, scope), report.row(HELD_OUT, scope)
    limits = {
        "z": max(Z_LIMIT, 2 * train.z),
        "c2st": train.c2st + C2ST_MARGIN,
        "c2st_mixed": train.c2st_mixed + C2ST_MARGIN,
        **dict(_RELATIVE),
        "fragmented_notes_melody": FRAGMENTED_LIMIT,
        "self_overlap": SELF_MARGIN,
        "nearest": real.nearest,
    }
    made, trains = (_figures(report.row(name, scope), real) for name in (row, TRAIN))
    return [
        Target(name, made[name], limit, made[name] <= limit, trains[name]) for name, limit in limits.items()
    ]


def _figures(row: Row, real: Row) -> dict[str, float]:
    """Return the values that have targets, by name."""
    figures = {"z": row.z, "c2st": row.c2st, "c2st_mixed": row.c2st_mixed, "nearest": row.nearest}
    for metric, _ in _RELATIVE:
        wanted = real.means[metric]
        figures[metric] = abs(row.means[metric] - wanted) / wanted if wanted else math.nan
    figures["fragmented_notes_melody"] = row.means["fragmented_notes_melody"]
    figures["self_overlap"] = abs(row.self_overlap - real.self_overlap)
    return figures
