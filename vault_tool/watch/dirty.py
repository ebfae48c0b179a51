"""What may have changed: gathered by the threads that listen, handed over when it is due."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Lock

from vault_tool.named import NamedTuple

Clock = Callable[[], float]

# A save is several events: how long to wait for its other ones, where none says that it was the last.
SETTLE = 0.02
SETTLE_MOST = 0.05
# Under load: how long it must be quiet, and how long anything waits at most.
QUIET = 0.3
QUIET_MOST = 2.0


class Hints(NamedTuple):
    """What to look at: these paths (relative to the root), or everything."""

    paths: list[str]
    everything: bool = False


class Dirty:
    """A set of paths, filled from any thread.

    The first paths after a calm are due at once (a person saved a file); while more keep coming they are
    due when it is quiet again, or after two seconds. `on_first` is called, in the thread that tells, before
    anything can be handed over.
    """

    def __init__(self, clock: Clock = time.monotonic, on_first: Callable[[], None] = lambda: None) -> None:
        self._clock = clock
        self._on_first = on_first
        self._lock = Lock()
        # Of all ways to wake a thread, the one that also a signal handler may use.
        self._tokens: SimpleQueue[None] = SimpleQueue()
        self._paths: dict[str, None] = {}
        self._everything = False
        self._is_complete = False
        self._first = self._last = 0.0
        self._taken = float("-inf")
        self.last_told: float | None = None  # by the wall clock

    def __len__(self) -> int:
        return len(self._paths) + self._everything

    def __contains__(self, path: str) -> bool:
        return path in self._paths

    def add(self, paths: Iterable[str], *, everything: bool = False, is_complete: bool = False) -> None:
        """Note paths that may have changed; `everything` when folders did.

        `is_complete`: whoever wrote the file is done with it.
        """
        now = self._clock()
        with self._lock:
            was_empty = not len(self)
            is_news = was_empty or (is_complete and not self._is_complete)
            self._paths.update(dict.fromkeys(paths))
            self._everything |= everything
            self._is_complete |= is_complete
            if was_empty:
                self._first = now
                self._on_first()
            self._last = now
            self.last_told = time.time()
        if is_news:
            self._tokens.put(None)

    def if_empty(self, act: Callable[[], None]) -> None:
        """Do something, unless there is anything to hand over; nothing comes in meanwhile."""
        with self._lock:
            if not len(self):
                act()

    def wake(self) -> None:
        """Have `wait` return now; a signal handler may call this."""
        self._tokens.put(None)

    def wait(self, until: float) -> None:
        """Wait until something comes in, something is due, `wake` is called, or that time has come."""
        due = self.due_at()
        left = (until if due is None else min(until, due)) - self._clock()
        with suppress(Empty):
            # What was put meanwhile is taken off even when nothing is left to wait for.
            self._tokens.get(left > 0, max(left, 0.0))

    def due_at(self) -> float | None:
        """Return when what has been gathered is due, None when there is nothing."""
        with self._lock:
            if not len(self):
                return None
            if self._first - self._taken >= QUIET:
                settle = 0.0 if self._is_complete else SETTLE
                return min(self._last + settle, self._first + SETTLE_MOST)
            return min(self._last + QUIET, self._first + QUIET_MOST)

    def take(self) -> Hints:
        """Hand over what has been gathered."""
        with self._lock:
            hints = Hints(list(self._paths), self._everything)
            self._paths = {}
            self._everything = self._is_complete = False
            self._taken = self._clock()
        return hints
