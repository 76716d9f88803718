"""The network that watches a silent film and tells when something is hit, how hard, and what it is made of.

After Owens et al. 2016 (arXiv:1512.08512), where a convolutional network sees "space-time pictures" (a frame with those
before and after as its channels) and an LSTM puts them together. Here the hit is found first, and two branches look:

- motion: small grey frames and their differences, convolved over space and time; attention maps of 8 x 8 places tell
  where something happens, and what is there goes on,
- appearance: five colour frames a second, and what each place of them is made of, pooled by those very maps: what does
  the thing look like that moved?
- trunk: dilated convolutions over time and a bidirectional GRU, on motion alone,
- heads: onset, offset to the hit, strength, from the trunk; material, from trunk and appearance.

Frames come at 30 a second. Both branches reach a few frames far, so a film of any length is seen piece by piece.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.foley.hits import Picking
from models.foley.materials import NAMES

GREY = 128  # pixels of the motion branch's grey frames, each way
COLOUR = 112  # pixels of the appearance branch's colour frames, each way
PLACES = GREY // 16  # of an attention map, each way
STEP = 6  # frames from one colour frame to the next
FAR = 3  # frames: a frame is compared with those so far away too, since neighbours are alike at 12 a second
BLOCKS = 2  # of the motion branch, after a finer one; each of them sees one frame further
REACH = FAR + 1 + BLOCKS  # frames before and after its own that the motion branch sees
MOST_OFFSET = 1.5  # frames
_CHANNELS = 5  # the frame and its four differences
_USUAL_ONSET = -2.2  # logit: one frame in ten


@dataclass(frozen=True)
class FoleyConfig:
    """Sizes. motion: channels at strides 4, 8 and 16; appearance: at strides 2, 4 and 8; depth: residual blocks of
    the appearance; maps: of attention, of which `guided` are shown in training where hits are; trunk: channels over
    time; memory: units of the GRU, each way; look: in how many numbers the appearance of a hit is told."""

    motion: tuple[int, int, int] = (24, 48, 64)
    appearance: tuple[int, int, int] = (32, 64, 128)
    depth: int = 3
    maps: int = 4
    guided: int = 2
    trunk: int = 160
    dilations: tuple[int, ...] = (1, 2, 4, 8)
    memory: int = 64
    look: int = 96
    materials: int = len(NAMES)


SIZES = {
    "usual": FoleyConfig(),
    "large": FoleyConfig((48, 96, 128), (48, 96, 192), 4, 6, 3, 320, (1, 2, 4, 8, 1), 160, 192),
}
TINY = FoleyConfig((8, 8, 8), (8, 8, 8), 1, 2, 1, 16, (1, 2), 8, 8)


def config_of(notes: Mapping[str, str]) -> FoleyConfig:
    """The sizes noted with the weights; ValueError where they know another list of materials."""
    if (known := json.loads(notes["known"])) != list(NAMES):
        raise ValueError(f"the weights know the materials {known}, the code {list(NAMES)}")
    sizes = json.loads(notes["sizes"])
    return FoleyConfig(**{name: tuple(size) if isinstance(size, list) else size for name, size in sizes.items()})


def notes_of(config: FoleyConfig) -> dict[str, str]:
    """What `config_of` reads."""
    return {"sizes": json.dumps(asdict(config)), "known": json.dumps(NAMES)}


@dataclass(frozen=True)
class Motion:
    """What the motion branch says: features (B, T, C) of the places looked at, and where (B, T, maps, 8, 8) that is,
    each map summing to 1."""

    features: Tensor
    where: Tensor

    def cropped(self, first: int, last: int) -> "Motion":
        """Frames from `first` to before `last`."""
        return Motion(self.features[:, first:last], self.where[:, first:last])

    def looked_at(self, guided: int) -> Tensor:
        """The share of attention that each place got by the guided maps, (B, T, 8, 8)."""
        return self.where[:, :, :guided].mean(2)


@dataclass(frozen=True)
class Heads:
    """Of every frame: onset (B, T), a logit; offset (B, T), frames to the hit, -1.5 to 1.5; strength (B, T), 0 to 1;
    materials (B, T, M), logits."""

    onset: Tensor
    offset: Tensor
    strength: Tensor
    materials: Tensor


class Foley(nn.Module):
    """The whole of it. `picking` comes with the weights and is no tensor; `temperature` calibrates the materials'
    probabilities (Guo et al. 2017, arXiv:1706.04599)."""

    def __init__(self, config: FoleyConfig | None = None):
        super().__init__()
        self.config = config = config or FoleyConfig()
        self.picking = Picking()
        self.motion = MotionBranch(config)
        self.appearance = AppearanceBranch(config)
        self.trunk = Trunk(config)
        told = config.trunk + 2 * config.memory
        self.hit = nn.Linear(told, 3)
        self.mix = Normed(told + config.look, config.trunk)
        self.material = nn.Linear(config.trunk, config.materials)
        self.register_buffer("temperature", torch.ones(()))
        nn.init.zeros_(self.hit.weight)
        self.hit.bias.data = torch.tensor([_USUAL_ONSET, 0.0, 0.0])

    def forward(self, grey: Tensor, colour: Tensor, shown: Tensor | None = None) -> Heads:
        """grey: float (B, T, 128, 128) in 0..1; colour: float (B, K, 3, 112, 112) in 0..1, the first of every STEP
        frames; shown: (B,) of 0 and 1, whether the material head is told of the appearance."""
        return self.judge(self.motion(grey), self.appearance(colour), shown)

    def judge(self, motion: Motion, seen: Tensor | None, shown: Tensor | None = None) -> Heads:
        """From what the branches say of the whole film to the heads. seen: (B, K, C + M, 14, 14); None: it saw grey."""
        told = self.trunk(motion.features)  # (B, T, told)
        look = told.new_zeros(*told.shape[:2], self.config.look)
        if seen is not None:
            look = self.appearance.at(seen, motion.where)  # (B, T, look)
        if shown is not None:
            look = look * shown[:, None, None].to(look)
        onset, offset, strength = self.hit(told).float().unbind(-1)  # (B, T) each
        materials = self.material(self.mix(torch.cat([told, look], -1))).float()  # (B, T, M)
        return Heads(onset, MOST_OFFSET * offset.tanh(), strength.sigmoid(), materials)


class MotionBranch(nn.Module):
    """Grey frames to what happens at the places that are looked at."""

    def __init__(self, config: FoleyConfig):
        super().__init__()
        first, second, third = config.motion
        self.stem = nn.Sequential(_seen(_CHANNELS, first, 10, 4), _seen(first, second, 3, 2))
        self.fine = SpaceTime(second)
        self.narrow = _seen(second, third, 3, 2)
        self.blocks = nn.ModuleList(SpaceTime(third) for _ in range(BLOCKS))
        self.score = nn.Conv2d(third, config.maps, 1)

    def forward(self, grey: Tensor) -> Motion:
        """float (B, T, 128, 128) in 0..1."""
        shape = grey.shape[:2]
        x = self.stem(_channels_last(differences(grey).flatten(0, 1)))  # (B*T, C, 16, 16)
        x = self.narrow(self.fine(x, shape[1]))  # (B*T, C, 8, 8)
        for block in self.blocks:
            x = block(x, shape[1])
        where = self.score(x).flatten(2).float().softmax(-1)  # (B*T, maps, 64)
        looked_at = where.to(x) @ x.flatten(2).mT  # (B*T, maps, C)
        features = torch.cat([looked_at.flatten(1), x.mean((2, 3))], 1)  # (B*T, (maps + 1) * C)
        return Motion(features.unflatten(0, shape), where.unflatten(-1, x.shape[2:]).unflatten(0, shape))


class SpaceTime(nn.Module):
    """A residual block: over space, then over a frame and its two neighbours (Tran et al. 2018, arXiv:1711.11248)."""

    def __init__(self, channels: int):
        super().__init__()
        self.space = _seen(channels, channels, 3, 1)
        # Three frames as the channels of one: on a CPU, convolutions over three dimensions are slow.
        self.time = nn.Sequential(nn.Conv2d(3 * channels, channels, 1, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x: Tensor, frames: int) -> Tensor:
        """(B*T, C, h, w), of T `frames` each."""
        y = self.space(x).unflatten(0, (-1, frames))  # (B, T, C, h, w)
        walled = F.pad(y, (0, 0, 0, 0, 0, 0, 1, 1))  # (B, T + 2, C, h, w)
        three = torch.cat([walled[:, :-2], y, walled[:, 2:]], 2).flatten(0, 1)  # (B*T, 3*C, h, w)
        return F.relu(x + self.time(_channels_last(three)))


class AppearanceBranch(nn.Module):
    """Colour frames to what things look like and what they are made of, and from there to the look of what was hit."""

    def __init__(self, config: FoleyConfig):
        super().__init__()
        first, second, third = config.appearance
        self.stem = nn.Sequential(
            _seen(6, first, 5, 2), _seen(first, second, 3, 2), _seen(second, third, 3, 2), _seen(third, third, 3, 1)
        )
        self.blocks = nn.ModuleList(
            nn.Sequential(_seen(third, third, 3, 1), _seen(third, third, 3, 1)) for _ in range(config.depth)
        )
        self.kinds = config.materials
        self.made = nn.Conv2d(third, self.kinds, 1)
        self.tell = Normed((2 * config.maps + 1) * (third + config.materials), config.look)

    def forward(self, colour: Tensor) -> Tensor:
        """float (B, K, 3, 112, 112) in 0..1 to what `materials` and `at` read, (B, K, C + M, 14, 14)."""
        # As filmed, since wood is brown; and as eyes adapt to light, without its tint, in units of its contrast. With
        # the second alone a table that fills the frame has no colour: 44 % were told, on what was learnt from too.
        level = colour - colour.mean((3, 4), keepdim=True)
        level = level / (level.square().mean((2, 3, 4), keepdim=True).sqrt() + 0.02)
        both = torch.cat([4 * colour - 2, level], 2)  # (B, K, 6, 112, 112)
        x = self.stem(_channels_last(both.flatten(0, 1)))  # (B*K, C, 14, 14)
        for block in self.blocks:
            x = x + block(x)
        return torch.cat([x, self.made(x).log_softmax(1)], 1).unflatten(0, colour.shape[:2])

    def materials(self, seen: Tensor) -> Tensor:
        """Of which material each place is made, log probabilities (B, K, M, 14, 14)."""
        return seen[:, :, -self.kinds :]

    def at(self, seen: Tensor, where: Tensor) -> Tensor:
        """What (B, K, C + M, 14, 14) shows at the places (B, T, maps, 8, 8), in the colour frames before and after each
        of the T, and all around: (B, T, look)."""
        count, frames = seen.shape[1], where.shape[1]
        places = F.interpolate(where.flatten(0, 1), seen.shape[3:], mode="bilinear").flatten(2)  # (B*T, maps, 196)
        places = (places / places.sum(-1, keepdim=True)).unflatten(0, where.shape[:2])  # (B, T, maps, 196)
        # Frames that share a colour frame go together: (B, K, STEP * maps, 196).
        places = F.pad(places, (0, 0, 0, 0, 0, count * STEP - frames)).unflatten(1, (count, STEP)).flatten(2, 3)
        pixels = torch.cat([seen[:, :, : -self.kinds], self.materials(seen).exp()], 2)  # (B, K, C + M, 14, 14)
        pixels = pixels.flatten(3).mT  # (B, K, 196, C + M)
        looks = [places.to(pixels) @ pixels, places.to(pixels) @ torch.cat([pixels[:, 1:], pixels[:, -1:]], 1)]
        looks = [look.unflatten(2, (STEP, -1)).flatten(3).flatten(1, 2)[:, :frames] for look in looks]  # (B, T, maps*C)
        around = pixels.mean(2).repeat_interleave(STEP, 1)[:, :frames]  # (B, T, C)
        return self.tell(torch.cat([*looks, around], -1))


class Trunk(nn.Module):
    """Over time: dilated convolutions (van den Oord et al. 2016, arXiv:1609.03499), then a GRU each way."""

    def __init__(self, config: FoleyConfig):
        super().__init__()
        self.into = Normed((config.maps + 1) * config.motion[-1], config.trunk)
        self.blocks = nn.ModuleList(Dilated(config.trunk, dilation) for dilation in config.dilations)
        self.memory = nn.GRU(config.trunk, config.memory, batch_first=True, bidirectional=True)

    def forward(self, features: Tensor) -> Tensor:
        """(B, T, C) to (B, T, trunk + 2 * memory)."""
        x = self.into(features)  # (B, T, trunk)
        for block in self.blocks:
            x = block(x)
        return torch.cat([x, self.memory(x)[0]], -1)


class Normed(nn.Sequential):
    """A layer over features that are all positive and much alike: normalised, or a rectifier soon answers to none of
    them. Without it 136 of the trunk's 160 units, and 87 of the look's 96, had died within 10,000 views."""

    def __init__(self, into: int, out: int):
        super().__init__(nn.LayerNorm(into), nn.Linear(into, out), nn.GELU())


class Dilated(nn.Module):
    """A residual convolution over time whose three taps are `dilation` frames apart."""

    def __init__(self, channels: int, dilation: int):
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.taps = nn.Conv1d(channels, channels, 3, padding=dilation, dilation=dilation)
        self.out = nn.Linear(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, C)."""
        return x + self.out(F.gelu(self.taps(self.norm(x).mT).mT))


def differences(grey: Tensor) -> Tensor:
    """float (B, T, H, W) in 0..1 to (B, T, 5, H, W): what is new since the frame before, what will be in the frame
    after, the same for the third before and after, and the frame itself.

    Frames lose their mean, since lamps flicker and cameras adapt, and are told in units of their own contrast, since
    what happens in the dark is not less loud. Before the first frame stands the first, after the last the last.
    """
    count, device = grey.shape[1], grey.device.type
    dtype = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else grey.dtype
    level = grey - grey.mean((2, 3), keepdim=True)
    scale = 4 / (level.square().mean((2, 3), keepdim=True).sqrt() + 0.05)  # (B, T, 1, 1)
    walled = torch.cat([level[:, :1].expand(-1, FAR, -1, -1), level, level[:, -1:].expand(-1, FAR, -1, -1)], 1)
    before, after, far_before, far_after = (walled[:, FAR + by : FAR + by + count] for by in (-1, 1, -FAR, FAR))
    pairs = ((level, before), (after, level), (level, far_before), (far_after, level))
    # Rounded, where convolutions will be, only once the difference is taken: neighbours are much alike.
    moved = grey.new_empty(*grey.shape[:2], _CHANNELS, *grey.shape[2:], dtype=dtype)
    for channel, (later, earlier) in enumerate(pairs):
        moved[:, :, channel] = (later - earlier).mul_(scale)
    moved[:, :, -1] = level * (scale / 4)
    return moved


def _seen(into: int, out: int, size: int, stride: int) -> nn.Sequential:
    convolution = nn.Conv2d(into, out, size, stride, (size - 1) // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(out), nn.ReLU(inplace=True))


def _channels_last(x: Tensor) -> Tensor:
    return x.contiguous(memory_format=torch.channels_last)


def tiny(seed: int = 0) -> Foley:
    """A very small network drawn at random, for tests: its curves move, its hits mean nothing."""
    torch.manual_seed(seed)
    network = Foley(TINY)
    nn.init.normal_(network.hit.weight, std=0.5)
    nn.init.zeros_(network.hit.bias)  # a hit is as likely as none
    return network.eval().requires_grad_(False)
