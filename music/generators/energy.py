"""Energy, 0..1: the density of a window's melody and bass compared with the training corpus."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from music import vocabulary as vo
from music.errors import CorpusError
from music.windows import Windows

QUANTILES: Final = 21
POSITIONS: Final = np.linspace(0.0, 1.0, QUANTILES)

Energies = NDArray[np.float32]


def density(windows: Windows) -> NDArray[np.int32]:
    """Return the notes that begin in melody and bass of each window, (N,). Drums do not count."""
    melody = (windows.melody >= vo.FIRST_PITCH).sum(1)
    bass = (windows.bass >= vo.FIRST_PITCH).sum(1)
    total: NDArray[np.int32] = (melody + bass).astype(np.int32)
    return total


@dataclass(frozen=True)
class EnergyScale:
    """QUANTILES quantiles of density: of windows with melody and bass, and of the melody alone in all windows.

    The second scale is for sources without a bass (tune-books), so that a dense melody has a high energy there too.
    """

    quantiles: tuple[float, ...]
    melody_quantiles: tuple[float, ...]

    def energy(self, dense: ArrayLike) -> Energies:
        """Return the energy of densities of melody and bass together: monotone, 0..1."""
        return _interpolate(dense, self.quantiles)

    def density(self, energy: ArrayLike) -> Energies:
        """Return the density that corresponds to an energy."""
        wanted = np.asarray(energy, np.float64)
        result: Energies = np.interp(wanted, POSITIONS, self.quantiles).astype(np.float32)
        return result

    def of(self, windows: Windows) -> Energies:
        """Return the energy of each window, (N,), on the scale for the voices of its source."""
        melody = (windows.melody >= vo.FIRST_PITCH).sum(1)
        alone = _interpolate(melody, self.melody_quantiles)
        result: Energies = np.where(windows.having("bass"), self.energy(density(windows)), alone)
        return result

    def to_data(self) -> dict[str, list[float]]:
        """Return the scale as JSON-able values."""
        return {"melody+bass": list(self.quantiles), "melody": list(self.melody_quantiles)}

    @classmethod
    def from_data(cls, data: Any, where: str) -> "EnergyScale":
        """Return the scale that `to_data` wrote. Raises CorpusError."""
        if not isinstance(data, dict):
            raise CorpusError(f"{where} › energy: expected an object, found {type(data).__name__}")
        return cls(
            _checked(data.get("melody+bass"), f"{where} › energy.melody+bass"),
            _checked(data.get("melody"), f"{where} › energy.melody"),
        )


def measure_energy_scale(windows: Windows) -> EnergyScale:
    """Measure the scale on (training) windows. Raises CorpusError if none has a melody."""
    both = density(windows)[windows.having("melody", "bass")]
    melody = (windows.melody >= vo.FIRST_PITCH).sum(1)[windows.having("melody")]
    if not len(melody):
        raise CorpusError("energy: expected windows with a melody, found none")
    return EnergyScale(_quantiles(both if len(both) else melody), _quantiles(melody))


def _quantiles(values: NDArray[Any]) -> tuple[float, ...]:
    return tuple(round(float(value), 3) for value in np.quantile(values, POSITIONS))


def _interpolate(values: ArrayLike, quantiles: tuple[float, ...]) -> Energies:
    """Map values to positions among quantiles; a value equal to several quantiles gets their middle."""
    places, first, counts = np.unique(np.array(quantiles), return_index=True, return_counts=True)
    middle = POSITIONS[first] + (counts - 1) / 2 / (QUANTILES - 1)
    result: Energies = np.interp(np.asarray(values, np.float64), places, middle).astype(np.float32)
    return result


def _checked(value: Any, where: str) -> tuple[float, ...]:
    numbers = isinstance(value, list) and all(
        isinstance(item, int | float) and not isinstance(item, bool) and 0 <= item <= 4096 for item in value
    )
    if not numbers or len(value) != QUANTILES or value != sorted(value):
        raise CorpusError(f"{where}: expected {QUANTILES} rising numbers, found {value!s:.60}")
    return tuple(float(item) for item in value)
