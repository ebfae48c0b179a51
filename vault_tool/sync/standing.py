"""How a file on disk stands to what a sync is about to do to it: decided by its bytes alone."""

from __future__ import annotations

from collections.abc import Callable, Collection
from enum import Enum

from vault_tool.git.blobs import blob_name_like
from vault_tool.sync.sync_journal import Step


class Standing(Enum):
    """How a file stands to the step that is planned for it."""

    DONE = "done"
    WAITING = "waiting"  # as it was, gone, or torn: nothing of anybody's is lost by doing the step
    EDITED = "edited"  # somebody's: what comes is joined to it


def standing(
    step: Step, now: bytes | None, after: Callable[[], bytes], known: Collection[str], joined: str | None
) -> Standing:
    """Decide by what stands on disk. `known` are further blobs that are nobody's edit, `joined` is our own.

    A file that is gone is written: a change outlives a deletion. One that is empty, or is the beginning of
    what comes, was torn by a power cut.
    """
    if now is None:
        return Standing.DONE if step.after is None else Standing.WAITING
    like = step.after or step.before or ""
    name = blob_name_like(now, like)
    if name in (step.after, joined):
        return Standing.DONE
    if name == step.before or name in known or not now:
        return Standing.WAITING
    if step.after is not None and after().startswith(now):
        return Standing.WAITING
    return Standing.EDITED
