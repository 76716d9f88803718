"""Fruit: an apple, a tomato, a cherry or a pair of cherries, large on the paper."""

import numpy as np
from numpy.typing import NDArray

from models.sketch.pen import Pen, ellipse, leaf, spline

REDS = ("#c8252c", "#a3172a", "#d8452e", "#e2662f")
APPLES = (*REDS, "#8fb33a", "#d9b43c")
TOMATOES = ("#d8321f", "#e2571f", "#c2281e", "#e0992b")
CHERRIES = ("#9c1230", "#c01f35", "#6d1026")
GREENS = ("#5c8a2e", "#3f7a35", "#7a9c3b")
BROWN = "#6b4a2b"


def fruit(pen: Pen, coloured: bool) -> None:
    kinds = (apple, tomato, cherry, cherries)
    kinds[pen.rng.choice(len(kinds), p=(0.5, 0.25, 0.1, 0.15))](pen, coloured)


def apple(pen: Pen, coloured: bool) -> None:
    rng = pen.rng
    body = _apple_body(pen)
    dip = body[np.argmin(np.abs(body[:, 0] - 0.5) + body[:, 1])]
    stem_top = dip + (rng.uniform(-0.06, 0.09), -rng.uniform(0.13, 0.18))
    stem = spline([dip + (0, 0.05), (dip + stem_top) / 2 + (rng.uniform(-0.025, 0.01), 0), stem_top])
    side = rng.choice([-1, 1])
    blade = leaf(dip + (0.01 * side, -0.05), dip + (side * rng.uniform(0.2, 0.27), -rng.uniform(0.1, 0.17)), 0.24)
    with_leaf = rng.random() < 0.7
    if coloured:
        pen.scribble(body, str(rng.choice(APPLES)), width=3.0, angle=rng.uniform(0.4, 1.2))
        if with_leaf:
            pen.scribble(blade, str(rng.choice(GREENS)), width=1.6)
    pen.line(body, closed=rng.random() < 0.5)
    pen.line(dip + spline([(-0.11, -0.012), (-0.04, 0.028), (0.05, 0.027), (0.12, -0.018)]), width=0.9)
    pen.line(stem, width=1.7, color=BROWN if coloured else "#1f1f1f")
    if with_leaf:
        pen.line(blade)
        pen.line(spline([blade[0], blade[: len(blade) // 2].mean(axis=0), blade[len(blade) // 2]])[:-4], width=0.7)
    if rng.random() < 0.6:
        _shine(pen, body)


def _apple_body(pen: Pen) -> NDArray:
    """Outline from the dip at the stem, clockwise."""
    rng = pen.rng
    wide, foot, tall = rng.uniform(0.35, 0.41), rng.uniform(0.10, 0.16), rng.uniform(0.66, 0.74)
    top = 0.93 - tall
    right = [(0, 0.055), (0.13, 0.0), (0.27, 0.035), (wide, 0.25), (wide * 0.95, 0.47), (0.25, tall - 0.05)]
    right += [(foot, tall), (0.04, tall - 0.022)]
    left = [(-x * rng.uniform(0.94, 1.06), y + rng.normal(0, 0.01)) for x, y in reversed(right[1:])]
    return spline(np.array(right + left) + (0.5, top), closed=True)


def tomato(pen: Pen, coloured: bool) -> None:
    rng = pen.rng
    flat = rng.uniform(0.78, 0.95)
    bulges, phase = rng.integers(3, 6), rng.uniform(0, 6)
    t = np.linspace(0, 2 * np.pi, 60)
    lumpy = (
        1 + rng.uniform(0.005, 0.03) * np.sin(bulges * t + phase) - 0.05 * np.exp(-(((t - 1.5 * np.pi) / 0.35) ** 2))
    )
    centre = np.array([0.5, 0.555])
    body = centre + np.stack([0.42 * lumpy * np.cos(t), 0.42 * flat * lumpy * np.sin(t)], axis=1)
    crown = np.array([0.5 + rng.normal(0, 0.015), centre[1] - 0.42 * flat + 0.035])
    if coloured:
        pen.scribble(body, str(rng.choice(TOMATOES)), width=3.0, angle=rng.uniform(0.4, 1.2))
    pen.line(body, closed=True)
    _calyx(pen, crown, coloured)
    if rng.random() < 0.5:
        for side in (-1, 1):
            ribs = [(0.05, 0.07), (0.17, 0.16), (0.2, 0.3)]
            pen.line(spline([crown + (side * x, y) for x, y in ribs]), width=0.7)
    elif rng.random() < 0.7:
        _shine(pen, body)


def _calyx(pen: Pen, crown: NDArray, coloured: bool) -> None:
    """The star of sepals round a tomato's stalk, seen a little from above."""
    rng = pen.rng
    ink = str(rng.choice(GREENS)) if coloured else "#1f1f1f"
    count = rng.integers(5, 7)
    star = []
    for k in range(count):
        angle = (k + rng.uniform(-0.15, 0.15)) * 2 * np.pi / count + 0.3
        reach = rng.uniform(0.15, 0.21)
        star.append(crown + (0.028 * np.cos(angle - np.pi / count), 0.016 * np.sin(angle - np.pi / count)))
        star.append(crown + (reach * np.cos(angle), 0.5 * reach * np.sin(angle) + 0.02))
    pen.line([*star, star[0]], color=ink)
    pen.line(
        spline([crown, crown + (0.008, -0.06), crown + (rng.uniform(-0.03, 0.05), -0.115)]),
        color=ink,
        width=1.5,
    )


def cherry(pen: Pen, coloured: bool) -> None:
    rng = pen.rng
    centre, r = np.array([0.5, 0.62]), rng.uniform(0.29, 0.33)
    root = _cherry_body(pen, centre, r, coloured)
    top = np.array([0.5 + rng.choice([-1, 1]) * rng.uniform(0.08, 0.2), 0.06])
    pen.line(
        spline([root, (root + top) / 2 + (0.03, 0.02), top]),
        color=GREENS[0] if coloured else "#1f1f1f",
        width=1.2,
    )


def cherries(pen: Pen, coloured: bool) -> None:
    rng = pen.rng
    r = rng.uniform(0.18, 0.215)
    joint = np.array([0.52 + rng.normal(0, 0.03), 0.1])
    left = np.array([0.29, 0.72 + rng.normal(0, 0.03)])
    right = np.array([0.71, 0.7 + rng.normal(0, 0.04)])
    stalk = str(rng.choice(GREENS)) if coloured else "#1f1f1f"
    for centre, bend in ((left, -0.05), (right, 0.07)):
        root = _cherry_body(pen, centre, r * rng.uniform(0.95, 1.05), coloured)
        pen.line(
            spline([root, root + (bend * 0.3, -0.14), joint * 0.6 + root * 0.4 + (bend, 0), joint]),
            color=stalk,
        )
    blade = leaf(joint, joint + (rng.choice([-1, 1]) * rng.uniform(0.2, 0.26), rng.uniform(0.0, 0.08)), 0.27)
    if coloured:
        pen.scribble(blade, stalk, width=1.5)
    pen.line(blade)
    pen.line(spline([blade[0], blade.mean(axis=0), blade[len(blade) // 2]])[:-6], width=0.7)


def _cherry_body(pen: Pen, centre: NDArray, r: float, coloured: bool) -> NDArray:
    """One cherry with its dimple; returns where the stalk begins."""
    rng = pen.rng
    t = np.linspace(-np.pi / 2, 1.5 * np.pi, 48)
    dimple = 1 - 0.1 * np.exp(-(((np.abs(t - np.pi / 2) - np.pi) / 0.35) ** 2))
    body = centre + np.stack([r * 1.04 * dimple * np.cos(t), r * dimple * np.sin(t)], axis=1)
    if coloured:
        pen.scribble(body, str(rng.choice(CHERRIES)), width=2.4, angle=rng.uniform(0.4, 1.2))
    pen.line(body, closed=rng.random() < 0.5)
    pen.line(ellipse(centre - (0, r * 0.86), (r * 0.3, r * 0.13), 0.15, np.pi - 0.15), width=0.8)
    _shine(pen, body)
    return centre - (0, r * 0.76)


def _shine(pen: Pen, body: NDArray) -> None:
    """The window reflected on the upper left, as everyone draws it."""
    middle = body.mean(axis=0)
    radii = np.ptp(body, axis=0) / 2
    if pen.rng.random() < 0.65:
        pen.line(ellipse(middle, radii * pen.rng.uniform(0.66, 0.74), np.pi * 1.08, np.pi * 1.36), width=0.8)
    else:
        pen.line(ellipse(middle - radii * (0.42, 0.38), radii * (0.1, 0.15)), closed=True, width=0.7)
