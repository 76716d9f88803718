"""Which one is real: rounds, answers, scores, and many visitors at once."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from models.errors import BadInput
from models.foley import game
from models.foley.game import Scores, Tally

ROOT = Path(__file__).resolve().parents[3]
PLAY = """
import sys
from pathlib import Path
from models.foley.game import Scores
scores = Scores(Path(sys.argv[1]))
for k in range(20):
    scores.answer(scores.open_round("clip", "modal", sys.argv[2], 0.0).token, True)
"""


@pytest.fixture
def scores(tmp_path):
    return Scores(tmp_path / "scores.sqlite3")


def test_a_round_is_answered_once(scores):
    question = scores.open_round("drum", "modal", "anna", 0.0)
    assert scores.round(question.token) == question
    assert scores.answer(question.token, question.real_first) is True
    for again in (scores.answer, lambda token, _: scores.round(token)):
        with pytest.raises(BadInput, match="over"):
            again(question.token, True)
    with pytest.raises(BadInput, match="over"):
        scores.answer("nobody's", True)
    assert scores.tally() == Tally(1, 1)


def test_scores_are_kept_by_visit_by_back_end_and_for_all(scores):
    for visit, backend, right in (("a", "modal", True), ("a", "modal", False), ("b", "exemplar", False)):
        question = scores.open_round("drum", backend, visit, 0.0)
        assert scores.answer(question.token, question.real_first is right) is right
    scores.open_round("drum", "modal", "a", 0.0)
    assert scores.tally("a") == Tally(2, 1) and scores.tally() == Tally(3, 1) and scores.tally("c") == Tally(0, 0)
    assert scores.tally(backend="exemplar").fooled == 1 and scores.tally("a").fooled == 0.5
    assert scores.tally("a").spread == pytest.approx(0.354, abs=0.001) and Tally().fooled == Tally().spread == 0
    assert Scores(scores._path).tally() == Tally(3, 1), "the next start finds them"


def test_the_order_of_the_two_is_left_to_chance(scores):
    firsts = [scores.open_round("drum", "modal", "a", 0.0).real_first for _ in range(60)]
    assert 10 < sum(firsts) < 50


def test_a_reset_forgets_everything_and_old_questions_go_by_themselves(scores):
    old = scores.open_round("drum", "modal", "a", 0.0)
    scores.open_round("drum", "modal", "a", game.OPEN_SECONDS + 1)
    with pytest.raises(BadInput):
        scores.round(old.token)
    question = scores.open_round("drum", "modal", "a", 1.0)
    scores.answer(question.token, True)
    scores.reset()
    assert scores.tally() == Tally()


def test_many_visitors_play_at_once(scores):
    def visit(number: int) -> int:
        for _ in range(5):
            question = scores.open_round("drum", "modal", f"visit-{number}", 0.0)
            scores.answer(question.token, question.real_first)
        return scores.tally(f"visit-{number}").found

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(visit, range(16))) == [5] * 16
    assert scores.tally() == Tally(80, 80)


def test_an_answer_that_is_pressed_many_times_at_once_counts_once(scores):
    token = scores.open_round("drum", "modal", "a", 0.0).token

    def press(_) -> bool:
        try:
            scores.answer(token, True)
        except BadInput:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(press, range(8))) == 1
    assert scores.tally().rounds == 1


def test_several_processes_share_a_file(tmp_path):
    path = tmp_path / "scores.sqlite3"
    command = [sys.executable, "-c", PLAY, str(path)]
    running = [subprocess.Popen([*command, name], cwd=ROOT) for name in "ab"]
    assert [process.wait(60) for process in running] == [0, 0]
    assert Scores(path).tally().rounds == 40 and Scores(path).tally("a").rounds == 20


def test_a_home_that_is_closed_is_no_hindrance(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "file")
    monkeypatch.setattr(game.tempfile, "gettempdir", lambda: str(tmp_path))
    scores = Scores()
    scores.answer(scores.open_round("drum", "modal", "a", 0.0).token, True)
    assert scores.tally().rounds == 1 and list((tmp_path / "vernissage").iterdir())
