"""The words of the house model: everything a caption can say, and what was kept from its training.

Only words that a picture can show are here: the captions (`models/text2image/captions.py`) say nothing else, so the
room can tell a visitor which words mean something. Light: the running app imports this.
"""

import re
import unicodedata

# Each fact and the ways to say it, the plainest first.
COLOURS = {
    "red": ("red",),
    "dark red": ("dark red", "deep red"),
    "orange": ("orange",),
    "yellow": ("yellow",),
    "ochre": ("ochre", "yellow", "dark yellow"),
    "green": ("green",),
    "light green": ("light green", "pale green"),
    "blue": ("blue",),
    "light blue": ("light blue", "pale blue", "sky blue"),
    "purple": ("purple", "violet"),
    "pink": ("pink",),
    "peach": ("peach",),
    "brown": ("brown",),
    "beige": ("beige",),
    "cream": ("cream",),
    "white": ("white",),
    "grey": ("grey", "gray"),
    "dark grey": ("dark grey", "dark gray"),
    "black": ("black",),
    "gold": ("gold", "golden"),
    "silver": ("silver",),
    "clear": ("clear", "transparent"),
    "tortoise": ("tortoiseshell", "brown"),
    "red and yellow": ("red and yellow", "yellow and red"),
    "red and green": ("red and green", "green and red"),
    "colourful": ("colourful", "colorful"),
}
PEOPLE = {"woman": ("woman", "lady"), "man": ("man", "gentleman"), "person": ("person",)}
AGES = {"young": ("young",), "older": ("older", "old", "elderly")}
MOODS = {"smiling": ("smiling", "happy"), "serious": ("serious",)}
HAIR = {
    "black": ("black",),
    "brown": ("brown",),
    "blond": ("blond", "blonde"),
    "grey": ("grey", "gray"),
}
LENGTHS = {"long": ("long",), "short": ("short",)}
GLASSES = ("glasses", "spectacles", "eyeglasses")
FRAMES = {
    "round": ("round",),
    "rectangular": ("rectangular", "square"),
    "browline": ("browline",),
    "aviator": ("aviator",),
    "cat-eye": ("cat-eye",),
}
BACKDROPS = ("background", "backdrop")

FRUIT = {"apple": "apples", "cherry": "cherries", "tomato": "tomatoes"}
STEMS = ("stem", "stalk")
FLOWERS = {
    "daisy": "daisies",
    "dandelion": "dandelions",
    "rose": "roses",
    "sunflower": "sunflowers",
    "tulip": "tulips",
    "flower": "flowers",
}
SEEDHEADS = ("dandelion seed head", "fluffy dandelion", "dandelion clock", "white dandelion", "dandelion puff")
FLOWER_GROUNDS = {
    "green": ("on a green background", "on green", "in green leaves", "in the grass", "with green behind"),
    "dark": ("on a dark background", "on black", "on a black background", "with a dark background"),
    "blue sky": ("under a blue sky", "against a blue sky", "with blue sky behind"),
    "grey": ("on a grey background", "on grey", "with a gray background"),
    "blurred colourful": ("on a blurred background", "on a colourful background", "with a blurred background"),
    "brown": ("on a brown background", "on brown", "with a brown background"),
    "white": ("on a white background", "on white", "with a white background"),
    "busy": ("in a garden", "in the garden", "outdoors"),
}

TOOLS = {"pencil": ("pencil",), "ink": ("ink", "pen"), "chalk": ("chalk", "white chalk"), "crayon": ("crayon",)}
DRAWINGS = ("sketch", "drawing", "doodle")
SKETCHED = (
    "airplane apple banana bicycle bird book butterfly cactus candle car carrot cat cherry clock cloud crown cup daisy "
    "dandelion diamond dog dolphin duck elephant envelope eye face fish flower giraffe glasses grapes guitar hat house "
    "key ladder leaf moon mountain mushroom octopus pear pineapple rabbit rainbow rose sailboat snail snowman spider "
    "star strawberry sun sunflower tent tomato tree tulip umbrella whale"
).split()

SHAPES = {
    "circle": "circles",
    "square": "squares",
    "triangle": "triangles",
    "star": "stars",
    "heart": "hearts",
    "diamond": "diamonds",
    "ring": "rings",
    "cross": "crosses",
}
SIZES = {"big": ("big", "large"), "small": ("small", "little", "tiny")}
COUNTS = {1: "one", 2: "two", 3: "three", 4: "four", 5: "five"}
# Relations of the first thing to the second, and how the second stands to the first.
RELATIONS = {
    "above": (("above", "over"), ("below", "under")),
    "below": (("below", "under"), ("above", "over")),
    "left": (("left of", "to the left of"), ("right of", "to the right of")),
    "right": (("right of", "to the right of"), ("left of", "to the left of")),
    "inside": (("inside", "in"), ("around",)),
}
BESIDE = ("beside", "next to")
TABLES = {"wood": ("wooden",), "white": ("white",), "blue": ("blue",), "green": ("green",), "grey": ("grey", "gray")}

SKIES = {
    "day": ("under a blue sky", "by day", "with a blue sky"),
    "sunset": ("at sunset", "under an orange sky", "in the evening"),
    "night": ("at night", "under a starry sky", "under a dark sky"),
    "cloudy": ("under a grey sky", "under a cloudy sky"),
}
LANDS = {
    "hills": ("green hills", "hills"),
    "sea": ("the sea", "blue water", "the ocean"),
    "mountains": ("mountains", "snowy mountains"),
    "desert": ("the desert", "sand dunes"),
    "snow": ("snow", "white snow"),
}
LIGHTS = {"sun": "a yellow sun", "moon": "a white moon", "stars": "stars", "clouds": "white clouds"}
THINGS = {"house": "houses", "tree": "trees", "boat": "boats"}

# What one caption needs beside the facts.
GLUE = (
    "a an the of in on with without and from to wearing no photo picture portrait face studio lit left right smile "
    "hair close-up macro single few some several many bunch bouquet field meadow garden full centre centres "
    "center centers fresh ripe whole withered wrinkled rotten eaten core leaf table wall paper blackboard drawn sail "
    "sails seed heads dandelions clocks puffs"
).split()

EXAMPLES = (
    "a smiling woman with round glasses, blue background",
    "a portrait of an older man with grey hair",
    "a young man with red glasses on a green background",
    "a serious woman with long black hair",
    "a green apple with a stem",
    "a dark red cherry on a white background",
    "two green apples and a red cherry on a white table",
    "a close-up of a yellow sunflower under a blue sky",
    "a single pink tulip on a green background",
    "a white daisy with a yellow centre",
    "a pencil sketch of a fish",
    "a chalk drawing of a cat",
    "a red circle above a blue square",
    "a white house on green hills under a blue sky",
    "a boat with a red sail on the sea at sunset",
)

# Never together in one training picture, so that evaluation can ask for what the model never saw.
UNSEEN: dict[str, tuple[dict[str, str], ...]] = {
    "portrait": (
        {"frame": "red", "backdrop": "blue"},
        {"frame": "green", "backdrop": "pink"},
        {"shape": "round", "backdrop": "purple"},
        {"hair": "grey", "backdrop": "red"},
    ),
    "fruit": ({"kind": "tomato", "colour": "green"}, {"kind": "cherry", "colour": "yellow"}),
    "flower": ({"kind": "rose", "petals": "orange"}, {"kind": "daisy", "petals": "pink"}),
    "sketch": (
        {"subject": "cat", "tool": "chalk"},
        {"subject": "fish", "tool": "crayon"},
        {"subject": "apple", "tool": "ink"},
        {"subject": "tree", "tool": "chalk"},
    ),
    "scene": (
        {"shape": "star", "colour": "purple"},
        {"shape": "heart", "colour": "green"},
        {"shape": "triangle", "colour": "orange"},
        {"shape": "circle", "colour": "pink"},
        {"thing": "house", "colour": "blue"},
        {"thing": "boat", "colour": "yellow"},
        {"fruit": "tomato", "colour": "yellow"},
    ),
}

_TOKEN = re.compile(r"[^\W_]+")


def split(text: str) -> list[str]:
    """The words of a text as the tokenizer sees them: lower-cased, without accents; other characters are dropped."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return _TOKEN.findall(bare.lower())


def _said(*tables) -> set[str]:
    """Every word in tables of phrases: dicts (keys only where nothing else is said), tuples, text."""
    words: set[str] = set()
    for table in tables:
        if isinstance(table, str):
            words.update(split(table))
        else:
            words |= _said(*(table.values() if isinstance(table, dict) else table))
    return words


GROUPS: dict[str, tuple[str, ...]] = {
    "people": tuple(sorted(_said(PEOPLE, AGES, MOODS, LENGTHS, GLASSES, FRAMES, "hair smile portrait face"))),
    "fruit": tuple(sorted(_said(FRUIT, list(FRUIT), STEMS, "whole withered leaf core ripe table wall"))),
    "flowers": tuple(sorted(_said(FLOWERS, list(FLOWERS), "bouquet field meadow close-up garden grass seed head"))),
    "sketches": tuple(sorted(_said(TOOLS, DRAWINGS, SKETCHED))),
    "scenes": tuple(sorted(_said(SHAPES, list(SHAPES), LANDS, SKIES, LIGHTS, THINGS, list(THINGS), "sail paper"))),
    "colours": tuple(sorted(_said(COLOURS) - {"and"})),
    "numbers and places": tuple(sorted(_said(COUNTS, SIZES, RELATIONS, BESIDE))),
}
VOCABULARY: tuple[str, ...] = tuple(
    sorted(
        {
            *(word for group in GROUPS.values() for word in group),
            *_said(SEEDHEADS, FLOWER_GROUNDS, BACKDROPS, HAIR, TABLES, GLUE),
        }
    )
)
_KNOWN = frozenset(VOCABULARY)


def unknown(prompt: str) -> list[str]:
    """The words of a prompt that mean nothing to the house model, each once, in order."""
    return list(dict.fromkeys(word for word in split(prompt) if word not in _KNOWN))


def withheld(domain: str, facts: dict) -> bool:
    """Whether these facts hold a combination kept from training (a scene's objects are looked at one by one)."""
    about = [facts, *facts.get("objects", ())]
    return any(
        all(_holds(part.get(key), value) for key, value in combination.items())
        for combination in UNSEEN[domain]
        for part in about
    )


def _holds(found: object, value: str) -> bool:
    return value in found if isinstance(found, list) else found == value
