"""Augmentation of the critic's input, so that the critic cannot memorise the training windows.

Real and generated windows are changed in the same ways before each critic step: Zhao et al. 2020, "Differentiable
augmentation for data-efficient GAN training". The changes are differentiable, and each leaves some windows unchanged, so that
the generator still learns unchanged music: Karras et al. 2020, "Training generative adversarial networks with limited data",
section 2.2.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from music import vocabulary as vo

MOST_SEMITONES = 3


@dataclass(frozen=True)
class Augmentation:
    """How each of n windows is changed."""

    turn: Tensor  # (n,) bars by which it is rotated
    semitones: Tensor  # (n,) by which it is transposed
    shown: Tensor  # (n, BARS) 0 where a bar is blanked, otherwise 1

    @classmethod
    def draw(cls, count: int, probability: float, chance: torch.Generator) -> "Augmentation":
        """Rotate, transpose and blank a bar, each with the probability and independently."""
        rolls = torch.rand(3, count, generator=chance) < probability
        turn = torch.randint(1, vo.BARS, (count,), generator=chance)
        steps = torch.randint(1, 2 * MOST_SEMITONES + 1, (count,), generator=chance)
        semitones = torch.where(steps > MOST_SEMITONES, MOST_SEMITONES - steps, steps)
        bar = torch.randint(vo.BARS, (count,), generator=chance)
        shown = torch.ones(count, vo.BARS)
        shown[torch.arange(count), bar] = 1.0 - rolls[2].float()
        return cls(turn * rolls[0], semitones * rolls[1], shown)

    def in_time(self, steps: Tensor) -> Tensor:
        """Rotate and blank (n, positions, columns); the positions are those of BARS equal bars."""
        positions, columns = steps.shape[1:]
        place = (torch.arange(positions) + (self.turn * (positions // vo.BARS))[:, None]) % positions
        turned = steps.gather(1, place[:, :, None].expand(-1, -1, columns))
        return turned * self.shown.repeat_interleave(positions // vo.BARS, 1)[:, :, None]

    def line(self, tokens: Tensor) -> Tensor:
        """Also transpose one-hot line tokens (n, steps, LINE_TOKENS); notes beyond the range become silent."""
        pitches = tokens[..., vo.FIRST_PITCH :]
        source = torch.arange(vo.PITCHES) - self.semitones[:, None]
        inside = (source >= 0) & (source < vo.PITCHES)
        source = source.clamp(0, vo.PITCHES - 1)[:, None].expand(-1, tokens.shape[1], -1)
        moved = pitches.gather(2, source) * inside[:, None]
        return self.in_time(torch.cat([tokens[..., : vo.FIRST_PITCH], moved], -1))

    def chord_features(self, features: Tensor) -> Tensor:
        """Also transpose chord features (n, beats, 24): root and members, each twelve pitch classes."""
        source = (torch.arange(12) - self.semitones[:, None]) % 12
        source = torch.cat([source, source + 12], 1)[:, None].expand(-1, features.shape[1], -1)
        return self.in_time(features.gather(2, source))

    def chords(self, tokens: Tensor) -> Tensor:
        """Also transpose one-hot chord tokens (n, beats, CHORD_TOKENS)."""
        qualities = len(vo.QUALITIES)
        token = torch.arange(1, vo.CHORD_TOKENS)
        root, quality = (token - 1) // qualities, (token - 1) % qualities
        source = 1 + (root - self.semitones[:, None]) % 12 * qualities + quality
        source = torch.cat([torch.zeros(len(source), 1, dtype=torch.long), source], 1)
        return self.in_time(tokens.gather(2, source[:, None].expand(-1, tokens.shape[1], -1)))
