"""How often a visitor may ask: generous to a class, firm with who never stops."""

import pytest

from demos.house.limits import CLASS, MOST_KNOWN, Visits
from models.errors import BadInput
from models.settings import STRANGERS, Settings


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def test_without_a_limit_everybody_comes_in():
    visits = Visits(0)
    assert not any(visits.wait("a", "s") for _ in range(10_000))


def test_a_visitor_has_so_many_a_minute_and_gets_them_back():
    clock = Clock()
    visits = Visits(60, clock)
    assert [visits.wait("a", "s") for _ in range(60)] == [0] * 60
    assert visits.wait("a", "s") == pytest.approx(1.0)
    clock.now += 1.0
    assert visits.wait("a", "s") == 0 and visits.wait("a", "s") > 0
    clock.now += 600
    assert [visits.wait("a", "s") for _ in range(60)] == [0] * 60 and visits.wait("a", "s") > 0


def test_a_visit_that_was_refused_costs_nothing():
    clock = Clock()
    visits = Visits(60, clock)
    for _ in range(60):
        visits.wait("a", "s")
    assert [visits.wait("a", "s") for _ in range(500)] == pytest.approx([1.0] * 500)


def test_thirty_behind_one_address_do_not_wait_for_each_other():
    clock = Clock()
    visits = Visits(60, clock)
    for _ in range(60):
        assert not any(visits.wait("the school", f"pupil {pupil}") for pupil in range(30))


def test_who_takes_a_new_name_each_time_is_known_by_the_address():
    visits = Visits(60, Clock())
    waits = [visits.wait("a", f"session {k}") for k in range(CLASS * 60 + 1)]
    assert not any(waits[:-1]) and waits[-1] > 0
    assert visits.wait("b", "session 1") == 0


def test_without_a_session_the_address_is_the_visitor():
    visits = Visits(60, Clock())
    assert not any(visits.wait("a", None) for _ in range(60)) and visits.wait("a", None) > 0
    assert visits.wait("a", "a page") == 0


def test_visitors_are_forgotten_in_the_end():
    visits = Visits(60, Clock())
    for k in range(MOST_KNOWN + 100):
        visits.wait(f"address {k}", f"session {k}")
    assert len(visits._buckets) == MOST_KNOWN


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, 0),
        ({"VERNISSAGE_HOST": "0.0.0.0"}, 0),
        ({"VERNISSAGE_SHARE": "1"}, STRANGERS),
        ({"SPACE_ID": "somebody/vernissage"}, STRANGERS),
        ({"SPACE_ID": "somebody/vernissage", "VERNISSAGE_VISITS_PER_MINUTE": "0"}, 0),
        ({"VERNISSAGE_VISITS_PER_MINUTE": "90"}, 90),
    ],
)
def test_a_limit_where_strangers_may_come(environment, expected):
    assert Settings.from_environment(environment).visits_per_minute == expected


@pytest.mark.parametrize("words", ["many", "-1", "1.5"])
def test_a_limit_that_is_none_is_a_sentence(words):
    with pytest.raises(BadInput, match="say a whole number"):
        Settings.from_environment({"VERNISSAGE_VISITS_PER_MINUTE": words})
