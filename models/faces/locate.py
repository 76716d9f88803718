"""Find the face in a visitor's photograph and bring it into the training frame: pupils level, at their place.

The network of `heatmap.py` looks at the whole photograph at several sizes, then once more at each face it believes to
have seen, upright and at its best size, and at its mirror image: that second look says where the pupils are and whether
it is a face at all. Nothing is said about whose face it is, and the photograph stays on this machine.

Places are (x, y) in pixels of the photograph, counted from its upper left corner.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.cache import ModelCache, default_cache
from models.errors import BadInput
from models.faces import landmarks as lm
from models.registry import ModelSpec

if TYPE_CHECKING:
    import torch

    from models.faces.heatmap import Locator

LOCATOR = "faces/locator"
SIDE = 128  # of an aligned face, pixels
SURE = 0.5  # belief from which something is a face
_SIZES = (48, 96, 192, 384)  # pixels of the photograph's longer side: faces from a seventieth of it to two fifths
LOOK = 96  # pixels of the second look
SPAN = 22.0  # pixels between the pupils in the second look
MIDDLE = np.array([0.5, 0.4])  # where the point between the pupils is in it
_PROMISING = 0.15  # belief from which a second look is worth it
_CANDIDATES = 8
_LOOKS = 2  # each begins where the one before put the pupils
NO_FACE = (
    "No face was found in this photo. One that shows a single face from the front, well lit and not too small, "
    "works best; please choose another."
)


@dataclass(frozen=True)
class Found:
    """A face: `points` float64 (3, 2), the pupils as they lie from left to right and the middle of the mouth;
    `confidence` 0..1."""

    points: NDArray
    confidence: float

    @property
    def span(self) -> float:
        """Pixels between the pupils."""
        return float(np.hypot(*(self.points[1] - self.points[0])))


def locate(photo: Image.Image, cache: ModelCache | None = None) -> Found:
    """The face in a photograph (RGB, any size), the largest when there are several; BadInput when there is none."""
    found = find(photo, cache)
    if not found:
        raise BadInput(NO_FACE)
    return max(found, key=lambda face: face.span)


def find(photo: Image.Image, cache: ModelCache | None = None) -> list[Found]:
    """Every face the locator is sure of, surest first."""
    import torch

    with (cache or default_cache()).lease(LOCATOR) as network, torch.inference_mode():
        faces = _distinct(sorted(_glance(network, photo), key=lambda face: -face.confidence))[:_CANDIDATES]
        for _ in range(_LOOKS):
            faces = _look_again(network, photo, faces)
    faces = [face for face in faces if face.confidence >= SURE]
    return _distinct(sorted(faces, key=lambda face: -face.confidence))


def align(photo: Image.Image, face: Found, side: int = SIDE) -> Image.Image:
    """The face in the training frame, RGB `side` x `side`; beyond the photograph its border goes on."""
    return crop(photo, lm.to_frame(face.points), side)


def crop(photo: Image.Image, to_frame: NDArray, side: int) -> Image.Image:
    """What an affine (2, 3) from pixels to units of the frame puts into it, RGB `side` x `side`."""
    from_frame = lm.invert(to_frame)
    corners = lm.transform(from_frame, np.array([[0, 0], [1, 0], [0, 1], [1, 1]]))
    shrink = max(1.0, np.hypot(*from_frame[:, 0]) / side)  # pixels of the photograph in one of ours
    low = np.floor(corners.min(0) - 3 * shrink).astype(int)
    high = np.ceil(corners.max(0) + 3 * shrink).astype(int)
    inner = np.clip([*low, *high], 0, [*photo.size, *photo.size])
    inner[2:] = np.maximum(inner[2:], inner[:2] + 1)  # a face wholly outside keeps one pixel of border
    inner = np.minimum(inner, [photo.width, photo.height] * 2)
    inner[:2] = np.minimum(inner[:2], inner[2:] - 1)
    size = np.maximum(1, np.ceil((inner[2:] - inner[:2]) / shrink)).astype(int)
    factor = size / (inner[2:] - inner[:2])
    part = photo.resize(tuple(size), Image.Resampling.BOX, box=tuple(int(v) for v in inner))
    before = np.maximum(0, np.round((inner[:2] - low) * factor)).astype(int)
    after = np.maximum(0, np.round((high - inner[2:]) * factor)).astype(int)
    pixels = np.pad(np.asarray(part), ((before[1], after[1]), (before[0], after[0]), (0, 0)), mode="edge")
    linear = from_frame[:, :2] / side * factor[:, None]
    shift = (from_frame[:, 2] - inner[:2]) * factor + before
    affine = np.hstack([linear, shift[:, None]]).ravel()
    return Image.fromarray(pixels).transform((side, side), Image.Transform.AFFINE, affine, Image.Resampling.BICUBIC)


def load(spec: ModelSpec) -> "Locator":
    """Loader of the registry: the network in evaluation mode."""
    from models import weights
    from models.faces.heatmap import Locator

    network = Locator()
    network.load_state_dict(weights.load(weights.WEIGHTS / f"{spec.key.replace('/', '-')}.safetensors"))
    return network.eval().requires_grad_(False)


def _glance(network: "Locator", photo: Image.Image) -> Iterator[Found]:
    """Candidates at every size of the photograph."""
    longest = max(photo.size)
    for target in _SIZES:
        scale = target / longest
        if scale > 2 and target > _SIZES[0]:
            return
        size = tuple(max(1, round(extent * scale)) for extent in photo.size)
        small = np.asarray(photo.resize(size, Image.Resampling.BILINEAR, reducing_gap=3.0))
        margin = target // 8 // 16 * 16 + 16  # faces cut by the border
        room = [(margin, margin + -(extent + 2 * margin) % 16) for extent in small.shape[:2]]
        padded = np.pad(small, (*room, (0, 0)), mode="edge")
        factor = np.array(photo.size) / size
        for face in _peaks(*network(_batch([padded], network)), 0):
            yield Found((face.points - margin) * factor, face.confidence)


def _look_again(network: "Locator", photo: Image.Image, faces: list[Found]) -> list[Found]:
    """Each face once more, upright and at its best size, with its mirror image; those that are not there go."""
    if not faces:
        return []
    frames = [_second_frame(face.points) for face in faces]
    looks = [np.asarray(crop(photo, frame, LOOK)) for frame in frames]
    beliefs, offsets = network(_batch(looks + [look[:, ::-1] for look in looks], network))
    sure = []
    for row, frame in enumerate(frames):
        straight, mirrored = (_central(_peaks(beliefs, offsets, which)) for which in (row, row + len(frames)))
        if not straight or not mirrored:
            continue
        flipped = (mirrored[0].points * [-1, 1] + [LOOK, 0])[[1, 0, 2]]
        points = (straight[0].points + flipped) / 2 / LOOK
        face = Found(lm.transform(lm.invert(frame), points), min(straight[0].confidence, mirrored[0].confidence))
        if _is_upright(face.points):
            sure.append(face)
    return sure


def _central(faces: list[Found]) -> list[Found]:
    """Those of a second look's faces that are the one it was taken for, not a neighbour."""
    expected = MIDDLE * LOOK
    return [face for face in faces if np.hypot(*(face.points[:2].mean(0) - expected)) < SPAN]


def _second_frame(points: NDArray) -> NDArray:
    """The affine (2, 3) from pixels of the photograph to units of the second look."""
    scale = SPAN / LOOK / lm.EYE_DISTANCE
    frame = lm.to_frame(points)
    return np.hstack([frame[:, :2] * scale, (frame[:, 2:] - [[0.5], [lm.EYE_HEIGHT]]) * scale + MIDDLE[:, None]])


def _peaks(beliefs: "torch.Tensor", offsets: "torch.Tensor", row: int) -> list[Found]:
    """Faces of one picture of a batch, surest first, their points in its pixels: votes of the cells around a peak."""
    import torch.nn.functional as F

    from models.faces.heatmap import STRIDE

    belief = beliefs[row].float().sigmoid()
    highest = F.max_pool2d(belief[None, None], 3, 1, 1)[0, 0]
    places = ((belief == highest) & (belief > _PROMISING)).nonzero().tolist()
    belief, offset = belief.cpu().numpy(), offsets[row].float().cpu().numpy()  # (h, w), (3, 2, h, w)
    faces = []
    for y, x in places:
        rows, columns = slice(max(0, y - 1), y + 2), slice(max(0, x - 1), x + 2)
        around = np.stack(np.meshgrid(np.arange(belief.shape[1])[columns], np.arange(belief.shape[0])[rows]))
        votes = offset[:, :, rows, columns] + (around + 0.5) * STRIDE  # (3, 2, 3, 3)
        weight = belief[rows, columns] ** 2
        points = (votes * weight).sum((2, 3)) / weight.sum()
        if _is_upright(points):
            faces.append(Found(points.astype(float), float(belief[y, x])))
    return sorted(faces, key=lambda face: -face.confidence)


def _is_upright(points: NDArray) -> bool:
    """Whether left is left, the mouth is below, and the three are as far apart as in a face."""
    left, right, mouth = points
    across, down = right - left, mouth - (left + right) / 2
    span = np.hypot(*across)
    return span > 1 and across[0] > 0.6 * span and 0.5 * span < down[1] and np.hypot(*down) < 2 * span


def _distinct(faces: list[Found]) -> list[Found]:
    """Of faces over one another only the surest (the first)."""
    kept: list[Found] = []
    for face in faces:
        middle = face.points[:2].mean(0)
        if all(np.hypot(*(other.points[:2].mean(0) - middle)) > max(face.span, other.span) for other in kept):
            kept.append(face)
    return kept


def _batch(pictures: list[NDArray], network: "Locator") -> "torch.Tensor":
    """uint8 (H, W, 3) pictures of one size to float (B, 3, H, W) in [-1, 1], where the network is."""
    import torch

    pixels = torch.from_numpy(np.ascontiguousarray(np.stack(pictures))).permute(0, 3, 1, 2)
    return pixels.to(next(network.parameters()).device).float() / 127.5 - 1
