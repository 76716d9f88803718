"""The front door: read how to be hosted, build the gallery, open it.

Every flag is a field of models.settings.Settings; VERNISSAGE_<NAME> in the environment means the same.
"""

from __future__ import annotations

import logging
import os
import sys

from models.cluster import the_cluster
from models.errors import BadInput
from models.flags import read_flags
from models.gateway import lent_gpu
from models.heap import few_heaps
from models.settings import Settings


def main() -> None:
    """Open the gallery and stay until interrupted."""
    few_heaps()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    # The flags become environment so that whatever reads Settings later reads the same ones.
    os.environ.update(read_flags())

    try:
        settings = Settings.from_environment()
        lent_gpu()  # where a GPU is lent by the call, its way is opened before anything else can touch CUDA
        the_cluster()  # where several processes share the work, they are there before the first visitor
    except BadInput as error:
        sys.exit(str(error))

    # Importing gradio takes most of the start: after the flags, so that --help and a mistake answer at once.
    from demos.gallery import build_gallery, launch
    from demos.house.address import addresses

    page = build_gallery(settings)
    _, _, public = launch(page, settings, prevent_thread_lock=True)
    print(f"The gallery is open: {addresses(settings, public)[0]}", flush=True)
    page.block_thread()


if __name__ == "__main__":
    main()
