"""Thirty visitors: what they do in each room, at a human pace, and whether what comes is what they asked for.

A visit is a row of gestures with a look at the picture after each. Visitors of one class like the same things: one in
four of their gestures is one that others make as well.
"""

from __future__ import annotations

import asyncio
import base64
import io
import random
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from gradio_client import Client, handle_file
from PIL import Image

from models.media import read_recipe
from models.sketch.doodles import doodle
from models.sketch.strokes import drawing_to_text
from tests.load.hand import Hand
from tests.load.house import PATIENCE
from tests.load.tally import Tally

TICK = 0.05  # seconds between two movements of a hand
LOOK = (2.0, 6.0)  # seconds that a visitor looks at a picture, at least and at most
SHARED = 0.25  # of the gestures are the class's own
PROMPTS = ("a red apple on a plate", "a smiling woman with round glasses", "a yellow flower", "an old man with a beard")
STYLES = ("great-wave", "kabuki", "wheat-field", "blue-swirls")

# What a visitor asks a house for: (room, order) -> answer. A house that knows no rooms of ours has its own.
Ask = Callable[[str, dict], Awaitable[dict]]


class Visitor(ABC):
    """Somebody in one room until the time is up. `beside`: also what the page fetches once the hand rests."""

    room: str

    def __init__(self, name: int, ask: Ask, tally: Tally, beside: bool = True):
        self.chance = random.Random(f"{self.room} {name}")
        self.ask, self.tally, self.beside = ask, tally, beside
        self.hand = Hand(lambda order: ask(self.room, order), self.hang)

    async def visit(self, seconds: float) -> None:
        """Come at some moment of the first seconds, and stay until the end."""
        until, besides = time.monotonic() + seconds, None
        await asyncio.sleep(self.chance.uniform(0, min(10.0, seconds / 4)))
        while time.monotonic() < until:
            await self.gesture()
            await self.hand.rest()
            if self.beside and (not besides or besides.done()):
                besides = asyncio.create_task(self.look_beside())
            await asyncio.sleep(self.chance.uniform(*LOOK))
        if besides:
            await besides

    @abstractmethod
    async def gesture(self) -> None:
        """Move something, and let go."""

    async def look_beside(self) -> None:
        """What else the page asks for then, one thing at a time; nobody waits for it."""
        return None

    def wrong(self, answer: dict, order: dict) -> str | None:
        """In what a picture is not the one asked for."""
        return None

    def hang(self, answer: dict, order: dict, seconds: float) -> None:
        if answer.get("stale"):
            self.tally.rooms[self.room].stale += 1
        elif "sentence" in answer or answer.get("busy"):
            self.tally.error(self.room, str(answer.get("sentence")))
        else:
            wrong = None if answer.get("unsigned") else self.wrong(answer, order)
            self.tally.picture(self.room, seconds, order, answer, wrong)

    async def fetch(self, kind: str, order: dict) -> None:
        """One thing beside the picture."""
        began = time.monotonic()
        answer = await self.ask(kind, order)
        if "sentence" in answer or answer.get("busy"):
            self.tally.error(kind, str(answer.get("sentence")))
        else:
            self.tally.picture(kind, time.monotonic() - began, order, None)

    async def drag(self, order: Callable[[float], dict], seconds: float) -> None:
        """A slider from one place to another: glimpses on the way, an order where it is left."""
        steps = max(2, int(seconds / TICK))
        low, high = sorted(self.chance.sample(range(101), 2))
        for step in range(steps):
            self.hand.glimpse(order(round((low + (high - low) * step / steps) / 100, 2)))
            await asyncio.sleep(TICK)
        self.hand.order(order(high / 100))

    def seed(self) -> int:
        """Now and then one that the whole class looks at."""
        return self.chance.randrange(6) if self.chance.random() < SHARED else self.chance.randrange(2**31)


def recipe_in(url: str) -> Any:
    """The recipe in a picture of the page."""
    return read_recipe(base64.b64decode(url.partition(",")[2]))


class Walker(Visitor):
    """Chooses two faces and drags the dot between them."""

    room = "walk"

    async def gesture(self) -> None:
        a, b = self.seed(), self.seed()
        settings = {"seeds": [a, b, a, b], "down": 0, "path": "w", "psi": 0.7, "model": "house"}
        self.settings = settings
        for _ in range(self.chance.randint(1, 3)):
            await self.drag(lambda t: {**settings, "t": t}, self.chance.uniform(0.8, 2.0))
            await self.hand.rest()

    async def look_beside(self) -> None:
        await self.fetch("walk, strips", {name: self.settings[name] for name in ("seeds", "down", "psi", "model")})

    def wrong(self, answer: dict, order: dict) -> str | None:
        how = recipe_in(answer["photo"]).settings
        asked = {"seed_a": order["seeds"][0], "seed_b": order["seeds"][1], "t": order["t"], "psi": order["psi"]}
        return None if {name: how[name] for name in asked} == asked else f"{how} for {asked}"


class Sketcher(Visitor):
    """Draws stroke after stroke."""

    room = "sketch"

    async def gesture(self) -> None:
        subject = self.chance.choice(("fruit", "flower", "portrait"))
        strokes, seed = doodle(subject, self.seed()), self.seed() % 4
        for count in range(max(2, len(strokes) - 4), len(strokes) + 1):
            self.settings = {"drawing": drawing_to_text(subject, strokes[:count]), "seed": seed}
            for _ in range(8):  # the stroke grows
                self.hand.glimpse(self.settings)
                await asyncio.sleep(TICK)
            self.hand.order(self.settings)
            await asyncio.sleep(self.chance.uniform(0.2, 0.8))

    async def look_beside(self) -> None:
        await self.fetch("sketch, takes", self.settings)

    def wrong(self, answer: dict, order: dict) -> str | None:
        how = recipe_in(answer["photo"])
        same = how.settings["drawing"] == order["drawing"] and how.seed == order["seed"]
        return None if same else f"seed {how.seed} for {order['seed']}, or another drawing"


class Reckoner(Visitor):
    """Puts faces into an equation, then turns what comes of it."""

    room = "arithmetic"

    def __init__(self, *others: Any, **options: Any):
        super().__init__(*others, **options)
        self.turner = Hand(lambda order: self.ask("arithmetic, turn", order), self.hang_turned)

    async def gesture(self) -> None:
        self.settings = {"seed": 0}
        for term in ("plus", "minus", "add"):
            self.settings[term] = ",".join(str(self.seed()) for _ in range(self.chance.randint(1, 2)))
        self.hand.order(self.settings)
        turns = {name: 0 for name in ("glasses", "smile", "age", "woman")}
        self.turner.order({**self.settings, "face": "sum", **turns})
        await self.hand.rest()
        for step in range(10):
            self.turner.order({**self.settings, "face": "sum", **turns, "smile": step / 5})
            await asyncio.sleep(TICK)
        await self.turner.rest()

    async def look_beside(self) -> None:
        await self.fetch("arithmetic, bars", self.settings)

    def hang_turned(self, answer: dict, order: dict, seconds: float) -> None:
        if "photo" in answer:
            self.tally.picture("arithmetic", seconds, {"turned": True, **order}, answer)
        else:
            self.hang(answer, order, seconds)


class Painter(Visitor):
    """Hangs photographs among paintings and moves the strength."""

    room = "style"
    photo = "lake"

    async def gesture(self) -> None:
        settings = {
            "photo": self.photo,
            "style": self.chance.choice(STYLES),
            "keep_colours": self.chance.random() < 0.3,
            "seed": self.seed() % 4,
        }
        await self.drag(lambda share: {**settings, "strength": share, "side": 256}, self.chance.uniform(0.6, 1.5))
        self.settings = {**settings, "strength": self.chance.randrange(5, 21) / 20}
        self.hand.order({**self.settings, "side": 384})

    async def look_beside(self) -> None:
        await self.fetch("style, sharp", {**self.settings, "side": 768})


class Uploader(Painter):
    """Brings a photo that nobody else has, and paints that."""

    room = "own photo"

    async def visit(self, seconds: float) -> None:
        self.sent = own_photo(self.chance.randrange(2**31))
        url = "data:image/jpeg;base64," + base64.b64encode(self.sent).decode("ascii")
        self.photo = (await self.ask("receive", {"picture": url}))["name"]
        await super().visit(seconds)

    def hang(self, answer: dict, order: dict, seconds: float) -> None:
        super().hang(answer, {**order, "sent": self.sent}, seconds)


class Prompter(Visitor):
    """Says what to paint, and waits for it in the queue, as everybody does who asks for long work."""

    room = "prompt"

    async def gesture(self) -> None:
        shared = self.chance.random() < SHARED
        self.hand.order(
            {
                "prompt": self.chance.choice(PROMPTS),
                "seed": 7 if shared else self.chance.randrange(1000),
                "steps": 12,
                "guidance": 2.0,
                "negative_prompt": "",
                "count": 2,
            }
        )

    def wrong(self, answer: dict, order: dict) -> str | None:
        for place, url in enumerate(answer["pictures"]):
            how = recipe_in(url)
            if how.settings["prompt"] != order["prompt"] or how.seed != order["seed"] + place:
                return f"{how} for {order}"
        return None if len(answer["pictures"]) == order["count"] else f"{len(answer['pictures'])} pictures"


@dataclass
class Programmer:
    """A program: the endpoints, through gradio_client, one after the other, files sent and fetched."""

    name: int
    address: str
    tally: Tally

    async def visit(self, seconds: float) -> None:
        """Call until the time is up."""
        await asyncio.to_thread(self._work, time.monotonic() + seconds)

    def _work(self, until: float) -> None:
        chance = random.Random(f"program {self.name}")
        with tempfile.TemporaryDirectory() as folder:
            client = Client(self.address, verbose=False, download_files=folder, httpx_kwargs={"timeout": PATIENCE})
            photo = Path(folder) / "photo.jpg"
            photo.write_bytes(own_photo(self.name, 300))
            while time.monotonic() < until:
                self._call(client, chance, photo)
                time.sleep(chance.uniform(*LOOK))

    def _call(self, client: Client, chance: random.Random, photo: Path) -> None:
        a, b, t = chance.randrange(2**31), chance.randrange(2**31), chance.randrange(100) / 100
        calls = {
            "/latent_walk": ({"seed_a": a, "seed_b": b, "t": t}, {"seed_a": a, "seed_b": b, "t": t}),
            "/face_arithmetic": (
                {"plus_seeds": f"{a}", "minus_seeds": f"{b}", "add_seeds": "4", "seed": 0},
                {"plus": f"{a}", "minus": f"{b}", "add": "4"},
            ),
            "/style_transfer": (
                {"photo": handle_file(str(photo)), "style": "kabuki", "strength": t},
                {"style": "kabuki", "strength": t},
            ),
        }
        name = chance.choice(list(calls))
        given, expected = calls[name]
        began = time.monotonic()
        try:
            file = Path(client.predict(**given, api_name=name))
        except Exception as error:
            return self.tally.error("program", f"{name}: {error}")
        took, how = time.monotonic() - began, read_recipe(file).settings
        wrong = None if {part: how.get(part) for part in expected} == expected else f"{how} for {expected}"
        self.tally.picture("program", took, given, None, wrong)
        file.unlink()


def own_photo(seed: int, side: int = 480) -> bytes:
    """A photograph that is like no other: clouds of colour, as a JPEG file."""
    small = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(small).resize((side, side * 3 // 4), Image.Resampling.BICUBIC).save(file, "JPEG", quality=88)
    return file.getvalue()
