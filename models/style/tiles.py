"""Large paintings from one trunk and many tiles: no seams, and memory for one tile at a time.

Only the trunk of the network, at a quarter of the size, needs the whole picture, for its instance norms. What it is
told and what becomes of it is local, so that is done tile by tile: each tile is computed with a rim of neighbourhood at
least as wide as the layers can see, and the rim is cut off. The result is that of the whole picture at once.
"""

from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from models.style.network import STRIDE, Painter, Plan

TILE = 512  # pixels
RIM = 16  # pixels that a tile sees around itself: the encoder looks 11 far, the decoder 9; a multiple of STRIDE

Window = tuple[slice, slice]


def padded(picture: Tensor) -> Tensor:
    """(1, 3, H, W) made larger at the right and below to multiples of STRIDE and at least 16, by reflection."""
    height, width = picture.shape[2:]
    down, across = (max(2 * STRIDE, -(-side // STRIDE) * STRIDE) - side for side in (height, width))
    # A picture can be reflected by less than its own size only; what is thinner than that repeats its edge.
    mode = "reflect" if down < height and across < width else "replicate"
    return F.pad(picture, (0, across, 0, down), mode=mode) if down or across else picture


def paint(
    painter: Painter,
    picture: Tensor,
    code: Tensor,
    noise: Tensor | None = None,
    on_tile: Callable[[int, int], None] | None = None,
    tile: int = TILE,
) -> Tensor:
    """A painting (1, 3, H, W) in [-1, 1] of a picture (1, 3, H, W) whose sides are multiples of STRIDE.

    code (1, code) and noise (1, maps, H/4, W/4) as in `Painter.forward`. tile: a multiple of STRIDE. `on_tile` hears
    (tiles done, in all) and ends the work by raising.
    """
    windows = list(_windows(*picture.shape[2:], tile))
    if len(windows) == 1:
        painting, _ = painter(picture, code, noise)
        _tell(on_tile, 1, 1)
        return painting
    steps = 2 * len(windows) + 1
    seen = torch.empty(0)
    for done, window in enumerate(windows, 1):
        with_rim, inner = _rimmed(window, picture.shape)
        part = _cut(painter.look(picture[_at(with_rim)]), inner, 4)
        seen = seen if len(seen) else part.new_empty(1, part.shape[1], *(side // 4 for side in picture.shape[2:]))
        seen[_at(_smaller(window, 4))] = part
        _tell(on_tile, done, steps)
    plan, _ = painter.plan(seen, code, noise)
    _tell(on_tile, len(windows) + 1, steps)
    painting = torch.empty_like(picture)
    for done, window in enumerate(windows, len(windows) + 2):
        with_rim, inner = _rimmed(window, picture.shape)
        part = painter.render(picture[_at(with_rim)], _piece(plan, _smaller(with_rim, 4)))
        painting[_at(window)] = _cut(part, inner, 1).clamp(-1, 1)
        _tell(on_tile, done, steps)
    return painting


def _windows(height: int, width: int, tile: int) -> Iterator[Window]:
    for top in range(0, height, tile):
        for left in range(0, width, tile):
            yield slice(top, min(top + tile, height)), slice(left, min(left + tile, width))


def _rimmed(window: Window, shape: torch.Size) -> tuple[Window, Window]:
    """The window with its rim, as far as the picture goes, and where the window lies in that."""
    wide = tuple(slice(max(part.start - RIM, 0), min(part.stop + RIM, side)) for part, side in zip(window, shape[2:]))
    inner = tuple(slice(part.start - rim.start, part.stop - rim.start) for part, rim in zip(window, wide))
    return wide, inner


def _smaller(window: Window, by: int) -> Window:
    return tuple(slice(part.start // by, part.stop // by) for part in window)


def _at(window: Window) -> tuple:
    return (slice(None), slice(None), *window)


def _cut(maps: Tensor, window: Window, by: int) -> Tensor:
    return maps[_at(_smaller(window, by))]


def _piece(plan: Plan, window: Window) -> Plan:
    grain = None if plan.grain is None else plan.grain[_at(window)]
    return plan._replace(trunk=plan.trunk[_at(window)], colours=plan.colours[_at(window)], grain=grain)


def _tell(on_tile: Callable[[int, int], None] | None, done: int, of: int) -> None:
    if on_tile:
        on_tile(done, of)
