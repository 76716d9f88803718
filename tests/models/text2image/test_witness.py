"""The witness: questions about latents, one row of answers each; and what teaches the prior to paint what is asked."""

import numpy as np
import pytest
import torch
from numpy.random import default_rng

from models.text2image import align, critic, folder, latents, missed, train_witness, witness
from models.text2image import train as train_prior
from models.text2image.captions import plain, thorough
from models.text2image.moments import Moments, moments
from models.text2image.prompts import Anew, asked, implied
from models.text2image.questions import ABSENT, answers
from models.text2image.witness import Asked, Catalogue, Question, Witness
from models.text2image.words import UNSEEN, VOCABULARY, split, withheld
from tests.models.text2image.some_facts import random_facts

TOLD = [
    ("portrait", {"who": "woman", "frame": "red"}),
    ("portrait", {"who": "man", "frame": "blue"}),
    ("scene", {"paper": "white", "red thing": "star", "red count": "2"}),
    ("scene", {"paper": "black", "blue thing": "ring", "blue count": "3"}),
]
CATALOGUE = Catalogue.of(TOLD, least=1)


class Faces:
    """A captioned set whose pictures are as bright as their facts say."""

    def __init__(self, path=None, count=600, side=32):
        chance = default_rng(0)
        self.domains = ["portrait", "fruit", "flower", "sketch", "scene"] * (count // 5)
        self._facts = [random_facts(domain, chance) for domain in self.domains]
        while taken := [k for k, domain in enumerate(self.domains) if withheld(domain, self._facts[k])]:
            for row in taken:
                self._facts[row] = random_facts(self.domains[row], chance)
        self.side = side

    def __len__(self):
        return len(self.domains)

    def images(self, rows):
        return np.stack([np.full((self.side, self.side, 3), 10 * (row % 25), np.uint8) for row in rows])

    def facts(self, row):
        return self._facts[row]

    def source(self, row):
        return str(row)

    def captions(self, rows, rng, whole=0.0):
        return [plain(self._facts[row], self.domains[row]) for row in rows]


def test_a_colour_in_a_scene_is_asked_about_apart_from_what_is_asked():
    assert Question.of("scene", "dark red count") == Question("scene", "count", "dark red")
    assert Question.of("scene", "tree count") == Question("scene", "tree count")
    assert Question.of("portrait", "frame") == Question("portrait", "frame")
    assert CATALOGUE.answers["scene thing"] == ("ring", "star", ABSENT)
    assert CATALOGUE.known("scene", ["purple thing", "paper", "sky"]) == {
        "purple thing": ("ring", "star", ABSENT),
        "paper": ("black", "white"),
    }


def test_only_its_own_answers_are_given_to_a_question():
    questions = [[(Question.of(domain, name), answer) for name, answer in facts.items()] for domain, facts in TOLD]
    questions[0].append((Question("portrait", "mood"), "smiling"))  # nobody was told of moods
    asked = Asked.of(CATALOGUE, questions)
    assert asked.whose.tolist() == [0, 0, 1, 1, 2, 2, 2, 3, 3, 3]
    told = Witness(CATALOGUE, side=4, width=16).eval()(torch.randn(4, 8, 4, 4), asked)
    likely = told.detach().softmax(1)
    for row, key in enumerate(asked.keys.tolist()):
        assert likely[row][CATALOGUE.spans()[key]].sum() == pytest.approx(1)
    assert CATALOGUE.spans()[asked.keys, asked.answers].all()


def test_a_witness_knows_where_things_are():
    """The same thing in two places, both far from the edges, so that means and maxima are the same."""
    torch.manual_seed(0)
    network, paper = Witness(CATALOGUE, side=48, width=16, depth=0).eval(), [(Question("scene", "paper"), "black")]
    torch.nn.init.zeros_(network.place)
    left = torch.zeros(1, 8, 48, 48)
    left[..., 20:24, 20:24] = 3.0
    asked = Asked.of(CATALOGUE, [paper, paper])
    both = network(torch.cat([left, left.roll(4, 3)]), asked).detach()[:, network.spans[asked.keys[0]]]
    assert (both[0] - both[1]).abs().max() > 1e-3


def test_a_witness_comes_back_as_it_was_kept(tmp_path):
    kept = Witness(CATALOGUE, side=4, width=16).eval()
    witness.save(kept, tmp_path / "witness.safetensors")
    back, asked = (
        witness.load(tmp_path / "witness.safetensors"),
        Asked.of(CATALOGUE, [[(Question("scene", "paper"), "black")]]),
    )
    assert back.catalogue == CATALOGUE
    seen = torch.randn(1, 8, 4, 4)
    torch.testing.assert_close(back(seen, asked), kept(seen, asked), atol=0.02, rtol=0.01)


def test_other_words_say_the_same():
    chance = default_rng(1)
    for _ in range(40):
        facts = random_facts("scene", chance)
        both = [split(say) for say in (plain(facts, "scene"), thorough(facts, "scene", chance))]
        assert abs(len(both[0]) - len(both[1])) <= 6
        for group in facts["objects"]:
            if group.get("colour") in ("purple", "green", "black"):
                assert all({group["colour"], "violet"} & set(said) for said in both)


@pytest.mark.parametrize("domain", sorted(UNSEEN))
def test_facts_put_together_anew_are_never_those_kept_from_training(domain):
    chance = default_rng(2)
    seen = [facts for facts in (random_facts(domain, chance) for _ in range(400)) if not withheld(domain, facts)]
    made = Anew(seen, domain)
    found = [made.draw(chance) for _ in range(60)]
    assert not any(withheld(domain, facts) for facts in found)
    assert len({plain(facts, domain) for facts in found}) > 30
    for facts in found:
        assert set(split(plain(facts, domain))) <= set(VOCABULARY)
        assert asked(facts, domain).items() <= answers(facts, domain).items()


@pytest.fixture
def house(tmp_path, tiny_house, monkeypatch):
    """Where the trainings look: a tiny house, a set of a few pictures, a witness nobody has taught."""
    for module in (align, train_witness, train_prior):
        monkeypatch.setattr(module, "Captioned", Faces)
    faces, network = Faces(), folder.read(tiny_house).vae
    told = train_witness.facts_told(faces, latents.encoded(faces, network, tmp_path, 0))
    pipeline = folder.read(tiny_house)
    side = pipeline.transformer.config.sample_size
    torch.manual_seed(0)
    witness.save(Witness(Catalogue.of(told, 1), 8, side, 16), tmp_path / "witness.safetensors")
    return tiny_house


def test_the_prior_and_the_words_learn_from_what_the_witness_misses(house, tmp_path):
    config = align.AlignConfig(views=8, batch=8, keep_every=8)
    trainer = align.Aligner(config, Faces(), house, tmp_path / "witness.safetensors", tmp_path, "cpu")
    log = align.Log(tmp_path / "log.jsonl")
    drawn = trainer.prompts.draw(default_rng(0))
    painted = trainer.paint(drawn.said, default_rng(0))
    missed.missed(trainer.critic, painted, drawn.kinds, drawn.questions, log).backward()
    for network in (trainer.flow.prior, trainer.flow.text_encoder):
        assert max(float(p.grad.abs().max()) for p in network.parameters() if p.grad is not None) > 0
    assert all(p.grad is None for p in trainer.critic.parameters())
    assert 0 <= float(log.sums["there"]) <= 1


def test_what_a_witness_misses_in_estimates_is_added_to_the_flows_error(house, tmp_path):
    pipeline, losses = folder.read(house), {}
    for weight, empty in ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0)):
        config = train_prior.TrainConfig(batch=8, asked=weight, empty=empty)
        flow, seen_by = train_prior.flow_of(pipeline), witness.load(tmp_path / "witness.safetensors")
        trainer = train_prior.Trainer(config, Faces(), pipeline.vae, flow, tmp_path, "cpu", [seen_by])
        log = align.Log(tmp_path / "log.jsonl")
        loss = trainer.flow_loss(default_rng(0), log, 8)
        losses[weight, empty] = float(loss.detach() - log.sums["loss"])
        if empty:  # nobody said what there was to be
            assert "missed" not in log.sums
        else:
            assert losses[weight, empty] == pytest.approx(weight * float(log.sums["missed"]), abs=1e-4)
            loss.backward()
            assert all(p.grad is None for p in seen_by.parameters())
    assert losses[0.0, 0.0] == losses[0.5, 1.0] == 0 < losses[0.5, 0.0]


def test_of_several_witnesses_each_step_asks_one(house, tmp_path):
    pipeline, asked = folder.read(house), []
    several = [witness.load(tmp_path / "witness.safetensors") for _ in range(2)]
    for number, one in enumerate(several):
        one.register_forward_hook(lambda *_, number=number: asked.append(number))
    config, flow = train_prior.TrainConfig(batch=2, empty=0.0), train_prior.flow_of(pipeline)
    trainer = train_prior.Trainer(config, Faces(), pipeline.vae, flow, tmp_path, "cpu", several)
    for step in range(12):
        trainer.flow_loss(default_rng(step), align.Log(tmp_path / "log.jsonl"), 2)
    assert len(asked) == 12 and set(asked) == {0, 1}


def test_a_witness_is_shown_latents_moved_and_noisy_but_faces_where_they_are():
    seen, chance = torch.randn(40, 2, 6, 6), default_rng(0)
    kinds = ["portrait", "scene"] * 20
    shown = missed.disturbed(seen, kinds, chance, noise=0.4, clear=1.0)
    assert torch.equal(shown[::2], seen[::2]) and not torch.equal(shown[1::2], seen[1::2])
    torch.testing.assert_close(shown.flatten(1).sort(1).values, seen.flatten(1).sort(1).values)
    noisy = missed.disturbed(seen, ["portrait"] * 40, chance, noise=0.4, clear=0.5) - seen
    assert 0.3 < float((noisy.abs().amax((1, 2, 3)) == 0).float().mean()) < 0.7 and 0.05 < float(noisy.std()) < 0.3


def test_half_of_the_prompts_are_those_of_the_real_latents_beside_them(house, tmp_path):
    faces = Faces()
    kept = latents.encoded(faces, folder.read(house).vae, tmp_path, 0)
    drawn = align.Prompts(faces, kept, align.AlignConfig(batch=12)).draw(default_rng(0))
    assert len(drawn.said) == len(drawn.questions) == 12 and len(drawn.real) == 6
    for told, real in zip(drawn.questions, drawn.real):
        rows = kept.rows[[bool((real == torch.from_numpy(one).float()).all()) for one in kept.values]]
        known = [implied(faces.facts(row), faces.domains[row]).values() for row in rows]
        assert [answer for _, answer in told] in [list(answers) for answers in known]


def test_what_glares_is_told_to_be_paler_in_its_own_domain():
    chance = torch.Generator().manual_seed(0)
    real = torch.randn(6, 8, 8, 8, generator=chance)
    domains = ["portrait"] * 3 + ["scene"] * 3
    painted = (real * torch.tensor([1.0] * 3 + [1.5] * 3)[:, None, None, None]).requires_grad_()
    kept = Moments(["portrait", "scene"], 8)
    kept(painted, real, domains).backward()
    assert (painted.grad[3:] * painted[3:]).sum() > 0  # downhill is to be paler
    assert painted.grad[:3].abs().max() == 0
    assert kept.apart[1, 8:16].min() > 0 == kept.apart[0].abs().max()


def test_moments_see_means_spreads_and_edges():
    flat, stripes = torch.full((1, 1, 4, 4), 2.0), torch.tensor([[1.0, -1.0] * 2] * 4).view(1, 1, 4, 4)
    assert moments(flat)[0].tolist() == pytest.approx([2, 0, 0, 0], abs=0.01)
    assert moments(stripes)[0].tolist() == pytest.approx([0, (16 / 15) ** 0.5, 2, 0], abs=0.01)


def test_of_few_pictures_the_commonest_facts_are_put_together():
    seen = [
        {"kind": "apple", "colour": "red", "state": "withered", "backdrop": backdrop}
        for backdrop in ("white", "pink", "pink", "grey")
    ]
    made = Anew(seen, "fruit").draw(default_rng(0))
    assert made == {"kind": "apple", "colour": "red", "state": "withered", "backdrop": "pink"}


def test_a_step_teaches_the_prior_and_the_critic(house, tmp_path):
    config = align.AlignConfig(views=8, batch=8, real=8, lessons=8, keep_every=8)
    trainer = align.Aligner(config, Faces(), house, tmp_path / "witness.safetensors", tmp_path, "cpu")
    networks = trainer.flow.prior, trainer.flow.text_encoder, trainer.critic
    before = [[tensor.detach().clone() for tensor in network.parameters()] for network in networks]
    log = align.Log(tmp_path / "log.jsonl")
    for views in (1, 2):  # at 0 the rate is 0 too
        trainer.step(views, log)
    for network, was in zip(networks, before):
        assert max(float((now.detach() - then).abs().max()) for now, then in zip(network.parameters(), was)) > 0
    assert 0 < float(log.sums["real_doubted"]) < 2 and 0 < float(log.sums["painted_doubted"]) < 2


def test_a_critic_learns_what_is_painted_and_still_what_is_shown():
    torch.manual_seed(0)
    learner, chance, log = critic.Critic(Witness(CATALOGUE, side=4, width=16, depth=1)), default_rng(0), {}
    told = [Question.all_of(*one) for one in TOLD]
    latents = torch.randn(4, 8, 4, 4)

    class Kept:
        def add(self, **values):
            log.update(values)

    for _ in range(80):
        learner.learn((latents, told), (latents.flip(3) * 0.5, told), chance, Kept())
    assert float(log["painted_doubted"]) > 0.8 > 0.2 > float(log["real_doubted"])
    assert float(log["right"]) > 0.9


def test_some_questions_are_questions_of_the_same_picture():
    told = [[(Question("portrait", name), name) for name in "abcdef"], [(Question("fruit", "kind"), "apple")]]
    found = critic.some(told, 3, default_rng(0))
    assert [len(one) for one in found] == [3, 1] and set(found[0]) < set(told[0]) and found[1] == told[1]


@pytest.mark.parametrize("way", [0.0, 1.0])
def test_what_is_kept_is_a_part_of_the_way(house, tmp_path, way):
    config = align.AlignConfig(views=8, batch=8, real=8, lessons=8, keep_every=8, way=way)
    trainer = align.Aligner(config, Faces(), house, tmp_path / "witness.safetensors", tmp_path, "cpu")
    begun = {name: tensor.clone() for name, tensor in trainer.flow.prior.state_dict().items()}
    trainer.averaged.decay = 0.0
    trainer.step(0, align.Log(tmp_path / "log.jsonl"))
    trainer.step(1, align.Log(tmp_path / "log.jsonl"))
    kept = trainer.pipeline().transformer.state_dict()
    moved = max(float((kept[name] - begun[name]).abs().max()) for name in begun)
    assert (moved > 0) == (way > 0)


def test_paintings_go_from_noise_to_nothing_of_it_in_steps_that_differ(house):
    config, chance = align.AlignConfig(), default_rng(0)
    walks = [align._times(chance, config) for _ in range(20)]
    assert {len(walk) - 1 for walk in walks} == {4, 5}
    assert all(walk[0] == 1 and walk[-1] == 0 and sorted(walk, reverse=True) == walk for walk in walks)
    assert len({walk[1] for walk in walks}) == 20


@pytest.mark.training
def test_alignment_that_was_stopped_goes_on_and_is_a_house_again(house, tmp_path):
    config = align.AlignConfig(views=16, batch=8, real=8, lessons=8, keep_every=8)
    align.align(config, tmp_path, house, tmp_path / "witness.safetensors", tmp_path / "out", "cpu")
    assert folder.about(tmp_path / "out" / "house")["aligned"] == 16
    folder.read(tmp_path / "out" / "house")


def test_what_is_still_wrong_is_asked_more_often():
    hard = train_witness.Hard(3)
    for _ in range(400):
        hard.note(torch.tensor([0, 0, 1, 1]), torch.tensor([True, False, False, False]))
    assert hard.wrong.tolist() == pytest.approx([0.5, 0, 1], abs=0.05)  # nobody asked the third yet


def test_what_leaves_a_shifted_plane_comes_in_at_the_other_side():
    planes = np.arange(32).reshape(2, 1, 4, 4)
    moved = train_witness.shifted(planes, np.array([[1, 0], [0, -1]]))
    assert (moved[0, 0, 1:] == planes[0, 0, :-1]).all() and (moved[1, 0, :, :-1] == planes[1, 0, :, 1:]).all()


@pytest.mark.training
def test_a_witness_learns_what_it_is_shown(tiny_house, tmp_path, monkeypatch):
    monkeypatch.setattr(train_witness, "Captioned", Faces)
    config = train_witness.WitnessConfig(views=640, batch=16, keep_every=640, noise=0.0)
    train_witness.train(config, tmp_path, tiny_house / "vae", tmp_path / "out", "cpu")
    taught = witness.load(tmp_path / "out" / train_witness.FILE)
    assert "portrait backdrop" in taught.catalogue.answers
