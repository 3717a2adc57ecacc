"""How good runs are: temperatures chosen on validation pieces, then one comparison on the held-out ones.

Nothing here looks at held-out pieces but `compare_runs`, and it chooses nothing.
"""

from pathlib import Path

import numpy as np

from music import contract as co
from music import vocabulary as vo
from music.errors import TrainingError
from music.generators import Conditions, Generators
from music.learning.baseline import sample_article, train_article
from music.learning.run import Corpus, Run
from music.metrics.comparison import compare, draw, match, z_score
from music.metrics.formulas import measure
from music.metrics.references import references
from music.metrics.report import Report, targets
from music.windows import Windows, read_windows

TEMPERATURES = (0.3, 0.5, 0.7, 0.85, 1.0)
PER_ROW = 4000  # generated windows a row; comparison draws held-out's make-up from them
CHOICE_WINDOWS = 1500
ARTICLE_STEPS = 3000


def asked_for(corpus: Corpus, like: Windows, count: int, seed: int) -> Conditions:
    """Conditions for `count` windows: style and mode in the shares of `like`, energies drawn from training windows of both."""
    chance = np.random.default_rng([seed, 21])
    rows = chance.integers(len(like), size=count)
    style, mode = like.style[rows], like.mode[rows]
    usable = corpus.train[corpus.train.having("melody", "harmony", "bass")]
    levels = corpus.scale.of(usable)
    energy = np.empty(count, np.float32)
    for key in sorted(set(zip(style.tolist(), mode.tolist(), strict=True))):
        wanted = (style == key[0]) & (mode == key[1])
        pool = levels[(usable.style == key[0]) & (usable.mode == key[1])]
        energy[wanted] = chance.choice(pool if len(pool) else levels, int(wanted.sum()))
    return Conditions(energy, mode, style)


def choose_temperatures(run: Run, corpus: Corpus) -> dict[str, float]:
    """The temperatures with the least z against validation windows, one part after the other.

    TrainingError for another corpus than the run's, and where the corpus has no validation windows to choose by.
    """
    run.check_corpus(corpus)
    like = corpus.validation[corpus.validation.having("melody", "harmony", "bass")]
    if not len(like):
        raise TrainingError(
            "temperatures: expected validation windows with melody, harmony and bass, found none; "
            "a corpus of more pieces has them"
        )
    conditions = asked_for(corpus, like, CHOICE_WINDOWS, seed=1)
    real = measure(like)
    chosen = dict.fromkeys(co.PARTS, 0.7)
    for part in co.PARTS:
        scores = {}
        for temperature in TEMPERATURES:
            generators = run.generators({**chosen, part: temperature})
            made = match(generators.windows(conditions, seed=2), like, seed=3).windows
            scores[temperature] = z_score(measure(made), real)
        chosen[part] = min(scores, key=lambda key: scores[key])
    return chosen


def compare_runs(
    folders: list[Path],
    corpus: Corpus,
    corpus_folder: Path,
    *,
    baseline: bool = True,
    count: int = 1000,
    overall: bool = False,
) -> Report:
    """Every run beside the reference rows, on held-out pieces. A run's row is called "run 1", "run 2", ...

    TrainingError for a run of another corpus: it may have learned from the pieces held out here.
    """
    runs = [Run.open_run(folder) for folder in folders]
    for run in runs:
        run.check_corpus(corpus)
    held_out = read_windows(corpus_folder / "windows-test.npz")
    held_out = held_out[held_out.having("melody", "harmony", "bass")]
    train = corpus.train[corpus.train.having("melody", "harmony", "bass")]
    rows = dict(references(train, PER_ROW, 0))
    if baseline:
        generator = train_article(train, ARTICLE_STEPS, seed=1)
        rows["article"] = sample_article(generator, draw(train, PER_ROW, 1), seed=2)
    for number, run in enumerate(runs, 1):
        generators = run.generators(choose_temperatures(run, corpus))
        rows[f"run {number}"] = made_by(generators, corpus, number)
    scopes = ["overall"] if overall else ["overall", *vo.STYLES]
    return compare(rows, held_out, train, 0, count, scopes=scopes)


def made_by(generators: Generators, corpus: Corpus, seed: int) -> Windows:
    """PER_ROW windows under conditions drawn from training windows, chords generated."""
    like = corpus.train[corpus.train.having("melody", "harmony", "bass")]
    return generators.windows(asked_for(corpus, like, PER_ROW, seed), seed)


def target_lines(report: Report) -> list[str]:
    """The targets of every run and of their mean, met or missed."""
    runs = [name for name in report.scopes["overall"] if name.startswith("run ")]
    if not runs:
        return []
    found = {run: targets(report, run) for run in runs}
    lines = []
    for index, target in enumerate(found[runs[0]]):
        values = [found[run][index].value for run in runs]
        mean = float(np.mean(values))
        spread = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
        met = "met" if mean <= target.limit else "missed"
        each = ", ".join(f"{value:.3f}" for value in values)
        lines.append(
            f"{target.name:32s} mean {mean:.3f} (spread {spread:.3f}; {each}) limit {target.limit:.3f}: {met}"
            f"  [train's own {target.train:.3f}]"
        )
    for figure in ("z", "c2st"):
        values = [getattr(report.row(run), figure) for run in runs]
        mean, spread = float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
        markov = getattr(report.row("markov"), figure)
        met = "met" if mean + spread < markov else "missed"
        lines.append(
            f"{figure} better than Markov's {markov:.3f} by more than the spread {spread:.3f}: {met}"
        )
    return lines
