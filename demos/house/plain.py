"""Components for programs alone: what is sent is handed on unopened, so that what is wrong gets a sentence of ours."""

from typing import Any

import gradio as gr


class PlainNumber(gr.Number):
    """A number from a program, or whatever it sent in its place."""

    is_template = True  # Gradio's word for "draw me as my parent"; the page would look for a component of this name

    def preprocess(self, payload: Any) -> Any:
        """What was sent, as it is."""
        return payload
