"""Footsteps: someone walks past, marches on the spot or jumps."""

import numpy as np
from numpy.random import Generator

from models.foley.scene_canvas import Stage, along
from models.foley.scene_people import UP, Person, arm, leg, some_person
from models.foley.scene_plan import Plan, level, some_floor, surface_target


def walking(rng: Generator, seconds: float, material: str | None = None) -> Plan:
    """Someone walks past, marches on the spot, taps or jumps."""
    material = material or some_floor(rng)
    floor = surface_target(rng, material)
    manner = rng.choice(("walk", "march", "jump"), p=[0.5, 0.35, 0.15])
    period = rng.uniform(0.42, 0.8) if manner == "walk" else rng.uniform(0.28, 0.8)
    times = rng.uniform(-period, 0) + period * np.arange(int(seconds / period) + 4)
    times = times + rng.normal(0, 0.02, len(times))
    stride = rng.uniform(0.35, 0.75) if manner == "walk" else 0.0
    heading = rng.uniform(0, 2 * np.pi)
    start = -stride * len(times) / 2 * rng.uniform(0.3, 1.0)
    force = rng.uniform(0.3, 0.85)
    contacts, steps = [], []
    for k, time in enumerate(times):
        aside = 0.0 if manner == "jump" else (2 * (k % 2) - 1) * 0.09
        foot = (start + k * stride) * level(heading) + aside * level(heading + np.pi / 2)
        steps.append(foot)
        contacts.append(floor.struck(time, np.clip(force * rng.normal(1, 0.15), 0.08, 1), foot))
    seed, lift = int(rng.integers(2**31)), rng.uniform(0.06, 0.22) * (1.5 if manner != "walk" else 1)
    steps = np.stack(steps)

    def draw(stage: Stage) -> None:
        some = np.random.default_rng(seed)
        _walks(stage, some_person(some, 0), times, steps, heading, lift, manner == "jump", period)

    heard = tuple(c for c in contacts if 0.02 < c.seconds < seconds - 0.05)
    focus = np.array([[0, 0, 0.12]])
    return Plan("steps", heard, (), focus, (0.7, 2.8), (0.0, 0.6), draw, surface=material, floor=True, person=UP)


def _walks(stage, person: Person, times, steps, heading: float, lift: float, jumps: bool, period: float) -> None:
    """Feet that stand until it is their turn, swing, and land on the beat; hips between them."""
    ahead = level(heading)
    feet, pitches = [], []
    for parity in (0, 1):
        mine = times if jumps else times[parity::2]
        place = steps + (2 * parity - 1) * 0.09 * level(heading + np.pi / 2) if jumps else steps[parity::2]
        k = np.clip(np.searchsorted(mine, stage.times), 1, len(mine) - 1)  # the landing that comes next
        swing = 0.55 * period if jumps else 0.8 * period
        share = np.clip(1 - (mine[k] - stage.times) / swing, 0, 1)[:, None]  # (N, 1)
        share = np.where((stage.times > mine[-1])[:, None], 1.0, share)
        smooth = share * share * (3 - 2 * share)
        foot = place[k - 1] + (place[k] - place[k - 1]) * smooth
        # Down quickly at the end: feet are put down, they do not float down.
        feet.append(foot + lift * np.sin(np.pi * share**0.8) * (1 - share**5) * UP)
        pitches.append((0.5 * np.sin(np.pi * share) * (2 * share - 1)).ravel())
    hips = (feet[0] + feet[1]) / 2 * [1, 1, 0.7] + (0.83 if not jumps else 0.8) * UP
    for foot, pitch in zip(feet, pitches):
        aside = 0.09 * level(heading + np.pi / 2) * (1 if foot is feet[1] else -1)
        leg(stage, person, hips + aside, foot + 0.085 * UP, ahead, pitch, behind=False)
    stage.tube(along(hips, hips + 0.45 * UP), np.array([0.15, 0.17]) * person.bulk, person.shirt)
    for sign in (-1, 1):
        swung = 0.25 * np.sin(np.pi * stage.times / period + (sign > 0) * np.pi)[:, None] * ahead
        shoulder = hips + 0.45 * UP + sign * 0.2 * level(heading + np.pi / 2)
        arm(stage, person, shoulder, shoulder - 0.45 * UP + swung, -ahead)
