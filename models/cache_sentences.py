"""What the cache says when it cannot give a model: what was needed, what there is, what to do."""

from models.cache_policy import Entry, Ledger
from models.devices import is_out_of_memory
from models.errors import CacheBusy, LoadFailed, ModelTooLarge, OutOfMemory, VernissageError, readable_bytes
from models.registry import ModelSpec


def refuse(ledger: Ledger, spec: ModelSpec) -> None:
    """Say at once what waiting cannot change; the condition is held."""
    if ledger.closed:
        raise CacheBusy(f"{spec.title} was asked for while the gallery is closing; come back when it is open again.")
    need = ledger.weights(spec) + spec.working_bytes
    if need > ledger.budget:
        raise ModelTooLarge(
            f"{spec.title} needs {readable_bytes(need)} of memory and this machine has "
            f"{readable_bytes(ledger.budget)} for models; choose a smaller model, or give the gallery more "
            "with VERNISSAGE_MEMORY_BUDGET."
        )


def busy(ledger: Ledger, entry: Entry) -> CacheBusy:
    """Why the wait for a model came to nothing, in a sentence; the condition is held."""
    spec = entry.spec
    if entry.users and not spec.shared:
        return CacheBusy(f"{spec.title} is at work for somebody else; try again in a moment.")
    if entry.where == "leaving":
        return CacheBusy(f"{spec.title} is making room for another model; try again in a moment.")
    need = spec.working_bytes + (0 if entry.where == "device" else ledger.weights(spec))
    free = max(0, ledger.budget - ledger.used)
    return CacheBusy(
        f"{spec.title} needs {readable_bytes(need)} of memory and {readable_bytes(free)} of "
        f"{readable_bytes(ledger.budget)} is free while others are at work; try again in a moment, or choose "
        "a smaller model."
    )


def explained(ledger: Ledger, spec: ModelSpec, error: Exception) -> VernissageError:
    """What a loader raised, as one of ours."""
    if isinstance(error, VernissageError):
        return error
    if is_out_of_memory(error):
        return ran_out(ledger, spec, "loading")
    return LoadFailed(
        f"{spec.title} could not be loaded ({type(error).__name__}); try again, and "
        "choose another model if it fails again."
    )


def ran_out(ledger: Ledger, spec: ModelSpec, doing: str) -> OutOfMemory:
    """Memory ran out although it had been admitted: what was needed, what there is, what to do."""
    need, budget = readable_bytes(ledger.weights(spec) + spec.working_bytes), readable_bytes(ledger.budget)
    return OutOfMemory(
        f"Memory ran out while {spec.title} was {doing}: it needs about {need} and the gallery may use {budget}; "
        "try again, ask for something smaller, or close other programs."
    )
