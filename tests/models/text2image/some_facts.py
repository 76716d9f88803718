"""Facts such as the renderers write, made up at random: for tests of captions and words."""

from numpy.random import Generator

from models.text2image import flowers, fruit, landscapes, portraits, shapes, sketches, still_life
from models.text2image import words as w


def random_facts(domain: str, rng: Generator) -> dict:
    """Facts of one picture, every value there is as likely as any other."""
    return {"portrait": _portrait, "fruit": _fruit, "flower": _flower, "sketch": _sketch, "scene": _scene}[domain](rng)


def _one(options, rng: Generator) -> str:
    return str(rng.choice(list(options)))


def _maybe(rng: Generator, **facts) -> dict:
    return {name: value for name, value in facts.items() if rng.random() < 0.5}


def _portrait(rng: Generator) -> dict:
    facts = {"who": _one(w.PEOPLE, rng), "backdrop": _one(portraits.BACKDROPS.values(), rng), "glasses": "no"}
    if rng.random() < 0.6:
        frames = [*portraits.FRAMES.values(), "black", "tortoise", "brown", "red", "green", "clear", "gold", "silver"]
        facts |= {"glasses": "yes", "shape": _one(w.FRAMES, rng), "frame": _one(frames, rng)}
    looks = {"mood": w.MOODS, "age": w.AGES, "hair": w.HAIR, "length": w.LENGTHS, "light": ("left", "right")}
    return facts | _maybe(rng, **{name: _one(table, rng) for name, table in looks.items()})


def _fruit(rng: Generator) -> dict:
    colours = {
        "apple": ("red", "dark red", "green", "yellow", "red and yellow", "red and green"),
        "cherry": ("red", "dark red", "black", "orange", "yellow", "red and yellow"),
        "tomato": ("red", "dark red", "orange", "yellow", "green"),
    }
    kind = _one(colours, rng)
    state = _one(("whole", "withered", "eaten") if kind == "apple" else ("whole",), rng)
    facts = {"kind": kind, "colour": _one(colours[kind], rng), "state": state, "backdrop": _one(fruit.BACKDROPS, rng)}
    return facts | _maybe(rng, stem=_one(("yes", "no"), rng)) | _maybe(rng, leaf="yes")


def _flower(rng: Generator) -> dict:
    petals = ["yellow", "white", "pink", "red", "orange", "purple", "blue", "cream", "peach", "brown", "colourful"]
    facts = {
        "kind": _one(flowers.KINDS.values(), rng),
        "framing": _one(flowers.VIEWS, rng),
        "petals": [str(name) for name in rng.choice(petals, rng.integers(1, 3), replace=False)],
        "background": _one(w.FLOWER_GROUNDS, rng),
    }
    if facts["kind"] == "dandelion" and rng.random() < 0.5:
        facts["petals"] = ["seedhead"]
    return facts | _maybe(rng, centre=_one(("yellow", "dark", "brown", "orange", "black", "green"), rng))


def _sketch(rng: Generator) -> dict:
    return sketches.random_facts(_one(w.SKETCHED, rng), rng)


def _scene(rng: Generator) -> dict:
    baskets = {("apple", "green"): [], ("apple", "red"): [], ("cherry", "dark red"): [], ("tomato", "orange"): []}
    style = rng.integers(3)
    if style == 2:
        return still_life.random_facts(baskets, rng)
    return (shapes, landscapes)[style].random_facts(rng)
