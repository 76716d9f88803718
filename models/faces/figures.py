"""The figures of `evaluate.py` as the tables of the cards."""

from pathlib import Path

CARDS = Path(__file__).resolve().parents[2] / "assets" / "cards"
_BEGIN, _END = "<!-- figures: written by models.faces.evaluate -->", "<!-- end of figures -->"
_DISTANCES = {
    "frechet": "Fréchet, covariance shrunk 0.1",
    "frechet_unshrunk": "Fréchet, as it is",
    "sliced_wasserstein": "Sliced Wasserstein, x1000",
}


def write_cards(figures: dict) -> None:
    """Write the tables between the marks of the two models' cards; a card without marks is left alone."""
    for name, table in (("faces-generator", generator_table(figures)), ("faces-dcgan", dcgan_table(figures))):
        path = CARDS / f"{name}.md"
        if path.exists() and _BEGIN in (text := path.read_text(encoding="utf-8")):
            before, rest = text.split(_BEGIN)
            path.write_text(f"{before}{_BEGIN}\n{table}\n{_END}{rest.split(_END)[1]}", encoding="utf-8")


def generator_table(figures: dict) -> str:
    """Everything, one table a judgement; those that were not made are left out."""
    makers = {
        "distances": distances_table,
        "path_lengths": path_table,
        "arithmetic": arithmetic_table,
        "frames_kept": frames_table,
        "ghosts": ghosts_table,
        "disentanglement": disentanglement_table,
        "privacy": privacy_table,
        "inversion": inversion_table,
    }
    tables = [make(figures[name]) for name, make in makers.items() if figures.get(name)]
    return "\n\n".join([*tables, training(figures["generator_training"], "The generator")])


def dcgan_table(figures: dict) -> str:
    """What the DCGAN reached, beside its descendant and the floor."""
    tables = [training(figures["dcgan_training"], "The DCGAN")]
    if "distances" in figures:
        kept = ("DCGAN", "house, psi 1", "eigenfaces, Gaussian", "held-out morphs, other half")
        tables.append(
            distances_table({name: figures["distances"][name] for name in kept if name in figures["distances"]})
        )
    if "path_lengths" in figures:
        tables.append(path_table(figures["path_lengths"]))
    return "\n\n".join(tables)


def training(about: dict, name: str) -> str:
    """One sentence on how long it was trained."""
    device = {"cpu": "two shared CPU cores", "cuda": "one GPU"}[about["device"]]
    return f"{name} saw {int(about['images']):,} pictures in {about['minutes']} minutes on {device}."


def distances_table(found: dict) -> str:
    rows = [
        [name, *(_plus_minus(against[side][key]) for side in ("held_out", "fresh") for key in _DISTANCES)]
        for name, against in found.items()
    ]
    heads = [f"{title}, {side}" for side in ("held-out", "fresh") for title in _DISTANCES.values()]
    return _table(["distance to morphs", *heads], rows)


def _plus_minus(value: dict[str, float]) -> str:
    deviation = f" ± {value['deviation']:.0f}" if value["deviation"] else ""
    return f"{value['mean']:,.0f}{deviation}" if value["mean"] >= 100 else f"{value['mean']:.1f}"


def path_table(found: dict) -> str:
    return _table(["perceptual path length", ""], [[name, f"{value:.2f}"] for name, value in found.items()])


def arithmetic_table(found: dict) -> str:
    if not found["equations"]:
        return f"Arithmetic could not be judged: exemplars found were {found['exemplars']}."
    historical = "too few exemplars" if found["dcgan"] is None else f"{found['dcgan']:.1%}"
    rows = [
        ["3 x 3 grids, all nine faces (summed in w)", f"{found['grid']:.1%}"],
        ["the sum alone, in w", f"{found['centre']:.1%}"],
        ["the sum alone, in z", f"{found['z']:.1%}"],
        ["the sum alone, in pixels", f"{found['pixels']:.1%}"],
        ["the sum alone, in the DCGAN's z", historical],
    ]
    head = f"man with glasses - man + woman, {found['equations']} equations"
    return _table([head, "woman and glasses, 0.9 sure of each"], rows)


def frames_table(found: dict) -> str:
    names = {
        "result": "the sum",
        "reconstruction": "the first term, encoded",
        "term": "the first term itself (the regressor's own error)",
        "average pair": "always the average pair",
    }
    rows = [
        [title, f"{found[name]['colour_error']:.1f}", f"{found[name]['shape_right']:.0%}"]
        for name, title in names.items()
    ]
    return _table(["frames kept in sums of held-out morphs", "colour error, RGB 0 to 255", "shape right"], rows)


def ghosts_table(found: dict) -> str:
    if not found["walks"]:
        return "Ghosts could not be judged: no faces with and without glasses were found."
    rows = [
        [name, *(f"{found[name][key]:.1%}" for key in ("unsure", "half_opaque", "half_strength"))]
        for name in ("w", "z-sphere", "cross-fade")
    ]
    head = f"pictures within {found['walks']} walks, bare to glasses"
    return _table([head, "regressor unsure (0.1 to 0.9)", "frames half opaque", "frames half as strong"], rows)


def disentanglement_table(found: dict) -> str:
    names = found["attributes"]
    rows = [[f"{name} by 2", *(f"{value:+.2f}" for value in row)] for name, row in zip(names, found["matrix"])]
    table = _table(["turned, in standard deviations", *names], rows)
    return (
        f"{table}\n\nLargest move of another: {found['largest_other']:.2f}; allowed were {found['allowed']:.2f}. "
        f"It is at most {found['largest_share']:.0%} of the move that was made."
    )


def privacy_table(found: dict) -> str:
    heads = ["minimum" if q == 0 else "median" if q == 0.5 else f"{q:.0%} quantile" for q in found["quantiles"]]
    rows = [[name, *(f"{value:.3f}" for value in values)] for name, values in found["distance"].items()]
    nearer = ", ".join(f"{name} {share:.1%}" for name, share in found["nearer_than_any_held_out_morph"].items())
    return (
        f"{_table(['distance to the nearest volunteer', *heads], rows)}\n\n"
        f"Nearer than any held-out morph: {nearer}. By this distance, {found['recognised']:.0%} of smiling photographs "
        "are nearest to the same person's neutral one."
    )


def inversion_table(found: dict) -> str:
    rows = [
        [f"{of}: {way}", f"{figures[way]['levels']:.1f}", f"{figures[way]['perceptual']:.2f}"]
        for of, figures in found.items()
        for way in ("encoder", "eigenfaces", "mean face")
    ]
    morphs, photos = found.values()
    return (
        f"{_table(['found again', 'mean difference, levels of 256', 'perceptual'], rows)}\n\n"
        f"Glasses of held-out morphs were kept in {morphs['glasses_kept']:.1%}, smiles to {morphs['smile_error']:.2f}; "
        f"of photographs of held-out volunteers, the smiling one smiles more in {photos['smiles_told_apart']:.0%}."
    )


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
