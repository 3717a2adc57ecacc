"""Evaluate runs by one comparison on the held-out pieces, with the sampling settings that `sampling.py` chose without them.

Only `compare_runs` reads held-out pieces, and it chooses nothing by them.
"""

from pathlib import Path

import numpy as np

from music import vocabulary as vo
from music.generators.play import Generators
from music.learning.baseline import sample_article, train_article
from music.learning.run import Corpus, Run
from music.learning.sampling import choose_sampling, draw_conditions
from music.metrics.comparison import compare_windows, sample_windows
from music.metrics.references import references
from music.metrics.report import ComparisonReport, targets
from music.windows import Windows, read_windows

PER_ROW = 4000  # generated windows per row; the comparison samples from them like held-out
ARTICLE_STEPS = 3000


def compare_runs(
    folders: list[Path],
    corpus: Corpus,
    corpus_folder: Path,
    *,
    baseline: bool = True,
    count: int = 1000,
    overall: bool = False,
) -> ComparisonReport:
    """Compare every run with the reference rows on held-out pieces. A run's row is called "run 1", "run 2", ...

    TrainingError for a run of another corpus: it may have been trained on pieces that are held out here.
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
        rows["article"] = sample_article(generator, sample_windows(train, PER_ROW, 1), seed=2)
    for number, run in enumerate(runs, 1):
        generators = choose_sampling(run, corpus).of(run)
        rows[f"run {number}"] = generate_windows(generators, corpus, number)
    scopes = ["overall"] if overall else ["overall", *vo.STYLES]
    return compare_windows(rows, held_out, train, 0, count, scopes=scopes)


def generate_windows(generators: Generators, corpus: Corpus, seed: int) -> Windows:
    """PER_ROW windows under conditions drawn from training windows, chords generated."""
    like = corpus.train[corpus.train.having("melody", "harmony", "bass")]
    return generators.windows(draw_conditions(corpus, like, PER_ROW, seed), seed)


def target_lines(report: ComparisonReport) -> list[str]:
    """Lines that say whether the runs' mean meets each target, with the values of every run."""
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
