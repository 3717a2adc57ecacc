"""How far rows of windows lie from held-out music: z, C2ST, collapse and copying, overall and by style.

z     mean over the metrics of |mean of the row - mean of held-out| / standard deviation of held-out windows, each
      term capped at 5. Where held-out does not vary at all, the row's own standard deviation is taken, and where
      neither varies a difference counts 5. A metric that the row's windows have the voices for but never a value
      (no note at all) counts 5; one whose voices the row does not write, or that held-out never has, is left out.
C2ST  classifier two-sample test (Lopez-Paz & Oquab, ICLR 2017): how often a random forest, shown the metrics of a
      window, tells real from made; .5 = it cannot. Five folds: all windows of a piece lie in the same one, for real
      windows as for training windows; windows without a piece fall by chance. Missing values are a constant.
      `c2st_mixed` is the same with windows of a piece on both sides, as in the figures of the research: it reads
      higher for every row, because a forest also learns pieces by heart.

Matching. Every row is drawn to the make-up of the held-out sample: as many windows of each style, mode and set of
voices. A window with more voices than asked for is muted to those asked (an exact set is preferred); where a row has
too few it gives windows again (`repeats`), and where it has none of the style and mode, others stand in (`strangers`:
a row that knows no styles is one stranger). Metrics of voices that a row never writes are left out for that row.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from music import vocabulary as vo
from music.errors import MusicError
from music.metrics.formulas import METRICS, NAMES, means, measure
from music.metrics.kernels import Values
from music.metrics.overlap import nearest_overlap, self_overlap
from music.metrics.references import FIELD
from music.metrics.report import HELD_OUT, OVERALL, ComparisonReport, Row
from music.windows import Windows

SCOPES: Final = (OVERALL, *vo.STYLES)
CAP: Final = 5.0
FOLDS: Final = 5
TREES: Final = 100
MISSING: Final = -1.0  # stands for NaN before the forest; every metric is 0 or more
MIN_WINDOWS: Final = 2 * FOLDS
_NOTHING: Final = 1e-9  # a difference below this is rounding
COPY: Final = 0.8  # a nearest overlap above this is a copy


def z_terms(row: Values, held_out: Values, writes: NDArray[np.bool_]) -> Values:
    """Return the capped distance of each metric (M,); NaN where it is left out.

    row, held_out: values of windows (N, M); writes (M,): the row has windows with the metric's voices.
    """
    real = means(held_out)
    spread, own = spreads_of(held_out), spreads_of(row)
    spread = np.where(spread > _NOTHING, spread, np.nan_to_num(own))
    gap = np.abs(means(row) - real)
    terms = np.divide(gap, spread, out=np.where(gap > _NOTHING, CAP, 0.0), where=spread > _NOTHING)
    terms = np.where(np.isnan(gap), CAP, np.minimum(terms, CAP))
    return np.where(np.isnan(real) | ~writes, np.nan, terms)


def spreads_of(values: Values) -> Values:
    """Return the standard deviation over windows of each metric (M,)."""
    return np.asarray(np.sqrt(means((values - means(values)) ** 2)))


def z_score(row: Values, held_out: Values, writes: NDArray[np.bool_] | None = None) -> float:
    """Return z of values of windows (N, M) against held-out's; without `writes` the row writes whatever has a value."""
    if writes is None:
        writes = np.asarray(~np.isnan(row).all(axis=0))
    terms = z_terms(row, held_out, writes)
    return float(np.nanmean(terms)) if not np.isnan(terms).all() else float("nan")


def has_voices(windows: Windows) -> NDArray[np.bool_]:
    """Return (M,): some window has the metric's voices."""
    return np.array([bool(windows.having(*metric.voices).any()) for metric in METRICS])


def folds_of(groups: NDArray[np.integer[Any]], rng: np.random.Generator) -> NDArray[np.int64]:
    """Return the fold (N,) of each window: groups stay whole, the largest placed first, each in the emptiest fold."""
    _, group, size = np.unique(groups, return_inverse=True, return_counts=True)
    order = rng.permutation(len(size))
    order = order[np.argsort(-size[order], kind="stable")]
    filled = np.zeros(FOLDS, np.int64)
    fold_of_group = np.zeros(len(size), np.int64)
    for number in order:
        fold = int(filled.argmin())
        fold_of_group[number] = fold
        filled[fold] += size[number]
    return np.asarray(fold_of_group[group.reshape(-1)])


def c2st(
    real: Values,
    made: Values,
    real_groups: NDArray[np.integer[Any]],
    made_groups: NDArray[np.integer[Any]],
    seed: int,
) -> float:
    """Return the accuracy with which a forest tells values of real windows (N, M) from made ones.

    Groups (N,): windows of the same number share a fold. Both sides are cut to the same size first. NaN when a side
    has fewer than MIN_WINDOWS windows or fewer groups than folds.
    """
    from sklearn.ensemble import RandomForestClassifier

    rng = np.random.default_rng([seed, 10])
    size = min(len(real), len(made))
    chosen = [rng.permutation(len(side))[:size] for side in (real, made)]
    groups = [real_groups[chosen[0]], made_groups[chosen[1]]]
    if size < MIN_WINDOWS or min(len(np.unique(side)) for side in groups) < FOLDS:
        return float("nan")
    features = np.concatenate([real[chosen[0]], made[chosen[1]]])
    features = np.where(np.isnan(features), MISSING, features)
    truth = np.repeat([0, 1], size)
    fold = np.concatenate([folds_of(side, rng) for side in groups])
    right = 0
    for number in range(FOLDS):
        test = fold == number
        forest = RandomForestClassifier(TREES, class_weight="balanced", random_state=seed + number, n_jobs=1)
        forest.fit(features[~test], truth[~test])
        right += int((forest.predict(features[test]) == truth[test]).sum())
    return right / (2 * size)


def groups_of(windows: Windows, source: NDArray[np.intp]) -> NDArray[np.int64]:
    """Return a group a window (N,): its piece; where it has none, its own (windows given again share theirs)."""
    return np.where(windows.piece > 0, windows.piece.astype(np.int64), -1 - source.astype(np.int64))


# Ranks of a window for a stratum: even ranks are preferred to the odd rank beside them.
_EXACT, _MORE, _LACKING, _STRANGER = 0, 1, 2, 4
_TIERS = ((_EXACT, _MORE), (_LACKING,), (_STRANGER, _STRANGER + 1))


class MatchedSample(NamedTuple):
    """A row drawn to the make-up of a held-out sample."""

    windows: Windows
    source: NDArray[np.intp]  # (N,) index in the row of each window
    repeats: int  # windows given a second time, because the row had too few
    strangers: int  # windows of another style or mode, because the row had none


def match_strata(row: Windows, like: Windows, seed: int) -> MatchedSample:
    """Draw from `row` as many windows of each style, mode and set of voices as `like` has.

    Voices that no window of the row has are not asked for.
    """
    rng = np.random.default_rng([seed, 11])
    able = int(np.bitwise_or.reduce(row.voices))
    keys = np.stack([like.style, like.mode, like.voices & np.uint8(able)], axis=1)
    strata, counts = np.unique(keys, axis=0, return_counts=True)
    busiest_first = np.argsort([-int(stratum[2]).bit_count() for stratum in strata], kind="stable")
    used = np.zeros(len(row), bool)
    chosen: list[NDArray[np.intp]] = []
    asked: list[NDArray[np.uint8]] = []
    repeats = strangers = 0
    for (style, mode, voices), wanted in zip(strata[busiest_first].tolist(), counts[busiest_first].tolist()):
        rank = _rank(row, style, mode, voices)
        tier = next(tier for tier in _TIERS if np.isin(rank, tier).any())
        order = rng.permutation(np.flatnonzero(np.isin(rank, tier)))
        order = order[np.argsort(2 * used[order] + rank[order] % 2, kind="stable")]
        drawn = np.resize(order, wanted)
        repeats += int(used[drawn].sum()) + max(0, wanted - len(order))
        strangers += wanted if tier is _TIERS[-1] else 0
        used[drawn] = True
        chosen.append(drawn)
        asked.append(np.full(wanted, voices, np.uint8))
    source = np.concatenate(chosen)
    return MatchedSample(_muted(row[source], np.concatenate(asked)), source, repeats, strangers)


def _rank(row: Windows, style: int, mode: int, voices: int) -> NDArray[np.int64]:
    at_home = (row.style == style) & (row.mode == mode)
    enough = (row.voices & voices) == voices
    abroad = _STRANGER + (row.style != style)
    return np.where(
        at_home, np.where(enough, np.where(row.voices == voices, _EXACT, _MORE), _LACKING), abroad
    )


def _muted(windows: Windows, voices: NDArray[np.uint8]) -> Windows:
    """Return the windows, each with only the voices of its own bits (N,)."""
    kept: dict[str, Any] = {
        name: np.where((voices & vo.VOICE_BIT[voice])[:, None] > 0, getattr(windows, name), 0).astype(
            np.uint8
        )
        for voice, name in FIELD.items()
    }
    return replace(windows, **kept, voices=windows.voices & voices)


def sample_windows(
    windows: Windows, count: int, seed: int, style_shares: Mapping[str, float] | None = None
) -> Windows:
    """Return at most `count` windows, without repeats; `style_shares` (by name) asks for another mixture of styles.

    Where a style has too few windows for its share, all styles shrink alike. Raises MusicError: a style that is none
    or has no windows, or shares that sum to nothing.
    """
    rng = np.random.default_rng([seed, 12])
    if style_shares is None:
        return windows[np.sort(rng.permutation(len(windows))[:count])]
    unknown = sorted(set(style_shares) - set(vo.STYLES))
    whole = sum(style_shares.values())
    if unknown or not whole > 0:
        raise MusicError(
            f"style shares: expected shares of {', '.join(vo.STYLES)}, found {dict(style_shares)}"
        )
    pools = {
        name: rng.permutation(np.flatnonzero(windows.style == vo.STYLES.index(name)))
        for name, share in style_shares.items()
        if share > 0
    }
    count = min(count, *(int(len(pool) * whole / style_shares[name]) for name, pool in pools.items()))
    parts = [pool[: round(count * style_shares[name] / whole)] for name, pool in pools.items()]
    chosen = np.sort(np.concatenate(parts))
    if not len(chosen):
        raise MusicError(
            f"style shares: expected windows of each style asked for, found none for {dict(style_shares)}"
        )
    return windows[chosen]


def split_halves(windows: Windows, seed: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return masks of two halves that share no piece."""
    rng = np.random.default_rng([seed, 13])
    groups, size = np.unique(groups_of(windows, np.arange(len(windows))), return_counts=True)
    order = rng.permutation(len(groups))
    taken = order[np.cumsum(size[order]) <= len(windows) / 2]
    first = np.isin(groups_of(windows, np.arange(len(windows))), groups[taken])
    return first, ~first


def compare_windows(
    rows: Mapping[str, Windows],
    held_out: Windows,
    train: Windows,
    seed: int = 0,
    count: int = 1000,
    style_shares: Mapping[str, float] | None = None,
    scopes: Sequence[str] = SCOPES,
    progress: Callable[[str], None] | None = None,
) -> ComparisonReport:
    """Compare rows with held-out music, overall and style by style; the row "held-out" is put first.

    rows: by name; a row should hold at least as many windows of each style and mode as `count` windows of held-out.
    train: the training windows that copying is measured against. count: windows a row and scope at most.
    style_shares: another mixture of styles than held-out's, for all rows and held-out alike. scopes: "overall" and
    names of styles; those that held-out lacks are left out. progress: called with "scope, row" before each. Raises
    MusicError when held-out or a row is empty.
    """
    for name, windows in {HELD_OUT: held_out, **rows}.items():
        if not len(windows):
            raise MusicError(f"row {name}: expected windows, found none")
    tell = progress or (lambda _: None)
    compared: dict[str, dict[str, Row]] = {}
    spreads: dict[str, dict[str, float]] = {}
    for scope in scopes:
        if scope == OVERALL:
            like = sample_windows(held_out, count, seed, style_shares)
        else:
            like = sample_windows(held_out[held_out.style == vo.STYLES.index(scope)], count, seed)
        if not len(like):
            continue
        real = measure(like)
        tell(f"{scope}, {HELD_OUT}")
        compared[scope] = {HELD_OUT: _held_out_row(like, real, train, seed)}
        spreads[scope] = _named(spreads_of(real))
        for name, windows in rows.items():
            tell(f"{scope}, {name}")
            compared[scope][name] = _row(match_strata(windows, like, seed), like, real, train, seed)
    return ComparisonReport(seed=seed, count=count, scopes=compared, spreads=spreads)


def _named(values: Values) -> dict[str, float]:
    return dict(zip(NAMES, values.tolist()))


def _row(matched: MatchedSample, like: Windows, real: Values, train: Windows, seed: int) -> Row:
    windows = matched.windows
    values = measure(windows)
    writes = has_voices(windows)
    terms = z_terms(values, real, writes)
    groups = groups_of(windows, matched.source)
    real_groups = groups_of(like, np.arange(len(like)))
    mixed = np.arange(len(windows))
    mixed = mixed if not matched.repeats else np.unique(matched.source, return_inverse=True)[1]
    return Row(
        windows=len(windows),
        repeats=matched.repeats,
        strangers=matched.strangers,
        means=_named(means(values)),
        terms=_named(terms),
        z=float(np.nanmean(terms)) if not np.isnan(terms).all() else float("nan"),
        c2st=c2st(real[:, writes], values[:, writes], real_groups, groups, seed),
        c2st_mixed=c2st(real[:, writes], values[:, writes], np.arange(len(like)), mixed, seed),
        **_overlap(windows, train),
    )


def _held_out_row(like: Windows, real: Values, train: Windows, seed: int) -> Row:
    """The held-out row: z is 0 by definition; C2ST tells one half of the pieces from the other."""
    first, second = split_halves(like, seed)
    groups = groups_of(like, np.arange(len(like)))
    singles = np.arange(len(like))
    floor = z_score(real[first], real[second]) if first.any() and second.any() else float("nan")
    return Row(
        windows=len(like),
        repeats=0,
        strangers=0,
        means=_named(means(real)),
        terms=_named(z_terms(real, real, has_voices(like))),
        z=0.0,
        c2st=c2st(real[first], real[second], groups[first], groups[second], seed),
        c2st_mixed=c2st(real[first], real[second], singles[first], singles[second], seed),
        z_of_halves=floor,
        **_overlap(like, train),
    )


def _overlap(windows: Windows, train: Windows) -> dict[str, float]:
    nearest = nearest_overlap(windows, train)
    known = nearest[~np.isnan(nearest)]
    return {
        "self_overlap": self_overlap(windows),
        "nearest": float(known.mean()) if len(known) else float("nan"),
        "copies": float((known > COPY).mean()) if len(known) else float("nan"),
    }
