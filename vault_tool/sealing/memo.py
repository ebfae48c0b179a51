"""What this machine sealed before: the same value in the same field gets the same token again.

age never encrypts alike twice: without the memo, a file whose plaintext was added to git would look changed
for ever. It holds tokens, under keys that only a secret of this machine can make: no value, nor its hash.
"""

from __future__ import annotations

import hmac
import os
import secrets
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_
from vault_tool.sealing.token import BadToken, Place, Token, Value, read_token
from vault_tool.vault.places import make_private

KEY_NAME = "memo.key"
MEMO_NAME = "memo.sqlite"
_AT_ONCE = 2000


class MemoUnusable(VaultError):
    """Local state can't be read or written."""

    message = N_("What was sealed before can't be looked up in {path}: {reason}.")
    hint = N_("Nothing was sealed. See to that folder, or set VAULT_NOTES_HOME.")
    exit_code = Exit.UNREADABLE


class Memo:
    """The tokens that this machine made, by what they seal. Several processes may use it at once."""

    def __init__(self, state: Path) -> None:
        self._path = make_private(state) / MEMO_NAME
        try:
            self._key = _local_key(state / KEY_NAME)
            self._database = self._open()
        except sqlite3.Error as error:
            raise MemoUnusable(path=self._path, reason=str(error)) from None
        except OSError as error:
            raise MemoUnusable(path=self._path, reason=error.strerror or str(error)) from None
        self._pending: dict[bytes, Token] = {}
        self._last: tuple[tuple[str, ...], bytes] | None = None

    def _open(self) -> sqlite3.Connection:
        try:
            return self._connect()
        except sqlite3.OperationalError:
            raise  # busy, read-only, full: nothing to throw away
        except sqlite3.DatabaseError:
            return self._anew()

    def _anew(self) -> sqlite3.Connection:
        """Begin a new file in place of a damaged one. It can be done without: tokens are made again once."""
        for name in (MEMO_NAME, f"{MEMO_NAME}-wal", f"{MEMO_NAME}-shm"):
            self._path.with_name(name).unlink(missing_ok=True)
        return self._connect()

    def _connect(self) -> sqlite3.Connection:
        before = os.umask(0o077) if os.name == "posix" else 0
        database = None
        try:
            database = sqlite3.connect(self._path, timeout=10, isolation_level=None)
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = NORMAL")
            # Not WITHOUT ROWID: tokens, long as they are, are then added at the end, whatever their keys.
            database.execute("CREATE TABLE IF NOT EXISTS tokens (key BLOB PRIMARY KEY, token TEXT)")
        except sqlite3.Error:
            if database:
                database.close()
            raise
        finally:
            if os.name == "posix":
                os.umask(before)
        return database

    def _ask(self, sql: str, rows: Sequence[tuple[object, ...]]) -> list[tuple[Any, ...]]:
        """Run a statement for each row; a damaged file is begun anew, and what it held is not found."""
        for is_last in (False, True):
            try:
                found: list[tuple[Any, ...]] = []
                if sql.startswith("INSERT"):
                    self._database.execute("BEGIN IMMEDIATE")
                    self._database.executemany(sql, rows)
                else:
                    self._database.execute("BEGIN")
                    found = [each for row in rows for each in self._database.execute(sql, row)]
                self._database.execute("COMMIT")
                return found
            except sqlite3.Error as error:
                is_damaged = not isinstance(error, sqlite3.OperationalError)
                if not is_damaged or is_last:
                    with suppress(sqlite3.Error):
                        self._database.execute("ROLLBACK")
                    raise MemoUnusable(path=self._path, reason=str(error)) from None
                self._begin_anew()
        raise AssertionError("a loop of two")

    def _begin_anew(self) -> None:
        self._database.close()
        try:
            self._database = self._anew()
        except (sqlite3.Error, OSError) as error:
            raise MemoUnusable(path=self._path, reason=str(error)) from None

    def get(self, place: Place, kid: str, value: Value) -> Token | None:
        """Return the token of a value that was sealed here before, to the same keys."""
        name = self._name(place, kid, value)
        if kept := self._pending.get(name):
            return kept
        if name not in self._names:
            return None
        row = self._ask("SELECT token FROM tokens WHERE key = ?", [(name,)])
        with suppress(BadToken, TypeError):
            return read_token(row[0][0]) if row else None
        return None

    @cached_property
    def _names(self) -> set[bytes]:
        """What is known under its name: most questions are about what is new, and asking the disk is slow."""
        return {name for (name,) in self._ask("SELECT key FROM tokens", [()])}

    def put(self, place: Place, kid: str, value: Value, token: Token) -> None:
        """Remember a token; on disk it is with the next `flush`."""
        self._pending[self._name(place, kid, value)] = token
        if len(self._pending) >= _AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Write down what is remembered. Of two processes that sealed one value at once, the first counts."""
        rows = [(name, str(token)) for name, token in self._pending.items()]
        if not rows:
            return
        self._ask("INSERT OR IGNORE INTO tokens VALUES (?, ?)", rows)
        self._names.update(self._pending)
        self._pending.clear()

    def close(self) -> None:
        """Write down what is left, and let go of the file."""
        try:
            self.flush()
        finally:
            self._database.close()

    def _name(self, place: Place, kid: str, value: Value) -> bytes:
        told = (*place, kid, *value)
        # What is not there is asked for and put there: the same name twice.
        if self._last is None or self._last[0] != told:
            parts = [part.encode("utf-8", "surrogatepass") for part in told]
            whole = b"".join([len(part).to_bytes(4, "big") + part for part in parts])
            self._last = (told, hmac.digest(self._key, whole, "sha256"))
        return self._last[1]


def _local_key(path: Path) -> bytes:
    """Return this machine's secret for one vault; made at the first need, by whoever comes first."""
    for _attempt in range(2):
        with suppress(FileNotFoundError):
            key = path.read_bytes()
            if len(key) == 32:
                return key
            path.unlink()
        temporary = path.with_name(f"{path.name}.{os.getpid()}")
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(32))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(temporary, path)
        temporary.unlink(missing_ok=True)
    return path.read_bytes()
