"""Some notes' turn, as plain values: what a worker answers, and what the cache keeps."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import partial
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
from vault_tool.lint.run import mend_note, read_note
from vault_tool.lint.selection import select_rules
from vault_tool.lint.tasks import Done, Found, Setup, ToDo, plain_done
from vault_tool.named import NamedTuple
from vault_tool.notes.note import Note, parse_note, parse_notes
from vault_tool.vault.files import RACY_NS, Content

# So many notes are looked at together, of at most so many bytes: their trees still fit a processor's cache.
_MOST_TOGETHER = 64
_MOST_BYTES = 512 * 1024


class _Read(NamedTuple):
    """A file that was read: what became of it, and its content where there is more to do."""

    one: ToDo
    done: Done
    content: Content | None = None


class NoteWork:
    """Does the work on the notes of one vault. Without known customers, each is taken for well kept."""

    def __init__(self, setup: Setup, known: KnownCustomers | None) -> None:
        settings = setup.settings
        self._setup = setup
        self._root = Path(setup.root)
        self._today = date.fromordinal(setup.day)
        self._known = known
        context = Context(setup.schema, settings, self._today, seals=setup.seals)
        self.checker = Checker.of(select_rules(settings.lint, setup.select, setup.ignore), context)
        self._cards = CardMaker(settings, setup.secret)

    def do(self, todo: Iterable[ToDo]) -> Iterator[Done]:
        """Read files, and lint those of which that is wanted; yield what becomes of each, in order."""
        some: list[_Read] = []
        size = 0
        for one in todo:
            read = self._read(one)
            some.append(read)
            size += len(read.content.data) if read.content else 0
            if len(some) >= _MOST_TOGETHER or size >= _MOST_BYTES:
                yield from self._finish(some)
                some, size = [], 0
        yield from self._finish(some)

    def _read(self, one: ToDo) -> _Read:
        path = PurePosixPath(one.path)
        now = time.time_ns()
        content = read_note(self._root, path, self.checker)
        if content is None:
            return _Read(one, Done(one.path))
        if isinstance(content, Linted):
            rows = tuple(map(row_of, content.findings)) if one.is_wanted else ()
            return _Read(one, Done(one.path, found=Found(self._setup.day, (), rows)))
        is_racy = abs(now - content.mtime_ns) < RACY_NS
        seen = () if is_racy else (content.size, content.mtime_ns, content.inode)
        done = Done(one.path, content.digest, seen)
        return _Read(one, done, content if done.digest != one.digest else None)

    def _finish(self, some: Sequence[_Read]) -> Iterator[Done]:
        """Yield what becomes of files that were read."""
        new = [(read.one, read.content) for read in some if read.content]
        notes = parse_notes(
            [(PurePosixPath(one.path), content.data) for one, content in new], self._setup.schema
        )
        cards = iter([self.card(note) for note in notes])
        wanted = [
            (note, content.data, content.digest)
            for note, (one, content) in zip(notes, new, strict=True)
            if one.is_wanted
        ]
        results = iter(self._lint(wanted))
        for one, done, content in some:
            if content is None:
                yield done
                continue
            card = next(cards)
            if not one.is_wanted:
                yield done._replace(card=card)
                continue
            linted, found = next(results)
            mended = (linted.fixed, linted.before, linted.after) if linted.change else None
            yield Done(one.path, done.digest, done.seen, card, found, mended)

    def lint(self, note: Note, data: bytes, digest: str) -> tuple[Linted, Found]:
        """Lint one note that was read."""
        return self._lint([(note, data, digest)])[0]

    def _lint(self, wanted: Sequence[tuple[Note, bytes, str]]) -> list[tuple[Linted, Found]]:
        """Lint notes of these bytes and digests."""
        asked = [self._context() for _ in wanted]
        contexts = [context for context, _, _ in asked]
        found = self.checker.check_all([note for note, _, _ in wanted], contexts)
        results = []
        for (note, data, digest), findings, (context, horizon, asking) in zip(
            wanted, found, asked, strict=True
        ):
            check = partial(self.checker.check, context=context)
            linted = mend_note(note, data, digest, findings, check, self._setup.mending)
            rows = tuple(map(row_of, linted.findings))
            results.append((linted, Found(horizon.until, tuple(asking.asked.items()), rows)))
        return results

    def _context(self) -> tuple[Context, Horizon, Asking]:
        """Return what one note is judged by, and where it is noted down what its findings rest on."""
        horizon, asking = Horizon(self._today), Asking(self._known)
        base = self.checker.context
        today, new_id = Day.of(self._today, horizon), partial(self._new_id, asking)
        context = Context(base.schema, base.settings, today, base.shown, new_id, asking, base.seals)
        return context, horizon, asking

    def findings(self, path: PurePosixPath, text: str = "") -> list[Finding]:
        """Return what is wrong in a text, else in the file as it stands, with whole fixes."""
        content: Content | Linted | str | None = text or read_note(self._root, path, self.checker)
        if content is None or isinstance(content, Linted):
            return content.findings if content else []
        data = content if isinstance(content, str) else content.data
        return self.checker.check(parse_note(path, data, self._setup.schema), self._context()[0])

    def card(self, note: Note) -> tuple[Any, ...]:
        """Return the card of a note."""
        return tuple(self._cards.card_of(note))

    def _new_id(self, asking: Asking, path: PurePosixPath) -> str:
        """Return the id of a note that has none: the same wherever and however often it is asked for."""
        from vault_tool.vault.adopt import derived_id  # few notes have none

        for attempt in count():
            own = path if not attempt else path.with_name(f"{path.name}#{attempt}")
            if not asking.has_id(made := derived_id(self._setup.settings.id, own)):
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
        yield list(map(plain_done, work.do(ToDo(*one) for one in batch)))
