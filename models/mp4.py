"""The comment inside an MP4 file: where a film carries its recipe (ISO/IEC 14496-12, boxes; iTunes metadata, ilst).

ffmpeg writes it; reading it takes a walk through a few boxes, so no decoder has to touch a stranger's file.
"""

import struct
from collections.abc import Iterator

COMMENT = (b"moov", b"udta", b"meta", b"ilst", b"\xa9cmt", b"data")
_FULL_BOXES = {b"meta": 4, b"data": 8}  # bytes of version, flags and language before what they hold


def is_mp4(data: bytes) -> bool:
    """Whether a file begins like an MP4."""
    return data[4:8] == b"ftyp"


def comment_tags(text: str) -> list[str]:
    """What makes ffmpeg write a comment into an MP4: parameters for its command line."""
    return ["-metadata", f"comment={text}"]


def comment_in(data: bytes) -> str | None:
    """The comment of an MP4 file, None when it has none or its boxes make no sense."""
    view = memoryview(data)
    for name in COMMENT:
        inside = next((body for kind, body in _boxes(view) if kind == name), None)
        if inside is None:
            return None
        view = inside[_FULL_BOXES.get(name, 0) :]
    return bytes(view).decode("utf-8", "replace")


def _boxes(view: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """The boxes that lie side by side in some bytes: (type, body); stops where a size makes no sense."""
    at = 0
    while at + 8 <= len(view):
        size, head = struct.unpack_from(">I", view, at)[0], 8
        if size == 1 and at + 16 <= len(view):
            size, head = struct.unpack_from(">Q", view, at + 8)[0], 16
        end = len(view) if size == 0 else at + size
        if size != 0 and size < head or end > len(view):
            return
        yield bytes(view[at + 4 : at + 8]), view[at + head : end]
        at = end
