"""Shares a vault by itself, as `[sync] auto` says: a while after a save, and now and then to see what is new.

Each time by a process of its own, `vault sync`: what it needs of memory and open files goes with it, and
whatever happens to it, the watcher watches on.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import PurePosixPath
from threading import Thread
from typing import Any

from vault_tool.errors import Exit
from vault_tool.git.answer import Reached, RemoteState
from vault_tool.messages import N_
from vault_tool.named import NamedTuple
from vault_tool.sync.gate import REASONS, Held, Why
from vault_tool.sync.healing import Disclosed
from vault_tool.sync.outcome import Outcome, Remote, State, lines, received_lines
from vault_tool.vault.settings import span_seconds
from vault_tool.vault.vault import Vault
from vault_tool.vault.walk import ARCHIVE_GLOB, matches_globs
from vault_tool.watch.dirty import Clock
from vault_tool.watch.news import Shared, Tell, Unshared

# Who saves, saves again soon; at most, it waits for as long as sharing does without a save.
QUIET_SECONDS = 30.0
# A sync of ours leaves alone what was written to so shortly before.
STILL_SECONDS = 2.0
# When it is tried again: twice as long after each failure.
RETRY_SECONDS, RETRY_MOST = 60.0, 1800.0
# A network that is gone for a moment is nobody's concern.
FAILURES_TOLD = 2
END_SECONDS = 5.0
_ALONE = N_("It stays on this computer until it is mended; the rest is shared.")


class Trouble(NamedTuple):
    """What stands in the way of sharing: where, what kind of thing it is, and the words for it."""

    where: str
    kind: str
    told: Unshared


class LaterSharing:
    """When one vault is shared by itself, and what there is to tell of it.

    `wake` is called, from another thread, when a sync has ended. `shared_at` is when all was shared last, by
    the wall clock, as far as this watcher knows.
    """

    def __init__(
        self, vault: Vault, env: Mapping[str, str], tell: Tell, clock: Clock, wake: Callable[[], None]
    ) -> None:
        self._env = env
        self._tell = tell
        self._clock = clock
        self._wake = wake
        self._running: _Running | None = None
        self._saved: set[str] = set()
        self._first = self._last = 0.0
        self._came: set[str] = set()
        self._again = clock()
        self._failures = 0
        # By where; each is told once for as long as it stays of the same kind.
        self._troubles: dict[str, str] = {}
        self.shared_at: float | None = None
        self.renew(vault)

    def renew(self, vault: Vault) -> None:
        """Go by other settings from now on."""
        self._vault = vault
        auto = "" if vault.settings.read_only else vault.settings.sync.auto
        self._interval = span_seconds(auto) if auto else None
        self._again = min(self._again, self._clock() + (self._interval or 0.0))
        if not auto:
            self._troubles.clear()

    @property
    def is_in_trouble(self) -> bool:
        """Whether something stands in the way that was told."""
        return bool(self._troubles)

    def due_at(self) -> float | None:
        """Return when it is shared next, by the wall clock; None while it is, and where it never is."""
        at = None if self._running else self.next_at()
        return None if at is None else time.time() + max(at - self._clock(), 0.0)

    def saw(self, paths: Iterable[PurePosixPath], removed: int) -> None:
        """Note what was saved just now; what a sync brought is no news to share."""
        told = set(map(str, paths))
        new = told - self._came
        self._came -= told
        if removed:
            new.add("")
        if new:
            now = self._clock()
            self._first = self._first if self._saved else now
            self._last = now
            self._saved |= new

    def next_at(self) -> float | None:
        """Return when there is something to do, None when there is nothing."""
        if self._running is not None:
            return self._clock() if self._running.answer else None
        if self._interval is None:
            return None
        if not self._saved:
            return self._again
        quiet = min(QUIET_SECONDS, self._interval)
        still = self._last + min(STILL_SECONDS, self._interval)
        return min(max(self._again, still), self._last + quiet, self._first + self._interval)

    def step(self) -> None:
        """Begin what is due, or tell how it went."""
        if self._running is None:
            self._begin()
        elif answer := self._running.answer:
            self._running = None
            self._take(*answer)

    def stop(self) -> None:
        """End a sync that is under way; the next one goes on from where it was."""
        if self._running is not None:
            self._running.end()
            self._running = None

    def _begin(self) -> None:
        self._saved = set()
        command = [sys.executable, "-P", "-m", "vault_tool", "-C", str(self._vault.root)]
        try:
            self._running = _Running([*command, "sync", "--json", "--unattended"], self._env, self._wake)
        except OSError as error:
            self._take(Exit.BUG, b"", str(error).encode())

    # --- how it went

    def _take(self, status: int, out: bytes, err: bytes) -> None:
        outcome = read_outcome(out, (*self._vault.settings.customers, ARCHIVE_GLOB))
        now = self._clock()
        if outcome is None or outcome.state is State.WAITING:
            self._failures += 1
            first = min(RETRY_SECONDS, self._interval or RETRY_SECONDS)
            self._again = now + min(first * 2 ** min(self._failures - 1, 20), RETRY_MOST)
        else:
            self._failures = 0
            self._again = now + (self._interval or 0.0)
            self.shared_at = time.time()
        if outcome is not None:
            self._see(outcome)
        troubles = list(troubles_of(status, outcome, err))
        if self._failures < FAILURES_TOLD:
            troubles = [each for each in troubles if each.told.is_pressing]
        if status == Exit.BUSY and outcome is None:
            return  # whatever was wrong before may still be
        unseen = {f"note {path}" for path in (outcome.still if outcome else ())}
        before = self._troubles
        self._troubles = {where: kind for where, kind in before.items() if where in unseen}
        for where, kind, told in troubles:
            self._troubles[where] = kind
            if before.get(where) != kind:
                self._tell(told)

    def _see(self, outcome: Outcome) -> None:
        """Tell what a sync brought, which is not to be shared again."""
        came = {str(path) for path in (*outcome.received, *outcome.returned)}
        self._came = came - self._saved
        self._saved -= came
        if outcome.removed:
            self._saved.discard("")
        # Who is writing knows; and what is too large is so each time.
        worth = outcome._replace(still=(), too_large=())
        if any(lines(worth)) or any(received_lines(worth)):
            self._tell(Shared(worth))


def troubles_of(status: int, outcome: Outcome | None, err: bytes) -> Iterator[Trouble]:
    """Yield what stands in the way of sharing, by how a sync ended and what it said."""
    if outcome is None:
        code, message, hint = _error(err)
        if status != Exit.BUSY:
            told = Unshared("{said}", "{way}" if hint else "", said=message, way=hint)
            yield Trouble("", code or message, told)
        return
    for remote, error in zip(
        (each for each in outcome.remotes if not each.reached.is_ok), outcome.errors, strict=True
    ):
        is_pressing = remote.reached.state not in (RemoteState.OFFLINE, RemoteState.STALE)
        told = Unshared(error.message, error.hint, is_pressing=is_pressing, **error.values)
        yield Trouble(f"server {remote.name}", str(remote.reached.state), told)
    for held in outcome.held:
        told = Unshared(REASONS[held.why], _ALONE, path=held.path, line=held.line)
        yield Trouble(f"note {held.path}", str(held.why), told)


def read_outcome(out: bytes, notes: tuple[str, ...]) -> Outcome | None:
    """Read what `vault sync --json` printed; of what was received only the notes, None if it says nothing."""
    with suppress(ValueError, TypeError, KeyError, AttributeError):
        told: dict[str, Any] = json.loads(out)
        received = tuple(path for path in _paths(told, "received") if matches_globs(path, notes))
        return Outcome(
            state=State(told["state"]),
            received=received,
            removed=_paths(told, "removed"),
            customers=tuple(path.stem for path in received),
            conflicts={PurePosixPath(path): tuple(fields) for path, fields in told["conflicts"].items()},
            kept={PurePosixPath(path): tuple(entries) for path, entries in told["kept"].items()},
            parked=_paths(told, "parked"),
            joined=_paths(told, "joined"),
            foreign=_paths(told, "not_placed"),
            returned=_paths(told, "returned"),
            held=tuple(
                Held(PurePosixPath(each["path"]), Why(each["why"]), each["line"])
                for each in told["held_back"]
            ),
            still=_paths(told, "still_written"),
            left=_paths(told, "left"),
            disclosed=tuple(
                Disclosed(**{**each, "path": PurePosixPath(each["path"])}) for each in told["disclosed"]
            ),
            remotes=tuple(
                Remote(each["name"], each["url"], Reached(RemoteState(each["state"]), each["reason"]))
                for each in told["remotes"]
            ),
        )
    return None


def _paths(told: Mapping[str, Any], key: str) -> tuple[PurePosixPath, ...]:
    return tuple(map(PurePosixPath, told[key]))


def _error(err: bytes) -> tuple[str, str, str]:
    """Return code, message and hint of the error that a command ended with, as it said it."""
    text = err.decode("utf-8", "replace").strip()
    rows = text.splitlines() or ["vault sync"]
    with suppress(ValueError, TypeError, KeyError):
        # Warnings may stand before it.
        error = json.loads("\n".join(rows[rows.index("{") :]))["error"]
        return str(error["code"]), str(error["message"]), str(error["hint"])
    return "", rows[-1], ""


# --- the process


class _Running:
    """A sync in a process of its own; `answer` is there once it has ended: its status and what it said."""

    def __init__(self, command: list[str], env: Mapping[str, str], ended: Callable[[], None]) -> None:
        self.answer: tuple[int, bytes, bytes] | None = None
        self._process = subprocess.Popen(
            command,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # Ctrl-C comes to the watcher alone, and is passed on once.
            start_new_session=True,
        )
        self._thread = Thread(target=self._wait, args=(ended,), daemon=True)
        self._thread.start()

    def _wait(self, ended: Callable[[], None]) -> None:
        out, err = self._process.communicate()
        self.answer = self._process.returncode, out, err
        ended()

    def end(self) -> None:
        """Have it stop as Ctrl-C does; should it not, kill it."""
        with suppress(OSError):
            self._process.send_signal(signal.SIGINT if os.name == "posix" else signal.SIGTERM)
        self._thread.join(END_SECONDS)
        if self._thread.is_alive():
            self._process.kill()
            self._thread.join(END_SECONDS)
