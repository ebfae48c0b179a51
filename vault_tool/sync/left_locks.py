"""What git, killed together with a sync, leaves in its own way: known by the mark that each sync sets.

Nobody else's lock is touched: only those younger than the mark of a sync that died, and only while no other
sync is at work.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_MARK = "at-work-"
_LOCKS = ("index.lock", "HEAD.lock", "packed-refs.lock", "config.lock")
_WAIT_SECONDS = 1.0
_POLL = 0.05
_CLOCKS_NS = 1_000_000_000  # by which a file system's clock may be coarse


@contextmanager
def at_work(own: Path) -> Iterator[None]:
    """Have a mark in our part of git's folder for as long as a sync is at work."""
    mark = own / f"{_MARK}{os.getpid()}"
    with suppress(OSError):
        own.mkdir(exist_ok=True)
        mark.touch()
    try:
        yield
    finally:
        with suppress(OSError):
            mark.unlink(missing_ok=True)


def remove_left_locks(
    own: Path, git: Path, common: Path, sleep: Callable[[float], None] = time.sleep
) -> None:
    """Remove the locks that a killed sync left; `own` is our part of git's folder `git`."""
    marks = list(own.glob(f"{_MARK}*"))
    dead = [mark for mark in marks if not _is_alive(mark)]
    if not dead or len(dead) < len(marks):
        return
    since = min(mark.stat().st_mtime_ns for mark in dead) - _CLOCKS_NS
    locks = [folder / name for folder in {git, common} for name in _LOCKS]
    locks += (common / "refs").rglob("*.lock")
    locks += filter(_is_of_import, (common / "objects/pack").glob("*.keep"))
    for lock in locks:
        # Killed was the sync; a git that it started may still be about to end.
        waited = 0.0
        while lock.exists() and waited < _WAIT_SECONDS:
            sleep(_POLL)
            waited += _POLL
        with suppress(OSError):
            if lock.stat().st_mtime_ns >= since:
                lock.unlink()
    for mark in dead:
        mark.unlink(missing_ok=True)


def _is_of_import(keep: Path) -> bool:
    """Tell whether `git fast-import` put this beside a pack, for as long as it takes to name it.

    Left there, it refuses the same objects for ever: "cannot create keep file: File exists".
    """
    with suppress(OSError):
        return keep.read_bytes() == b"fast-import"
    return False


def _is_alive(mark: Path) -> bool:
    if os.name != "posix":
        return True  # to ask after a process would end it there
    with suppress(ValueError):
        try:
            os.kill(int(mark.name.removeprefix(_MARK)), 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
    return True
