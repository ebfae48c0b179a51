"""A real watcher in a process of its own, and whether catalog and index hold what the disk holds."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from vault_tool.search.engine import Position, open_engine
from vault_tool.search.follow import strays
from vault_tool.vault.catalog import Catalog
from vault_tool.vault.vault import Vault, vault_at
from vault_tool.watch.presence import Beat, read_beat

PATIENCE = 60.0
NOTE = "---\nid: c{number:09d}\nname: {name}\n---\n\n## 2026-11-20 电话\n\n{text}\n"


def note(number: int, text: str, name: str | None = None) -> str:
    """Return a note with one entry."""
    return NOTE.format(number=number, name=name or f"客户{number}", text=text)


def eventually(is_so: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    """Wait until something is so, and return what it was."""
    deadline = time.monotonic() + seconds
    while not (found := is_so()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.02)
    return found


class Watch:
    """`vault watch` in a process of its own."""

    def __init__(self, root: Path, env: Mapping[str, str]) -> None:
        self.root = root
        self.env = {"TMPDIR": env["HOME"], **env, "PYTHONUNBUFFERED": "1"}
        self.places = vault_at(root, env).places
        self.said: list[tuple[float, str]] = []
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Watch:
        self.start()
        self.settle()
        return self

    def __exit__(self, *_: object) -> None:
        if self.process and self.process.poll() is None:
            self.stop()

    def start(self) -> None:
        """Start it, without waiting for anything."""
        command = [sys.executable, "-m", "vault_tool", "-C", str(self.root), "watch"]
        self.process = subprocess.Popen(
            command, env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        self._reader = threading.Thread(target=self._read, args=(self.process,), daemon=True)
        self._reader.start()

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout
        with process.stdout as stdout:
            for line in stdout:
                self.said.append((time.monotonic(), line.decode().rstrip()))

    @property
    def pid(self) -> int:
        """Its process."""
        assert self.process
        return self.process.pid

    @property
    def lines(self) -> list[str]:
        """What it said so far."""
        return [text for _, text in self.said]

    def beat(self) -> Beat | None:
        """What it says of itself."""
        return read_beat(self.places)

    def settle(self, seconds: float = PATIENCE) -> Beat:
        """Wait until it has taken in all that it was told of."""

        def is_calm() -> Beat | None:
            assert self.process and self.process.poll() is None, self.lines
            beat = self.beat()
            calm = beat and beat.pid == self.pid and beat.is_current and not beat.queue
            return beat if calm else None

        time.sleep(0.4)
        found: Beat = eventually(is_calm, "calm", seconds)
        return found

    def wait_for(self, text: str, seconds: float = PATIENCE) -> float:
        """Wait until it says something with this text; return when that was."""

        def heard() -> float | None:
            return next((when for when, said in self.said if text in said), None)

        return float(eventually(heard, f"{text!r} in {self.lines}", seconds))

    def next_word(self, after: int) -> float:
        """Wait until it has said more than so many lines; return when it said the next one."""
        eventually(lambda: len(self.said) > after, "another word")
        return self.said[after][0]

    def send(self, number: int) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End it and return its exit status."""
        assert self.process
        self.process.send_signal(number)
        status = self.process.wait(30)
        self._reader.join(10)
        return status


TABLES = {
    "files": "SELECT path, size, digest, problem FROM files",
    "customers": "SELECT path, id, name, type, stage, owner, importance, next, first_entry, last_entry, entries,"
    " is_archived, fields FROM customers",
    "names": "SELECT path, kind, text, pinyin FROM names JOIN customers ON customers.key = names.customer",
    "passages": "SELECT path, kind, line, day, time, channel, word, author, tags, title, bold, text"
    " FROM passages JOIN customers ON customers.key = passages.customer",
    "facts": "SELECT path, facts.name, text, number, currency, day FROM facts JOIN customers"
    " ON customers.key = facts.customer",
    "links": "SELECT path, target, line FROM links JOIN customers ON customers.key = links.customer",
}


def dump(catalog: Catalog) -> dict[str, list[Any]]:
    """Return all that a catalog says of the notes, without the numbers it gave them."""
    return {table: sorted(catalog.rows(sql), key=repr) for table, sql in TABLES.items()}


def differences(root: Path, env: Mapping[str, str], fresh_home: Path) -> list[str]:
    """Compare catalog and index, as they stand, with what a build from nothing makes of the disk."""
    found = []
    kept = vault_at(root, env)
    made = vault_at(root, {**env, "VAULT_NOTES_HOME": str(fresh_home)})
    with closing(kept.catalog), closing(made.catalog):
        made.fresh()
        ours, theirs = dump(kept.catalog), dump(made.catalog)
        for table in TABLES:
            more = (
                [row for row in ours[table] if row not in theirs[table]]
                if ours[table] != theirs[table]
                else []
            )
            less = (
                [row for row in theirs[table] if row not in ours[table]]
                if ours[table] != theirs[table]
                else []
            )
            found += [f"{table}: {row} too many" for row in more[:3]] + [
                f"{table}: {row} missing" for row in less[:3]
            ]
        found += index_differences(kept)
    return found


def index_differences(vault: Vault) -> list[str]:
    """Compare the index, as it stands, with the catalog."""
    catalog = vault.catalog
    engine = open_engine(vault.settings.search.engine, vault.places.cache / "search")
    try:
        position = engine.position()
        if position != Position(catalog.generation, catalog.last_seq):
            return [f"index at {position}, catalog at {catalog.last_seq}"]
        return [
            f"passage {key} is not in the index as in the catalog"
            for key in strays(engine, catalog, vault.schema)
        ]
    finally:
        engine.close()
