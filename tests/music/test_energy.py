"""Energy: the denser a window compared with the training corpus, the closer to 1."""

from dataclasses import replace

import numpy as np
import pytest

from music import vocabulary as vo
from music.errors import CorpusError
from music.generators.energy import QUANTILES, EnergyScale, density, measure_energy_scale
from music.windows import Windows, empty_windows


def busy(counts: list[int], *, bass: bool = True) -> Windows:
    """Windows with the given number of melody notes, and one bass note if they have a bass."""
    windows = empty_windows(len(counts))
    for row, count in enumerate(counts):
        windows.melody[row, :count] = vo.FIRST_PITCH
        windows.bass[row, 0] = vo.FIRST_PITCH if bass else vo.REST
    bits = vo.VOICE_BIT["melody"] | (vo.VOICE_BIT["bass"] if bass else 0)
    return replace(windows, voices=np.full(len(counts), bits, np.uint8))


def test_density_counts_beginnings_of_melody_and_bass_only() -> None:
    windows = busy([3])
    windows.melody[0, 3:10] = vo.HOLD
    windows.drums[0, :] = 1
    assert density(windows).tolist() == [4]


def test_energy_rises_with_density_from_0_to_1() -> None:
    scale = measure_energy_scale(busy(list(range(1, 61))))
    energy = scale.energy(np.arange(200))
    assert energy.dtype == np.float32
    assert energy[0] == 0.0
    assert energy[-1] == 1.0
    assert (np.diff(energy) >= 0).all()
    assert scale.energy(31) == pytest.approx(0.5, abs=0.03)


def test_density_of_an_energy_is_its_inverse() -> None:
    scale = measure_energy_scale(busy(list(range(1, 61))))
    assert scale.energy(scale.density([0.1, 0.5, 0.9])) == pytest.approx([0.1, 0.5, 0.9], abs=0.01)


def test_a_density_of_many_windows_gets_their_middle() -> None:
    scale = measure_energy_scale(busy([10] * 50 + [20] * 50))
    assert scale.energy(11) == pytest.approx(0.25, abs=0.03)
    assert scale.energy(21) == pytest.approx(0.75, abs=0.03)


def test_a_tune_without_a_bass_is_measured_against_melodies() -> None:
    training = busy(list(range(1, 61)))
    alone, both = busy([60], bass=False), busy([60])
    scale = measure_energy_scale(training)
    assert scale.of(alone) == pytest.approx([1.0])
    assert scale.energy(density(alone)) < 1.0
    assert scale.of(both) == pytest.approx([1.0])


def test_a_scale_is_written_and_read() -> None:
    scale = measure_energy_scale(busy([3, 9, 27]))
    assert EnergyScale.from_data(scale.to_data(), "manifest.json") == scale


@pytest.mark.parametrize(
    "bad",
    [None, [], {}, {"melody+bass": [1.0] * 20, "melody": [1.0] * QUANTILES}, {"melody+bass": "x"}]
    + [
        {"melody+bass": values, "melody": [1.0] * QUANTILES} for values in ([*range(20, -1, -1)], [True] * 21)
    ],
)
def test_a_damaged_scale_is_refused(bad: object) -> None:
    with pytest.raises(CorpusError, match=r"^manifest\.json › energy"):
        EnergyScale.from_data(bad, "manifest.json")


def test_a_corpus_without_melodies_has_no_scale() -> None:
    with pytest.raises(CorpusError, match="windows with a melody"):
        measure_energy_scale(empty_windows(3))
