"""The model chooser: nothing is fetched unasked, and what cannot run says so before it is fetched."""

from types import SimpleNamespace

import gradio as gr
import pytest

from demos.house import chooser, links
from models import hub, registry
from models.registry import ModelSpec

GUEST = ModelSpec(
    key="toys/guest",
    title="A guest",
    family="toys",
    tier="hub",
    loader="nowhere:load",
    weights_bytes=10**9,
    working_bytes=10**8,
    licence="MIT <x>",
    card="",
    hub_id="somebody/guest",
    download_bytes=2 * 10**9,
)
OWN = ModelSpec("toys/own", "Our own", "toys", "house", "nowhere:load", 1, 1, "CC0", "")


@pytest.fixture
def parts(monkeypatch):
    """A chooser with one guest, on a machine with 4 GB for models, and the names of what was fetched."""
    monkeypatch.setattr(registry, "_SPECS", {spec.key: spec for spec in (OWN, GUEST)})
    budget = SimpleNamespace(stats=lambda: SimpleNamespace(budget=4 * 10**9))
    monkeypatch.setattr("models.cache.default_cache", lambda: budget)
    with gr.Blocks():
        names = ("asked", "chosen", "question", "facts", "wanted")
        yield {name: gr.Textbox() for name in names}


def ask(parts, key=GUEST.key):
    names = {id(part): name for name, part in parts.items()}
    return {names[id(part)]: value for part, value in chooser._ask(key, parts).items()}


def consent(**changes):
    facts = dict(key=GUEST.key, title=GUEST.title, hub_id=GUEST.hub_id, licence=GUEST.licence, sentence="Offline.")
    facts |= dict(download_bytes=2 * 10**9, memory_bytes=11 * 10**8, on_disk=False, may_download=True)
    return hub.Consent(**(facts | changes))


def test_a_guest_is_described_before_it_is_fetched(parts, monkeypatch):
    monkeypatch.setattr(hub, "consent", lambda key: consent())
    monkeypatch.setattr(hub, "download", lambda key: pytest.fail("nobody agreed"))
    answer = ask(parts)
    assert "chosen" not in answer and answer["wanted"] == GUEST.key and answer["question"].visible
    for fact in ("2.0 GB", "1.1 GB", "MIT &lt;x&gt;", "somebody/guest"):
        assert fact in answer["facts"]


def test_a_guest_that_is_here_is_taken_at_once(parts, monkeypatch):
    monkeypatch.setattr(hub, "consent", lambda key: consent(on_disk=True))
    assert ask(parts)["chosen"] == GUEST.key


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [({"may_download": False}, "Offline."), ({"memory_bytes": 9 * 10**9}, "9.0 GB of memory")],
)
def test_what_cannot_be_says_so_and_stays_with_the_house(parts, monkeypatch, facts, sentence):
    said = []
    monkeypatch.setattr(hub, "consent", lambda key: consent(**facts))
    monkeypatch.setattr(gr, "Warning", lambda text, **options: said.append(text))
    answer = ask(parts)
    assert answer["chosen"] == answer["asked"] == chooser.HOUSE and sentence in said[0]


def test_agreeing_fetches(parts, monkeypatch):
    fetched = []
    monkeypatch.setattr(hub, "download", fetched.append)
    assert chooser._fetch(GUEST.key)[0] == GUEST.key and fetched == [GUEST.key]


def test_a_recipe_chooses_only_what_can_run(parts, monkeypatch):
    chosen = chooser.model_chooser("toys")
    monkeypatch.setattr(hub, "consent", lambda key: consent())
    assert links.coerce(chosen, OWN.key, from_recipe=True) == chooser.HOUSE
    with pytest.raises(ValueError):
        links.coerce(chosen, GUEST.key, from_recipe=True)
    monkeypatch.setattr(hub, "consent", lambda key: consent(on_disk=True))
    assert links.coerce(chosen, GUEST.key, from_recipe=True) == GUEST.key
    assert not links.linkable(chosen)


def test_a_family_without_guests_shows_nothing(parts):
    with gr.Blocks() as page:
        chooser.model_chooser("nobody")
    assert [block.visible for block in page.children] == ["hidden"]
