"""The scale of stars, and other scales brought to it."""

from typing import Final

Scale = tuple[float, float]  # the fewest and the most stars
STARS: Final = (1.0, 5.0)  # the usual scale, both ends included: every store holds it
HALF_STARS: Final = (0.5, 5.0)  # of MovieLens's newer files


def rescale_stars(stars: float, scale: Scale) -> float:
    """Stars of a scale on the usual one, the ends to the ends."""
    if scale == STARS:
        return stars
    share = (stars - scale[0]) / (scale[1] - scale[0])
    return min(max(STARS[0] + share * (STARS[1] - STARS[0]), STARS[0]), STARS[1])
