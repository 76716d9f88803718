"""Judge text to image: `python -m models.text2image.evaluate --set DIR --data DIR --judges DIR`, some minutes.

`--set` is the folder of the captioned sets train/ and held-out/, `--data` that of the training data (for SqueezeNet),
`--judges` what `python -m models.text2image.classifiers` has written. Every figure stands beside its floor or its
baseline. What is judged is the folder that ships, or another given with `--weights`. `--json FILE` keeps the figures,
`--cards` writes them into the model's card, `--sheets DIR` keeps pictures to look at, `--quick` tries it all out.
"""

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from PIL import Image

from models import weights
from models.perceptual import SqueezeNet
from models.text2image import folder, judge_pictures, judge_words, sampling
from models.text2image.bench import PERCEPTUAL, Bench, Setting
from models.text2image.data import Captioned
from models.text2image.figures import write_card
from models.text2image.judge import judges
from models.text2image.words import EXAMPLES

HOUSE = weights.WEIGHTS / "text2image"


@dataclass(frozen=True)
class Counts:
    """How many pictures are made; by default as many as two cores make in eight minutes."""

    distances: int = 72  # a side, a domain
    seeds: int = 2
    prompts: int = 200
    ablation: int = 40  # prompts, at each of twelve settings


QUICK = Counts(distances=12, seeds=1, prompts=20, ablation=10)


def speed(bench: Bench, setting: Setting, runs: int = 3) -> dict[str, float]:
    """Seconds that four pictures of one prompt take, all in all and by part: the fastest of `runs`, after one more."""
    pipeline, four = bench.pipeline, [EXAMPLES[0]] * 4
    tokens = pipeline.tokenizer([EXAMPLES[0]], return_tensors="pt").to(pipeline.device)
    latents = sampling.noise(pipeline, range(4))
    whole = _seconds(lambda: sampling.run(pipeline, four, range(4), setting.steps, setting.guidance), runs)
    words = _seconds(lambda: pipeline.text_encoder(tokens.input_ids), runs)
    pictures = _seconds(lambda: pipeline.vae.decode(latents), runs)
    return {
        "four_pictures": whole,
        "words": words,
        "a_step": (whole - words - pictures) / setting.steps,
        "decoding": pictures,
        "steps": setting.steps,
        "threads": torch.get_num_threads(),
    }


@torch.inference_mode()
def _seconds(work: Callable[[], object], runs: int) -> float:
    took = []
    for _ in range(runs + 1):
        began = time.perf_counter()
        work()
        took.append(time.perf_counter() - began)
    return min(took[1:])


def parts(
    bench: Bench, counts: Counts, judged_by: Path, save: Callable[[str, Image.Image], None] | None
) -> dict[str, Callable[[], object]]:
    """The judgements by name."""

    def with_judges(judge: Callable, count: int, *more: object) -> object:
        known = judges(judged_by, bench.domains, bench.squeezenet)
        return judge(bench, known, judge_words.all_prompts(bench, known, count), *more)

    return {
        "speed": partial(speed, bench, Setting()),
        "faithfulness": partial(with_judges, judge_words.faithfulness, counts.prompts, save),
        "distances": partial(judge_pictures.distances, bench, counts.seeds),
        "nearest": partial(judge_pictures.nearest, bench, save),
        "ablation": partial(with_judges, judge_words.ablation, counts.ablation, Setting()),
    }


def evaluate(
    path: Path,
    sets: Path,
    data: Path,
    judged_by: Path,
    counts: Counts,
    only: set[str] | None = None,
    save: Callable[[str, Image.Image], None] | None = None,
) -> dict:
    """All figures of the model folder at `path`, or those named in `only`; `seconds` says what each took."""
    figures: dict = {"about": folder.about(path), "seconds": {}}
    train, held_out = (Captioned(sets / name) for name in ("train", "held-out"))
    bench = Bench(folder.read(path), train, held_out, SqueezeNet(data / PERCEPTUAL), counts.distances)
    for name, judge in parts(bench, counts, judged_by, save).items():
        if only and name not in only:
            continue
        began = time.monotonic()
        figures[name] = judge()
        figures["seconds"][name] = round(time.monotonic() - began, 1)
        print(json.dumps({name: figures[name], "seconds": figures["seconds"][name]}), flush=True)
    return figures


def _save_in(sheets: Path, name: str, sheet: Image.Image) -> None:
    sheets.mkdir(parents=True, exist_ok=True)
    sheet.save(sheets / f"{name}.png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--judges", type=Path, default=Path("runs/text2image-judges"))
    parser.add_argument("--weights", type=Path, default=HOUSE, help="the model's folder, if not the one that ships")
    parser.add_argument("--only", nargs="+", metavar="PART", help="speed, faithfulness, distances, nearest, ablation")
    parser.add_argument("--quick", action="store_true", help="very few pictures, to see whether it all runs")
    parser.add_argument("--sheets", type=Path, help="write sheets of pictures here")
    parser.add_argument("--json", type=Path, help="write the figures here; those of other parts in it are kept")
    parser.add_argument("--cards", action="store_true", help="write the figures into the model's card")
    args = parser.parse_args()
    save = partial(_save_in, args.sheets) if args.sheets else None
    counts = QUICK if args.quick else Counts()
    figures = evaluate(args.weights, args.set, args.data, args.judges, counts, set(args.only or ()), save)
    if args.json:
        figures = _joined(args.json, figures)
        args.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    if args.cards:
        write_card(figures)


def _joined(path: Path, figures: dict) -> dict:
    """The figures, and those of parts judged before with the very same weights."""
    before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if before.get("about") != figures["about"]:
        return figures
    return before | figures | {"seconds": before["seconds"] | figures["seconds"]}


if __name__ == "__main__":
    main()
