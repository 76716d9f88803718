"""The element that a room's own script fills."""

import gradio as gr


class Widget(gr.HTML):
    """``gr.HTML`` with a script of ours.

    Gradio searches the script for the name of whatever attribute it misses, lest it be an event of one's own, and takes
    settings that are quoted there for such: half a second of every page (6.31). Ours are events that Gradio has anyway.
    """

    def __getattr__(self, name: str):
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")
