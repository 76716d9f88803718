"""The figures of `evaluate.py` as the tables of the network's card."""

import math
from collections.abc import Mapping
from pathlib import Path

CARD = Path(__file__).resolve().parents[2] / "assets" / "cards" / "foley-hits.md"
_BEGIN, _END = "<!-- figures: written by models.foley.evaluate -->", "<!-- end of figures -->"
_ONSET_HEADS = ["F1 at 1 frame", "F1 at 0.1 s", "precision", "recall", "median error"]
_SOUND_HEADS = ["loudness, r", "loudness, error", "centroid, r", "centroid, error in bands"]
_MAKERS = {
    "network": "this model",
    "without offsets": "the same, times rounded to frames",
    "appearance hidden": "the same, appearance hidden",
    "frame difference": "peaks of the difference between frames",
    "random times": "random times, as many",
    "true hits, struck anew": "true hits, struck anew (ceiling)",
}


def write_card(figures: dict) -> None:
    """Write the tables between the marks of the card."""
    before, rest = CARD.read_text(encoding="utf-8").split(_BEGIN)
    CARD.write_text(f"{before}{_BEGIN}\n{as_markdown(figures)}\n{_END}{rest.split(_END)[1]}", encoding="utf-8")


def as_markdown(figures: dict) -> str:
    """Everything that was judged, a table or a sentence a judgement."""
    makers = {
        "onsets": onsets_table,
        "sounds": sounds_table,
        "materials": materials_table,
        "places": places_sentence,
        "strength": strength_sentence,
        "rates": rates_table,
        "lengths": lengths_sentence,
        "films": films_table,
        "speed": speed_sentence,
    }
    return "\n\n".join([*(make(figures[name]) for name, make in makers.items() if name in figures), _about(figures)])


def onsets_table(found: dict) -> str:
    """When: F1 of every maker."""
    quick, feints = found["quick"], found["feints"]
    acts = ", ".join(f"{act} {f1:.2f}" for act, f1 in sorted(found["acts"].items(), key=lambda each: -each[1]))
    return (
        f"{_onsets(found['makers'], 'when is it hit?')}\n\n"
        f"{found['clips']} held-out clips of the simulation with {found['hits']:,} hits. Of {quick['hits']:,} hits "
        f"that are within 0.12 s of another, {_percent(quick['recall'])} are found, each its own, within 50 ms. "
        f"Of {feints['feints']:,} movements that stop short, {_percent(feints['taken'])} are taken for hits. Peaks of "
        "the difference between frames have threshold, distance and delay tuned on validation clips.\n\n"
        f"F1 at 0.1 s by what goes on: {acts}."
    )


def _onsets(makers: Mapping[str, dict], head: str) -> str:
    rows = []
    for name, of in makers.items():
        spread = of.get("deviation", {})
        f1 = [_plus_minus(of[within], spread.get(within)) for within in ("1 frame", "0.1 s")]
        rows.append([_MAKERS[name], *f1, _percent(of["precision"]), _percent(of["recall"]), _milliseconds(of["ms"])])
    return _table([head, *_ONSET_HEADS], rows)


def sounds_table(found: dict) -> str:
    """What it sounds like at the true hits."""
    rows = [
        [_MAKERS[name], *(f"{of[key]:.2f}" for key in ("loudness r", "loudness error", "centroid r", "centroid error"))]
        for name, of in found.items()
    ]
    return (
        f"{_table(['how does it sound?', *_SOUND_HEADS], rows)}\n\n"
        "At every true hit, found or not, the produced sound (modal synthesis, everything at its default) is compared "
        "with the simulation's own, as in Owens et al. 2016: the largest norm of a cochleagram's column, and that "
        "column's centre of mass. Struck anew are the true times, strengths and materials, by the same synthesis, on "
        "things drawn anew: what is lost there no watching could bring back."
    )


def materials_table(found: dict) -> str:
    """On what."""
    keys = ("right", "appearance hidden", "always the commonest", "among three")
    rows = [["of the hits found", *(_percent(found[key]) for key in keys)]]
    heads = ["on what?", "right", "appearance hidden", "always the commonest", "right among three"]
    each = ", ".join(f"{name} {_percent(right)}" for name, right in found["each"].items())
    confused = ", ".join(f"{true} taken for {named} ({often})" for true, named, often in found["confused"])
    sure = found["sure"]
    return (
        f"{_table(heads, rows)}\n\n"
        f"{found['hits']:,} hits. Where it is sure (p > 0.6: {_percent(sure['share'])} of them) it is right in "
        f"{_percent(sure['right'])}. By material: {each}. Most often wrong: {confused}."
    )


def places_sentence(found: dict) -> str:
    """Where."""
    return (
        f"Where? At a hit, {_percent(found['share'])} of the attention of the maps that look for hits is within a "
        f"place and a half (of 8 x 8) of what is struck; evenly spread it would be {_percent(found['evenly'])}."
    )


def strength_sentence(found: dict) -> str:
    """How hard."""
    steps = ", ".join(f"{said:.2f} ({true:.2f})" for said, true in found["fifths"])
    return (
        f"How hard? Of the hits found, strength correlates with the truth at r = {found['r']:.2f}, with a mean error "
        f"of {found['error']:.2f}. Said, and in brackets what was true on average, by fifths: {steps}."
    )


def rates_table(found: dict) -> str:
    """F1 by the frame rate of the source."""
    rows = [[within, *(f"{of[key]:.2f}" for of in found.values())] for within, key in _WITHIN]
    heads = ["frames a second of the source, held to make 30", *found]
    return _table(heads, rows)


_WITHIN = (("F1 at 1 frame", "1 frame"), ("F1 at 0.1 s", "0.1 s"))


def lengths_sentence(found: dict) -> str:
    """Whether a film's length matters."""
    told = [f"{of['1 frame']:.2f} and {of['0.1 s']:.2f}" for of in (found["as they are"], found["made long"])]
    return f"Clips followed by stillness up to 15 seconds: F1 {told[1]} at 1 frame and 0.1 s; as they are, {told[0]}."


def films_table(found: dict) -> str:
    """Real films."""
    sound = found["sound"]
    told = f" Loudness r = {sound['loudness r']:.2f}, centroid r = {sound['centroid r']:.2f}." if sound else ""
    return (
        f"{_onsets(found['makers'], 'real films')}\n\n"
        f"{found['films']} films that nobody trained on, with {found['hits']:,} onsets as librosa hears them.{told}"
    )


def speed_sentence(found: dict) -> str:
    """How long it takes."""
    parts = ", ".join(f"{name} in {found[name]:.2f} s" for name in ("watched", "struck", "written"))
    return (
        f"A film of 5 s, 640 x 480, has its sound after {found['again']:.1f} s ({parts}); the first one, with the "
        f"weights yet to be loaded, after {found['first']:.1f} s ({found['threads']} threads)."
    )


def _about(figures: dict) -> str:
    about = figures["about"]
    device = {"cpu": "two shared CPU cores", "cuda": "one GPU"}.get(about.get("device", "cpu"), "one GPU")
    size = f"{about['parameters'] / 1e6:.2f} million parameters"
    if "views" not in about:
        return f"{size}."
    return (
        f"{size}, trained on {int(about['views']):,} views in {about['minutes']} minutes on {device}, last on those of "
        f"{int(about['clips']):,} clips."
    )


def _milliseconds(value: float) -> str:
    return "none found" if math.isnan(value) else f"{value:.0f} ms"


def _percent(value: float) -> str:
    return f"{value:.0%}"


def _plus_minus(value: float, deviation: float | None) -> str:
    return f"{value:.2f}" if deviation is None else f"{value:.2f} ± {deviation:.2f}"


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
