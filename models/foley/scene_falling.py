"""What is let go: balls that bounce, a ball that is dribbled, things that tumble, drops that fall into water."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models.foley import physics
from models.foley.materials import material as known
from models.foley.scene_canvas import Stage, along
from models.foley.scene_people import UP, arm, body, flat_hand, some_person, swaying, unit
from models.foley.scene_plan import Plan, Target, level, some_floor, surface_target
from models.foley.scene_textures import hsv


def bouncing(rng: Generator, seconds: float, material: str | None = None) -> Plan:
    """One to three balls fall and bounce, or one is dribbled."""
    material = material or some_floor(rng)
    floor = surface_target(rng, material)
    if rng.random() < 0.3 and known(material).bounce[0] >= 0.4:
        return _dribble(rng, seconds, floor)
    balls, contacts = [], []
    for _ in range(rng.choice([1, 2, 3], p=[0.6, 0.25, 0.15])):
        radius = np.exp(rng.uniform(np.log(0.012), np.log(0.11)))
        begins = rng.uniform(-0.2, 0.3 * seconds)
        while begins < 0.9 * seconds - 0.2:
            ball = Ball(_let_go(rng, begins, material, seconds), radius, rng.normal(0, 0.15, 2), rng.normal(0, 0.12, 2))
            times, speeds = ball.flight.times, ball.flight.speeds
            contacts += [floor.struck(t, _loud(v), ball.spot(t)) for t, v in zip(times, speeds)]
            begins = (times[-1] if len(times) else begins) + rng.uniform(0.4, 1.8)  # taken up and let go again
            balls.append((ball, begins - 0.15))
    seed = int(rng.integers(2**31))

    def draw(stage: Stage) -> None:
        some = np.random.default_rng(seed)
        for ball, until in balls:
            height = ball.flight.height(stage.times)
            shown = stage.times < until
            _ball(stage, ball.spot(stage.times[:, None]), height, ball.radius, some, shown, some.normal(0, 6))

    focus = np.stack([ball.spot(ball.flight.begins) for ball, _ in balls]) + 0.1 * UP
    width = (0.4, max(0.7, 24 * min(ball.radius for ball, _ in balls)))
    seen = dict(surface=material, floor=rng.random() < 0.7, person=UP)
    return Plan("ball", tuple(contacts), (), focus, width, (0.02, 0.9), draw, **seen)


@dataclass(frozen=True)
class Ball:
    """A ball let go above `place` (2,), rolling on by `rolls` (2,) m/s."""

    flight: physics.Flight
    radius: float
    place: NDArray
    rolls: NDArray

    def spot(self, time) -> NDArray:
        """The point under it, (..., 3), at time (..., 1)."""
        moved = np.clip(time - self.flight.begins, 0, None) * self.rolls
        return np.concatenate([self.place + moved, np.zeros_like(moved[..., :1])], axis=-1)


def _let_go(rng: Generator, begins: float, material: str, seconds: float) -> physics.Flight:
    keeps = float(np.clip(rng.uniform(*known(material).bounce) * rng.uniform(0.8, 1.15), 0, 0.92))
    thrown = rng.uniform(0, 3) if rng.random() < 0.33 else 0.0
    return physics.flight(begins, rng.uniform(0.15, 1.1), keeps, seconds, thrown)


def _ball(stage: Stage, spot: NDArray, height: NDArray, radius: float, rng: Generator, shown, spin: float) -> None:
    """A ball with a second colour that turns with it; flattened a little where it touches."""
    colour, other = (
        hsv(rng.random(), rng.uniform(0, 1), rng.uniform(0.3, 1)),
        hsv(rng.random(), rng.uniform(0, 0.8), rng.random()),
    )
    centre = spot + (height + radius)[:, None] * UP
    stage.tube(centre[:, None], radius, colour, shown)
    turn = spin * stage.times
    front = unit(stage.view.eye - centre)
    side = unit(np.cross(front, UP))
    lean = np.cos(turn)[:, None] * side + np.sin(turn)[:, None] * np.cross(side, front)
    if rng.random() < 0.7:
        patch = centre + radius * (0.55 * lean + 0.6 * front)
        stage.tube(patch[:, None], 0.36 * radius, other, shown, shadow=False, light=0.15)
        patch = centre + radius * (-0.6 * lean + 0.6 * front)
        stage.tube(patch[:, None], 0.25 * radius, other, shown, shadow=False, light=0.15)


def _dribble(rng: Generator, seconds: float, floor: Target) -> Plan:
    """A hand pushes the ball down again and again."""
    period = rng.uniform(0.35, 0.85)
    times = rng.uniform(0.1, period) + period * np.arange(int(seconds / period) + 2) * rng.normal(1, 0.01)
    high = rng.uniform(0.3, 0.8) * min(1.0, period / 0.6)
    radius = rng.uniform(0.09, 0.125)
    heard = times[times < seconds - 0.05]
    strength = np.clip((4 * high / period / 6) ** 0.9, 0.1, 1)
    contacts = tuple(floor.struck(t, np.clip(strength * rng.normal(1, 0.08), 0.06, 1)) for t in heard)
    angle, seed = rng.uniform(0, 2 * np.pi), int(rng.integers(2**31))

    def draw(stage: Stage) -> None:
        some = np.random.default_rng(seed)
        person = some_person(some, 0)
        k = np.clip(np.searchsorted(times, stage.times), 1, len(times) - 1)
        share = ((stage.times - times[k - 1]) / (times[k] - times[k - 1])).clip(0, 1)
        height = 4 * high * share * (1 - share)
        _ball(stage, swaying(stage.times, some, 0.01) * [1, 1, 0], height, radius, some, None, some.normal(0, 3))
        hand = np.maximum(height, 0.62 * high) + 2 * radius
        wrist = 0.11 * level(angle) + (hand + 0.03)[:, None] * UP
        shoulder = 0.35 * level(angle) + (high + 0.62) * UP
        if stage.view.axes[2] @ level(angle) > -0.3:
            body(stage, person, shoulder + 0.1 * UP, -level(angle), swaying(stage.times, some, 0.01), behind=False)
        arm(stage, person, shoulder, wrist, level(angle) + 0.2 * UP)
        ahead = unit(np.broadcast_to(-level(angle) - 0.15 * UP, wrist.shape))
        flat_hand(stage, person, wrist, ahead, unit(np.cross(ahead, UP)), 0.25)

    focus = np.array([[0, 0, 0.4 * high]])
    return Plan(
        "dribble", contacts, (), focus, (0.9, 2.4), (0.0, 0.6), draw, surface=floor.material, floor=True, person=UP
    )


# ---------------------------------------------------------------- falling things


def falling(rng: Generator, seconds: float, material: str | None = None) -> Plan:
    """Things are dropped, one after the other: blocks, coins, tins, stones; or drops fall into water."""
    material = material or some_floor(rng)
    if material == "water" and rng.random() < 0.5:
        return _dripping(rng, seconds)
    floor = surface_target(rng, material)
    drops, contacts = [], []
    begins = rng.uniform(-0.25, 0.1 * seconds)
    while begins < 0.9 * seconds - 0.15:
        keeps = float(np.clip(0.6 * rng.uniform(*known(material).bounce), 0, 0.5))
        flight = physics.flight(begins, rng.uniform(0.06, 0.8), keeps, seconds)
        half = np.exp(rng.uniform(np.log(0.013), np.log(0.07))) * rng.uniform(0.25, 1.0, 3)
        place = np.array([*rng.normal(0, 0.16, 2), 0])
        drops.append((flight, place, half))
        heavy = (half.prod() ** (1 / 3) / 0.03) ** 0.3
        contacts += [floor.struck(t, _loud(heavy * v), place) for t, v in zip(flight.times, flight.speeds)]
        begins += rng.uniform(0.3, 1.9)
    seed = int(rng.integers(2**31))

    def draw(stage: Stage) -> None:
        some = np.random.default_rng(seed)
        for flight, place, half in drops:
            _tumbling(stage, flight, place, half, some)

    focus = np.stack([place for _, place, _ in drops]) + 0.08 * UP
    width = (0.3, max(0.5, 24 * np.median([half.max() for *_, half in drops])))
    return Plan("fall", tuple(contacts), (), focus, width, (0.05, 1.0), draw, surface=material, person=UP)


def _loud(speed: float) -> float:
    return float(np.clip((speed / 4.5) ** 0.9, 0.05, 1))


def _dripping(rng: Generator, seconds: float) -> Plan:
    """Drops fall into water, near one spot."""
    floor = surface_target(rng, "water")
    flights = []
    begins = rng.uniform(-0.3, 0.1 * seconds)
    while begins < 0.9 * seconds - 0.2:
        flights.append(physics.flight(begins, rng.uniform(0.25, 0.9), 0.0, seconds))
        begins += rng.uniform(0.25, 1.0)
    spots = np.column_stack([rng.normal(0, 0.02, (len(flights), 2)), np.zeros(len(flights))])
    contacts = [
        floor.struck(t, 0.4 * _loud(v), spot)
        for flight, spot in zip(flights, spots)
        for t, v in zip(flight.times, flight.speeds)
    ]

    def draw(stage: Stage) -> None:
        for flight, spot in zip(flights, spots):
            _drop(stage, flight, spot)

    return Plan("drip", tuple(contacts), (), spots, (0.25, 0.7), (0.05, 1.0), draw, surface="water", person=UP)


def _tumbling(stage: Stage, flight: physics.Flight, place: NDArray, half: NDArray, rng: Generator) -> None:
    """A box of any proportions, from a coin to a brick; its lowest corner is what touches."""
    angles = physics.tumble(rng, stage.times, flight.times, rng.uniform(1, 9))
    axes = physics.turned(angles, rng.uniform(0, np.pi))  # (N, 3, 3)
    below = (np.abs(axes[:, :, 2]) * half).sum(1)  # (N,): from the middle to the lowest corner
    slid = np.clip(stage.times - (flight.times[0] if len(flight.times) else np.inf), 0, 0.5)[:, None]
    centre = place + slid * np.array([*rng.normal(0, 0.12, 2), 0]) + (flight.height(stage.times) + below)[:, None] * UP
    colour = hsv(rng.random(), rng.uniform(0, 0.9), rng.uniform(0.15, 1))
    shown = stage.times > flight.begins - 0.02 if rng.random() < 0.8 else None
    if rng.random() < 0.3:  # something round, like a tin or a pencil
        stage.tube(along(centre - axes[:, 0] * half[0] * 2, centre + axes[:, 0] * half[0] * 2), half[2], colour, shown)
        return
    stage.block(centre, axes, half, colour, shown)


def _drop(stage: Stage, flight: physics.Flight, place: NDArray) -> None:
    height = flight.height(stage.times)
    falls = (stage.times > flight.begins) & (stage.times < (flight.times[0] if len(flight.times) else np.inf))
    drop = place + height[:, None] * UP
    stage.tube(along(drop, drop + 0.012 * UP), (0.006, 0.003), np.array([205.0, 225.0, 240.0]), falls)
