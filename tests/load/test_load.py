"""A small crowd for a minute, in the real app: nothing fails, nobody gets another's picture, nothing grows."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from demos.walk import service
from tests.browser.harness import find_chromium
from tests.load import crowd
from tests.load.__main__ import report
from tests.load.hand import Hand
from tests.load.house import House, opened
from tests.load.tally import Tally

MB = 2**20


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_a_small_class_gets_its_own_pictures_and_the_house_does_not_grow(tmp_path):
    with opened(tmp_path) as house:
        tally = asyncio.run(crowd.come(house, 12, 90, 1 if find_chromium() else 0, warm=True))
    compared = crowd.judge(tally)
    told = report(tally, house, 1.5)
    print(told)
    assert not tally.errors() and not tally.wrong(), told
    assert compared >= 12 and tally.pictures() > 60, told
    assert house.growth() < 0.05, told
    _, files, size = house.stored[-1]
    programs = len(tally.rooms["program"].seconds)
    assert files <= 4 * programs + 12 and size < 20 * MB, told
    assert "Traceback" not in (tmp_path / "log.txt").read_text(encoding="utf-8")


# ---------------------------------------------------------------- the test itself: what must not slip through


def test_a_hand_asks_as_the_page_does():
    """Two under way and the newest waiting; late answers are dropped."""
    asked, hung = [], []

    async def slow(order: dict) -> dict:
        asked.append(order["n"])
        await asyncio.sleep({0: 0.3, 1: 0.1}.get(order["n"], 0.05))
        return {"photo": order["n"]}

    async def play() -> None:
        hand = Hand(slow, lambda answer, order, seconds: hung.append(answer["photo"]))
        for n in range(5):
            hand.order({"n": n})
            hand.glimpse({"n": 100 + n})
        await hand.rest()

    _in_a_loop(play())
    assert asked == [0, 1, 4] and hung == [1, 4], "2 and 3 are never sent, 0 comes too late"


def test_another_picture_than_the_one_asked_for_is_found():
    order = {"seeds": [3, 8, 3, 8], "t": 0.4, "down": 0, "path": "w", "psi": 0.7, "model": "house"}
    right, other = Tally(), Tally()
    right.picture("walk", 0.1, order, service.face(order))
    other.picture("walk", 0.1, order, service.face({**order, "t": 0.5}))
    assert crowd.judge(right) == 1 and not right.wrong()
    assert crowd.judge(other) == 1 and len(other.wrong()) == 1


def test_growth_is_measured_after_the_first_minute(tmp_path):
    flat, leaking = (House("", os.getpid(), tmp_path) for _ in range(2))
    for second in range(0, 300, 2):
        flat.memory.append((second, (100 if second < 40 else 900) * MB))
        leaking.memory.append((second, (800 + second) * MB))
    assert flat.growth() == pytest.approx(0) and leaking.growth() > 0.2


def _in_a_loop(work) -> None:
    """In a thread of its own: Playwright's synchronous interface keeps a loop running in this one."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result(30)
