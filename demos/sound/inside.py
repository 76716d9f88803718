"""Looking inside: the onset curve, the motion that was seen and where most attention was, what things are taken for,
cochleagrams, struck modes.

The house sends numbers and small pictures; `assets/sound/inside.js` draws them beside the playing film.
"""

from typing import Any

import numpy as np

from demos.house.counter import SIDELINE, Answer, always
from demos.house.pictures import webp_url
from demos.house.widget import Widget
from demos.sound import service
from demos.sound.stage import FOLDER, scripts
from models.foley import cochlea, seen, soundtrack, synthesis
from models.foley.materials import MATERIALS

SCRIPTS = ("../live/standing.js", "../live/drawing.js", "inside.js")


def spectra(order: dict) -> Answer:
    """The cochleagram that the hits lead one to expect, and that of the sound that was made of them, on one scale."""
    wanted = service.read(order)
    expected = synthesis.LEVEL**cochlea.EXPONENT * synthesis.expected(wanted.hits, wanted.seconds, wanted.ask)
    heard = soundtrack.from_flac(service.heard(wanted.hits, wanted.seconds, wanted.unmixed))
    produced = cochlea.cochleagram(heard)
    most = max(float(expected.max(initial=0)), float(produced.max(initial=0)), 0.05)
    low, high = cochlea.centres()[[0, -1]].round()
    both = {"expected": expected, "produced": produced}
    return {**{name: webp_url(seen.spectrum(one, most), 92) for name, one in both.items()}, "low": low, "high": high}


def modes(order: dict) -> Answer:
    """What was struck: of each hit its time, what it was heard on, and its modes as [Hz, T60 in s, gain], loudest
    first; none for gravel, leaves and water."""
    wanted = service.read(order)
    told = []
    for hit in wanted.hits:
        found = synthesis.struck(hit, wanted.ask).modes
        loudest = found[np.argsort(-found[:, 2])]
        told.append(
            {
                "seconds": hit.seconds,
                "material": synthesis.material_of(hit, wanted.ask),
                "modes": [[round(float(value), 4) for value in mode] for mode in loudest],
            }
        )
    return {"hits": told}


class Inside(Widget):
    """It follows what is heard on the stage, and asks by itself once it can be seen."""

    def __init__(self, **options: Any):
        super().__init__(
            html_template=(FOLDER / "inside.html").read_text(encoding="utf-8"),
            css_template=(FOLDER / "inside.css").read_text(encoding="utf-8"),
            js_on_load=scripts(SCRIPTS, {"columns": seen.COLUMNS, "materials": [one.title for one in MATERIALS]}),
            apply_default_css=False,
            server_functions=[SIDELINE.serve(function, always) for function in (spectra, modes)],
            **options,
        )
