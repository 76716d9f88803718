"""Captions from facts: the same picture is described anew each time, in varied words, with parts left out.

Drawing a caption afresh for every view keeps the text encoder from learning sentences by heart (compare the template
captions of CLEVR, Johnson et al. 2017, arXiv:1612.06890). Whatever is said is true of the picture; what is left out
may be true as well. The words come from `models/text2image/words.py` alone.
"""

from collections.abc import Sequence

from numpy.random import Generator

from models.text2image import words as w


class Voice:
    """Who describes: chooses among phrasings by `rng`, or always the plainest when there is none.

    `thorough`: says what the canonical caption says, no less, in words of its own choice.
    """

    def __init__(self, rng: Generator | None = None, thorough: bool = False):
        self.rng, self.thorough = rng, thorough or rng is None

    def one(self, options: Sequence, first: float = 0.5):
        """One of the options: the first, plainest one with this chance, else any of the others."""
        if self.rng is None or len(options) == 1 or self.rng.random() < first:
            return options[0]
        return options[1 + int(self.rng.integers(len(options) - 1))]

    def says(self, chance: float) -> bool:
        """Whether to mention something."""
        return chance >= 0.5 if self.thorough else bool(self.rng.random() < chance)

    def colour(self, name: str) -> str:
        return self.one(w.COLOURS[name], 0.8)


def caption(facts: dict, domain: str, rng: Generator) -> str:
    """A caption of a picture with these facts (as each domain's renderer writes them), another one at each call."""
    return _DESCRIBE[domain](facts, Voice(rng))


def plain(facts: dict, domain: str) -> str:
    """The canonical caption: everything worth saying, in the plainest words."""
    return _DESCRIBE[domain](facts, Voice())


def thorough(facts: dict, domain: str, rng: Generator) -> str:
    """All that the canonical caption says, in other words at each call."""
    return _DESCRIBE[domain](facts, Voice(rng, thorough=True))


def article(phrase: str) -> str:
    """The phrase with "a" or "an" before it."""
    return f"{'an' if phrase[0] in 'aeiou' else 'a'} {phrase}"


def listed(parts: Sequence[str]) -> str:
    """ "x", "x and y", "x, y and z"."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def counted(count: int, adjectives: Sequence[str], one: str, many: str) -> str:
    """ "a small red circle", "three small red circles"."""
    if count == 1:
        return article(" ".join([*adjectives, one]))
    return " ".join([w.COUNTS[count], *adjectives, many])


def _together(subject: str, parts: Sequence[str], ground: str, voice: Voice) -> str:
    """Subject, its parts in any order, the background last, or now and then first."""
    if voice.rng is not None and len(parts) > 1:
        parts = [parts[k] for k in voice.rng.permutation(len(parts))]
    text = " ".join([subject, *parts])
    if not ground.startswith(","):
        return f"{text} {ground}" if ground else text
    return text + ground if voice.says(0.85) else f"{ground[2:]}, {text}"


def _ground(colour: str, voice: Voice) -> str:
    """A plain background in so many words."""
    name, backdrop = voice.colour(colour), voice.one(w.BACKDROPS, 0.85)
    ways = (f"on {article(name)} {backdrop}", f", {name} {backdrop}", f"with {article(name)} {backdrop}", f"on {name}")
    return voice.one(ways, 0.4)


def _portrait(facts: dict, voice: Voice) -> str:
    adjectives = []
    if "age" in facts and voice.says(0.6):
        adjectives.append(voice.one(w.AGES[facts["age"]], 0.6))
    mood = facts.get("mood") if voice.says(0.75) else None
    grin = mood == "smiling" and not voice.says(0.8)
    if mood and not grin:
        adjectives.append(voice.one(w.MOODS[mood], 0.8))
    if voice.rng is not None:
        voice.rng.shuffle(adjectives)
    who = article(" ".join([*adjectives, voice.one(w.PEOPLE[facts["who"]], 0.85)]))
    openings = ("", "a portrait of ", "a photo of ", "a picture of ", "the face of ", "a studio portrait of ")
    parts = [part for part in (_hair(facts, voice), _glasses(facts, voice), "with a smile" if grin else "") if part]
    if "light" in facts and voice.says(0.3):
        parts.append(f"lit from the {facts['light']}")
    ground = _ground(facts["backdrop"], voice) if voice.says(0.6) else ""
    return _together(voice.one(openings, 0.55) + who, parts, ground, voice)


def _hair(facts: dict, voice: Voice) -> str:
    """ "with long brown hair", or nothing."""
    said = []
    if "length" in facts and voice.says(0.4 if facts["who"] == "woman" else 0.2):
        said.append(facts["length"])
    if "hair" in facts and voice.says(0.5):
        said.append(voice.one(w.HAIR[facts["hair"]], 0.7))
    return f"with {' '.join(said)} hair" if said else ""


def _glasses(facts: dict, voice: Voice) -> str:
    """ "with round red glasses", "without glasses", or nothing."""
    if facts["glasses"] == "no":
        return voice.one(("without glasses", "with no glasses"), 0.8) if voice.says(0.2) else ""
    if not voice.says(0.85):
        return ""
    shape = voice.one(w.FRAMES[facts["shape"]], 0.85) if voice.says(0.6) else ""
    colour = voice.colour(facts["frame"]) if voice.says(0.6) else ""
    looks = [colour, shape] if voice.rng is not None and voice.says(0.5) else [shape, colour]
    return " ".join(part for part in (voice.one(("with", "wearing")), *looks, voice.one(w.GLASSES, 0.85)) if part)


def _fruit(facts: dict, voice: Voice) -> str:
    kind, parts = facts["kind"], []
    ground = _ground(facts["backdrop"], voice) if voice.says(0.5) else ""
    opening = voice.one(("", "a photo of ", "a picture of "), 0.75)
    if facts["state"] == "eaten":
        subject = voice.one((f"an {kind} core", f"an eaten {kind}", f"the core of an {kind}"))
        return _together(opening + subject, [], ground, voice)
    looks = [voice.colour(facts["colour"])] if voice.says(0.85) else []
    if facts["state"] == "withered" and voice.says(0.85):
        looks.insert(0, voice.one(("withered", "wrinkled", "rotten"), 0.4))
    elif facts["state"] == "whole" and not voice.says(0.88):
        looks.insert(0, voice.one(("fresh", "ripe", "whole")))
    if facts.get("leaf") == "yes" and voice.says(0.8):
        parts.append(voice.one(("with a stem and a leaf", "with a leaf", "with a leaf and a stem")))
    elif facts.get("stem") == "yes" and voice.says(0.65):
        parts.append(f"with a {voice.one(w.STEMS, 0.75)}")
    elif facts.get("stem") == "no" and voice.says(0.15):
        parts.append(f"without a {voice.one(w.STEMS, 0.75)}")
    return _together(opening + article(" ".join([*looks, kind])), parts, ground, voice)


_FRAMINGS = {
    "closeup": (("a close-up of a ", "one"), ("a macro photo of a ", "one"), ("a close-up photo of a ", "one")),
    "single": (("a single ", "one"), ("a ", "one"), ("one ", "one"), ("a photo of a ", "one")),
    "few": (("a few ", "many"), ("some ", "many"), ("several ", "many"), ("", "many")),
    "bouquet": (("a bouquet of ", "many"), ("a bunch of ", "many"), ("many ", "many"), ("", "many")),
    "field": (("a field of ", "many"), ("a meadow full of ", "many"), ("many ", "many"), ("a garden full of ", "many")),
}


def _flower(facts: dict, voice: Voice) -> str:
    opening, number = voice.one(_FRAMINGS[facts["framing"]], 0.5)
    noun = _blooms(facts, number == "many", voice)
    if opening.endswith(" a ") or opening == "a ":
        subject = opening[:-2] + article(noun)
    else:
        subject = opening + noun
    parts = []
    if "centre" in facts and voice.says(0.5):
        centre = f"{facts['centre']} {voice.one(('centre', 'center'))}"
        parts.append(f"with {article(centre)}" if number == "one" else f"with {centre}s")
    ground = voice.one(w.FLOWER_GROUNDS[facts["background"]], 0.4) if voice.says(0.6) else ""
    return _together(subject, parts, ground, voice)


def _blooms(facts: dict, many: bool, voice: Voice) -> str:
    """Petal colours and the flower's name."""
    colours, kind = [c for c in facts["petals"] if c != "seedhead"], facts["kind"]
    if "seedhead" in facts["petals"]:
        name = voice.one(w.SEEDHEADS, 0.4)
        return name + "s" if many else name
    if voice.rng is not None and not voice.says(0.9):
        kind = "flower"
    said = []
    if colours and voice.says(0.9):
        said = [listed([voice.colour(c) for c in colours[: voice.one((2, 1), 0.6)]])]
    return " ".join([*said, w.FLOWERS[kind] if many else kind])


def _sketch(facts: dict, voice: Voice) -> str:
    subject = facts["subject"]
    thing = subject if subject in ("grapes", "glasses") else article(subject)
    tool = voice.one(w.TOOLS[facts["tool"]], 0.7)
    if facts["tool"] == "crayon" and voice.says(0.8):
        tool = f"{voice.colour(facts['colour'])} {tool}"
    drawing = voice.one(w.DRAWINGS)
    ways = (
        f"{article(tool)} {drawing} of {thing}",
        f"{thing} drawn in {tool}",
        f"{article(drawing)} of {thing} in {tool}",
        f"{thing}, {tool} {drawing}",
    )
    text = voice.one(ways, 0.55)
    if not voice.says(0.45):
        return text
    return text + (" on a blackboard" if facts["tool"] == "chalk" else f" on {voice.colour(facts['paper'])} paper")


def _scene(facts: dict, voice: Voice) -> str:
    return {"shapes": _shapes, "still life": _still_life, "landscape": _landscape}[facts["style"]](facts, voice)


def _related(first: str, second: str, relation: str | None, voice: Voice) -> str:
    """Two things and how they stand, from either side."""
    if relation is None or not voice.says(0.8):
        return listed([first, second] if voice.says(0.5) else [second, first])
    if relation in ("left", "right") and not voice.says(0.85):
        return f"{first} {voice.one(w.BESIDE)} {second}"
    ahead, back = w.RELATIONS[relation]
    if voice.says(0.7):
        return f"{first} {voice.one(ahead, 0.7)} {second}"
    return f"{second} {voice.one(back, 0.7)} {first}"


def _shapes(facts: dict, voice: Voice) -> str:
    said = []
    for group in facts["objects"]:
        looks = [voice.one(w.SIZES[group["size"]], 0.6)] if "size" in group and voice.says(0.7) else []
        looks.append(voice.colour(group["colour"]))
        said.append(counted(group["count"], looks, group["shape"], w.SHAPES[group["shape"]]))
    text = said[0] if len(said) == 1 else _related(*said, facts.get("relation"), voice)
    if not voice.says(0.55):
        return text
    paper = voice.colour(facts["paper"])
    return f"{text} on {voice.one((f'{paper} paper', article(paper) + ' background'))}"


def _still_life(facts: dict, voice: Voice) -> str:
    said = [
        counted(group["count"], [voice.colour(group["colour"])], group["fruit"], w.FRUIT[group["fruit"]])
        for group in facts["objects"]
    ]
    text = said[0] if len(said) == 1 else _related(*said, facts.get("relation"), voice)
    if voice.says(0.75):
        text += f" on {article(voice.one(w.TABLES[facts['table']], 0.8))} table"
    if voice.says(0.4):
        text += f", {voice.colour(facts['wall'])} wall"
    return text


def _landscape(facts: dict, voice: Voice) -> str:
    said = [_thing(thing, voice) for thing in facts["objects"]]
    land = voice.one(w.LANDS[facts["land"]], 0.6)
    where = f"{'in' if facts['land'] in ('desert', 'mountains') else 'on'} {land}"
    lights = [light for light in facts["lights"] if voice.says(0.55)]
    text = f"{listed(said)} {where}" if said and voice.says(0.8) else listed(said or [land])
    if voice.says(0.75):
        text += f" {voice.one(w.SKIES[facts['sky']])}"
    if lights:
        text += f" with {listed([w.LIGHTS[light] for light in lights])}"
    return text


def _thing(thing: dict, voice: Voice) -> str:
    """ "two red houses", "a boat with a red sail"."""
    name, many = thing["thing"], w.THINGS[thing["thing"]]
    if "colour" not in thing or not voice.says(0.85):
        return counted(thing["count"], [], name, many)
    if name == "boat":
        sail = f"{voice.colour(thing['colour'])} sail"
        return f"{counted(thing['count'], [], name, many)} with {article(sail) if thing['count'] == 1 else sail + 's'}"
    return counted(thing["count"], [voice.colour(thing["colour"])], name, many)


_DESCRIBE = {"portrait": _portrait, "fruit": _fruit, "flower": _flower, "sketch": _sketch, "scene": _scene}
