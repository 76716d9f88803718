"""What crosses between processes, made and read here as bytes: an error in between would be known by its name alone.

Only processes that this gallery has started read what others of them wrote, over ways that nobody else can reach: a
parcel from anywhere else must never be opened.
"""

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any


def packed(message: Any) -> bytes:
    """A message as bytes; raises whatever pickle has to say of what it cannot carry."""
    return pickle.dumps(message, pickle.HIGHEST_PROTOCOL)


def unpacked(parcel: bytes) -> Any:
    """The message in a parcel that one of our own processes has packed."""
    return pickle.loads(parcel)


def portable(error: Exception) -> Exception:
    """The error, if it survives the way; else one that says what it said."""
    try:
        unpacked(packed(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


@dataclass(frozen=True)
class Errand:
    """A call of an engine's function, to be made in another process, perhaps on another machine.

    hears: the parameter that is told each step, "" for none. `reads` and `writes` are parameters too, "" for none: at
    the path of one lies `file`, which travels along; what the function leaves at the path of the other comes back.
    """

    function: Callable[..., Any]
    arguments: dict[str, Any]
    hears: str = ""
    reads: str = ""
    writes: str = ""
    file: bytes = b""

    def run(self, on_step: Callable[..., None]) -> tuple[Any, bytes]:
        """Make the call, there: what the function returned, and what it wrote."""
        heard = {self.hears: on_step} if self.hears else {}
        with TemporaryDirectory(prefix="vernissage-errand-") as folder:
            paths = {name: self._path(name, folder) for name in (self.reads, self.writes) if name}
            if self.reads:
                paths[self.reads].write_bytes(self.file)
            result = self.function(**{**self.arguments, **paths, **heard})
            return result, paths[self.writes].read_bytes() if self.writes else b""

    def _path(self, name: str, folder: str) -> Path:
        """Where a file lies there: its own name, of which the ending counts, in a folder of its own."""
        path = Path(folder, name, Path(self.arguments[name]).name)
        path.parent.mkdir()
        return path

    def deliver(self, written: bytes) -> None:
        """Put what was written where it is wanted, here."""
        if self.writes:
            Path(self.arguments[self.writes]).write_bytes(written)
