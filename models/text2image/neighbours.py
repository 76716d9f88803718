"""A prompt among its neighbours: the text encoder's space, seen in the two directions in which captions differ most."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.cache import ModelCache
from models.cluster import anywhere
from models.text2image import words
from models.text2image.ask import HOUSE, READS, Ask, check
from models.text2image.engine import open_house

if TYPE_CHECKING:
    from diffusers import PixArtAlphaPipeline

_COLOURS = ("red", "yellow", "green", "blue", "purple", "pink", "white")


@dataclass(frozen=True)
class Neighbours:
    """A prompt on the map of known captions.

    captions, groups: N known captions and what each is about; points: float32 (N, 2), place: (2,) the prompt's own, in
    the captions' first two principal components, their spread along the first being 1; nearest: known captions with
    their cosine similarity in -1..1 in the whole space, the closest first; shown: the share of the captions' variance
    that the two directions hold, 0..1.
    """

    captions: tuple[str, ...]
    groups: tuple[str, ...]
    points: NDArray
    place: NDArray
    nearest: list[tuple[str, float]]
    shown: float


@anywhere("{model}")
def neighbours(prompt: str, model: str = HOUSE, cache: ModelCache | None = None, most: int = 8) -> Neighbours:
    """Where the text encoder puts a prompt among known captions, and the `most` nearest. House model only."""
    ask, _ = check(Ask(prompt, 0), model)
    known = known_captions()
    captions = tuple(caption for caption, _ in known)
    with open_house(model, cache) as pipeline:
        states = encode(pipeline, [*captions, ask.prompt])  # (N + 1, D)
    middle = states[:-1].mean(0)
    told, own = states[:-1] - middle, states[-1] - middle  # (N, D), (D,)
    _, deviations, directions = np.linalg.svd(told, full_matrices=False)
    plane = directions[:2].T / (deviations[0] / len(told) ** 0.5)  # (D, 2)
    similar = told @ own / np.maximum(np.linalg.norm(told, axis=1) * np.linalg.norm(own), 1e-9)
    return Neighbours(
        captions=captions,
        groups=tuple(group for _, group in known),
        points=(told @ plane).astype(np.float32),
        place=(own @ plane).astype(np.float32),
        nearest=[(captions[row], float(similar[row])) for row in np.argsort(-similar)[:most]],
        shown=float((deviations[:2] ** 2).sum() / (deviations**2).sum()),
    )


def encode(pipeline: "PixArtAlphaPipeline", prompts: list[str]) -> NDArray:
    """Prompts as the text encoder's mean state over their words: float32 (N, D)."""
    import copy

    import torch

    tokenizer = copy.deepcopy(pipeline.tokenizer)  # it is set anew at each call, and shared
    read = tokenizer(
        [prompt.lower() for prompt in prompts],
        padding=True,
        truncation=True,
        max_length=READS + 2,
        return_tensors="pt",
    ).to(pipeline.text_encoder.device)
    with torch.inference_mode():
        states = pipeline.text_encoder(
            read.input_ids, attention_mask=read.attention_mask
        ).last_hidden_state  # (N, T, D)
    heard = read.attention_mask.clone()
    heard[:, 0] = 0  # the first state has seen no word yet, and is the same for all
    heard = heard[..., None].to(states)  # (N, T, 1)
    return ((states * heard).sum(1) / heard.sum(1)).float().cpu().numpy()


def known_captions() -> list[tuple[str, str]]:
    """Captions of every kind the house model was taught, with the kind: a few hundred, always the same."""
    frames = [f"{frame} glasses" for frame in words.FRAMES]
    people = [
        f"a {kind} with {thing}"
        for kind in ("woman", "man", "young woman", "older man", "smiling woman", "serious man")
        for thing in (*frames, *(f"{hair} hair" for hair in words.HAIR))
    ]
    fruit = [f"a {colour} {kind}" for kind in words.FRUIT for colour in ("red", "dark red", "yellow", "green")]
    fruit += [f"{count} {kinds}" for kinds in words.FRUIT.values() for count in ("two", "three")]
    flowers = [f"a {colour} {kind}" for kind in words.FLOWERS for colour in _COLOURS]
    sketches = [f"a {tool} sketch of a {subject}" for tool in words.TOOLS for subject in words.SKETCHED[::3]]
    scenes = [f"a {colour} {shape}" for shape in words.SHAPES for colour in _COLOURS]
    scenes += [f"a {thing} {where}" for thing in words.THINGS for where in ("on green hills", "by the sea", "at night")]
    kinds = {"people": people, "fruit": fruit, "flowers": flowers, "sketches": sketches, "scenes": scenes}
    return [(caption, kind) for kind, captions in kinds.items() for caption in captions]
