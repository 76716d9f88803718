"""The house model on disk: a diffusers folder that a bare `DiffusionPipeline.from_pretrained(path)` reads.

Half precision, no file over 16 MB (larger networks are sharded), `about.json` with how it was made, and the checksums
of all of it. Nothing in it is ours to import; a picture needs two words more than with a large PixArt, which would
make it of a resolution from a list: `pipeline(prompt, use_resolution_binning=False)`.
"""

import copy
import json
import os
import shutil
from pathlib import Path

import torch
from diffusers import PixArtAlphaPipeline

from models import weights
from models.errors import WeightsDamaged
from models.text2image.network import make_pipeline

LARGEST = 15_000_000  # bytes of a shard; with its header no more than 16 MB
ABOUT = "about.json"


def write(pipeline: PixArtAlphaPipeline, path: Path | str, about: dict[str, str | int | float]) -> Path:
    """Write the pipeline's parts in half precision, with `about` (images seen, minutes, device) and checksums.

    Written aside and then put in the place of what was there.
    """
    path = Path(path)
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    shutil.rmtree(partial, ignore_errors=True)
    parts = (pipeline.vae, pipeline.transformer, pipeline.text_encoder)
    halves = make_pipeline(*(copy.deepcopy(part).cpu().half() for part in parts), pipeline.tokenizer)
    halves.save_pretrained(partial, safe_serialization=True, max_shard_size=LARGEST)
    # transformers reads a network in the precision its configuration names, diffusers in single: they have to agree.
    _edit(partial / "text_encoder" / "config.json", dtype="float32")
    # The name by which transformers of every age knows this class.
    _edit(partial / "tokenizer" / "tokenizer_config.json", tokenizer_class="PreTrainedTokenizerFast")
    _edit(partial / "model_index.json", tokenizer=["transformers", "PreTrainedTokenizerFast"])
    for config in partial.glob("*/config.json"):
        _edit(config, _name_or_path=None)  # where its weights were read from is nobody's business
    (partial / ABOUT).write_text(json.dumps(about, indent=2) + "\n")
    weights.seal(partial)
    shutil.rmtree(path, ignore_errors=True)
    partial.rename(path)
    return path


def read(path: Path | str) -> PixArtAlphaPipeline:
    """The pipeline in single precision, ready to paint; WeightsDamaged where a file is not the one published."""
    path = weights.check_folder(path)
    try:
        pipeline = PixArtAlphaPipeline.from_pretrained(path, dtype=torch.float32, local_files_only=True)
    except (OSError, ValueError) as error:
        raise WeightsDamaged(f"The model folder {path.name} cannot be read; fetch the project again.") from error
    for part in (pipeline.vae, pipeline.transformer, pipeline.text_encoder):
        part.eval().requires_grad_(False)
    pipeline.vae.to(memory_format=torch.channels_last)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def about(path: Path | str) -> dict[str, str | int | float]:
    """How the weights in this folder were made."""
    return json.loads((Path(path) / ABOUT).read_text())


def _edit(path: Path, **values: str | list[str] | None) -> None:
    """Set these in a JSON file; None takes one out."""
    gone = {name for name, value in values.items() if value is None}
    kept = {name: value for name, value in (json.loads(path.read_text()) | values).items() if name not in gone}
    path.write_text(json.dumps(kept, indent=2, sort_keys=True) + "\n")
