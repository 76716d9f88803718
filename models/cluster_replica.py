"""One replica of the cluster: a process with its own model cache that does errands. Imported where Ray is.

Ray Serve's multiplexing notes which models a replica has had ready, and asks such a replica first; what is in memory,
and what has to leave it, our own cache decides alone. A note outlives the model it speaks of: the errand that trusts
it waits for one more load, and nothing else.
"""

import asyncio
import os
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from ray import serve

from models.cluster import perform, warm
from models.devices import this_machine
from models.settings import Settings

AT_ONCE = 2  # errands in a replica: while one computes, the next is unpacked, and a short one passes a long one
NOTES = 32  # models a replica is known for: more than the registry has
NOTICED = 2.0  # seconds between two looks at whether a replica is well


@serve.deployment(max_ongoing_requests=AT_ONCE, health_check_period_s=NOTICED, graceful_shutdown_timeout_s=2)
class Replica:
    """Does errands, AT_ONCE at a time.

    environment: what a host has chosen, as variables: settings reach other machines in no other way. threads: for the
    network of each errand. replicas: on this machine, this one included, who share its memory. alone: no other machine
    is to reach this one.
    """

    def __init__(self, environment: dict[str, str], threads: int, replicas: int, alone: bool):
        if alone:
            _listen_here_alone()
        os.environ.update(environment)
        budget = this_machine(Settings.from_environment()).budget
        os.environ["VERNISSAGE_MEMORY_BUDGET"] = str(budget // replicas)
        import torch

        torch.set_num_threads(threads)
        # More threads than errands: one that was called off leaves at its next step, and the next one need not wait.
        self._threads = ThreadPoolExecutor(2 * AT_ONCE, thread_name_prefix="errand")

    async def do(self, parcel: bytes) -> AsyncIterator[bytes]:
        """Do the errand in a parcel: its steps and its end, as `perform` tells them. Closing ends it at a step."""
        if key := serve.get_multiplexed_model_id():
            with suppress(Exception):  # the errand leases the model itself, and says what is wrong with it
                await self.ready(key)
        loop, said, called_off = asyncio.get_running_loop(), asyncio.Queue(), threading.Event()

        def tell(message: bytes | None) -> None:
            loop.call_soon_threadsafe(said.put_nowait, message)

        self._threads.submit(perform, parcel, tell, called_off).add_done_callback(lambda _: tell(None))
        try:
            while (message := await said.get()) is not None:
                yield message
        finally:
            called_off.set()

    @serve.multiplexed(max_num_models_per_replica=NOTES)
    async def ready(self, key: str) -> str:
        """Have our cache load a model; what Serve is given to keep is its name alone."""
        await asyncio.get_running_loop().run_in_executor(self._threads, warm, key)
        return key


def _listen_here_alone() -> None:
    """Keep the port that Serve opens for other deployments to this machine: it would listen to all (Ray 2.60)."""
    from ray.serve._private import replica

    add_port = replica.add_port_to_grpc_server
    replica.add_port_to_grpc_server = lambda server, address: add_port(server, address.replace("[::]", "127.0.0.1"))
