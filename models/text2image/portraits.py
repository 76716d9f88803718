"""Portraits for captions: what a morph's exact labels, and its hair as rendered, say in words.

Facts: {"who", "backdrop", "glasses": "yes" | "no", "shape" and "frame" with glasses, "mood"?, "age"?, "hair"?: colour,
"length"?, "light"?: side}. What is neither one thing nor the other is not named.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from models.faces.store import Morphs

BACKDROPS = {
    "white": "white",
    "grey": "grey",
    "warm grey": "beige",
    "charcoal": "dark grey",
    "blue": "blue",
    "sky": "light blue",
    "green": "green",
    "sage": "light green",
    "red": "red",
    "rose": "pink",
    "ochre": "ochre",
    "violet": "purple",
}
FRAMES = {"navy": "blue", "gunmetal": "dark grey"}


def facts(morphs: Morphs, row: int) -> dict:
    """What a caption may say of a morph."""
    label = {name: float(values[row]) for name, values in morphs.labels.items() if values.ndim == 1}
    names = morphs.about["categories"]
    woman = label["woman"]
    found = {"who": "woman" if woman > 0.75 else "man" if woman < 0.25 else "person"}
    found["backdrop"] = BACKDROPS[names["backdrop"][int(label["backdrop"])]]
    found["glasses"] = "yes" if label["glasses"] else "no"
    if label["glasses"]:
        frame = names["frame_colour"][int(label["frame_colour"])]
        found |= {"shape": names["frame_shape"][int(label["frame_shape"])], "frame": FRAMES.get(frame, frame)}
    found |= _between("mood", label["smile"], 0.12, "serious", 0.6, "smiling")
    found |= _between("age", label["age"], 25.5, "young", 42.0, "older")
    if label["light_strength"] > 0.5 and abs(label["light_azimuth"]) > 0.75:
        found["light"] = "right" if label["light_azimuth"] > 0 else "left"
    picture, hair = morphs.images([row])[0], morphs.masks([row], "hair")[0]
    return found | _hair(picture, hair, label["hair_grey"])


def _between(name: str, value: float, low: float, below: str, high: float, above: str) -> dict:
    return {name: below} if value < low else {name: above} if value > high else {}


def _hair(picture: NDArray, mask: NDArray, grey: float) -> dict:
    """Colour and length of the hair, each where it is plain to see. mask: uint8 (128, 128)."""
    sure = mask > 190
    if picture.shape[0] != mask.shape[0]:
        picture = cv2.resize(picture, mask.shape[::-1], interpolation=cv2.INTER_AREA)
    if sure.mean() < 0.045:  # a shaved head and short black hair have masks alike
        return {}
    light, a, b = np.median(cv2.cvtColor(picture, cv2.COLOR_RGB2LAB)[sure].astype(float), axis=0) - [0, 128, 128]
    light *= 100 / 255
    found = {}
    if grey > 0.45 and light > 28 or grey > 0.2 and light > 35 and np.hypot(a, b) < 7:
        found["hair"] = "grey"
    elif light < 17:
        found["hair"] = "black"
    elif light > 44 and b > 10 and a < 8:
        found["hair"] = "blond"
    elif 20 < light < 38 and b > 3:
        found["hair"] = "brown"
    hanging = (mask[88:] > 128).sum()  # below the mouth
    if hanging > 260:
        found["length"] = "long"
    elif hanging < 12 and sure.mean() < 0.13:
        found["length"] = "short"
    return found
