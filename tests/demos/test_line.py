"""The line in front of the device: what is computed, how often, in which order, and what everybody is told."""

import threading
from concurrent.futures import Future, TimeoutError

import pytest

from demos.house.line import STALE, Full, Line, Work, always
from demos.house.memo import Memo, key_of, size_of


class Studio:
    """Work that takes until it is let go, and remembers what it was asked for."""

    def __init__(self, line: Line):
        self.line = line
        self.done: list[object] = []
        self.gate = threading.Event()
        self.begun = threading.Semaphore(0)

    def work(self, name: str = "photo", **how) -> Work:
        def one(order: dict) -> dict:
            self.begun.release()
            assert self.gate.wait(10)
            self.done.append((name, order["n"]))
            return {"photo": f"{name} {order['n']}"}

        return Work(name, one, **how)

    def occupy(self) -> Future:
        """Keep the one place busy until the gate opens."""
        future = self.line.ask(self.work("first"), {"n": 0})
        assert self.begun.acquire(timeout=10)
        return future

    def open(self, *futures: Future) -> list[dict]:
        self.gate.set()
        return [future.result(10) for future in futures]


@pytest.fixture
def studio():
    return Studio(Line(places=1, waiting=20, memo=Memo(10_000)))


def test_a_newer_order_of_a_hand_takes_the_place_of_the_one_that_waits(studio):
    photo = studio.work()
    first = studio.occupy()
    older = studio.line.ask(photo, {"n": 1}, "anna", 1)
    other = studio.line.ask(photo, {"n": 2}, "ben", 1)
    newer = studio.line.ask(photo, {"n": 3}, "anna", 2)
    assert older.result(1) == STALE, "before anything is computed"
    assert studio.open(first, newer, other)[1:] == [{"photo": "photo 3"}, {"photo": "photo 2"}]
    assert studio.done == [("first", 0), ("photo", 3), ("photo", 2)], "the newer one stands where the older one stood"


def test_an_order_that_comes_late_is_stale_and_another_hand_is_left_alone(studio):
    photo, face = studio.work("photo"), studio.work("face")
    studio.occupy()
    newer = studio.line.ask(photo, {"n": 2}, "anna", 2)
    late = studio.line.ask(photo, {"n": 1}, "anna", 1)
    elsewhere = studio.line.ask(face, {"n": 1}, "anna", 1)
    nobodys = [studio.line.ask(photo, {"n": 9}) for _ in range(2)]
    assert late.result(1) == STALE
    assert all("photo" in answer for answer in studio.open(newer, elsewhere, *nobodys))


def test_what_is_at_work_is_finished_and_told(studio):
    first = studio.line.ask(studio.work(), {"n": 1}, "anna", 1)
    assert studio.begun.acquire(timeout=10)
    second = studio.line.ask(studio.work(), {"n": 2}, "anna", 2)
    assert studio.open(first, second) == [{"photo": "photo 1"}, {"photo": "photo 2"}]


def test_the_same_order_is_worked_on_once_whoever_asks_and_remembered(studio):
    photo = studio.work(keeps=always)
    first = studio.occupy()
    thirty = [studio.line.ask(photo, {"n": 7}, f"visitor {k}", 1) for k in range(30)]
    assert {answer["photo"] for answer in studio.open(first, *thirty)} == {"first 0", "photo 7"}
    assert studio.line.ask(photo, {"n": 7}).result(1) == {"photo": "photo 7"}
    assert studio.done == [("first", 0), ("photo", 7)]


def test_who_moves_on_takes_nothing_from_others_who_wait_for_the_same(studio):
    photo = studio.work(keeps=always)
    first = studio.occupy()
    anna, ben = (studio.line.ask(photo, {"n": 7}, name, 1) for name in ("anna", "ben"))
    moved = studio.line.ask(photo, {"n": 8}, "anna", 2)
    assert anna.result(1) == STALE
    assert studio.open(first, ben, moved)[1:] == [{"photo": "photo 7"}, {"photo": "photo 8"}]
    # To something that is known already: the place in line is left, and nothing is computed for it.
    studio.gate.clear()
    busy = studio.occupy()
    waits = studio.line.ask(photo, {"n": 9}, "anna", 3)
    assert studio.line.ask(photo, {"n": 8}, "anna", 4).result(1) == {"photo": "photo 8"}
    assert waits.result(1) == STALE
    studio.open(busy)
    assert ("photo", 9) not in studio.done


def test_answers_that_are_a_visitors_own_are_made_for_each(studio):
    photo = studio.work(keeps=lambda order: not order.get("own"))
    first = studio.occupy()
    both = [studio.line.ask(photo, {"n": 1, "own": True}) for _ in range(2)]
    studio.open(first, *both)
    assert studio.done.count(("photo", 1)) == 2


def test_what_waits_when_a_place_gets_free_goes_together(studio):
    passes = []

    def many(orders):
        passes.append([order["n"] for order in orders])
        return [{"photo": f"together {order['n']}"} for order in orders]

    photo = studio.work(many=many, most=4)
    first = studio.occupy()
    waiting = [studio.line.ask(photo, {"n": n}) for n in range(6)]
    answers = studio.open(first, *waiting)[1:]
    assert passes == [[0, 1, 2, 3], [4, 5]]
    assert answers == [{"photo": f"together {n}"} for n in range(6)]
    assert studio.line.ask(photo, {"n": 6}).result(10) == {"photo": "photo 6"}, "alone, no need for a pass of several"


def test_whoever_came_first_is_next_and_takes_their_like_along(studio):
    def many(orders):
        studio.done += [("face", order["n"]) for order in orders]
        return [{"photo": ""} for _ in orders]

    face, photo = studio.work("face", many=many, most=4), studio.work("photo")
    first = studio.occupy()
    waiting = [studio.line.ask(work, {"n": n}) for n, work in enumerate((photo, face, photo, face))]
    studio.open(first, *waiting)
    assert studio.done[1:] == [("photo", 0), ("face", 1), ("face", 3), ("photo", 2)]


@pytest.mark.parametrize("answers", [None, []])
def test_one_that_fails_in_a_pass_harms_no_other(studio, answers):
    def many(orders):
        if answers is None:
            raise ValueError("one of them is no order")
        return answers

    photo = studio.work(many=many, most=4)
    first = studio.occupy()
    waiting = [studio.line.ask(photo, {"n": n}) for n in range(3)]
    assert studio.open(first, *waiting)[1:] == [{"photo": f"photo {n}"} for n in range(3)]


def test_what_is_beside_lets_pass_who_waits_but_not_for_ever(studio, monkeypatch):
    beside = Line(places=1, waiting=9, ahead=studio.line)
    strip = Work("strip", lambda order: {"photo": "strip"})
    assert beside.ask(strip, {}).result(1), "nobody waits"
    first = studio.occupy()
    assert beside.ask(strip, {}).result(1), "at work is not waiting"
    waiting = studio.line.ask(studio.work(), {"n": 1})
    last = beside.ask(strip, {})
    with pytest.raises(TimeoutError):
        last.result(0.3)
    studio.open(first, waiting)
    assert last.result(10)
    studio.gate.clear()
    first, waiting = studio.occupy(), studio.line.ask(studio.work(), {"n": 2})
    monkeypatch.setattr("demos.house.line.PATIENCE", 0.2)
    assert beside.ask(strip, {}).result(10), "though somebody waits all the time"
    studio.open(first, waiting)


def test_a_full_line_says_so_and_has_room_again_afterwards():
    studio = Studio(Line(places=1, waiting=2, memo=Memo(0)))
    photo = studio.work()
    first = studio.occupy()
    waiting = [studio.line.ask(photo, {"n": n}, f"visitor {n}", 1) for n in range(2)]
    with pytest.raises(Full):
        studio.line.ask(photo, {"n": 3})
    newer = studio.line.ask(photo, {"n": 4}, "visitor 1", 2)
    assert studio.open(first, newer, waiting[0])[1:] == [{"photo": "photo 4"}, {"photo": "photo 0"}]
    for n in range(9):
        assert studio.line.ask(photo, {"n": n}, "visitor 1", n).result(10)


def test_who_is_gone_when_the_answer_comes_harms_nobody(studio):
    photo = studio.work(keeps=always)
    first = studio.occupy()
    gone, stays = (studio.line.ask(photo, {"n": 1}) for _ in range(2))
    assert gone.cancel()
    assert studio.open(first, stays)[1] == {"photo": "photo 1"}


def test_many_hands_in_many_threads_all_hear_of_their_last_order():
    line = Line(places=2, waiting=100, memo=Memo(5_000))
    work = Work("double", lambda order: {"photo": str(2 * order["n"])}, keeps=lambda order: order["n"] % 3 > 0)
    wrong = []

    def visitor(name: str):
        for n in range(200):
            futures = [line.ask(work, {"n": n + k}, name, 2 * n + k) for k in range(2)]
            last = futures[1].result(10)
            if last != {"photo": str(2 * n + 2)} or futures[0].result(10) not in (STALE, {"photo": str(2 * n)}):
                wrong.append((name, n, last))

    threads = [threading.Thread(target=visitor, args=(f"visitor {k}",)) for k in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not wrong
    assert line._inside == 0 and not line._hands and not line._open, "nothing is left behind"


# ---------------------------------------------------------------- what is remembered


def test_a_memo_holds_as_many_bytes_as_it_may_and_forgets_the_oldest():
    memo = Memo(1_000)
    for n in range(20):
        memo.keep(key_of("photo", n), {"photo": n}, 200)
        memo.get(key_of("photo", 0))
    assert memo.bytes <= 1_000
    assert memo.get(key_of("photo", 0)) == {"photo": 0}, "asked for again and again"
    assert memo.get(key_of("photo", 19)) and memo.get(key_of("photo", 5)) is None
    memo.keep(key_of("photo", "large"), {"photo": "x"}, 600)
    assert memo.get(key_of("photo", "large")) is None, "one answer may not push out all others"


def test_orders_are_the_same_by_content_alone():
    assert key_of("photo", {"a": 1, "b": [2]}) == key_of("photo", {"b": [2], "a": 1})
    keys = {key_of("photo", {"a": value}) for value in (1, "1", 1.0, True, None, [1])} | {key_of("face", {"a": 1})}
    assert len(keys) == 7
    deep: list = []
    for _ in range(100_000):
        deep = [deep]
    assert key_of("photo", {"a": object()}) is None and key_of("photo", deep) is None
    assert size_of({"photo": "x" * 1_000}) > 1_000
