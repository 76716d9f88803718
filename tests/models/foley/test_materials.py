"""The table of materials: enough of them, each with what its kind needs, and told apart by their sounds."""

import json

import numpy as np
import pytest

from models.errors import BadInput
from models.foley import fit_materials
from models.foley.materials import MATERIALS, NAMES, RATE, STATISTICS, material
from models.foley.strike import strike


def test_there_are_ten_or_more_each_of_its_own_name():
    assert len(MATERIALS) >= 10 and len(set(NAMES)) == len(NAMES)
    expected = {"wood", "metal", "glass", "ceramic", "plastic", "stone", "cloth", "gravel", "leaves", "water", "drum"}
    assert expected <= set(NAMES)


@pytest.mark.parametrize("one", MATERIALS, ids=NAMES)
def test_a_material_has_what_its_kind_needs(one):
    assert (one.modes is not None, one.grains is not None, one.bubbles is not None) == tuple(
        one.kind == kind for kind in ("modal", "grains", "bubbles")
    )
    assert 0 <= one.bounce[0] <= one.bounce[1] < 1 and one.title


def test_a_material_that_is_not_there_is_answered_with_those_that_are():
    assert material("wood") is MATERIALS[0]
    with pytest.raises(BadInput, match="unobtainium.*wood.*water"):
        material("unobtainium")


def test_what_was_fitted_names_its_source():
    kept = json.loads(STATISTICS.read_text())
    assert "ThreeDWorld" in kept["source"] and kept["licence"] == "BSD 2-clause"
    assert set(kept["materials"]) == set(fit_materials.TABLES)
    assert STATISTICS.stat().st_size < 10_000, "statistics, not tables"


def features(name: str, seed: int) -> tuple[float, float]:
    """Logarithms of the spectral centroid (Hz) and of the time (s) until a hundredth of the power is left."""
    sound = strike(name, 0.7, np.random.default_rng(seed)).sound.astype(float)
    power = np.abs(np.fft.rfft(sound)) ** 2
    centroid = (power * np.fft.rfftfreq(len(sound), 1 / RATE)).sum() / power.sum()
    left = np.cumsum(sound[::-1] ** 2)[::-1]
    return np.log(centroid), np.log(np.argmax(left < 0.01 * left[0]) / RATE)


def test_materials_are_told_apart_by_brightness_and_decay():
    """The nearest of thirteen means in two numbers alone is right far more often than one time in thirteen."""
    known = np.array([np.mean([features(name, seed) for seed in range(16)], axis=0) for name in NAMES])
    heard = np.array([[features(name, 100 + seed) for seed in range(8)] for name in NAMES])  # (M, 8, 2)
    nearest = np.linalg.norm(heard[:, :, None] - known, axis=-1).argmin(-1)  # (M, 8)
    assert (nearest == np.arange(len(NAMES))[:, None]).mean() > 0.5


def test_materials_stand_in_the_order_that_ears_know():
    centroid, decay = (
        dict(zip(NAMES, column)) for column in np.mean([[features(n, s) for n in NAMES] for s in range(16)], 0).T
    )
    assert centroid["drum"] < centroid["cloth"] < centroid["wood"] < centroid["glass"] < centroid["leaves"]
    assert decay["metal"] > decay["glass"] > decay["ceramic"] > decay["wood"] > decay["plastic"]


# ---------------------------------------------------------------- the fit


def write_table(folder, name: str, low: float, growth: float, tilt: float) -> None:
    number = np.arange(1, 11)
    frequency = low * number**growth
    table = {
        "cf": frequency.tolist(),
        "op": (tilt * np.log2(frequency / low) - 40).tolist(),
        "rt": (0.2 * (frequency / 1000) ** -0.5).tolist(),
    }
    (folder / name).write_text(json.dumps(table))


def test_the_fit_finds_the_law_that_tables_were_made_from(tmp_path):
    write_table(tmp_path, "brass_0_mm.json", 400, 1.2, -4)
    write_table(tmp_path, "brass_3_mm.json", 200, 1.2, -4)
    found = fit_materials.fit(fit_materials.read(tmp_path, ("brass",)))
    assert found["low"] == pytest.approx(2 ** np.mean(np.log2([400, 200]))) and found["growth"] == pytest.approx(1.2)
    assert found["tilt"] == pytest.approx(-4) and found["tilt_spread"] == pytest.approx(0, abs=1e-6)
    assert found["decay"] == pytest.approx(0.2) and found["decay_slope"] == pytest.approx(0.5)


def test_tables_that_repeat_another_count_once(tmp_path):
    write_table(tmp_path, "brass_0_mm.json", 400, 1.2, -4)
    write_table(tmp_path, "brass_1_mm.json", 400, 1.2, -4)
    assert len(fit_materials.read(tmp_path, ("brass",))) == 1
    with pytest.raises(FileNotFoundError, match="brick"):
        fit_materials.read(tmp_path, ("brick",))


def test_the_command_writes_what_materials_reads(tmp_path, capsys):
    (tmp_path / "tdw_modes").mkdir()
    for number, names in enumerate(fit_materials.TABLES.values()):
        write_table(tmp_path / "tdw_modes", f"{names[0]}_0_mm.json", 300 + 50 * number, 1.0, -3)
    out = tmp_path / "modes.json"
    fit_materials.main(["--data", str(tmp_path), "--out", str(out)])
    ours = json.loads(STATISTICS.read_text())["materials"]["wood"]
    assert json.loads(out.read_text())["materials"]["wood"].keys() == ours.keys()
