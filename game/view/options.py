"""The player's options for the look."""

from dataclasses import dataclass

from game.view.palette import DEFAULT, Palette


@dataclass(frozen=True)
class RenderOptions:
    """Amounts are 0 (off) to 1 (full)."""

    shake: float = 1.0
    flash: float = 1.0  # flashes of the whole screen; never more than three a second
    glow: float = 1.0
    particles: float = 1.0
    bloom: bool = True
    palette: Palette = DEFAULT

    def __post_init__(self) -> None:
        for name in ("shake", "flash", "glow", "particles"):
            value = getattr(self, name)
            if not 0.0 <= value <= 1.0:
                raise ValueError(f"render options: expected {name} of 0 to 1, found {value}")
