"""Languages: the gallery is written in English, and every English sentence is the key to its translation.

A file in ``assets/languages`` is a language, named by its code: ``de.json`` is ``{"English": "Deutsch"}``, with
``{0}``, ``{1}`` where a sentence leaves something open. To add one, translate the keys of ``de.json``; what a file
leaves out stays English. ``gr.I18n`` carries them all to the page, where the browser's language chooses. Gradio then
looks up the labels of its own components (it asks its dictionary about every plain label, title and placeholder);
our own HTML and what rooms write into it is looked up by ``assets/languages.js``, in the same dictionary.
"""

from __future__ import annotations

import json

import gradio as gr

from demos.kit import ASSETS

FOLDER = ASSETS / "languages"


def dictionaries() -> dict[str, dict[str, str]]:
    """Every language's dictionary, by its code: ``{"de": {English: German}}``."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))}


def languages() -> gr.I18n:
    """The dictionaries as ``launch(i18n=...)`` takes them. English is its own dictionary."""
    return gr.I18n(en={}, **dictionaries())
