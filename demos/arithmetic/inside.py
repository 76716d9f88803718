"""Looking inside the sum: the vectors on the plane of two directions, their cosines, the same sum elsewhere.

Drawings are SVG in the page's own colours, so that they follow day and night.
"""

import html
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from demos.arithmetic.words import describe
from demos.house.pictures import webp_url
from models.faces.arithmetic import coordinates, cosines, elsewhere, read
from models.faces.engine import ATTRIBUTES
from models.faces.equation import TERMS, Equation

Place = Callable[[NDArray], tuple[float, float]]

WIDTH, HEIGHT, MARGIN = 560, 420, 64
LABELS = {"glasses": "glasses", "smile": "smile", "age": "age", "woman": "woman"}
SPREAD = {"glasses": 0.47, "smile": 0.4, "age": 8.0, "woman": 0.47}  # standard deviations over training faces
SPACES = {
    "w": ("in w", "Where the generator keeps glasses, smiles and years apart: the sum is a face."),
    "z": ("in z", "Where seeds are drawn: the same sum, as the paper took it, bent on its way into w."),
    "pixels": ("in pixels", "Where pictures are laid over each other: what does not line up leaves ghosts."),
}


def sheet(equation: Equation, across: str = "", up: str = "") -> str:
    """All of it as HTML. `across` and `up` are attributes, or "" for those that the equation is about."""
    where = coordinates(equation)
    measured = [np.array([[term[name] / SPREAD[name] for name in ATTRIBUTES]]) for term in read(equation).terms]
    across, up = choose_axes(measured, across, up)
    return f"""<div class="fa-inside">
      <section class="fa-plane"><h3>The vectors</h3><p>The plane of two directions in w, in standard deviations.
        Dots are faces, rings their means. The arrow from the second term to the first is what is added to the third:
        it is the same arrow twice.</p>{plane(where, across, up)}</section>
      <section><h3>Cosines</h3><p>How far the directions point the same way: 0 is a right angle, and turning one
        then leaves the other alone.</p>{cosine_table(cosines())}</section>
      <section class="fa-spaces"><h3>The same sum elsewhere</h3>{_spaces(equation)}</section>
    </div>"""


def choose_axes(terms: Sequence[NDArray], across: str = "", up: str = "") -> tuple[str, str]:
    """Two different attributes: those asked for, else what the first two terms and the last two differ in most.

    terms: attributes of their faces, three arrays (N, 4).
    """
    plus, minus, add = (term.mean(0) for term in terms)
    across = across if across in ATTRIBUTES else _largest(plus - minus, up)
    up = up if up in ATTRIBUTES and up != across else _largest(add - minus, across)
    return across, up


def _largest(difference: NDArray, taken: str) -> str:
    return max((name for name in ATTRIBUTES if name != taken), key=lambda name: abs(difference[ATTRIBUTES.index(name)]))


# ---------------------------------------------------------------- the plane


def plane(where: Sequence[NDArray], across: str, up: str) -> str:
    """Exemplars, means, the difference vector drawn twice and the result, as SVG; `where` as `coordinates` gives."""
    axes = [ATTRIBUTES.index(across), ATTRIBUTES.index(up)]
    terms = [term[:, axes] for term in where]  # (N, 2)
    means = [term.mean(0) for term in terms]
    result = means[0] - means[1] + means[2]
    place = _scale(np.concatenate([*terms, [result], np.zeros((1, 2))]))
    plus, minus, add, total = (place(point) for point in (*means, result))
    dots = "".join(
        f'<circle class="fa-dot fa-{name}" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>'
        for name, term in zip(TERMS, terms, strict=True)
        for x, y in map(place, term)
    )
    ahead = 1 if plus[0] >= minus[0] else -1  # names stand before the arrows' heads and behind their tails
    named = zip((*TERMS, "sum"), ("first", "second", "third", "sum"), (plus, minus, add, total), (1, -1, -1, 1))
    rings = "".join(
        f'<circle class="fa-ring fa-{kind}" cx="{at[0]:.1f}" cy="{at[1]:.1f}" r="8"/>{_name(word, at, side * ahead)}'
        for kind, word, at, side in named
    )
    return f"""<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{_spoken(means, result, across, up)}">
      <defs><marker id="fa-head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7"
        orient="auto-start-reverse"><path d="M1 1L9 5L1 9"/></marker></defs>
      {_axes(place, across, up)}
      {_line(minus, add, "fa-side")}{_line(plus, total, "fa-side")}
      {_line(minus, plus, "fa-arrow", 9)}{_line(add, total, "fa-arrow", 9)}
      {dots}{rings}</svg>"""


def _scale(points: NDArray) -> Place:
    """A function from coordinates to pixels that keeps all `points` (N, 2) in view, alike in both directions."""
    low, high = points.min(0), points.max(0)
    middle, reach = (low + high) / 2, np.maximum(high - low, 1.0)
    unit = min((WIDTH - 2 * MARGIN) / reach[0], (HEIGHT - 2 * MARGIN) / reach[1])

    def place(point: NDArray) -> tuple[float, float]:
        x, y = (np.asarray(point) - middle) * unit
        return WIDTH / 2 + float(x), HEIGHT / 2 - float(y)

    return place


def _axes(place: Place, across: str, up: str) -> str:
    """Both axes through the mean face, named at their ends."""
    x, y = place(np.zeros(2))
    return (
        f'<path class="fa-axis" d="M0 {y:.1f}H{WIDTH}M{x:.1f} 0V{HEIGHT}"/>'
        f'<text class="fa-axis-name" x="{WIDTH - 4}" y="{_clear(y - 8, 14, HEIGHT - 6)}" text-anchor="end">more '
        f'{LABELS[across]}</text><text class="fa-axis-name" x="{_clear(x + 8, 6, WIDTH - 110)}" y="14">more '
        f"{LABELS[up]}</text>"
    )


def _clear(value: float, low: float, high: float) -> str:
    return f"{min(max(value, low), high):.1f}"


def _line(start: tuple[float, float], end: tuple[float, float], kind: str, short: float = 0) -> str:
    """A line that stops `short` of both ends, where the rings are; nothing when there is no room for one."""
    (x1, y1), (x2, y2) = start, end
    length = np.hypot(x2 - x1, y2 - y1)
    if length <= 2 * short + 2:
        return ""
    dx, dy = (x2 - x1) * short / length, (y2 - y1) * short / length
    return f'<path class="{kind}" d="M{x1 + dx:.1f} {y1 + dy:.1f}L{x2 - dx:.1f} {y2 - dy:.1f}"/>'


def _name(word: str, at: tuple[float, float], side: int) -> str:
    """A ring's name, to its right (side 1) or its left (-1)."""
    x, y = at
    anchor = "start" if side > 0 else "end"
    return f'<text x="{x + 14 * side:.1f}" y="{y + 4:.1f}" text-anchor="{anchor}">{word}</text>'


def _spoken(means: Sequence[NDArray], result: NDArray, across: str, up: str) -> str:
    points = zip(("first term", "second term", "third term", "sum"), (*means, result), strict=True)
    said = "; ".join(f"{name} at {x:+.1f} {LABELS[across]}, {y:+.1f} {LABELS[up]}" for name, (x, y) in points)
    return html.escape(f"In standard deviations from the mean face: {said}")


# ---------------------------------------------------------------- cosines, and the sum elsewhere


def cosine_table(values: NDArray) -> str:
    """A small matrix (4, 4); the stronger the cosine, the stronger its ground."""
    head = "".join(f'<th scope="col">{LABELS[name]}</th>' for name in ATTRIBUTES)
    rows = "".join(
        f'<tr><th scope="row">{LABELS[name]}</th>{"".join(map(_cell, row))}</tr>'
        for name, row in zip(ATTRIBUTES, values, strict=True)
    )
    return f'<table class="fa-cosines"><thead><tr><td></td>{head}</tr></thead><tbody>{rows}</tbody></table>'


def _cell(value: float) -> str:
    text = "1" if value > 0.995 else f"{value:+.2f}".replace("-", "−") if abs(value) >= 0.005 else "0"
    return f'<td style="--strength:{abs(value):.2f}">{text}</td>'


def _spaces(equation: Equation) -> str:
    from models.faces.attributes import measure

    pictures = elsewhere(equation)
    measured = measure(np.stack(list(pictures.values())))
    figures = []
    for place, (space, picture) in enumerate(pictures.items()):
        title, why = SPACES[space]
        words = describe({name: float(measured[name][place]) for name in ATTRIBUTES})
        figures.append(
            f'<figure><img src="{webp_url(Image.fromarray(picture))}" alt="The sum {title}, measured as: {words}">'
            f"<figcaption><strong>{title}</strong> {why} <em>Measured: {words}.</em></figcaption></figure>"
        )
    return f'<div class="fa-three">{"".join(figures)}</div>'
