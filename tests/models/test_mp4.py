"""Recipes in films: read back from the comment of an MP4, and nothing else is taken for one."""

import struct

import pytest

from models import mp4
from models.errors import BadInput
from models.media import NO_RECIPE, Recipe, film_tags, read_recipe

RECIPE = Recipe("latent-walk", "faces/generator", "1", 3, {"keyframes": ["3", "8"], "seconds": 2.0})
COMMENT = film_tags(RECIPE)[1].removeprefix("comment=")


def box(kind: bytes, *inside: bytes) -> bytes:
    body = b"".join(inside)
    return struct.pack(">I", 8 + len(body)) + kind + body


def film(comment: str = COMMENT) -> bytes:
    """The boxes ffmpeg writes around a comment, and some it writes beside them."""
    data = box(b"data", struct.pack(">II", 1, 0), comment.encode())
    tags = box(b"ilst", box(b"\xa9too", box(b"data", bytes(8), b"Lavf")), box(b"\xa9cmt", data))
    user = box(b"udta", box(b"meta", bytes(4), box(b"hdlr", bytes(25)), tags))
    return box(b"ftyp", b"isom") + box(b"free") + box(b"moov", box(b"mvhd", bytes(100)), user) + box(b"mdat", bytes(50))


def test_a_film_gives_its_recipe_back(tmp_path):
    path = tmp_path / "film.mp4"
    path.write_bytes(film())
    assert read_recipe(film()) == read_recipe(path) == read_recipe(str(path)) == RECIPE


def test_large_and_open_ended_boxes_are_understood():
    head, tail = film().split(b"moov", 1)
    size = struct.unpack(">I", head[-4:])[0]
    rest = tail[: size - 8]
    long = struct.pack(">I", 1) + b"moov" + struct.pack(">Q", 16 + len(rest)) + rest
    to_the_end = struct.pack(">I", 0) + b"moov" + rest
    for moov in (long, to_the_end):
        assert read_recipe(box(b"ftyp", b"isom") + moov) == RECIPE


@pytest.mark.parametrize("comment", ["", "made on holiday", "vernissage", "picture {}"])
def test_a_film_of_somebody_else_carries_none(comment):
    with pytest.raises(BadInput, match="carries no recipe|cannot be read"):
        read_recipe(film(comment))


def test_a_forged_recipe_is_refused():
    with pytest.raises(BadInput, match="cannot be read"):
        read_recipe(film('vernissage {"demo": "../etc", "seed": 1}'))


def test_a_film_cut_anywhere_is_a_sentence_or_whole():
    whole = film()
    for length in range(12, len(whole)):
        try:
            assert read_recipe(whole[:length]) == RECIPE
        except BadInput as error:
            assert str(error) == NO_RECIPE


def test_sizes_that_make_no_sense_end_the_search():
    for size in (0xFFFFFFFF, 7, 2):
        broken = box(b"ftyp", b"isom") + struct.pack(">I", size) + b"moov" + bytes(20)
        assert mp4.comment_in(broken) is None
