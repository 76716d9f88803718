"""What is not learnt but chosen, on clips that training did not see, and kept with the weights: how peaks become hits,
how far the hits of a film agree on what is struck, and the temperature of the materials' probabilities.

    python -m models.foley.choosing --data DIR --every 5        # anew for the weights that ship, on every fifth clip
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from models import weights
from models.foley import engine, scores
from models.foley.engine import FPS, Eye, read_network, save_network, show
from models.foley.network import Foley
from models.foley.views import ClipHit

_TEMPERATURES = np.geomspace(0.4, 3.0, 41)
_CHOSEN_WITH = ("views", "minutes", "clips", "device")  # notes that stay


def choose(network: Foley, eyes: Sequence[Eye], hits: Sequence[Sequence[ClipHit]]) -> None:
    """Choose for a network, by what its eyes have seen of clips and the hits that are in them."""
    network.temperature.fill_(1.0)
    picking = scores.chosen([eye.curves() for eye in eyes], [[hit[0] for hit in of] for of in hits])
    network.temperature.fill_(calibrated(*at_hits([eye.heads().materials[0] for eye in eyes], hits)))
    network.picking = scores.agreeing([eye.curves() for eye in eyes], hits, picking)


def at_hits(materials: Sequence[Tensor], hits: Sequence[Sequence[ClipHit]]) -> tuple[Tensor, Tensor]:
    """Of the materials' logits (T, M) of clips, those at their hits, (hits, M), and the true materials (hits,)."""
    told, answers = [], []
    for logits, of in zip(materials, hits):
        places = [min(max(round(hit[0] * FPS), 0), len(logits) - 1) for hit in of]
        told.append(logits[places].cpu())
        answers += [hit[2] for hit in of]
    return torch.cat(told), torch.tensor(answers, dtype=torch.long)


def calibrated(logits: Tensor, answers: Tensor) -> float:
    """The temperature that gives the answers (N,) the highest probability (Guo et al. 2017); 1 where there are none."""
    if not len(answers):
        return 1.0
    losses = [float(F.cross_entropy(logits / temperature, answers)) for temperature in _TEMPERATURES]
    return float(_TEMPERATURES[int(np.argmin(losses))])


def main() -> None:
    from models.foley.data import Clips

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="clips that these weights were not trained on")
    parser.add_argument("--every", type=int, default=1, help="every so manieth of them")
    parser.add_argument("--weights", type=Path, default=engine.FILE)
    args = parser.parse_args()
    network, clips = read_network(args.weights), Clips(args.data)
    seen = [clips[number] for number in range(0, len(clips), args.every)]
    choose(network, [show(network, clip.frames) for clip in seen], [clip.hits for clip in seen])
    notes = weights.metadata(args.weights)
    save_network(network, args.weights, {name: notes[name] for name in _CHOSEN_WITH if name in notes})
    print(network.picking, f"temperature {float(network.temperature):.2f}")


if __name__ == "__main__":
    main()
