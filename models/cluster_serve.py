"""Ray Serve as the gallery uses it: replicas started on this machine, or on those of a Ray cluster, and errands sent.

On this machine alone, Ray listens to 127.0.0.1 and to nobody else. Its dashboard, its web server and its reports of
use stay off, so no request leaves the machine.
"""

import atexit
import functools
import logging
import math
import os
import secrets
from collections.abc import Generator
from importlib.util import find_spec
from typing import TYPE_CHECKING

from models.cluster import Lost, Send
from models.errors import BadInput
from models.settings import Settings

if TYPE_CHECKING:
    from ray.serve.handle import DeploymentHandle

log = logging.getLogger(__name__)

APP = "vernissage"
STORE_BYTES = 256 * 2**20  # for what is on its way, and too large for a message
HANDED_ON = ("device", "memory_budget", "cpu_tier", "offline", "idle_seconds", "wait_seconds")
ALWAYS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    # How long an errand waits for a replica that has its model while others are free: less than a load takes.
    "RAY_SERVE_MULTIPLEXED_MODEL_ID_MATCHING_TIMEOUT_S": "0.1",
    "RAY_SERVE_QUEUE_LENGTH_RESPONSE_DEADLINE_S": "1",  # a machine with its hands full takes longer than 0.1 to say so
}
QUIET = {"log_level": "WARNING", "enable_access_log": False}


def opened(settings: Settings) -> Send:
    """Start the replicas, or join those machines that are there; returns the way to them. BadInput where Ray is not."""
    if find_spec("ray") is None:
        raise BadInput("A cluster takes Ray Serve, which is not installed: pip install '.[cluster]'.")
    os.environ.update(ALWAYS if settings.cluster_address else ALWAYS | _alone())  # Ray reads them when it is imported
    import ray

    _connect(settings.cluster_address)
    nodes = [node for node in ray.nodes() if node["Alive"]]
    log.info("Starting %d replicas on %d machine(s)", settings.cluster, len(nodes))
    handle = _deployed(settings, ray.cluster_resources(), len(nodes))

    return functools.partial(_sent, handle)


@functools.cache  # Ray reads the word once in a process
def _alone() -> dict[str, str]:
    """What makes Ray listen to 127.0.0.1 and to nothing else, as it does by itself on the systems that the name speaks
    of, and to nobody but processes that have inherited a word made up for them."""
    return {
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
    }


def _connect(address: str) -> None:
    import ray

    alone = {} if address else {"include_dashboard": False, "object_store_memory": STORE_BYTES}
    try:
        ray.init(address or "local", namespace=APP, logging_level=logging.WARNING, configure_logging=False, **alone)
    except Exception as error:  # a bare one is among them
        where = f"There is no Ray cluster at {address}" if address else "Ray does not start on this machine"
        raise BadInput(f"{where}: {str(error).strip().partition(chr(10))[0]}") from error


def _deployed(settings: Settings, resources: dict[str, float], machines: int) -> "DeploymentHandle":
    from ray import serve
    from ray.serve.config import ProxyLocation

    from models.cluster_replica import Replica

    # Serve spreads what asks for nothing evenly; asking for cores could leave a replica without a place.
    actor = {"num_cpus": 0, "num_gpus": _share_of_gpus(settings, resources)}
    threads = max(1, int(resources.get("CPU", 1) // settings.cluster))
    on_each = math.ceil(settings.cluster / machines)
    logging.getLogger("ray.serve").setLevel(logging.WARNING)
    serve.start(proxy_location=ProxyLocation.Disabled, logging_config=QUIET)
    replicas = Replica.options(num_replicas=settings.cluster, ray_actor_options=actor, logging_config=QUIET)
    bound = replicas.bind(_environment(settings), threads, on_each, alone=not settings.cluster_address)
    handle = serve.run(bound, name=APP, route_prefix=None)
    if settings.cluster_address:  # other people's work may go on there, ours does not
        atexit.register(serve.delete, APP)
    return handle.options(stream=True)


def _environment(settings: Settings) -> dict[str, str]:
    """What a replica is to know of the settings, as variables."""
    handed_on = {f"VERNISSAGE_{name.upper()}": str(getattr(settings, name)) for name in HANDED_ON}
    # On this machine they inherit ours, and would take it for an order to start a cluster themselves.
    return handed_on | {"VERNISSAGE_CLUSTER": "0", "VERNISSAGE_CLUSTER_ADDRESS": ""}


def _share_of_gpus(settings: Settings, resources: dict[str, float]) -> float:
    if settings.device == "cpu":
        return 0
    return min(1.0, math.floor(100 * resources.get("GPU", 0) / settings.cluster) / 100)


def _sent(handle: "DeploymentHandle", key: str, parcel: bytes) -> Generator[bytes, None, None]:
    """What a replica says to an errand; closing it calls the work off."""
    from ray.exceptions import ObjectLostError, RayActorError
    from ray.serve.exceptions import RayServeException

    said = handle.options(multiplexed_model_id=key).do.remote(parcel)
    try:
        yield from said
    except (RayActorError, ObjectLostError, RayServeException) as error:
        raise Lost(str(error).strip().partition("\n")[0]) from error
    finally:
        said.cancel()
