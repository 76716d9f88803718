"""Styles as text, and what the page asks to be painted."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from demos.house.counter import Counter
from demos.style import mixing, photos, service
from models.errors import BadInput
from models.style import engine
from models.style.network import TINY
from tests.demos.style.pieces import MIX, ORDER, OWN, apart, blots, data_url, shown

# ---------------------------------------------------------------- styles as text


def test_a_mix_is_the_mean_of_its_corners_weighted_by_how_near_they_are(house):
    corners = [engine.code(name) for name in mixing.names_in(MIX)]
    expected = sum(share * code for share, code in zip((0.3, 0.1, 0.45, 0.15), corners, strict=True))
    assert mixing.code_of(MIX) == pytest.approx(expected, abs=1e-5)
    assert mixing.code_of("great-wave,kabuki,jungle,madhubani@-3,0") == pytest.approx(corners[0], abs=1e-5)


def test_a_painting_of_ones_own_travels_as_its_code(house):
    code = mixing.code_of(OWN)
    assert mixing.own_text(code) == OWN and code == pytest.approx(np.linspace(-1, 1, TINY.code), abs=1e-3)
    assert mixing.code_of(f"{OWN},{OWN},{OWN},{OWN}@0.5,0.5") == pytest.approx(code, abs=1e-6)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "no style yet"),
        (None, "no style yet"),
        ("x" * 9000, "no style yet"),
        ("starry-night", "no style called"),
        ("great-wave,kabuki@0.5,0.5", "4 styles"),
        ("great-wave@0.5,0.5", "4 styles"),
        ("great-wave,kabuki,jungle,madhubani", "two numbers"),
        ("great-wave,kabuki,jungle,madhubani@nan,0", "two numbers"),
        ("own.!!!", "cannot be read"),
    ],
)
def test_what_is_no_style_gets_a_sentence(house, text, sentence):
    with pytest.raises(BadInput, match=sentence):
        mixing.code_of(text)


def test_a_code_of_another_model_gets_a_sentence(house):
    answer = service.tile({"style": "great-wave"})
    assert shown(answer["tile"]).size == (service.TILE, service.TILE)
    with pytest.raises(BadInput, match="numbers"):
        service.tile({"style": mixing.own_text(np.zeros(TINY.code + 1, np.float32))})


# ---------------------------------------------------------------- painting


def test_every_size_has_the_photos_proportions(house):
    sizes = [shown(service.paint({**ORDER, "side": side})["photo"]["picture"]).size for side in service.SIDES.values()]
    assert sizes == [(256, 171), (384, 256), (768, 512)]
    assert shown(service.sharpen(ORDER)["photo"]["picture"]).size == (768, 512)
    assert shown(service.paint({**ORDER, "side": 9000})["photo"]["picture"]).size == (384, 256)


def test_strength_seed_and_colours_are_heard(house):
    def painted(**changes) -> Image.Image:
        return shown(service.paint({**ORDER, **changes})["photo"]["picture"])

    usual = painted()
    assert apart(usual, painted()) == 0
    assert all(apart(usual, painted(**change)) > 0.2 for change in ({"strength": 0.1}, {"seed": 6}, {"style": MIX}))
    photo = service.small(photos.find("pond"), 256)
    hues = [np.asarray(one.convert("HSV"), float)[..., 1].mean() for one in (photo, painted(keep_colours=True), usual)]
    assert abs(hues[1] - hues[0]) < abs(hues[2] - hues[0])


def test_what_many_look_at_is_painted_once_and_what_is_a_visitors_own_is_not_kept(house, monkeypatch):
    painted, paint = [], engine.paint
    monkeypatch.setattr(engine, "paint", lambda *asked: painted.append(asked) or paint(*asked))
    asks = Counter(places=1, waiting=9, remembered=2**20).serve(service.paint, service.ours)
    name = service.receive({"picture": data_url(blots())})["name"]
    for change, times in (({}, 1), ({"photo": name}, 3), ({"style": OWN}, 3)):
        painted.clear()
        # In a thread of its own: Playwright's synchronous interface keeps a loop running in this one.
        with ThreadPoolExecutor(1) as thread:
            answers = [thread.submit(asyncio.run, asks({**ORDER, **change})).result() for _ in range(3)]
        assert len(painted) == times and answers[0] == answers[2] and "photo" in answers[0]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"photo": "mona-lisa"}, "no photograph called"),
        ({"photo": 7}, "no photograph called"),
        ({"style": "?"}, "no style called"),
        ({"strength": "much"}, "strength"),
        ({"strength": float("nan")}, "strength"),
        ({"seed": -1}, "seed"),
        ({"seed": 2.5}, "seed"),
    ],
)
def test_a_wrong_order_gets_a_sentence(house, change, sentence):
    with pytest.raises(BadInput, match=sentence):
        service.paint({**ORDER, **change})


def test_a_strength_out_of_range_is_brought_into_it():
    assert [service.read({"strength": value}).strength for value in (-1, 0.3, 7)] == [0, 0.3, 1]


@pytest.mark.parametrize("order", ["", "{", None, "[" * 10_000])
def test_what_is_no_order_gets_a_sentence(order):
    with pytest.raises(BadInput):
        service.parse(order)
