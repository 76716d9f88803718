"""The look inside the walk: drawings made in the page, in its own colours, from numbers the house sends."""

from collections.abc import Callable, Sequence
from typing import Any

from demos.house.widget import Widget
from demos.walk.stage import FOLDER, PATH_WORDS, scripts

SCRIPTS = ("../live/standing.js", "../live/drawing.js", "inside.js")


class Inside(Widget):
    """Where the three paths run, how fast the face changes on them, what each resolution adds.

    It asks by itself, once it can be seen and the visitor has come to rest.
    """

    def __init__(self, server_functions: Sequence[Callable[..., Any]], **options: Any):
        super().__init__(
            html_template=(FOLDER / "inside.html").read_text(encoding="utf-8"),
            css_template=(FOLDER / "inside.css").read_text(encoding="utf-8"),
            js_on_load=scripts(SCRIPTS, {"titles": {name: words[0] for name, words in PATH_WORDS.items()}}),
            apply_default_css=False,
            server_functions=list(server_functions),
            **options,
        )
