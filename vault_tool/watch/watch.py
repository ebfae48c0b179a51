"""The watch itself: what is told goes into catalog and index, is linted, and is said."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from vault_tool.errors import VaultError
from vault_tool.lint.finding import Linted
from vault_tool.messages import _
from vault_tool.search.engine import EngineBusy
from vault_tool.vault.catalog import CatalogDamaged
from vault_tool.vault.refresh import Progress
from vault_tool.vault.vault import Vault, vault_at
from vault_tool.watch.dirty import Clock, Dirty
from vault_tool.watch.events import is_setting
from vault_tool.watch.intake import GaveWay, Intake, Stopped, Taken, setting_stamps
from vault_tool.watch.listening import Listening
from vault_tool.watch.news import (
    CatalogMadeAnew,
    IndexUnwritable,
    LintFailed,
    Tell,
    Took,
    Troubles,
    VaultGone,
    VaultRenamed,
    Watching,
)
from vault_tool.watch.presence import BEAT_SECONDS, Beat, write_beat
from vault_tool.watch.sealing import LaterSealing
from vault_tool.watch.sharing import LaterSharing

if TYPE_CHECKING:
    from vault_tool.watch.server import Handle

RECONCILE_SECONDS = 300.0
# In a large vault less often: comparing takes no more than 1/2000 of the time, and is due once an hour.
RECONCILE_SHARE, RECONCILE_MOST = 2_000, 3_600.0
RETRY_SECONDS = 30.0
# More files at once are no save: a walk compares them, and lint would hold up everything else.
MANY = 500
MANY_TO_LINT = 50
# A second walk after so many: some changed within the same tick of the file system's clock.
AFTER_MANY_SECONDS = 5.0
# When a file that may not be all there is looked at again.
LOOKS = (0.2, 0.8)
# The index is swept when nobody saves; whoever saves meanwhile goes first, but not for ever.
SWEEP_AGAIN, SWEEP_MOST = 2.0, 60.0
# How long work may go on when we are asked to stop.
PATIENCE = 2.0

Shown = Callable[[str], AbstractContextManager[Progress]]


class Watcher:
    """Watches one vault until it is told to stop; all work is done in the thread that runs it.

    `tell` hears of what happens. `lint` lints the notes of one batch, by the day that it is then.
    `shown` shows the progress of the first build. `serve` starts the warm process, where there is one.
    """

    def __init__(
        self,
        vault: Vault,
        env: Mapping[str, str],
        tell: Tell,
        lint: Callable[[Vault, Sequence[PurePosixPath]], list[Linted]],
        shown: Shown,
        serve: Callable[[], Handle | None] = lambda: None,
        clock: Clock = time.monotonic,
    ) -> None:
        self._vault = vault
        self._env = env
        self._tell = tell
        self._lint = lint
        self._shown = shown
        self._clock = clock
        # It may fork, which wants a process without threads.
        self._server = serve()
        self._dirty = Dirty(clock, self._out_of_sync)
        self._listening = Listening(vault.root, vault.places.state, self._dirty, clock)
        self._intake = Intake(vault)
        self._sealing = LaterSealing(vault, env, tell, clock)
        self._sharing = LaterSharing(vault, env, tell, clock, self._dirty.wake)
        self._beat = Beat(os.getpid(), time.time())
        self._troubles = Troubles(tell)
        self._report = self._troubles.report
        self._is_whole = False
        self._is_indexed = False
        self._stop_by: float | None = None
        self._later: dict[str, tuple[float, int]] = {}
        self._settings = setting_stamps(vault.root)
        self._beat_at = self._reconcile_at = self._index_at = clock()
        self._sweep_at: float | None = None
        self._sweep_by = 0.0

    def run(self) -> None:
        """Watch until `stop`. Raises `VaultGone` and `VaultRenamed` when there is no more to watch."""
        try:
            self._begin()
            while self._stop_by is None:
                try:
                    self._turn()
                except CatalogDamaged:
                    self._begin_anew(self._vault.catalog.start_anew)
                self._dirty.wait(self._next())
        except Stopped:
            pass
        finally:
            self._listening.stop()
            self._sharing.stop()
            if self._server:
                self._server.stop()
            self._vault.catalog.close()

    def _begin(self) -> None:
        """Listen, then compare everything: so nothing that happens in between is missed."""
        listening = self._listening
        self._report("events", listening.start())
        self._say_how_it_stands()
        with self._shown(_("Reading notes")) as reading, self._shown(_("Building the index")) as building:
            try:
                self._take_in(self._walk(reading))
            except CatalogDamaged:
                self._begin_anew(self._vault.catalog.start_anew)
                self._take_in(self._walk(reading))
            self._index(building)
        self._sealing.look_for_keyring(self._intake.known)
        self._say_how_it_stands()
        self._tell(Watching(self._vault.root, listening.backend, listening.polls, len(self._intake.known())))

    def stop(self) -> None:
        """Have `run` come to its end; a signal handler may call this."""
        self._stop_by = self._clock() + PATIENCE
        self._dirty.wake()

    def _next(self) -> float:
        """Return when there is something to do though nobody tells of anything."""
        if self._stop_by is not None or self._intake.is_verifying:
            return self._clock()
        times = [self._beat_at, self._reconcile_at, *(due for due, _look in self._later.values())]
        others = (self._listening.repair_at(), self._sealing.next_at(), self._sharing.next_at())
        times += [at for at in others if at is not None]
        if not self._is_indexed:
            times.append(self._index_at)
        elif self._sweep_at is not None:
            times.append(self._sweep_at)
        return min(times)

    def _turn(self) -> None:
        """Do what is due; new hints wait for no more than one of these."""
        if not self._vault.catalog.is_in_place:
            self._begin_anew(self._vault.catalog.reopen)
        now = self._clock()
        due, repair = self._dirty.due_at(), self._listening.repair_at()
        if due is not None and now >= due:
            self._take_hints()
        elif again := [path for path, (when, _look) in self._later.items() if now >= when]:
            self._look_again(again)
        elif repair is not None and now >= repair:
            self._repair()
        elif now >= self._reconcile_at:
            self._reconcile()
        elif not self._is_indexed and now >= self._index_at:
            self._index()
        elif self._is_indexed and self._sweep_at is not None and now >= self._sweep_at:
            self._sweep()
        else:
            self._do_what_can_wait()
        if self._clock() >= self._beat_at:
            self._check_up()
        self._say_how_it_stands()

    def _do_what_can_wait(self) -> None:
        seal, share, now = self._sealing.next_at(), self._sharing.next_at(), self._clock()
        if seal is not None and now >= seal:
            if written := self._sealing.step():
                self._take(written)
        elif share is not None and now >= share:
            self._sharing.step()
        elif self._intake.is_verifying:
            self._beat.drift += len(self._work(self._intake.verify_some).changed)

    # --- what is told

    def _take_hints(self) -> None:
        hints = self._dirty.take()
        self._beat.last_batch = time.time()
        for path in hints.paths:
            self._later.pop(path, None)
        if any(map(is_setting, hints.paths)):
            self._reopen()
        if len(hints.paths) > MANY:
            self._compare()
            self._reconcile_at = min(self._reconcile_at, self._clock() + AFTER_MANY_SECONDS)
            return
        if hints.paths:
            self._take(hints.paths)
        if hints.everything:
            self._compare()

    def _look_again(self, paths: Sequence[str]) -> None:
        self._take(paths, [path for path in paths if self._later[path][1] + 1 == len(LOOKS)])

    def _take(self, paths: Sequence[str], final: Iterable[str] = ()) -> None:
        """Take in what these files hold; some are to be looked at again."""
        taken = self._work(lambda: self._intake.take(paths, frozenset(final)))
        looks = {path: self._later.pop(path, (0.0, -1))[1] + 1 for path in paths}
        for path in taken.again:
            self._later[path] = (self._clock() + LOOKS[looks[path]], looks[path])
        if not taken.is_whole:
            self._reconcile_at = self._clock() + (RETRY_SECONDS if taken.trouble else 0.0)

    # --- what nobody told

    def _compare(self) -> Taken:
        """Compare everything, whoever told of a change or did not."""
        return self._work(self._walk)

    def _walk(self, progress: Progress | None = None) -> Taken:
        began = self._clock()
        self._is_whole = True
        taken = self._intake.reconcile(self._stoppable(progress))
        took = self._clock() - began
        self._listening.took(took)
        pause = RETRY_SECONDS
        if taken.is_whole:
            rare = max(RECONCILE_SECONDS, min(RECONCILE_SHARE * took, RECONCILE_MOST))
            pause = self._listening.polls or (RECONCILE_SECONDS if taken.changed else rare)
        self._reconcile_at = self._clock() + pause
        if taken.is_whole:
            self._beat.last_reconcile = time.time()
        return taken

    def _reconcile(self) -> None:
        """Compare everything because it is time to, and see whether somebody should have told."""
        if self._vault.catalog.is_in_memory or setting_stamps(self._vault.root) != self._settings:
            self._reopen()
        self._report("events", self._listening.check_room())
        last = self._beat.last_reconcile if self._is_whole else None
        taken = self._compare()
        if last is not None and self._listening.is_reliable:
            untold = sum(self._listening.is_untold(path, last) for path in taken.changed)
            self._beat.drift += untold
            if untold:
                self._listening.doubt()
        self._intake.plan_verifying()

    def _repair(self) -> None:
        lost, refused = self._listening.repair()
        self._tell(lost)
        self._report("events", refused)
        self._compare()

    def _check_up(self) -> None:
        """Look after what may have died without a word."""
        self._beat_at = self._clock() + BEAT_SECONDS
        if not self._vault.root.is_dir():
            raise VaultGone(path=self._vault.root)
        self._listening.check()
        self._sealing.look_for_keyring(self._intake.known)

    def _begin_anew(self, open_catalog: Callable[[], None]) -> None:
        """Begin with another catalog, which the next comparison fills."""
        self._out_of_sync()
        self._is_whole = False
        open_catalog()
        self._reconcile_at = self._clock()
        self._beat.remade += 1
        self._say_how_it_stands()
        self._tell(CatalogMadeAnew())

    def _reopen(self) -> None:
        """Read settings and schema again; while they can't be read, what they said before holds."""
        self._settings = setting_stamps(self._vault.root)
        try:
            vault = vault_at(self._vault.root, self._env)
        except VaultError as error:
            self._report("settings", error)
            return
        self._report("settings", None)
        if vault.places != self._vault.places:
            raise VaultRenamed
        self._vault.catalog.close()
        self._vault = vault
        self._intake = Intake(vault)
        self._compare()
        self._sealing.renew(vault, self._intake.known)
        self._sharing.renew(vault)

    # --- work

    def _work(self, take: Callable[[], Taken]) -> Taken:
        """Take something in and have the index follow: to be found comes first. Then lint, and tell."""
        self._out_of_sync()
        taken = self._take_in(take())
        self._index()
        self._sealing.saw(taken.changed)
        if taken.changed or taken.removed:
            self._sharing.saw(taken.changed, taken.removed)
            self._tell(Took(taken.changed, taken.removed, self._linted(taken.changed)))
        return taken

    def _linted(self, paths: Sequence[PurePosixPath]) -> list[Linted] | None:
        if len(paths) > MANY_TO_LINT:
            return None
        try:
            linted = self._lint(self._vault, paths)
        except Exception as error:  # noqa: BLE001 - a defect in a rule must not cost the search its freshness
            self._report("lint", LintFailed(kind=type(error).__name__))
            return None
        self._report("lint", None)
        return linted

    def _take_in(self, taken: Taken) -> Taken:
        self._report("catalog", taken.trouble)
        self._is_whole &= taken.is_whole
        return taken

    def _index(self, progress: Progress | None = None) -> None:
        """Have the index follow; what keeps it from that keeps nothing else."""
        self._is_indexed, again = self._tried(lambda: self._intake.index(self._stoppable(progress)))
        self._index_at = self._clock() + again
        if self._is_indexed and self._sweep_at is None:
            self._sweep_at = self._clock()
            self._sweep_by = self._sweep_at + SWEEP_MOST

    def _sweep(self) -> None:
        """Take what is sealed now out of the files of catalog and index, while nobody saves."""
        with self._shown(_("Building the index")) as building:
            progress = self._stoppable(building, gives_way=self._clock() < self._sweep_by)
            is_swept, again = self._tried(lambda: self._intake.sweep(progress))
        self._sweep_at = None if is_swept else self._clock() + max(again, SWEEP_AGAIN)

    def _tried(self, work: Callable[[], bool]) -> tuple[bool, float]:
        """Work on the index; return whether that is done, and after how many seconds to try it again."""
        try:
            is_done = work()
        except (EngineBusy, GaveWay):
            return False, 1.0
        except (Stopped, CatalogDamaged):
            raise
        except Exception as error:  # noqa: BLE001 - each engine fails in its own way, and the notes are safe
            self._report("index", IndexUnwritable(reason=str(error) or type(error).__name__))
            return False, RETRY_SECONDS
        self._report("index", None)
        return is_done, 1.0

    def _stoppable(self, progress: Progress | None = None, *, gives_way: bool = False) -> Progress:
        """Return a progress that shows that we live, and leaves work to stop, or to give way to a save."""

        def advance(done: int, total: int) -> None:
            now = self._clock()
            if self._stop_by is not None and now > self._stop_by:
                raise Stopped
            if gives_way and len(self._dirty):
                raise GaveWay
            if now >= self._beat_at:
                self._beat_at = now + BEAT_SECONDS
                write_beat(self._vault.places, self._beat)
            if progress:
                progress(done, total)

        return advance

    def _out_of_sync(self) -> None:
        """Let no answer rely on us, from now until all is taken in."""
        if self._server:
            self._server.in_sync(None)

    def _in_sync(self) -> None:
        self._beat.is_current = True
        if self._server:
            self._server.in_sync(self._vault.catalog.generation)

    # --- words

    def _say_how_it_stands(self) -> None:
        beat, listening = self._beat, self._listening
        beat.backend, beat.polls = listening.backend, listening.polls
        beat.overflows, beat.restarts = listening.overflows, listening.restarts
        beat.is_listening = listening.is_reliable
        beat.is_current = False
        if self._is_whole and self._is_indexed and listening.is_reliable:
            self._dirty.if_empty(self._in_sync)
        beat.is_serving = self._server.is_alive() if self._server else None
        beat.queue = len(self._dirty) + len(self._later) + (self._sweep_at is not None)
        beat.last_event, beat.sealed = self._dirty.last_told, self._sealing.sealed
        beat.shared, beat.shares_next = self._sharing.shared_at, self._sharing.due_at()
        later = (("sealing", self._sealing), ("sharing", self._sharing))
        beat.troubles = [*self._troubles, *(name for name, each in later if each.is_in_trouble)]
        write_beat(self._vault.places, beat)
