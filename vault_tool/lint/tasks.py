"""What is told to who lints a note, and what is answered. Light: nothing here lints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from vault_tool.lint.customers import Answer, Question
from vault_tool.lint.finding import Mending
from vault_tool.lint.rows import Row
from vault_tool.named import NamedTuple

if TYPE_CHECKING:
    from vault_tool.schema.model import Schema
    from vault_tool.vault.settings import Settings


class ToDo(NamedTuple):
    """A file to read, and where its digest is not this one, to make a card of; where wanted, to lint."""

    path: str
    digest: str = ""
    is_wanted: bool = True


class Found(NamedTuple):
    """What was found in a note, until when, and the answers that rests on."""

    until: int
    asked: tuple[tuple[Question, Answer], ...]
    rows: tuple[Row, ...]


class Done(NamedTuple):
    """A file after its turn. Without a digest it could not be read; without findings either, it is gone.

    `seen` is what the system said of it: size, mtime_ns, inode; empty where it may change again unseen.
    `mended` is how many flaws, and the text before and after.
    """

    path: str
    digest: str = ""
    seen: tuple[int, ...] = ()
    card: tuple[Any, ...] | None = None
    found: Found | None = None
    mended: tuple[int, str, str] | None = None


class Setup(NamedTuple):
    """What a run goes by; plain but for schema and settings."""

    root: str
    schema: Schema
    settings: Settings
    day: int
    select: tuple[str, ...]
    ignore: tuple[str, ...]
    mending: Mending
    secret: bytes
    seals: bool


def plain_done(done: Done) -> tuple[Any, ...]:
    """Return what became of a file as plain values."""
    found = tuple(done.found) if done.found else None
    return *done[:4], found, done.mended


def done_of(plain: Sequence[Any]) -> Done:
    """Return what became of a file, from plain values."""
    path, digest, seen, card, found, mended = plain
    return Done(path, digest, seen, card, Found(*found) if found else None, mended)
