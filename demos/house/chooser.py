"""Choosing a model: the house's own, or one from the hub, which is fetched only after somebody has agreed."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import gradio as gr

from demos.house.sentences import guard
from models import registry
from models.errors import BadInput, ModelTooLarge, readable_bytes

HOUSE = "house"
STAY = "Stay with the house model"


class ChosenModel(gr.Textbox):
    """The model in use, unseen: "house" or a hub model's key. It changes only to a model that can run now."""

    # Gradio's word for "draw me as my parent"; the page would look for a component of this name otherwise.
    is_template = True
    beside: tuple[str, ...] = ()  # house models to choose from besides the first, by key

    def accept_setting(self, value: Any) -> str:
        """What a recipe's model means here: a house model's key is "house"; a hub model must be on this disk."""
        from models.hub import consent

        spec = registry.get(str(value))
        if spec.tier == "house":
            return spec.key if spec.key in self.beside else HOUSE
        if not consent(spec.key).on_disk:
            raise ValueError("not on this disk")
        return spec.key


def model_chooser(family: str, beside: Sequence[str] = ()) -> ChosenModel:
    """The house model or one of the family's hub models; listen to ``.change`` of what is returned.

    ``beside``: keys of house models that visitors may choose as well, such as a historical one.

    A hub model that is not on this disk is described first (size, licence, memory) and fetched on agreement.
    With nothing to choose from nothing is shown.
    """
    guests = [spec for spec in registry.family(family) if spec.tier == "hub" or spec.key in beside]
    chosen = ChosenModel(HOUSE, visible="hidden", show_label=False, container=False)
    chosen.beside = tuple(beside)
    if not guests:
        return chosen
    choices = [("House model", HOUSE), *((spec.title, spec.key) for spec in guests)]
    asked = gr.Radio(choices, value=HOUSE, label="Model", elem_classes="v-chooser")
    wanted = gr.State(HOUSE)
    with gr.Column(visible=False, elem_classes="v-consent") as question:
        facts = gr.HTML(js_on_load=None, apply_default_css=False)
        with gr.Row():
            agree = gr.Button("Fetch it", variant="primary", size="md")
            stay = gr.Button(STAY, size="md")
    parts = {"asked": asked, "chosen": chosen, "question": question, "facts": facts, "wanted": wanted}
    _listen(parts, agree, stay)
    return chosen


def _listen(parts: dict[str, Any], agree: gr.Button, stay: gr.Button) -> None:
    asked, chosen, question, wanted = (parts[name] for name in ("asked", "chosen", "question", "wanted"))
    asked.input(guard(lambda key: _ask(key, parts)), asked, list(parts.values()), api_visibility="private")
    fetching = agree.click(guard(_fetch), wanted, [chosen, question], concurrency_id="fetch", api_visibility="private")
    stay.click(
        lambda: (HOUSE, HOUSE, gr.Column(visible=False)),
        None,
        [asked, chosen, question],
        cancels=fetching,
        api_visibility="private",
    )
    # A recipe sets the chosen model; the buttons follow.
    chosen.change(None, chosen, asked, js="(model) => model", api_visibility="private")


def _ask(key: str, parts: dict[str, Any]) -> dict[Any, Any]:
    """Take the model if it is here, ask about it if it can be fetched, say why not otherwise."""
    asked, chosen, question = parts["asked"], parts["chosen"], parts["question"]
    ready = {chosen: key, question: gr.Column(visible=False)}
    if key == HOUSE or registry.get(key).tier == "house":
        return ready
    from models.hub import consent

    terms = consent(key)
    try:
        _check_memory(terms.title, terms.memory_bytes)
        if terms.on_disk:
            return ready
        if not terms.may_download:
            raise BadInput(terms.sentence)
    except (BadInput, ModelTooLarge) as error:
        # A warning and not an error: the choice goes back to the house model in the same answer.
        gr.Warning(str(error), title="")
        return {asked: HOUSE, chosen: HOUSE, question: gr.Column(visible=False)}
    return {question: gr.Column(visible=True), parts["facts"]: terms_html(terms), parts["wanted"]: key}


def _check_memory(title: str, needed: int) -> None:
    """Say that a model will not fit before anybody fetches it."""
    from models.cache import default_cache

    budget = default_cache().stats().budget
    if needed > budget:
        raise ModelTooLarge(
            f"{title} needs {readable_bytes(needed)} of memory and this machine has {readable_bytes(budget)} for "
            "models; the house model runs everywhere."
        )


def _fetch(key: str, progress: gr.Progress = gr.Progress(track_tqdm=True)) -> tuple[str, Any]:  # noqa: B008
    from models.hub import download

    download(key)
    return key, gr.Column(visible=False)


def terms_html(terms: Any) -> str:
    """What a visitor agrees to, as HTML; ``terms`` is a ``models.hub.Consent``."""
    return (
        f"<p><strong>{html.escape(terms.title)}</strong> is not on this machine yet. Fetching it takes "
        f"{readable_bytes(terms.download_bytes)} from huggingface.co ({html.escape(terms.hub_id)}), once. It needs "
        f"{readable_bytes(terms.memory_bytes)} of memory while it runs. Licence: {html.escape(terms.licence)}.</p>"
    )
