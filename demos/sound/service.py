"""What the page of the sound room asks the house, and how an order, which anyone may have sent, is read.

An order is {hits, seconds, material, backend, room, volume, original, seed}: hits are text, as in
`models.foley.keepsake`. A film is told by its file, or is one of our clips by name. Free of Gradio.
"""

import base64
import functools
import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from demos.house.brought import Memory
from demos.house.counter import Answer
from demos.house.pictures import webp_url
from demos.house.steps import OnStep, in_steps
from demos.kit import whole_seed
from demos.sound import clips
from models import cluster, video
from models.errors import BadInput
from models.foley import exemplar, griffin, keepsake, seen, soundtrack, synthesis
from models.foley.engine import HOUSE, LONGEST_SECONDS
from models.foley.hits import Hit
from models.foley.materials import NAMES
from models.foley.synthesis import Ask
from models.media import read_recipe

SHOWN_SIDE, SHOWN_FPS = 480, 30  # of a film that the browser cannot play by itself
MOST_SHOWN = 12 * 2**20  # bytes of it


# ---------------------------------------------------------------- reading an order


@dataclass(frozen=True)
class Order:
    """What is asked, checked: hits, the length of the film in seconds, and how it is to sound."""

    hits: tuple[Hit, ...]
    seconds: float
    ask: Ask

    @property
    def unmixed(self) -> Ask:
        """The ask without the film's own sound, which takes the film."""
        return replace(self.ask, original=0.0)


def parse(order: Any) -> dict[str, Any]:
    """What the page wrote as JSON, as a dict; BadInput for what is none."""
    try:
        found = json.loads(order)
    except (ValueError, TypeError, RecursionError) as error:
        raise BadInput("That order cannot be read: please ask once more.") from error
    return found if isinstance(found, dict) else {}


def read(order: Mapping[str, Any]) -> Order:
    """An order as it can be met; BadInput for what makes no sense."""
    seconds = order.get("seconds")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds <= LONGEST_SECONDS:
        raise BadInput(f"A film is more than 0 and at most {LONGEST_SECONDS:g} seconds long here.")
    numbers = {name: order.get(name, getattr(Ask, name)) for name in ("room", "volume", "original")}
    ask = Ask(
        str(order.get("backend") or Ask.backend),
        str(order["material"]) if order.get("material") else None,
        seed=whole_seed(order.get("seed", 0)),
        **numbers,
    )
    return Order(keepsake.from_text(order.get("hits", "")), float(seconds), synthesis.check(ask))


# ---------------------------------------------------------------- sound


def sound(order: dict) -> Answer:
    """The sound of an order as a FLAC file, in a data URL; the film's own is the page's to add."""
    wanted = read(order)
    return {"sound": flac_url(heard(wanted.hits, wanted.seconds, wanted.unmixed))}


# A class that listens to the same clip waits for it once.
@functools.lru_cache(maxsize=96)
def heard(hits: tuple[Hit, ...], seconds: float, ask: Ask) -> bytes:
    """The sound of hits as a FLAC file."""
    return soundtrack.as_flac(synthesis.sound(hits, seconds, ask))


def flac_url(flac: bytes) -> str:
    """A FLAC file as a data URL."""
    return "data:audio/flac;base64," + base64.b64encode(flac).decode("ascii")


def warm(_order: dict) -> Answer:
    """Load the network, render the bank and have Griffin-Lim compiled while the visitor still looks, so that none of it
    is waited for later."""
    griffin.compiling()
    cluster.warm(HOUSE)
    for name in NAMES:
        exemplar.shelf(name)
    return {}


# ---------------------------------------------------------------- films


def clip(order: dict) -> Answer:
    """One of our clips, {name}: the film, and what the model saw in it."""
    found = clips.find(order.get("name"))
    return {"film": clips.film(found), **clips.told(found)}


def opened(film: Path, show: bool = False) -> Iterator[tuple[int, int] | dict[str, Any]]:
    """Watch a visitor's film: yields (frames seen, in all), at last all there is to tell of it.

    show: the browser cannot play it, so a film that it can is told as well. A film that was saved here comes back with
    the hits and the settings it was saved with. BadInput for what is no film.
    """
    about = video.probe(film)
    with closing(in_steps(lambda on_step: _watched(film, on_step))) as steps:
        for news in steps:
            if isinstance(news, tuple):
                yield news
            else:
                yield {
                    **news,
                    "width": about.width,
                    "height": about.height,
                    "has_sound": about.has_sound,
                    "film": _shown(film) if show else None,
                    "recipe": _recipe_in(film),
                }


def explained(film: Path, at: Any) -> Iterator[dict[str, Any]]:
    """What in a film made the network think of a hit at a time: yields how much of it goes with each of 64 parts."""
    from models.foley import inside

    if isinstance(at, bool) or not isinstance(at, int | float) or not 0 <= at <= LONGEST_SECONDS:
        raise BadInput("There is no such hit in that film: please choose one on the line.")
    why = inside.why(film, float(at))
    yield {"map": [round(float(share), 3) for share in why.missed.ravel()], "onset": round(why.onset, 3)}


def _watched(film: Path, on_step: OnStep) -> dict[str, Any]:
    from models.foley import inside

    found = inside.look_inside(film, on_frame=on_step)
    pictures = {
        "motion": webp_url(seen.motion_sheet(found.watched.motion), 60),
        "where": webp_url(seen.attention(found.where), 90),
    }
    return {**seen.numbers(found), **pictures}


def _recipe_in(film: Path) -> dict[str, Any] | None:
    """The hits and settings that a film of ours was saved with; None for any other."""
    try:
        recipe = read_recipe(film)
    except BadInput:
        return None
    found = keepsake.opened(recipe)
    if found is None:
        return None
    hits, ask = found
    told = {name: getattr(ask, name) for name in ("backend", "room", "volume", "original", "seed")}
    return {**told, "hits": keepsake.to_text(hits), "material": ask.material or ""}


def _shown(film: Path) -> str:
    """A film as one that every browser plays, in a data URL; "" where that would be too large to send."""
    with TemporaryDirectory(prefix="vernissage-film-") as folder:
        out = Path(folder) / "shown.mp4"
        with (
            closing(video.frames(film, SHOWN_FPS, SHOWN_SIDE, LONGEST_SECONDS)) as frames,
            video.Writer(out, SHOWN_FPS, sound=film) as writer,
        ):
            for frame in frames:
                writer.write(frame)
        data = out.read_bytes()
    return "data:video/mp4;base64," + base64.b64encode(data).decode("ascii") if len(data) <= MOST_SHOWN else ""


def saved(film: Path, wanted: Mapping[str, Any]) -> Iterator[str]:
    """The film of an order of the page with its sound; a large model's voice is put into the recipe as well."""
    order, voice = read(wanted), str(wanted.get("voice") or "")
    prompt, change, model = voice_of(wanted) if voice else ("", 0.0, HOUSE)
    besides = {"prompt": prompt, "change": change} if voice else {}
    yield from finished(film, order, str(wanted.get("clip") or ""), voice, model=model, **besides)


def finished(film: Path, order: Order, name: str, voice: str = "", **besides: Any) -> Iterator[str]:
    """A film with the sound of an order: yields its file, which is gone once the iterator goes on.

    name: the clip's, "" for a visitor's film; voice: what a large model made of the sound, by the name it is remembered
    by, and `besides` what the recipe says of it.
    """
    recipe = keepsake.recipe(name, order.hits, order.ask, **besides)
    spoken = soundtrack.from_flac(VOICES.get(voice)) if voice else None
    with TemporaryDirectory(prefix="vernissage-film-") as folder:
        out = Path(folder) / f"{name or 'film'}-with-sound.mp4"
        if spoken is None:
            synthesis.film_with_sound(film, order.hits, order.ask, out, recipe)
        else:
            made = synthesis.mixed(film, spoken, order.ask.original)
            synthesis.join(film, made, synthesis.length(film), out, recipe)
        yield str(out)


# ---------------------------------------------------------------- a large model's voice

# 100 MB at most.
VOICES = Memory(200, "That voice is no longer here: please ask the large model once more.")


def revoiced(order: Order, prompt: str, change: float, model: str) -> Iterator[tuple[int, int] | dict[str, Any]]:
    """The sound of an order, re-voiced by a model from the hub: yields (steps done, in all), at last the sound as a
    data URL, the name it is remembered by, and a sentence on how many hits kept their time."""
    from models.foley import hub

    track = soundtrack.from_flac(heard(order.hits, order.seconds, order.unmixed))

    def work(on_step: OnStep) -> np.ndarray:
        return hub.revoice(track, prompt, change, order.ask.seed, model, on_step=on_step)

    with closing(in_steps(work)) as steps:
        for news in steps:
            if isinstance(news, tuple):
                yield news
                continue
            flac = soundtrack.as_flac(news)
            said = f"{hub.kept(order.hits, news)} of {len(order.hits)} hits are heard where they were."
            yield {"sound": flac_url(flac), "voice": VOICES.keep(flac), "said": said if order.hits else ""}


def words(order: dict) -> Answer:
    """Words to begin a prompt with, of the {hits} of an order."""
    from models.foley import hub

    return {"prompt": hub.told(keepsake.from_text(order.get("hits", "")))}


def film_of(source: str | None, order: Mapping[str, Any]) -> Path:
    """The film that an order is about: one of our clips by its {clip}, or the visitor's own file. BadInput for none."""
    if order.get("clip"):
        return clips.find(order["clip"]).film
    if not source:
        raise BadInput("There is no film yet: choose one of ours, or bring a short one of your own.")
    return Path(source)


def voice_of(order: Mapping[str, Any]) -> tuple[str, float, str]:
    """The prompt, the change and the large model that an order names. BadInput for a change that is no number."""
    change = order.get("change")
    if isinstance(change, bool) or not isinstance(change, int | float):
        raise BadInput("How much may change is a number from 0 (as it was) to 1 (only the words).")
    return str(order.get("prompt") or ""), float(change), str(order.get("model") or "")
