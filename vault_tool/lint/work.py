"""One note's turn, as plain values: what a worker answers, and what the cache keeps."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date
from itertools import count
from pathlib import Path, PurePosixPath
from typing import Any

from vault_tool.lint.cards import CardMaker
from vault_tool.lint.check import Checker
from vault_tool.lint.customers import Asking, KnownCustomers
from vault_tool.lint.day import Day, Horizon
from vault_tool.lint.finding import Finding, Linted
from vault_tool.lint.rows import row_of
from vault_tool.lint.rule import Context
from vault_tool.lint.run import lint_note, read_note
from vault_tool.lint.selection import select_rules
from vault_tool.lint.tasks import Done, Found, Setup, ToDo, plain_done
from vault_tool.notes.note import Note, parse_note
from vault_tool.vault.files import RACY_NS, Content


class NoteWork:
    """Does the work on the notes of one vault. Without known customers, each is taken for well kept."""

    def __init__(self, setup: Setup, known: KnownCustomers | None) -> None:
        settings = setup.settings
        today = date.fromordinal(setup.day)
        self._setup = setup
        self._root = Path(setup.root)
        self._horizon = Horizon(today)
        self._asking = Asking(known)
        context = Context(
            setup.schema,
            settings,
            Day.of(today, self._horizon),
            new_id=self._new_id,
            customers=self._asking,
            seals=setup.seals,
        )
        self.checker = Checker.of(select_rules(settings.lint, setup.select, setup.ignore), context)
        self._cards = CardMaker(settings, setup.secret)

    def do(self, one: ToDo) -> Done:
        """Read a note, and lint it where that is wanted."""
        path = PurePosixPath(one.path)
        now = time.time_ns()
        content = read_note(self._root, path, self.checker)
        if content is None:
            return Done(one.path)
        if isinstance(content, Linted):
            rows = tuple(map(row_of, content.findings)) if one.is_wanted else ()
            return Done(one.path, found=Found(self._setup.day, (), rows))
        is_racy = abs(now - content.mtime_ns) < RACY_NS
        seen = () if is_racy else (content.size, content.mtime_ns, content.inode)
        digest = content.digest
        if digest == one.digest:
            return Done(one.path, digest, seen)
        note = parse_note(path, content.data, self._setup.schema)
        card = tuple(self._cards.card_of(note))
        if not one.is_wanted:
            return Done(one.path, digest, seen, card)
        linted, found = self.lint(note, content.data, digest)
        mended = (linted.fixed, linted.before, linted.after) if linted.change else None
        return Done(one.path, digest, seen, card, found, mended)

    def lint(self, note: Note, data: bytes, digest: str) -> tuple[Linted, Found]:
        """Lint one note that was read."""
        self._horizon.start()
        self._asking.asked = {}
        linted = lint_note(note, data, digest, self.checker, self._setup.mending)
        rows = tuple(map(row_of, linted.findings))
        return linted, Found(self._horizon.until, tuple(self._asking.asked.items()), rows)

    def findings(self, path: PurePosixPath, text: str = "") -> list[Finding]:
        """Return what is wrong in a text, else in the file as it stands, with whole fixes."""
        content: Content | Linted | str | None = text or read_note(self._root, path, self.checker)
        if content is None or isinstance(content, Linted):
            return content.findings if content else []
        data = content if isinstance(content, str) else content.data
        return self.checker.check(parse_note(path, data, self._setup.schema))

    def card(self, note: Note) -> tuple[Any, ...]:
        """Return the card of a note."""
        return tuple(self._cards.card_of(note))

    def _new_id(self, path: PurePosixPath) -> str:
        """Return the id of a note that has none: the same wherever and however often it is asked for."""
        from vault_tool.vault.adopt import derived_id  # few notes have none

        for attempt in count():
            own = path if not attempt else path.with_name(f"{path.name}#{attempt}")
            if not self._asking.has_id(made := derived_id(self._setup.settings.id, own)):
                return made
        raise AssertionError


def do_all(
    root: str,
    schema: tuple[Any, ...],
    settings: tuple[Any, ...],
    setup: Sequence[Any],
    cards: Sequence[tuple[Any, ...]] | None,
    batches: Sequence[Sequence[tuple[Any, ...]]],
) -> Any:
    """Yield what becomes of the files of each batch, as plain values: what a worker does."""
    import gc

    from vault_tool.lint.customers import Card, other_files
    from vault_tool.schema.plain import schema_of
    from vault_tool.vault.opening import settings_of

    known = None if cards is None else KnownCustomers(map(Card._make, cards), lambda: other_files(root))
    work = NoteWork(Setup(root, schema_of(schema), settings_of(settings), *setup), known)
    gc.freeze()  # what was imported stays; nobody need look through it again
    for batch in batches:
        yield [plain_done(work.do(ToDo(*one))) for one in batch]
