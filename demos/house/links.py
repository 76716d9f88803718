"""Links and recipes: settings that come from anyone, fitted to a room's components or left out.

A link is ``?demo=sketch-to-photo&subject=flower&seed=7``; a recipe is what ``models.media`` reads from a PNG.
Both end as ``{component: value}``. Nothing here trusts what it is given: a value that the component itself
could not have produced is dropped. A component of our own (a drawing canvas) takes values from recipes
alone, and only when its class offers ``accept_setting(value)``, which returns the value to show or raises
ValueError.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import gradio as gr
from gradio.components import Component
from PIL import Image

from demos.house.pictures import picture_in
from models.errors import BadInput
from models.media import Recipe

MAX_TEXT = 2_000
MAX_SETTINGS = 64
TRUE, FALSE = {"true", "1", "yes", "on"}, {"false", "0", "no", "off"}
CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class Request:
    """What a link or a recipe asks for: a room and its settings; or a room and a picture from another one.

    there: the visitor is in that room already, and is not to be led to it.
    """

    demo: str
    settings: dict[str, Any] = field(default_factory=dict)
    from_recipe: bool = False
    picture: Image.Image | None = None
    there: bool = False


def parse(payload: str) -> Request:
    """Read what the page sends: ``{"link": {name: text}}``, ``{"recipe": "..."}`` or ``{"hand": {demo, picture}}``.

    Beside a link may stand ``"there": true``. A picture comes as a data URL. Raises BadInput.
    """
    try:
        body = json.loads(payload)
        if "recipe" in body:
            return _from_recipe(Recipe.from_json(body["recipe"]))
        if "hand" in body:
            return Request(str(body["hand"]["demo"]), picture=picture_in(body["hand"]["picture"]))
        link = {str(name): str(text) for name, text in list(body["link"].items())[:MAX_SETTINGS]}
    except BadInput:
        raise
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise BadInput("That link cannot be read. Please choose a room from the lobby.") from error
    return Request(link.pop("demo", ""), link, there=body.get("there") is True)


def _from_recipe(recipe: Recipe) -> Request:
    settings = {"model": recipe.model, "seed": recipe.seed, **recipe.settings}
    return Request(recipe.demo, settings, from_recipe=True)


def fit(components: Mapping[str, Component], request: Request) -> tuple[dict[Component, Any], list[str]]:
    """The values to show, by component, and the names of settings that did not fit."""
    values: dict[Component, Any] = {}
    refused: list[str] = []
    for name, raw in request.settings.items():
        component = components.get(name)
        if component is None:
            continue
        try:
            values[component] = coerce(component, raw, request.from_recipe)
        except (ValueError, TypeError, OverflowError, BadInput):
            refused.append(name)
    return values, refused


def hand(component: Component | None, picture: Image.Image) -> dict[Component, Any]:
    """A picture from another room as the value of the component that takes it. BadInput when there is none."""
    if component is None:
        raise BadInput("That room takes no pictures. Please choose another.")
    accept = getattr(type(component), "accept_picture", None)
    return {component: accept(component, picture) if accept else picture}


def coerce(component: Component, raw: Any, from_recipe: bool = False) -> Any:
    """``raw`` as a value this component could hold. Raises ValueError (or TypeError) when there is none."""
    if accept := getattr(type(component), "accept_setting", None):
        if not from_recipe:
            raise ValueError("only a recipe may set this")
        return accept(component, raw)
    for kind, rule in RULES:
        if isinstance(component, kind):
            return rule(component, raw)
    raise ValueError(f"a {type(component).__name__} cannot be set from outside")


def linkable(component: Component) -> bool:
    """Whether a link can set this component."""
    return not hasattr(type(component), "accept_setting") and isinstance(component, LINKABLE)


def _choice(component: gr.Radio | gr.Dropdown, raw: Any) -> Any:
    if getattr(component, "multiselect", False):
        return _choices(component, raw)
    for _, value in component.choices or []:
        if str(value) == str(raw):
            return value
    raise ValueError("not among the choices")


def _choices(component: gr.CheckboxGroup | gr.Dropdown, raw: Any) -> list[Any]:
    wanted = raw if isinstance(raw, list) else str(raw).split(",")
    named = {str(value): value for _, value in component.choices or []}
    return [named[str(one)] for one in wanted if str(one) in named]


def _number(component: gr.Slider | gr.Number, raw: Any) -> float | int:
    value = float(raw)
    if not math.isfinite(value):
        raise ValueError("not a number")
    low, high = component.minimum, component.maximum
    value = min(max(value, -math.inf if low is None else low), math.inf if high is None else high)
    whole = getattr(component, "precision", None) == 0 or (
        isinstance(component, gr.Slider) and float(component.step or 0.1).is_integer()
    )
    return round(value) if whole else value


def _checked(component: gr.Checkbox, raw: Any) -> bool:
    word = str(raw).strip().lower()
    if word not in TRUE | FALSE:
        raise ValueError("neither yes nor no")
    return word in TRUE


def _text(component: gr.Textbox, raw: Any) -> str:
    if not isinstance(raw, str):
        raise TypeError("not text")
    return CONTROL_CHARACTERS.sub("", raw)[: component.max_length or MAX_TEXT]


def _colour(component: gr.ColorPicker, raw: Any) -> str:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", str(raw)):
        raise ValueError("not a colour")
    return str(raw)


RULES = (
    (gr.Radio, _choice),
    (gr.Dropdown, _choice),
    (gr.CheckboxGroup, _choices),
    (gr.Slider, _number),
    (gr.Number, _number),
    (gr.Checkbox, _checked),
    (gr.Textbox, _text),
    (gr.ColorPicker, _colour),
)
LINKABLE = tuple(kind for kind, _ in RULES)
