"""How well the locator finds faces and their pupils: `python -m models.faces.evaluate_locator --faces HELD --data DIR`.

Three questions, all on pictures it never learnt from: held-out morphs (other volunteers) put into held-out photographs;
photographs of the held-out volunteers themselves, whose pupils were marked by hand, plain and made harder; photographs
that show nobody. Errors are in pixels of the 128-pixel training frame. With `--card` the table goes into the card.
"""

import argparse
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from models.faces import landmarks as lm
from models.faces.locate import find
from models.faces.scenes import dressed, photographed, place
from models.faces.store import Morphs
from models.faces.train_locator import read_actors, read_photographs
from models.faces.volunteers import TEMPLATE_SCALE

CARD = Path(__file__).resolve().parents[2] / "assets" / "cards" / "faces-locator.md"
BEGIN, END = "<!-- figures: written by models.faces.evaluate_locator -->", "<!-- end of figures -->"
FRAME = 128
Sample = tuple[np.ndarray, np.ndarray]  # a photograph uint8 (H, W, 3) and its face's pupils (2, 2), left to right


def pasted(morphs: Morphs, photographs: list[np.ndarray], count: int, rng: np.random.Generator) -> Iterator[Sample]:
    """Held-out morphs in held-out photographs, 20 to 160 pixels between the pupils, every light and blur."""
    actors = read_actors(morphs, 400)
    small = [cv2.resize(photo, (224, 224), interpolation=cv2.INTER_AREA) for photo in photographs]
    while count:
        photo = photographs[rng.integers(len(photographs))]
        scale = 640 / max(photo.shape[:2])
        photo = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        one = dressed(actors[rng.integers(len(actors))], small, rng)
        picture, points = place(photo, one, float(np.exp(rng.uniform(np.log(20), np.log(160)))), rng)
        if _inside(points, picture.shape):
            count -= 1
            yield photographed(picture, rng), points[:2]


def _inside(points: np.ndarray, shape: tuple[int, ...]) -> bool:
    return bool(((points > 0) & (points < shape[1::-1])).all())


def volunteers(folder: Path, names: list[str]) -> list[Sample]:
    """The neutral photographs of some volunteers and their pupils."""
    samples = []
    for name in names:
        photo = cv2.imread(str(folder / f"{name}_03.jpg"))[..., ::-1]
        marks = lm.read_template(folder / f"{name}_03.tem") / TEMPLATE_SCALE + 0.5
        pupils = marks[[lm.LEFT_PUPIL, lm.RIGHT_PUPIL]]
        samples.append((np.ascontiguousarray(photo), pupils[np.argsort(pupils[:, 0])]))
    return samples


def moved(sample: Sample, photographs: list[np.ndarray] | None, rng: np.random.Generator) -> Sample:
    """A volunteer's photograph turned by up to 25 degrees, made smaller or larger, and put somewhere else.

    On a canvas of 640 x 480, before one of some photographs or, without any, before its own border carried on.
    """
    photo, pupils = sample
    angle, span = np.radians(rng.uniform(-25, 25)), np.exp(rng.uniform(np.log(25), np.log(110)))
    scale = span / np.hypot(*(pupils[1] - pupils[0]))
    linear = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = np.array([rng.uniform(1.2 * span, 640 - 1.2 * span), rng.uniform(1.3 * span, 480 - 1.5 * span)])
    shift = middle - linear @ pupils.mean(0)
    less = cv2.GaussianBlur(photo, (0, 0), 0.4 / scale) if scale < 0.7 else photo
    matrix = np.hstack([linear, (shift + linear.sum(1) * 0.5 - 0.5)[:, None]])
    size, after = (640, 480), pupils @ linear.T + shift
    if photographs is None:
        return cv2.warpAffine(less, matrix, size, borderMode=cv2.BORDER_REPLICATE), after
    behind = cv2.resize(photographs[rng.integers(len(photographs))], size, interpolation=cv2.INTER_AREA)
    return cv2.warpAffine(less, matrix, size, behind, borderMode=cv2.BORDER_TRANSPARENT), after


def darkened(sample: Sample, rng: np.random.Generator) -> Sample:
    """As by lamplight: a third of the light, warm, noisy."""
    picture = sample[0] / 255 * 0.33 * [1.15, 1.0, 0.75] + rng.normal(0, 0.025, sample[0].shape)
    return np.clip(picture * 255, 0, 255).astype(np.uint8), sample[1]


def tight(sample: Sample) -> Sample:
    """Cut close: brows to chin, and little beside the eyes."""
    photo, pupils = sample
    (x, y), span = pupils.mean(0), np.hypot(*(pupils[1] - pupils[0]))
    left, top = int(max(0, x - 1.05 * span)), int(max(0, y - 0.8 * span))
    part = photo[top : int(y + 1.9 * span), left : int(x + 1.05 * span)]
    return part, pupils - [left, top]


def measure(samples: list[Sample]) -> dict[str, float]:
    """Share found, share of photographs with a face too many, and the pupils' error: mean and 95th percentile."""
    errors, extra = [], 0
    for photo, pupils in samples:
        faces = find(Image.fromarray(photo))
        span = np.hypot(*(pupils[1] - pupils[0]))
        apart = [np.hypot(*(face.points[:2] - pupils).T).mean() / span for face in faces]
        best = min(apart, default=9.0)
        extra += len(faces) > (best < 0.5)
        if best < 0.5:
            errors.append(best * lm.EYE_DISTANCE * FRAME)
    return {
        "photographs": len(samples),
        "found": len(errors) / len(samples),
        "one_too_many": extra / len(samples),
        "error_mean": float(np.mean(errors)) if errors else float("nan"),
        "error_95": float(np.percentile(errors, 95)) if errors else float("nan"),
    }


def false_alarms(photographs: list[np.ndarray]) -> dict[str, float]:
    """Share of photographs without anybody in which a face is seen."""
    seen = sum(bool(find(Image.fromarray(photo))) for photo in photographs)
    return {"photographs": len(photographs), "false_alarms": seen / len(photographs)}


def read_fruit(data: Path, count: int) -> list[np.ndarray]:
    """Photographs of fruit, spread over the set; none was learnt from."""
    paths = sorted((data / "fruits360").rglob("*.jpg"))
    return [cv2.imread(str(paths[row]))[..., ::-1] for row in np.linspace(0, len(paths) - 1, count).astype(int)]


def evaluate(faces: Path, data: Path, count: int, report: Callable[[str, dict], None]) -> dict[str, dict]:
    """All figures, told to `report` as they come."""
    rng = np.random.default_rng(5)
    photographs = read_photographs(data, held_out=True)
    large = [photo for photo in photographs if min(photo.shape[:2]) > 300]
    flowers = [photo for photo in photographs if min(photo.shape[:2]) <= 300]
    morphs = Morphs(faces)
    shown = (morphs.labels["identity"] > 0).any(0)
    names = [name for name, held in zip(morphs.about["volunteers"], shown, strict=True) if held]
    people = volunteers(data / "faces-london", names)
    fruit = read_fruit(data, count)
    questions = {
        "held-out morphs in held-out photographs": lambda: measure(list(pasted(morphs, large, count, rng))),
        "held-out volunteers, as photographed": lambda: measure(people),
        "the same, turned, resized, moved": lambda: measure([moved(one, None, rng) for one in people * 3]),
        "the same before other photographs": lambda: measure([moved(one, large, rng) for one in people * 3]),
        "the same by lamplight": lambda: measure([darkened(one, rng) for one in people]),
        "the same cut close": lambda: measure([tight(one) for one in people]),
        "landscapes, animals, buildings": lambda: false_alarms(large),
        "flowers": lambda: false_alarms(flowers[:count]),
        "fruit": lambda: false_alarms(fruit),
    }
    figures = {}
    for name, ask in questions.items():
        figures[name] = ask()
        report(name, figures[name])
    return figures


def as_markdown(figures: dict[str, dict]) -> str:
    """The card's two tables."""
    lines = [
        "| photographs with a face | number | found | pupils off by, mean | 95 of 100 within | one face too many |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, row in figures.items():
        if "found" in row:
            lines.append(
                f"| {name} | {row['photographs']} | {row['found']:.1%} | {row['error_mean']:.2f} px | "
                f"{row['error_95']:.2f} px | {row['one_too_many']:.1%} |"
            )
    lines += ["", "| photographs without | number | a face is seen in |", "| --- | --- | --- |"]
    for name, row in figures.items():
        if "found" not in row:
            lines.append(f"| {name} | {row['photographs']} | {row['false_alarms']:.1%} |")
    return "\n".join(lines)


def write_card(figures: dict[str, dict]) -> None:
    """Put the tables between the card's markers."""
    text = CARD.read_text(encoding="utf-8")
    before, after = text[: text.index(BEGIN)], text[text.index(END) :]
    CARD.write_text(f"{before}{BEGIN}\n{as_markdown(figures)}\n{after}", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faces", type=Path, required=True, help="held-out morphs, rendered by models.faces.data")
    parser.add_argument("--data", type=Path, required=True, help="folder of the training data")
    parser.add_argument("--count", type=int, default=300, help="photographs a question, at most")
    parser.add_argument("--card", action="store_true", help="write the figures into the card")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    figures = evaluate(args.faces, args.data, args.count, lambda name, row: print(name, json.dumps(row), flush=True))
    if args.card:
        write_card(figures)


if __name__ == "__main__":
    main()
