"""A face from its recipe: who is mixed, how they smile, in what light, with which glasses, at what age."""

from dataclasses import dataclass

import cv2
import numpy as np

from models.faces import blend, glasses, light
from models.faces import landmarks as lm
from models.faces.volunteers import Cast
from models.faces.warp import BLEED, polygon, widen

SATURATION = 0.12  # the set's colours are a little pale: what to add to them
MATTE = 128  # side of the stored alpha and hair masks


@dataclass(frozen=True)
class Recipe:
    """Everything that makes one face."""

    mixture: blend.Mixture
    glasses: glasses.Glasses | None
    light: light.Light
    backdrop: str
    backdrop_rgb: tuple[float, float, float]
    fall: float
    tone: light.Tone
    years: float  # added to the donors' age
    crispness: float


@dataclass(frozen=True)
class Face:
    """A rendered face: `image` uint8 (N, N, 3), `landmarks` float32 (189, 2), `alpha` and `hair` uint8 (128, 128)."""

    image: np.ndarray
    landmarks: np.ndarray
    alpha: np.ndarray
    hair: np.ndarray


class Studio:
    """A cast with what every face needs from it: region maps, relief and the direction of age."""

    def __init__(self, cast: Cast, learn_from: list[int]):
        self.cast = cast
        wide = cast.people[0].pictures.shape[1]
        self.size = round(wide / (1 + 2 * BLEED))
        self.maps = [blend.region_maps(widen(shape), wide) for shape in cast.mean]
        self.surface = [light.slopes(light.relief(widen(shape), wide)) for shape in cast.mean]
        self.skinness = [blend.skin_map(widen(shape), wide) for shape in cast.mean]
        self.tones = [
            np.stack([blend.complexion(person, smiling, self.maps[smiling]) for person in cast.people])
            for smiling in (0, 1)
        ]
        self.aging = Aging.learn(cast, learn_from, wide)

    def render(self, recipe: Recipe, side: int) -> Face:
        """One face at `side` pixels."""
        shape = blend.blended_shape(self.cast, recipe.mixture) + recipe.years * self.aging.shape
        picture, surface = self._photograph(recipe, shape)
        colour, alpha, hair = picture[..., :3], picture[..., 3], picture[..., 4]
        colour = light.tone_hair(colour, hair, recipe.tone)
        colour = colour + SATURATION * (colour - colour.mean(-1, keepdims=True))
        colour = _sharpen(colour, alpha, recipe.crispness, self.size)
        colour = np.clip(colour * light.shading(surface, recipe.light), 0, 255)
        if recipe.glasses:
            colour = glasses.draw_glasses(colour, hair, shape, recipe.glasses, recipe.light)
        alpha = _steepen(alpha)
        wall = light.backdrop(np.array(recipe.backdrop_rgb, np.float32), recipe.light, recipe.fall, self.size)
        image = wall + (colour - wall) * alpha[..., None]
        return Face(
            _shrink(image, side),
            shape.astype(np.float32),
            _shrink(alpha * 255, MATTE),
            _shrink(hair * alpha * 255, MATTE),
        )

    def _photograph(self, recipe: Recipe, shape: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Colours, alpha and hair (S, S, 5) and surface (S, S, 3) of the mixture, in its own shape and unlit."""
        mix = recipe.mixture
        amount = blend.smile_mix(shape, mix.smile, self.size)
        pictures = {}
        for smiling, needed in ((0, np.min(amount) < 1), (1, np.max(amount) > 0)):
            if needed:
                texture = blend.blended_texture(
                    self.cast, mix, smiling, self.maps[smiling], self.skinness[smiling], self.tones[smiling]
                )
                texture[..., :3] += np.float32(recipe.years) * self.aging.colour[smiling]
                pictures[smiling] = blend.warp_texture(self.cast, texture, self.surface[smiling], shape, smiling)
        if len(pictures) == 1:
            return next(iter(pictures.values()))
        amount = amount[..., None] if np.ndim(amount) else amount
        return tuple(a + (b - a) * amount for a, b in zip(pictures[0], pictures[1], strict=True))


@dataclass(frozen=True)
class Aging:
    """What one year changes, after Burt and Perrett (1995): fitted to the volunteers, woman or man held constant."""

    shape: np.ndarray  # (189, 2)
    colour: list[np.ndarray]  # two float32 (S, S, 3)

    @staticmethod
    def learn(cast: Cast, people: list[int], size: int) -> "Aging":
        """Least squares on the volunteers named; only detail is kept of the colours, since overall tone is not age."""
        chosen = [cast.people[index] for index in people]
        factors = np.array([[1, person.woman, person.age] for person in chosen], float)
        factors[:, 2] -= factors[:, 2].mean()
        ridge = np.diag([0, 0, 300.0])
        solve = np.linalg.solve(factors.T @ factors + ridge, factors.T)[2]  # (N,)
        shape = np.tensordot(solve, np.stack([person.shapes[0] for person in chosen]), 1)
        shape[lm.HEAD_TOP + [0, 1]] = 0
        colour = []
        for smiling in (0, 1):
            slope = sum(
                weight * person.pictures[smiling][..., :3].astype(np.float32)
                for weight, person in zip(solve, chosen, strict=True)
            )
            detail = cv2.GaussianBlur(slope, (0, 0), 0.003 * size) - cv2.GaussianBlur(slope, (0, 0), 0.06 * size)
            inside = polygon(widen(cast.mean[smiling][lm.FACE]), size)
            inside = cv2.GaussianBlur(cv2.erode(inside, np.ones((size // 16, size // 16))), (0, 0), 0.015 * size)
            colour.append((detail * inside[..., None]).astype(np.float32))
        return Aging(shape, colour)


def _sharpen(colour: np.ndarray, alpha: np.ndarray, amount: float, size: int) -> np.ndarray:
    """Give back some of the detail that averaging took, away from the outline."""
    detail = colour - cv2.GaussianBlur(colour, (0, 0), 0.006 * size)
    inner = cv2.GaussianBlur(np.clip((alpha - 0.75) / 0.25, 0, 1), (0, 0), 0.006 * size)
    return colour + (amount * inner)[..., None] * detail


def _steepen(alpha: np.ndarray) -> np.ndarray:
    """A firmer edge: faint haze goes, near-solid becomes solid."""
    edge = np.clip((alpha - 0.18) / 0.62, 0, 1)
    return edge * edge * (3 - 2 * edge)


def _shrink(picture: np.ndarray, side: int) -> np.ndarray:
    """Area-averaged to `side` pixels, uint8."""
    small = cv2.resize(picture.astype(np.float32), (side, side), interpolation=cv2.INTER_AREA)
    return np.clip(np.round(small), 0, 255).astype(np.uint8)
