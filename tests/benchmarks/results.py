"""Everything that is timed: each engine's result as a room asks for it, and the papers' networks at the same sizes."""

import functools
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image, ImageDraw

from tests.benchmarks import papers

Run = Callable[[], object]
HELD = ExitStack()  # leases of what is timed in parts


@dataclass(frozen=True)
class Result:
    """`make` prepares what is asked and gives the run; `asked`: by a visitor, so that the very first one matters;
    `swift`: reckoned in bfloat16 where the processor has it; `paper`: not ours."""

    name: str
    make: Callable[[], Run]
    asked: bool = True
    swift: bool = False
    paper: bool = False


def outline() -> Image.Image:
    paper = Image.new("RGB", (512, 512), "white")
    ImageDraw.Draw(paper).ellipse((110, 130, 400, 420), outline="black", width=6)
    return paper


def fruit() -> Image.Image:
    photo = Image.new("RGB", (512, 512), "white")
    ImageDraw.Draw(photo).ellipse((110, 130, 400, 420), fill=(190, 40, 30))
    return photo


def photo() -> Image.Image:
    """1,200 x 800 px of soft patches."""
    patches = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    return Image.fromarray(patches).resize((1200, 800), Image.Resampling.BICUBIC)


def sketch(count: int) -> Run:
    from models.sketch.engine import takes

    return functools.partial(takes, outline(), "fruit", range(count))


def faces(count: int, model: str = "faces/generator") -> Run:
    from models.faces.engine import faces_of

    return lambda: faces_of(range(count), model=model)


def encoder() -> Run:
    from models.faces.engine import encode

    return functools.partial(encode, photo().resize((128, 128)))


def words_to_pictures(count: int) -> Run:
    from models.text2image.engine import Ask, paint

    return functools.partial(paint, Ask("a dark red cherry on a white background", 1, steps=12, count=count))


def text_part(part: str) -> Run:
    """One step of four pictures with guidance, or their decoding, or the reading of the prompt."""
    from models.text2image.engine import open_house

    pipeline = HELD.enter_context(open_house())
    read = pipeline.tokenizer(["a dark red cherry"], padding="max_length", max_length=32, return_tensors="pt")
    mask, latents = read.attention_mask, torch.randn(8, 8, 16, 16)
    states = pipeline.text_encoder(read.input_ids, attention_mask=mask).last_hidden_state.detach()
    parts = {
        "words": lambda: pipeline.text_encoder(read.input_ids, attention_mask=mask),
        "decode": lambda: pipeline.vae.decode(latents[:4]),
        "step": lambda: pipeline.transformer(
            latents,
            encoder_hidden_states=states.expand(8, -1, -1),
            encoder_attention_mask=mask.expand(8, -1),
            timestep=torch.full((8,), 500.0),
            added_cond_kwargs={"resolution": None, "aspect_ratio": None},
        ),
    }
    return torch.inference_mode()(parts[part])


def painting() -> Run:
    from models.style import engine

    return functools.partial(engine.paint, photo(), engine.Ask(engine.code(engine.styles()[0].slug)))


def translation() -> Run:
    from models.style.cycle import translate

    return functools.partial(translate, fruit(), "to-tomato")


def clip() -> Run:
    from models.foley.engine import FPS, open_network, show

    frames = np.random.default_rng(0).integers(0, 256, (5 * FPS, 112, 150, 3), np.uint8)

    def watch() -> object:
        with open_network() as network:
            return show(network, frames).curves()

    return watch


def paper(build: Callable[[], torch.nn.Module], *shape: int) -> Run:
    network, x = papers.ready(build()), torch.randn(shape)
    return torch.inference_mode()(lambda: network(x))


def diffusion_step() -> Run:
    network, latents, words = papers.ready(papers.diffusion_step()), torch.randn(1, 4, 64, 64), torch.randn(1, 77, 768)
    return torch.inference_mode()(lambda: network(latents, 500, words))


def diffusion_decode() -> Run:
    network, latents = papers.ready(papers.diffusion_decoder()), torch.randn(1, 4, 64, 64)
    return torch.inference_mode()(lambda: network.decode(latents))


def _p(name: str, make: Callable[[], Run]) -> Result:
    return Result(name, make, asked=False, paper=True)


RESULTS = (
    Result("sketch: a photograph, 128 px", lambda: sketch(1), swift=True),
    Result("sketch: four takes", lambda: sketch(4), asked=False, swift=True),
    _p("pix2pix's U-Net, 256 px", lambda: paper(papers.UNet256, 1, 3, 256, 256)),
    Result("faces: a face, 128 px", lambda: faces(1), swift=True),
    Result("faces: eight faces", lambda: faces(8), asked=False, swift=True),
    Result("faces: encoder", encoder),
    Result("faces: our DCGAN, 64 px", lambda: faces(1, "faces/dcgan")),
    _p("DCGAN, 64 px", lambda: paper(papers.dcgan, 1, 100)),
    Result("words: a picture, 128 px, 12 steps", lambda: words_to_pictures(1)),
    Result("words: four pictures", lambda: words_to_pictures(4), asked=False),
    Result("words: reading a prompt", lambda: text_part("words"), asked=False),
    Result("words: a step of four", lambda: text_part("step"), asked=False),
    Result("words: decoding four", lambda: text_part("decode"), asked=False),
    _p("Stable Diffusion 1.5: a step, 512 px", diffusion_step),
    _p("Stable Diffusion 1.5: decoding", diffusion_decode),
    Result("style: a painting, 512 x 341 px", painting),
    _p("Johnson 2016, 512 x 344 px", lambda: paper(papers.TransformNet, 1, 3, 344, 512)),
    Result("style: apple to tomato and back", translation),
    Result("sound: five seconds watched", clip),
)
