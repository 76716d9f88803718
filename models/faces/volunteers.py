"""The London set as raw material: photographs matted, tracked from neutral to smiling, brought to one shape.

Face Research Lab London Set, DeBruine and Jones 2017, CC BY 4.0, doi:10.6084/m9.figshare.5047666. Landmarks exist
for the neutral pictures only; the smiling ones are tracked by dense optical flow (Kroeger et al. 2016, DIS).
"""
import csv
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from models.faces import landmarks as lm
from models.faces.hair import BALD, hair_mask, has_fringe
from models.faces.warp import BLEED, Mesh, narrow, widen

TEMPLATE_SCALE = 2  # template files are in 1350-pixel coordinates, the pictures are 675 pixels
STILL = list(range(0, 47)) + list(range(50, 60)) + list(range(71, 87)) + list(range(134, 145))  # barely move in a smile


@dataclass(frozen=True)
class Portrait:
    """One photograph read: colours premultiplied by the matte, landmarks in its own pixels."""
    rgba: np.ndarray  # float32 (H, W, 4), 0..255
    points: np.ndarray  # float64 (189, 2)
    bald: bool


@dataclass(frozen=True)
class Volunteer:
    """One person, neutral (0) and smiling (1), warped to the two mean shapes with a bleed around the frame."""
    name: str
    woman: bool
    age: float
    shapes: np.ndarray  # float32 (2, 189, 2), frame units
    pictures: np.ndarray  # uint8 (2, S, S, 4), premultiplied
    hair: np.ndarray  # uint8 (2, S, S)
    fringe: bool  # hair over the forehead down to the brows
    teeth: bool  # lips part in the smile
    bald: bool  # the crown has the forehead's colour: bald, shaved, or very fair


@dataclass(frozen=True)
class Cast:
    """Every volunteer, with the shapes and triangles they share."""
    people: tuple[Volunteer, ...]
    mean: np.ndarray  # float32 (2, 189, 2): symmetric mean shape, neutral and smiling
    mesh: Mesh
    order: np.ndarray  # mirror partner of each landmark


def studio_backdrop(photo: np.ndarray) -> np.ndarray:
    """The empty studio behind a photograph (H, W, 3), float32: a polynomial fitted to its sides and top."""
    height, width = photo.shape[:2]
    colour = photo.astype(np.float32)
    sure = np.zeros((height, width), bool)
    side = width // 10
    sure[:, :side] = sure[:, -side:] = sure[:height // 27] = True
    sure[int(height * 0.72):] = False
    y, x = np.mgrid[:height, :width].astype(np.float32) / np.float32([[[height]], [[width]]]) - 0.5
    basis = np.stack([np.ones_like(x), x, y, x * x, y * y, x * y, x ** 4, y ** 3], -1)  # (H, W, 8)
    for _ in range(2):
        fit = np.linalg.lstsq(basis[sure][::23], colour[sure][::23], rcond=None)[0]
        backdrop = basis @ fit
        sure &= np.linalg.norm(colour - backdrop, axis=-1) < 25
    return backdrop.astype(np.float32)


def studio_matte(photo: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Alpha float32 (H, W) and foreground colours float32 (H, W, 3) of a studio photograph, uint8 (H, W, 3).

    A first alpha is the distance from the backdrop in value and hue. Near the outline it is replaced by the projection
    of the pixel on the line from backdrop to the colour of the nearby interior: dark hair keeps no pale rim.
    """
    colour, backdrop = photo.astype(np.float32), studio_backdrop(photo)
    difference = colour - backdrop
    hue = difference - difference.mean(-1, keepdims=True)
    distance = np.abs(difference).max(-1) + 0.8 * np.abs(hue).sum(-1)
    rough = np.clip((distance - 14) / 34, 0, 1)
    core = cv2.erode((rough > 0.99).astype(np.float32), np.ones((7, 7)))
    near = _spread(colour, core)
    line = near - backdrop
    length = (line ** 2).sum(-1)
    projected = np.clip((difference * line).sum(-1) / np.maximum(length, 1) * 1.08 - 0.04, 0, 1)
    projected *= np.minimum(rough * 3, 1)
    outline = cv2.blur(cv2.dilate((rough < 0.3).astype(np.float32), np.ones((13, 13))), (3, 3))
    trust = np.clip((np.sqrt(length) - 50) / 40, 0, 1) * outline
    alpha = rough * (1 - trust) + projected * trust
    solid = alpha[..., None]
    unmixed = np.clip((colour - (1 - solid) * backdrop) / np.maximum(solid, 0.25), 0, 255)
    unmixed = unmixed + np.minimum(2.5 * (1 - solid), 1) * (near - unmixed)
    return alpha, np.where(solid > 0.98, colour, unmixed)


def _spread(colour: np.ndarray, core: np.ndarray) -> np.ndarray:
    """Colours of the core carried outwards, (H, W, 3): blurred near it, more blurred farther off."""
    both = np.dstack([colour * core[..., None], core])  # (H, W, 4)
    small = cv2.resize(both, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    total = sum(trust * cv2.GaussianBlur(small, (0, 0), sigma) for sigma, trust in ((1, 1.0), (3, 1e-3), (10, 1e-6)))
    near = total[..., :3] / (total[..., 3:] + 1e-9)
    return cv2.resize(near, colour.shape[1::-1], interpolation=cv2.INTER_LINEAR)


def read_portrait(photo: np.ndarray, points: np.ndarray) -> Portrait:
    """Matte a photograph; alpha is one inside the face and the crown, where shine can look like the wall."""
    alpha, colour = studio_matte(photo)
    bald = _bald(photo, points)
    crown, brow = points[lm.HEAD_TOP[4:-4]], points[[136, 142]].mean(0)
    crown = brow + (crown - brow) * (0.97 if bald else 0.8)
    solid = np.zeros(alpha.shape, np.float32)
    cv2.fillPoly(solid, [np.round(np.vstack([points[lm.HAIRLINE[2:-2]][::-1], crown])).astype(np.int32)], 1)
    cv2.fillPoly(solid, [np.round(points[lm.FACE]).astype(np.int32)], 1)
    solid = cv2.GaussianBlur(solid, (0, 0), 2) * solid
    colour = np.where(solid[..., None] > alpha[..., None], photo.astype(np.float32), colour)
    alpha = np.maximum(alpha, solid)[..., None]
    return Portrait(np.dstack([colour * alpha, alpha * 255]).astype(np.float32), points, bald)


def _bald(photo: np.ndarray, points: np.ndarray) -> bool:
    """Whether the crown has the forehead's colour (Lab distance under 20)."""
    lab = cv2.cvtColor(photo.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    medians = []
    for outline in (points[[137, 139, 141, 79, 74]], 0.5 * points[[138, 139, 140]] + 0.5 * points[[150, 151, 152]]):
        mask = np.zeros(photo.shape[:2], np.uint8)
        cv2.fillConvexPoly(mask, np.round(cv2.convexHull(outline.astype(np.float32))).astype(np.int32), 1)
        medians.append(np.median(lab[cv2.dilate(mask, np.ones((5, 5))) > 0], 0))
    return bool(np.linalg.norm(medians[0] - medians[1]) < 20)


def track_smile(neutral: np.ndarray, smiling: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Landmarks of the smiling photograph, found from the neutral one: a similarity for the pose, then dense flow."""
    first, second = (cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY) for photo in (neutral, smiling))
    flow = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    rough = points[STILL] + _at(flow.calc(first, second, None), points[STILL])
    pose, _ = cv2.estimateAffinePartial2D(points[STILL].astype(np.float32), rough.astype(np.float32),
                                          ransacReprojThreshold=3)
    levelled = cv2.warpAffine(second, lm.invert(pose), second.shape[::-1], flags=cv2.INTER_LINEAR,
                              borderMode=cv2.BORDER_REPLICATE)
    flow.setVariationalRefinementIterations(10)
    field = cv2.GaussianBlur(flow.calc(first, levelled, None), (0, 0), 3)
    probe = points.copy()
    # Closed lips share their inner points: ask for the motion of the lip's flesh, so that an opening mouth opens.
    for inner, outer in ((lm.INNER_UPPER, lm.UPPER_LIP), (lm.INNER_LOWER, lm.LOWER_LIP)):
        probe[inner[1:-1]] = 0.5 * points[inner[1:-1]] + 0.5 * points[outer[1:-1]]
    motion = _at(field, probe)
    motion[145:160] = 0  # the head's outline: flow there follows stray hair
    motion[np.hypot(*motion.T) > 30] = 0
    return lm.transform(pose, points + motion)


def _at(field: np.ndarray, points: np.ndarray) -> np.ndarray:
    """A vector field (H, W, 2) at points (N, 2)."""
    x, y = points.astype(np.float32).T
    return cv2.remap(field, x[:, None], y[:, None], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[:, 0]


def open_lips(photo: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Refine the inner lips of a smile: between the outer lips, teeth are the stretch less red than the lips."""
    lab = cv2.GaussianBlur(cv2.cvtColor(photo, cv2.COLOR_RGB2LAB), (0, 0), 1).astype(np.float32)
    steps = np.linspace(0, 1, 60)
    top, bottom = points[lm.UPPER_LIP[1:-1]], points[lm.LOWER_LIP[1:-1]]
    edges = np.array([_inner_lips(_at(lab, a + (b - a) * steps[:, None]), steps)
                      for a, b in zip(top, bottom, strict=True)])  # (5, 2)
    edges = np.stack([np.convolve(np.pad(edge, 1, mode="edge"), [0.25, 0.5, 0.25], "valid") for edge in edges.T])
    points = points.copy()
    for edge, inner in zip(edges, (lm.INNER_UPPER, lm.INNER_LOWER), strict=True):
        points[inner[1:-1]] = top + (bottom - top) * edge[:, None]
    return points


def _inner_lips(profile: np.ndarray, steps: np.ndarray) -> tuple[float, float]:
    """Where the upper lip ends and the lower begins on a Lab profile (60, 3) across the mouth; equal if closed."""
    redness = profile[:, 1]
    teeth = redness[(steps > 0.25) & (steps < 0.75)].min()
    upper, lower = redness[(steps > 0.05) & (steps < 0.3)].max(), redness[(steps > 0.7) & (steps < 0.95)].max()
    if min(upper, lower) - teeth < 6:
        parting = 0.3 + profile[18:42, 0].argmin() / 59
        return parting, parting
    first = (redness < (upper + teeth) / 2) & (steps > steps[redness[:20].argmax()])
    last = (redness < (lower + teeth) / 2) & (steps < steps[40 + redness[40:].argmax()])
    return float(steps[first.argmax()]), float(steps[59 - last[::-1].argmax()])


def read_cast(folder: Path, size: int, limit: int | None = None) -> Cast:
    """Read the London set (or its first `limit` people), whose smile was not lost, and warp them to the mean shapes.

    `size` is the side of the finished frame in pixels; the pictures kept are wider by the bleed.
    """
    portraits, facts = [], []
    for row in csv.DictReader((folder / "london_info.csv").open()):
        if not row["face_age"].replace(".", "").isdigit():  # two volunteers gave no age
            continue
        portraits.append(_read_pair(folder, row["face_id"]))
        facts.append((row["face_id"], row["face_gender"] == "female", float(row["face_age"])))
        if len(facts) == limit:
            break
    frames = [[lm.to_frame(portrait.points) for portrait in pair] for pair in portraits]
    shapes = np.array([[lm.transform(frame, portrait.points) for frame, portrait in zip(*both, strict=True)]
                       for both in zip(frames, portraits, strict=True)])  # (N, 2, 189, 2)
    kept = np.flatnonzero(~_lost(shapes))
    portraits, facts, frames = ([things[index] for index in kept] for things in (portraits, facts, frames))
    shapes = shapes[kept]
    mean = shapes.mean(0)
    order = lm.mirror_order(mean[0])
    mean = np.stack([(shape + lm.mirror(shape, order)) / 2 for shape in mean])
    mesh = Mesh.over(mean[1])
    wide = round(size * (1 + 2 * BLEED))
    people = tuple(_settle(pair, frame, shape, mean, mesh, wide, fact)
                   for pair, frame, shape, fact in zip(portraits, frames, shapes, facts, strict=True))
    return Cast(people, mean.astype(np.float32), mesh, order)


def _lost(shapes: np.ndarray) -> np.ndarray:
    """Whose smile the flow lost, bool (N,): lips over 0.175 eye distances from where others' smiles take them."""
    motion = shapes[:, 1] - shapes[:, 0]
    astray = np.abs(motion - np.median(motion, 0))[:, lm.LIPS + lm.MOUTH_OPENING]
    return astray.max((1, 2)) > 0.175 * lm.EYE_DISTANCE


def _read_pair(folder: Path, name: str) -> tuple[Portrait, Portrait]:
    """The neutral and the smiling photograph of one volunteer."""
    neutral, smiling = (cv2.cvtColor(cv2.imread(str(folder / f"{name}_{kind}.jpg")), cv2.COLOR_BGR2RGB)
                        for kind in ("03", "08"))
    points = lm.read_template(folder / f"{name}_03.tem") / TEMPLATE_SCALE
    smile = open_lips(smiling, track_smile(neutral, smiling, points))
    return read_portrait(neutral, points), read_portrait(smiling, smile)


def _settle(pair, frames, shapes, mean, mesh: Mesh, size: int, fact) -> Volunteer:
    """Warp a pair of portraits to the mean shapes and find the hair."""
    pictures, hair, apart = [], [], []
    for portrait, frame, shape, target in zip(pair, frames, shapes, mean, strict=True):
        x, y = mesh.coordinates(widen(target), widen(shape), size)
        scale = np.hypot(*frame[:, 0]) * size / (1 + 2 * BLEED)
        rgba = cv2.GaussianBlur(portrait.rgba, (0, 0), 0.35 / scale) if scale < 1 else portrait.rgba
        where = lm.transform(lm.invert(frame), narrow(np.stack([x, y], -1))).astype(np.float32)
        picture = cv2.remap(rgba, where[..., 0], where[..., 1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        picture = np.clip(picture, 0, 255)
        picture[..., :3] = np.minimum(picture[..., :3], picture[..., 3:])  # cubic sampling rings at the outline
        mask, distance = hair_mask(picture, widen(target))
        hair.append(mask)
        apart.append(distance)
        pictures.append(picture.round().astype(np.uint8))
    if min(apart) < BALD:  # light changes between the photographs: a head is bald in both or in neither
        hair = [np.zeros_like(mask) for mask in hair]
    name, woman, age = fact
    return Volunteer(name, woman, age, shapes.astype(np.float32), np.stack(pictures), np.stack(hair),
                     has_fringe(hair[0], widen(mean[0])), _parts_lips(shapes[1]),
                     any(portrait.bald for portrait in pair))


def _parts_lips(shape: np.ndarray) -> bool:
    """Whether the inner lips of a shape are apart: by more than 3 % of an eye distance's square in area."""
    area = cv2.contourArea(shape[lm.MOUTH_OPENING].astype(np.float32))
    return area > 0.03 * lm.EYE_DISTANCE ** 2
