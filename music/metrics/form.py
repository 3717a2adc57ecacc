"""Form: the similarity of bars within a piece's theme sections, compared with that of theme and contrast."""

from collections.abc import Iterable

import numpy as np

from music import vocabulary as vo
from music.piece import Piece

THEMES = ("theme", "variation", "return")  # the A of A-A-B-A
CONTRASTS = ("contrast",)

Onsets = frozenset[tuple[int, int]]


def form_metrics(piece: Piece) -> dict[str, float | None]:
    """Return form_inside, form_across and their ratio; None if the piece lacks the sections.

    The similarity of two bars is the Jaccard overlap of their melody onsets (step in the bar, pitch). `inside` is its mean
    over bars at the same place in different theme sections (theme, variation, return), `across` over bars at the same place
    in a theme section and a contrast.
    """
    themes = [bars for name in THEMES for bars in _bars_of(piece, name)]
    contrasts = [bars for name in CONTRASTS for bars in _bars_of(piece, name)]
    inside = _mean(
        _similarity(first, second)
        for index, one in enumerate(themes)
        for other in themes[index + 1 :]
        for first, second in zip(one, other, strict=False)
    )
    across = _mean(
        _similarity(first, second)
        for one in themes
        for other in contrasts
        for first, second in zip(one, other, strict=False)
    )
    ratio = inside / across if inside is not None and across else None
    return {"form_inside": inside, "form_across": across, "form_ratio": ratio}


def _bars_of(piece: Piece, name: str) -> list[list[Onsets]]:
    """The bars of every section of those names, as sets of melody onsets."""
    bars: list[set[tuple[int, int]]] = [set() for _ in range(piece.bars)]
    for note in piece.voices.get("melody", ()):
        bars[note.start // vo.STEPS_PER_BAR].add((note.start % vo.STEPS_PER_BAR, note.pitch))
    return [
        [frozenset(bar) for bar in bars[section.bar : section.bar + section.bars]]
        for section in piece.sections
        if section.name == name
    ]


def _similarity(first: Onsets, second: Onsets) -> float:
    """Jaccard overlap; None for two empty bars."""
    if not first and not second:
        return float("nan")
    return len(first & second) / len(first | second)


def _mean(values: Iterable[float]) -> float | None:
    found = [value for value in values if not np.isnan(value)]
    return float(np.mean(found)) if found else None
