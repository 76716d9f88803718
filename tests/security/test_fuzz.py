"""Every way into the running app, called with hostile values: it answers or refuses in words, in time, and lives on.

The ways are read from the app's own description, so a room that is added tomorrow is tried as well.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from demos.house.sentences import SORRY
from tests.browser import harness
from tests.security.house import PATIENCE, ask
from tests.security.strangers import LEAK, Stranger, Way, refusal

FEW, MANY = 60, 1_000


@contextmanager
def opened(folder: Path, guests: Path, **environment: str) -> Iterator[httpx.Client]:
    """The whole app, as a visitor starts it, with a guest's room beside ours."""
    with harness.running_gallery(folder, PYTHONPATH=str(guests), **environment) as address:
        with httpx.Client(base_url=address, timeout=PATIENCE, trust_env=False) as client:
            yield client


def storm(client: httpx.Client, calls: int, **options: Any) -> list[Way]:
    """So many calls, spread over all ways in; returns the ways."""
    stranger = Stranger(client)
    ways = stranger.arrive()
    for way in ways:
        hail(stranger, way, math.ceil(calls / len(ways)), **options)()
    return ways


def hail(stranger: Stranger, way: Way, calls: int, **options: Any) -> Callable[[], None]:
    """The calls of one way in."""

    @settings(
        max_examples=calls,
        deadline=None,
        database=None,
        phases=[Phase.generate],  # one wrong answer is told as it is: to shrink it would take minutes
        suppress_health_check=list(HealthCheck),
        **options,
    )
    @given(stranger.sends(way))
    def one(data):
        status, text = stranger.goes(way, data)
        assert not LEAK.search(text), f"{way.name} {data!r} tells of the machine: {LEAK.search(text)}: {text[:500]}"
        assert status < 500, f"{way.name} {data!r}: {status} {text[:500]}"
        assert refusal(way, text) != SORRY, f"{way.name} {data!r} has a bug: see the log"

    return one


def lives_on(client: httpx.Client) -> None:
    """Afterwards it answers an honest visitor as before."""
    endpoints = client.get("/gradio_api/info").json()["named_endpoints"]
    guests = next(name for name in endpoints if name.startswith("/paint"))  # a room of ours may have taken the name
    answered, (painted,) = ask(client, guests.strip("/"), "blue", 64, 3)
    assert answered and client.get(painted["url"]).content.startswith(b"\x89PNG")
    assert client.get("/").status_code == 200
    assert client.get("/gradio_api/queue/status").json()["queue_size"] == 0


def test_strangers_are_answered_or_refused_in_words(tmp_path, guest_package):
    """Without memory for a single model: all that comes before one is asked, at little cost."""
    with opened(tmp_path, guest_package, VERNISSAGE_MEMORY_BUDGET="1MB") as client:
        ways = storm(client, FEW, derandomize=True)
        assert {way.kind for way in ways} == {"endpoint", "event", "function"} and len(ways) > 20
        lives_on(client)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_thousand_strangers(tmp_path, guest_package):
    with opened(tmp_path, guest_package) as client:
        storm(client, MANY)
        lives_on(client)
