"""The wall of styles: at least 24, each with its museum, each with a code."""

import re

import numpy as np
import pytest

from models.errors import BadInput, WeightsDamaged
from models.style import collection
from models.style.network import StyleConfig


def test_there_are_styles_enough_and_each_is_itself():
    assert len(collection.STYLES) >= 24
    for name in ("slug", "url", "painting"):
        assert len({getattr(style, name) for style in collection.STYLES}) == len(collection.STYLES), name


def test_every_style_is_labelled_as_in_a_museum():
    for style in collection.STYLES:
        assert re.fullmatch(r"[a-z0-9-]+", style.slug)
        assert style.url.startswith("https://") and re.search(r"\d{4}|\d{3}0s", style.year)
        assert style.title and style.artist and style.museum


def test_an_unknown_style_is_answered_with_those_there_are():
    assert collection.style("great-wave").artist == "Katsushika Hokusai"
    with pytest.raises(BadInput, match="wheat-field"):
        collection.style("sunflowers")


def test_codes_go_in_and_out(tmp_path):
    chance = np.random.default_rng(0)
    codes = {slug: chance.standard_normal(12).astype(np.float32) for slug in collection.slugs()}
    path = collection.save_codes(codes, tmp_path / "codes.safetensors")
    for slug, code in collection.codes(path).items():
        assert np.abs(code - codes[slug]).max() < 2e-3


def test_missing_codes_are_said(tmp_path):
    with pytest.raises(WeightsDamaged):
        collection.codes(tmp_path / "none.safetensors")


@pytest.mark.skipif(not collection.CODES.is_file(), reason="the painter is still to be trained")
def test_the_codes_in_the_box_are_the_painters():
    codes = np.stack(list(collection.codes().values()))
    assert codes.shape == (len(collection.STYLES), StyleConfig().code) and np.isfinite(codes).all()
    apart = np.abs(codes[:, None] - codes[None]).mean(2) + np.eye(len(codes))
    assert apart.min() > 1e-3, "two styles are the same"
