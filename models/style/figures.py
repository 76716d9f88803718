"""The figures of `evaluate.py` as the tables of the painter's card."""

from collections.abc import Callable
from pathlib import Path

CARD = Path(__file__).resolve().parents[2] / "assets" / "cards" / "style-painter.md"
_BEGIN, _END = "<!-- figures: written by models.style.evaluate -->", "<!-- end of figures -->"
_LOTS = {"unseen": "paintings never seen", "wall": "paintings of the wall"}
_MAKERS = {
    "photo": "the photo as it is",
    "colours": "colours moved, nothing else",
    "AdaIN, untrained": "AdaIN, untrained encoder",
    "painter": "this model, one pass",
    "Gatys": "Gatys, by optimisation",
}
_YARDSTICKS = (
    "All are judged by the losses that this model was trained by, on SqueezeNet's features; Gatys' descent (L-BFGS "
    "from the photo) makes just these small for one picture. AdaIN, untrained: our encoder with random weights, whose "
    "coarsest features get the painting's means and deviations; there is no decoder, the picture that has them is "
    "sought by descent from the photo."
)
_JUDGES = (
    "The judges are small networks taught on crops of the paintings, never on a painted photo; the middle of each "
    "painting was kept from them. In grey they have neither colours nor contrast to go by, only the brush."
)
_SEEN = {"picture": "right", "brush": "right, in grey"}


def write_card(figures: dict) -> None:
    """Write the tables between the marks of the card."""
    before, rest = CARD.read_text(encoding="utf-8").split(_BEGIN)
    CARD.write_text(f"{before}{_BEGIN}\n{as_markdown(figures)}\n{_END}{rest.split(_END)[1]}", encoding="utf-8")


def as_markdown(figures: dict) -> str:
    """Everything that was judged, a table or a sentence a judgement."""
    makers = {
        "losses": losses_table,
        "fidelity": fidelity_table,
        "strength": strength_table,
        "seeds": seeds_table,
        "seams": seams_sentence,
        "flicker": flicker_sentence,
        "speed": speed_table,
    }
    tables = [make(figures[name]) for name, make in makers.items() if name in figures]
    return "\n\n".join([*tables, *training(figures["about"])])


def training(about: dict) -> list[str]:
    """One sentence on how long it was trained, where the weights say so."""
    if "images" not in about:
        return []
    device = {"cpu": "two shared CPU cores", "cuda": "one GPU"}[about.get("device", "cpu")]
    return [f"The painter saw {int(about['images']):,} pictures in {about['minutes']} minutes on {device}."]


def losses_table(found: dict) -> str:
    """Losses of every maker, and when Gatys' descent overtakes the painter."""
    rows = [
        [
            f"{_MAKERS[name]}: {_LOTS[lot]}",
            *(_plus_minus(of[key]) for key in ("style", "content", "sum", "ratio")),
            f"{of['median']:.2f}",
        ]
        for lot, judged in found.items()
        for name, of in judged["makers"].items()
    ]
    heads = ["style", "content", "both, as trained", "times Gatys", "median of that"]
    said = [_matched(lot, judged) for lot, judged in found.items()]
    pairs = ", ".join(f"{judged['pairs']} pairs with {_LOTS[lot]}" for lot, judged in found.items())
    return (
        f"{_table(['losses, mean ± deviation over pairs', *heads], rows)}\n\n"
        f"Held-out photos at 256 px: {pairs}. {_YARDSTICKS} {' '.join(said)}"
    )


def _matched(lot: str, judged: dict) -> str:
    at, seeds = judged["matched"], judged["seeds"]
    spread = f"Between seeds the painter's sum moves by {seeds['deviation']:.3f} ({_LOTS[lot]})."
    if at["step"] is None:
        return f"Gatys' descent comes as low as this model's one pass with none of them ({_LOTS[lot]}). {spread}"
    never = f", and never in {at['never']} of them" if at["never"] else ""
    return (
        f"Gatys' descent comes as low as this model's one pass after {at['passes']:.0f} passes forward and back, "
        f"{at['seconds']:.0f} s (median, {_LOTS[lot]}{never}). {spread}"
    )


def fidelity_table(found: dict) -> str:
    """How often the judges of styles name the right one."""
    names = {"painter": "this model", "Gatys": "Gatys, by optimisation", "colours": "colours moved, nothing else"}
    judged, count = found["judged"], found["styles"]
    rows = [
        [name, str(found["pictures"][key]), *_both(judged, lambda of, key=key: of["right"][key])]
        for key, name in names.items()
        if found["pictures"][key]
    ]
    ceiling = [cell for of in judged.values() for cell in (_percent(of["ceiling"]["together"]), "")]
    rows.append(["the paintings' own kept parts (ceiling)", str(count), *ceiling])
    rows.append(["chance", "", *[_percent(1 / count), _percent(3 / count)] * len(judged)])
    heads = [head for kind in judged for head in (_SEEN[kind], "among three")]
    wrong = ", ".join(f"{asked} taken for {taken} ({often})" for asked, taken, often in _any(judged)["confused"])
    spread = " and ".join(f"{_percent(of['deviation'])} ({_SEEN[kind]})" for kind, of in judged.items())
    crops = " and ".join(_percent(of["ceiling"]["a crop"]) for of in judged.values())
    return (
        f"{_table([f'which of the {count} styles is this?', 'pictures', *heads], rows)}\n\n"
        f"{_JUDGES} Between seeds: ± {spread}. Single crops of the kept parts: {crops}."
        f"{f' Most often wrong: {wrong}.' if wrong else ''}"
    )


def _both(judged: dict, right: Callable[[dict], dict[str, float]]) -> list[str]:
    """First and among three, by every judge."""
    return [_percent(right(of)[key]) for of in judged.values() for key in ("top1", "top3")]


def strength_table(found: dict) -> str:
    """What the slider does."""
    heads = ["strength", *(f"{share:g}" for share in found["strengths"])]
    rows = [
        ["style loss, share of the photo's", *(_plus_minus(value) for value in found["style"])],
        ["content loss", *(f"{value:.2f}" for value in found["content"])],
    ]
    return (
        f"{_table(heads, rows)}\n\n"
        f"Style loss falls at {_percent(found['steps_falling'])} of all steps of strength, at every one in "
        f"{_percent(found['falling'])} of {found['pairs']} pairs. Strength 0 gives the photo back at "
        f"{_plus_minus(found['psnr_at_0'], 1)} dB (PSNR)."
    )


def seeds_table(found: dict) -> str:
    """How much a seed changes."""
    titles = {
        "again": "the same seed again",
        "noise": "the photo, with noise of one level in 255 (for scale)",
        "seeds": "two seeds of one style",
        "styles": "two styles at one seed",
    }
    rows = [[title, _plus_minus(found[name], 3)] for name, title in titles.items()]
    return _table(["perceptual distance (LPIPS on SqueezeNet, unweighted)", f"{found['pairs']} photos"], rows)


def seams_sentence(found: dict) -> str:
    """Tiles against the whole."""
    return (
        f"Painted in tiles of 256 px and whole at 1,024 px, {found['pictures']} pictures differ by "
        f"{found['mean']['mean']:.3f} of 256 levels on average, {found['largest']['mean']:.2f} at most; beside the "
        f"edges of tiles by {found['at_edges']['mean']:.3f}. Neighbouring pixels differ "
        f"{found['sharpness']['mean']:.2f} times as much across an edge as elsewhere."
    )


def flicker_sentence(found: dict) -> str:
    """What is done against flicker, and what it is worth."""
    return (
        f"Where {found['films']} films of 480 px stand still, a painted frame differs from the one before by "
        f"{_plus_minus(found['steady'])} of 255 levels; painted frame by frame, by {_plus_minus(found['alone'])}; "
        f"the films themselves, by {_plus_minus(found['film'])} (a sensor's grain)."
    )


def speed_table(found: dict) -> str:
    """Seconds by threads and size."""
    sides = list(_any(found["seconds"]))
    rows = [
        [f"{threads} thread{'s' if int(threads) > 1 else ''}", *(f"{took[side]:.2f} s" for side in sides)]
        for threads, took in found["seconds"].items()
    ]
    table = _table(["a 4 by 3 painting, long side in px", *sides], rows)
    return f"{table}\n\n{found['parameters'] / 1e6:.2f} million parameters, the encoder among them."


def _any(found: dict) -> dict:
    return next(iter(found.values()))


def _percent(value: float) -> str:
    return f"{value:.0%}"


def _plus_minus(value: dict[str, float], digits: int = 2) -> str:
    return f"{value['mean']:.{digits}f} ± {value['deviation']:.{digits}f}"


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
