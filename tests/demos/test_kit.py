"""What rooms share: failures become sentences, seeds stay in bounds, labels say what they are told."""

import errno
import inspect
import logging

import gradio as gr
import pytest

from demos import kit
from demos.house.sentences import SORRY, TOO_LARGE
from models.errors import DISK_FULL, BadInput, WeightsDamaged

LABEL = kit.WallLabel("Title <x>", "GAN", "2014", "G & B", "https://arxiv.org/abs/1", "CC0", "Try it.")


@kit.guard
def room(seed: int, mood: str = "calm") -> str:
    """Make something.

    Args:
        seed: which one.
    """
    if mood == "empty":
        raise BadInput("Draw something first.")
    if mood == "own":
        raise gr.Error("Already a sentence.")
    if mood == "endless":
        return f"{float(10**400)}"
    if mood == "broken":
        raise RuntimeError("/secret/path")
    return f"{seed}"


@kit.guard
def steps(fail_at: int):
    for step in range(3):
        if step == fail_at:
            raise BadInput("Stopped there.")
        yield step


def test_what_works_passes_through():
    assert room(3) == "3"
    assert list(steps(9)) == [0, 1, 2]


def test_our_errors_are_shown_as_they_are():
    with pytest.raises(gr.Error) as caught:
        room(1, "empty")
    assert caught.value.message == "Draw something first." and not caught.value.print_exception
    with pytest.raises(gr.Error, match="Already a sentence"):
        room(1, "own")


def test_other_failures_are_calm_and_logged(caplog):
    with caplog.at_level(logging.ERROR), pytest.raises(gr.Error) as caught:
        room(1, "broken")
    assert caught.value.message == SORRY and "/secret/path" in caplog.text


def test_numbers_beyond_all_measure_are_a_sentence():
    """JSON writes them, Python reads them, and arithmetic cannot: /latent_walk took one for a failure of its own."""
    with pytest.raises(gr.Error) as caught:
        room(1, "endless")
    assert caught.value.message == TOO_LARGE


ENDLESS = pytest.param(10**400, id="endless")


@pytest.mark.parametrize("seed", [ENDLESS, float("nan"), float("inf"), 0.5, -1, 2**31, True, None, "3", [3]])
def test_what_is_no_seed_is_a_sentence(seed):
    with pytest.raises(BadInput, match="whole number from 0 to"):
        kit.whole_seed(seed)


@pytest.mark.parametrize("seed", [0, 7, 7.0, 2**31 - 1])
def test_a_seed_is_a_whole_number(seed):
    assert kit.whole_seed(seed) == seed and isinstance(kit.whole_seed(seed), int)


def test_generators_are_guarded_where_they_fail():
    made = steps(2)
    assert [next(made), next(made)] == [0, 1]
    with pytest.raises(gr.Error, match="Stopped there"):
        next(made)


def test_closing_a_guarded_generator_is_no_failure():
    made = steps(9)
    next(made)
    made.close()


def test_guarding_keeps_name_types_and_documentation():
    assert room.__name__ == "room" and "Make something" in room.__doc__
    assert list(inspect.signature(room).parameters) == ["seed", "mood"]
    assert inspect.isgeneratorfunction(steps)


def test_seeds():
    assert kit.next_seed(7, locked=True) == 7
    assert kit.next_seed(None, locked=True) == 0
    seeds = {kit.next_seed(7) for _ in range(20)}
    assert len(seeds) > 1 and all(0 <= seed < kit.SEED_LIMIT for seed in seeds)


def test_a_label_escapes_and_leaves_out_a_missing_paper():
    with gr.Blocks():
        assert "Title &lt;x&gt;" in kit.wall_label(LABEL).value
        assert "Read the paper" in kit.wall_label(LABEL).value
        plain = kit.WallLabel("T", "m", "y", "a", "", "l", "t")
        assert "<a " not in kit.wall_label(plain).value


def test_a_card_is_found_by_name_or_by_path(tmp_path, monkeypatch):
    (tmp_path / "model.md").write_text("# A model")
    monkeypatch.setattr(kit, "CARDS", tmp_path)
    for card in ("model.md", "assets/cards/model.md", tmp_path / "model.md"):
        with gr.Blocks():
            panel = kit.how_it_was_made(card)
        assert panel.children[0].value == "# A model"


def test_what_only_the_host_can_mend_is_in_the_log_as_well(caplog):
    def missing():
        raise WeightsDamaged("The weights file a.safetensors cannot be read; fetch the project again.")

    def full():
        raise OSError(errno.ENOSPC, "No space left on device", "/secret/path")

    for work, sentence in ((missing, "The weights file"), (full, DISK_FULL)):
        caplog.clear()
        with caplog.at_level(logging.ERROR), pytest.raises(gr.Error) as caught:
            kit.guard(work)()
        assert caught.value.message.startswith(sentence) and "/secret" not in caught.value.message
        assert caplog.records
