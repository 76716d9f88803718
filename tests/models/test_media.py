"""Pictures in and out: odd pictures become RGB, bad ones become a sentence, and recipes survive the trip."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from models.errors import BadInput
from models.media import Recipe, picture_bytes, read_picture, read_recipe, sign

RED = (200, 30, 40)
RECIPE = Recipe("sketch-to-photo", "sketch/fruit", "1", 7, {"subject": "fruit", "strokes": [[0.1, 0.2]]})


def encoded(image: Image.Image, fmt: str = "PNG", **options) -> bytes:
    file = io.BytesIO()
    image.save(file, fmt, **options)
    return file.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and has no pixels: decoding it fails, reading its header is enough."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def mean_colour(image: Image.Image) -> np.ndarray:
    return np.asarray(image, dtype=float).reshape(-1, 3).mean(axis=0)


# ---------------------------------------------------------------- what is read


@pytest.mark.parametrize("fmt", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
def test_common_formats_become_rgb(fmt):
    image = read_picture(encoded(Image.new("RGB", (12, 8), RED), fmt))
    assert image.mode == "RGB" and image.size == (12, 8)
    assert np.abs(mean_colour(image) - RED).max() < 6


def test_path_and_image_and_array_agree(tmp_path):
    picture = Image.effect_noise((16, 9), 80).convert("RGB")
    path = tmp_path / "noise.png"
    picture.save(path)
    expected = np.asarray(picture)
    for source in (path, str(path), path.read_bytes(), picture, expected, expected.astype(np.float64) / 255):
        assert np.array_equal(np.asarray(read_picture(source)), expected)


def test_cmyk_keeps_its_colour():
    image = read_picture(encoded(Image.new("RGB", (16, 16), RED).convert("CMYK"), "JPEG", quality=95))
    assert image.mode == "RGB" and np.abs(mean_colour(image) - RED).max() < 12


@pytest.mark.parametrize("fmt", ["PNG", "TIFF"])
def test_sixteen_bit_grey_is_scaled_not_clipped(fmt):
    ramp = np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16)
    image = np.asarray(read_picture(encoded(Image.fromarray(ramp), fmt)))
    assert image[0, 0, 0] == 0 and image[-1, -1, 0] == 255 and abs(int(image[8, 0, 0]) - 128) <= 1


def test_float_tiff_is_scaled():
    ramp = np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)
    image = np.asarray(read_picture(encoded(Image.fromarray(ramp), "TIFF")))
    assert image.min() == 0 and image.max() == 255


def test_transparency_goes_over_white():
    assert read_picture(encoded(Image.new("RGBA", (4, 4), (0, 0, 0, 0)))).getpixel((1, 1)) == (255, 255, 255)
    assert read_picture(encoded(Image.new("LA", (4, 4), (0, 0)))).getpixel((1, 1)) == (255, 255, 255)
    half = read_picture(Image.new("RGBA", (4, 4), (0, 0, 0, 128))).getpixel((1, 1))
    assert abs(half[0] - 127) <= 1


def test_palette_with_a_transparent_colour():
    picture = Image.new("P", (4, 4), 0)
    picture.putpalette([*RED, 0, 0, 255])
    picture.putpixel((0, 0), 1)
    image = read_picture(encoded(picture, transparency=1))
    assert image.getpixel((2, 2)) == RED and image.getpixel((0, 0)) == (255, 255, 255)


def test_animation_gives_its_first_frame():
    frames = [Image.new("RGB", (6, 6), colour) for colour in ("white", "black", "blue")]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=50)
    assert read_picture(data).getpixel((3, 3)) == (255, 255, 255)


def test_an_animation_is_not_read_to_its_end(monkeypatch):
    """One of twenty megabytes may have a million frames: counting them takes minutes."""
    from PIL.GifImagePlugin import GifImageFile

    monkeypatch.setattr(GifImageFile, "n_frames", property(lambda _: pytest.fail("the frames were counted")))
    file = io.BytesIO()
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue", "green")]
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    assert read_picture(file.getvalue()).getpixel((0, 0)) == (255, 0, 0)
    turned = Image.open(file)
    turned.seek(2)
    assert read_picture(turned).getpixel((0, 0)) == (255, 0, 0)


def test_exif_rotation_stands_upright():
    picture = Image.new("RGB", (10, 4), "white")
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held sideways
    image = read_picture(encoded(picture, "JPEG", exif=exif))
    assert image.size == (4, 10)


def test_one_pixel_is_a_picture():
    assert read_picture(encoded(Image.new("1", (1, 1), 1))).getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 1), (5, 7, 3), (5, 7, 4)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, bool])
def test_arrays_of_every_kind(shape, dtype):
    top = {np.uint8: 255, np.uint16: 65535}.get(dtype, 1)
    image = read_picture(np.full(shape, top, dtype=dtype))
    assert image.size == (7, 5) and image.getpixel((0, 0)) == (255, 255, 255)


# ---------------------------------------------------------------- what is refused


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize(("width", "height"), [(10_000, 5_000), (10_000, 10_000), (60_000, 60_000)])
def test_huge_pictures_are_refused_before_decoding(width, height):
    with pytest.raises(BadInput, match="megapixels"):
        read_picture(png_header(width, height))


def test_a_lazy_image_is_refused_before_decoding():
    lazy = Image.open(io.BytesIO(png_header(10_000, 5_000)))
    with pytest.raises(BadInput, match="50 megapixels"):
        read_picture(lazy)


def test_too_many_bytes_says_how_many():
    with pytest.raises(BadInput, match="MB at most"):
        read_picture(b"\x89PNG" + bytes(3 * 2**20), max_bytes=2**20)


def test_text_renamed_png(tmp_path):
    path = tmp_path / "letter.png"
    path.write_text("Dear gallery, this is not a picture.")
    with pytest.raises(BadInput, match="not a picture"):
        read_picture(path)


@pytest.mark.parametrize("fmt", ["PNG", "JPEG"])
def test_truncated_files(fmt):
    data = encoded(Image.effect_noise((64, 64), 90).convert("RGB"), fmt)
    with pytest.raises(BadInput):
        read_picture(data[: len(data) // 2])


def test_postscript_is_never_run():
    with pytest.raises(BadInput, match="not a picture"):
        read_picture(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n")


@pytest.mark.parametrize(
    "source", [b"", "/no/such/file.png", "nul\0byte", np.zeros((0, 4, 3)), np.zeros((2, 2, 5)), None]
)
def test_what_is_no_picture_at_all(source):
    with pytest.raises(BadInput):
        read_picture(source)


# ---------------------------------------------------------------- recipes


def test_recipe_round_trip(tmp_path):
    data = picture_bytes(Image.new("RGB", (8, 8), RED), RECIPE)
    path = tmp_path / "saved.png"
    path.write_bytes(data)
    assert read_recipe(data) == read_recipe(path) == read_recipe(Image.open(path)) == RECIPE
    assert read_picture(data).getpixel((0, 0)) == RED


def test_recipe_survives_what_gradio_writes(tmp_path):
    from gradio.processing_utils import save_pil_to_cache

    signed = sign(Image.new("RGB", (8, 8), RED), RECIPE)
    saved = save_pil_to_cache(signed, cache_dir=str(tmp_path), format="png")
    assert read_recipe(saved) == RECIPE


def test_signing_leaves_the_original_alone():
    image = Image.new("RGB", (2, 2))
    sign(image, RECIPE)
    assert image.info == {}


def test_recipe_keeps_letters_beyond_ascii():
    recipe = Recipe("text-to-image", "m", "1", 0, {"prompt": "une pêche 桃"})
    assert read_recipe(picture_bytes(Image.new("L", (1, 1)), recipe)) == recipe


def test_no_recipe_inside():
    with pytest.raises(BadInput, match="no recipe"):
        read_recipe(encoded(Image.new("RGB", (2, 2))))
    with pytest.raises(BadInput):
        read_recipe(encoded(Image.new("RGB", (2, 2)), "JPEG"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        "{" * 100_000,
        "[" * 100_000,
        '{"demo":"a","model":"m","version":"1","seed":true,"settings":{}}',
        '{"demo":"a","model":"m","version":"1","seed":-1,"settings":{}}',
        '{"demo":"a","model":"m","version":"1","seed":1e99,"settings":{}}',
        '{"demo":"a","model":"m","version":"1","seed":1,"settings":[]}',
        '{"demo":"../../etc","model":"m","version":"1","seed":1,"settings":{}}',
        '{"demo":"a","model":"m","version":"1","seed":1,"settings":{"x":NaN}}',
        '{"demo":"a","model":"m","version":"1","seed":1,"settings":{},"extra":1}',
        '{"demo":"a","model":"m","version":"1","seed":1,"settings":{"x":"' + "y" * 600_000 + '"}}',
    ],
)
def test_hostile_recipes(text):
    with pytest.raises(BadInput):
        Recipe.from_json(text)
