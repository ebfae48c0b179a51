"""One watcher for each vault, and what it says of itself: a lock and a small file in local state."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_
from vault_tool.vault.places import Places, PlaceUnusable, make_private
from vault_tool.vault.system_lock import SystemLock

LOCK_NAME = "watch.lock"
BEAT_NAME = "watch.json"
BEAT_SECONDS = 15.0
# A heartbeat that is older belongs to a watcher that hangs.
OLD_SECONDS = 50.0
# Who only asks whether the lock is held, holds it for a moment.
_LOCK_SECONDS = 1.0
_BEAT_BYTES = 2048


class AlreadyWatched(VaultError):
    """Another watcher has this vault."""

    message = N_("This vault is watched already, by process {pid}.")
    hint = N_("`vault watch status` tells how it fares.")
    exit_code = Exit.BUSY


@dataclass(slots=True)
class Beat:
    """What a watcher says of itself; times are seconds of the wall clock.

    `is_current`: everything that was told is in catalog and index. `polls` is after how many seconds all is
    looked at, where events can't be relied on. `drift` counts changes that no event had told, `remade` how
    often the catalog was found damaged and made anew; `sealed` counts values. `shared` is when the watcher
    shared all of it last, `shares_next` when it will next. `troubles` are where something is wrong: events,
    catalog, index, settings, lint, sealing, sharing.
    """

    pid: int
    since: float
    beat: float = 0.0
    backend: str | None = None
    polls: float | None = None
    is_current: bool = False
    queue: int = 0
    last_event: float | None = None
    last_batch: float | None = None
    last_reconcile: float | None = None
    drift: int = 0
    overflows: int = 0
    restarts: int = 0
    remade: int = 0
    sealed: int = 0
    shared: float | None = None
    shares_next: float | None = None
    is_listening: bool = False
    is_serving: bool | None = None
    troubles: list[str] = field(default_factory=list)


@contextmanager
def only_watcher(places: Places) -> Iterator[None]:
    """Be the one watcher of a vault; the lock ends with its process, however that ends."""
    state = make_private(places.state)
    try:
        lock = SystemLock(state / LOCK_NAME, _LOCK_SECONDS)
    except TimeoutError as error:
        beat = read_beat(places)
        raise AlreadyWatched(pid=beat.pid if beat else "?") from error
    except OSError as error:
        raise PlaceUnusable(path=state, reason=error.strerror or str(error)) from error
    try:
        yield
    finally:
        with suppress(OSError):
            (state / BEAT_NAME).unlink(missing_ok=True)
        lock.release()


def is_watched(places: Places) -> bool:
    """Tell whether a watcher holds this vault, by its lock."""
    path = places.state / LOCK_NAME
    if not path.exists():
        return False
    try:
        import fcntl
    except ImportError:
        return _is_locked(path)
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False


def read_beat(places: Places) -> Beat | None:
    """Return what the watcher last said of itself; None when there is nothing to be read."""
    for _attempt in ("now", "after it has been written"):
        try:
            said = json.loads((places.state / BEAT_NAME).read_text("utf-8"))
            return Beat(**{one.name: said[one.name] for one in fields(Beat)})
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return None


def is_answering(places: Places) -> bool:
    """Tell whether a search would be answered by what the watcher holds ready, without a walk."""
    beat = read_beat(places) if is_watched(places) else None
    return beat is not None and beat.is_current and bool(beat.is_serving)


def write_beat(places: Places, beat: Beat) -> None:
    """Say how it stands; should that fail, the last word grows old, which says enough."""
    beat.beat = time.time()
    text = json.dumps({"version": 1, **asdict(beat)}).encode()
    with suppress(OSError):
        handle = os.open(places.state / BEAT_NAME, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            # Over what stands there, always as long: that also works on a disk that has become full.
            os.write(handle, text.ljust(_BEAT_BYTES))
        finally:
            os.close(handle)


def _is_locked(path: Path) -> bool:
    try:
        with SystemLock(path, 0):
            return False
    except TimeoutError:
        return True
    except OSError:
        return False
