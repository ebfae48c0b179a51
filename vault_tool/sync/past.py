"""The past of customers as git keeps it: who changed what when, followed through renames and the archive."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Self

from vault_tool.errors import Exit, VaultError
from vault_tool.git.log import Commit, commits, gone_with, unsaved
from vault_tool.git.repository import NoRepository, Repository
from vault_tool.git.trees import FILES
from vault_tool.git.writing import OWN_EMAIL
from vault_tool.messages import N_
from vault_tool.named import NamedTuple
from vault_tool.notes.folding import fold
from vault_tool.notes.note import Note, parse_note
from vault_tool.schema import Schema
from vault_tool.sync.changes import Changed, What, note_changes
from vault_tool.vault import files
from vault_tool.vault.public import SealedKeys
from vault_tool.vault.settings import Settings
from vault_tool.vault.walk import ARCHIVE_GLOB, matches_globs


class NoPast(VaultError):
    """The vault is in no git repository."""

    message = N_("This vault keeps no history yet: nothing tells how a note was before.")
    hint = N_("`vault sync` begins one. `vault undo` works without.")
    exit_code = Exit.USAGE


class Version(NamedTuple):
    """A customer's note as it stood at some time, with its very bytes."""

    note: Note
    data: bytes


class Step(NamedTuple):
    """One change of a customer: who made it and when (None: on disk, not saved yet), and its two sides.

    `after` is what stood there then, None where the customer was removed.
    """

    commit: Commit | None
    before: Version | None
    after: Version | None
    changes: tuple[Changed, ...]


class Difference(NamedTuple):
    """A customer then and now; None where there was or is no such customer."""

    before: Version | None
    after: Version | None

    @property
    def path(self) -> PurePosixPath:
        """Where the note stands, or stood last."""
        version = self.after or self.before
        assert version is not None  # one of both is there
        return version.note.path


class Past:
    """What git kept of a vault's customers. Commits of any tool are told alike."""

    def __init__(self, root: Path, settings: Settings, schema: Schema, env: Mapping[str, str]) -> None:
        try:
            self._repository = Repository(root, env)
        except NoRepository:
            raise NoPast(root=root) from None
        self._root = root
        self._schema = schema
        self._prefix = PurePosixPath(root.resolve().relative_to(self._repository.top).as_posix())
        self._globs = (*settings.customers, ARCHIVE_GLOB)
        self._keys = SealedKeys(schema)
        self._inners: dict[PurePosixPath, PurePosixPath | None] = {}
        self._read: dict[tuple[str, PurePosixPath], Version] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *told: object) -> None:
        self._repository.__exit__(*told)

    # --- one customer

    def steps(self, path: PurePosixPath, id: str | None) -> list[Step]:
        """Return what became of a customer, newest first; what stands on disk unsaved comes before all.

        A merge is among them where it has what no side had: with no changes, unless somebody decided some.
        """
        paths: set[PurePosixPath] = set()
        pending = [path, *self._head_paths(path, id)]
        found: list[Commit] = []
        while pending:
            paths.add(older := pending.pop())
            found = commits(self._repository, [self._outer(older)])
            came_from = {each for commit in found for each in self._came_from(commit, {older}, id)}
            pending += came_from.difference(paths, pending)
        if len(paths) > 1:
            found = commits(self._repository, (self._outer(each) for each in paths))
        steps = [step for commit in found if (step := self._step(commit, paths, id))]
        return [*self._unsaved_step(path, id, steps), *steps]

    def at(self, steps: Iterable[Step], moment: float) -> Version | None:
        """Return a customer's note as it stood at a moment; None where there was none yet, or no more."""
        for step in steps:
            if step.commit is not None and step.commit.at <= moment:
                return step.after
        return None

    def removed(self, name: str) -> list[Version]:
        """Return notes that left their path and bore this id, name, alias or file name, each customer once.

        The latest first. Whether the customer stands elsewhere now, the catalog knows.
        """
        wanted = fold(name.strip())
        found: dict[str, Version] = {}
        for commit in commits(self._repository):
            for file in commit.files:
                path = self._inner(file.path)
                blob = next(filter(None, file.before), None)
                if path is None or file.after is not None or blob is None:
                    continue
                version = self._version(blob, path)
                key = version.note.id or str(path)
                if key not in found and wanted in _names(version.note):
                    found[key] = version
        return list(found.values())

    # --- all of them

    def differences(self, since: float | None = None) -> list[Difference]:
        """Return the customers that are not as they were at a moment (None: as last saved), by path."""
        pairs = []
        for path, blob in sorted(self._blobs_at(since).items()):
            pair = Difference(self._version(blob, path) if blob else None, self._on_disk(path))
            if _data(pair.before) != _data(pair.after):
                pairs.append(pair)
        return list(_with_moves(pairs))

    def _blobs_at(self, since: float | None) -> dict[PurePosixPath, str | None]:
        """Return what stood then at each path that may differ now."""
        found: dict[PurePosixPath, str | None] = {}
        # From the newest on: what stays is what the first change since then came upon.
        for commit in commits(self._repository, since=since) if since is not None else ():
            for file in commit.files if commit.at > (since or 0) else ():
                path = self._inner(file.path)
                if path is not None:
                    found[path] = next(filter(None, file.before), None)
        for path in self._unsaved:
            found.setdefault(path, self._head_blob(path))
        return found

    def now(self, path: PurePosixPath) -> Version | None:
        """Return a note as it stands on disk."""
        return self._on_disk(path)

    # --- commits

    def _step(self, commit: Commit, paths: set[PurePosixPath], id: str | None) -> Step | None:
        own = [(path, file) for file in commit.files if (path := self._inner(file.path)) in paths and path]
        after = next((found for path, file in own if (found := self._own(file.after, path, id))), None)
        if len(commit.parents) > 1:
            return self._joined(commit, paths, after, id)
        before = next((found for path, file in own if (found := self._own(file.before[0], path, id))), None)
        if before is None and after is None:
            return None
        return Step(commit, before, after, self._changes(before, after))

    def _joined(
        self, commit: Commit, paths: set[PurePosixPath], after: Version | None, id: str | None
    ) -> Step | None:
        """Return what two sides became: told is only what neither of them had, for somebody decided it."""
        sides = [self._standing_in(parent, paths, id) for parent in commit.parents]
        known = [side for side in sides if side is not None]
        if not known or (after is None and len(known) < len(sides)):
            return None
        told: list[Sequence[Changed]] = [self._changes(side, after) for side in known]
        if commit.email == OWN_EMAIL:
            told = [[each for each in some if each.what is What.CONFLICT] for some in told]
        decided = tuple(
            each for each in told[0] if all(_is_in(each, others) for others in told) and self._decides(each)
        )
        return Step(commit, known[0], after, decided)

    def _standing_in(self, commit: str, paths: set[PurePosixPath], id: str | None) -> Version | None:
        """Return the note that a customer had in a commit, at whichever of these paths."""
        found = (self._own(self._blob(commit, path), path, id) for path in sorted(paths))
        return next(filter(None, found), None)

    def _decides(self, change: Changed) -> bool:
        field = self._schema.field(change.name) if change.what is What.FIELD else None
        return field is None or field.merge == "scalar"

    def _came_from(
        self, commit: Commit, paths: set[PurePosixPath], id: str | None
    ) -> Iterator[PurePosixPath]:
        """Yield where a customer stood before a commit that brought it to one of these paths."""
        for file in commit.files:
            path = self._inner(file.path)
            if path not in paths or path is None or any(file.before):
                continue
            now = self._own(file.after, path, id)
            if now is None:
                continue
            for parent in commit.parents:
                gone = gone_with(self._repository, commit, parent)
                likely = sorted(
                    gone, key=lambda each: (gone[each] != file.after, each.name != path.name, each)
                )
                yield from self._first_own(likely, gone, file.after, now)

    def _first_own(
        self, likely: list[PurePosixPath], gone: Mapping[PurePosixPath, str], blob: str | None, now: Version
    ) -> Iterator[PurePosixPath]:
        for other in likely:
            older = self._inner(other)
            if older is None:
                continue
            id = now.note.id
            if gone[other] == blob or (id and self._version(gone[other], older).note.id == id):
                yield older
                return

    def _changes(self, before: Version | None, after: Version | None) -> tuple[Changed, ...]:
        return note_changes(before.note if before else None, after.note if after else None, self._keys)

    # --- the disk

    @cached_property
    def _unsaved(self) -> set[PurePosixPath]:
        found = unsaved(self._repository, [] if self._prefix == PurePosixPath() else [self._prefix])
        return {path for each in found if (path := self._inner(each)) is not None}

    def _unsaved_step(self, path: PurePosixPath, id: str | None, steps: list[Step]) -> Iterator[Step]:
        saved = self._head_paths(path, id)
        if not self._unsaved.intersection({path, *saved}):
            return
        found = (self._own(self._head_blob(each), each, id) for each in (path, *saved))
        before, after = next(filter(None, found), None), self._on_disk(path)
        if before is None and (after is None or (steps and steps[0].after is not None)):
            return
        if after is None or before is None or before.data != after.data or before.note.path != path:
            yield Step(None, before, after, self._changes(before, after))

    def _head_paths(self, path: PurePosixPath, id: str | None) -> list[PurePosixPath]:
        """Return where the last commit has a customer that was moved on disk since."""
        if id is None or path not in self._unsaved:
            return []
        return [
            each
            for each in sorted(self._unsaved)
            if each != path
            and not (self._root / each).exists()
            and (blob := self._head_blob(each))
            and self._version(blob, each).note.id == id
        ]

    def _head_blob(self, path: PurePosixPath) -> str | None:
        return self._blob(self._repository.head, path)

    def _on_disk(self, path: PurePosixPath) -> Version | None:
        try:
            data = files.read(self._root, path).data
        except files.FileMissing:
            return None
        return Version(parse_note(path, data, self._schema), data)

    # --- blobs and paths

    def _own(self, blob: str | None, path: PurePosixPath, id: str | None) -> Version | None:
        """Return a version that is this customer's: of the same id, where both have one."""
        if blob is None:
            return None
        version = self._version(blob, path)
        return version if not id or version.note.id in (None, id) else None

    def _version(self, blob: str, path: PurePosixPath) -> Version:
        known = self._read.get((blob, path))
        if known is None:
            data = self._repository.read(blob)
            known = self._read[blob, path] = Version(parse_note(path, data, self._schema), data)
        return known

    def _blob(self, commit: str | None, path: PurePosixPath) -> str | None:
        entry = self._repository.trees.entry(commit, self._outer(path))
        return entry.name if entry and entry.mode in FILES else None

    def _outer(self, path: PurePosixPath) -> PurePosixPath:
        return self._prefix / path

    def _inner(self, path: PurePosixPath) -> PurePosixPath | None:
        """Return a path of the repository as the vault has it; None for what is no note."""
        if path not in self._inners:
            inner = path.relative_to(self._prefix) if path.is_relative_to(self._prefix) else None
            self._inners[path] = inner if inner and matches_globs(inner, self._globs) else None
        return self._inners[path]


def _with_moves(pairs: list[Difference]) -> Iterator[Difference]:
    """Yield the differences with both halves of a move put together, and two customers at one path apart."""
    gone = {pair.before.note.id: pair.before for pair in pairs if pair.before and not pair.after}
    come = {pair.after.note.id for pair in pairs if pair.after and not pair.before}
    moved = {id for id in gone if id and id in come}
    for before, after in pairs:
        if before and not after and before.note.id in moved:
            continue
        if after and not before and after.note.id in moved:
            yield Difference(gone[after.note.id], after)
        elif before and after and None not in (ids := {before.note.id, after.note.id}) and len(ids) > 1:
            yield Difference(before, None)
            yield Difference(None, after)
        else:
            yield Difference(before, after)


def _data(version: Version | None) -> bytes | None:
    return version.data if version else None


def _is_in(change: Changed, others: Iterable[Changed]) -> bool:
    wanted = (change.what, change.name, change.new)
    return any((each.what, each.name, each.new) == wanted for each in others)


def _names(note: Note) -> set[str]:
    spellings = (note.id or "", note.name, *note.aliases, note.path.stem, str(note.path))
    return {fold(each) for each in spellings if each}
