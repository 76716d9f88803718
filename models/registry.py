"""Every model there is, house and hub, as plain data: what it is called, how it is loaded, what it costs.

Light on purpose: the front door reads it before torch is imported. Loaders are named, not imported.
Built-in models enter by the same `register` as a guest package's.
"""

from dataclasses import dataclass
from typing import Literal

from models.errors import BadInput
from models.weights import WEIGHTS

_LARGEST_HOUSE_MODEL = 32_000_000  # bytes in memory: 8 M parameters in single precision
_SKETCH_WORKING = 96_000_000  # bytes: activations of four takes at 128 px and the look inside
_FACES_WORKING = 160_000_000  # bytes: activations of a batch of 32 faces at 128 px
_LARGEST_PIPELINE = 120_000_000  # bytes in memory: 60 MB of half-precision files
_TEXT2IMAGE_WORKING = 200_000_000  # bytes: nine pictures at 128 px, decoded at once
_CYCLE_WORKING = 24_000_000  # bytes: activations of one picture at 128 px
_STYLE_WORKING = 400_000_000  # bytes: a picture of 1,536 px, its trunk and one tile
_FOLEY_WORKING = 160_000_000  # bytes: 15 seconds of film, and the look inside at a hit

# Name, title, repository, licence, bytes: of the download, of the weights in bfloat16 and of the largest part, of a run
# at 512 px. From the pages of the repositories, as far as they could be seen:
# lcm: UNet 3.44 GB, safety checker 1.22, text encoder 0.49, autoencoder 0.33, all in single precision;
# klein: as the sketch room's; it is the same repository, fetched once for both;
# z-image: transformer 24.6 GB in single precision, text encoder (Qwen3-4B) 8.05 and autoencoder 0.17 in half.
_TEXT2IMAGE_HUB = (
    ("lcm", "LCM Dreamshaper", "SimianLuo/LCM_Dreamshaper_v7", "MIT", (5.49e9, 2.75e9, 1.72e9, 1.2e9)),
    ("klein", "FLUX.2 klein", "black-forest-labs/FLUX.2-klein-4B", "Apache-2.0", (15.98e9, 15.96e9, 8.05e9, 1.5e9)),
    ("z-image", "Z-Image-Turbo", "Tongyi-MAI/Z-Image-Turbo", "Apache-2.0", (32.84e9, 20.53e9, 12.31e9, 1.5e9)),
)


@dataclass(frozen=True)
class ModelSpec:
    """One model, as plain data.

    `loader` is "package.module:function", called with this spec; it returns a module or a diffusers pipeline
    in main memory, in eval mode. Bytes: `weights_bytes` once loaded, `working_bytes` more for each lease,
    `download_bytes` over the network; `part_bytes` of the largest part of a pipeline whose parts can take turns on a
    GPU too small for all of it (0: they cannot). `shared`: stateless, so several threads may run it at once.
    """

    key: str
    title: str
    family: str
    tier: Literal["house", "hub"]
    loader: str
    weights_bytes: int
    working_bytes: int
    licence: str
    card: str
    shared: bool = False
    hub_id: str | None = None
    revision: str | None = None
    download_bytes: int = 0
    part_bytes: int = 0
    version: str = "1"


_SPECS: dict[str, ModelSpec] = {}


def register(spec: ModelSpec) -> None:
    """Add a model; ValueError when the key is taken by a different one."""
    if _SPECS.setdefault(spec.key, spec) != spec:
        raise ValueError(f"two models are both called {spec.key!r}")


def specs() -> tuple[ModelSpec, ...]:
    """All models, in the order they were registered."""
    return tuple(_SPECS.values())


def get(key: str) -> ModelSpec:
    """The model called `key`; BadInput names those there are."""
    try:
        return _SPECS[key]
    except KeyError:
        raise BadInput(f"There is no model called {key!r}; there are {', '.join(_SPECS)}.") from None


def family(name: str) -> tuple[ModelSpec, ...]:
    """The models of one family ("sketch"), house models first."""
    members = (spec for spec in _SPECS.values() if spec.family == name)
    return tuple(sorted(members, key=lambda spec: spec.tier != "house"))


def house(key: str, title: str, family: str, loader: str, working_bytes: int, licence: str, card: str) -> ModelSpec:
    """A model whose half-precision weights come in the box as `<key with - for />.safetensors`.

    It runs in single precision, so it takes twice its file's size.
    """
    file = WEIGHTS / f"{key.replace('/', '-')}.safetensors"
    weights = 2 * file.stat().st_size if file.is_file() else _LARGEST_HOUSE_MODEL
    return ModelSpec(key, title, family, "house", loader, weights, working_bytes, licence, card, shared=True)


def _register_sketch() -> None:
    """pix2pix generators, and their discriminators, a family that no visitor chooses from."""
    for subject, licence in (("fruit", "CC BY-SA 4.0"), ("flower", "CC BY 2.0"), ("portrait", "CC BY 4.0")):
        for part, family, function in (
            ("", "sketch", "load_house"),
            ("-discriminator", "critic", "load_discriminator"),
        ):
            register(
                house(
                    key=f"sketch/{subject}{part}",
                    title=f"Sketch to photo: {subject}{part.replace('-', ', ')}",
                    family=family,
                    loader=f"models.sketch.engine:{function}",
                    working_bytes=_SKETCH_WORKING,
                    licence=licence,
                    card=f"assets/cards/sketch-{subject}.md",
                )
            )
    # Sizes as the repository's pages list the files: text encoder (Qwen3-4B) 8.05 GB, transformer 7.75 GB (as its
    # single-file copy), and as a mirror's page does: autoencoder 0.16 GB, tokenizer and configurations 0.02 GB. All
    # bfloat16, so as many bytes in memory. Working memory is reckoned from 2 x 2,304 picture tokens and the decoding
    # of 768 x 768 px; it has not been measured on a GPU.
    register(
        ModelSpec(
            key="sketch/scribble-hub",
            title="FLUX.2 klein, shown your drawing",
            family="sketch",
            tier="hub",
            loader="models.sketch.hub:load_scribble",
            weights_bytes=15_960_000_000,
            working_bytes=2_500_000_000,
            licence="Apache-2.0",
            card="assets/cards/sketch-scribble-hub.md",
            hub_id="black-forest-labs/FLUX.2-klein-4B",
            download_bytes=15_980_000_000,
        )
    )


def _register_faces() -> None:
    """The generator with its 2016 ancestor, and the tools around it, a family that no visitor chooses from."""
    for key, title, family, loader in (
        ("faces/generator", "Faces that never were", "faces", "models.faces.engine:load_generator"),
        ("faces/dcgan", "DCGAN, as in 2016", "faces", "models.faces.dcgan:load"),
        ("faces/encoder", "Faces: photograph to latent", "faces-tools", "models.faces.engine:load_encoder"),
        ("faces/attributes", "Faces: what can be seen in one", "faces-tools", "models.faces.attributes:load"),
        ("faces/locator", "Faces: where the pupils are", "faces-tools", "models.faces.locate:load"),
    ):
        card = f"assets/cards/{key.replace('/', '-')}.md"
        register(house(key, title, family, loader, _FACES_WORKING, "CC BY 4.0", card))
    # Sizes as the repository's page lists the file: a UNet of 114 M parameters in single precision.
    register(
        ModelSpec(
            key="faces/ddpm-hub",
            title="DDPM trained on CelebA-HQ",
            family="faces",
            tier="hub",
            loader="models.faces.hub:load",
            weights_bytes=455_000_000,
            working_bytes=1_200_000_000,
            licence="Apache-2.0",
            card="assets/cards/faces-ddpm-hub.md",
            hub_id="google/ddpm-celebahq-256",
            download_bytes=455_000_000,
        )
    )


def _register_text2image() -> None:
    """The house's own latent diffusion model: a folder in diffusers' own format, run in single precision."""
    folder = WEIGHTS / "text2image"
    files = sum(file.stat().st_size for file in folder.rglob("*.safetensors"))
    register(
        ModelSpec(
            key="text2image/house",
            title="Pictures from words",
            family="text2image",
            tier="house",
            loader="models.text2image.engine:load_house",
            weights_bytes=2 * files or _LARGEST_PIPELINE,
            working_bytes=_TEXT2IMAGE_WORKING,
            licence="CC BY-SA 4.0",
            card="assets/cards/text2image-house.md",
            shared=True,
            version="12",  # the same recipe paints otherwise with other weights
        )
    )
    for name, title, hub_id, licence, sizes in _TEXT2IMAGE_HUB:
        download, weights, part, working = map(int, sizes)
        register(
            ModelSpec(
                key=f"text2image/{name}-hub",
                title=title,
                family="text2image",
                tier="hub",
                loader="models.text2image.hub:load",
                weights_bytes=weights,
                working_bytes=working,
                licence=licence,
                card=f"assets/cards/text2image-{name}-hub.md",
                hub_id=hub_id,
                download_bytes=download,
                part_bytes=part,
            )
        )


def _register_style() -> None:
    """The house painter, and the two translators of a CycleGAN, each the other's way back."""
    register(
        house(
            key="style/painter",
            title="Any photo, any painting",
            family="style",
            loader="models.style.engine:load_painter",
            working_bytes=_STYLE_WORKING,
            licence="CC BY 4.0",
            card="assets/cards/style-painter.md",
        )
    )
    for target, title in (("tomato", "Apples to tomatoes"), ("apple", "Tomatoes to apples")):
        register(
            house(
                key=f"style/cycle-{target}",
                title=title,
                family="style-cycle",
                loader="models.style.cycle:load_translator",
                working_bytes=_CYCLE_WORKING,
                licence="CC BY-SA 4.0",
                card="assets/cards/style-cycle.md",
            )
        )
    # The sketch room's model, and its sizes. Working memory is reckoned, for a run at 512 px beside two references.
    register(
        ModelSpec(
            key="style/klein-hub",
            title="FLUX.2 klein, told or shown the style",
            family="style",
            tier="hub",
            loader="models.sketch.hub:load_scribble",
            weights_bytes=15_960_000_000,
            working_bytes=1_800_000_000,
            licence="Apache-2.0",
            card="assets/cards/style-klein-hub.md",
            hub_id="black-forest-labs/FLUX.2-klein-4B",
            download_bytes=15_980_000_000,
            part_bytes=8_050_000_000,
        )
    )


def _register_foley() -> None:
    """The network that watches a silent film for what is hit."""
    register(
        house(
            key="foley/hits",
            title="What is hit, when and how hard",
            family="foley",
            loader="models.foley.engine:load_network",
            working_bytes=_FOLEY_WORKING,
            licence="Apache-2.0",
            card="assets/cards/foley-hits.md",
        )
    )
    # Sizes as the pages of the checkpoint list the files, all in single precision: transformer 4.23 GB, autoencoder
    # 0.62, text encoder (T5 base) 0.44; in memory half of that. Working memory is reckoned from the autoencoder's last
    # layers over 47 seconds in stereo; it has not been measured on a GPU.
    register(
        ModelSpec(
            key="foley/stable-audio-hub",
            title="Stable Audio Open, given your hits",
            family="foley",
            tier="hub",
            loader="models.foley.hub:load",
            weights_bytes=2_650_000_000,
            working_bytes=3_000_000_000,
            licence="Stability AI Community License, to be accepted on its page with an account",
            card="assets/cards/foley-stable-audio-hub.md",
            hub_id="stabilityai/stable-audio-open-1.0",
            download_bytes=5_300_000_000,
            part_bytes=2_120_000_000,
        )
    )


_register_sketch()
_register_faces()
_register_text2image()
_register_style()
_register_foley()
