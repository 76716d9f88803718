"""Someone strikes things: with sticks, hammers, knives, bare hands, one or two of them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models.foley import physics
from models.foley.scene_canvas import Stage, along
from models.foley.scene_people import UP, Person, arm, body, fingers, flat_hand, palm, some_person, swaying, unit
from models.foley.scene_plan import Contact, Plan, Target, level, surface_target, thing_target
from models.foley.scene_textures import hsv
from models.foley.scene_tool_shapes import Look, draw_tool, some_look
from models.foley.scene_tools import TOOLS, Tool, some_material, some_tool

_SMALLEST = 22  # of the lift: a frame that is wider would not show it
_FIST = 0.075  # metres from the wrist to what a fist holds
_SOFT = {"cloth": 0.02, "gravel": 0.02, "leaves": 0.03, "water": 0.03}  # metres that a tool sinks in
_ROVING = ("stick", "drumstick", "beater", "spoon", "palm", "finger")  # what goes from thing to thing
_CHOPS = ("knife", "cleaver")


@dataclass(frozen=True)
class Hand:
    """One hand's part: its strokes, where each lands (K, 3), its height (T,) on the grid of physics, its direction."""

    strokes: list[physics.Stroke]
    points: NDArray
    height: NDArray
    angle: float
    arc: float
    rise: float


def beating(rng: Generator, seconds: float, name: str | None = None, material: str | None = None) -> Plan:
    """An act of striking, with this tool and on this material, or on any that the tool is used on."""
    tool = TOOLS[name] if name else some_tool(rng, material)
    material = material or some_material(rng, tool)
    angle = rng.uniform(0, 2 * np.pi)
    targets, surface = _targets(rng, tool, material, angle)
    pair = rng.random() < tool.hands
    swing = _swing(rng, tool, targets)
    strokes = _strokes(rng, seconds, tool, targets, swing, 2 if pair else 1)
    wall = tool.grip != "flat" and not pair and rng.random() < 0.07
    nailed = tool.name == "hammer" and material == "wood" and len(targets) == 1 and rng.random() < 0.5
    apart = rng.uniform(0.25, 0.6) if pair else 0.0
    hands = []
    for k, some in enumerate(strokes):
        points = _landings(rng, tool, some, targets, nailed)
        if pair:  # hands side by side
            points += (k - 0.5) * rng.uniform(0.05, 0.12) * np.array([-np.sin(angle), np.cos(angle), 0])
        hands.append(_hand(rng, seconds, tool, swing, some, points, angle + (k - 0.5) * apart))
    act = Beating(tool, tuple(hands), tuple(targets), angle, int(rng.integers(2**31)), wall, nailed)
    return Plan(
        tool.name,
        tuple(_contacts(tool, hands, targets)),
        tuple(stroke.at for some in strokes for stroke in some if stroke.kind != "hit"),
        np.stack([target.point for target in targets]),
        (tool.width[0], min(tool.width[1], max(1.2 * tool.width[0], _SMALLEST * swing.lift))),
        (0.03, 1.1),
        act.draw,
        tuple(target.thing for target in targets if target.thing),
        surface,
        wall=wall,
        person=unit(level(angle) + 0.7 * UP),
    )


def _hand(rng: Generator, seconds: float, tool: Tool, swing, strokes, points: NDArray, angle: float) -> Hand:
    height = physics.height(strokes, swing, seconds, rng)
    rise = rng.uniform(0.03, 0.12 if tool.name in _CHOPS else 0.5)
    return Hand(strokes, points, height, angle, rng.normal(0, 0.5), rise)


def _contacts(tool: Tool, hands: list[Hand], targets: list[Target]) -> Iterator[Contact]:
    """The strokes that touch."""
    for hand in hands:
        for stroke, point in zip(hand.strokes, hand.points):
            if stroke.kind == "hit":
                yield targets[stroke.target].struck(stroke.at, _strength(tool, stroke.speed), point)


def _targets(rng: Generator, tool: Tool, material: str, angle: float) -> tuple[list[Target], str | None]:
    """One or more, around the middle, and what the surface is made of where that is struck."""
    on_surface = rng.random() < (0.6 if material in _SOFT else 0.0 if material == "drum" else 0.4)
    count = int(rng.choice([1, 2, 3, 4], p=[0.4, 0.27, 0.19, 0.14])) if tool.name in _ROVING else 1
    mixed_up = rng.random() < 0.65
    first = surface_target(rng, material) if on_surface else _first_thing(rng, tool, material, level(angle)[:2])
    targets = [first]
    for _ in range(count - 1):
        if on_surface and not mixed_up:  # elsewhere on it
            targets.append(replace(first, point=np.array([*rng.normal(0, 0.13, 2), 0.0])))
        else:
            targets += _another(rng, some_material(rng, tool) if mixed_up else material, angle, targets)
    return targets, material if on_surface else None


def _first_thing(rng: Generator, tool: Tool, material: str, towards: NDArray) -> Target:
    """A thing in the middle; what is chopped on is flat, if there is anything flat of this material."""
    for _ in range(12):
        found = thing_target(rng, material, np.zeros(3), towards)
        if tool.name not in _CHOPS or found.thing.shape in ("board", "box"):
            break
    return found


def _another(rng: Generator, material: str, angle: float, targets: list[Target]) -> list[Target]:
    """A thing beside the others, within reach; none where there is no room."""
    for _ in range(16):
        base = np.array([*rng.normal(0, 0.26, 2), 0.0])
        found = thing_target(rng, material, base, level(angle)[:2])
        gaps = [np.hypot(*(base - (other.thing.base if other.thing else other.point))[:2]) for other in targets]
        room = [0.9 * (found.thing.radius + (other.thing.radius if other.thing else 0.05)) for other in targets]
        if all(least < gap < 0.62 for least, gap in zip(room, gaps)):
            return [found]
    return []


def _swing(rng: Generator, tool: Tool, targets: list[Target]) -> physics.Swing:
    material = targets[0].material
    return physics.Swing(
        lift=rng.uniform(*tool.lift),
        power=rng.uniform(*tool.power),
        rebound=tool.rebound * (0.4 if material in _SOFT else rng.uniform(0.6, 1.2)),
        stays=rng.uniform(*tool.stays),
        sinks=_SOFT.get(material, 0.0),
        rests=bool(rng.random() < 0.3),
    )


def _strokes(rng, seconds: float, tool: Tool, targets, swing, hands: int) -> list[list[physics.Stroke]]:
    """Each hand's strokes in order."""
    times = physics.rhythm(rng, seconds, tool.rates[0], tool.rates[1] * (1.6 if hands == 2 else 1))
    if rng.random() < 0.04:
        times = times[:0]  # nothing at all is struck
    usual = np.exp(rng.uniform(*np.log(tool.speeds)))
    speeds = (usual * np.exp(0.3 * rng.standard_normal(len(times)))).clip(*tool.speeds)
    together = hands == 2 and rng.random() < 0.12
    share = rng.uniform(0.1, 0.5) if rng.random() < 0.4 else 0.0
    share = 1.0 if rng.random() < 0.03 else share
    each: list[list[physics.Stroke]] = [[] for _ in range(hands)]
    target = 0
    for k, (time, speed) in enumerate(zip(times, speeds)):
        target = int(rng.integers(len(targets))) if rng.random() < 0.35 else target
        for hand in range(hands) if together else [k % hands]:
            if not each[hand] or time - each[hand][-1].at >= 0.95 / tool.rates[1]:
                each[hand].append(physics.Stroke(float(time), float(speed), target=target))
    return [physics.feints(rng, some, share, swing.lift) for some in each]


def _strength(tool: Tool, speed: float) -> float:
    return float(np.clip((speed / tool.speeds[1]) ** 0.9, 0.06, 1.0))


def _landings(rng: Generator, tool: Tool, strokes, targets: list[Target], nailed: bool) -> NDArray:
    """Where each stroke lands, (K, 3), never quite on the same spot; one point where there are no strokes."""
    spread = 0.004 if tool.name == "hammer" else 0.012
    points = [targets[s.target].point + [*rng.normal(0, spread, 2), 0] for s in strokes] or [targets[0].point]
    sinking = np.linspace(0.035, 0.004, len(points)) if nailed else np.zeros(len(points))  # metres, the nail's height
    return np.stack(points) + sinking[:, None] * UP


# ---------------------------------------------------------------- drawing


@dataclass(frozen=True)
class Beating:
    """What is needed to draw it."""

    tool: Tool
    hands: tuple[Hand, ...]
    targets: tuple[Target, ...]
    angle: float
    seed: int
    wall: bool
    nailed: bool

    def draw(self, stage: Stage) -> None:
        """Onto the stage: who strikes, with what, and what they leave of a vegetable or a nail."""
        rng = np.random.default_rng(self.seed)
        person, look = some_person(rng, self.tool.gloves), some_look(rng)
        paths = [self._path(hand, stage.times, rng) for hand in self.hands]
        middle = np.mean([wrist.mean(0) for wrist, _ in paths], axis=0)
        middle = middle + rng.uniform(0.2, 0.4) * level(self.angle) + rng.uniform(0.2, 0.42) * UP
        aside = 0.19 * person.bulk * np.array([-np.sin(self.angle), np.cos(self.angle), 0])
        if not self.wall and rng.random() < 0.85:
            self._body(stage, person, middle, rng)
        idle = len(self.hands) == 1 and rng.random() < 0.55
        if idle and not self.wall:
            self._other_hand(stage, person, middle - aside, rng)
        if self.tool.name in _CHOPS:
            _vegetable(stage, self.hands[0], rng)
        if self.nailed:
            _nail(stage, self.hands[0])
        for k, (hand, (wrist, tip)) in enumerate(zip(self.hands, paths)):
            sign = 1 if len(self.hands) == 1 else 2 * k - 1
            shoulder = middle + sign * aside
            out = 0.5 * sign * aside / 0.19 - 0.8 * UP + 0.25 * level(hand.angle)
            if self.tool.name in ("axe", "shovel"):
                arm(stage, person, middle - aside, wrist + 0.3 * level(hand.angle) * [1, 1, 0] + 0.06 * UP, -out)
            arm(stage, person, shoulder, wrist, out)
            self._strikes(stage, person, look, wrist, tip)

    def _path(self, hand: Hand, times: NDArray, rng: Generator) -> tuple[NDArray, NDArray]:
        """Wrist and tip, (N, 3) each. The wrist leads, the tip is whipped after it: at hits it touches, exactly."""
        height = physics.at(hand.height, times)
        lead = rng.uniform(0.0, 0.045) if self.tool.wrist < 0.8 else 0.0
        lifted = self.tool.wrist * physics.at(physics.led(hand.height, lead, 0.04), times)
        when = np.array([stroke.at for stroke in hand.strokes] or [0.0])
        place = physics.glide(when, hand.points, times)  # (N, 3)
        reach = self.tool.length + (_FIST if self.tool.grip == "fist" else 0.0)
        turn = hand.angle + hand.arc * height
        toward = np.stack([np.cos(turn), np.sin(turn), 0 * turn], axis=1)  # (N, 3)
        top = place[:, 2] + np.maximum(height, -0.03)
        wrist_up = place[:, 2] + reach * np.sin(hand.rise) + lifted
        wrist_up = np.clip(wrist_up, top - 0.93 * reach, top + 0.93 * reach)
        dip = (top - wrist_up) / reach
        wrist = place + reach * np.cos(hand.rise) * toward
        wrist[:, 2] = wrist_up
        tip = wrist - reach * np.sqrt(1 - dip**2)[:, None] * toward
        tip[:, 2] = top
        return wrist, tip

    def _strikes(self, stage: Stage, person: Person, look: Look, wrist: NDArray, tip: NDArray) -> None:
        ahead = unit(tip - wrist)
        side = unit(np.cross(ahead, UP))
        if self.tool.grip == "flat":
            flat_hand(stage, person, wrist - 0.02 * ahead, ahead, side, 0.1)
        elif self.tool.grip == "knuckles":
            palm(stage, person, wrist, ahead)
            fingers(stage, person, wrist, ahead, side)
        elif self.tool.grip == "finger":
            lying = unit(ahead * [1, 1, 0.3])
            flat_hand(stage, person, wrist, lying, side, 0.9)
            knuckle = wrist + 0.09 * lying - 0.015 * side
            stage.tube(along(knuckle, (knuckle + tip) / 2 + 0.012 * UP, tip), (0.012, 0.011, 0.009), person.hand)
        else:
            held = wrist + _FIST * ahead
            palm(stage, person, wrist, ahead)
            draw_tool(stage, self.tool.name, look, held, tip)
            fingers(stage, person, wrist, ahead, unit(tip - held))

    def _body(self, stage: Stage, person: Person, middle: NDArray, rng: Generator) -> None:
        away = stage.view.axes[2] @ level(self.angle)
        if away < -0.3:  # whoever stands before the lens would hide it all
            return
        nods = -0.1 * physics.at(physics.led(self.hands[0].height, 0, 0.12), stage.times) * rng.uniform(0, 1.5)
        sway = swaying(stage.times, rng, rng.uniform(0, 0.02)) + nods[:, None] * UP
        body(stage, person, middle + 0.02 * UP, -level(self.angle), sway, behind=away > 0.2)

    def _other_hand(self, stage: Stage, person: Person, shoulder: NDArray, rng: Generator) -> None:
        """It steadies what is struck, or lies about."""
        across = np.array([np.sin(self.angle), -np.cos(self.angle), 0])
        rest = self.targets[0].point + rng.uniform(0.1, 0.22) * across + rng.uniform(-0.03, 0.12) * level(self.angle)
        rest = rest * [1, 1, 0.8] + 0.02 * UP
        wrist = rest + 0.1 * level(self.angle) + 0.03 * UP + swaying(stage.times, rng, 0.004)
        arm(stage, person, shoulder, wrist, -UP + across)
        ahead = unit(np.broadcast_to(-level(self.angle) - 0.2 * UP + rng.normal(0, 0.3, 3), wrist.shape))
        flat_hand(stage, person, wrist, ahead, unit(np.cross(ahead, UP)), rng.uniform(0, 1.0), -1)


def _vegetable(stage: Stage, hand: Hand, rng: Generator) -> None:
    """What is chopped: it gets shorter, and slices lie where it was."""
    across = np.array([-np.sin(hand.angle), np.cos(hand.angle), 0]) * rng.choice([-1, 1])
    colour = hsv(rng.choice([0.01, 0.06, 0.08, 0.14, 0.25, 0.3, 0.33]), rng.uniform(0.3, 0.9), rng.uniform(0.45, 0.95))
    thick = rng.uniform(0.012, 0.035)
    hits = [stroke.at for stroke in hand.strokes if stroke.kind == "hit"]
    slice_ = min(0.012, 0.16 / max(1, len(hits)))
    cut = slice_ * np.searchsorted(hits, stage.times)[:, None]  # (N, 1) metres
    start = hand.points[0] + thick * UP
    far = start + (0.04 + slice_ * len(hits)) * across
    stage.tube(along(start + np.minimum(cut, 0.2) * across, far), thick, colour)
    for k, time in enumerate(hits[:16]):
        lies = start - (0.012 + 0.6 * slice_ * (len(hits) - k)) * across + [*rng.normal(0, 0.008, 2), -0.3 * thick]
        fallen = along(lies, lies + 0.35 * slice_ * across)
        stage.tube(fallen, 0.9 * thick, np.minimum(1.15 * colour + 25, 255), stage.times > time + 0.02)


def _nail(stage: Stage, hand: Hand) -> None:
    """Under the hammer, deeper with every blow: the next one meets it where the last one left it."""
    hits = [stroke.at for stroke in hand.strokes if stroke.kind == "hit"]
    blow = np.searchsorted(hits, stage.times).clip(0, len(hand.points) - 1)
    top = hand.points[0] * [1, 1, 0] + hand.points[blow, 2:] * UP  # (N, 3)
    foot = hand.points[0] - hand.points[0, 2:] * UP + (hand.points[-1, 2] - 0.004) * UP
    stage.tube(along(foot, top), 0.0025, np.full(3, 130.0))
    stage.tube(top[:, None], 0.005, np.full(3, 175.0))
