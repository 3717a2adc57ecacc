"""Generators and critics.

A generator is a residual stack of dense layers: it runs in a fraction of a millisecond on a processor and needs only the
operators that our strict model reader allows. A critic sees a whole window: tokens, the pitch that is *sounding* at each step
(HOLD resolved to its note), the chords, and the similarity of each pair of bars.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from music import vocabulary as vo
from music.generators import contract as co

SLOPE = 0.2  # of the critics' leaky rectifiers


class Generator(nn.Module):
    """Dense residual network of one Part: (rows, input size) -> logits (rows, sum of positions x tokens)."""

    def __init__(self, part: co.GeneratorPart, width: int, depth: int, memory: int) -> None:
        """`depth` residual layers of `width`; the last layer passes through `memory` columns to stay small."""
        super().__init__()
        self.part = part
        self.first = nn.Linear(part.input_size, width)
        self.layers = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
        self.heads = nn.ModuleList(
            nn.Sequential(nn.Linear(width, memory), nn.ReLU(), nn.Linear(memory, positions * tokens))
            for _, positions, tokens in part.outputs
        )

    def forward(self, rows: Tensor) -> list[Tensor]:
        """Logits of each output, (rows, positions, tokens)."""
        hidden = functional.relu(self.first(rows))
        for layer in self.layers:
            hidden = hidden + functional.relu(layer(hidden))
        return [
            head(hidden).view(-1, positions, tokens)
            for head, (_, positions, tokens) in zip(self.heads, self.part.outputs, strict=True)
        ]


class Encoder(nn.Module):
    """Maps a real window to the noise that would generate it: mean and logarithm of the variance, each (n, noise)."""

    def __init__(self, window_size: int, width: int, noise: int) -> None:
        super().__init__()
        self.first = nn.Linear(window_size, width)
        self.second = nn.Linear(width, width)
        self.last = nn.Linear(width, 2 * noise)

    def forward(self, windows: Tensor) -> tuple[Tensor, Tensor]:
        """windows: (n, window size)."""
        hidden = functional.relu(self.first(windows))
        hidden = hidden + functional.relu(self.second(hidden))
        mean, variance = self.last(hidden).chunk(2, 1)
        return mean, variance.clamp(-8.0, 4.0)


def straight_through(logits: Tensor, temperature: float, generator: torch.Generator) -> Tensor:
    """Draw one-hot samples with the gradient of the relaxed samples.

    Gumbel-softmax, straight-through: Jang, Gu & Poole 2017, "Categorical reparameterization with Gumbel-softmax".
    """
    uniform = torch.rand(logits.shape, generator=generator).clamp_(1e-9, 1.0 - 1e-7)
    soft = functional.softmax((logits - torch.log(-torch.log(uniform))) / temperature, dim=-1)
    hard = torch.zeros_like(soft).scatter_(-1, soft.argmax(-1, keepdim=True), 1.0)
    return hard + soft - soft.detach()


def sounding_pitches(line: Tensor) -> Tensor:
    """The sounding pitch at each step, one-hot (n, steps, PITCHES), from one-hot tokens (n, steps, LINE_TOKENS).

    A note sounds at its onset and during the HOLDs after it; computed in log2(steps) doublings, which is differentiable and
    cheap.
    """
    sound, hold = line[..., vo.FIRST_PITCH :], line[..., vo.HOLD : vo.HOLD + 1]
    distance = 1
    while distance < line.shape[1]:
        sound = sound + hold * functional.pad(sound, (0, 0, distance, 0))[:, :-distance]
        hold = hold * functional.pad(hold, (0, 0, distance, 0))[:, :-distance]
        distance *= 2
    return sound


def pitch_class_table(low: int) -> Tensor:
    """(PITCHES, 12): which pitch class each pitch of a line has."""
    pitch = torch.arange(low, low + vo.PITCHES) % 12
    return functional.one_hot(pitch, 12).float()


def batch_spread(features: Tensor) -> Tensor:
    """Append the mean standard deviation over the batch as one more column, by which a critic can detect a collapsed batch.

    Karras et al. 2018, "Progressive growing of GANs", section 3.
    """
    spread = torch.sqrt(features.var(0, unbiased=False) + 1e-8).mean()
    return torch.cat([features, spread.expand(len(features), 1)], 1)


class LineCritic(nn.Module):
    """Scores melody and bass over given chords: (n, steps, LINE_TOKENS) twice, (n, beats, features), conditions -> (n,)."""

    melody_classes: Tensor
    bass_classes: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        self.register_buffer("melody_classes", pitch_class_table(vo.MELODY_LOW), persistent=False)
        self.register_buffer("bass_classes", pitch_class_table(vo.BASS_LOW), persistent=False)
        channels = 2 * vo.LINE_TOKENS + 2 * 12 + co.CHORD_FEATURES + 2
        self.local = nn.Conv1d(channels, width, 4, stride=2, padding=1)
        self.beat = nn.Conv1d(width, width, 4, stride=2, padding=1)
        self.grid = nn.Linear(vo.STEPS_PER_BAR * 2 * vo.LINE_TOKENS, 2 * width)
        self.bar = nn.Linear(vo.BEATS_PER_BAR * width + 2 * width, 2 * width)
        pairs = vo.BARS * (vo.BARS - 1) // 2
        self.window = nn.Linear(vo.BARS * 2 * width + 3 * pairs + co.CONDITIONS + 1, 2 * width)
        self.score = nn.Linear(2 * width, 1)
        self.condition = nn.Linear(co.CONDITIONS, 2 * width)

    def forward(self, melody: Tensor, bass: Tensor, chords: Tensor, conditions: Tensor) -> Tensor:
        """One score a window."""
        count = len(melody)
        melody_sound = sounding_pitches(melody) @ self.melody_classes
        bass_sound = sounding_pitches(bass) @ self.bass_classes
        each_step = chords.repeat_interleave(vo.STEPS_PER_BEAT, dim=1)
        members = each_step[..., 12:]
        agree = torch.stack(((melody_sound * members).sum(-1), (bass_sound * members).sum(-1)), -1)
        steps = torch.cat([melody, bass, melody_sound, bass_sound, each_step, agree], -1).transpose(1, 2)
        local = functional.leaky_relu(self.local(steps), SLOPE)
        beats = functional.leaky_relu(self.beat(local), SLOPE)
        by_bar = beats.view(count, -1, vo.BARS, vo.BEATS_PER_BAR).transpose(1, 2).reshape(count, vo.BARS, -1)
        tokens = torch.cat([melody, bass], -1).view(count, vo.BARS, -1)
        grid = functional.leaky_relu(self.grid(tokens), SLOPE)
        bars = functional.leaky_relu(self.bar(torch.cat([by_bar, grid], -1)), SLOPE)
        alike = torch.cat([bar_similarity(melody), bar_similarity(bass), bar_similarity(melody_sound)], 1)
        features = batch_spread(torch.cat([bars.reshape(count, -1), alike, conditions], 1))
        hidden = functional.leaky_relu(self.window(features), SLOPE)
        return projection_score(self.score, self.condition, hidden, conditions)


def projection_score(score: nn.Linear, condition: nn.Linear, hidden: Tensor, conditions: Tensor) -> Tensor:
    """The score of a projection critic, (n,): the realism of `hidden` plus its agreement with the conditions."""
    fits = (hidden * condition(conditions)).sum(1) / math.sqrt(hidden.shape[1])
    scores: Tensor = score(hidden)[:, 0] + fits
    return scores


def bar_similarity(tokens: Tensor, per_bar: int = vo.STEPS_PER_BAR) -> Tensor:
    """The share of equal positions of each pair of bars, (n, 6), from one-hot (n, BARS * per_bar, …)."""
    bars = tokens.view(len(tokens), vo.BARS, -1)
    gram = bars @ bars.transpose(1, 2) / per_bar
    rows, columns = torch.triu_indices(vo.BARS, vo.BARS, 1)
    return gram[:, rows, columns]


class ChordCritic(nn.Module):
    """Scores chord progressions: one-hot (n, BEATS, CHORD_TOKENS), conditions (n, CONDITIONS) -> (n,)."""

    table: Tensor
    quality: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        table = torch.from_numpy(co.chord_feature_table())
        self.register_buffer("table", table, persistent=False)
        quality = torch.zeros(vo.CHORD_TOKENS, len(vo.QUALITIES))
        quality[
            torch.arange(1, vo.CHORD_TOKENS), (torch.arange(1, vo.CHORD_TOKENS) - 1) % len(vo.QUALITIES)
        ] = 1.0
        self.register_buffer("quality", quality, persistent=False)
        columns = co.CHORD_FEATURES + len(vo.QUALITIES) + 2
        self.beats = nn.Conv1d(columns, width, 2, stride=1)
        self.whole = nn.Linear(vo.BEATS * columns + (vo.BEATS - 1) * width, 2 * width)
        self.second = nn.Linear(2 * width + vo.BARS * (vo.BARS - 1) // 2 + co.CONDITIONS + 1, 2 * width)
        self.score = nn.Linear(2 * width, 1)
        self.condition = nn.Linear(co.CONDITIONS, 2 * width)

    def forward(self, chords: Tensor, conditions: Tensor) -> Tensor:
        """One score a window."""
        count = len(chords)
        silent = chords[..., :1]
        change = 1.0 - (chords[:, 1:] * chords[:, :-1]).sum(-1, keepdim=True)
        change = functional.pad(change, (0, 0, 1, 0), value=1.0)
        beats = torch.cat([chords @ self.table, chords @ self.quality, silent, change], -1)
        moves = functional.leaky_relu(self.beats(beats.transpose(1, 2)), SLOPE)
        whole = torch.cat([beats.reshape(count, -1), moves.reshape(count, -1)], 1)
        hidden = functional.leaky_relu(self.whole(whole), SLOPE)
        features = batch_spread(torch.cat([hidden, bar_similarity(chords, vo.BEATS_PER_BAR), conditions], 1))
        hidden = functional.leaky_relu(self.second(features), SLOPE)
        return projection_score(self.score, self.condition, hidden, conditions)


class DrumCritic(nn.Module):
    """Scores drums over given onsets: one-hot (n, STEPS, DRUM_TOKENS), onsets (n, STEPS, 2), conditions -> (n,)."""

    bits: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        self.register_buffer("bits", drum_bits(), persistent=False)
        columns = len(vo.DRUMS) + 3
        self.local = nn.Conv1d(columns, width, 4, stride=2, padding=1)
        self.bar = nn.Linear(vo.STEPS_PER_BAR // 2 * width + vo.STEPS_PER_BAR * columns, 2 * width)
        pairs = vo.BARS * (vo.BARS - 1) // 2
        self.window = nn.Linear(vo.BARS * 2 * width + pairs + co.CONDITIONS + 1, 2 * width)
        self.score = nn.Linear(2 * width, 1)
        self.condition = nn.Linear(co.CONDITIONS, 2 * width)

    def forward(self, drums: Tensor, onsets: Tensor, conditions: Tensor) -> Tensor:
        """One score a window."""
        count = len(drums)
        steps = torch.cat([drums @ self.bits, drums[..., :1], onsets], -1)
        local = functional.leaky_relu(self.local(steps.transpose(1, 2)), SLOPE)
        by_bar = (
            local.view(count, -1, vo.BARS, vo.STEPS_PER_BAR // 2).transpose(1, 2).reshape(count, vo.BARS, -1)
        )
        bars = torch.cat([by_bar, steps.reshape(count, vo.BARS, -1)], -1)
        bars = functional.leaky_relu(self.bar(bars), SLOPE)
        features = torch.cat([bars.reshape(count, -1), bar_similarity(drums), conditions], 1)
        hidden = functional.leaky_relu(self.window(batch_spread(features)), SLOPE)
        return projection_score(self.score, self.condition, hidden, conditions)


def drum_bits() -> Tensor:
    """(DRUM_TOKENS, drums) 0 or 1."""
    return torch.from_numpy(vo.DRUM_BITS).float()
