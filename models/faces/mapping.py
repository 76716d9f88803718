"""The mapping network: an invertible one, from a standard normal z to the style latent w and back.

StyleGAN's mapping network f(z) learns where faces live in w, but cannot be inverted. Ours is a normalizing flow
(RealNVP, Dinh et al. 2017, arXiv:1605.08803) fitted by maximum likelihood to the latents of the training faces, on
top of their mean and covariance. So every w has exactly one z (a visitor's photograph too), a straight line in z
keeps to where faces are, and shrinking z (truncation, psi < 1) gives the more usual faces of the same kind.

A flow of a normal distribution is loath to leave a gap, and so draws faces that half wear glasses. Its last layers,
monotone functions along a few readings of w, give those readings the distributions that real faces have.

z and w are float (B, latent).
"""

import math

import torch
from torch import Tensor, nn


class Coupling(nn.Module):
    """Half of the numbers, the other half scaled and shifted by a function of them; begins as the identity."""

    def __init__(self, latent: int, hidden: int, order: Tensor):
        super().__init__()
        self.register_buffer("order", order)
        self.register_buffer("back", order.argsort())
        self.kept = latent // 2
        self.layers = nn.Sequential(
            nn.Linear(self.kept, hidden),
            nn.LeakyReLU(0.2),
            nn.Linear(hidden, hidden),
            nn.LeakyReLU(0.2),
            nn.Linear(hidden, 2 * (latent - self.kept)),
        )
        nn.init.zeros_(self.layers[-1].weight)
        nn.init.zeros_(self.layers[-1].bias)

    def _terms(self, kept: Tensor) -> tuple[Tensor, Tensor]:
        log_scale, shift = self.layers(kept).chunk(2, dim=1)
        return 1.5 * torch.tanh(log_scale / 1.5), shift

    def forward(self, x: Tensor) -> Tensor:
        kept, moved = x[:, self.order].split((self.kept, x.shape[1] - self.kept), dim=1)
        log_scale, shift = self._terms(kept)
        return torch.cat([kept, moved * log_scale.exp() + shift], dim=1)[:, self.back]

    def inverse(self, y: Tensor) -> tuple[Tensor, Tensor]:
        """The x of a y, and the log determinant (B,) of the inverse."""
        kept, moved = y[:, self.order].split((self.kept, y.shape[1] - self.kept), dim=1)
        log_scale, shift = self._terms(kept)
        x = torch.cat([kept, (moved - shift) * (-log_scale).exp()], dim=1)[:, self.back]
        return x, -log_scale.sum(1)


class Marginals(nn.Module):
    """Piecewise linear monotone functions of K readings of w, one after the other; begins as the identity.

    `reading` (K, D): reading k is reading[k] . w; `along` (K, D): how w moves for it to change by 1, the others
    little; `drawn` and `wanted` (K, KNOTS), increasing: where quantiles lie before and after.
    """

    KNOTS = 17

    def __init__(self, latent: int, readings: int = 4):
        super().__init__()
        self.register_buffer("reading", torch.eye(readings, latent))
        self.register_buffer("along", torch.eye(readings, latent))
        self.register_buffer("drawn", torch.linspace(-2, 2, self.KNOTS).repeat(readings, 1))
        self.register_buffer("wanted", self.drawn.clone())

    def forward(self, w: Tensor) -> Tensor:
        w = w.to(self.reading.dtype)
        for k in range(len(self.reading)):
            w = self.move(w, k, self.drawn[k], self.wanted[k])
        return w

    def inverse(self, w: Tensor) -> Tensor:
        w = w.to(self.reading.dtype)
        for k in reversed(range(len(self.reading))):
            w = self.move(w, k, self.wanted[k], self.drawn[k])
        return w

    def move(self, w: Tensor, k: int, here: Tensor, there: Tensor) -> Tensor:
        """w (B, D) with reading k carried from the knots `here` to `there`."""
        read = w @ self.reading[k]
        along = self.along[k] / (self.reading[k] @ self.along[k])
        return w + (interpolate(read, here, there) - read)[:, None] * along


def interpolate(x: Tensor, here: Tensor, there: Tensor) -> Tensor:
    """The piecewise linear function from the knots `here` to `there`, both increasing; of slope 1 beyond them."""
    right = torch.searchsorted(here, x.contiguous()).clamp(1, len(here) - 1)
    share = (x - here[right - 1]) / (here[right] - here[right - 1])
    inside = there[right - 1] + share * (there[right] - there[right - 1])
    below, above = x < here[0], x > here[-1]
    return torch.where(below, there[0] + x - here[0], torch.where(above, there[-1] + x - here[-1], inside))


class Mapping(nn.Module):
    """w = marginals(mean + root . couplings(z)).

    `mean` (D,) and `root` (D, D), the covariance's Cholesky factor, are buffers. It reckons in the precision of its own
    weights and answers in that of its input.
    """

    def __init__(self, latent: int = 160, couplings: int = 8, hidden: int = 192):
        super().__init__()
        orders = torch.Generator().manual_seed(0)  # part of the architecture, not of a run
        self.couplings = nn.ModuleList(
            Coupling(latent, hidden, torch.randperm(latent, generator=orders)) for _ in range(couplings)
        )
        self.register_buffer("mean", torch.zeros(latent))
        self.register_buffer("root", torch.eye(latent))
        self.marginals = Marginals(latent)

    def forward(self, z: Tensor) -> Tensor:
        x = z.to(self.mean.dtype)
        for coupling in self.couplings:
            x = coupling(x)
        return self.marginals(self.mean + x @ self.root.T).to(z.dtype)

    def inverse(self, w: Tensor) -> Tensor:
        return self._inverse(self.marginals.inverse(w))[0].to(w.dtype)

    def _inverse(self, w: Tensor) -> tuple[Tensor, Tensor]:
        x = torch.linalg.solve_triangular(self.root, (w - self.mean).T, upper=False).T
        log_determinant = -self.root.diagonal().log().sum().expand(len(w))
        for coupling in reversed(self.couplings):
            x, change = coupling.inverse(x)
            log_determinant = log_determinant + change
        return x, log_determinant

    def surprise(self, w: Tensor) -> Tensor:
        """Negative log likelihood of w in nats a dimension, averaged over the batch; of the flow without marginals."""
        z, log_determinant = self._inverse(w)
        log_density = -0.5 * (z**2 + math.log(2 * math.pi)).sum(1) + log_determinant
        return -log_density.mean() / w.shape[1]


def fit(
    mapping: Mapping,
    mean: Tensor,
    deviation: Tensor,
    held_out: Tensor,
    seed: int = 0,
    steps: int = 3000,
    batch: int = 256,
    learning_rate: float = 1e-3,
) -> dict[str, float]:
    """Fit the flow to latents N(mean, deviation) of training faces, each (N, D); keeps what suits `held_out` best.

    Returns nats a dimension on the held-out latents: of the Gaussian alone, and of the flow.
    """
    chance = torch.Generator().manual_seed(seed)
    centre, covariance = mean.mean(0), mean.T.cov() + torch.diag(deviation.square().mean(0))
    mapping.mean.copy_(centre)
    mapping.root.copy_(torch.linalg.cholesky(covariance))
    with torch.no_grad():
        best = gaussian = float(mapping.surprise(held_out))
    kept = {name: value.clone() for name, value in mapping.state_dict().items()}
    optimiser = torch.optim.AdamW(mapping.parameters(), learning_rate, weight_decay=1e-3)
    for step in range(steps):
        optimiser.param_groups[0]["lr"] = learning_rate * (1 - step / steps)
        rows = torch.randint(len(mean), (batch,), generator=chance)
        w = mean[rows] + deviation[rows] * torch.randn(batch, mean.shape[1], generator=chance)
        loss = mapping.surprise(w)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(mapping.parameters(), 1.0)
        optimiser.step()
        if step % 250 == 249:
            with torch.no_grad():
                now = float(mapping.surprise(held_out))
            if now < best:
                best, kept = now, {name: value.clone() for name, value in mapping.state_dict().items()}
    mapping.load_state_dict(kept)
    return {"gaussian": gaussian, "flow": best}


@torch.no_grad()
def match_marginals(
    mapping: Mapping, w: Tensor, readings: Tensor, along: Tensor, seed: int = 0, count: int = 20_000
) -> None:
    """Give the readings of w drawn the distributions that they have in w (N, D), those of faces.

    readings (K, D): rows are read from w; along (K, D): how w moves with each.
    """
    marginals = mapping.marginals
    drawn = mapping(torch.randn(count, w.shape[1], generator=torch.Generator().manual_seed(seed)))
    shares = torch.linspace(0.01, 0.99, marginals.KNOTS)
    for k, reading in enumerate(readings):
        marginals.reading[k] = reading / (w @ reading).std()
        marginals.along[k] = along[k] / (marginals.reading[k] @ along[k])
        marginals.drawn[k] = (drawn @ marginals.reading[k]).quantile(shares)
        marginals.wanted[k] = (w @ marginals.reading[k]).quantile(shares)
        drawn = marginals.move(drawn, k, marginals.drawn[k], marginals.wanted[k])
