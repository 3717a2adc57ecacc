"""The network of the source article, as the measured baseline: 100 numbers of noise, dense layers to 4,096 tanh values,
a one-dimensional convolutional critic, the minimax loss. It suffers mode collapse; the comparison shows how much.

The 4,096 values are a piano roll of 64 steps x 64 pitches; a cell above 0 sounds.
"""

from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from music import vocabulary as vo
from music.windows import Windows, empty_windows

NOISE = 100
LOW = vo.BASS_LOW  # MIDI number of the roll's lowest pitch
PITCHES = 64
BATCH = 32
RATE = 2e-4


def article_generator() -> nn.Module:
    """Dense layers of growing width, leaky rectifiers, batch normalisation, 4,096 tanh values."""
    widths = (NOISE, 256, 512, 1024)
    layers: list[nn.Module] = []
    for before, after in pairwise(widths):
        layers += [nn.Linear(before, after), nn.LeakyReLU(0.2), nn.BatchNorm1d(after, momentum=0.2)]
    return nn.Sequential(*layers, nn.Linear(widths[-1], vo.STEPS * PITCHES), nn.Tanh())


def article_critic() -> nn.Module:
    """Two strided convolutions over time, then one number."""
    return nn.Sequential(
        nn.Conv1d(PITCHES, 64, 5, stride=2, padding=2),
        nn.LeakyReLU(0.2),
        nn.Conv1d(64, 128, 5, stride=2, padding=2),
        nn.LeakyReLU(0.2),
        nn.Flatten(),
        nn.Linear(128 * vo.STEPS // 4, 1),
    )


def rolls_of(windows: Windows) -> NDArray[np.float32]:
    """Return -1 / +1 rolls (n, STEPS, PITCHES) of melody, bass and chords together."""
    rolls = -np.ones((len(windows), vo.STEPS, PITCHES), np.float32)
    pitches = LOW + np.arange(PITCHES)
    chords = vo.CHORD_PITCH_CLASSES[np.repeat(windows.chords, vo.STEPS_PER_BEAT, axis=1)]  # (n, STEPS, 12)
    middle = (pitches >= 48) & (pitches < 60)
    rolls[:, :, middle] = np.where(chords[:, :, pitches[middle] % 12] > 0, 1.0, -1.0)
    for line, low in ((windows.melody, vo.MELODY_LOW), (windows.bass, vo.BASS_LOW)):
        index, sounding = np.arange(len(windows)), np.full(len(windows), -1)
        for step in range(vo.STEPS):
            token = line[:, step].astype(np.int64)
            sounding = np.where(
                token == vo.HOLD, sounding, np.where(token == vo.REST, -1, low + token - vo.FIRST_PITCH)
            )
            on = (sounding >= LOW) & (sounding < LOW + PITCHES)
            rolls[index[on], step, sounding[on] - LOW] = 1.0
    return rolls


def train_article(windows: Windows, steps: int, seed: int) -> nn.Module:
    """Train by the minimax loss; returns the generator."""
    torch.set_num_threads(1)
    chance = torch.Generator().manual_seed(seed)
    real = torch.from_numpy(rolls_of(windows))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        generator, critic = article_generator(), article_critic()
    optimisers = [
        torch.optim.Adam(network.parameters(), RATE, (0.5, 0.999)) for network in (generator, critic)
    ]

    def critic_loss(rolls: Tensor, truth: float) -> Tensor:
        scores = critic(rolls.transpose(1, 2))[:, 0]
        return functional.binary_cross_entropy_with_logits(scores, torch.full_like(scores, truth))

    for _ in range(steps):
        rows = torch.randint(len(real), (BATCH,), generator=chance)
        made = generator(torch.randn(BATCH, NOISE, generator=chance)).view(BATCH, vo.STEPS, PITCHES)
        loss = critic_loss(real[rows], 1.0) + critic_loss(made.detach(), 0.0)
        optimisers[1].zero_grad()
        loss.backward()
        optimisers[1].step()
        loss = critic_loss(made, 1.0)
        optimisers[0].zero_grad()
        loss.backward()
        optimisers[0].step()
    return generator.eval()


def sample_article(generator: nn.Module, like: Windows, seed: int) -> Windows:
    """Generate windows with the article's network; their modes and styles are copied from `like`."""
    chance = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        rolls = generator(torch.randn(len(like), NOISE, generator=chance)).view(-1, vo.STEPS, PITCHES).numpy()
    return windows_from_rolls(rolls > 0.0, like)


def windows_from_rolls(on: NDArray[np.bool_], like: Windows) -> Windows:
    """Tokens of rolls (n, STEPS, PITCHES): the highest sounding pitch is the melody, the lowest the bass.

    A cell that continues the previous step is a HOLD; each beat gets the chord whose pitch classes fit best.
    """
    count = len(on)
    silent = empty_windows(count)
    melody, bass = silent.melody.copy(), silent.bass.copy()
    top, bottom = vo.MELODY_LOW - LOW, vo.PITCHES
    for tokens, part, offset, highest in (
        (melody, on[:, :, top:], 0, True),
        (bass, on[:, :, :bottom], 0, False),
    ):
        cells = part[:, :, : vo.PITCHES]
        some: NDArray[np.bool_] = np.asarray(cells.any(2))
        width = cells.shape[2]
        pitch = (width - 1 - cells[:, :, ::-1].argmax(2)) if highest else cells.argmax(2)
        for step in range(vo.STEPS):
            fresh = vo.FIRST_PITCH + offset + pitch[:, step]
            if step:
                same = some[:, step] & some[:, step - 1] & (pitch[:, step] == pitch[:, step - 1])
                fresh = np.where(same, vo.HOLD, fresh)
            tokens[:, step] = np.where(some[:, step], fresh, vo.REST)
    classes = np.zeros((count, vo.BEATS, 12))
    for index in range(PITCHES):
        classes[:, :, (LOW + index) % 12] += (
            on[:, :, index].reshape(count, vo.BEATS, vo.STEPS_PER_BEAT).sum(2)
        )
    table = vo.CHORD_PITCH_CLASSES.astype(float)
    fit = classes @ (2.0 * table - 1.0).T / np.sqrt(np.maximum(table.sum(1), 1.0))
    chords = np.where(classes.sum(2) > 0, fit.argmax(2), vo.NO_CHORD).astype(np.uint8)
    return Windows(
        melody=melody,
        bass=bass,
        chords=chords,
        drums=silent.drums,
        voices=np.full(
            count, vo.VOICE_BIT["melody"] | vo.VOICE_BIT["harmony"] | vo.VOICE_BIT["bass"], np.uint8
        ),
        mode=like.mode,
        style=like.style,
        piece=silent.piece,
        bar=silent.bar,
    )
