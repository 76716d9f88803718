"""A scene: one act or two, in a place, seen from somewhere, with all that moves there and makes no sound.

Everything heard is seen: the contacts of a scene are the only source of its sound (`data.py`) and of its labels.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models.foley import physics
from models.foley.materials import NAMES
from models.foley.scene_acts import ACTS
from models.foley.scene_around import distract
from models.foley.scene_beating import beating
from models.foley.scene_canvas import MARGIN, SUB, Stage, View, look
from models.foley.scene_effects import Ground, fly
from models.foley.scene_place import NOTHING, UNDER, Place, paint, some_place
from models.foley.scene_plan import Contact, Plan, level

_SHAPES = {
    1.0: 0.22,
    16 / 9: 0.42,
    4 / 3: 0.12,
    9 / 16: 0.18,
    3 / 4: 0.06,
}  # width over height of films, and their shares
_SEEN = (0.03, 0.97)  # of the frame: where a contact must lie to be heard
STRUCK = tuple(name for name in NAMES if name not in ("drum", "hands"))
_EVEN = 0.27  # the share of acts whose material is drawn evenly, so that none is rare
_SHADE = 0.62  # what a shadow leaves of the light
_BLUR_EVERY = 2.5  # pixels of movement that want another moment


@dataclass(frozen=True)
class Scene:
    """All of a clip but the camera's doing. contacts: what is heard, in order; feints: seconds when nothing is."""

    plans: tuple[Plan, ...]
    contacts: tuple[Contact, ...]
    feints: tuple[float, ...]
    place: Place
    view: View
    seconds: float
    seed: int

    @property
    def names(self) -> tuple[str, ...]:
        """Its acts."""
        return tuple(plan.name for plan in self.plans)

    def where(self) -> NDArray:
        """Where its contacts lie in the frame, (K, 2), 0..1 across and down."""
        return self.view.on_frame(np.stack([c.point for c in self.contacts])) if self.contacts else np.zeros((0, 2))


def some_scene(rng: Generator, seconds: float, side: int, act: str | None = None, material: str | None = None) -> Scene:
    """Any scene; act: a name of ACTS or of a tool; side: of the frame in pixels."""
    plan = _some_act(rng, seconds, act, material)
    plans = [plan]
    if act is None and not plan.wall and rng.random() < 0.18:
        plans += _beside(_some_act(rng, seconds, None, plan.surface), plan, rng)
    focus = np.concatenate([one.focus for one in plans])
    standing = [thing.base[None] for one in plans for thing in one.things]
    surface = next((one.surface for one in plans if one.surface), None)
    place = some_place(rng, surface, plan.floor, np.concatenate([focus, *standing]))
    view = _some_view(rng, plan, focus, side)
    contacts = _heard([contact for one in plans for contact in one.contacts], view)
    feints = tuple(sorted(time for one in plans for time in one.feints))
    return Scene(tuple(plans), contacts, feints, place, view, seconds, int(rng.integers(2**31)))


def _some_act(rng: Generator, seconds: float, act: str | None, material: str | None) -> Plan:
    if act in ACTS:
        return ACTS[act][1](rng, seconds, material)
    if act is None:
        if material is None and rng.random() < _EVEN:
            material = str(rng.choice(STRUCK))
        shares = np.array([share for share, _ in ACTS.values()])
        chosen = rng.choice(len(ACTS) + 1, p=[*shares, 1 - shares.sum()])
        if chosen < len(ACTS):
            return list(ACTS.values())[chosen][1](rng, seconds, material)
    return beating(rng, seconds, act, material)


def _beside(other: Plan, plan: Plan, rng: Generator) -> list[Plan]:
    """The second act, next to the first; none where it would need another ground to strike."""
    ground = (None, plan.surface) if plan.surface else (None, *UNDER)
    if other.wall or other.floor != plan.floor or other.surface not in ground:
        return []
    return [other.moved(rng.uniform(0.35, 0.7) * level(rng.uniform(0, 2 * np.pi)))]


def _some_view(rng: Generator, plan: Plan, focus: NDArray, side: int) -> View:
    """From any side, near or far, level or from above, the middle of things not quite in the middle."""
    spread = float(np.linalg.norm(np.ptp(focus[:, :2], axis=0)))
    near, far = np.log(plan.width)
    width = max(np.exp(near + (far - near) * rng.beta(1.1, 1.7)), 1.3 * spread + 0.15)
    steep = rng.random() < 0.08 and not plan.floor
    pitch = rng.uniform(1.1, 1.5) if steep else rng.uniform(*plan.pitch)
    roll = rng.normal(0, 0.06) + (rng.choice([-1, 1]) * np.pi / 2 if plan.wall else 0)
    shape = float(rng.choice(list(_SHAPES), p=list(_SHAPES.values())))
    angles, lens = (pitch, rng.uniform(0, 2 * np.pi), roll), rng.uniform(0.45, 1.1)
    canvas = 2 * round(side * (2 if side < 200 else 1) * MARGIN / 2)
    middle = focus.mean(0)
    centred = look(middle, width, angles, lens, canvas, shape)
    right, down = centred.axes[:2]
    moved = rng.uniform(-0.2, 0.2) * width * right + rng.uniform(-0.2, 0.12) * width * down
    moved = moved + rng.uniform(0, 0.28) * width * plan.person
    return look(middle + moved, width, angles, lens, canvas, shape)


def _heard(contacts: list[Contact], view: View) -> tuple[Contact, ...]:
    """Those in the frame, in order; of two at nearly one time the stronger."""
    if not contacts:
        return ()
    places = view.on_frame(np.stack([contact.point for contact in contacts]))
    seen = ((places > _SEEN[0]) & (places < _SEEN[1])).all(1)
    shown = sorted((c for c, inside in zip(contacts, seen) if inside), key=lambda c: c.seconds)
    kept = physics.apart(np.array([c.seconds for c in shown]), np.array([c.strength for c in shown]))
    return tuple(c for c, one in zip(shown, kept) if one)


# ---------------------------------------------------------------- pictures


def pictures(scene: Scene, fps: float, shutter: float) -> Iterator[NDArray]:
    """The canvases of a scene, uint8 (S, S, 3), `fps` a second; shutter: the share of a frame that it is open."""
    frames = max(2, round(scene.seconds * fps))
    return _frames(*_staged(scene, np.arange(frames) / fps, shutter / fps), frames)


def picture(scene: Scene, seconds: float, open_seconds: float) -> tuple[NDArray, NDArray]:
    """The one canvas of this moment, uint8 (S, S, 3), whose shutter was open for so long; and of which of NAMES each of
    its pixels is, uint8 (S, S), NOTHING where people and what they hold are seen, and in the far."""
    stage, ground = _staged(scene, np.array([seconds]), open_seconds)
    return next(_frames(stage, ground, 1)), np.where(_in_front(stage, ground), NOTHING, ground.painted.made)


def _in_front(stage: Stage, ground: Ground) -> NDArray:
    """Where something that moves is seen in the first frame, bool (S, S)."""
    before, behind = (np.zeros(ground.painted.front.shape, np.uint8) for _ in range(2))
    for moment in range(SUB):
        for sheet, layers in ((before, stage.layers), (behind, stage.behind)):
            for layer in layers:
                replace(layer, colours=[(255.0, 255.0, 255.0)]).draw(sheet, moment)
    return (before > 0) | ((behind > 0) & (ground.painted.front == 0))


def _staged(scene: Scene, moments: NDArray, open_seconds: float) -> tuple[Stage, Ground]:
    rng = np.random.default_rng(scene.seed)
    open_ = ((np.arange(SUB) + 0.5) / SUB - 0.5) * open_seconds
    times = (moments[:, None] + open_).ravel()  # (N,)
    stage = Stage(scene.view, times, scene.place.sun, rng, scene.place.floor)
    distract(stage, rng)
    for plan in scene.plans:
        stage.origin = plan.origin
        plan.draw(stage)
    stage.origin = np.zeros(3)
    fly(stage, scene.contacts, rng)
    painted = paint(scene.place, scene.view, tuple(thing for plan in scene.plans for thing in plan.things))
    water = scene.place.surface == "water"
    return stage, Ground(painted, scene.view, scene.contacts, water, int(rng.integers(2**31)))


def _frames(stage: Stage, ground: Ground, frames: int) -> Iterator[NDArray]:
    wanted = np.clip(np.ceil(stage.travelled() / _BLUR_EVERY), 1, SUB).astype(int)
    for frame in range(frames):
        first = frame * SUB
        middle = first + SUB // 2
        base = _shaded(stage, ground, _with_those_behind(stage, ground, frame, middle), middle)
        moments = {1: [middle], 2: [first, first + 2]}.get(int(wanted[frame]), range(first, first + SUB))
        yield _exposed(stage, base, moments)


def _with_those_behind(stage: Stage, ground: Ground, frame: int, moment: int) -> NDArray:
    picture = ground.at(stage.times[moment])
    if not stage.behind:
        return picture
    canvas = picture.copy()
    for layer in stage.behind:
        layer.draw(canvas, moment)
    return cv2.copyTo(picture, ground.painted.front, canvas)


def _shaded(stage: Stage, ground: Ground, base: NDArray, moment: int) -> NDArray:
    """With the shadows of what moves, on the table and what stands on it."""
    mask = np.zeros(base.shape[:2], np.uint8)
    for layer in stage.shadows:
        layer.draw(mask, moment)
    cv2.bitwise_and(mask, ground.painted.front, mask)
    return cv2.copyTo(cv2.convertScaleAbs(base, alpha=_SHADE), mask, base)


def _exposed(stage: Stage, base: NDArray, moments) -> NDArray:
    """The mean of moments: blurred where something moves."""
    total = None
    for moment in moments:
        canvas = base.copy()
        for layer in stage.layers:
            layer.draw(canvas, moment)
        if len(moments) == 1:
            return canvas
        total = canvas.astype(np.float32) if total is None else cv2.accumulate(canvas, total)
    return cv2.convertScaleAbs(total, alpha=1 / len(moments))
