"""One face from several: regional weights for texture, one donor's hair over everyone's skin, one shape.

Averaging photographs (Galton 1878; Rowland and Perrett 1995) leaves ghosts wherever the donors disagree about what
is there. So hair is never averaged with skin: the silhouette and hairline are those of the hair donor, skin comes
only from donors whose pixel is skin there, and inside the hair a second donor's hair is mixed in where both have
some.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from models.faces import landmarks as lm
from models.faces.volunteers import Cast, Volunteer
from models.faces.warp import BLEED, polygon, sample, widen

REGIONS = ("skin", "eyes", "nose", "mouth", "teeth")
AREA = {"hair": 0.32, "skin": 0.36, "eyes": 0.13, "nose": 0.08, "mouth": 0.10, "teeth": 0.01}
SHAPE_SHARE = 0.25  # how much of a likeness is counted as shape, the rest as texture


@dataclass(frozen=True)
class Mixture:
    """Who gives what. Weights sum to one along the donors; donor 0 gives the silhouette and most of the hair."""

    donors: tuple[int, ...]
    mirrored: tuple[bool, ...]
    shape: np.ndarray  # (K,)
    regions: np.ndarray  # (5, K), rows as REGIONS; also the regional part of the shape
    hair: np.ndarray  # (K,)
    exaggeration: float
    smile: float

    def shares(self) -> np.ndarray:
        """Each donor's share of the likeness, (K,): shape, and texture by the area of the regions."""
        face = sum(AREA[name] * row for name, row in zip(REGIONS, self.regions, strict=True))
        texture = AREA["hair"] * self.hair + face
        return SHAPE_SHARE * self.shape + (1 - SHAPE_SHARE) * texture


def region_maps(shape: np.ndarray, size: int) -> np.ndarray:
    """Soft masks of the face's regions for a mean shape (189, 2): float32 (5, S, S), summing to one."""

    def hull(indices: list[int], grow: float) -> np.ndarray:
        outline = cv2.convexHull(shape[indices].astype(np.float32))[:, 0]
        return outline.mean(0) + (outline - outline.mean(0)) * grow

    eyes = np.maximum(
        polygon(hull(lm.LEFT_BROW + lm.LEFT_EYE + [44, 45, 46], 1.06), size, 0.014),
        polygon(hull(lm.RIGHT_BROW + lm.RIGHT_EYE + [47, 48, 49], 1.06), size, 0.014),
    )
    nose = polygon(hull(lm.NOSE, 1.05), size, 0.014) * (1 - eyes)
    mouth = polygon(hull(lm.LIPS + [171, 173, 176, 178], 1.12), size, 0.014) * (1 - nose)
    teeth = polygon(shape[lm.MOUTH_OPENING], size, 0.003)
    mouth = mouth * (1 - teeth)
    return np.stack([1 - eyes - nose - mouth - teeth, eyes, nose, mouth, teeth]).clip(0, 1).astype(np.float32)


def blended_shape(cast: Cast, mix: Mixture) -> np.ndarray:
    """The shape of the mixture at its smile, (189, 2): regional and global weights, exaggerated from the mean."""
    shapes = np.stack([_shape_of(cast, donor, flip) for donor, flip in zip(mix.donors, mix.mirrored, strict=True)])
    weights = _landmark_weights(mix)  # (K, 189)
    offset = np.einsum("kn,ksnd->snd", weights, shapes - cast.mean)  # (2, 189, 2)
    strength = np.full((lm.COUNT, 1), mix.exaggeration)
    strength[lm.EARS] = 1
    both = cast.mean + offset * strength
    return (1 - mix.smile) * both[0] + mix.smile * both[1]


def _shape_of(cast: Cast, donor: int, flip: bool) -> np.ndarray:
    shapes = cast.people[donor].shapes
    return np.stack([lm.mirror(shape, cast.order) for shape in shapes]) if flip else shapes


def _landmark_weights(mix: Mixture) -> np.ndarray:
    """Weight of each donor at each landmark, (K, 189)."""
    weights = np.repeat(mix.shape[:, None], lm.COUNT, 1)
    groups = {
        "eyes": list(range(2, 50)) + list(range(71, 87)),
        "nose": list(range(50, 71)) + list(range(179, 183)),
        "mouth": list(range(87, 109)) + [177],
    }
    for name, indices in groups.items():
        weights[:, indices] = 0.55 * mix.shape[:, None] + 0.45 * mix.regions[REGIONS.index(name)][:, None]
    head = list(range(147, 157)) + lm.EARS
    weights[:, head] = 0.25 * mix.shape[:, None] + 0.75 * mix.hair[:, None]
    return weights


def skin_map(shape: np.ndarray, size: int) -> np.ndarray:
    """Where colours follow the skin's tone: everywhere but the eyeballs and the teeth, float32 (S, S, 1)."""
    eyes = np.maximum(polygon(shape[lm.LEFT_EYE], size, 0.004), polygon(shape[lm.RIGHT_EYE], size, 0.004))
    return (1 - np.maximum(eyes, polygon(shape[lm.MOUTH_OPENING], size, 0.003)))[..., None]


def complexion(person: Volunteer, smiling: int, maps: np.ndarray) -> np.ndarray:
    """Mean skin colour of a volunteer, (3,) in 0..255, over nose and cheeks: float32."""
    weight = maps[REGIONS.index("nose")] + maps[REGIONS.index("mouth")]
    weight = weight * (person.pictures[smiling][..., 3] > 250)
    return np.tensordot(weight, person.pictures[smiling][..., :3].astype(np.float32), 2) / max(weight.sum(), 1e-3)


def blended_texture(
    cast: Cast, mix: Mixture, smiling: int, maps: np.ndarray, skinness: np.ndarray, tones: np.ndarray
) -> np.ndarray:
    """The mixture in the mean shape, float32 (S, S, 5): straight colours 0..255, alpha and hair 0..1.

    `smiling` picks the neutral (0) or smiling (1) photographs; `maps` and `skinness` are that mean shape's
    `region_maps` and `skin_map`, `tones` (P, 3) every volunteer's `complexion`. Each donor's skin is first brought to
    the mixture's complexion, so that a patch only one of them shows has no seam.
    """
    size = maps.shape[1]
    tone = np.exp(mix.regions[0] @ np.log(np.maximum(tones[list(mix.donors)], 8)))
    skin, hair = np.zeros((size, size, 4), np.float32), np.zeros((size, size, 4), np.float32)
    reach = max(3, size // 48)
    for rank, (donor, flip) in enumerate(zip(mix.donors, mix.mirrored, strict=True)):
        person = cast.people[donor]
        rgba, hairy = person.pictures[smiling], person.hair[smiling]
        if flip:
            rgba, hairy = cv2.flip(rgba, 1), cv2.flip(hairy, 1)
        rgba, hairy = rgba.astype(np.float32), hairy.astype(np.float32) / 255
        if rank == 0:
            silhouette, main_hair, excluded = rgba[..., 3] / 255, hairy, hairy
        else:  # stay clear of the strands and shadows at the hair's edge
            excluded = cv2.blur(cv2.dilate(hairy, np.ones((reach, reach))), (reach, reach))
        gain = np.clip(tone / np.maximum(tones[donor], 8), 0.4, 2.5).astype(np.float32)
        levelled = rgba.copy()
        levelled[..., :3] *= 1 + (gain - 1) * skinness
        weight = np.tensordot(mix.regions[:, rank].astype(np.float32), maps, 1) * (1 - excluded) ** 2
        if rank == 0:
            weight += 0.01  # where only this donor has skin
        skin += weight[..., None] * levelled
        if mix.hair[rank] > 0:
            hair += (np.float32(mix.hair[rank]) * hairy + (0.002 if rank == 0 else 0))[..., None] * rgba
    out = np.empty((size, size, 5), np.float32)
    share = main_hair[..., None]
    out[..., :3] = 255 * (
        share * hair[..., :3] / np.maximum(hair[..., 3:], 1e-3)
        + (1 - share) * skin[..., :3] / np.maximum(skin[..., 3:], 1e-3)
    )
    np.clip(out[..., :3], 0, 255, out=out[..., :3])
    out[..., 3], out[..., 4] = silhouette, main_hair
    return out


def opening(shape: np.ndarray, size: int) -> np.ndarray:
    """The gap between the lips of a shape, float32 (S, S) in 0..1."""
    return polygon(shape[lm.MOUTH_OPENING], size, 0.002)


def smile_mix(shape: np.ndarray, smile: float, size: int) -> np.ndarray | float:
    """How much of each pixel comes from the smiling photographs: teeth as soon as the lips part, the rest midway."""
    face = float(np.clip((smile - 0.25) / 0.5, 0, 1))
    face = face * face * (3 - 2 * face)
    if smile <= 0.03 or face >= 1:
        return face
    gap = opening(shape, size) * min(1.0, smile / 0.12)
    return np.maximum(gap, face)


def warp_texture(cast: Cast, texture: np.ndarray, extra: np.ndarray, shape: np.ndarray, smiling: int) -> tuple:
    """Carry a texture (S, S, 5) and three extra channels (S, S, 3) from the mean shape to `shape`, in the frame."""
    frame = round(texture.shape[0] / (1 + 2 * BLEED))
    x, y = (widen(axis) for axis in cast.mesh.coordinates(shape, cast.mean[smiling], frame))
    rgba = sample(np.ascontiguousarray(texture[..., :4]), x, y)
    rest = sample(np.dstack([texture[..., 4], extra]), x, y)
    return np.dstack([rgba, rest[..., 0]]), rest[..., 1:]
