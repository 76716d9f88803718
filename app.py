"""The front door: read how to be hosted, build the gallery, open it.

Every flag is a field of models.settings.Settings; VERNISSAGE_<NAME> in the environment means the same.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys

from models.errors import BadInput
from models.settings import Settings

FLAGS = {
    "host": "address to listen on; 0.0.0.0 opens the gallery to the network",
    "port": "port to listen on",
    "auth": "name:password to ask visitors for; several parted by commas",
    "device": "auto, cpu or cuda",
    "memory_budget": "memory for models, such as 6GB; 0 decides from the machine",
    "cpu_tier": "main memory for models resting beside a GPU, such as 4GB",
    "demos": "rooms to open, by address, parted by commas; all of them when left out",
    "visits_per_minute": "what one visitor may ask in a minute; 0: anything; 600 with --share and on a Space",
    "idle_seconds": "let a model go after so many seconds without use; 0 keeps it",
}
SWITCHES = {
    "share": "ask Gradio for a public address",
    "offline": "never fetch a model, not even when a visitor agrees",
    "mcp": "offer every demo as an MCP tool (needs the extra: pip install '.[mcp]')",
}


def read_flags(arguments: list[str] | None = None) -> dict[str, str]:
    """The flags given on the command line, as the environment variables that mean the same."""
    parser = argparse.ArgumentParser(description="Open the gallery of generative deep learning.")
    for name, meaning in FLAGS.items():
        parser.add_argument(f"--{name.replace('_', '-')}", metavar="", help=meaning)
    for name, meaning in SWITCHES.items():
        parser.add_argument(f"--{name}", action="store_const", const="1", help=meaning)
    given = vars(parser.parse_args(arguments))
    return {f"VERNISSAGE_{name.upper()}": value for name, value in given.items() if value is not None}


def main() -> None:
    """Open the gallery and stay until interrupted."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    # The flags become environment so that whatever reads Settings later reads the same ones.
    os.environ.update(read_flags())

    try:
        settings = Settings.from_environment()
    except BadInput as error:
        sys.exit(str(error))

    # Importing gradio takes most of the start: after the flags, so that --help and a mistake answer at once.
    from demos.gallery import build_gallery, launch

    page = build_gallery(settings)
    _, address, public = launch(page, settings, prevent_thread_lock=True)
    print(f"The gallery is open: {public or address}", flush=True)
    page.block_thread()


if __name__ == "__main__":
    main()
