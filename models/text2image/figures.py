"""The figures of `evaluate.py` as the tables of the house model's card."""

from pathlib import Path

CARD = Path(__file__).resolve().parents[2] / "assets" / "cards" / "text2image-house.md"
_BEGIN, _END = "<!-- figures: written by models.text2image.evaluate -->", "<!-- end of figures -->"
_LOTS = ("house", "autoencoder", "training pictures", "eigenpictures", "held-out, other half")
_TITLES = {
    "house": "this model",
    "autoencoder": "held-out, through the autoencoder",
    "training pictures": "training pictures",
    "eigenpictures": "eigenpictures, Gaussian",
    "held-out, other half": "held-out, other half (floor)",
}


def write_card(figures: dict) -> None:
    """Write the tables between the marks of the card."""
    before, rest = CARD.read_text(encoding="utf-8").split(_BEGIN)
    CARD.write_text(f"{before}{_BEGIN}\n{as_markdown(figures)}\n{_END}{rest.split(_END)[1]}", encoding="utf-8")


def as_markdown(figures: dict) -> str:
    """Everything that was judged, one table a judgement."""
    makers = {
        "faithfulness": faithfulness_table,
        "distances": distances_table,
        "nearest": nearest_table,
        "ablation": ablation_table,
        "speed": speed_sentence,
    }
    tables = [make(figures[name]) for name, make in makers.items() if name in figures]
    return "\n\n".join([*tables, training(figures["about"])])


def training(about: dict) -> str:
    """One sentence on how long it was trained."""
    device = {"cpu": "two shared CPU cores", "cuda": "one GPU"}[about["device"]]
    seen = f"The prior saw {int(about['images']):,} pictures in {about['minutes']} minutes"
    if "aligned" in about:
        seen += f" and painted {int(about['aligned']):,} prompts for the witness in {about['aligned_minutes']}"
    return f"{seen} on {device}."


def faithfulness_table(found: dict) -> str:
    rows = []
    for domain, of in found["domains"].items():
        ceilings = [_percent(of["ceiling"][name]) for name in ("real", "through the autoencoder")]
        own = [_percent(of[key]) for key in ("right", "seen", "unseen", "all_of_a_prompt", "chance")]
        rows.append([f"{domain}, {of['prompts']} prompts, {of['attributes']} attributes", *own, *ceilings])
    over = [_percent(found[key]) for key in ("right", "seen", "unseen", "all_of_a_prompt", "chance", "ceiling")]
    rows.append([f"all, {found['prompts']} prompts", *over, ""])
    heads = ["attributes that are there", "seen combinations", "unseen combinations", "whole prompts right"]
    heads += ["pictures of other prompts (chance)", "real pictures (the judge itself)", "real, through the autoencoder"]
    worst = sorted(
        (
            (share, domain, question)
            for domain, of in found["domains"].items()
            for question, share in of["questions"].items()
        )
    )[:8]
    weakest = ", ".join(f"{domain}: {question} {_percent(share)}" for share, domain, question in worst)
    return f"{_table(['faithfulness', 'right', *heads[1:]], rows)}\n\nWeakest: {weakest}."


def distances_table(found: dict) -> str:
    rows = []
    for domain, of in found.items():
        for key, title in (("frechet", "Fréchet"), ("sliced_wasserstein", "sliced Wasserstein, x1000")):
            rows.append([f"{domain}, {title}, {of['pictures']} a side", *(_plus_minus(of[lot][key]) for lot in _LOTS)])
    return _table(["distance to held-out pictures", *(_TITLES[lot] for lot in _LOTS)], rows)


def nearest_table(found: dict) -> str:
    rows = []
    for domain, of in found.items():
        for lot, title in (("generated", "generated"), ("held_out", "held-out"), ("copies", "copies made on purpose")):
            rows.append([f"{domain}: {title}", *(f"{value:.3f}" for value in of[lot])])
    heads = ["minimum" if q == 0 else "median" if q == 0.5 else f"{q:.0%} quantile" for q in _any(found)["quantiles"]]
    nearer = ", ".join(f"{domain} {_percent(of['near'])}" for domain, of in found.items())
    told = ", ".join(f"{domain} {_percent(of['copies_found'])}" for domain, of in found.items())
    return (
        f"{_table(['distance to the nearest training picture', *heads], rows)}\n\n"
        f"Generated pictures nearer to a training picture than all but 5% of held-out ones are: {nearer}. Copies made "
        f"on purpose (cropped, through the autoencoder) that the same distance gives away: {told}."
    )


def ablation_table(found: list[dict]) -> str:
    domains = list(found[0]["by_domain"])
    rows = [
        [f"{of['steps']}", f"{of['guidance']:g}", _percent(of["right"])]
        + [_percent(of["by_domain"][domain]) for domain in domains]
        + [f"{of['frechet']:,.0f}"]
        for of in found
    ]
    return _table(["steps", "guidance", "attributes that are there", *domains, "Fréchet, all domains together"], rows)


def speed_sentence(found: dict) -> str:
    return (
        f"Four pictures take {found['four_pictures']:.1f} s at {found['steps']} steps ({found['threads']} threads): "
        f"{1000 * found['words']:.0f} ms for the words, {1000 * found['a_step']:.0f} ms a step, "
        f"{1000 * found['decoding']:.0f} ms to decode them."
    )


def _any(found: dict) -> dict:
    return next(iter(found.values()))


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:.0%}"


def _plus_minus(value: dict[str, float]) -> str:
    deviation = f" ± {value['deviation']:.0f}" if value["deviation"] >= 0.5 else ""
    return f"{value['mean']:,.0f}{deviation}" if value["mean"] >= 100 else f"{value['mean']:.1f}"


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
