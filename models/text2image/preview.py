"""What a latent will look like, without the cost of decoding it: a linear map of each place and its neighbours.

Pictures half the size at a hundredth of the decoder's work, for every step of a run. The map is fitted to what the
decoder makes of the model's own latents, once, when the model is finished:

    python -m models.text2image.preview assets/weights/text2image
"""

import argparse
from pathlib import Path

import torch
import torch.nn.functional as F
from diffusers import PixArtAlphaPipeline
from PIL import Image
from torch import Tensor

FILE = "preview.safetensors"
_FINER = 4  # pixels to a latent's place, each way


def show(pipeline: PixArtAlphaPipeline, latents: Tensor) -> list[Image.Image]:
    """Pictures (RGB, 4 times the latent's side) of latents (N, C, h, w); the decoder's own where no map came along."""
    latents = latents.detach()
    fitted = getattr(pipeline, "preview", None)
    with torch.inference_mode():
        if fitted is None:
            pictures = pipeline.vae.decode(latents / pipeline.vae.config.scaling_factor).sample  # (N, 3, H, W)
        else:
            weight, bias = (fitted[name].to(latents) for name in ("weight", "bias"))
            pictures = F.pixel_shuffle(F.conv2d(_padded(latents), weight, bias), _FINER)  # (N, 3, 4 h, 4 w)
    pixels = ((pictures.float() + 1) * 127.5).round().clamp(0, 255).byte().permute(0, 2, 3, 1).cpu().numpy()
    return [Image.fromarray(picture) for picture in pixels]


def load(folder: Path) -> dict[str, Tensor] | None:
    """The map that came with a pipeline's folder, if one did."""
    from safetensors.torch import load_file

    return load_file(folder / FILE) if (folder / FILE).is_file() else None


def fit(latents: Tensor, pictures: Tensor) -> dict[str, Tensor]:
    """The map by least squares, from latents (N, C, h, w) to their pictures (N, 3, H, W) in [-1, 1]."""
    side = _FINER * latents.shape[-1]
    target = F.pixel_unshuffle(F.interpolate(pictures, size=side, mode="area"), _FINER)  # (N, 48, h, w)
    seen = F.unfold(_padded(latents), 3)  # (N, C * 9, h * w)
    seen = torch.cat([seen, torch.ones_like(seen[:, :1])], 1).transpose(0, 1).flatten(1)  # (C * 9 + 1, N * h * w)
    target = target.flatten(2).transpose(0, 1).flatten(1)  # (48, N * h * w)
    gram = seen @ seen.T
    ridge = 1e-4 * gram.diagonal().mean() * torch.eye(len(gram))
    solution = torch.linalg.solve(gram + ridge, seen @ target.T).T  # (48, C * 9 + 1)
    weight = solution[:, :-1].reshape(len(solution), latents.shape[1], 3, 3)
    return {"weight": weight.contiguous(), "bias": solution[:, -1].contiguous()}


def _padded(latents: Tensor) -> Tensor:
    return F.pad(latents, (1, 1, 1, 1), mode="replicate")


def fit_to(pipeline: PixArtAlphaPipeline, prompts: list[str], per_prompt: int = 4, steps: int = 8) -> dict[str, Tensor]:
    """The map for a pipeline, from pictures it paints itself: the estimates of all steps, rough and finished."""
    from models.text2image.sampling import run

    kept: list[Tensor] = []
    for number, prompt in enumerate(prompts):
        seeds = [1000 * number + take for take in range(per_prompt)]
        run(pipeline, [prompt] * per_prompt, seeds, steps, 3.0, after_step=lambda i, x, estimate: kept.append(estimate))
    latents = torch.cat(kept)
    with torch.inference_mode():
        parts = [pipeline.vae.decode(part / pipeline.vae.config.scaling_factor).sample for part in latents.split(16)]
    return fit(latents, torch.cat(parts).clamp(-1, 1))


def write(path: Path, prompts: list[str]) -> None:
    """Fit the map of the pipeline in a folder and lay it beside it, under the folder's seal."""
    from safetensors.torch import save_file

    from models import weights
    from models.text2image import folder

    fitted = fit_to(folder.read(path), prompts)
    save_file({name: tensor.half() for name, tensor in fitted.items()}, path / FILE)
    weights.seal(path)


def main() -> None:
    from models.text2image.words import EXAMPLES

    parser = argparse.ArgumentParser(description="Fit the map from latents to small pictures for a pipeline's folder.")
    parser.add_argument("folder", type=Path)
    path = parser.parse_args().folder
    write(path, list(EXAMPLES))
    print(f"wrote {path / FILE}")


if __name__ == "__main__":
    main()
