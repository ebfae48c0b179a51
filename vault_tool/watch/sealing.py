"""Seals what was typed in plain when its note has been quiet for as long as `[sealing] after` says.

A vault without a keyring is left alone: keys are made where a person can be told of them.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from vault_tool.errors import VaultError
from vault_tool.sealing.glance import Glance
from vault_tool.vault import files, journal
from vault_tool.vault.editors import is_open
from vault_tool.vault.keyring import KEYRING
from vault_tool.vault.lock import Busy
from vault_tool.vault.settings import span_seconds
from vault_tool.vault.vault import Vault
from vault_tool.vault.walk import is_online_only
from vault_tool.watch.dirty import Clock
from vault_tool.watch.news import Sealed, SealingFailed, Tell

if TYPE_CHECKING:
    from vault_tool.sealing.vault_keys import VaultKeys

# A save must not wait for more.
LOOKED_AT_ONCE = 100
SEALED_AT_ONCE = 50
LOCK_SECONDS = 1.0
# When it is tried again: after somebody else was writing, while an editor has a note open, after a trouble.
SOON, OPEN_SECONDS, TROUBLE_SECONDS = 2.0, 15.0, 60.0


class LaterSealing:
    """Which notes of one vault may hold something in plain, and since when; public keys are all it needs.

    `sealed` counts the values that were sealed.
    """

    def __init__(self, vault: Vault, env: Mapping[str, str], tell: Tell, clock: Clock) -> None:
        self._env = env
        self._tell = tell
        self._clock = clock
        self._due: dict[str, float] = {}
        self._unseen: list[str] = []
        # By path; the keyring's under none. Each is told once for as long as it stays the same.
        self._refused: dict[str, VaultError] = {}
        self._is_founded = False
        self.sealed = 0
        self._use(vault)

    def _use(self, vault: Vault) -> None:
        self._vault = vault
        self._glance = Glance(vault.schema)
        self._after = span_seconds(vault.settings.sealing.after)

    def renew(self, vault: Vault, known: Callable[[], list[str]]) -> None:
        """Go by other settings or another schema from now on: all notes are looked at again."""
        self._use(vault)
        self._is_founded = False
        self.look_for_keyring(known)

    def look_for_keyring(self, known: Callable[[], list[str]]) -> None:
        """Begin when the vault has a keyring: with all notes, for nobody knows what was typed before."""
        if self._is_founded or self._vault.settings.read_only:
            return
        self._is_founded = (self._vault.root / KEYRING).is_file() or self._has_pin()
        if self._is_founded:
            self._unseen = known()

    def _has_pin(self) -> bool:
        """Say whether there was a keyring, which is gone: that is worth a word once something is due."""
        from vault_tool.sealing.trust import read_pin

        try:
            return read_pin(self._vault.root, self._env) is not None
        except VaultError:
            return True

    @property
    def is_in_trouble(self) -> bool:
        """Whether something stands in plain that can't be sealed."""
        return bool(self._refused)

    def saw(self, paths: Sequence[PurePosixPath]) -> None:
        """Note that these were written just now, and that others may have gone."""
        if not self._is_founded:
            return
        if len(paths) > LOOKED_AT_ONCE:
            self._unseen += map(str, paths)
        else:
            for path in map(str, paths):
                self._look(path, is_new=True)
        for path in [path for path in self._refused if path and not (self._vault.root / path).exists()]:
            self._drop(path)

    def next_at(self) -> float | None:
        """Return when there is something to do, None when there is nothing."""
        return self._clock() if self._unseen else min(self._due.values(), default=None)

    def step(self) -> list[str]:
        """Do a part of what is due, the rest waits for the next step; return the notes that were written."""
        if self._unseen:
            some, self._unseen = self._unseen[:LOOKED_AT_ONCE], self._unseen[LOOKED_AT_ONCE:]
            for path in some:
                self._look(path)
        elif ready := self._ready():
            return [str(path) for path in self._seal(ready)]
        return []

    # --- what may stand in plain, and when it is quiet

    def _look(self, path: str, *, is_new: bool = False) -> None:
        """See whether a note may hold something to seal; unless it `is_new`, its file tells since when."""
        age = self._age(path)
        if age is None or not self._may_stand_in_plain(path):
            self._drop(path)
        else:
            # The clock that files go by may be another machine's.
            quiet = 0.0 if is_new else min(max(age, 0.0), self._after)
            self._due[path] = self._clock() + self._after - quiet

    def _may_stand_in_plain(self, path: str) -> bool:
        try:
            data = files.read(self._vault.root, PurePosixPath(path)).data
            return self._glance.may_stand_in_plain(data.decode("utf-8"))
        except UnicodeDecodeError:
            return True  # the closer look will tell
        except VaultError:
            return False

    def _age(self, path: str) -> float | None:
        """Return for how many seconds a file has been as it is; None when it is no file to look into."""
        try:
            seen = (self._vault.root / path).lstat()
        except OSError:
            return None
        if not stat.S_ISREG(seen.st_mode) or is_online_only(seen):
            return None
        # A file that was copied here keeps its old time of writing; only POSIX says when it came.
        return time.time() - (seen.st_ctime if os.name == "posix" else seen.st_mtime)

    def _ready(self) -> list[PurePosixPath]:
        """Return notes that are due, quiet, and open in no editor."""
        now = self._clock()
        ready = []
        for path in [path for path, due in self._due.items() if due <= now]:
            age = self._age(path)
            if age is None:
                self._drop(path)
            elif 0 <= age < self._after:
                self._due[path] = now + self._after - age
            elif is_open(self._vault.root / path, self._env):
                self._due[path] = now + min(self._after, OPEN_SECONDS)
            else:
                ready.append(PurePosixPath(path))
        return ready[:SEALED_AT_ONCE]

    # --- sealing

    def _seal(self, paths: Sequence[PurePosixPath]) -> list[PurePosixPath]:
        from vault_tool.sealing.vault_keys import NoKeyring, VaultKeys

        vault = self._vault
        keys = VaultKeys(vault.root, vault.settings, vault.places.state, self._env, lambda _name: "")
        try:
            keys.keyring  # noqa: B018 - what stands against it concerns all notes alike
            plans = {path: plan for path in paths if (plan := self._planned(keys, path))}
            self._relent("")
            written = self._written([change for change, _values in plans.values()])
            if written:
                values = sum(plans[path][1] for path in written)
                self.sealed += values
                self._tell(Sealed(written, values))
            return written
        except NoKeyring:
            self._due.clear()
            self._is_founded = False
        except VaultError as error:
            self._refuse("", error)
            self._postpone(paths, TROUBLE_SECONDS)
        finally:
            keys.close()
        return []

    def _planned(self, keys: VaultKeys, path: PurePosixPath) -> tuple[journal.Change, int] | None:
        """Return what is to become of a note and how many values that seals; None where it stays as it is."""
        from vault_tool.sealing.seal import CannotSeal

        try:
            note, digest = self._vault.read(path)
            sealing = keys.plan_sealing(note)
        except (CannotSeal, files.FileMissing, files.NotAFile, files.TooLarge, files.CannotRead) as error:
            # It is looked at again when somebody saves it.
            self._due.pop(str(path), None)
            if isinstance(error, CannotSeal):
                self._refuse(str(path), error)
            return None
        except VaultError:
            raise
        except Exception as error:  # noqa: BLE001 - a defect must not keep other notes in plain
            self._due.pop(str(path), None)
            self._refuse(str(path), SealingFailed(path=path, kind=type(error).__name__))
            return None
        if not sealing.edits:
            self._drop(str(path))
            return None
        return journal.Change(path, digest, sealing.text.encode()), len(sealing.values)

    def _written(self, changes: Sequence[journal.Change]) -> list[PurePosixPath]:
        """Write notes, all at once where that can be; return those that were written."""
        paths = [change.path for change in changes]
        if not changes:
            return []
        try:
            journal.commit(
                self._vault.places,
                self._vault.root,
                "vault watch",
                changes,
                timeout=LOCK_SECONDS,
                undoable=False,
                recorded=False,
            )
        except (Busy, journal.ChangedOnDisk):
            self._postpone(paths, SOON)
            return []
        except VaultError as error:
            if len(changes) > 1:
                return [path for change in changes for path in self._written([change])]
            self._refuse(str(paths[0]), error)
            self._postpone(paths, TROUBLE_SECONDS)
            return []
        for path in paths:
            self._drop(str(path))
        return paths

    def _postpone(self, paths: Iterable[PurePosixPath], seconds: float) -> None:
        self._due.update((str(path), self._clock() + seconds) for path in paths if str(path) in self._due)

    # --- troubles

    def _drop(self, path: str) -> None:
        """Leave a note alone: nothing in it has to be sealed."""
        self._due.pop(path, None)
        self._relent(path)

    def _refuse(self, path: str, error: VaultError) -> None:
        before = self._refused.get(path)
        self._refused[path] = error
        if before is None or (type(before), before.values) != (type(error), error.values):
            self._tell(error)

    def _relent(self, path: str) -> None:
        self._refused.pop(path, None)
