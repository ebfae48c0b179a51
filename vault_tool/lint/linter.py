"""Lints a vault: what is as it was is not checked again, the rest by all processors.

What stands in one note may be wrong because of another: a link to nobody, an id that two have. While notes
are read not all customers are known, so each note is first taken for one of a well-kept vault, and the
questions it asks of the others are noted down. When all are known the questions are asked again; a note that
gets another answer is linted once more. The cache goes by the same rule.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import closing
from datetime import date
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from vault_tool.lint.cache import Cache, Results, Row, open_cache, secret_of
from vault_tool.lint.customers import Card, KnownCustomers, other_files
from vault_tool.lint.finding import Linted, Mending
from vault_tool.lint.rows import can_mend, finding_of
from vault_tool.lint.tasks import Done, Setup, ToDo
from vault_tool.vault.compare import Compared, Comparison
from vault_tool.vault.globs import Patterns, fold_name
from vault_tool.vault.places import Places
from vault_tool.vault.walk import ARCHIVE_GLOB, Oddity, matches_globs

# What lints is imported where something is to be linted: else a second run needs none of it.
if TYPE_CHECKING:
    from vault_tool.schema.model import Schema
    from vault_tool.vault.settings import Settings

Progress = Callable[[int, int], None]
_ARCHIVE = ARCHIVE_GLOB.partition("/")[0]


class Linter:
    """Lints the notes of one vault by its settings, and what this run selects and ignores."""

    def __init__(
        self,
        root: Path,
        settings: Settings,
        schema: Schema,
        places: Places,
        today: date,
        *,
        select: Iterable[str] = (),
        ignore: Iterable[str] = (),
        keeps_edits: bool = False,
    ) -> None:
        """`keeps_edits` has findings keep the edits of their fixes: such notes are read once more."""
        self._root = root
        self._settings = settings._replace(warnings=())
        self._schema = schema
        self._places = places
        self._day = today.toordinal()
        self._select = tuple(select)
        self._ignore = tuple(ignore)
        self._keeps_edits = keeps_edits
        self._oddities: list[Oddity] = []
        self._is_compared = False

    def lint(
        self,
        wanted: Collection[PurePosixPath] = (),
        mending: Mending = "none",
        progress: Progress | None = None,
    ) -> Iterator[Linted]:
        """Yield the notes wanted and those beneath them, all customers where none is, in the order of paths.

        Last come the places where something odd stands in the place of a note. A wanted file that no glob
        takes for a note is passed over. Nothing is written but the cache; progress is told of notes:
        (done, total). Raises `UnknownRule`.
        """
        linted = self._lint(frozenset(map(str, wanted)), mending, progress)
        odd = list(self._odd(frozenset(map(str, wanted))))
        yield from self._with_edits(linted) if self._keeps_edits else linted
        yield from odd

    def lint_bytes(self, path: PurePosixPath, data: bytes, mending: Mending = "none") -> Linted:
        """Lint a note of these bytes, whatever stands at its path; the other customers are known."""
        from vault_tool.lint.work import NoteWork
        from vault_tool.notes.note import parse_note
        from vault_tool.vault.files import digest

        if not self._is_compared:
            found = self._compare()
            self._take(self._to_read(found, (), lambda _path: False), found, None, mending, None)
            self._cache.save()
        note = parse_note(path, data, self._schema)
        setup = self._setup(mending)
        known = self._everybody
        own = Card._make(NoteWork(setup, None).card(note))
        if own != self.card(path):
            known = self._customers([own, *(card for card in self._cards() if card.path != own.path)])
        return NoteWork(setup, known).lint(note, data, digest(data))[0]

    def card(self, path: PurePosixPath | str) -> Card | None:
        """Return the card of a customer, once notes were linted; None where there is none of that path."""
        kept = self._cache.cards.get(str(path))
        return Card._make(kept) if kept else None

    # --- what stands there

    @cached_property
    def _seals(self) -> bool:
        """Whether values can be sealed here, or go elsewhere in plain."""
        if (self._root / ".vault/keyring.toml").exists():
            return True
        try:
            return "[remote " in (self._root / ".git/config").read_text("utf-8", "replace")
        except OSError:
            return False

    @cached_property
    def _secret(self) -> bytes:
        return secret_of(self._places)

    @cached_property
    def _cache(self) -> Cache:
        return open_cache(self._places, self._schema, self._settings, self._secret)

    def _compare(self) -> Compared:
        """Compare the files with the cache; what is gone is forgotten."""
        self._oddities = []
        self._is_compared = True
        self.__dict__.pop("_everybody", None)
        globs = (*self._settings.customers, ARCHIVE_GLOB)
        cache = self._cache
        found = Comparison(self._root, globs, cache.folders, cache.loose, self._oddities).run()
        if found.folders or found.left:
            cache.is_changed = True
            cache.folders.update(found.folders)
            for folder in found.left:
                del cache.folders[folder]
        for path in found.gone:
            cache.forget(path)
        cache.loose -= found.gone
        return found

    def _lint(self, wanted: frozenset[str], mending: Mending, progress: Progress | None) -> Iterable[Linted]:
        found = self._compare()
        results = self._cache.results(marshal.dumps((self._select, self._ignore, self._seals)))
        if not wanted and self._holds(results, found, mending):
            self._cache.save()
            return self._kept(results, results.targets)
        there = dict.fromkeys([*self._cache.files, *(note.path for note in found.doubtful)])
        is_target = self._target_test(wanted)
        targets = [path for path in there if path not in found.hidden and is_target(path)]
        done = self._take(
            self._to_read(found, self._outdated(results, targets, mending), is_target),
            found,
            results,
            mending,
            progress,
        )
        targets = sorted((path for path in targets if path in self._cache.files), key=_order)
        if stale := self._stale(results, targets, done):
            done.update(self._take(stale, found, results, mending, None, self._cards()))
            targets = [path for path in targets if path in self._cache.files]
        # What can't be seen just now may be as it was when it is seen again, and was not linted.
        state = b"" if found.hidden else self._cache.state
        if not wanted and (done or results.state != state or results.targets != tuple(targets)):
            for path in results.rows.keys() - self._cache.files.keys():
                results.forget(path)
            results.settle(state, tuple(targets))
            self._cache.keep(results)
        elif done:
            results.settle(results.state, results.targets)
            self._cache.keep(results)
        self._cache.save()
        return self._told(results, targets, done)

    def _holds(self, results: Results, found: Compared, mending: Mending) -> bool:
        """Tell whether all findings can be told as they are kept, without a look at any note."""
        return (
            not (found.doubtful or found.hidden or results.asks_files)
            and results.state == self._cache.state != b""
            and results.since <= self._day <= results.until
            and (mending == "none" or not any(can_mend(rows, mending) for rows in results.findings.values()))
        )

    def _target_test(self, wanted: frozenset[str]) -> Callable[[str], bool]:
        globs = self._settings.customers
        if not wanted:
            return lambda path: (
                fold_name(path[: len(_ARCHIVE)]) != _ARCHIVE or matches_globs(PurePosixPath(path), globs)
            )
        return lambda path: _is_beneath(path, wanted)

    def _odd(self, wanted: frozenset[str]) -> Iterator[Linted]:
        oddities = [odd for odd in self._oddities if self._is_ours(str(odd.path), wanted)]
        if not oddities:
            return
        from vault_tool.lint.run import lint_oddities
        from vault_tool.lint.work import NoteWork

        yield from lint_oddities(oddities, NoteWork(self._setup("none"), None).checker)

    def _is_ours(self, path: str, wanted: frozenset[str]) -> bool:
        if wanted:
            return _is_beneath(path, wanted)
        first = path.partition("/")[0]
        if fold_name(first) != _ARCHIVE:
            return True
        patterns = Patterns(self._settings.customers)
        return bool(patterns.enter(patterns.start(), fold_name(first)))

    # --- what is to be done, and what came of it

    def _outdated(self, results: Results, targets: Iterable[str], mending: Mending) -> Iterator[str]:
        """Yield the notes whose findings are not kept, or not for this day, or are to be mended."""
        files = self._cache.files
        for path in targets:
            row = results.rows.get(path)
            if (
                row is None
                or row.digest != files.get(path)
                or not row.since <= self._day <= row.until
                or can_mend(results.findings.get(path, ()), mending)
            ):
                yield path

    def _to_read(
        self, found: Compared, outdated: Iterable[str], is_target: Callable[[str], bool]
    ) -> list[ToDo]:
        files = self._cache.files
        todo = {path: ToDo(path) for path in outdated}
        for note in found.doubtful:
            todo.setdefault(note.path, ToDo(note.path, files.get(note.path, ""), is_target(note.path)))
        return list(todo.values())

    def _take(
        self,
        todo: Sequence[ToDo],
        found: Compared,
        results: Results | None,
        mending: Mending,
        progress: Progress | None,
        cards: Sequence[Card] | None = None,
    ) -> dict[str, Done]:
        """Have the work done, and take in what came of it."""
        if not todo:
            return {}
        from vault_tool.lint.parallel import do_work

        seen = {note.path: tuple(note[1:]) for note in found.doubtful}
        taken = {}
        with closing(do_work(self._setup(mending), todo, cards)) as work:
            for number, done in enumerate(work, 1):
                self._take_file(done, seen.get(done.path))
                if results is not None and done.found:
                    self._take_findings(done, results)
                    taken[done.path] = done
                if progress:
                    progress(number, len(todo))
        return taken

    def _take_file(self, done: Done, seen: tuple[int, ...] | None) -> None:
        cache, path = self._cache, done.path
        if not done.digest and not done.found:
            cache.forget(path)
        elif done.digest != cache.files.get(path):
            cache.touch()
            cache.files[path] = done.digest
            cache.cards.pop(path, None)
            if done.card:
                cache.cards[path] = done.card
        is_settled = done.seen != () and done.seen == seen
        if seen is not None and is_settled == (path in cache.loose):
            cache.is_changed = True
            (cache.loose.discard if is_settled else cache.loose.add)(path)

    def _take_findings(self, done: Done, results: Results) -> None:
        results.forget(done.path)
        if done.found and not done.mended:
            until, asked, rows = done.found
            results.rows[done.path] = Row(done.digest, self._day, until, asked)
            if rows:
                results.findings[done.path] = rows

    def _stale(self, results: Results, targets: Sequence[str], done: dict[str, Done]) -> list[ToDo]:
        """Return the notes to be linted once more, since the other customers are not as was thought."""
        all_known = results.state == self._cache.state
        if all_known and not results.asks_files:
            targets = list(done)
        if not targets:
            return []
        known = self._everybody
        stale = []
        for path in targets:
            one = done.get(path)
            asked = one.found.asked if one and one.found else results.rows[path].asked
            if not known.still_says(asked, all_known=all_known and one is None):
                stale.append(ToDo(path))
        return stale

    def _told(self, results: Results, targets: Iterable[str], done: dict[str, Done]) -> Iterator[Linted]:
        for path in targets:
            one = done.get(path)
            if one is None or not one.found or not one.mended:
                yield from self._kept(results, [path])
                continue
            from vault_tool.vault.journal import Change  # where nothing is mended nobody needs it

            where = PurePosixPath(path)
            fixed, before, after = one.mended
            findings = [finding_of(where, row) for row in one.found.rows]
            yield Linted(path, findings, fixed, Change(where, one.digest, after.encode()), before, after)

    def _kept(self, results: Results, targets: Iterable[str]) -> Iterator[Linted]:
        findings = results.findings
        for path in targets:
            if rows := findings.get(path):
                where = PurePosixPath(path)
                yield Linted(path, [finding_of(where, row) for row in rows])
            else:
                yield Linted(path, [])

    def _with_edits(self, linted: Iterable[Linted]) -> Iterator[Linted]:
        """Read the notes with something to mend once more: what is kept of a fix is its kind."""
        from vault_tool.lint.work import NoteWork

        work = NoteWork(self._setup("none"), self._everybody)
        for one in linted:
            if any(finding.fix for finding in one.findings):
                yield one._replace(findings=work.findings(one.path, one.after))
            else:
                yield one

    # --- the customers

    def _cards(self) -> list[Card]:
        return list(map(Card._make, self._cache.cards.values()))

    @cached_property
    def _everybody(self) -> KnownCustomers:
        """All customers as they are when all files were read."""
        return self._customers(self._cards())

    def _customers(self, cards: Iterable[Card]) -> KnownCustomers:
        root = str(self._root)
        return KnownCustomers(cards, lambda: other_files(root))

    def _setup(self, mending: Mending) -> Setup:
        return Setup(
            str(self._root),
            self._schema,
            self._settings,
            self._day,
            self._select,
            self._ignore,
            mending,
            self._secret,
            self._seals,
        )


def _order(path: str) -> list[str]:
    """Return what paths are sorted by: a folder's notes stand together."""
    return path.split("/")


def _is_beneath(path: str, wanted: frozenset[str]) -> bool:
    if path in wanted or "." in wanted:
        return True
    at = path.rfind("/")
    while at > 0:
        if path[:at] in wanted:
            return True
        at = path.rfind("/", 0, at)
    return False
