"""Keeps listening, whatever happens to the events: loss, failure, refusal, silence."""

from __future__ import annotations

import time
from pathlib import Path, PurePosixPath

from vault_tool.watch.dirty import Clock, Dirty
from vault_tool.watch.events import Events, lies_remote
from vault_tool.watch.news import CannotListen, EventsLost, EventsStopped

# Where events can't be relied on, all is compared this often; less often where that takes long.
POLL_SECONDS, POLL_MOST = 5.0, 30.0
# Each repair waits twice as long as the last one, unless that was long ago.
BACK_OFF, BACK_OFF_MOST = 1.0, 60.0
FORGOTTEN_AFTER = 120.0
CHECK_SECONDS = 300.0
# What nobody told of within this time, nobody will.
TOLD_WITHIN = 5.0


class Listening:
    """The events of one vault, and whether they can be relied on.

    `backend` is what tells of changes, None where nothing does. `polls` is after how many seconds all has to
    be compared besides, None where that is not needed.
    """

    def __init__(self, root: Path, elsewhere: Path, dirty: Dirty, clock: Clock) -> None:
        """`elsewhere` is a folder outside of the vault, to see whether one more could be watched."""
        self._root = root
        self._elsewhere = elsewhere
        self._dirty = dirty
        self._clock = clock
        self._events = Events(root, dirty, self.doubt)
        self._losses: list[bool] = []
        self._back_off = BACK_OFF
        self._repaired = self._checked = float("-inf")
        self._refused: CannotListen | None = None
        self.backend: str | None = None
        self.polls: float | None = None
        self.overflows = 0
        self.restarts = 0

    @property
    def is_reliable(self) -> bool:
        """Tell whether every change is told of."""
        return (
            self.backend is not None and self.polls is None and not self._losses and self._events.is_alive()
        )

    def start(self, *, is_repair: bool = False) -> CannotListen | None:
        """Listen; return why that can't be, where it can't."""
        self.polls = POLL_SECONDS if lies_remote(self._root) else None
        self._checked = self._clock()
        self._refused = None
        try:
            self._events.start()
            self._events.check_room(self._elsewhere)
            # While more changes than can be told, a test would go by unheard, too.
            if not is_repair:
                self._events.check_hearing()
        except CannotListen as error:
            return self._refuse(error)
        self.backend = self._events.backend
        return None

    def stop(self) -> None:
        """Stop listening."""
        self._events.stop()
        self.backend = None

    def doubt(self, is_overflow: bool = False) -> None:
        """Note, from any thread, that something may not have been told of."""
        self._losses.append(is_overflow)
        self._dirty.wake()

    def repair_at(self) -> float | None:
        """Return when it is time to listen anew, None when there is no need."""
        return self._repaired + self._back_off if self._losses else None

    def repair(self) -> tuple[EventsLost | EventsStopped, CannotListen | None]:
        """Listen anew; return what had gone wrong, and what goes wrong now. All has to be compared then."""
        is_overflow, self._losses = all(self._losses), []
        self.overflows += is_overflow
        self.restarts += 1
        now = self._clock()
        is_repeat = now - self._repaired < FORGOTTEN_AFTER
        self._back_off = min(2 * self._back_off, BACK_OFF_MOST) if is_repeat else BACK_OFF
        self._repaired = now
        self.stop()
        refused = self.start(is_repair=True)
        return (EventsLost() if is_overflow else EventsStopped()), refused

    def is_untold(self, path: PurePosixPath, since: float) -> bool:
        """Say whether a file changed since then, and so long ago that somebody should have told by now."""
        try:
            changed = (self._root / path).lstat().st_ctime
        except OSError:
            return False
        return since < changed < time.time() - TOLD_WITHIN and str(path) not in self._dirty

    def check(self) -> None:
        """Notice threads that died without a word."""
        if self.backend and not self._losses and not self._events.is_alive():
            self.doubt()

    def check_room(self) -> CannotListen | None:
        """See now and then whether all folders can be watched, and whether those can that could not."""
        if self._clock() < self._checked + CHECK_SECONDS:
            return self._refused
        if self.backend is None:
            return self.start()
        self._checked = self._clock()
        try:
            self._events.check_room(self._elsewhere)
        except CannotListen as error:
            return self._refuse(error)
        return None

    def _refuse(self, error: CannotListen) -> CannotListen:
        self.stop()
        self.polls = POLL_SECONDS
        self._refused = error
        return error

    def took(self, seconds: float) -> None:
        """Note how long a comparison of everything took: more time has to lie between two of them."""
        if self.polls is not None:
            self.polls = min(max(POLL_SECONDS, 20 * seconds), POLL_MOST)
