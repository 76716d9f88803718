"""On a machine whose GPU is lent by the call, every event that waits for the device borrows it; rooms need not know."""

from __future__ import annotations

import gradio as gr

from demos.kit import DEVICE_QUEUE
from models.gateway import Gateway


def borrow(page: gr.Blocks, gateway: Gateway) -> int:
    """Lead the page's events of the device's queue through the gateway, before the page is launched: how many.

    What the live rooms ask past the queue stays on the processor: it follows the hand, and names no visitor whose share
    of the GPU it could be taken from.
    """
    events = [event for event in page.fns.values() if event.fn and event.concurrency_id == DEVICE_QUEUE]
    for event in events:
        event.fn = gateway.through(event.fn)
    return len(events)
