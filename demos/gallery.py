"""The gallery: lobby, rooms, footer, composed into one page, with links and recipes that open any of them."""

from __future__ import annotations

import inspect
import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr
from gradio.components import Component

from demos.house import links
from demos.house.classroom import LOOK, hang_board, pass_on
from demos.house.discovery import Closed, discover
from demos.house.door import door
from demos.house.languages import languages
from demos.house.lobby import lobby_html, room_heading
from demos.house.meter import cache_meter
from demos.house.sentences import Page
from demos.house.teaching import teaching_page
from demos.house.theme import gallery_theme
from demos.house.widget import Widget
from demos.kit import ASSETS, Demo, guard
from models.errors import BadInput
from models.settings import Settings

log = logging.getLogger(__name__)

TITLE = "Vernissage"
LOBBY = "lobby"
QUEUE_PLACES = 128
UPLOAD_LIMIT = "20mb"
DELETE_CACHE = (3600, 86_400)  # seconds: look every hour, delete what is older than a day

HEADER = """<div class="v-header"><a class="v-brand" href="?" data-room="lobby">Vernissage</a>
<div class="v-tools"><button type="button" class="v-tool" id="v-open-recipe"
title="Open a picture or a film saved here, with the settings that made it">Open a recipe</button>
<input type="file" accept="image/png,video/mp4" hidden aria-label="Open a recipe">
<button type="button" class="v-tool v-light" aria-label="Day or night"
title="Day or night"></button></div></div>"""

# The header is also the messenger: a dropped recipe leaves the page with its submit event.
HEADER_JS = """
const file = element.querySelector('input[type=file]');
file.addEventListener('change', () => { vernissage.chooseRecipe(file.files[0]); file.value = ''; });
element.querySelector('#v-open-recipe').addEventListener('click', () => file.click());
element.querySelector('.v-light').addEventListener('click', () => vernissage.switchLight());
vernissage.arrive(() => trigger('submit'), TAKERS);
"""

FOOTER = """<div class="v-footer-text">Nothing you draw or upload leaves this machine.
<span>Code under Apache-2.0; each model under the licence on its label.</span></div>"""


def build_gallery(settings: Settings) -> gr.Blocks:
    """Compose the page. Rooms that cannot be imported or built are reported, skipped and shown as closed."""
    rooms, closed = discover(settings.demos)
    built, unbuilt = _build_rooms(rooms)
    with Page(title=TITLE, analytics_enabled=False, fill_width=True, delete_cache=DELETE_CACHE) as page:
        header = Widget(HEADER, js_on_load=_header_js(built), apply_default_css=False, elem_id="v-header")
        with gr.Tabs(elem_id="rooms", selected=LOBBY, overflow_behavior="wrap") as tabs:
            _hang_lobby(page, settings, [room for room, *_ in built], [*closed, *unbuilt])
            for room, content, components in built:
                _hang_room(room, content, components)
        with gr.Column(elem_id="v-footer"):
            cache_meter()
            gr.HTML(FOOTER, js_on_load=None, apply_default_css=False)
        takers = {room.slug: components.get(room.takes) for room, _, components in built}
        _open_requests(page, header, tabs, {room.slug: components for room, _, components in built}, takers)
    # What shares the device takes turns; each replica of a cluster has one of its own.
    return page.queue(max_size=QUEUE_PLACES, default_concurrency_limit=settings.cluster or 1)


def launch(page: gr.Blocks, settings: Settings, **options: Any) -> tuple[Any, str, str]:
    """Serve the page with the gallery's own look; ``options`` go to gradio's ``launch`` as they are."""
    return page.launch(
        server_name=settings.host,
        server_port=settings.port,
        share=settings.share,
        auth=list(settings.auth) or None,
        auth_message=(ASSETS / "password.html").read_text(encoding="utf-8").strip(),
        theme=gallery_theme(),
        head=_page_head(settings),
        favicon_path=ASSETS / "favicon.svg",
        footer_links=[],
        max_file_size=UPLOAD_LIMIT,
        i18n=languages(),
        app_kwargs=door(settings),
        mcp_server=settings.mcp,
        run_history=False,
        enable_monitoring=False,
        ssr_mode=False,
        quiet=True,
        **_without_self_check(page),
        **options,
    )


def _without_self_check(page: gr.Blocks) -> dict[str, bool]:
    """Gradio asks its own page within three seconds at the start and gives up when a busy machine is slower."""
    known = inspect.signature(page.launch).parameters
    return {"_frontend": False} if "_frontend" in known else {}


def _page_head(settings: Settings) -> str:
    """Style and script, in the head as they are: Gradio's ``css`` argument rewrites, and loses keyframes."""
    styles, scripts = (
        "\n".join((ASSETS / name).read_text(encoding="utf-8") for name in names)
        for names in (("theme.css", "print.css"), ("house.js", "languages.js"))
    )
    styles += LOOK.read_text(encoding="utf-8") if settings.classroom else ""
    return f"<style>{styles}</style><script>{scripts}</script>"


# ---------------------------------------------------------------- rooms


def _build_rooms(
    rooms: Sequence[Demo],
) -> tuple[list[tuple[Demo, gr.Blocks, Mapping[str, Component]]], list[Closed]]:
    """Build each room on its own, so that one that fails half way leaves nothing behind on the page."""
    built, closed = [], []
    for room in rooms:
        try:
            with gr.Blocks(analytics_enabled=False) as content:
                components = dict(room.build() or {})
            built.append((room, content, components))
        except Exception as error:
            log.warning("The room %s stays closed: %r", room.slug, error, exc_info=error)
            closed.append(Closed.of(room.title, error))
    return built, closed


def _header_js(built: Sequence[tuple[Demo, gr.Blocks, Mapping[str, Component]]]) -> str:
    """The header's script, which tells the page what rooms take a picture from another one."""
    takers = [{"slug": room.slug, "title": room.title} for room, _, parts in built if room.takes in parts]
    return f"const TAKERS = {json.dumps(takers)};\n{HEADER_JS}"


def _hang_lobby(page: gr.Blocks, settings: Settings, rooms: Sequence[Demo], closed: Sequence[Closed]) -> None:
    with gr.Tab("Lobby", id=LOBBY, elem_id=f"room-{LOBBY}") as tab:
        if settings.classroom:
            hang_board(page, rooms, settings)
        beneath = pass_on if settings.classroom else None
        gr.HTML(lobby_html(rooms, closed, beneath), js_on_load=None, apply_default_css=False, elem_id="v-lobby")
        teaching_page(rooms)
    tab.select(None, js=f"() => vernissage.visit('{LOBBY}')", api_visibility="private")


def _hang_room(room: Demo, content: gr.Blocks, components: Mapping[str, Component]) -> None:
    with gr.Tab(room.title, id=room.slug, elem_id=f"room-{room.slug}") as tab:
        gr.HTML(room_heading(room), js_on_load=None, apply_default_css=False)
        content.render()
        with gr.Row(elem_classes="v-room-foot"):
            copy = gr.Button("Copy a link to this", size="sm", elem_classes="v-quiet")
    title = json.dumps(room.title)
    tab.select(None, js=f"() => vernissage.visit('{room.slug}', {title})", api_visibility="private")
    copy.click(None, js="() => vernissage.copyLink()", api_visibility="private")
    _keep_address(room, components)


def _keep_address(room: Demo, components: Mapping[str, Component]) -> None:
    """Let the address follow the settings, in the page alone."""
    names = [name for name, component in components.items() if links.linkable(component)]
    sources = [components[name] for name in names]
    if not sources:
        return
    known = ", ".join(json.dumps(part) for part in (room.slug, names))
    defaults = json.dumps([source.value for source in sources], default=str)
    gr.on(
        [source.change for source in sources],
        None,
        sources,
        js=f"(...values) => vernissage.remember({known}, values, {defaults})",
        api_visibility="private",
    )


# ---------------------------------------------------------------- links and recipes


def _open_requests(
    page: gr.Blocks,
    header: Widget,
    tabs: gr.Tabs,
    rooms: Mapping[str, Mapping[str, Component]],
    takers: Mapping[str, Component | None],
) -> None:
    """Answer what a link or a dropped recipe asks for: open its room, fill in its settings, or hand it a picture."""

    @guard
    def open_request(payload: str) -> dict[Any, Any]:
        if not payload:
            return {tabs: gr.skip()}
        request = links.parse(payload)
        if request.demo not in rooms:
            raise BadInput("No room of that name is open here. Please choose one from the lobby.")
        if request.picture:
            return {tabs: gr.Tabs(selected=request.demo), **links.hand(takers[request.demo], request.picture)}
        values, refused = links.fit(rooms[request.demo], request)
        if refused:
            gr.Info(f"Left as it was, because it did not fit: {', '.join(sorted(refused))}.", title="")
        return {tabs: gr.skip() if request.there else gr.Tabs(selected=request.demo), **values}

    settings = [part for components in rooms.values() for part in components.values()]
    asked = gr.on(
        [page.load, header.submit],
        open_request,
        header,
        [tabs, *dict.fromkeys(settings)],
        js="() => vernissage.takeRequest()",
        concurrency_limit=None,
        # "once" would swallow a recipe dropped while the page's own load is still being answered.
        trigger_mode="multiple",
        show_progress="hidden",
        api_visibility="private",
    )
    asked.then(None, js="() => vernissage.answered()", api_visibility="private")
