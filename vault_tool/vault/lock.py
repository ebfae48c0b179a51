"""One writer at a time: a lock of the operating system, in local state, outside the vault."""

from __future__ import annotations

import os
import time
from _thread import get_ident  # `threading` takes longer to load, and each query loads this module
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_
from vault_tool.vault.places import Places, PlaceUnusable, make_private
from vault_tool.vault.system_lock import SystemLock

LOCK_NAME = "write.lock"
HOLDER_NAME = "write.holder"
DEFAULT_TIMEOUT = 10.0


class Busy(VaultError):
    """Another process writes to this vault, and did not finish while we waited."""

    message = N_("The vault is busy: `{command}` (process {pid}) is writing to it.")
    hint = N_("Wait for it to end and run the command again; nothing was written.")
    exit_code = Exit.BUSY


# By process and thread: to a lock, another thread is as good as another process, and a fork holds nothing.
_held: set[tuple[Path, int, int]] = set()


@contextmanager
def write_lock(places: Places, command: str, timeout: float = DEFAULT_TIMEOUT) -> Iterator[None]:
    """Hold the vault's one writer lock; the same thread may take it again inside.

    The lock dies with its holder, however that ends. It keeps out other `vault` processes of this
    user on this machine and nobody else: an editor needs no lock, and digests guard against it.
    """
    state = make_private(places.state)
    mine = state / LOCK_NAME, os.getpid(), get_ident()
    if mine in _held:
        yield
        return
    try:
        lock = SystemLock(mine[0], timeout)
    except TimeoutError as error:
        raise _busy(state) from error
    except OSError as error:
        raise PlaceUnusable(path=state, reason=error.strerror or str(error)) from error
    _held.add(mine)
    try:
        _sign(state, command)
        yield
        with suppress(OSError):
            (state / HOLDER_NAME).unlink(missing_ok=True)
    finally:
        _held.discard(mine)
        lock.release()


def _sign(state: Path, command: str) -> None:
    """Leave word of who holds the lock; a failure to do so harms nobody."""
    import json  # here: a query imports this module, and writes nothing

    # Not in the lock file: Windows lets no other process read a locked one.
    word = {"pid": os.getpid(), "command": command, "since": int(time.time())}
    with suppress(OSError):
        (state / HOLDER_NAME).write_text(json.dumps(word), encoding="utf-8")


def _busy(state: Path) -> Busy:
    import json  # here: as above

    try:
        word = json.loads((state / HOLDER_NAME).read_text(encoding="utf-8"))
        return Busy(command=str(word["command"]), pid=int(word["pid"]))
    except (OSError, ValueError, KeyError, TypeError):
        return Busy(command="vault", pid="?")
