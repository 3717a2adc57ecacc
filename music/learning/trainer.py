"""The training loop of one generator and its critic: one thread, one random generator, reproducible steps."""

import copy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from music.errors import TrainingError
from music.learning.augment import Augmentation
from music.learning.losses import LOSSES, penalty
from music.learning.networks import Encoder, Generator
from music.learning.tasks import GeneratorTask, TrainingBatch
from safefiles.text import clean

Arrays = dict[str, Any]


@dataclass(frozen=True)
class TrainerSettings:
    """How one generator is trained."""

    steps: int  # of the generator
    batch: int = 64
    loss: str = "relativistic"
    width: int = 320
    depth: int = 2
    memory: int = 192
    critic_width: int = 96
    generator_rate: float = 3e-4
    critic_rate: float = 3e-4
    critic_steps: int = 1  # of the critic for each of the generator
    penalty_weight: float = 10.0
    penalty_every: int = 4  # critic steps; the weight is multiplied by this number
    augment: float = 0.0  # probability of each change to the critic's windows
    beta: float = 0.0  # Adam's first momentum
    temperature: float = 1.0  # of the relaxed samples
    average: float = 0.999  # decay of the averaged weights, which are exported
    encoder_width: int = 256
    rebuild_only: int = 0  # first steps, which only learn to rebuild real windows
    rebuild: float = 0.0  # weight of rebuilding relative to the GAN loss; 0 = no encoder, a plain GAN
    divergence: float = 1.0  # weight of the encoded noise's distance from normal noise


class Trainer:
    """Generator, critic, averaged generator, their optimisers and the only random generator."""

    def __init__(self, task: GeneratorTask, settings: TrainerSettings, seed: int) -> None:
        """Build everything from the seed. TrainingError for an unknown loss."""
        if settings.loss not in LOSSES:
            raise TrainingError(f"loss: expected {', '.join(LOSSES)}, found {settings.loss!r}")
        self.task, self.settings = task, settings
        self.chance = torch.Generator().manual_seed(seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.generator = Generator(task.part, settings.width, settings.depth, settings.memory)
            self.critic = task.critic(settings.critic_width)
            self.encoder = Encoder(task.window_size, settings.encoder_width, task.noise_size)
        self.averaged = copy.deepcopy(self.generator).requires_grad_(False)
        betas = (settings.beta, 0.99)
        makers = [*self.generator.parameters(), *self.encoder.parameters()]
        self.generator_optimiser = torch.optim.Adam(makers, settings.generator_rate, betas)
        self.critic_optimiser = torch.optim.Adam(self.critic.parameters(), settings.critic_rate, betas)
        self.step = 0
        self.critic_turns = 0

    def train_step(self) -> dict[str, float]:
        """One step of the generator after its critic's; returns losses for the curve."""
        settings = self.settings
        # full rate for the first half of the run, then falling to a twentieth
        rate = min(1.0, max(0.05, 2.0 * (1.0 - self.step / settings.steps)))
        for optimiser, base in (
            (self.generator_optimiser, settings.generator_rate),
            (self.critic_optimiser, settings.critic_rate),
        ):
            for group in optimiser.param_groups:
                group["lr"] = base * rate
        report: dict[str, float] = {}
        playing = self.step >= settings.rebuild_only
        if playing:
            for _ in range(settings.critic_steps):
                report = self._critic_step()
        report |= self._generator_step(playing)
        self.step += 1
        self._average()
        return report

    def _score(self, batch: TrainingBatch, samples: tuple[Tensor, ...]) -> Tensor:
        return self.task.score(self.critic, samples, batch)

    def _augmented(
        self, batch: TrainingBatch, samples: tuple[Tensor, ...]
    ) -> tuple[tuple[Tensor, ...], TrainingBatch]:
        """Samples after augmentation, and the batch with the given inputs changed in the same way."""
        if self.settings.augment == 0.0:
            return samples, batch
        changes = Augmentation.draw(len(batch.conditions), self.settings.augment, self.chance)
        changed, given = self.task.augmented(samples, batch.given, changes)
        return changed, replace(batch, given=given)

    def _critic_step(self) -> dict[str, float]:
        settings, loss = self.settings, LOSSES[self.settings.loss]
        batch = self.task.batch(settings.batch, self.chance)
        with torch.no_grad():
            fake = self.task.samples(self.generator, batch, settings.temperature, self.chance)
        real, shown_real = self._augmented(batch, batch.real)
        fake, shown_fake = self._augmented(batch, fake)
        scores_real, scores_fake = self._score(shown_real, real), self._score(shown_fake, fake)
        value = loss.critic(scores_real, scores_fake)
        total = value
        if self.critic_turns % settings.penalty_every == 0:
            mix = torch.rand(settings.batch, generator=self.chance)
            extra = penalty(loss.penalty, lambda points: self._score(shown_real, points), real, fake, mix)
            total = total + settings.penalty_weight * settings.penalty_every * extra
        self.critic_turns += 1
        self.critic_optimiser.zero_grad(set_to_none=True)
        total.backward()
        self.critic_optimiser.step()
        gap = (scores_real - scores_fake).mean()
        return {"critic_loss": float(value.detach()), "score_gap": float(gap.detach())}

    def _generator_step(self, playing: bool) -> dict[str, float]:
        settings, loss = self.settings, LOSSES[self.settings.loss]
        batch = self.task.batch(settings.batch, self.chance)
        total = torch.zeros(())
        report: dict[str, float] = {}
        if settings.rebuild > 0.0 or not playing:
            rebuilt, divergence = self._rebuild(batch)
            total = total + (settings.rebuild if playing else 1.0) * (
                rebuilt + settings.divergence * divergence
            )
            report |= {"rebuild_loss": float(rebuilt.detach()), "divergence": float(divergence.detach())}
        if playing:
            fake = self.task.samples(self.generator, batch, settings.temperature, self.chance)
            with torch.no_grad():
                real, shown = self._augmented(batch, batch.real)
                scores_real = self._score(shown, real)
            self.critic.requires_grad_(False)
            fake, shown = self._augmented(batch, fake)
            value = loss.generator(scores_real, self._score(shown, fake))
            total = total + value
            report["generator_loss"] = float(value.detach())
        self.generator_optimiser.zero_grad(set_to_none=True)
        total.backward()
        self.critic.requires_grad_(True)
        self.generator_optimiser.step()
        return report

    def _rebuild(self, batch: TrainingBatch) -> tuple[Tensor, Tensor]:
        """Cross-entropy of rebuilt windows, and the encoded noise's divergence from normal; both per token.

        It keeps every real window reachable for the generator: Larsen et al. 2016, "Autoencoding beyond pixels using a
        learned similarity metric"; Kingma & Welling 2014.
        """
        windows = torch.cat([item.flatten(1) for item in (*batch.real, batch.given, batch.conditions)], 1)
        mean, variance = self.encoder(windows)
        draw = torch.randn(mean.shape, generator=self.chance)
        noise = mean + draw * (0.5 * variance).exp()
        tokens, cost = 0, torch.zeros(())
        for found, real in zip(self.task.logits(self.generator, batch, noise), batch.real, strict=True):
            cost = cost - (functional.log_softmax(found, -1) * real).sum()
            tokens += real.shape[0] * real.shape[1]
        divergence = 0.5 * (mean.square() + variance.exp() - 1.0 - variance).sum()
        return cost / tokens, divergence / tokens

    def _average(self) -> None:
        decay = min(self.settings.average, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for kept, now in zip(self.averaged.parameters(), self.generator.parameters(), strict=True):
                kept.lerp_(now, 1.0 - decay)

    def state(self) -> Arrays:
        """The complete training state as named arrays."""
        arrays: Arrays = {
            "chance": self.chance.get_state().numpy(),
            "counts": np.array([self.step, self.critic_turns]),
        }
        for name, network in self._networks():
            arrays |= {f"{name}/{key}": value.numpy() for key, value in network.state_dict().items()}
        for name, optimiser in self._optimisers():
            for index, slot in optimiser.state_dict()["state"].items():
                arrays |= {f"{name}/{index}/{key}": value.numpy() for key, value in slot.items()}
        return arrays

    def load(self, arrays: Arrays) -> None:
        """Continue exactly from a `state`. TrainingError if the arrays belong to other networks."""
        try:
            for name, network in self._networks():
                network.load_state_dict(
                    {key: torch.from_numpy(arrays[f"{name}/{key}"].copy()) for key in network.state_dict()}
                )
            for name, optimiser in self._optimisers():
                state: dict[int, dict[str, Tensor]] = {}
                for key, value in arrays.items():
                    if key.startswith(f"{name}/"):
                        _, index, field = key.split("/")
                        state.setdefault(int(index), {})[field] = torch.from_numpy(value.copy())
                _check_state(name, state, optimiser)
                optimiser.load_state_dict({**optimiser.state_dict(), "state": state})
            self.chance.set_state(torch.from_numpy(arrays["chance"].copy()))
            self.step, self.critic_turns = (int(number) for number in arrays["counts"])
            if not 0 <= self.step <= self.settings.steps:
                raise ValueError(f"expected at most {self.settings.steps} steps, found {self.step}")
        except (KeyError, RuntimeError, ValueError, TypeError, IndexError) as error:
            raise TrainingError(
                f"checkpoint of {self.task.name}: does not fit these settings ({clean(str(error), 160)})"
            ) from error

    def _networks(self) -> tuple[tuple[str, nn.Module], ...]:
        return (
            ("generator", self.generator),
            ("critic", self.critic),
            ("averaged", self.averaged),
            ("encoder", self.encoder),
        )

    def _optimisers(self) -> tuple[tuple[str, torch.optim.Optimizer], ...]:
        return ("generator_adam", self.generator_optimiser), ("critic_adam", self.critic_optimiser)


def _check_state(name: str, state: dict[int, dict[str, Tensor]], optimiser: torch.optim.Optimizer) -> None:
    """Raise ValueError unless Adam's moments have the shapes of the weights: torch checks this only at the next step."""
    weights = [weight for group in optimiser.param_groups for weight in group["params"]]
    for index, fields in state.items():
        if not 0 <= index < len(weights) or set(fields) != {"step", "exp_avg", "exp_avg_sq"}:
            raise ValueError(
                f"{name} › {index}: expected step, exp_avg and exp_avg_sq of {len(weights)} weights"
            )
        for field in ("exp_avg", "exp_avg_sq"):
            if fields[field].shape != weights[index].shape:
                raise ValueError(
                    f"{name} › {index} › {field}: expected {tuple(weights[index].shape)} numbers"
                )
        if fields["step"].numel() != 1:
            raise ValueError(f"{name} › {index} › step: expected one number")
