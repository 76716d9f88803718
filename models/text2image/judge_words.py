"""Does a picture show what its prompt asks for? Faithfulness, and what steps and guidance do for it.

Every prompt asks for several things at once; a judge (`classifiers.py`) answers one question about each. Beside the
share of answers that agree stand two yardsticks: pictures of other prompts (chance), and real held-out pictures with
their own facts, as they are and through the autoencoder (what the judge itself gets right).
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from textwrap import wrap

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from models.metrics import frechet_distance
from models.text2image.bench import Bench, Setting
from models.text2image.judge import Judge
from models.text2image.prompts import Prompt, draw
from models.text2image.questions import answers

COLUMNS, LABEL = 10, 66  # of a sheet: pictures side by side, and pixels for the words below each
CHECKED = 300  # held-out pictures of a domain that the judges are tried on
GUIDANCES = (1.0, 1.5, 2.0, 3.0, 4.0)
STEPS = (2, 3, 4, 5, 6, 8, 12, 20)

Judges = dict[str, Judge]


def all_prompts(bench: Bench, judges: Judges, count: int) -> list[Prompt]:
    """As many prompts of every domain, three in ten of them for withheld combinations; only what judges know counts."""
    each = max(2, count // len(bench.domains))
    made = []
    for domain in bench.domains:
        facts = [one.facts(int(row)) for one in (bench.train, bench.held_out) for row in bench.rows(one, domain, 1000)]
        made += draw(facts, domain, each, round(0.3 * each), judges[domain].known)
    return made


def faithfulness(
    bench: Bench, judges: Judges, prompts: Sequence[Prompt], save: Callable[[str, Image.Image], None] | None = None
) -> dict:
    """Share of asked attributes that are there, by domain and question; of prompts, all whose attributes are there.

    `save` is given a sheet of each domain's pictures.
    """
    pictures = bench.paint([prompt.text for prompt in prompts], seed=1000)
    found: dict = {"prompts": len(prompts), "domains": {}}
    for domain, of_domain in by_domain(prompts).items():
        asked, made, judge = [prompts[k] for k in of_domain], pictures[of_domain], judges[domain]
        seen = judge.answer(made)
        found["domains"][domain] = _judged(asked, seen) | {"ceiling": ceiling(bench, judge, domain, asked)}
        if save:
            save(f"prompts-{domain}", _sheet(made, asked, hits(asked, seen)))
    return found | _over_all(found["domains"])


def by_domain(prompts: Sequence[Prompt]) -> dict[str, list[int]]:
    """Places of the prompts, by domain."""
    places = defaultdict(list)
    for place, prompt in enumerate(prompts):
        places[prompt.domain].append(place)
    return dict(places)


def hits(prompts: Sequence[Prompt], seen: dict[str, list[str]]) -> list[dict[str, bool]]:
    """For each prompt, whether each of its questions got the answer asked for; `seen` as `Judge.answer` gives it."""
    return [{q: seen[q][place] == answer for q, answer in prompt.asked.items()} for place, prompt in enumerate(prompts)]


def share(found: Iterable[dict[str, bool]]) -> float | None:
    """Of all questions together, how many were answered as asked."""
    every = [hit for one in found for hit in one.values()]
    return float(np.mean(every)) if every else None


def _judged(prompts: list[Prompt], seen: dict[str, list[str]]) -> dict:
    found = hits(prompts, seen)
    others = [prompts[place - 1] for place in range(len(prompts))]  # each picture judged by the prompt before
    questions = sorted({question for prompt in prompts for question in prompt.asked})
    ours = {q: [one[q] for one in found if q in one] for q in questions}
    return {
        "prompts": len(prompts),
        "attributes": sum(map(len, ours.values())),
        "right": share(found),
        "all_of_a_prompt": float(np.mean([all(one.values()) for one in found])),
        "seen": share(one for one, prompt in zip(found, prompts) if not prompt.unseen),
        "unseen": share(one for one, prompt in zip(found, prompts) if prompt.unseen),
        "chance": share(hits(others, seen)),
        "questions": {question: float(np.mean(values)) for question, values in ours.items()},
    }


def ceiling(bench: Bench, judge: Judge, domain: str, prompts: Sequence[Prompt]) -> dict[str, float]:
    """What the judge gets right of real pictures, questions weighted as the prompts ask them."""
    counts = Counter(question for prompt in prompts for question in prompt.asked)
    rows = bench.rows(bench.held_out, domain, CHECKED, seed=8)
    told, real = [answers(bench.held_out.facts(row), domain) for row in rows], bench.held_out.images(rows)
    folds = judge.folds(bench.held_out, rows)
    ways = {"real": real, "through the autoencoder": bench.through_autoencoder(real)}
    return {name: _weighted(judge.answer(pictures, folds), told, judge, counts) for name, pictures in ways.items()}


def _weighted(seen: dict[str, list[str]], told: list[dict], judge: Judge, counts: dict[str, int]) -> float:
    right = {
        q: [seen[q][k] == facts[q] for k, facts in enumerate(told) if facts.get(q) in judge.known[q]] for q in counts
    }
    kept = {q: counts[q] for q in counts if right[q]}
    return float(sum(kept[q] * np.mean(right[q]) for q in kept) / max(1, sum(kept.values())))


def _over_all(domains: dict[str, dict]) -> dict:
    """The means over all attributes asked for, whatever the domain."""
    sizes = {domain: found["attributes"] for domain, found in domains.items()}

    def mean(read: Callable[[dict], float | None]) -> float | None:
        values = [(sizes[domain], read(found)) for domain, found in domains.items() if read(found) is not None]
        return sum(n * value for n, value in values) / sum(n for n, _ in values) if values else None

    keys = ("right", "seen", "unseen", "chance")
    return {key: mean(lambda found, key=key: found[key]) for key in keys} | {
        "ceiling": mean(lambda found: found["ceiling"]["real"]),
        "all_of_a_prompt": float(np.average([f["all_of_a_prompt"] for f in domains.values()])),
    }


def ablation(bench: Bench, judges: Judges, prompts: Sequence[Prompt], usual: Setting) -> list[dict]:
    """What guidance (at the usual steps) and steps (at the usual guidance) do: faithfulness and Fréchet distance.

    The distance is of all domains' pictures together to as many held-out pictures: smaller sets than in `distances`,
    so these compare with each other alone. It is there to choose the room's defaults by.
    """
    rows = np.concatenate([bench.rows(bench.held_out, d, len(prompts) // len(bench.domains)) for d in bench.domains])
    theirs, places = bench.features(bench.held_out.images(rows)), by_domain(prompts)
    settings = [Setting(usual.steps, guidance) for guidance in GUIDANCES]
    settings += [Setting(steps, usual.guidance) for steps in STEPS if steps != usual.steps]
    table = []
    for setting in settings:
        pictures = bench.paint([prompt.text for prompt in prompts], 2000, setting)
        found = {d: hits([prompts[k] for k in of], judges[d].answer(pictures[of])) for d, of in places.items()}
        by = {domain: share(lot) for domain, lot in found.items()}
        table.append(
            {
                "steps": setting.steps,
                "guidance": setting.guidance,
                "right": share(one for lot in found.values() for one in lot),
                "frechet": frechet_distance(bench.features(pictures), theirs),
                "by_domain": by,
            }
        )
    return table


def _sheet(pictures: NDArray, prompts: Sequence[Prompt], found: Sequence[dict[str, bool]]) -> Image.Image:
    """Pictures with their prompts below, and in red what is not there."""
    side, rows = pictures.shape[1], -(-len(pictures) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * side, rows * (side + LABEL)), "white")
    pen = ImageDraw.Draw(sheet)
    for place, (picture, prompt, one) in enumerate(zip(pictures, prompts, found)):
        x, y = place % COLUMNS * side, place // COLUMNS * (side + LABEL)
        sheet.paste(Image.fromarray(picture), (x, y))
        lines = wrap(("* " if prompt.unseen else "") + prompt.text, 23)[:4]
        pen.text((x + 2, y + side), "\n".join(lines), fill="black", spacing=1)
        missed = ", ".join(question for question, hit in one.items() if not hit)
        pen.text((x + 2, y + side + LABEL - 14), missed[:23], fill="red")
    return sheet
