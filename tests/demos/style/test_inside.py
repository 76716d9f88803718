"""Looking inside the painter, and fruit that was learnt without a single pair."""

import base64
import json
from dataclasses import replace
from functools import partial

import pytest
from PIL import Image

from demos.style import inside, service, turn
from models.errors import BadInput
from models.media import read_recipe
from models.style import cycle, gatys
from tests.demos.style.pieces import MIX, ORDER, OWN, apart, blots, data_url, shown

# ---------------------------------------------------------------- looking inside


def test_gram_matrices_losses_and_maps_come_layer_by_layer(house):
    layers = inside.look(ORDER)["layers"]
    assert [layer["name"] for layer in layers] == list(gatys.LAYERS) and json.dumps(layers)
    for layer in layers:
        assert {shown(layer["grams"][whose]).size for whose in ("photo", "painting", "result")} == {(192, 192)}
        assert {shown(layer["maps"][whose]).height for whose in ("photo", "result")} == {inside.MAP_SIDE}
        assert layer["style_before"] > 0 and layer["content"] >= 0
    assert inside.look({**ORDER, "style": MIX})["layers"][0]["style_before"] != layers[0]["style_before"]


def test_a_painting_can_be_looked_into_while_it_is_here_and_not_by_its_code_alone(house):
    own = service.painting({"picture": data_url(blots(200, 160, 9))})["style"]
    assert inside.look({**ORDER, "style": own})["layers"]
    answer = inside.look({**ORDER, "style": OWN})
    assert answer["unknown"] and "Only the code" in answer["sentence"]


def test_parts_of_the_painter_hear_the_style_one_by_one(house):
    every = list(inside.inside.PARTS)
    none, some, all_of_them = (inside.parts({**ORDER, "parts": parts}) for parts in ([], ["palette"], every))
    assert set(none["asked"]) == set(every)
    pictures = [shown(answer["picture"]) for answer in (none, some, all_of_them)]
    assert apart(pictures[0], pictures[1]) > 0.5 and apart(pictures[1], pictures[2]) > 0.1
    with pytest.raises(BadInput, match="no part called"):
        inside.parts({**ORDER, "parts": ["soul"]})


@pytest.mark.parametrize("start", ["photo", "noise"])
def test_a_descent_tells_every_step(house, monkeypatch, start):
    quick = gatys.Descent(side=64, steps=3)
    monkeypatch.setattr(gatys, "Descent", partial(replace, quick))
    order = json.dumps({**ORDER, "id": 4, "start": start, "layers": "strokes"})
    ready, *moments, over = (update["news"] for update in inside.descended(order))
    assert ready == {"id": 4, "ready": True} and over == {"id": 4, "over": True}
    assert [moment["step"] for moment in moments] == [[0, 3], [1, 3], [2, 3], [3, 3]]
    assert moments[-1]["style"] < moments[0]["style"]
    assert max(shown(moments[0]["picture"]).size) == 64


def test_a_descent_that_cannot_begin_says_so_and_is_over(house):
    heard = []
    with pytest.raises(BadInput, match="no style called"):
        for update in inside.descended(json.dumps({**ORDER, "id": 4, "style": "?"})):
            heard.append(update["news"])
    assert heard[-1] == {"id": 4, "over": True}


# ---------------------------------------------------------------- without a single pair


@pytest.fixture
def translated(monkeypatch):
    """A translation that needs no weights: everything turns red, and back."""

    def translate(photo, direction, _cache=None):
        cycle.keys(direction)
        seen, red = photo.resize((128, 128)), Image.new("RGB", (128, 128), "red")
        return cycle.Translation(seen, red, seen, red, "")

    monkeypatch.setattr(cycle, "translate", translate)


def test_a_fruit_is_seen_there_and_back(shelf, translated):
    for direction in cycle.DIRECTIONS:
        assert len(turn.shelf({"direction": direction})["pictures"]) == len(turn.SHELF)
        answer = turn.turn({"photo": "fruit-2", "direction": direction})
        assert apart(shown(answer["seen"]), turn.fruit(direction, 2)) < 6 and answer["lost"] == 0
    assert apart(turn.fruit("to-apple", 2), turn.fruit("to-tomato", 2)) > 2


def test_a_translation_goes_home_and_comes_back(shelf, translated):
    own = service.receive({"picture": data_url(blots(90, 90))})["name"]
    part = turn.Turn()
    for name in ("fruit-3", own):
        kept = turn.keep({"photo": name, "direction": "to-apple"})["picture"]
        how = read_recipe(base64.b64decode(kept.partition(",")[2]))
        assert how.model == "style/cycle-apple"
        asked = json.loads(part.accept_setting(how.settings["turn"]))
        assert asked["direction"] == "to-apple" and asked["photo"].startswith(
            "fruit-3" if name == "fruit-3" else "data:"
        )


@pytest.mark.parametrize(
    "order", [{"direction": "to-pear"}, {"direction": None}, {"direction": "to-apple", "photo": "fruit-x"}]
)
def test_a_wrong_translation_gets_a_sentence(shelf, order):
    with pytest.raises(BadInput):
        turn.turn({"photo": "fruit-0", **order})
    with pytest.raises(BadInput):
        turn.Turn().accept_setting({"photo": "fruit-0", **order})
