"""Flowers: a daisy, a sunflower, a tulip, a rose or a dandelion, large, the stem leaving the paper."""

import numpy as np
from numpy.typing import NDArray

from models.sketch.pen import Pen, ellipse, leaf, spline

GREENS = ("#5c8a2e", "#3f7a35", "#6f9440")
YELLOWS = ("#f0c419", "#eab308", "#f2d24a")
PETALS = ("#d6336c", "#e26a9a", "#c2255c", "#b08bd0", "#e8833a", "#d43a2f", "#f0c419")
INK = "#1f1f1f"


def flower(pen: Pen, coloured: bool) -> None:
    kinds = (daisy, sunflower, tulip, rose, dandelion)
    kinds[pen.rng.choice(len(kinds), p=(0.25, 0.22, 0.22, 0.18, 0.13))](pen, coloured)


def _green(pen: Pen, coloured: bool) -> str:
    return str(pen.rng.choice(GREENS)) if coloured else INK


def _stem(pen: Pen, top: NDArray, coloured: bool, leaves: int = 1) -> None:
    """From below the head to the paper's edge, with leaves to its sides."""
    rng, ink = pen.rng, _green(pen, coloured)
    foot = np.array([top[0] + rng.uniform(-0.08, 0.08), 1.02])
    bend = (top + foot) / 2 + (rng.uniform(-0.04, 0.04), 0)
    path = spline([top, bend, foot])
    pen.line(path, color=ink)
    if rng.random() < 0.5:
        pen.line(path[2:] + (0.022, 0), color=ink)
    side = rng.choice([-1, 1])
    for _ in range(leaves):
        side = -side
        root = path[int(len(path) * rng.uniform(0.45, 0.8))]
        if root[1] > 0.97:
            continue
        blade = leaf(root, root + (side * rng.uniform(0.16, 0.24), -rng.uniform(0.03, 0.12)), rng.uniform(0.2, 0.28))
        if coloured:
            pen.scribble(blade, ink, width=1.6)
        pen.line(blade, color=ink)
        pen.line([blade[0], blade[len(blade) // 2] * 0.8 + blade[0] * 0.2], color=ink, width=0.7)


def _petal(centre: NDArray, angle: float, inner: float, outer: float, wide: float, point: float) -> NDArray:
    """One petal as an open loop. wide: half its width, point: 0 round tip .. 1 pointed."""
    along, across = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    length = outer - inner

    def at(u: float, v: float) -> NDArray:
        return centre + along * (inner + u * length) + across * v * wide

    tip = 0.55 * (1 - point)
    return spline(
        [
            at(0, -0.45),
            at(0.45, -1),
            at(0.86, -0.25 - tip),
            at(1, 0),
            at(0.86, 0.25 + tip),
            at(0.45, 1),
            at(0, 0.45),
        ]
    )


def _ring(pen: Pen, centre: NDArray, count: int, radii: tuple[float, float], point: float, color: str | None) -> None:
    """A ring of petals, each a little different; coloured ones are scribbled in first."""
    rng = pen.rng
    wide = 1.02 * np.pi * (radii[0] * 0.45 + radii[1] * 0.55) / count
    start = rng.uniform(0, 6)
    for k in range(count):
        angle = start + (k + rng.normal(0, 0.09)) * 2 * np.pi / count
        petal = _petal(
            centre, angle, radii[0], radii[1] * rng.uniform(0.9, 1.07), wide * rng.uniform(0.85, 1.05), point
        )
        if color:
            pen.scribble(petal, color, width=2.0, angle=angle)
        pen.line(petal)


def daisy(pen: Pen, coloured: bool) -> None:
    rng = pen.rng
    centre = np.array([0.5 + rng.normal(0, 0.02), rng.uniform(0.41, 0.46)])
    outer, core = rng.uniform(0.34, 0.4), rng.uniform(0.085, 0.12)
    stem_top = centre + (0, outer * 0.93)
    if stem_top[1] < 0.9:
        _stem(pen, stem_top, coloured)
    _ring(
        pen,
        centre,
        rng.integers(10, 17),
        (core * 1.02, outer),
        rng.uniform(0, 0.3),
        _ray_colour(pen, coloured),
    )
    disc = ellipse(centre, (core, core * rng.uniform(0.88, 1.0)))
    if coloured:
        pen.scribble(disc, str(rng.choice(YELLOWS)), width=2.0)
    pen.line(disc, closed=True)
    for _ in range(rng.integers(4, 10)):
        angle, far = rng.uniform(0, 6.28), core * 0.7 * np.sqrt(rng.random())
        pen.dot(centre + far * np.array([np.cos(angle), np.sin(angle)]), 0.014)


def _ray_colour(pen: Pen, coloured: bool) -> str | None:
    """White daisies are left as paper."""
    return str(pen.rng.choice(PETALS)) if coloured and pen.rng.random() < 0.6 else None


def sunflower(pen: Pen, coloured: bool) -> None:
    rng = pen.rng
    centre = np.array([0.5 + rng.normal(0, 0.02), rng.uniform(0.42, 0.46)])
    outer, core = rng.uniform(0.36, 0.41), rng.uniform(0.15, 0.185)
    _stem(pen, centre + (0, outer * 0.94), coloured, leaves=2)
    yellow = str(rng.choice(YELLOWS)) if coloured else None
    _ring(pen, centre, rng.integers(14, 20), (core, outer), rng.uniform(0.75, 1.0), yellow)
    disc = ellipse(centre, (core, core * 0.97))
    if coloured:
        pen.scribble(disc, "#5b3a1e", width=2.0)
    pen.line(disc, closed=True)
    if rng.random() < 0.6:
        _lattice(pen, centre, core)
    else:
        pen.line(ellipse(centre, (core * 0.55, core * 0.53)), closed=True, width=0.8)


def _lattice(pen: Pen, centre: NDArray, core: float) -> None:
    """The seeds of a sunflower as a crosshatch."""
    for angle in (0.75, 2.35):
        along, across = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
        for offset in np.linspace(-0.62, 0.62, 4):
            half = np.sqrt(1 - offset**2) * 0.92
            ends = [centre + core * (across * offset + along * s * half) for s in (-1, 1)]
            pen.line(ends, width=0.7)


def tulip(pen: Pen, coloured: bool) -> None:
    rng = pen.rng
    wide, top, foot = rng.uniform(0.18, 0.26), rng.uniform(0.08, 0.15), rng.uniform(0.54, 0.64)
    lip = rng.uniform(0.72, 1.1)  # from a closed bud to an open cup
    cup = [
        (0, foot),
        (-wide * 0.8, foot - 0.08),
        (-wide * 1.05, foot - 0.24),
        (-wide * lip, top + rng.uniform(0, 0.05)),
    ]
    left, right = np.array(cup) + (0.5, 0), np.array(cup) * (-1, 1) + (0.5, 0)
    notch = top + rng.uniform(0.1, 0.14)
    outline = np.concatenate([spline(left), spline([left[-1], (0.5 - wide * 0.42, notch), (0.5, top - 0.02)])])
    outline = np.concatenate(
        [outline, spline([(0.5, top - 0.02), (0.5 + wide * 0.42, notch), right[-1]]), spline(right[::-1])]
    )
    _stem(pen, np.array([0.5, foot]), coloured, leaves=0)
    _tulip_leaves(pen, coloured)
    if coloured:
        pen.scribble(outline, str(rng.choice(PETALS)), width=3.0, angle=rng.uniform(0.3, 1.3))
    pen.line(outline)
    middle = rng.uniform(0.5, 0.62) * wide
    for side in (-1, 1):
        pen.line(
            spline(
                [
                    (0.5 + side * 0.01, foot - 0.01),
                    (0.5 + side * middle, foot - 0.2),
                    (0.5 + side * wide * 0.42, notch),
                ]
            )
        )


def _tulip_leaves(pen: Pen, coloured: bool) -> None:
    rng, ink = pen.rng, _green(pen, coloured)
    for side in (-1, 1):
        if rng.random() < 0.2:
            continue
        tip = (0.5 + side * rng.uniform(0.22, 0.33), rng.uniform(0.55, 0.7))
        root = (0.5 + side * 0.015, 1.0)
        belly = (0.5 + side * rng.uniform(0.2, 0.26), 0.84)
        blade = np.concatenate([spline([root, belly, tip]), spline([tip, (0.5 + side * 0.07, 0.82), root])])
        if coloured:
            pen.scribble(blade, ink, width=2.0, angle=1.4)
        pen.line(blade, color=ink)


def rose(pen: Pen, coloured: bool) -> None:
    rng = pen.rng
    centre = np.array([0.5 + rng.normal(0, 0.015), rng.uniform(0.4, 0.45)])
    size = rng.uniform(0.31, 0.36)
    _stem(pen, centre + (0, size * 0.92), coloured, leaves=2)
    if coloured:
        pen.scribble(ellipse(centre, (size * 0.9, size * 0.85)), str(rng.choice(PETALS[:6])), width=3.2, angle=0.8)
    turns = np.linspace(0, rng.uniform(3.6, 4.6) * np.pi, 60)
    reach = size * 0.42 * (turns / turns[-1]) ** 0.9 + 0.01
    start = rng.uniform(0, 6)
    pen.line(centre + np.stack([reach * np.cos(turns + start), reach * 0.86 * np.sin(turns + start)], axis=1))
    for ring, (inner, outer, count) in enumerate(((0.4, 0.72, 4), (0.68, 1.0, 5))):
        for k in range(count):
            _rose_petal(pen, centre, start + (k + 0.5 * ring) * 2 * np.pi / count, size * inner, size * outer, count)


def _rose_petal(pen: Pen, centre: NDArray, angle: float, inner: float, outer: float, count: int) -> None:
    """A cupped petal: an arc further out whose ends tuck under its neighbours."""
    half = np.pi / count * pen.rng.uniform(1.05, 1.25)
    angles = angle + np.array([-1.0, -0.75, -0.1, 0.5, 0.85, 1.0]) * half
    reach = np.array([inner, outer * 0.93, outer * 1.03, outer, outer * 0.9, inner]) * pen.rng.uniform(0.97, 1.03, 6)
    pen.line(spline(centre + np.stack([reach * np.cos(angles), reach * 0.95 * np.sin(angles)], axis=1)))


def dandelion(pen: Pen, coloured: bool) -> None:
    rng = pen.rng
    centre = np.array([0.5, rng.uniform(0.39, 0.44)])
    size = rng.uniform(0.31, 0.36)
    _stem(pen, centre + (0, size * 0.8), coloured, leaves=0)
    clock = rng.random() < 0.45  # the white head of seeds
    ink = str(rng.choice(YELLOWS)) if coloured and not clock else INK
    rows = ((0.13, 0.97, 22),) if clock else ((0.1, 0.55, 14), (0.35, 0.8, 20), (0.5, 1.0, 26))
    for inner, outer, count in rows:
        for k in range(count):
            angle = (k + rng.normal(0, 0.2)) * 2 * np.pi / count
            ray = np.array([np.cos(angle), np.sin(angle)])
            tip = centre + ray * size * outer * rng.uniform(0.88, 1.06)
            pen.line([centre + ray * size * inner, tip], color=ink, width=0.7 if clock else 1.0)
            if clock:
                _parachute(pen, tip, angle)
    if clock:
        pen.dot(centre, size * 0.22)


def _parachute(pen: Pen, tip: NDArray, angle: float) -> None:
    spread = angle + np.array([-1.0, 0.0, 1.0]) * 0.7
    hairs = tip + 0.035 * np.stack([np.cos(spread), np.sin(spread)], axis=1)
    pen.line([hairs[0], tip, hairs[2]], width=0.5)
    pen.line([tip, hairs[1]], width=0.5)
