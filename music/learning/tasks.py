"""The task of each generator: its training windows, its inputs and its critic's inputs."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from music import vocabulary as vo
from music.errors import TrainingError
from music.generators import contract as co
from music.generators.energy import EnergyScale
from music.learning.augment import Augmentation
from music.learning.networks import ChordCritic, DrumCritic, LineCritic, straight_through
from music.windows import Windows


@dataclass(frozen=True)
class TrainingBatch:
    """Real windows, and the inputs for generating windows in their place. n windows."""

    real: tuple[Tensor, ...]  # one-hot tokens of each output
    given: Tensor  # chord features (n, BEATS, features), onsets (n, STEPS, 2), or (n, 0)
    conditions: Tensor  # (n, CONDITIONS)


class GeneratorTask(ABC):
    """One generator's training data, and how it turns noise into windows."""

    name = ""
    needs: tuple[str, ...] = ()
    noise_size = 0

    def __init__(self, windows: Windows, energy: EnergyScale) -> None:
        """Keep the windows that have the voices this generator needs. TrainingError if there are none."""
        chosen = windows[windows.having(*self.needs)]
        if not len(chosen):
            raise TrainingError(f"{self.name}: expected windows with {', '.join(self.needs)}, found none")
        self.part = co.PARTS[self.name]
        self.count = len(chosen)
        self.tokens = tuple(torch.from_numpy(tokens.astype(np.int64)) for tokens in self.outputs(chosen))
        self.sizes = tuple(tokens for _, _, tokens in self.part.outputs)
        self.given = torch.from_numpy(self.context(chosen))
        self.conditions = torch.from_numpy(co.condition_rows(energy.of(chosen), chosen.mode, chosen.style))

    @abstractmethod
    def outputs(self, windows: Windows) -> tuple[Any, ...]:
        """The token arrays that the generator makes."""

    def context(self, windows: Windows) -> co.Floats:
        """The generator's input from a window, float32 (n, ...)."""
        return np.zeros((len(windows), 0), np.float32)

    @abstractmethod
    def critic(self, width: int) -> nn.Module:
        """A fresh critic."""

    @property
    def window_size(self) -> int:
        """Number of values that an encoder reads per window: tokens, given inputs, conditions."""
        tokens = sum(size * array.shape[1] for size, array in zip(self.sizes, self.tokens, strict=True))
        return tokens + self.given[0].numel() + self.conditions.shape[1]

    @abstractmethod
    def rows(self, batch: TrainingBatch, noise: Tensor) -> Tensor:
        """The generator's input rows for windows like those of the batch, from noise (n, noise size)."""

    @abstractmethod
    def score(self, critic: nn.Module, samples: tuple[Tensor, ...], batch: TrainingBatch) -> Tensor:
        """The critic's score of each window, (n,)."""

    @abstractmethod
    def augmented(
        self, samples: tuple[Tensor, ...], given: Tensor, changes: Augmentation
    ) -> tuple[tuple[Tensor, ...], Tensor]:
        """Samples and their given inputs after augmentation."""

    def batch(self, size: int, generator: torch.Generator) -> TrainingBatch:
        """Draw windows with replacement."""
        rows = torch.randint(self.count, (size,), generator=generator)
        real = tuple(
            functional.one_hot(tokens[rows], count).float()
            for tokens, count in zip(self.tokens, self.sizes, strict=True)
        )
        return TrainingBatch(real, self.given[rows], self.conditions[rows])

    def samples(
        self, network: nn.Module, batch: TrainingBatch, temperature: float, generator: torch.Generator
    ) -> tuple[Tensor, ...]:
        """Generate windows, one-hot with straight-through gradients, each (n, positions of a window, tokens)."""
        noise = torch.randn(len(batch.conditions), self.noise_size, generator=generator)
        return tuple(
            straight_through(logits, temperature, generator) for logits in self.logits(network, batch, noise)
        )

    def logits(self, network: nn.Module, batch: TrainingBatch, noise: Tensor) -> tuple[Tensor, ...]:
        """The network's logits of whole windows, each (n, positions of a window, tokens)."""
        count = len(batch.conditions)
        return tuple(found.reshape(count, -1, found.shape[-1]) for found in network(self.rows(batch, noise)))


class Chords(GeneratorTask):
    """Noise and conditions -> sixteen chords."""

    name, needs = "chords", ("melody", "harmony", "bass")
    noise_size = co.CHORD_NOISE

    def outputs(self, windows: Windows) -> tuple[Any, ...]:
        """The token arrays that the generator makes."""
        return (windows.chords,)

    def critic(self, width: int) -> nn.Module:
        """A fresh critic."""
        return ChordCritic(width)

    def rows(self, batch: TrainingBatch, noise: Tensor) -> Tensor:
        """Input rows."""
        return torch.cat([noise, batch.conditions], 1)

    def score(self, critic: nn.Module, samples: tuple[Tensor, ...], batch: TrainingBatch) -> Tensor:
        """The critic's score of each window."""
        score: Tensor = critic(samples[0], batch.conditions)
        return score

    def augmented(
        self, samples: tuple[Tensor, ...], given: Tensor, changes: Augmentation
    ) -> tuple[tuple[Tensor, ...], Tensor]:
        """Samples after augmentation."""
        return (changes.chords(samples[0]),), given


class Lines(GeneratorTask):
    """Noise, conditions and chords -> melody and bass."""

    name, needs = "lines", ("melody", "harmony", "bass")
    noise_size = co.NOISE

    def outputs(self, windows: Windows) -> tuple[Any, ...]:
        """The token arrays that the generator makes."""
        return windows.melody, windows.bass

    def context(self, windows: Windows) -> co.Floats:
        """What the generator is given."""
        return co.chord_feature_table()[windows.chords]

    def critic(self, width: int) -> nn.Module:
        """A fresh critic."""
        return LineCritic(width)

    def rows(self, batch: TrainingBatch, noise: Tensor) -> Tensor:
        """Input rows."""
        return line_rows(noise, batch.conditions, batch.given)

    def score(self, critic: nn.Module, samples: tuple[Tensor, ...], batch: TrainingBatch) -> Tensor:
        """The critic's score of each window."""
        score: Tensor = critic(samples[0], samples[1], batch.given, batch.conditions)
        return score

    def augmented(
        self, samples: tuple[Tensor, ...], given: Tensor, changes: Augmentation
    ) -> tuple[tuple[Tensor, ...], Tensor]:
        """Samples and chords after augmentation."""
        return (changes.line(samples[0]), changes.line(samples[1])), changes.chord_features(given)


class Drums(GeneratorTask):
    """Noise, conditions and the onsets of melody and bass -> drums."""

    name, needs = "drums", ("melody", "bass", "drums")
    noise_size = co.DRUM_GLOBAL + vo.BARS * co.DRUM_BAR

    def outputs(self, windows: Windows) -> tuple[Any, ...]:
        """The token arrays that the generator makes."""
        return (windows.drums,)

    def context(self, windows: Windows) -> co.Floats:
        """What the generator is given."""
        return np.stack([co.line_onsets(windows.melody), co.line_onsets(windows.bass)], -1)

    def critic(self, width: int) -> nn.Module:
        """A fresh critic."""
        return DrumCritic(width)

    def rows(self, batch: TrainingBatch, noise: Tensor) -> Tensor:
        """Input rows."""
        return drum_rows(noise, batch.conditions, batch.given)

    def score(self, critic: nn.Module, samples: tuple[Tensor, ...], batch: TrainingBatch) -> Tensor:
        """The critic's score of each window."""
        score: Tensor = critic(samples[0], batch.given, batch.conditions)
        return score

    def augmented(
        self, samples: tuple[Tensor, ...], given: Tensor, changes: Augmentation
    ) -> tuple[tuple[Tensor, ...], Tensor]:
        """Drums and onsets after augmentation."""
        return (changes.in_time(samples[0]),), changes.in_time(given)


TASKS: dict[str, type[GeneratorTask]] = {task.name: task for task in (Chords, Lines, Drums)}


def line_rows(noise: Tensor, conditions: Tensor, chords: Tensor) -> Tensor:
    """Rows of the lines generator: (n, NOISE), (n, CONDITIONS), (n, BEATS, features) -> (n * BARS, input size).

    Noise and chords beyond the window's ends are zero.
    """
    count = len(noise)
    shared, bars = noise[:, : co.GLOBAL_NOISE], noise[:, co.GLOBAL_NOISE :].view(count, vo.BARS, co.BAR_NOISE)
    padded = functional.pad(bars, (0, 0, 1, 1))
    around = functional.pad(chords, (0, 0, 1, 2))
    context = around.unfold(1, co.CONTEXT_BEATS, vo.BEATS_PER_BAR).transpose(2, 3).reshape(count, vo.BARS, -1)
    return torch.cat(
        [
            _each_bar(shared),
            padded[:, :-2],
            padded[:, 1:-1],
            padded[:, 2:],
            _each_bar(conditions),
            _place(count),
            context,
        ],
        2,
    ).view(count * vo.BARS, -1)


def drum_rows(noise: Tensor, conditions: Tensor, onsets: Tensor) -> Tensor:
    """Rows of the drums generator: noise, conditions, onsets (n, STEPS, 2) -> (n * BARS, input size)."""
    count = len(noise)
    shared, bars = noise[:, : co.DRUM_GLOBAL], noise[:, co.DRUM_GLOBAL :].view(count, vo.BARS, co.DRUM_BAR)
    by_bar = onsets.view(count, vo.BARS, vo.STEPS_PER_BAR, 2).transpose(2, 3).reshape(count, vo.BARS, -1)
    rows = [_each_bar(shared), bars, _each_bar(conditions), _place(count), by_bar]
    return torch.cat(rows, 2).view(count * vo.BARS, -1)


def _each_bar(columns: Tensor) -> Tensor:
    return columns[:, None].expand(-1, vo.BARS, -1)


def _place(count: int) -> Tensor:
    return torch.eye(vo.BARS).expand(count, -1, -1)
