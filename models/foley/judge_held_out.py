"""Held-out simulation, judged: when, how hard, on what, and what it sounds like; beside baselines, and with parts of
the network left out."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.foley import baselines, scores
from models.foley.baselines import Peaks, Usual
from models.foley.engine import FPS, show
from models.foley.hits import Curves, Hit, pick
from models.foley.materials import NAMES
from models.foley.network import Foley
from models.foley.views import Clip, ClipHit, held_times

Sounded = Callable[[Sequence[Hit], float], NDArray]  # hits and seconds to float32 (N,) at RATE
QUICK = 0.12  # seconds: hits nearer to another than this come in quick succession
SURE = 0.6  # probability
RATES = (12, 15, 24, 25, 30)  # frames a second of sources
_TABLE_SEEDS = 10


@dataclass(frozen=True)
class Seen:
    """A clip that was watched: what is true of it, what the network says with and without its appearance, and where
    it looked, float (T, 8, 8). places: of the hits, (hits, 2), 0..1 across and down."""

    hits: Sequence[ClipHit]
    places: NDArray
    feints: Sequence[float]
    act: str
    seconds: float
    movement: NDArray
    sound: NDArray
    curves: Curves
    hidden: Curves
    where: NDArray

    @property
    def times(self) -> list[float]:
        return [hit[0] for hit in self.hits]


@dataclass(frozen=True)
class Known:
    """What baselines may know: validation clips' movement, tuned, and what hits are usually like."""

    peaks: Peaks
    usual: Usual


def see(network: Foley, clip: Clip) -> Seen:
    """Watch a clip."""
    eye = show(network, clip.frames)
    curves, heads = eye.curves(), eye.heads(appearance=False)
    told = (heads.materials[0] / network.temperature).softmax(-1).cpu().numpy()
    return Seen(
        hits=list(clip.hits),
        places=np.array([(of.x, of.y) for of in clip.strikes]).reshape(-1, 2),
        feints=clip.feints,
        act=clip.acts[0],
        seconds=len(clip.frames) / FPS,
        movement=baselines.movement(clip.frames),
        sound=clip.sound,
        curves=curves,
        hidden=replace(curves, materials=told),
        where=eye.motion().looked_at(network.config.guided)[0].cpu().numpy(),
    )


def known(clips: Sequence[Clip]) -> Known:
    """What baselines learn from validation clips."""
    movements, hits = [], []
    for clip in clips:
        movements.append(baselines.movement(clip.frames))
        hits.append(clip.hits)
    every = [hit for of in hits for hit in of]
    usual = Usual(np.sort([hit[1] for hit in every]), np.array([hit[2] for hit in every]), len(NAMES))
    return Known(baselines.tuned(movements, [[hit[0] for hit in of] for of in hits]), usual)


# ---------------------------------------------------------------- when


def onsets(seen: Sequence[Seen], network: Foley, known: Known) -> dict:
    """F1 at both tolerances of the network, of the same without offsets, of both baselines; and what is hard."""
    found = [pick(of.curves, network.picking) for of in seen]
    still = [pick(replace(of.curves, offset=np.zeros_like(of.curves.offset)), network.picking) for of in seen]
    moved = [[at for at, _ in baselines.peaks(of.movement, known.peaks)] for of in seen]
    makers = {"network": _times(found), "without offsets": _times(still), "frame difference": moved}
    told = {name: timed(times, [of.times for of in seen]) for name, times in makers.items()}
    told["random times"] = at_random(seen, [len(hits) for hits in found], known.usual)
    about = {"clips": len(seen), "hits": sum(len(of.hits) for of in seen), "makers": told}
    return about | {"quick": quick(seen, found), "feints": feints(seen, found), "acts": acts(seen, found)}


def timed(found: Sequence[Sequence[float]], true: Sequence[Sequence[float]]) -> dict:
    """F1 at both tolerances, and, at the wider one, precision, recall and the median error in milliseconds."""
    counts = {name: scores.count(found, true, within) for name, within in scores.WITHIN.items()}
    wide = counts["0.1 s"]
    away = [
        abs(ours[i] - theirs[j])
        for ours, theirs in zip(found, true)
        for i, j in scores.pairs(ours, theirs, scores.WITHIN["0.1 s"])
    ]
    told = {name: of.f1 for name, of in counts.items()}
    return told | {"precision": wide.precision, "recall": wide.recall, "ms": 1000 * float(np.median(away or [np.nan]))}


def at_random(seen: Sequence[Seen], counts: Sequence[int], usual: Usual) -> dict:
    """The same of random times, as many as were found: means over seeds, and the deviation of both F1."""
    tries = []
    for seed in range(_TABLE_SEEDS):
        rng = np.random.default_rng(seed)
        times = _times([baselines.at_random(many, of.seconds, usual, rng) for many, of in zip(counts, seen)])
        tries.append(timed(times, [of.times for of in seen]))
    told = {name: float(np.mean([each[name] for each in tries])) for name in tries[0]}
    return told | {"deviation": {name: float(np.std([each[name] for each in tries])) for name in scores.WITHIN}}


def quick(seen: Sequence[Seen], found: Sequence[Sequence[Hit]]) -> dict:
    """How many of the hits that follow one another quickly were found, each its own, within a frame and a half."""
    right = total = 0
    for of, hits in zip(seen, found):
        gaps = np.diff([-np.inf, *of.times, np.inf])
        fast = set(np.flatnonzero(np.minimum(gaps[:-1], gaps[1:]) < QUICK))
        right += sum(j in fast for _, j in scores.pairs(_times([hits])[0], of.times, 1.5 / FPS))
        total += len(fast)
    return {"hits": total, "recall": right / max(total, 1)}


def feints(seen: Sequence[Seen], found: Sequence[Sequence[Hit]]) -> dict:
    """How many movements that stop short, with no hit within 0.15 s, were taken for hits (within 0.1 s)."""
    taken = total = 0
    for of, hits in zip(seen, found):
        lone = [at for at in sorted(of.feints) if min((abs(at - other) for other in of.times), default=9) > 0.15]
        taken += len(scores.pairs(_times([hits])[0], lone, scores.WITHIN["0.1 s"]))
        total += len(lone)
    return {"feints": total, "taken": taken / max(total, 1)}


def acts(seen: Sequence[Seen], found: Sequence[Sequence[Hit]]) -> dict[str, float]:
    """F1 at 0.1 s by what goes on in a clip."""
    told = {}
    for act in sorted({of.act for of in seen}):
        those = [(_times([hits])[0], of.times) for of, hits in zip(seen, found) if of.act == act]
        told[act] = scores.count(*zip(*those), scores.WITHIN["0.1 s"]).f1
    return told


def rates(network: Foley, clips: Sequence[Clip]) -> dict:
    """F1 of clips as they would come from sources of other frame rates: frames held. Of clips filmed at 30."""
    told, clips = {}, [clip for clip in clips if clip.fps == FPS]
    for rate in RATES:
        rng, found, true = np.random.default_rng(rate), [], []
        for clip in clips:
            places = np.arange(len(clip.frames), dtype=float)
            if rate != FPS:
                places = held_times(len(clip.frames), rate, rng.random())
            frames = clip.frames[np.round(places).astype(int).clip(0, len(clip.frames) - 1)]
            found.append(pick(show(network, frames).curves(), network.picking))
            true.append([hit[0] for hit in clip.hits])
        told[str(rate)] = timed(_times(found), true)
    return told


def lengths(network: Foley, clips: Sequence[Clip], longest: float) -> dict:
    """F1 of clips as they are, and followed by stillness up to the longest film that is watched."""
    true = [[hit[0] for hit in clip.hits] for clip in clips]
    as_they_are, long = [], []
    for clip in clips:
        still = np.repeat(clip.frames[-1:], max(0, int(longest * FPS) - len(clip.frames)), 0)
        for frames, found in ((clip.frames, as_they_are), (np.concatenate([clip.frames, still]), long)):
            found.append(pick(show(network, frames).curves(), network.picking))
    return {"as they are": timed(_times(as_they_are), true), "made long": timed(_times(long), true)}


# ---------------------------------------------------------------- how hard, and on what


def strength(seen: Sequence[Seen], network: Foley) -> dict:
    """Of hits found within 0.1 s: correlation, mean error, and what was true where the network said so much."""
    told, true = [], []
    for of in seen:
        hits = pick(of.curves, network.picking)
        for i, j in scores.pairs(_times([hits])[0], of.times, scores.WITHIN["0.1 s"]):
            told.append(hits[i].strength)
            true.append(of.hits[j][1])
    told, true = np.array(told), np.array(true)
    fifths = np.array_split(np.argsort(told), 5) if len(told) >= 5 else []
    steps = [(float(told[part].mean()), float(true[part].mean())) for part in fifths]
    error = float(np.abs(told - true).mean()) if len(told) else 0.0
    return {"r": scores.correlation(told, true), "error": error, "fifths": steps}


def materials(seen: Sequence[Seen], network: Foley) -> dict:
    """Of hits found within 0.1 s: how many are of their likeliest material, with and without appearance."""
    with_it, without = (_named(seen, which, network) for which in ("curves", "hidden"))
    answers = np.array([true for true, _ in with_it])
    wrong = Counter((NAMES[true], NAMES[int(p.argmax())]) for true, p in with_it if true != p.argmax())
    sure = [(true, p) for true, p in with_it if p.max() > SURE]
    return {
        "hits": len(with_it),
        "right": _right(with_it),
        "appearance hidden": _right(without),
        "always the commonest": float(np.bincount(answers).max() / len(answers)) if len(answers) else 0.0,
        "among three": float(np.mean([true in np.argsort(-p)[:3] for true, p in with_it] or [0])),
        "sure": {"share": len(sure) / max(len(with_it), 1), "right": _right(sure)},
        "each": {name: _right([(t, p) for t, p in with_it if NAMES[t] == name]) for name in NAMES},
        "confused": [[*names, often] for names, often in wrong.most_common(5)],
    }


def _named(seen: Sequence[Seen], which: str, network: Foley) -> list[tuple[int, NDArray]]:
    """The true material and the probabilities (M,) of every hit found within 0.1 s."""
    told = []
    for of in seen:
        hits = pick(getattr(of, which), network.picking)
        for i, j in scores.pairs(_times([hits])[0], of.times, scores.WITHIN["0.1 s"]):
            told.append((of.hits[j][2], np.array(hits[i].materials)))
    return told


def _right(named: Sequence[tuple[int, NDArray]]) -> float:
    return float(np.mean([true == p.argmax() for true, p in named])) if named else 0.0


def places(seen: Sequence[Seen]) -> dict:
    """Where attention is at hits: its share within a place and a half of what is struck, and of evenly spread."""
    there, evenly = [], []
    for of in seen:
        side = of.where.shape[1]
        centres = (np.arange(side) + 0.5) / side
        for (at, *_), (x, y) in zip(of.hits, of.places):
            near = np.hypot(centres[:, None] - y, centres - x) <= 1.5 / side  # (8, 8)
            there.append(of.where[min(round(at * FPS), len(of.where) - 1)][near].sum())
            evenly.append(near.mean())
    return {"share": float(np.mean(there or [0])), "evenly": float(np.mean(evenly or [0]))}


# ---------------------------------------------------------------- what it sounds like


def sounds(seen: Sequence[Seen], network: Foley, known: Known, sounded: Sounded) -> dict:
    """Loudness and spectral centroid at the true hits, in the produced sound beside the true one, as in the paper's
    table: correlation and mean error."""
    rng = np.random.default_rng(0)
    found = [pick(of.curves, network.picking) for of in seen]
    makers = {
        "true hits, struck anew": [_struck_anew(of.hits) for of in seen],
        "network": found,
        "appearance hidden": [pick(of.hidden, network.picking) for of in seen],
        "frame difference": [baselines.from_movement(of.movement, known.peaks, known.usual, rng) for of in seen],
        "random times": [baselines.at_random(len(n), of.seconds, known.usual, rng) for n, of in zip(found, seen)],
    }
    true = np.concatenate([scores.heard(of.sound, of.times) for of in seen])  # (hits, 2)
    return {name: _compared(seen, hits, true, sounded) for name, hits in makers.items()}


def _struck_anew(hits: Sequence[ClipHit]) -> tuple[Hit, ...]:
    return tuple(Hit(at, hard, tuple(np.eye(len(NAMES))[material].tolist())) for at, hard, material in hits)


def _compared(seen: Sequence[Seen], hits: Sequence[Sequence[Hit]], true: NDArray, sounded: Sounded) -> dict:
    made = [scores.heard(sounded(ours, of.seconds), of.times) for ours, of in zip(hits, seen)]
    return likeness(np.concatenate(made), true)


def likeness(made: NDArray, true: NDArray) -> dict:
    """Of loudness and centroid, (hits, 2) each: correlation and mean error. Where nothing is heard, the centroid counts
    as the mean of those that are: it says nothing."""
    made, true = (_filled(of) for of in (made, true))
    names = ("loudness", "centroid")
    told = {f"{name} r": scores.correlation(made[:, k], true[:, k]) for k, name in enumerate(names)}
    return told | {f"{name} error": float(np.abs(made[:, k] - true[:, k]).mean()) for k, name in enumerate(names)}


def _filled(heard: NDArray) -> NDArray:
    """(hits, 2) with what is missing of a column as its mean, or 0 where all is."""
    known = np.isfinite(heard)
    means = np.where(known, heard, 0).sum(0) / known.sum(0).clip(1)
    return np.where(known, heard, means)


def _times(hits: Sequence[Sequence[Hit]]) -> list[list[float]]:
    return [[hit.seconds for hit in of] for of in hits]
