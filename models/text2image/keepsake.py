"""What visitors take home: a picture painted from a prompt carries the recipe that paints it again."""

from dataclasses import asdict

from models import registry
from models.media import Recipe
from models.text2image.engine import HOUSE, Ask

DEMO = "text-to-image"
SEED_LIMIT = 2**31  # seeds are whole numbers below this; the one after the last is 0


def seed_at(ask: Ask, place: int) -> int:
    """The seed of the picture at `place`, counted from 0."""
    return (ask.seed + place) % SEED_LIMIT


def recipe(ask: Ask, place: int = 0, model: str = HOUSE) -> Recipe:
    """What it takes to paint the picture at `place` again: opened, it hangs first."""
    settings = asdict(ask)
    del settings["seed"]
    spec = registry.get(model)
    return Recipe(DEMO, spec.key, spec.version, seed_at(ask, place), settings)
