"""One run with its doors open: where each word is looked for, and the latent as it loses its noise."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.cache import ModelCache
from models.cluster import anywhere
from models.text2image.ask import HOUSE, READS, Ask, check
from models.text2image.engine import SIDE, open_house

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedTokenizerFast

_DIM = 0.25  # of its brightness is left of a picture where a word is not looked for


@dataclass(frozen=True)
class Inside:
    """What one run of T steps looked like from within.

    words: of the prompt, as it was typed, W of them; maps: float32 (T, W, 16, 16), the share of its attention that each
    place of the latent gives to each word (mean over heads and layers; the networks see 8 x 8 places, enlarged here);
    latents: float32 (T + 1, 8, 16, 16), pure noise first; noisy: each of those as a picture; estimates: what each step
    took the finished picture to be (T of them); finished: the picture itself. All pictures RGB.
    """

    words: list[str]
    maps: NDArray
    latents: NDArray
    noisy: list[Image.Image]
    estimates: list[Image.Image]
    finished: Image.Image

    def over(self, word: int, step: int | None = None, side: int = 2 * SIDE) -> Image.Image:
        """The picture lit where a word (its index) is looked for: at one step, or over all of them together."""
        share = self.maps[:, word].mean(0) if step is None else self.maps[step, word]  # (16, 16)
        return _lit(self.finished if step is None else self.estimates[step], share, side)

    def channels(self, step: int, side: int = 64) -> Image.Image:
        """The latent before `step` (T: the finished one) as it is: its channels in grey, four in a row."""
        return _sheet(self.latents[step], side)


@anywhere("{model}")
def look_inside(ask: Ask, model: str = HOUSE, cache: ModelCache | None = None) -> Inside:
    """The first picture of an ask, painted once more under observation. House model only; errors as `paint`."""
    ask, _ = check(ask, model)
    with open_house(model, cache) as pipeline:
        import torch

        from models.text2image import preview
        from models.text2image.attention import as_maps, witnessed
        from models.text2image.sampling import noise, run

        transformer, witness = witnessed(pipeline.transformer)
        places, names = _words(pipeline.tokenizer, ask.prompt)
        latents, estimates, maps = [noise(pipeline, [ask.seed])], [], []

        def after_step(_index: int, state: "torch.Tensor", estimate: "torch.Tensor") -> None:
            with_words = witness.take()[-1]  # with guidance the first of two was told the negative prompt
            maps.append(as_maps(with_words, state.shape[-1])[places].cpu().numpy())
            latents.append(state)
            estimates.append(estimate)

        finished = run(
            pipeline,
            [ask.prompt],
            [ask.seed],
            ask.steps,
            ask.guidance,
            ask.negative_prompt,
            after_step,
            latents=latents[0],
            transformer=transformer,
        )[0]
        path = torch.cat(latents)  # (T + 1, C, h, w)
        return Inside(
            words=names,
            maps=np.stack(maps),
            latents=path.float().cpu().numpy(),
            noisy=_enlarged(preview.show(pipeline, path)),
            estimates=_enlarged(preview.show(pipeline, torch.cat(estimates))),
            finished=finished,
        )


def _words(tokenizer: "PreTrainedTokenizerFast", prompt: str) -> tuple[list[int], list[str]]:
    """Places among the tokens, and the text there, of the words of a prompt that the model reads."""
    import copy

    text = prompt.lower().strip()  # as the pipeline does
    read = copy.deepcopy(tokenizer)(text, truncation=True, max_length=READS + 2, return_offsets_mapping=True)
    special = set(tokenizer.all_special_ids) - {tokenizer.unk_token_id}
    found = [
        (place, text[start:end])
        for place, (token, (start, end)) in enumerate(zip(read["input_ids"], read["offset_mapping"], strict=True))
        if token not in special
    ]
    return [place for place, _ in found], [word for _, word in found]


def _enlarged(pictures: list[Image.Image]) -> list[Image.Image]:
    return [picture.resize((SIDE, SIDE), Image.Resampling.BICUBIC) for picture in pictures]


def _lit(picture: Image.Image, share: NDArray, side: int) -> Image.Image:
    """A picture as bright as a map (h, w) says, its own brightest place in full light, in the dark grey elsewhere."""
    light = (share - share.min()) / max(float(np.ptp(share)), 1e-9)
    mask = Image.fromarray((255 * light).astype(np.uint8)).resize((side, side), Image.Resampling.BICUBIC)
    bright = picture.resize((side, side), Image.Resampling.BICUBIC)
    dark = bright.convert("L").point(lambda value: _DIM * value).convert("RGB")
    return Image.composite(bright, dark, mask)


def _sheet(latent: NDArray, side: int, columns: int = 4) -> Image.Image:
    """Channels (C, h, w) in grey, -3 black, 0 middle grey and 3 white: noise has a spread of 1."""
    grey = ((latent.clip(-3, 3) + 3) / 6 * 255).astype(np.uint8)
    rows = -(-len(grey) // columns)
    sheet = Image.new("L", (columns * side, rows * side))
    for place, channel in enumerate(grey):
        tile = Image.fromarray(channel).resize((side, side), Image.Resampling.NEAREST)
        sheet.paste(tile, (place % columns * side, place // columns * side))
    return sheet.convert("RGB")
