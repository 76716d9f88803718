"""What can go wrong, as few types as the rooms need to tell apart.

`str(error)` is one sentence fit for a visitor: what was asked, what is possible, what to do.
`demos/kit.py` is the one place that shows it.
"""

import errno

DISK_FULL = "The disk of this machine is full, so nothing more can be kept. Please tell whoever runs the gallery."


class VernissageError(Exception):
    """Anything the gallery can explain; everything else is a bug."""


class BadInput(VernissageError):
    """What the visitor gave cannot be used: an empty canvas, a text file named .png."""


class CacheBusy(VernissageError):
    """The model is in use, or memory is, for longer than the caller was willing to wait."""


class ModelTooLarge(VernissageError):
    """The model would not fit on this machine even if nothing else were loaded."""


class OutOfMemory(VernissageError):
    """Memory ran out while loading or running, although the ledger had admitted it."""


class LoadFailed(VernissageError):
    """A model's loader raised; the cause is chained for the log."""


class WeightsDamaged(VernissageError):
    """A weights file is missing, cut short, or not the one that was published."""


class NeedsDownload(VernissageError):
    """A hub model is not on this disk, and nobody has agreed to fetch it yet."""


class Unanswered(VernissageError):
    """Every machine of the cluster that took this work over fell silent."""


class Stopped(VernissageError):
    """Long work was called off by whoever asked for it."""


def disk_is_full(error: BaseException | None) -> bool:
    """Whether an error, or what led to it, is that nothing more fits on the disk, or into its owner's share of it."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        error = error.__cause__ or error.__context__
    return False


def readable_bytes(count: int | float) -> str:
    """A size as people write it, in decimal units: 31457280 -> '31 MB', 12.3e9 -> '12.3 GB'."""
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:.1f} {unit}" if unit == "GB" else f"{count / size:.0f} {unit}"
    return f"{count:.0f} bytes"
