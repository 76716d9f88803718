"""How the simulator draws: a pinhole camera, and shapes that move, as outlines worked out for all moments at once.

Lengths are metres, x to the right, y away, z up; the work surface is z = 0. A picture is made of SUB moments a frame,
each a stack of filled outlines on a canvas larger than the frame (the rest is there for the camera to shake).
"""

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

SUB = 4  # moments a frame, over which movement blurs
MARGIN = 1.16  # of the frame's side: how much larger the canvas is
_SHIFT = 4  # bits of a pixel's fractions that cv2 draws with
_NEAR = 0.06  # metres: what is nearer to the lens is not drawn
_FAR_OUT = 3000.0  # pixels
_CAP = np.linspace(-np.pi / 2, np.pi / 2, 7)  # the round end of a tube

Colour = NDArray  # float (3,), RGB 0..255


@dataclass(frozen=True)
class View:
    """A pinhole camera: its place, axes as rows (right, down, ahead), focal length and canvas side in pixels.

    stretch: (2,) what becomes of lengths across and down, since films of any shape are pressed into a square.
    """

    eye: NDArray
    axes: NDArray
    focal: float
    side: int
    stretch: NDArray

    def __call__(self, points: NDArray) -> tuple[NDArray, NDArray]:
        """Points (..., 3) in metres to canvas pixels (..., 2) and pixels a metre there (...,), 0 behind the lens."""
        seen = (points - self.eye) @ self.axes.T  # (..., 3)
        ahead = seen[..., 2]
        scale = np.where(ahead > _NEAR, self.focal / np.maximum(ahead, _NEAR), 0.0)
        return self.side / 2 + seen[..., :2] * scale[..., None] * self.stretch, scale

    def rays(self) -> NDArray:
        """The direction of each pixel's ray, float32 (side, side, 3), not of unit length."""
        along = (np.arange(self.side, dtype=np.float32) + 0.5 - self.side / 2) / self.focal
        right, down, ahead = self.axes.astype(np.float32)
        x, y = (along / np.float32(factor) for factor in self.stretch)
        return x[None, :, None] * right + y[:, None, None] * down + ahead

    def on_frame(self, points: NDArray) -> NDArray:
        """Where points (K, 3) lie in the frame that is cut from the canvas: (K, 2), 0..1 across and down inside it."""
        pixels, _ = self(points)
        return (pixels / self.side - 0.5) * MARGIN + 0.5


def look(
    focus: NDArray, width: float, angles: tuple[float, float, float], lens: float, side: int, shape: float
) -> View:
    """A camera that looks at `focus` so that `width` metres fill the frame there.

    angles: pitch (down), yaw and roll; lens: its field of view, all in radians; side of the canvas in pixels; shape:
    the film's width over its height.
    """
    pitch, yaw, roll = angles
    focal = float(0.5 / np.tan(lens / 2) * side / MARGIN)
    distance = width * 0.5 / np.tan(lens / 2)
    ahead = np.array([np.sin(yaw) * np.cos(pitch), np.cos(yaw) * np.cos(pitch), -np.sin(pitch)])
    right = np.array([np.cos(yaw), -np.sin(yaw), 0.0])
    down = np.cross(ahead, right)
    right, down = np.cos(roll) * right + np.sin(roll) * down, np.cos(roll) * down - np.sin(roll) * right
    stretch = np.array([shape**-0.5, shape**0.5])
    return View(np.asarray(focus) - distance * ahead, np.stack([right, down, ahead]), focal, side, stretch)


@dataclass
class Layer:
    """One outline at every moment: int32 (N, P, 2) in 1/16 pixel; its colours, one or N; whether it is there, (N,)."""

    outline: NDArray
    colours: list[tuple[float, float, float]]
    shown: NDArray

    def draw(self, canvas: NDArray, moment: int) -> None:
        """Onto a canvas uint8 (S, S, 3) or (S, S), in place."""
        if self.shown[moment]:
            colour = self.colours[moment if len(self.colours) > 1 else 0]
            cv2.fillConvexPoly(canvas, self.outline[moment], colour, cv2.LINE_AA, _SHIFT)


@dataclass
class Stage:
    """What moves in a picture. `behind` is hidden by the work surface, `layers` lie before everything else.

    times: (N,) seconds, SUB a frame; sun: where light goes, unit vector with z < 0; origin: (3,) where an act has its
    own middle; floor: how high what people stand on is, in metres.
    """

    view: View
    times: NDArray
    sun: NDArray
    rng: Generator
    floor: float = 0.0
    origin: NDArray = field(default_factory=lambda: np.zeros(3))
    layers: list[Layer] = field(default_factory=list)
    behind: list[Layer] = field(default_factory=list)
    shadows: list[Layer] = field(default_factory=list)
    reach: list[NDArray] = field(default_factory=list)

    def tube(
        self,
        points: NDArray,
        radii: ArrayLike,
        colour: Colour,
        shown: NDArray | None = None,
        shadow: bool = True,
        light: float = 0.35,
        behind: bool = False,
    ) -> None:
        """A round thing along points (N, K, 3) or (K, 3), radii (K,) or one for all; K = 1 makes a ball."""
        points = self._always(points)  # (N, K, 3)
        radii = np.broadcast_to(np.asarray(radii, float), points.shape[1:2])  # (K,)
        into = self.behind if behind else self.layers
        pixels, scale = self.view(points)  # (N, K, 2), (N, K)
        self._note(pixels)
        radius = np.maximum(radii * scale, 0.7)  # (N, K) pixels: a drumstick far away is still there
        into += self._tubes(pixels, radius, scale, colour * (1 - light), shown)
        if light and np.median(radius) > 1.2:  # the side that the light falls on
            toward = self._light_on_screen() * radius[..., None] * 0.28
            bright = np.minimum(colour * (1 + 0.3 * light), 255)
            into += self._tubes(pixels - toward * self.view.stretch, 0.62 * radius, scale, bright, shown)
        if shadow and not behind:
            self._cast(points, radii, shown)

    def slab(
        self, corners: NDArray, colour: Colour, shown: NDArray | None = None, shadow: bool = True, behind: bool = False
    ) -> None:
        """A flat convex thing with corners (N, K, 3) or (K, 3)."""
        corners = self._always(corners)  # (N, K, 3)
        pixels, scale = self.view(corners)  # (N, K, 2), (N, K)
        self._note(pixels)
        into = self.behind if behind else self.layers
        into.append(Layer(_fixed(pixels), [tuple(colour)], _there(scale, shown)))
        if shadow and not behind:
            ground, size = self.view(self._on_ground(corners))
            self.shadows.append(Layer(_fixed(ground), [(255.0,) * 3], _there(size, shown)))

    def block(
        self, centre: NDArray, axes: NDArray, half: ArrayLike, colour: Colour, shown: NDArray | None = None
    ) -> None:
        """A box: centre (N, 3), its axes as rows (N, 3, 3), half its sides (3,). Each side has its own light."""
        centre, half = np.broadcast_to(centre + self.origin, (len(self.times), 3)), np.asarray(half, float)
        axes = np.broadcast_to(axes, (len(self.times), 3, 3))
        for axis in range(3):
            b, c = (axis + 1) % 3, (axis + 2) % 3
            across, along = axes[:, b] * half[b], axes[:, c] * half[c]  # (N, 3)
            # Of two opposite sides one faces the lens.
            faces = np.sign(np.einsum("ni,ni->n", axes[:, axis], self.view.eye - centre))[:, None]
            normal = axes[:, axis] * faces  # (N, 3)
            middle = centre + normal * half[axis]
            corners = np.stack([middle + i * across + j * along for i, j in _AROUND], axis=1)  # (N, 4, 3)
            lit = 0.62 + 0.45 * np.maximum(0, -(normal @ self.sun))  # (N,)
            pixels, scale = self.view(corners)
            self._note(pixels)
            colours = [tuple(row) for row in np.minimum(lit[:, None] * colour, 255)]
            self.layers.append(Layer(_fixed(pixels), colours, _there(scale, shown)))
            ground, size = self.view(self._on_ground(corners))
            self.shadows.append(Layer(_fixed(ground), [(255.0,) * 3], _there(size, shown)))

    def _always(self, points: NDArray) -> NDArray:
        return np.broadcast_to(points + self.origin, (len(self.times), *points.shape[-2:]))  # (N, K, 3)

    def _light_on_screen(self) -> NDArray:
        across = (self.view.axes @ self.sun)[:2]
        return across / max(np.hypot(*across), 1e-6)

    def _on_ground(self, points: NDArray) -> NDArray:
        """Where the shadows of points (..., 3) fall on the work surface."""
        return points + self.sun * (np.maximum(points[..., 2:], 0) / -self.sun[2])

    def _cast(self, points: NDArray, radii: NDArray, shown: NDArray | None) -> None:
        pixels, scale = self.view(self._on_ground(points))
        self.shadows += self._tubes(pixels, np.maximum(radii * scale, 0.3), scale, np.full(3, 255.0), shown)

    def _tubes(self, pixels: NDArray, radius: NDArray, scale: NDArray, colour: Colour, shown) -> list[Layer]:
        """Outlines around the pieces of a line, pixels (N, K, 2) and radius (N, K), with round ends."""
        round_ = pixels / self.view.stretch  # where circles are circles
        pieces = [(k, min(k + 1, pixels.shape[1] - 1)) for k in range(max(1, pixels.shape[1] - 1))]
        colours = [tuple(float(channel) for channel in colour)]
        layers = []
        for k, j in pieces:
            outline = _capsule(round_[:, k], round_[:, j], radius[:, k], radius[:, j])  # (N, 14, 2)
            layers.append(Layer(_fixed(outline * self.view.stretch), colours, _there(scale[:, [k, j]], shown)))
        return layers

    def _note(self, pixels: NDArray) -> None:
        """Keep how things move, to know how finely each frame must be divided: (N, 2) of a few points."""
        self.reach.append(pixels[:, 0])
        if pixels.shape[1] > 1:
            self.reach.append(pixels[:, -1])

    def travelled(self) -> NDArray:
        """The longest way, in pixels, that anything covers in the moments of each frame: (frames,)."""
        if not self.reach:
            return np.zeros(len(self.times) // SUB)
        spots = np.stack(self.reach, axis=1).clip(-_FAR_OUT, _FAR_OUT)  # (N, things, 2)
        spots = spots.reshape(-1, SUB, *spots.shape[1:])  # (frames, SUB, things, 2)
        inside = (np.abs(spots - self.view.side / 2) < 0.75 * self.view.side).all((1, 3))  # (frames, things)
        ways = np.linalg.norm(np.diff(spots, axis=1), axis=-1).sum(1)  # (frames, things)
        return (ways * inside).max(1)


_AROUND = ((-1, -1), (1, -1), (1, 1), (-1, 1))


def _capsule(a: NDArray, b: NDArray, ra: NDArray, rb: NDArray) -> NDArray:
    """The outlines (N, 14, 2) around two discs, at a and b (N, 2) with radii (N,)."""
    heading = np.arctan2(b[:, 1] - a[:, 1], b[:, 0] - a[:, 0])[:, None]  # (N, 1)
    front, back = heading + _CAP, heading + _CAP + np.pi  # (N, 7)
    around_b = b[:, None] + rb[:, None, None] * np.stack([np.cos(front), np.sin(front)], -1)
    around_a = a[:, None] + ra[:, None, None] * np.stack([np.cos(back), np.sin(back)], -1)
    return np.concatenate([around_b, around_a], axis=1)


def _fixed(pixels: NDArray) -> NDArray:
    return np.rint(pixels.clip(-_FAR_OUT, _FAR_OUT) * (1 << _SHIFT)).astype(np.int32)


def _there(scale: NDArray, shown: NDArray | None) -> NDArray:
    before_the_lens = (scale > 0).all(1)  # (N,)
    return before_the_lens if shown is None else before_the_lens & shown


def along(*points: NDArray) -> NDArray:
    """Moving points, each (N, 3) or (3,), side by side as (N, K, 3)."""
    return np.stack(np.broadcast_arrays(*points), axis=-2)
