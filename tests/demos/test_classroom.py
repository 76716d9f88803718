"""Class mode: the right address, a board nobody is named on, and flags that say the same as the settings."""

import dataclasses

import pytest

from demos.gallery import build_gallery
from demos.house import address, classroom
from demos.house.discovery import discover
from demos.house.lobby import HEADLINE, lobby_html
from demos.kit import Demo, WallLabel
from models import flags
from models.settings import Settings

LABEL = WallLabel("Toy", "Wood", "1900", "Anon", "", "CC0", "Pull.")
OWN = [("lo", "127.0.0.1"), ("docker0", "172.17.0.1"), ("wlan0", "192.168.1.7"), ("eth0", "10.0.0.4")]


@pytest.fixture
def at_school(monkeypatch):
    """A machine with a cable, a wireless network and a bridge to its containers."""
    monkeypatch.setattr(address, "_own", lambda: OWN)
    monkeypatch.setattr(address, "_outward", lambda: "192.168.1.7")


def room(slug: str, title: str, tmp_path) -> Demo:
    return Demo(slug, title, "It moves.", LABEL, tmp_path / "none.png", dict)


# ---------------------------------------------------------------- where the gallery is


def test_the_way_out_comes_first_and_bridges_do_not_count(at_school):
    assert address.networks() == ["192.168.1.7", "10.0.0.4"]
    settings = Settings(host="0.0.0.0", port=7000)
    assert address.addresses(settings) == ["http://192.168.1.7:7000", "http://10.0.0.4:7000"]


def test_a_laptop_that_opens_its_own_network_is_found(monkeypatch):
    monkeypatch.setattr(address, "_own", lambda: [("lo", "127.0.0.1"), ("ap0", "10.42.0.1"), ("eth0", "169.254.3.9")])
    monkeypatch.setattr(address, "_outward", lambda: None)
    assert address.networks() == ["10.42.0.1"]


def test_this_machine_has_addresses_that_others_could_use():
    for own in address.networks():
        assert own.count(".") == 3 and not own.startswith(("127.", "169.254."))


@pytest.mark.parametrize(
    ("settings", "public", "expected"),
    [
        (Settings(host="127.0.0.1"), None, "http://127.0.0.1:7860"),
        (Settings(host="10.1.2.3", port=80), None, "http://10.1.2.3:80"),
        (Settings(host="fd00::1"), None, "http://[fd00::1]:7860"),
        (Settings(host="0.0.0.0", share=True), "https://abc.gradio.live/", "https://abc.gradio.live"),
        (Settings(host="0.0.0.0", address="school.example/art/"), None, "http://school.example/art"),
        (Settings(address="https://school.example"), "https://abc.gradio.live", "https://school.example"),
    ],
)
def test_what_the_host_said_is_believed(settings, public, expected):
    assert address.addresses(settings, public) == [expected]


def test_a_machine_without_a_network_still_has_an_address(monkeypatch):
    monkeypatch.setattr(address, "_own", lambda: [])
    monkeypatch.setattr(address, "_outward", lambda: None)
    assert address.addresses(Settings(host="0.0.0.0")) == ["http://127.0.0.1:7860"]
    assert address.only_here("http://127.0.0.1:7860") and not address.only_here("http://192.168.1.7:7860")


# ---------------------------------------------------------------- the board


def test_the_board_names_every_room_and_nobody(tmp_path):
    rooms = [room("toy", "A <toy>", tmp_path), room("kite", "Kite", tmp_path)]
    board = classroom.board_html(rooms, ["http://192.168.1.7:7860", "http://10.0.0.4:7860"])
    for part in (
        "http://192.168.1.7:7860/?demo=toy",
        "http://192.168.1.7:7860/?demo=kite",
        "10.0.0.4",
        "A &lt;toy&gt;",
    ):
        assert part in board
    assert board.count("<dialog") == 3 and "<toy>" not in board and "<input" not in board
    assert classroom.SAME_NETWORK in board


def test_the_board_says_when_nobody_else_can_come():
    assert "--host 0.0.0.0" in classroom.board_html([], ["http://127.0.0.1:7860"])
    public = classroom.board_html([], ["https://abc.gradio.live"])
    assert classroom.SAME_NETWORK not in public and "abc.gradio.live" in public


def test_every_card_can_be_passed_on(tmp_path):
    rooms = [room("toy", "Toy", tmp_path)]
    lobby = lobby_html(rooms, (), classroom.pass_on)
    assert 'data-copy="toy"' in lobby and 'data-show="toy"' in lobby and HEADLINE not in lobby
    assert "data-copy" not in lobby_html(rooms)


def test_the_page_of_a_class(guest_package, monkeypatch, at_school):
    monkeypatch.syspath_prepend(str(guest_package))
    settings = Settings(host="0.0.0.0", classroom=True, share=True, demos=("guest-room",))
    page = build_gallery(settings)
    board = next(block for block in page.blocks.values() if getattr(block, "elem_id", "") == "v-board")
    assert "192.168.1.7:7860/?demo=guest-room" in board.value
    assert [fn.api_name for fn in page.fns.values() if fn.api_visibility == "public"] == ["paint"]
    page.share_url = "https://abc.gradio.live"
    (refresh,) = [fn.fn for fn in page.fns.values() if fn.outputs == [board]]
    assert "https://abc.gradio.live/?demo=guest-room" in refresh() and "192.168" not in refresh()


def test_without_class_mode_nothing_is_listened_to(guest_package, monkeypatch):
    monkeypatch.syspath_prepend(str(guest_package))
    page = build_gallery(Settings(demos=("guest-room",)))
    assert "v-board" not in [getattr(block, "elem_id", None) for block in page.blocks.values()]


# ---------------------------------------------------------------- settings and flags


def test_a_class_comes_over_the_network_unless_told_otherwise():
    class_mode = {"VERNISSAGE_CLASSROOM": "1"}
    assert Settings.from_environment({}).host == "127.0.0.1"
    assert Settings.from_environment(class_mode).host == "0.0.0.0"
    assert Settings.from_environment(class_mode | {"VERNISSAGE_HOST": "10.0.0.4"}).host == "10.0.0.4"
    assert Settings.from_environment(class_mode | {"GRADIO_SERVER_NAME": "127.0.0.1"}).host == "127.0.0.1"


def test_a_space_knows_its_address():
    space = {"SPACE_HOST": "someone-vernissage.hf.space", "GRADIO_SERVER_NAME": "0.0.0.0"}
    assert address.addresses(Settings.from_environment(space)) == ["https://someone-vernissage.hf.space"]


def test_every_setting_has_a_flag_that_is_explained():
    told = {flag.name: flag for group in flags.GROUPS.values() for flag in group}
    # What the machine itself says is no choice of its host's.
    assert told.keys() == {field.name for field in dataclasses.fields(Settings)} - {"pinned"}
    page = flags._parser().format_help()
    for flag in told.values():
        assert flag.option in page and flag.meaning.split()[0] in page
        assert bool(flag.value) != (Settings.__dataclass_fields__[flag.name].type is bool)
    assert all(f"\n{title}:\n" in page for title in flags.GROUPS)


def test_flags_become_the_variables_that_mean_the_same():
    given = flags.read_flags(["--classroom", "--memory-budget", "2GB", "--address", "school.example"])
    assert given == {
        "VERNISSAGE_CLASSROOM": "1",
        "VERNISSAGE_MEMORY_BUDGET": "2GB",
        "VERNISSAGE_ADDRESS": "school.example",
    }
    settings = Settings.from_environment(given)
    assert settings.classroom and settings.memory_budget == 2 * 10**9 and settings.host == "0.0.0.0"


def test_the_rooms_of_the_house_are_all_on_the_board():
    rooms, _ = discover()
    board = classroom.board_html(rooms, ["http://192.168.1.7:7860"])
    assert all(f"?demo={one.slug}" in board for one in rooms)
