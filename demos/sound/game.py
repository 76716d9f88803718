"""Which one is real? A clip of ours with its true sound and with the model's, in an order that only the house knows.

Its page side is `assets/sound/game.js`; scores are kept by `models.foley.game`.
"""

import secrets
import time
from typing import Any

import numpy as np

from demos.house.counter import LIVE, Answer
from demos.house.widget import Widget
from demos.kit import SEED_LIMIT
from demos.sound import clips, service
from demos.sound.stage import FOLDER, scripts
from models.foley import acoustics, keepsake, soundtrack, synthesis
from models.foley.game import Scores, Tally
from models.foley.synthesis import Ask

SCRIPTS = ("player.js", "game.js")
ROOM = 0.15  # both sounds are heard in one small room, which gives away neither
SCORES = Scores()


# ---------------------------------------------------------------- what the page asks


def play(order: dict) -> Answer:
    """A round for {visit} against the back-end {backend}: a clip, two sounds, and the token to answer with."""
    ask = synthesis.check(Ask(str(order.get("backend") or Ask.backend), room=ROOM, seed=secrets.randbelow(SEED_LIMIT)))
    others = [clip for name, clip in clips.shelf().items() if name != order.get("last")] or [clips.first()]
    clip = secrets.choice(others)
    real, made = sounds(clip, ask)
    question = SCORES.open_round(clip.name, ask.backend, str(order.get("visit") or ""), time.time())
    pair = (real, made) if question.real_first else (made, real)
    heard = [service.flac_url(soundtrack.as_flac(sound)) for sound in pair]
    about = {"name": clip.name, "words": clip.words, "film": clips.film(clip), "poster": clips.poster(clip)}
    return {"token": question.token, "sounds": heard, "seconds": clip.seconds, **about}


def sounds(clip: clips.Clip, ask: Ask) -> tuple[np.ndarray, np.ndarray]:
    """The true sound of a clip and the model's, float32 (N,) both: in the same room, equally loud."""
    true = soundtrack.from_flac(clip.true_sound.read_bytes())
    real = acoustics.mastered(true, ask.room, ask.volume, ask.seed)
    made = synthesis.sound(keepsake.from_text(clip.seen["hits"]), len(true) / soundtrack.RATE, ask)
    loudness = [float(np.sqrt(np.square(sound, dtype=np.float64).mean())) for sound in (real, made)]
    gain = loudness[0] / loudness[1] if loudness[1] > 1e-6 else 1.0
    return real, acoustics.limited(gain * made)


def answer(order: dict) -> Answer:
    """The round {token} answered by {visit}: whether the {first} of its sounds is the real one. BadInput when over."""
    question = SCORES.round(str(order.get("token")))
    found = SCORES.answer(question.token, order.get("first") is True)
    return {"found": found, "real_first": question.real_first, **score(order)}


def score(order: dict) -> Answer:
    """The score of {visit}, and that of everybody on this server, by back-end too."""
    visit = str(order.get("visit") or "")
    everybody = {name: _told(SCORES.tally(backend=name)) for name in synthesis.BACKENDS}
    return {"visit": _told(SCORES.tally(visit)), "everybody": _told(SCORES.tally()), "against": everybody}


def reset(order: dict) -> Answer:
    """Everybody's score, begun anew."""
    SCORES.reset()
    return score(order)


def _told(tally: Tally) -> dict[str, Any]:
    return {"rounds": tally.rounds, "found": tally.found, "fooled": tally.fooled, "spread": tally.spread}


class Game(Widget):
    """The game. It asks for a round once it can be seen."""

    def __init__(self, **options: Any):
        super().__init__(
            html_template=(FOLDER / "game.html").read_text(encoding="utf-8"),
            css_template=(FOLDER / "game.css").read_text(encoding="utf-8"),
            js_on_load=scripts(SCRIPTS, {"backends": synthesis.BACKENDS}),
            apply_default_css=False,
            server_functions=[LIVE.serve(function) for function in (play, answer, score, reset)],
            **options,
        )
