"""The yardsticks of text to image: prompts ask for what they say, judges learn, copies are found."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from models.text2image import colour_judge, judge_words, probe, questions
from models.text2image.bench import Bench, Setting
from models.text2image.classifiers import TeachConfig, loss_of, teach_network
from models.text2image.figures import as_markdown
from models.text2image.judge import Judge, Network, load, save
from models.text2image.judge_pictures import Gallery, distances, nearest
from models.text2image.network import tiny_pipeline
from models.text2image.prompts import Prompt, draw
from models.text2image.questions import Table, answers
from models.text2image.words import COLOURS, COUNTS, UNSEEN, VOCABULARY, split, unknown, withheld

PAINTS = {"red": (200, 40, 40), "green": (40, 150, 60), "blue": (40, 80, 190)}
PAPERS = {"white": (245, 245, 245), "black": (30, 30, 30)}
CROSSED = {"style": "shapes", "paper": "white", "relation": "above"} | {
    "objects": [
        {"shape": "circle", "colour": "red", "count": 1, "size": "big"},
        {"shape": "square", "colour": "blue", "count": 2},
    ]
}


class Few:
    """A captioned set in memory: a coloured square on paper, as sketches and as portraits' backdrops."""

    def __init__(self, count: int, seed: int):
        rng = np.random.default_rng(seed)
        self.domains, self._facts, pictures = [], [], []
        for number in range(count):
            colour, paper = str(rng.choice(list(PAINTS))), str(rng.choice(list(PAPERS)))
            picture = np.full((128, 128, 3), PAPERS[paper], np.uint8)
            y, x = rng.integers(10, 60, 2)
            picture[y : y + 50, x : x + 50] = PAINTS[colour]
            pictures.append(picture + rng.integers(0, 10, picture.shape, dtype=np.uint8))
            self.domains.append("sketch" if number % 2 else "fruit")
            tool = {"white": "crayon", "black": "chalk"}[paper]
            sketch = {"subject": "cat", "tool": tool, "colour": colour, "paper": paper}
            fruit = {"kind": "apple", "colour": colour, "state": "whole", "backdrop": paper}
            self._facts.append(sketch if number % 2 else fruit)
        self.pictures = np.stack(pictures)

    def __len__(self):
        return len(self.domains)

    def images(self, rows):
        return self.pictures[np.asarray(rows, int)]

    def facts(self, row):
        return self._facts[row]

    def source(self, row):
        return f"photo {row // 4}"

    def captions(self, rows, rng):
        return [f"a {self._facts[row]['colour']} apple" for row in rows]


class Colours:
    """A feature network of one layer: what is where, in colours, at every depth."""

    def features(self, pictures, names):
        small = torch.nn.functional.avg_pool2d(pictures + 1, 8)
        return [small for _ in names]


@pytest.fixture(scope="module")
def bench():
    return Bench(tiny_pipeline(VOCABULARY), Few(60, 1), Few(60, 2), Colours(), 8)


class Sees:
    """A judge that answers what it is told to."""

    def __init__(self, found):
        self.found, self.known = found, {q: tuple(sorted(set(a))) for q, a in found.items()}

    def answer(self, pictures, folds=None):
        return {q: (found * 99)[: len(pictures)] for q, found in self.found.items()}

    def folds(self, held_out, rows):
        return np.zeros(len(rows), int)


def test_a_scene_is_asked_about_by_the_colours_of_its_things():
    told = answers(CROSSED, "scene")
    assert told["red thing"] == "circle" and told["blue thing"] == "square"
    assert told["blue count"] == "2" and told["red size"] == "big"
    assert (told["red place"], told["blue place"]) == ("above", "below")
    alike = CROSSED | {"objects": [CROSSED["objects"][0], CROSSED["objects"][1] | {"colour": "red"}]}
    assert "red thing" not in answers(alike, "scene")


def test_a_table_knows_what_was_seen_often():
    told = [{"tool": "ink"}] * 12 + [{"tool": "chalk", "paper": "black"}] * 12 + [{"tool": "crayon"}]
    table = Table.of(told)
    assert table.answers == {"tool": ("chalk", "ink")}
    assert table.labels(told)[:, 0].tolist() == [1] * 12 + [0] * 12 + [-1]


def test_a_colour_is_asked_about_wherever_it_is():
    told = answers(CROSSED, "scene")
    assert colour_judge.about(told, "blue") == {"thing": "square", "count": "2", "place": "below"}
    assert colour_judge.about(told, "green") == {"thing": questions.ABSENT}
    assert colour_judge.is_about_colour("dark red count") and not colour_judge.is_about_colour("tree count")
    few = Few(1, 0)
    few.pictures[:, 40:80, 40:80] = colour_judge.REFERENCES["purple"]
    near = colour_judge.shown(few.pictures, ["purple"])[0, ..., 3]
    assert near[24:36, 24:36].min() > 0.9 > 0.3 > near[:8].max()


FACTS = {
    "portrait": [
        {"who": who, "mood": mood, "glasses": "yes", "shape": shape, "frame": frame, "backdrop": ground, "hair": "grey"}
        for who in ("woman", "man")
        for mood in ("smiling", "serious")
        for shape in ("round", "aviator")
        for frame in ("red", "green", "gold")
        for ground in ("blue", "pink", "purple", "red", "white")
    ],
    "fruit": [
        {"kind": kind, "colour": colour, "state": "whole", "stem": "yes", "backdrop": ground}
        for kind, colour in (("apple", "red"), ("apple", "green"), ("cherry", "black"), ("tomato", "orange"))
        for ground in ("white", "pink", "grey")
        for _ in range(5)
    ],
    "flower": [
        {"kind": kind, "petals": petals, "framing": framing, "background": "green"}
        for kind, petals in (("rose", ["red"]), ("daisy", ["white", "pink"]), ("dandelion", ["seedhead"]))
        for framing in ("closeup", "field")
        for _ in range(5)
    ],
    "sketch": [
        {"subject": subject, "tool": tool, "colour": "white", "paper": "black"}
        for subject in ("cat", "fish", "apple", "tree")
        for tool in ("pencil", "ink", "chalk", "crayon")
        for _ in range(5)
    ],
    "scene": [
        CROSSED,
        CROSSED | {"objects": CROSSED["objects"][:1]},
        {
            "style": "still life",
            "table": "wood",
            "wall": "white",
            "objects": [{"fruit": "apple", "colour": "red", "count": 2}],
        },
        *(
            {"style": "landscape", "land": land, "sky": "day", "lights": ["sun"]}
            | {"objects": [{"thing": thing, "count": 1, "colour": "white"}]}
            for land, thing in (("sea", "boat"), ("hills", "house"))
        ),
    ],
}


class Anything(dict):
    """A judge's table that knows every answer."""

    def __contains__(self, question):
        return True

    def __missing__(self, question):
        return self

    def get(self, question, default=None):
        return self


@pytest.mark.parametrize("domain", sorted(UNSEEN))
def test_prompts_say_what_they_ask_for_in_words_the_model_knows(domain):
    made = draw(FACTS[domain], domain, 20, 8, Anything())
    assert len(made) == 20 and [p.unseen for p in made] == [True] * 8 + [False] * 12
    assert len({p.text for p in made}) > 6
    for prompt in made:
        assert not unknown(prompt.text) and prompt.asked
        for question, answer in prompt.asked.items():
            if answer in COLOURS:
                assert set(split(answer)) <= set(split(prompt.text)), (prompt, question)
            if question.endswith("count") and answer != "1":
                assert COUNTS[int(answer)] in prompt.text, prompt
    assert made == draw(FACTS[domain], domain, 20, 8, Anything())


def test_only_what_a_judge_can_tell_is_asked():
    known = {"colour": ("red",), "backdrop": ("white", "pink", "grey")}
    made = draw(FACTS["fruit"], "fruit", 12, 2, known)
    assert all(set(p.asked) <= set(known) for p in made)
    assert {p.asked["colour"] for p in made if not p.unseen} == {"red"}
    assert all("colour" not in p.asked for p in made if p.unseen)  # nobody could tell a green tomato


def test_shares_count_attributes_and_chance_is_another_prompts_picture(bench):
    prompts = [Prompt(f"a {c} apple", "fruit", {"colour": c, "kind": "apple"}, c == "blue") for c in PAINTS]
    judge = Sees({"colour": ["red", "green", "red"], "kind": ["apple", "apple", "apple"]})
    found = judge_words.faithfulness(bench, {"fruit": judge}, prompts)
    of = found["domains"]["fruit"]
    assert of["right"] == pytest.approx(5 / 6) and found["right"] == of["right"]
    assert of["seen"] == 1 and of["unseen"] == 0.5 and of["all_of_a_prompt"] == pytest.approx(2 / 3)
    assert of["chance"] == pytest.approx(0.5) and of["questions"] == {"colour": pytest.approx(2 / 3), "kind": 1}


def test_a_network_learns_where_and_what(tmp_path):
    few, config = Few(240, 3), TeachConfig(views=1600, batch=32)
    rows = [row for row in range(len(few)) if few.domains[row] == "fruit"]
    told = [answers(few.facts(row), "fruit") for row in rows]
    table = Table.of(told)
    state = teach_network(few.images(rows), table.labels(told), table, config)
    save(Judge(table, [state], Colours()), tmp_path / "judge-fruit.safetensors")
    found = load(tmp_path / "judge-fruit.safetensors", Colours()).answer(few.images(rows))
    for question in ("colour", "backdrop"):
        assert np.mean([a == facts[question] for a, facts in zip(found[question], told)]) > 0.95, question


def test_unknown_answers_cost_nothing():
    table, outputs = Table({"colour": ("blue", "red"), "kind": ("a", "b", "c")}), torch.randn(4, 5)
    known, none = torch.tensor([[0, -1]] * 4), torch.full((4, 2), -1)
    assert loss_of(table, outputs, none) == 0
    assert loss_of(table, outputs, known) == pytest.approx(
        float(torch.nn.functional.cross_entropy(outputs[:, :2], known[:, 0])), abs=1e-5
    )
    assert Network(5)(torch.zeros(2, 3, 128, 128)).shape == (2, 5)


def test_a_probe_reads_colours_of_pictures_it_has_not_seen():
    few = Few(90, 5)
    described = probe.colours(few.pictures)
    assert np.allclose(described.sum(1), 2, atol=1e-4)
    described = np.concatenate([np.zeros((90, 1024), np.float32), described], 1)
    labels = np.array([[list(PAINTS).index(few.facts(row)["colour"])] for row in range(90)])
    weights = probe.fit(described[:60], labels[:60], [3], 0.1)
    assert (probe.read(weights, described[60:]).argmax(1).numpy() == labels[60:, 0]).mean() > 0.95


def test_a_held_out_picture_is_judged_by_who_has_not_seen_it(monkeypatch):
    table = Table({"colour": ("blue", "red")})
    state = [{"probe": torch.tensor([[0.0, 1.0], [0, 0]])}, {"probe": torch.tensor([[3.0, 0.0], [0, 0]])}]
    nothing = {"photograph": lambda net, pictures: np.zeros((len(pictures), 1), np.float32)}
    monkeypatch.setattr(probe, "DESCRIPTIONS", nothing)
    judge = Judge(table, state, Colours())
    assert judge.answer(np.zeros((3, 128, 128, 3), np.uint8), np.array([0, 1, 0]))["colour"] == ["red", "blue", "red"]
    folds = judge.folds(Few(40, 0), np.arange(40))
    assert len(set(folds)) == 2 and (folds.reshape(10, 4) == folds[::4, None]).all()  # views of one photo keep together
    assert judge.answer(np.zeros((2, 128, 128, 3), np.uint8))["colour"] == ["blue", "blue"]  # both together


def test_a_copy_is_found_whether_mirrored_or_not(bench):
    gallery = Gallery.of(bench, "fruit")
    shown = bench.train.images(gallery.rows[:5])
    for pictures in (shown, shown[:, :, ::-1]):
        distance, whose = gallery.nearest(pictures)
        assert distance.max() < 0.05 and (whose == gallery.rows[:5]).all()
    distance, _ = gallery.nearest(bench.held_out.images(bench.rows(bench.held_out, "fruit", 5)))
    assert np.median(distance) > 0.05


def test_a_picture_does_not_depend_on_its_company(bench):
    alone = bench.paint(["a green apple"], 11, Setting(3, 2.0))
    among = bench.paint(["a red apple", "a green apple"], 10, Setting(3, 2.0))
    assert np.abs(alone[0].astype(int) - among[1]).max() <= 2 and alone.shape == (1, 128, 128, 3)


def test_everything_is_judged_and_written_down(bench, monkeypatch):
    monkeypatch.setattr(judge_words, "GUIDANCES", (1.0, 3.0))
    monkeypatch.setattr(judge_words, "STEPS", (2,))
    small = replace(bench, count=6)
    prompts = [Prompt(f"a {c} apple", "fruit", {"colour": c}, False) for c in PAINTS]
    judge, sheets = Sees({"colour": list(PAINTS)}), {}
    figures = {
        "about": {"images": 1000, "minutes": 3, "device": "cpu", "aligned": 500, "aligned_minutes": 2},
        "distances": distances(small, 1),
        "nearest": nearest(small, sheets.__setitem__),
        "faithfulness": judge_words.faithfulness(small, {"fruit": judge}, prompts, sheets.__setitem__),
        "ablation": judge_words.ablation(small, {"fruit": judge}, prompts, Setting(2, 3.0)),
    }
    json.dumps(figures)  # plain numbers, all of them
    floor, house = (
        figures["distances"]["fruit"][name]["frechet"]["mean"] for name in ("held-out, other half", "house")
    )
    assert floor < house
    assert set(sheets) == {"nearest-fruit", "nearest-sketch", "prompts-fruit"}
    assert sheets["nearest-fruit"].size == (6 * 128, 2 * 128)
    text = as_markdown(figures)
    assert (
        "1,000 pictures" in text
        and "500 prompts for the witness" in text
        and "| fruit, 3 prompts, 3 attributes | 100% |" in text
        and "copies" in text
    )


def test_what_is_withheld_is_asked_for_and_known_as_such():
    asked = {p.text for p in draw(FACTS["scene"], "scene", 7, 7, Anything())}
    assert any("house" in text and "blue" in text for text in asked) and any("purple star" in text for text in asked)
    assert withheld("scene", CROSSED) is False
    assert questions.ABSENT not in {answer for facts in FACTS["scene"] for answer in answers(facts, "scene").values()}
