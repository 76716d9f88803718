"""Errors as sentences: the one place where what went wrong becomes what a visitor reads."""

from __future__ import annotations

import functools
import inspect
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.caching import CacheMissError, _probe_mode_active
from gradio.utils import get_upload_folder, is_in_or_equal
from gradio_client.utils import is_http_url_like

from models.errors import DISK_FULL, LoadFailed, VernissageError, WeightsDamaged, disk_is_full

log = logging.getLogger(__name__)

NOTE_TITLE = "A note from the house"
SORRY = "Something went wrong behind the scenes. Nothing you made is lost: please try once more."
UNREADABLE = (
    "That cannot be read here. What each endpoint takes, and of which kind, is in the gallery's API description."
)
TOO_LARGE = "One of the numbers is larger than any that can be meant here. Please choose a smaller one."
FROM_ELSEWHERE = (
    "The gallery fetches nothing from other addresses. Please save that file first, and choose it from here."
)
NEVER_SENT = "That file was not sent to the gallery. Please choose it on the page, or upload it first."


def told(error: BaseException, name: str) -> str:
    """What a visitor reads of an error; what only the host can mend goes to the log, where `name` says what failed."""
    if isinstance(error, VernissageError):
        if isinstance(error, LoadFailed | WeightsDamaged):
            log.error("%s: %s", name, error, exc_info=error.__cause__)
        return str(error)
    if disk_is_full(error):
        log.error("%s: the disk is full: %s", name, error)
        return DISK_FULL
    if isinstance(error, OverflowError):  # a whole number of JSON has as many digits as it likes, and Python takes them
        return TOO_LARGE
    log.error("%s failed", name, exc_info=error)
    return SORRY


def _shown(sentence: str) -> gr.Error:
    return gr.Error(sentence, title=NOTE_TITLE, print_exception=False)


@contextmanager
def _as_sentence(name: str) -> Iterator[None]:
    """Turn what goes wrong inside into one sentence a visitor can use; only the log sees the trace."""
    try:
        yield
    except (gr.Error, CacheMissError):  # the latter is how `gr.cache` says that it does not know an answer
        raise
    except Exception as error:
        raise _shown(told(error, name)) from error


def guard(function: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap an event handler (function or generator) so that every failure reaches the visitor as a sentence.

    ``VernissageError`` carries its own; anything else is logged and answered calmly, without a trace.
    """
    if inspect.isgeneratorfunction(function):

        @functools.wraps(function)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            with _as_sentence(function.__name__):
                yield from function(*args, **kwargs)

    else:

        @functools.wraps(function)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            with _as_sentence(function.__name__):
                return function(*args, **kwargs)

    return guarded


class Page(gr.Blocks):
    """The page; what goes wrong around its handlers, where no ``guard`` reaches, is a sentence too.

    Gradio reads what was sent before a handler sees it, and keeps files of what it returns; when that fails it answers
    without a word. It takes any file for a picture whose payload leaves out "meta", and fetches addresses (6.31).
    """

    async def preprocess_data(self, block_fn: Any, inputs: list[Any], *others: Any, **named: Any) -> list[Any]:
        """What was sent, as the handler's arguments; gr.Error for what cannot be read, or is no file sent here."""
        try:
            for path in _paths_in(inputs):
                _check_path(path)
            return await super().preprocess_data(block_fn, inputs, *others, **named)
        except gr.Error:
            raise
        except Exception as error:
            if disk_is_full(error):
                raise
            log.info("%s was sent what cannot be read: %.300r", block_fn.api_name, error)
            raise _shown(UNREADABLE) from error

    async def process_api(self, block_fn: Any, *others: Any, **named: Any) -> dict[str, Any]:
        """Answer one event; every failure is a gr.Error with a sentence.

        What is remembered (``gr.cache``) Gradio first tries as the order comes in, where it would answer an error
        without its sentence (6.31): it is told instead that the answer is not known, and asks again in the queue.
        """
        try:
            with _as_sentence(str(getattr(block_fn, "api_name", block_fn))):
                return await super().process_api(block_fn, *others, **named)
        except gr.Error as error:
            if _probe_mode_active.get():
                raise CacheMissError from error
            raise


def _paths_in(value: Any) -> Iterator[str]:
    """Whatever Gradio or one of its components could take for a file, however deep."""
    if isinstance(value, dict):
        if isinstance(value.get("path"), str):
            yield value["path"]
        value = list(value.values())
    if isinstance(value, list | tuple):
        for part in value:
            yield from _paths_in(part)


def _check_path(path: str) -> None:
    """Only what lies in the folder of uploads may be named; what by its name does not is not even looked up."""
    if is_http_url_like(path):
        raise _shown(FROM_ELSEWHERE)
    uploads = os.path.abspath(get_upload_folder())
    if not Path(os.path.abspath(path)).is_relative_to(uploads) or not is_in_or_equal(path, uploads):
        raise _shown(NEVER_SENT)
