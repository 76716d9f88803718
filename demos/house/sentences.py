"""Errors as sentences: the one place where what went wrong becomes what a visitor reads."""

from __future__ import annotations

import functools
import inspect
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import gradio as gr

from models.errors import VernissageError

log = logging.getLogger(__name__)

NOTE_TITLE = "A note from the house"
SORRY = "Something went wrong behind the scenes. Nothing you made is lost: please try once more."


@contextmanager
def _as_sentence(name: str) -> Iterator[None]:
    """Turn what goes wrong inside into one sentence a visitor can use; only the log sees the trace."""
    try:
        yield
    except VernissageError as error:
        raise gr.Error(str(error), title=NOTE_TITLE, print_exception=False) from error
    except gr.Error:
        raise
    except Exception as error:
        log.exception("%s failed", name)
        raise gr.Error(SORRY, title=NOTE_TITLE, print_exception=False) from error


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
