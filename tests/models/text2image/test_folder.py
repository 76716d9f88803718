"""The folder is one that anybody's diffusers reads, and gives there the picture it gives here."""

import json
import subprocess
import sys

import numpy as np
import pytest
import torch

from models import weights
from models.errors import WeightsDamaged
from models.text2image import folder
from models.text2image.network import tiny_pipeline

VOCABULARY = ("a", "red", "green", "apple", "close-up", "woman", "smiling")

BARE = """
import sys
import torch
from diffusers import DiffusionPipeline

pipeline = DiffusionPipeline.from_pretrained(sys.argv[1])
generator = torch.Generator().manual_seed(3)
pictures = pipeline("a red apple", num_inference_steps=4, generator=generator, num_images_per_prompt=2,
                    output_type="np", use_resolution_binning=False).images
print(type(pipeline).__name__, pipeline.transformer.dtype, pipeline.text_encoder.dtype, pipeline.vae.dtype)
pictures.tofile(sys.argv[2])
"""


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    path = tmp_path_factory.mktemp("written") / "house"
    return folder.write(tiny_pipeline(VOCABULARY), path, {"images": 12, "minutes": 0.5, "device": "cpu"})


def _paint(pipeline, prompt, **options):
    generator = torch.Generator().manual_seed(3)
    options = dict(num_inference_steps=4, num_images_per_prompt=2, use_resolution_binning=False) | options
    return pipeline(prompt, generator=generator, output_type="np", **options).images


@pytest.mark.slow  # the engine's tests ask the same of the folder that ships
def test_a_bare_pipeline_in_another_process_paints_the_same_picture(written, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", BARE, str(written), str(tmp_path / "picture")], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["PixArtAlphaPipeline", *["torch.float32"] * 3]
    theirs = np.fromfile(tmp_path / "picture", np.float32).reshape(2, 32, 32, 3)
    ours = _paint(folder.read(written), "a red apple", max_sequence_length=32)
    np.testing.assert_allclose(theirs, ours, atol=2e-3)  # 120 tokens or 32: what is padded is masked
    assert np.abs(ours[0] - ours[1]).mean() > 0.01


def test_words_matter_and_negative_words_too(written):
    pipeline = folder.read(written)
    red, green = _paint(pipeline, "a red apple"), _paint(pipeline, "a green apple")
    assert np.abs(red - green).mean() > 1e-3
    assert np.abs(red - _paint(pipeline, "a red apple", negative_prompt="a woman smiling")).mean() > 1e-3


def test_half_precision_and_notes(written):
    config = json.loads((written / "vae" / "config.json").read_text())
    assert config["scaling_factor"] == 1.0
    floats = sum(p.numel() for p in folder.read(written).transformer.parameters())
    assert (written / "transformer" / "diffusion_pytorch_model.safetensors").stat().st_size < 2 * floats + 20_000
    assert folder.about(written) == {"images": 12, "minutes": 0.5, "device": "cpu"}


def test_it_does_not_say_where_it_was_made(tmp_path):
    before = folder.write(tiny_pipeline(VOCABULARY), tmp_path / "before", {})
    after = folder.write(folder.read(before), tmp_path / "after", {})
    assert not [path for path in after.rglob("*.json") if str(tmp_path) in path.read_text()]


def test_large_networks_come_in_shards(tmp_path, monkeypatch):
    monkeypatch.setattr(folder, "LARGEST", 20_000)
    path = folder.write(tiny_pipeline(VOCABULARY), tmp_path / "house", {})
    assert len(list((path / "transformer").glob("*.safetensors"))) > 1
    whole, pieces = tiny_pipeline(VOCABULARY).transformer.state_dict(), folder.read(path).transformer.state_dict()
    for name, tensor in whole.items():
        torch.testing.assert_close(pieces[name], tensor, rtol=1e-3, atol=1e-4)


def test_written_again_it_is_the_new_one_alone(tmp_path):
    folder.write(tiny_pipeline(VOCABULARY), tmp_path / "house", {"images": 1})
    folder.write(tiny_pipeline(VOCABULARY), tmp_path / "house", {"images": 2})
    assert folder.about(tmp_path / "house") == {"images": 2}
    assert [p.name for p in tmp_path.iterdir()] == ["house"]


def test_damage_is_noticed(tmp_path):
    path = folder.write(tiny_pipeline(VOCABULARY), tmp_path / "house", {})
    (path / "vae" / "extra.json").write_text("{}")
    with pytest.raises(WeightsDamaged, match="extra.json is not listed"):
        folder.read(path)
    (path / "vae" / "extra.json").unlink()
    config = path / "scheduler" / "scheduler_config.json"
    kept = config.read_text()
    config.write_text(kept.replace("1.0", "3.0"))
    with pytest.raises(WeightsDamaged, match="is not the one that was published"):
        folder.read(path)
    config.unlink()
    with pytest.raises(WeightsDamaged, match="scheduler_config.json cannot be read"):
        folder.read(path)
    (path / weights.SUMS).unlink()
    with pytest.raises(WeightsDamaged, match="cannot be read"):
        folder.read(path)
