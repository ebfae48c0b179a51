"""Words that stand nowhere else in the world, and where a folder gives them away."""

from __future__ import annotations

import hashlib
import os
import random
import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

from vault_tool.search.engine import open_engine
from vault_tool.vault.vault import vault_at


class Canaries:
    """Words that stand nowhere else in the world; all begin alike, so that one look finds any of them."""

    def __init__(self, beginning: str) -> None:
        self.beginning = beginning
        self.words: list[str] = []

    def word(self) -> str:
        """Return another one."""
        self.words.append(self.beginning + "".join(random.choices("bcdfghjklmnpqrstvwxz", k=10)))
        return self.words[-1]

    def fill(self, text: str) -> str:
        """Return a text with a word of its own at every `{}`."""
        return text.format(*(self.word() for _place in range(text.count("{}"))))

    def needles(self) -> Iterator[bytes]:
        """Yield what would give them away: themselves in some encodings, the digests of some of them."""
        yield from (
            self.beginning.encode(coding) for coding in ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le")
        )
        for word in self.words[::8]:
            for name in ("md5", "sha1", "sha256", "blake2b"):
                digest = hashlib.new(name, word.encode())
                yield from (digest.digest()[:12], digest.hexdigest()[:16].encode())


def contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield all that a folder's files hold, unpacked where it is packed."""
    for path in folder.rglob("*"):
        yield f"name of {path}", os.fsencode(path.relative_to(folder))
        if path.is_file():
            data = path.read_bytes()
            yield str(path), data
            if data.startswith(b"SQLite format 3"):
                yield from ((f"{path}, {table}", value) for table, value in cells(path))


def cells(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield every value of a database."""
    with closing(sqlite3.connect(path)) as database:
        tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            for row in database.execute(f"SELECT * FROM {table}"):
                for value in row:
                    data = value if isinstance(value, bytes) else str(value).encode()
                    yield table, data
                    if isinstance(value, bytes):
                        yield from ((table, packed) for packed in unpacked(value))


def unpacked(data: bytes) -> Iterator[bytes]:
    """Yield what a value is once it is inflated, if it is anything then."""
    for form in (zlib.MAX_WBITS, -zlib.MAX_WBITS, zlib.MAX_WBITS | 16):
        try:
            yield zlib.decompress(data, form)
        except zlib.error:
            continue


def leaks(folder: Path, canaries: Canaries) -> list[str]:
    """Say where a folder gives some of them away."""
    needles = list(canaries.needles())
    where: dict[str, bytearray] = {}
    for place, data in contents(folder):
        where.setdefault(place, bytearray()).extend(data + b"\0")
    return [place for place, data in where.items() if any(needle in data for needle in needles)]


def indexed(root: Path, env: Mapping[str, str], canaries: Canaries) -> list[str]:
    """Return those of them that the index knows."""
    vault = vault_at(root, env)
    with closing(open_engine(vault.settings.search.engine, vault.places.cache / "search")) as engine:
        return engine.words(canaries.beginning)
