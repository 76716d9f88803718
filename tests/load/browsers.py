"""Visitors with a real browser: one drags a walk's dot, one draws; what hangs must be what their hand left behind."""

from __future__ import annotations

import asyncio
import base64
import json
import random
import time
from dataclasses import dataclass

from playwright.async_api import Page, async_playwright

from models.media import read_recipe
from tests.browser.harness import FLAGS, find_chromium
from tests.load.tally import Tally

# Per room: its stage, the event that says what hangs, the server function, what to press on, the picture.
ROOMS = (
    ("latent-walk", "#walk .wk", "face", "face", ".wk-t", "#walk img.wk-on"),
    ("sketch-to-photo", "#easel .sk", "photo", "photo", ".sk-canvas", "#easel .sk-photo img.sk-on"),
)
LISTEN = """([stage, event]) => {
  window.hung = [];
  document.querySelector(stage).addEventListener(event, ({detail}) => detail.order && window.hung.push(detail.order));
}"""
# What hangs is what was asked for last; the hand's own number is no part of an order.
THERE = """() => window.hung.length && window.sent && JSON.stringify(window.hung.at(-1)) === window.sent"""
REMEMBER = """([name]) => {
  const fetching = window.fetch;
  window.fetch = (url, options) => {
    if (String(url).includes('component_server') && JSON.parse(options.body).fn_name === name) {
      const { hand, number, ...order } = JSON.parse(options.body).data;
      window.sent = JSON.stringify(order);
    }
    return fetching(url, options);
  };
}"""


@dataclass
class Browsing:
    """One visitor; an even number walks, an odd one draws."""

    number: int
    address: str
    tally: Tally

    async def visit(self, seconds: float) -> None:
        """Open the page and stay until the time is up."""
        until = time.monotonic() + seconds
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
            page = await browser.new_page()
            page.set_default_timeout(120_000)
            name = f"browser, {ROOMS[self.number % 2][0]}"
            page.on("console", lambda message: message.type == "error" and self.tally.error(name, message.text))
            page.on("pageerror", lambda error: self.tally.error(name, str(error)))
            try:
                await self._stay(page, name, until)
            except Exception as error:
                self.tally.error(name, f"{type(error).__name__}: {error}")
            finally:
                await browser.close()

    async def _stay(self, page: Page, name: str, until: float) -> None:
        slug, stage, event, function, handle, shown = ROOMS[self.number % 2]
        chance = random.Random(self.number)
        await page.goto(f"{self.address}/?demo={slug}")
        await page.locator(shown).first.wait_for()
        await page.evaluate(LISTEN, [stage, event])
        await page.evaluate(REMEMBER, [function])
        while time.monotonic() < until:
            await self._drag(page, f"{stage.split()[0]} {handle}", chance)
            left = time.monotonic()
            await asyncio.sleep(0.1)  # the order leaves, or waits for those under way
            await page.wait_for_function(THERE)
            took, order = time.monotonic() - left, json.loads(await page.evaluate("window.sent"))
            how = read_recipe(base64.b64decode((await page.locator(shown).first.get_attribute("src")).split(",")[1]))
            same = how.settings["t"] == order["t"] if "t" in order else how.settings["drawing"] == order["drawing"]
            self.tally.picture(name, took, order, None, None if same else f"{str(how)[:200]} for {str(order)[:200]}")
            await asyncio.sleep(chance.uniform(1.5, 4.0))

    async def _drag(self, page: Page, selector: str, chance: random.Random) -> None:
        target = page.locator(selector)
        await target.scroll_into_view_if_needed()
        box = await target.bounding_box()
        places = [(chance.uniform(0.1, 0.9), chance.uniform(0.2, 0.8)) for _ in range(4)]
        points = [(box["x"] + across * box["width"], box["y"] + down * box["height"]) for across, down in places]
        await page.mouse.move(*points[0])
        await page.mouse.down()
        for point in points[1:]:
            await page.mouse.move(*point, steps=8)
        await page.mouse.up()
