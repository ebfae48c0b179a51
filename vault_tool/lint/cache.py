"""What the linter found, kept in the user's cache folder: notes that are as they were cost a look.

One file of plain values, whose parts are unpacked when they are needed. It is made again when it is damaged,
of another version, or of other settings. Reading it can run no code. It holds what output may show, and
nothing that is sealed.
"""

from __future__ import annotations

import marshal
import os
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vault_tool import __version__
from vault_tool.errors import VaultError
from vault_tool.named import NamedTuple
from vault_tool.schema.plain import plain_schema
from vault_tool.vault.kept import keep, read_kept
from vault_tool.vault.opening import plain_settings
from vault_tool.vault.places import Places, make_private

if TYPE_CHECKING:
    from vault_tool.schema.model import Schema
    from vault_tool.vault.settings import Settings

CACHE_NAME = "lint"
SECRET_NAME = "lint.key"
_MARK = b"vault-lint-1\n"
_SECRET_BYTES = 32
# Selections whose findings are kept; the ones used last stay.
_MOST_SELECTIONS = 3
# Changed code finds other things, also while the version stays: in a checkout.
_CODE = ("lint", "lint/rules", "notes", "schema", "vault")


class Row(NamedTuple):
    """What was found in a note of this digest holds from one day to another, as long as the answers do."""

    digest: str
    since: int
    until: int
    asked: tuple[tuple[tuple[str, str], Any], ...]


class Results:
    """The findings of one selection of rules.

    `targets` are the customers that were linted when all was found to hold, in order; `state` was that of the
    files, `since` and `until` are the days on which all of it does, `asks_files` tells whether some of it
    rests on files that are no notes.
    """

    def __init__(
        self,
        selection: bytes,
        rows: Mapping[str, Row] | bytes = b"",
        findings: Mapping[str, tuple[Any, ...]] | None = None,
        summary: tuple[bytes, int, int, bool, tuple[str, ...]] = (b"", 0, 0, True, ()),
    ) -> None:
        self.selection = selection
        self.state, self.since, self.until, self.asks_files, self.targets = summary
        self.findings = dict(findings or {})
        self._rows = rows

    @cached_property
    def rows(self) -> dict[str, Row]:
        """The notes that were linted; the findings of one stand in `findings`, if there are any."""
        if isinstance(self._rows, bytes):
            plain = marshal.loads(self._rows) if self._rows else {}
            return dict(zip(plain, map(Row._make, plain.values()), strict=True))
        return dict(self._rows)

    def settle(self, state: bytes, targets: tuple[str, ...]) -> None:
        """Note that what is kept of these notes holds while the files are in this state."""
        rows = [self.rows[path] for path in targets if path in self.rows]
        # What was to be mended is not kept: who only looked at the difference finds it once more.
        self.state = state if len(rows) == len(targets) else b""
        self.targets = targets
        self.since = max((row.since for row in rows), default=0)
        self.until = min((row.until for row in rows), default=0)
        self.asks_files = any(question[0] == "file" for row in rows for question, _ in row.asked)

    def forget(self, path: str) -> None:
        """Let go of what was found in a note."""
        self.rows.pop(path, None)
        self.findings.pop(path, None)

    def packed(self) -> tuple[Any, ...]:
        """Return all of it as plain values."""
        rows = self._rows
        if "rows" in vars(self) or not isinstance(rows, bytes):
            rows = marshal.dumps({path: tuple(row) for path, row in self.rows.items()})
        summary = (self.state, self.since, self.until, self.asks_files, self.targets)
        return self.selection, rows, self.findings, summary


class Cache:
    """What is kept of one vault. `state` names what the files hold: it is another after every change."""

    def __init__(self, file: Path, key: bytes) -> None:
        self._file = file
        self._key = key
        self.state = b""
        self.folders: dict[str, bytes] = {}
        self.loose: set[str] = set()
        self._files: bytes = b""
        self._cards: bytes = b""
        self._results: list[tuple[Any, ...]] = []
        self.is_changed = self._is_new = False
        if (kept := read_kept(file, _MARK, key)) is not None:
            # A dict that another version wrote under the same key would be a wonder; none is trusted.
            with suppress(ValueError, TypeError, EOFError):
                parts = marshal.loads(kept)
                self.state, self.folders, loose, self._files, self._cards, self._results = parts
                self.loose = set(loose)

    @cached_property
    def files(self) -> dict[str, str]:
        """The digests of all notes, empty where one can't be read."""
        found: dict[str, str] = marshal.loads(self._files) if self._files else {}
        return found

    @cached_property
    def cards(self) -> dict[str, tuple[Any, ...]]:
        """The cards of all notes that can be read."""
        found: dict[str, tuple[Any, ...]] = marshal.loads(self._cards) if self._cards else {}
        return found

    def forget(self, path: str) -> None:
        """Take a note out that is gone."""
        if self.files.pop(path, None) is not None:
            self.touch()
        self.cards.pop(path, None)

    def touch(self) -> None:
        """Note that files are not what they were."""
        if not self._is_new:  # one for all that changes until it is saved
            self.state = os.urandom(12)
        self._is_new = self.is_changed = True

    def results(self, selection: bytes) -> Results:
        """Return what is kept of a selection; nothing where it is new."""
        for kept in self._results:
            if kept[0] == selection:
                return Results(*kept)
        return Results(selection)

    def keep(self, results: Results) -> None:
        """Keep what was found, and let go of the selection that was used longest ago."""
        others = [kept for kept in self._results if kept[0] != results.selection]
        self._results = [results.packed(), *others][:_MOST_SELECTIONS]
        self.is_changed = True

    def save(self) -> None:
        """Write all of it, atomically; where that can't be, the next run does more work."""
        if not self.is_changed:
            return
        files = marshal.dumps(self.files) if "files" in vars(self) else self._files
        cards = marshal.dumps(self.cards) if "cards" in vars(self) else self._cards
        kept = (self.state, self.folders, sorted(self.loose), files, cards, self._results)
        # Packed once more: under another key nobody unpacks it.
        keep(self._file, _MARK, self._key, marshal.dumps(kept))
        self.is_changed = self._is_new = False


def open_cache(places: Places, schema: Schema, settings: Settings, secret: bytes) -> Cache:
    """Return what is kept of a vault; nothing where settings, schema or program are others."""
    what = (
        __version__,
        _code(),
        plain_schema(schema),
        # What can't change any finding is left out; the day has its place with each note.
        plain_settings(_relevant(settings)),
        zlib.crc32(secret),
    )
    return Cache(places.cache / CACHE_NAME, marshal.dumps(what, 2))


def secret_of(places: Places) -> bytes:
    """Return this vault's secret for digests, made when first asked for; none where it can't be kept."""
    file = places.state / SECRET_NAME
    with suppress(OSError, VaultError):
        with suppress(FileNotFoundError):
            secret = file.read_bytes()
            return secret if len(secret) == _SECRET_BYTES else b""
        make_private(places.state)
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as made:
            made.write(secret := os.urandom(_SECRET_BYTES))
        return secret
    return b""


def _relevant(settings: Settings) -> Settings:
    from vault_tool.vault.settings import SearchSettings, SyncSettings, WatchSettings

    return settings._replace(
        lint=settings.lint._replace(as_of=None),
        queries={},
        search=SearchSettings(),
        sync=SyncSettings(),
        watch=WatchSettings(),
        warnings=(),
    )


def _code() -> tuple[tuple[str, int, int], ...]:
    """Describe the code that finds things."""
    package = Path(__file__).parent.parent
    try:
        return tuple(_stamps(f"{package}/{folder}" for folder in _CODE))
    except OSError:
        return ()  # within an archive, which is of one version


def _stamps(folders: Iterable[str]) -> Iterator[tuple[str, int, int]]:
    for folder in folders:
        with os.scandir(folder) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                if entry.name.endswith(".py"):
                    seen = entry.stat()
                    yield entry.name, seen.st_mtime_ns, seen.st_size
