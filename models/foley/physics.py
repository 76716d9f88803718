"""How things move before and after they hit: strokes of a hand, bouncing, falling, walking. Metres and seconds.

A stroke falls from `lift` to the surface as lift * (1 - s ** power), s = 0..1 over its duration, so that it arrives at
speed power * lift / duration: slowly first, then whipped, as arms do. At the contact the velocity turns within no time:
that is what a hit looks like, and what a movement that stops short (a feint) does not do.
"""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

GRAVITY = 9.81
GRID = 1000  # moments a second at which curves are drawn before they are looked up
CLOSEST = 0.07  # seconds between two hits that are heard apart


# ---------------------------------------------------------------- rhythm


def rhythm(rng: Generator, seconds: float, slowest: float, fastest: float) -> NDArray:
    """When someone strikes, ascending seconds, between `slowest` and `fastest` times a second.

    Steady beats, patterns with gaps, bursts and long pauses, freely, faster and faster, or just once or twice.
    """
    manner = rng.choice(6, p=[0.28, 0.2, 0.18, 0.18, 0.06, 0.1])
    rate = np.exp(rng.uniform(np.log(slowest), np.log(fastest)))
    count = int(seconds * fastest) + 8
    if manner == 0:  # steady
        gaps = rng.normal(1, rng.uniform(0.01, 0.08), count) / rate
    elif manner == 1:  # a pattern of beats and rests, repeated
        gaps = _pattern(rng, min(rate * 1.6, fastest), count)
    elif manner == 2:  # bursts and pauses
        gaps = rng.normal(1, 0.08, count) / min(rate * 1.4, fastest)
        pauses = rng.random(count) < rng.uniform(0.12, 0.35)
        gaps[pauses] += rng.uniform(0.5, 2.2, pauses.sum())
    elif manner == 3:  # freely
        gaps = rng.gamma(4.0, 0.25, count) / rate
    elif manner == 4:  # faster and faster, or slower and slower
        gaps = np.geomspace(1 / slowest, 1 / fastest, count)[:: rng.choice([-1, 1])] * rng.normal(1, 0.03, count)
    else:  # once or twice
        gaps = rng.uniform(0.25, 0.6, 2) * seconds
    times = rng.uniform(0.05, 0.9) * min(1.0, 1 / rate) + np.cumsum(np.r_[0, gaps.clip(1 / fastest)])
    return times[(times > 0.12) & (times < seconds - 0.06)]


def _pattern(rng: Generator, rate: float, count: int) -> NDArray:
    beats = rng.random(rng.choice([4, 6, 8])) < rng.uniform(0.35, 0.8)
    beats[0] = True
    on = np.flatnonzero(np.tile(beats, count // len(beats) + 1))[:count]
    return np.diff(on, append=on[-1] + 1) / rate * rng.normal(1, 0.02, len(on))


# ---------------------------------------------------------------- strokes


@dataclass(frozen=True)
class Stroke:
    """One movement down and up. speed: m/s just before the lowest point, which is `gap` metres above the surface.

    kind: "hit" turns at once, at the surface; "feint" comes to rest above it; "air" turns above it without touching.
    """

    at: float
    speed: float
    kind: str = "hit"
    gap: float = 0.0
    target: int = 0


@dataclass(frozen=True)
class Swing:
    """How a tool is swung. lift: metres it is usually raised; power: how whipped its fall is.

    rebound: the share of its speed it keeps; stays: seconds it stays down; sinks: metres it goes into what is soft;
    rests: whether it is laid down in long pauses.
    """

    lift: float
    power: float = 2.4
    rebound: float = 0.3
    stays: float = 0.02
    sinks: float = 0.0
    rests: bool = False


def feints(rng: Generator, strokes: list[Stroke], share: float, lift: float) -> list[Stroke]:
    """The strokes with a share of them stopping short, or turning in the air."""
    changed = []
    for stroke in strokes:
        if rng.random() < share:
            kind = "air" if rng.random() < 0.4 else "feint"
            gap = lift * rng.uniform(0.25, 0.6) if kind == "air" else max(0.012, lift * rng.uniform(0.06, 0.35))
            stroke = Stroke(stroke.at, stroke.speed, kind, gap, stroke.target)
        changed.append(stroke)
    return changed


def height(strokes: list[Stroke], swing: Swing, seconds: float, rng: Generator) -> NDArray:
    """The tool's height above what it strikes, float64 (seconds * GRID + 1,), 0 at hits, below where it sinks in."""
    grid = np.arange(int(seconds * GRID) + 1) / GRID
    heights = np.zeros(len(grid))
    resting = 0.0 if swing.rests else swing.lift * rng.uniform(0.3, 1.0)
    time, level, speed = -1.0, resting, 0.0
    for stroke in strokes:
        gap = max(stroke.at - time, 0.05)
        fall = stroke.gap + min(swing.lift, 0.55 * gap * stroke.speed / swing.power) * rng.uniform(0.8, 1.0)
        lasts = min(swing.power * (fall - stroke.gap) / stroke.speed, 0.6 * gap)
        if stroke.kind == "feint":
            lasts = min(1.6 * lasts + 0.08, 0.7 * gap)
        begin = stroke.at - lasts
        _rise(heights, grid, (time, level, speed), (begin, fall), swing, resting, rng)
        s = ((grid - begin) / lasts).clip(0, 1)
        shape = 1 - s * s * (3 - 2 * s) if stroke.kind == "feint" else 1 - s**swing.power
        now = (grid >= begin) & (grid <= stroke.at)
        heights[now] = (stroke.gap + (fall - stroke.gap) * shape)[now]
        time, level, speed = _after(heights, grid, stroke, swing)
    _rise(heights, grid, (time, level, speed), (min(seconds, time + 0.5) + 1e-3, resting), swing, resting, rng)
    heights[grid > time + 0.5] = resting
    return heights


def _after(heights: NDArray, grid: NDArray, stroke: Stroke, swing: Swing) -> tuple[float, float, float]:
    """What follows the lowest point: when, how high and how fast the tool leaves it."""
    if stroke.kind == "air":
        return stroke.at, stroke.gap, 0.8 * stroke.speed
    if stroke.kind == "feint":
        heights[(grid > stroke.at) & (grid <= stroke.at + 0.03)] = stroke.gap
        return stroke.at + 0.03, stroke.gap, 0.0
    end = stroke.at + swing.stays
    if swing.sinks:
        deep = swing.sinks * min(1.0, 0.3 + stroke.speed / 4)
        end = stroke.at + max(swing.stays, 3.0 * deep / stroke.speed, 0.05)
        down = (grid > stroke.at) & (grid <= end)
        s = (grid[down] - stroke.at) / (end - stroke.at)
        heights[down] = -deep * np.sin(np.pi * s) * (1 - 0.4 * s)
        return end, 0.0, 0.25 * stroke.speed
    down = (grid > stroke.at) & (grid <= end)
    heights[down] = 0.0
    return end, 0.0, swing.rebound * stroke.speed


def _rise(heights, grid, start, end, swing: Swing, resting: float, rng: Generator) -> None:
    """From (time, height, speed) up to (time, height) at rest, with a rest on the way where there is time for one."""
    (t0, h0, v0), (t1, h1) = start, end
    if t1 - t0 < 0.86:
        _hermite(heights, grid, (t0, h0, v0), (t1, h1, 0.0))
        return
    up = t0 + rng.uniform(0.22, 0.4)
    lift = t1 - rng.uniform(0.2, 0.45)
    waiting = resting + (0 if swing.rests else 0.12 * swing.lift * rng.standard_normal())
    _hermite(heights, grid, (t0, h0, v0), (up, max(waiting, 0.0), 0.0))
    pause = (grid >= up) & (grid <= lift)
    sway = 0 if swing.rests else 0.06 * swing.lift * np.sin(2 * np.pi * rng.uniform(0.4, 1.3) * (grid - up))
    heights[pause] = np.maximum(max(waiting, 0.0) + sway * np.ones_like(grid), 0.0)[pause]
    last = heights[pause][-1] if pause.any() else max(waiting, 0.0)
    _hermite(heights, grid, (lift, last, 0.0), (t1, h1, 0.0))


def _hermite(heights: NDArray, grid: NDArray, start, end) -> None:
    """A cubic between two points with given slopes, never below the surface."""
    (t0, h0, v0), (t1, h1, v1) = start, end
    span = max(t1 - t0, 1e-6)
    part = (grid >= t0) & (grid <= t1)
    s = (grid[part] - t0) / span
    s2, s3 = s * s, s**3
    rising = h0 * (2 * s3 - 3 * s2 + 1) + span * v0 * (s3 - 2 * s2 + s)
    heights[part] = np.maximum(rising + h1 * (3 * s2 - 2 * s3) + span * v1 * (s3 - s2), 0.0)


def glide(times: NDArray, places: NDArray, moments: NDArray, hurry: float = 0.55) -> NDArray:
    """A point that is at places (K, D) at times (K,), moving between them early: at moments (N,), (N, D)."""
    if len(times) == 1:
        return np.repeat(places, len(moments), axis=0)  # (N, D)
    k = np.clip(np.searchsorted(times, moments) - 1, 0, len(times) - 2)  # (N,)
    share = (moments - times[k]) / np.maximum(times[k + 1] - times[k], 1e-6)
    s = np.clip((share - 0.12) / hurry, 0, 1)[:, None]
    return places[k] + (places[k + 1] - places[k]) * s * s * (3 - 2 * s)


def led(curve: NDArray, lead: float, width: float) -> NDArray:
    """A curve (T,) on the grid smoothed over `width` seconds and `lead` seconds early: what the wrist does."""
    count = max(1, int(width * GRID)) | 1
    ahead = np.concatenate([curve[int(lead * GRID) :], np.full(int(lead * GRID), curve[-1])])
    padded = np.pad(ahead, count // 2, mode="edge")
    total = np.cumsum(np.r_[0.0, padded])
    return (total[count:] - total[:-count]) / count  # (T,)


def at(curve: NDArray, moments: NDArray) -> NDArray:
    """A curve (T,) or (T, D) on the grid, looked up at moments (N,)."""
    place = np.clip(moments * GRID, 0, len(curve) - 1.001)
    k = place.astype(int)
    share = (place - k) if curve.ndim == 1 else (place - k)[:, None]
    return curve[k] * (1 - share) + curve[k + 1] * share


# ---------------------------------------------------------------- what is let go


@dataclass(frozen=True)
class Flight:
    """A thing under gravity alone between its contacts: `times` (K,) of contacts and `speeds` (K,) just before each.

    begins: when it is let go, from `drop` metres; `keeps`: the share of its speed it keeps at a contact.
    """

    begins: float
    drop: float
    times: NDArray
    speeds: NDArray
    keeps: float

    def height(self, moments: NDArray) -> NDArray:
        """Height of its lowest point at moments (N,)."""
        if not len(self.times):
            return np.full(len(moments), self.drop)
        first = np.where(moments < self.begins, self.drop, self.drop - 0.5 * GRAVITY * (moments - self.begins) ** 2)
        k = np.searchsorted(self.times, moments, side="right") - 1  # (N,): the contact before, -1 for none
        since = moments - self.times[k.clip(0)]
        bounced = self.keeps * self.speeds[k.clip(0)] * since - 0.5 * GRAVITY * since**2
        return np.where(k < 0, first, np.maximum(bounced, 0.0))


def flight(begins: float, drop: float, keeps: float, seconds: float, thrown: float = 0.0) -> Flight:
    """Let go at `begins` from `drop` metres; thrown: m/s downwards. Bounces until it hardly moves or time is over."""
    begins = begins - thrown / GRAVITY
    drop = drop + thrown**2 / (2 * GRAVITY)
    speed = np.sqrt(2 * GRAVITY * drop)
    time, times, speeds = begins + speed / GRAVITY, [], []
    while time < seconds and speed > 0.22 and len(times) < 40:
        times.append(time)
        speeds.append(speed)
        speed *= keeps
        time += max(2 * speed / GRAVITY, 1e-3)
    return Flight(begins, drop, np.array(times), np.array(speeds), keeps)


def tumble(rng: Generator, moments: NDArray, contacts: NDArray, fast: float) -> NDArray:
    """How a falling thing turns: another spin after each contact, then flat. Angles (N, 2) about x and y."""
    marks = np.concatenate([[moments[0] - 1.0], contacts, [contacts[-1] + 0.12 if len(contacts) else 1e9]])
    spins = rng.normal(0, fast, (len(marks), 2))
    angles = np.zeros((len(moments), 2))
    start = rng.uniform(-0.7, 0.7, 2)
    for k in range(len(marks) - 1):
        part = (moments >= marks[k]) & (moments < marks[k + 1])
        angles[part] = start + np.outer(moments[part] - marks[k], spins[k] * 0.5**k)
        start = start + (marks[k + 1] - marks[k]) * spins[k] * 0.5**k
    flat = np.round(start / (np.pi / 2)) * (np.pi / 2)
    last = np.clip((moments - marks[-2]) / max(marks[-1] - marks[-2], 1e-3), 0, 1)[:, None] if len(contacts) else 0.0
    return angles * (1 - last) + flat * last


def turned(angles: NDArray, heading: float) -> NDArray:
    """Rotations as axes in rows, (N, 3, 3), of angles (N, 2) about x and y, then `heading` about z."""
    (cx, cy), (sx, sy) = np.cos(angles).T, np.sin(angles).T
    one, nil = np.ones(len(angles)), np.zeros(len(angles))
    about_x = np.stack([one, nil, nil, nil, cx, -sx, nil, sx, cx], -1).reshape(-1, 3, 3)
    about_y = np.stack([cy, nil, sy, nil, one, nil, -sy, nil, cy], -1).reshape(-1, 3, 3)
    c, s = np.cos(heading), np.sin(heading)
    return (np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) @ about_y @ about_x).transpose(0, 2, 1)


# ---------------------------------------------------------------- limbs


def elbow(shoulder: NDArray, wrist: NDArray, upper: float, lower: float, out: NDArray) -> NDArray:
    """The middle joint (N, 3) of a limb of two bones between two points (N, 3), bent towards `out` (3,) or (N, 3)."""
    reach = wrist - shoulder  # (N, 3)
    far = np.linalg.norm(reach, axis=-1, keepdims=True).clip(1e-6)
    way = reach / far
    stretched = far.clip(abs(upper - lower) + 1e-3, upper + lower - 1e-3)
    along_way = (upper**2 - lower**2 + stretched**2) / (2 * stretched)
    aside = np.sqrt(np.maximum(upper**2 - along_way**2, 0))
    out = out - (out * way).sum(-1, keepdims=True) * way
    out = out / np.linalg.norm(out, axis=-1, keepdims=True).clip(1e-6)
    return shoulder + way * along_way * far / stretched + out * aside


def apart(times: NDArray, strengths: NDArray) -> NDArray:
    """Which of hits are heard, (K,) bool: where two come closer than CLOSEST, the weaker is lost in the stronger."""
    kept = np.zeros(len(times), bool)
    for k in np.argsort(-strengths, kind="stable"):
        kept[k] = not (kept & (np.abs(times - times[k]) < CLOSEST)).any()
    return kept
