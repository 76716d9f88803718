"""What a hit does to what is struck: it shakes, dents or trembles; gravel and leaves fly, water rings."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models.foley.physics import GRAVITY
from models.foley.scene_canvas import Stage, View, along
from models.foley.scene_people import UP, unit
from models.foley.scene_place import Painted, Sprite
from models.foley.scene_plan import Contact
from models.foley.scene_textures import hsv, leaf_colour

# Of each material: how many pieces fly at a full hit, how large they are (m), and their share of clips.
_FLYING = {
    "gravel": (11, 0.007, 1.0),
    "leaves": (10, 0.022, 1.0),
    "water": (16, 0.0055, 1.0),
    "stone": (6, 0.003, 0.35),
    "wood": (5, 0.004, 0.25),
    "metal": (8, 0.0018, 0.12),
}
_MOST = 90  # pieces in a clip


def fly(stage: Stage, contacts: Sequence[Contact], rng: Generator) -> None:
    """Pebbles, leaves, drops, chips and sparks leave the contacts and fall back."""
    chance = rng.random()
    left = _MOST
    for contact in contacts:
        count, size, share = _FLYING.get(contact.material, (0, 0.0, 0.0))
        count = min(left, int(count * (0.35 + contact.strength))) if chance < share else 0
        left -= count
        for _ in range(count):
            _piece(stage, contact, size * rng.lognormal(0, 0.35), rng)


def _piece(stage: Stage, contact: Contact, size: float, rng: Generator) -> None:
    since = stage.times - contact.seconds - 0.004
    force = 0.5 + contact.strength
    speed = np.array([*rng.normal(0, 0.35, 2), rng.uniform(0.5, 1.6)]) * force
    slow = {"leaves": 0.25, "metal": 0.6}.get(contact.material, 1.0)  # leaves float
    path = contact.point + since[:, None] * speed * [1, 1, np.sqrt(slow)]
    path[:, 2] -= 0.5 * GRAVITY * slow * since**2
    shown = (since > 0) & (path[:, 2] > contact.point[2] - 0.01) & (since < 1.2)
    colour = _colour(contact.material, rng)
    if contact.material == "leaves":
        turn = rng.uniform(0, 6) + rng.normal(0, 9) * since
        way = size * np.stack([np.cos(turn), np.sin(turn), 0.6 * np.sin(1.7 * turn)], axis=1)
        across = 0.4 * size * unit(np.cross(way, UP + 0.3 * way))
        stage.slab(along(path - way, path - across, path + way, path + across), colour, shown, shadow=False)
    elif contact.material in ("water", "metal"):
        tail = path - 0.006 * (speed - GRAVITY * slow * since[:, None] * UP)
        stage.tube(along(path, tail), (size, 0.5 * size), colour, shown, shadow=False, light=0.0)
    else:
        stage.tube(path[:, None], size, colour, shown, shadow=False)


def _colour(material: str, rng: Generator) -> NDArray:
    if material == "leaves":
        return leaf_colour(rng)
    if material == "water":
        return np.array([200.0, 220.0, 235.0]) * rng.uniform(0.75, 1.05)
    if material == "metal":
        return np.array([255.0, 225.0, 150.0])
    return hsv(rng.uniform(0.05, 0.12), rng.uniform(0.05, 0.4), rng.uniform(0.3, 0.85))


# ---------------------------------------------------------------- the ground


# How a contact moves the pixels around it, seconds after it: depth as a share of the radius.
def _dent(material: str, since: float, strength: float) -> float:
    if material == "cloth":
        return -0.3 * strength * np.exp(-since / 0.25)
    if material == "drum":
        return 0.16 * strength * np.exp(-since / 0.09) * np.cos(2 * np.pi * 17 * since)
    if material in ("gravel", "leaves"):
        return 0.35 * strength * min(1.0, since / 0.03)
    if material in ("cardboard", "plastic"):
        return -0.12 * strength * np.exp(-since / 0.06) * np.cos(2 * np.pi * 11 * since)
    return 0.0


_LASTS = {"cloth": 1.0, "drum": 0.3, "gravel": 60.0, "leaves": 60.0, "cardboard": 0.25, "plastic": 0.2}
_WIDE = {"cloth": 0.07, "drum": 0.07, "gravel": 0.045, "leaves": 0.07, "cardboard": 0.05, "plastic": 0.05}  # metres


@dataclass
class Ground:
    """The picture without what moves, at any time: call it with ascending seconds."""

    painted: Painted
    view: View
    contacts: Sequence[Contact]
    water: bool
    seed: int
    _base: NDArray = field(init=False)
    _settled: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self._base = self.painted.canvas.copy()
        self._ripples = Ripples(self.painted, self.view, self.seed) if self.water else None

    def at(self, seconds: float) -> NDArray:
        """uint8 (side, side, 3), with the things that shake."""
        picture = self._base.copy()
        for contact in self.contacts:
            since = seconds - contact.seconds
            if 0 <= since < _LASTS.get(contact.material, 0.0) and (contact.thing is None or not contact.thing.loose):
                lasting = contact.material in ("gravel", "leaves")
                if lasting and since > 0.1:
                    continue
                self._push(picture, contact, since)
                if lasting:  # what lies elsewhere now goes on lying there
                    self._push(self._base, contact, since)
        if self._ripples:
            struck = [c for c in self.contacts if c.thing is None and 0 <= seconds - c.seconds < 2.0]
            self._ripples.apply(picture, seconds, struck)
        for sprite in self.painted.sprites:
            _shaken(picture, sprite, self.view, seconds, self.contacts)
        return picture

    def _push(self, picture: NDArray, contact: Contact, since: float) -> None:
        """Pixels around a contact move away from it, or towards it."""
        (x, y), scale = (part[0] for part in self.view(contact.point[None]))
        radius = float(_WIDE[contact.material] * scale * 1.6)
        left, top = int(x - radius), int(y - radius)
        side = int(2 * radius) + 1
        if radius < 2 or min(left, top) < 0 or max(left, top) + side > len(picture):
            return
        part = picture[top : top + side, left : left + side]
        v, u = np.mgrid[0:side, 0:side].astype(np.float32)
        dx, dy = u + left - x, v + top - y
        share = np.hypot(dx, dy) / radius
        move = -_dent(contact.material, since, contact.strength) * np.exp(-4 * share**2) * (share < 1)
        pushed = cv2.remap(
            part, (u + move * dx).astype(np.float32), (v + move * dy).astype(np.float32), cv2.INTER_LINEAR
        )
        shade = 1 + 0.9 * min(0.0, _dent(contact.material, since, contact.strength)) * np.exp(-5 * share**2)
        part[:] = (pushed * shade[..., None]).clip(0, 255)


def _shaken(picture: NDArray, sprite: Sprite, view: View, seconds: float, contacts: Sequence[Contact]) -> None:
    """A loose thing rocks after it is struck: a cymbal far and long, a pot hardly and shortly."""
    thing = sprite.thing
    swings = thing.shape == "cymbal"
    lasts, rate, far = (0.7, 2.6, 0.22) if swings else (0.09, 11.0, 0.05 * thing.loose)
    angle = 0.0
    for contact in contacts:
        since = seconds - contact.seconds
        if contact.thing is thing and 0 <= since < 3 * lasts:
            sign = 1 if contact.point[0] >= thing.base[0] else -1
            angle += sign * far * contact.strength * np.exp(-since / lasts) * np.sin(2 * np.pi * rate * since)
    if abs(angle) < 1e-3:
        cv2.copyTo(sprite.picture, sprite.mask, picture)
        return
    foot, _ = view(thing.base[None])
    turn = cv2.getRotationMatrix2D(foot[0].tolist(), np.degrees(angle), 1.0)
    size = picture.shape[1::-1]
    cv2.copyTo(
        cv2.warpAffine(sprite.picture, turn, size),
        cv2.warpAffine(sprite.mask, turn, size, flags=cv2.INTER_NEAREST),
        picture,
    )


class Ripples:
    """Water that is never quite still, and rings that run from where it was struck."""

    def __init__(self, painted: Painted, view: View, seed: int):
        rows, columns = np.flatnonzero(painted.surface.any(1)), np.flatnonzero(painted.surface.any(0))
        self.part = None
        if len(rows) > 3 and len(columns) > 3:
            self.part = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
            self.surface = painted.surface[self.part]
            self.x, self.y = painted.across[self.part][::2, ::2], painted.away[self.part][::2, ::2]  # half as fine
            self.scale = float(view.focal / max(np.linalg.norm(view.eye), 1e-6))
            rng = np.random.default_rng(seed)
            self.waves = [(*rng.normal(0, 14, 2).tolist(), rng.uniform(1.5, 5), rng.uniform(0, 6)) for _ in range(3)]
            self.v, self.u = np.mgrid[0 : self.surface.shape[0], 0 : self.surface.shape[1]].astype(np.float32)

    def apply(self, picture: NDArray, seconds: float, struck: Sequence[Contact]) -> None:
        """Draw the water of this moment into the picture, in place."""
        if self.part is None:
            return
        slope = cv2.resize(self._slope(seconds, struck), self.surface.shape[::-1])
        part = picture[self.part]
        shift = (0.006 * self.scale) * slope
        moved = cv2.remap(part, self.u + shift, self.v + shift, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        gain = cv2.merge([1 + 0.45 * slope] * 3)
        bright = cv2.multiply(moved, gain, dtype=cv2.CV_8U)
        cv2.copyTo(bright, self.surface.view(np.uint8), part)

    def _slope(self, seconds: float, struck: Sequence[Contact]) -> NDArray:
        """How steep the water is, float32, half as fine as the picture."""
        slope = np.zeros_like(self.x)
        for kx, ky, rate, phase in self.waves:
            slope += 0.10 * np.sin(kx * self.x + ky * self.y + float(rate * seconds + phase))
        for contact in struck:
            since = float(seconds - contact.seconds)
            front = 0.03 + 0.42 * since  # metres; capillary waves run at some 0.3 to 0.5 m/s
            far = np.hypot(self.x - float(contact.point[0]), self.y - float(contact.point[1]))
            ring = np.exp(-(((far - 0.75 * front) / (0.3 * front)) ** 2))
            high = float(2.6 * contact.strength**0.5 * np.exp(-1.8 * since))
            slope += high * ring * np.sin((far - front) * float(2 * np.pi / 0.05))
        return slope
