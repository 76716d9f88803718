"""What visitors take home: the recipe of a photograph, and drawing and photograph on one wall."""

from collections.abc import Sequence

from PIL import Image

from models import registry
from models.media import Recipe
from models.sketch.strokes import Stroke, drawing_to_text

DEMO = "sketch-to-photo"
WALL = (246, 244, 239)
MARGIN = 0.05  # of a picture's side


def recipe(subject: str, seed: int, strokes: Sequence[Stroke] | None, model: str = "house") -> Recipe:
    """What it takes to make this photograph again; strokes is None when the drawing came as a picture."""
    settings = {"subject": subject}
    if strokes is not None:
        settings["drawing"] = drawing_to_text(subject, strokes)
    spec = registry.get(f"sketch/{subject}" if model == "house" else model)
    return Recipe(DEMO, spec.key, spec.version, seed, settings)


def side_by_side(drawing: Image.Image, photo: Image.Image, side: int = 512) -> Image.Image:
    """Drawing and photograph next to each other, RGB, 2 `side` and three margins wide."""
    margin = round(MARGIN * side)
    wall = Image.new("RGB", (2 * side + 3 * margin, side + 2 * margin), WALL)
    for place, picture in enumerate((drawing, photo)):
        picture = picture.resize((side, side), Image.Resampling.LANCZOS)
        wall.paste(picture, (margin + place * (side + margin), margin))
    return wall
