"""Training on a made-up folder: a stopped run ends as an unbroken one, and what comes out can be painted with."""

import pytest
import torch
from PIL import Image

from models import training, weights
from models.style import collection, data, train, train_encoder
from models.style.network import TINY, Encoder, config_of, notes_of
from tests.models.style.studio import furnish

ENCODER = train_encoder.TrainConfig(images=12, batch=4, side=64, keep_every=8)
PAINTER = train.TrainConfig(small=8, large=4, small_side=64, large_side=72, small_batch=4, views=1, keep_every=8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return furnish(tmp_path_factory.mktemp("data"))


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Small views of paintings and small sheets."""
    monkeypatch.setattr(data, "VIEW", 64)
    monkeypatch.setattr(train, "SHEET_SIDE", 32)


@pytest.fixture
def encoder(tmp_path):
    torch.manual_seed(0)
    return weights.save(tmp_path / "encoder.safetensors", Encoder(TINY), notes_of(TINY))


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


def test_a_stopped_encoder_ends_as_an_unbroken_one(folder, tmp_path, monkeypatch):
    def run(name):
        train_encoder.train(ENCODER, TINY, folder, folder, tmp_path / name, "cpu")

    run("whole")
    _stop_after_the_first(monkeypatch, lambda: run("broken"))
    files = [tmp_path / name / "encoder.safetensors" for name in ("whole", "broken")]
    _same(*map(weights.load, files))
    assert config_of(weights.metadata(files[0])) == TINY


def test_every_channel_of_the_encoder_fires_alike_and_sees_the_same(folder):
    torch.manual_seed(0)
    encoder = Encoder(TINY)
    pictures = train_encoder._some(data.Contents(data.to_paint(folder, folder)), 0, 8, 64)
    with torch.no_grad():
        before = encoder(pictures)
        train_encoder.normalise(encoder, pictures)
        after = encoder(pictures)
    for was, now in zip(before, after):
        fires = was.mean((0, 2, 3)) > 0.02 * was.mean()
        torch.testing.assert_close(now.mean((0, 2, 3))[fires], torch.ones(int(fires.sum())), atol=1e-2, rtol=0)
        torch.testing.assert_close(now / now.mean((0, 2, 3), True).clamp_min(1e-6) * was.mean((0, 2, 3), True), was)


def test_the_teacher_lies_on_the_encoders_grid(folder):
    """What lights up one spot of a picture lights up the same spot of every layer."""
    from models.perceptual import SqueezeNet

    squeezenet = SqueezeNet(folder / "perceptual" / "squeezenet10-imagenet.safetensors")
    spot, plain = torch.zeros(1, 3, 128, 128), torch.zeros(1, 3, 128, 128)
    spot[..., 64:72, 32:40] = 1.0
    some = train_encoder._some(data.Contents(data.to_paint(folder, folder)), 0, 4, 128)
    teacher = train_encoder.Teacher(squeezenet, some)
    for stride, lit, dark in zip((2, 4, 8, 8), teacher(spot), teacher(plain)):
        heat = (lit - dark).square().sum((0, 1))
        at = torch.stack(torch.meshgrid(*[torch.arange(n) for n in heat.shape], indexing="ij")).flatten(1).float()
        centre = (at * heat.flatten()).sum(1) / heat.sum() * stride
        assert (centre - torch.tensor([67.5, 35.5])).abs().max() < 4.5


def test_a_stopped_painter_ends_as_an_unbroken_one_and_paints(folder, encoder, tmp_path, monkeypatch):
    def run(name):
        train.train(PAINTER, folder, folder, encoder, tmp_path / name, "cpu")

    run("whole")
    _stop_after_the_first(monkeypatch, lambda: run("broken"))
    whole, broken = (tmp_path / name for name in ("whole", "broken"))
    for file in ("style-painter.safetensors", "style-collection.safetensors"):
        _same(weights.load(whole / file), weights.load(broken / file))
    notes = weights.metadata(whole / "style-painter.safetensors")
    assert notes["images"] == "12" and config_of(notes) == TINY
    codes = collection.codes(whole / "style-collection.safetensors")
    assert set(codes) == set(collection.slugs()) and all(code.shape == (TINY.code,) for code in codes.values())
    painter = train.Painter(TINY)
    painter.load_state_dict(weights.load(whole / "style-painter.safetensors"))
    with Image.open(whole / "samples-0000012.png") as sheet:
        columns = 2 + len(train.SHEET_STYLES) + len(train.SHEET_PAINTINGS)
        assert sheet.width == 32 * columns and sheet.height % 32 == 0


def test_one_style_is_learnt_in_a_few_steps(folder, encoder, tmp_path):
    """The loss of the very batch that was learnt from goes down, its style most of all."""
    config = train.TrainConfig(small=400, large=0, small_side=64, small_batch=4, views=1, learning_rate=4e-3, weak=0.5)
    contents = data.Contents(data.to_paint(folder, folder))
    trainer = train.Trainer(config, TINY, encoder, contents, folder, "cpu")
    log = training.Log(tmp_path / "log.jsonl")
    batch = train.Batch(trainer, 40)

    def loss() -> float:
        with torch.no_grad():
            return float(trainer._loss(batch, trainer.paint(batch, log), log))

    before = loss()
    for _ in range(12):
        trainer.step(40, log)
    assert loss() < 0.9 * before


def test_two_of_a_batch_differ_in_their_noise_alone(folder, encoder):
    trainer = train.Trainer(PAINTER, TINY, encoder, data.Contents(data.to_paint(folder, folder)), folder, "cpu")
    batch = train.Batch(trainer, 0)
    assert torch.equal(batch.photos[0], batch.photos[1]) and not torch.equal(batch.noise[0], batch.noise[1])
    code = trainer.codes(batch)
    assert torch.equal(code[0], code[1]) and not torch.equal(code[1], code[2])
