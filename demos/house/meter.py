"""The cache meter in the footer: what is loaded and where, its bytes, hits, loads, evictions, seconds saved.

It asks only while somebody has it open: a timer that ticks for thirty closed panels would be thirty requests
every two seconds about nothing.
"""

from __future__ import annotations

import html
import sys
from typing import TYPE_CHECKING

import gradio as gr

from models.cluster import the_cluster
from models.errors import readable_bytes

if TYPE_CHECKING:
    from models.cache_stats import CacheStats, ModelStats

SECONDS_BETWEEN_READINGS = 2
NOTHING_YET = '<p class="v-meter-empty">No model has been asked for yet. The first stroke loads the first one.</p>'
PLACES = {
    "device": "ready",
    "cpu": "resting in main memory",
    "loading": "loading",
    "leaving": "leaving",
    "out": "let go",
}


def cache_meter() -> gr.Accordion:
    """A folded panel, live while it is open."""
    with gr.Accordion("Models in memory", open=False, elem_id="v-meter") as panel:
        reading = gr.HTML(NOTHING_YET, js_on_load=None, apply_default_css=False, elem_id="v-meter-reading")
    timer = gr.Timer(SECONDS_BETWEEN_READINGS, active=False)
    quiet = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
    panel.expand(lambda: (read_meter(), gr.Timer(active=True)), None, [reading, timer], **quiet)
    panel.collapse(lambda: gr.Timer(active=False), None, timer, **quiet)
    timer.tick(read_meter, None, reading, **quiet)
    return panel


def read_meter() -> str:
    """The present reading as HTML: of this process, or of each replica that shares its work."""
    if cluster := the_cluster():
        readings = enumerate(map(meter_html, cluster.stats()), 1)
        return "".join(f"<h4>Replica {number}</h4>{reading}" for number, reading in readings) or NOTHING_YET
    # The cache asks torch what machine this is; looking at an empty cache must not import torch.
    if "torch" not in sys.modules:
        return NOTHING_YET
    from models.cache import default_cache

    return meter_html(default_cache().stats())


def meter_html(stats: CacheStats) -> str:
    """A reading of the cache: one line for the whole, one row for each model that was ever asked for."""
    if not stats.models:
        return NOTHING_YET
    share = min(1.0, stats.used / stats.budget) if stats.budget else 0.0
    rows = "".join(_row(model, stats.device) for model in stats.models)
    heads = "".join(f'<th scope="col">{name}</th>' for name in COLUMNS)
    return (
        f'<p class="v-meter-sum">{readable_bytes(stats.used)} of {readable_bytes(stats.budget)} in use on '
        f"{html.escape(stats.device)}, {readable_bytes(stats.peak)} at the most"
        f"{f', {readable_bytes(stats.resting)} resting' if stats.resting else ''}. "
        f"The cache has saved {_duration(stats.seconds_saved)} of loading.</p>"
        f'<div class="v-meter-bar" role="img" aria-label="{share:.0%} of the budget in use">'
        f'<span style="width:{share:.1%}"></span></div>'
        f'<div class="v-meter-scroll" tabindex="0" role="region" aria-label="Models in memory">'
        f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


COLUMNS = ("Model", "Where", "Size", "Hits", "Loads", "Evictions", "Seconds saved")


def _row(model: ModelStats, device: str) -> str:
    place = f"{PLACES[model.where]} on {device}" if model.where == "device" else PLACES[model.where]
    if model.in_use:
        place += ", at work"
    size = readable_bytes(model.bytes) if model.bytes else ""
    # A model that comes back from main memory counts as a load: the weights moved, if not as far.
    cells = (
        place,
        size,
        model.hits,
        model.loads + model.returns,
        model.evictions,
        f"{model.seconds_saved:.1f}",
    )
    numbers = "".join(f"<td>{html.escape(str(cell))}</td>" for cell in cells)
    return f'<tr><th scope="row">{html.escape(model.title)}</th>{numbers}</tr>'


def _duration(seconds: float) -> str:
    """Seconds as people say them: 42 -> '42 seconds', 300 -> '5 minutes'."""
    if seconds < 120:
        return f"{seconds:.0f} seconds" if seconds >= 10 else f"{seconds:.1f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:.0f} hours"
