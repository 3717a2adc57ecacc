"""The GAN losses of generator and critic. The shipped one was chosen by measurement, see music/README.md."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

ScoreFunction = Callable[[tuple[Tensor, ...]], Tensor]


@dataclass(frozen=True)
class Loss:
    """critic(real, fake) and generator(real, fake) from scores (n,); `penalty` names the gradient penalty."""

    critic: Callable[[Tensor, Tensor], Tensor]
    generator: Callable[[Tensor, Tensor], Tensor]
    penalty: str  # "interpolated", "zero-centred", "real" or "none"


LOSSES: dict[str, Loss] = {
    # Gulrajani et al. 2017, "Improved training of Wasserstein GANs"
    "wgan-gp": Loss(lambda real, fake: (fake - real).mean(), lambda real, fake: -fake.mean(), "interpolated"),
    # Jolicoeur-Martineau 2018, "The relativistic discriminator"; with zero-centred penalties on both sides, Huang et
    # al. 2024, "The GAN is dead; long live the GAN!"
    "relativistic": Loss(
        lambda real, fake: functional.softplus(fake - real).mean(),
        lambda real, fake: functional.softplus(real - fake).mean(),
        "zero-centred",
    ),
    # Lim & Ye 2017 "Geometric GAN"; penalty of Mescheder et al. 2018, R1
    "hinge": Loss(
        lambda real, fake: functional.relu(1.0 - real).mean() + functional.relu(1.0 + fake).mean(),
        lambda real, fake: -fake.mean(),
        "real",
    ),
}


def penalty(
    kind: str, score: ScoreFunction, real: tuple[Tensor, ...], fake: tuple[Tensor, ...], mix: Tensor
) -> Tensor:
    """The gradient penalty, a scalar. mix: uniform random weights (n,) of the interpolation between real and fake."""
    if kind == "interpolated":
        weight = mix[:, None, None]
        between = tuple(weight * a + (1.0 - weight) * b for a, b in zip(real, fake, strict=True))
        return ((_gradient_square(score, between) + 1e-12).sqrt() - 1.0).square().mean()
    if kind == "real":
        return 0.5 * _gradient_square(score, real).mean()
    return 0.5 * (_gradient_square(score, real).mean() + _gradient_square(score, fake).mean())


def _gradient_square(score: ScoreFunction, samples: tuple[Tensor, ...]) -> Tensor:
    points = tuple(sample.detach().requires_grad_(True) for sample in samples)
    gradients = torch.autograd.grad(score(points).sum(), points, create_graph=True)
    total = torch.zeros(len(points[0]))
    for gradient in gradients:
        total = total + gradient.square().flatten(1).sum(1)
    return total
