"""Where others can open this gallery: what its host said, the public address, or this machine's on its own network."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterable

from models.settings import Settings

EVERYWHERE = ("0.0.0.0", "::", "")  # listening on every network this machine is on
INDOORS = re.compile(r"(docker|br-|veth|virbr|vmnet|vboxnet|tun|tap|utun|awdl|llw|zt|wg|tailscale)", re.IGNORECASE)
NOWHERE = ("192.0.2.1", 9)  # set aside for documents (RFC 5737): asking the way there sends nothing
MOST = 3


def addresses(settings: Settings, public: str | None = None) -> list[str]:
    """Addresses under which others can open the gallery, without a slash at the end, the likeliest first.

    ``public``: the one that Gradio was given by its share service, once it was.
    """
    if said := settings.address or public:
        return [_whole(said)]
    hosts = networks() if settings.host in EVERYWHERE else [settings.host]
    return [f"http://{_bracketed(host)}:{settings.port}" for host in hosts or ["127.0.0.1"]]


def only_here(address: str) -> bool:
    """Whether an address opens the gallery on this very machine alone."""
    return re.match(r"https?://(localhost|127\.|\[::1\])", address) is not None


def networks() -> list[str]:
    """This machine's own IPv4 addresses as its neighbours see them: the one that leads out of the house first."""
    return _ordered(_outward(), _own())


def _ordered(outward: str | None, own: Iterable[tuple[str, str]]) -> list[str]:
    """The way out, then the others by (interface, address), bridges and tunnels left aside."""
    others = [address for name, address in own if not INDOORS.match(name) and _is_usable(address)]
    first = [outward] if outward and _is_usable(outward) else []
    return list(dict.fromkeys(first + sorted(others)))[:MOST]


def _outward() -> str | None:
    """The address this machine would send from; None without a network that leads anywhere."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(NOWHERE)
            return probe.getsockname()[0]
        except OSError:
            return None


def _own() -> list[tuple[str, str]]:
    """(interface, IPv4 address) of every interface that is up; a laptop that opens a network itself has no way out."""
    import psutil

    up = {name for name, state in psutil.net_if_stats().items() if state.isup}
    every = psutil.net_if_addrs().items()
    return [(name, one.address) for name, found in every if name in up for one in found if one.family == socket.AF_INET]


def _is_usable(address: str) -> bool:
    known = ipaddress.ip_address(address)
    return not (known.is_loopback or known.is_link_local or known.is_unspecified or known.is_multicast)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _whole(address: str) -> str:
    """What a host wrote as an address that a link can hold: with http:// where nothing is said."""
    return (address if re.match(r"https?://", address) else f"http://{address}").rstrip("/")
