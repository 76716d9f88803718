"""Training: a stopped run ends as an unbroken one; latents come out normal, and the folder can be painted with."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKL

from models import training
from models.errors import BadInput
from models.text2image import folder, latents, train_autoencoder, train_decoder
from models.text2image import train as train_prior
from models.text2image.mixture import Mixture, detail, kind
from models.text2image.network import TextToImageConfig, make_autoencoder, make_flow, make_scheduler
from models.text2image.tokenizer import build
from tests.models import fake_squeezenet

SIDE = 64
AUTOENCODER = train_autoencoder.TrainConfig(crops=12, wholes=4, crop_batch=4, whole_batch=2, base=8, keep_every=8)
PRIOR = train_prior.TrainConfig(views=24, batch=8, width=32, layers=1, heads=2, keep_every=8)


class Squares:
    """A captioned set of coloured squares, some of which stand on the left."""

    def __init__(self, path, count=16):
        self.path, self.domains = path, ["flower", "scene", "portrait", "scene"] * (count // 4)

    def __len__(self):
        return len(self.domains)

    def images(self, rows):
        pictures = np.full((len(rows), SIDE, SIDE, 3), 230, np.uint8)
        for picture, row in zip(pictures, rows):
            picture[8 : 24 + row, 4 : 30 + row] = np.random.default_rng(int(row)).integers(0, 255, 3)
        return pictures

    def facts(self, row):
        told = {"relation": "left"} if row % 4 == 1 else {"colour": "red"}
        return told | ({"style": "shapes"} if self.domains[row] == "scene" else {})

    def captions(self, rows, rng, whole):
        return [str(rng.choice(["a red square", "a woman smiling"])) for _ in rows]


@pytest.fixture
def data(tmp_path, monkeypatch):
    """Where the training scripts look for SqueezeNet."""
    fake_squeezenet.write(tmp_path)
    for module in (train_autoencoder, train_decoder, train_prior):
        monkeypatch.setattr(module, "Captioned", Squares)
    return tmp_path


@pytest.fixture
def vae(tmp_path):
    torch.manual_seed(0)
    make_autoencoder(TextToImageConfig(SIDE, autoencoder_widths=(8, 8, 16, 16))).save_pretrained(tmp_path / "vae")
    return tmp_path / "vae"


class _Stopped(Exception):
    pass


def _stop_after_the_first(monkeypatch, run):
    keep = training.save_checkpoint

    def stop(path, state):
        keep(path, state)
        raise _Stopped

    with monkeypatch.context() as patch:
        patch.setattr(training, "save_checkpoint", stop)
        with pytest.raises(_Stopped):
            run()
    run()


def _same(ours, theirs):
    assert ours.keys() == theirs.keys()
    for name in ours:
        torch.testing.assert_close(ours[name], theirs[name], atol=2e-3, rtol=1e-2, msg=name)


def test_a_stopped_autoencoder_ends_as_an_unbroken_one(data, monkeypatch):
    def run(name):
        train_autoencoder.train(AUTOENCODER, data, data, data / name, "cpu")

    run("whole")
    _stop_after_the_first(monkeypatch, lambda: run("broken"))
    whole, broken = (AutoencoderKL.from_pretrained(data / name / "vae") for name in ("whole", "broken"))
    _same(whole.state_dict(), broken.state_dict())
    assert (data / "whole" / "samples-0000016.png").exists()


def test_latents_that_are_held_stay_where_they_were(data, vae):
    before = AutoencoderKL.from_pretrained(vae)
    squares = Squares(None).images(range(16))
    moved = {}
    for anchor in (1e-6, 100.0):
        config = replace(AUTOENCODER, crops=80, learning_rate=2e-3, keep_every=80, anchor=anchor)
        train_autoencoder.train(config, data, data, data / str(anchor), "cpu", begin=vae)
        after = AutoencoderKL.from_pretrained(data / str(anchor) / "vae")
        learnt = [
            name.partition(".")[0]
            for name, of in after.named_parameters()
            if not torch.equal(of, before.get_parameter(name))
        ]
        assert {"encoder", "decoder"} <= set(learnt)
        moved[anchor] = (train_autoencoder.encode(after, squares) - train_autoencoder.encode(before, squares)).std()
    assert moved[100.0] < 0.75 * moved[1e-6]


def test_there_is_nothing_to_hold_latents_to_without_a_beginning(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["train_autoencoder", "--set", "SETS", "--data", "DIR", "--anchor", "4"])
    with pytest.raises(SystemExit):
        train_autoencoder.main()
    assert "name a vae/ there" in capsys.readouterr().err


def test_a_decoder_learns_and_what_latents_mean_stays(data, vae, monkeypatch):
    config = train_decoder.DecoderConfig(crops=8, wholes=4, crop_batch=4, whole_batch=2, keep_every=8)

    def run(name):
        train_decoder.train(config, data, data, vae, data / name, "cpu")

    run("whole")
    _stop_after_the_first(monkeypatch, lambda: run("broken"))
    before, whole, broken = (
        AutoencoderKL.from_pretrained(path).state_dict()
        for path in (vae, data / "whole" / "vae", data / "broken" / "vae")
    )
    _same(whole, broken)
    moved = {name.partition(".")[0] for name in before if not torch.equal(before[name], whole[name])}
    assert moved == {"decoder", "post_quant_conv"}


def test_a_decoder_learns_from_what_a_prior_makes_of_latents(data, vae):
    train_prior.train(PRIOR, data, vae, data / "prior", "cpu")
    house = data / "prior" / "house"
    config = train_decoder.DecoderConfig(crops=8, wholes=4, crop_batch=4, whole_batch=2, keep_every=8)
    train_decoder.train(config, data, data, vae, data / "learnt", "cpu", prior=house)
    ours, theirs = (AutoencoderKL.from_pretrained(path).state_dict() for path in (vae, data / "learnt" / "vae"))
    assert {name.partition(".")[0] for name in ours if not torch.equal(ours[name], theirs[name])} == {
        "decoder", "post_quant_conv",
    }  # fmt: skip


def test_what_was_drowned_deeper_comes_back_less_like_itself(data, vae):
    train_prior.train(PRIOR, data, vae, data / "prior", "cpu")
    network, painter = AutoencoderKL.from_pretrained(vae), folder.read(data / "prior" / "house")
    squares, apart = Squares(None), {}
    for deepest in (0.0, 0.1, 0.9):
        config = train_decoder.DecoderConfig(restored=1.0, drowned=deepest)
        trainer = train_decoder.DecoderTrainer(config, squares, network, data, data, "cpu", painter)
        kept = trainer.latents.values[:8]
        restored = trainer._restored(kept, ["a red square"] * 8, np.random.default_rng(0))
        assert restored.shape == kept.shape
        apart[deepest] = np.abs(restored - kept).mean()
    assert apart[0.0] == 0 and 0 < 3 * apart[0.1] < apart[0.9]


def test_a_latent_is_cut_where_its_picture_is(data, vae):
    config = train_decoder.DecoderConfig(crop_batch=6)
    network = AutoencoderKL.from_pretrained(vae)
    trainer = train_decoder.DecoderTrainer(config, Squares(None), network, data, data, "cpu")
    trainer.latents = replace(trainer.latents, values=_told_by_place(trainer))
    latents, shown = trainer._pairs(np.random.default_rng(0), whole=False)
    assert shown.shape[2:] == (SIDE // 2, SIDE // 2)
    for latent, picture in zip(latents, shown):
        told = ((latent[:3] + 1) * 127.5).round()
        assert (told == ((picture[:, ::8, ::8] + 1) * 127.5).round()).all()


def _told_by_place(trainer):
    """Latents that hold the first pixel of each of their places."""
    seen = latents.pictures(trainer.set, trainer.latents, np.arange(len(trainer.latents.rows)))
    kept = seen[:, ::8, ::8].transpose(0, 3, 1, 2) / 127.5 - 1
    return np.concatenate([kept, kept, kept[:, :2]], 1).astype(np.float32)


def test_its_latents_are_normal_and_still_decode_to_the_same(vae):
    network = AutoencoderKL.from_pretrained(vae)
    torch.nn.init.constant_(network.quant_conv.bias, 3.0)
    pictures = Squares(None).images(range(16))
    before = train_autoencoder.encode(network, pictures)
    with torch.no_grad():
        was = network.decode(before).sample
        sure = network.encode(torch.zeros(1, 3, SIDE, SIDE)).latent_dist
        train_autoencoder.normalise(network, before)
        after = train_autoencoder.encode(network, pictures)
        torch.testing.assert_close(network.decode(after).sample, was, atol=0.05, rtol=0.05)
        now = network.encode(torch.zeros(1, 3, SIDE, SIDE)).latent_dist
    torch.testing.assert_close(after.mean((0, 2, 3)), torch.zeros(8), atol=0.05, rtol=0)
    torch.testing.assert_close(after.std((0, 2, 3)), torch.ones(8), atol=0.05, rtol=0)
    torch.testing.assert_close(now.std / sure.std, 1 / before.std((0, 2, 3)).view(1, 8, 1, 1).expand_as(now.std))
    assert network.config.scaling_factor == 1.0


def test_a_stopped_prior_ends_as_an_unbroken_one_and_paints(data, vae, monkeypatch):
    def run(name):
        train_prior.train(PRIOR, data, vae, data / name, "cpu")

    run("whole")
    _stop_after_the_first(monkeypatch, lambda: run("broken"))
    whole, broken = (folder.read(data / name / "house") for name in ("whole", "broken"))
    for part in ("transformer", "text_encoder"):
        _same(getattr(whole, part).state_dict(), getattr(broken, part).state_dict())
    assert folder.about(data / "whole" / "house")["images"] == 24
    assert (data / "whole" / "samples-0000024.png").exists()
    picture = whole("a red square", num_inference_steps=2, use_resolution_binning=False).images[0]
    assert picture.size == (SIDE, SIDE)


def test_training_goes_on_from_a_house_and_counts_what_that_had_seen(data, vae):
    train_prior.train(PRIOR, data, vae, data / "first", "cpu")
    house = data / "first" / "house"
    still = replace(PRIOR, views=8, learning_rate=0.0, muon=0.0)
    train_prior.train(still, data, vae, data / "second", "cpu", begin=house)
    first, second = folder.read(house), folder.read(data / "second" / "house")
    _same(first.transformer.state_dict(), second.transformer.state_dict())
    assert folder.about(data / "second" / "house")["images"] == 32


def test_left_is_never_mirrored_and_flowers_are_kept_both_ways():
    squares = Squares(None)
    rows, mirrored = latents.views(squares, seed=0)
    told = np.array([squares.facts(row).get("relation") == "left" for row in rows])
    assert not mirrored[told].any() and mirrored[~told].any()
    flowers = np.array(squares.domains)[rows] == "flower"
    assert mirrored[flowers].mean() == 0.5
    assert sorted(set(rows)) == list(range(len(squares)))


def test_latents_are_encoded_anew_for_other_weights_and_mirrored_otherwise(vae, tmp_path, monkeypatch):
    network, squares = AutoencoderKL.from_pretrained(vae), Squares(None)
    first = latents.encoded(squares, network, tmp_path, seed=0)
    monkeypatch.setattr(latents, "encode", lambda *_: pytest.fail("encoded again"))
    torch.nn.init.zeros_(network.decoder.conv_in.weight)  # which has no part in it
    np.testing.assert_array_equal(latents.encoded(squares, network, tmp_path, seed=0).values, first.values)
    monkeypatch.undo()
    other = latents.encoded(squares, network, tmp_path, seed=1)
    assert (other.mirrored != first.mirrored).any() and np.abs(other.values - first.values).max() > 0.1
    torch.nn.init.zeros_(network.quant_conv.weight)
    assert np.abs(latents.encoded(squares, network, tmp_path, seed=0).values - first.values).max() > 0.1


def test_latents_are_encoded_anew_for_a_set_that_was_rendered_anew(vae, tmp_path, monkeypatch):
    network, squares = AutoencoderKL.from_pretrained(vae), Squares(None)
    first = latents.encoded(squares, network, tmp_path)
    monkeypatch.setattr(squares, "images", lambda rows: 255 - Squares.images(squares, rows))
    assert np.abs(latents.encoded(squares, network, tmp_path).values - first.values).max() > 0.1


def test_every_domain_has_its_share():
    mixture = Mixture(["portrait"] * 90 + ["flower"] * 10, {"portrait": 1.0, "flower": 3.0, "scene": 1.0})
    rows = mixture.rows(np.random.default_rng(0), 40)
    assert (rows >= 90).sum() == 30
    with pytest.raises(BadInput, match="No share is set for fish"):
        Mixture(["fish"], {"portrait": 1.0})


def test_what_is_hard_to_keep_is_looked_at_apart():
    assert kind("fruit", {"state": "withered"}) == detail("fruit", {"state": "withered"}) == "withered"
    assert detail("portrait", {"frame": "red"}) == "coloured frame"
    assert detail("portrait", {"frame": "black"}) == kind("portrait", {"frame": "red"}) == "portrait"


def test_the_matrices_that_turn_and_those_that_do_not():
    flow = make_flow(TextToImageConfig(width=32, layers=1, heads=2), build(["red"]))
    matrices, others = train_prior.split_parameters(flow)
    assert len(matrices) + len(others) == len(list(flow.parameters()))
    embedding = flow.text_encoder.get_input_embeddings().weight
    assert any(p is embedding for p in others)  # its rows are words; making them orthogonal would mix them
    assert all(min(p.shape) > 8 for p in matrices)


def test_the_scheduler_walks_the_flow_that_is_trained():
    chance = torch.Generator().manual_seed(0)
    picture, noise = torch.randn(2, 1, 8, 4, 4, generator=chance)
    scheduler = make_scheduler()
    scheduler.set_timesteps(12)
    x = noise * scheduler.init_noise_sigma
    for timestep in scheduler.timesteps:
        t = timestep / 1000
        torch.testing.assert_close(x, (1 - t) * picture + t * noise, atol=1e-2, rtol=0)  # timesteps are whole numbers
        x = scheduler.step(noise - picture, timestep, x).prev_sample
    torch.testing.assert_close(x, picture, atol=1e-2, rtol=0)
