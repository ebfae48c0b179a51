"""What commits brought that others made, maybe without the program: looked through before it is taken.

Markers that a git without our driver left are worked out in a commit on top, the same on every machine, so
that no file here ever holds them; so are settings that nobody can read, with which no command would open the
vault. What should be sealed and came in plain is told of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from vault_tool.git.folder import own_folder
from vault_tool.git.log import Commit, FileChange, commits, gone_with
from vault_tool.git.repository import Repository
from vault_tool.git.writing import OWN_EMAIL, OWN_NAME, PLAIN, Signature, Written, write_commit
from vault_tool.merge.rules import Rules, customer_id
from vault_tool.named import NamedTuple
from vault_tool.sealing.glance import Glance
from vault_tool.sync.heal import Edited, Healed, Versions, heal, holds_markers
from vault_tool.sync.join_sides import Sides
from vault_tool.vault import files
from vault_tool.vault.settings import SETTINGS_NAME
from vault_tool.vault.walk import ARCHIVE_GLOB, matches_globs

if TYPE_CHECKING:
    from vault_tool.schema import Schema
    from vault_tool.vault.vault import Vault

_MESSAGE = "Take out what can't be read\n"
_TOML = PurePosixPath(SETTINGS_NAME)
_SCHEMA = "schema"
_SETTINGS = (SETTINGS_NAME, _SCHEMA, "templates", ".vault")


class Disclosed(NamedTuple):
    """A value that a commit brought in plain, and where: never the value itself.

    `field` is empty for words in a text.
    """

    commit: str
    author: str
    path: PurePosixPath
    line: int
    field: str


class Received(NamedTuple):
    """What came: its last commit, or one on top of that in which no file holds markers but those `left`.

    What came in the place of `put_back` could not be read, and lies beside it.
    """

    commit: str
    left: tuple[PurePosixPath, ...] = ()
    put_back: tuple[PurePosixPath, ...] = ()
    disclosed: tuple[Disclosed, ...] = ()


def look_through(vault: Vault, repository: Repository, known: str | None, tip: str) -> Received:
    """Look at the commits up to `tip` that are new since `known`; None: nobody knows, then only at merges."""
    asked = (tip, f"^{known}") if known else ("--merges", tip)
    found = [each for each in commits(repository, revisions=asked) if each.email != OWN_EMAIL]
    if not found:
        return Received(tip)
    found.reverse()
    healed = _without_markers(vault, repository, found, tip)
    settings = _readable_settings(repository, found, healed.files.get(_TOML) or _read(repository, tip, _TOML))
    commit = _commit(repository, tip, {**healed.files, **settings})
    disclosed = tuple(_disclosed(vault, repository, found)) if known else ()
    return Received(commit, healed.left, tuple(path for path in settings if path == _TOML), disclosed)


def mend_settings(root: Path, env: Mapping[str, str]) -> bool:
    """Take markers out of settings and schema as they stand here; tell whether any were.

    For a vault that can't be opened, because a git without our driver was used in this very folder.
    """
    marked: dict[PurePosixPath, bytes] = {}
    for file in (root / SETTINGS_NAME, *sorted((root / _SCHEMA).glob("*.y*ml"))):
        with suppress(OSError):
            data = file.read_bytes()
            if holds_markers(data):
                marked[PurePosixPath(file.relative_to(root).as_posix())] = data
    if not marked or own_folder(root) is None:
        return False
    from vault_tool.schema import load_schema

    schema = load_schema()
    with Repository(root, env) as repository:
        found = reversed(commits(repository, marked))
        healed = heal(
            [dict(_marked(repository, each, (), schema)) for each in found],
            marked.get,
            Rules("", schema, ()),
        )
    for path, data in healed.files.items():
        files.replace(root, path, data)
    return bool(healed.files)


# --- markers


def _without_markers(vault: Vault, repository: Repository, found: list[Commit], tip: str) -> Healed:
    globs = (*vault.settings.customers, ARCHIVE_GLOB)
    marked = []
    first: Commit | None = None
    for commit in found:
        left = dict(_marked(repository, commit, globs, vault.schema))
        if left:
            marked.append(left)
            first = first or commit
    if first is None:
        return Healed({}, ())
    # By the rules of what both grew from: those of a side may hold markers themselves.
    bases = repository.merge_bases(*first.parents) if len(first.parents) == 2 else []
    rules = Sides(vault, repository).rules((*bases, tip)[0])
    return heal(marked, lambda path: _read(repository, tip, path), rules)


def _commit(repository: Repository, tip: str, right: Mapping[PurePosixPath, bytes]) -> str:
    """Return a commit on top of another in which these files hold what they should."""
    if not right:
        return tip
    changes = {}
    for path, data in right.items():
        entry = repository.trees.entry(tip, path)
        changes[path] = Written(entry.mode if entry else PLAIN, data)
    author = Signature(OWN_NAME, OWN_EMAIL, repository.time_of(tip))
    return write_commit(repository, (tip,), changes, author, _MESSAGE)


def _read(repository: Repository, commit: str, path: PurePosixPath) -> bytes | None:
    entry = repository.trees.entry(commit, path)
    return repository.read(entry.name) if entry else None


def _marked(
    repository: Repository, commit: Commit, globs: tuple[str, ...], schema: Schema
) -> Iterator[tuple[PurePosixPath, Versions | Edited]]:
    """Yield the files that a commit left with markers."""
    bases: list[str] | None = None

    def read(name: str | None) -> bytes | None:
        return repository.read(name) if name else None

    for file in commit.files:
        after = read(file.after)
        if after is None or not holds_markers(after):
            continue
        if len(file.before) == 2:
            if bases is None:
                bases = repository.merge_bases(*commit.parents)
            path, before = _where_it_was(repository, commit, file, schema)
            entry = repository.trees.entry(bases[0], path) if bases else None
            base = read(entry.name) if entry else None
            yield file.path, Versions(after, base, *map(read, before))
        # A text about git may hold some, and is nobody's conflict.
        elif matches_globs(file.path, globs) or file.path.parts[0] in _SETTINGS:
            yield file.path, Edited(after, read(file.before[0]) if file.before else None)


def _where_it_was(
    repository: Repository, commit: Commit, file: FileChange, schema: Schema
) -> tuple[PurePosixPath, tuple[str | None, ...]]:
    """Return where the file of a joining commit stood before one side put it elsewhere, and its two blobs.

    On the side that left it in its place it has another name: it is the same customer's, and gone.
    """
    there = [name for name in file.before if name]
    customer = customer_id(repository.read(there[0]), schema) if len(there) == 1 else None
    if customer is not None:
        parent = commit.parents[file.before.index(None)]
        for path, name in gone_with(repository, commit, parent).items():
            if path.suffix == file.path.suffix and customer_id(repository.read(name), schema) == customer:
                return path, tuple(each or name for each in file.before)
    return file.path, file.before


# --- settings


def _readable_settings(
    repository: Repository, found: list[Commit], now: bytes | None
) -> dict[PurePosixPath, bytes]:
    """Return the last settings that could be read, and a place for those that came, where these can't be."""
    names = [
        name
        for commit in reversed(found)
        for file in commit.files
        if file.path == _TOML
        for name in file.before
        if name
    ]
    if now is None or not names:
        return {}
    from vault_tool.merge.file import place_for_other, reads_as_settings

    if not reads_as_settings(now):
        for before in map(repository.read, names):
            if reads_as_settings(before):
                return {_TOML: before, place_for_other(_TOML, now): now}
    return {}


# --- values in plain


def _disclosed(vault: Vault, repository: Repository, found: list[Commit]) -> Iterator[Disclosed]:
    """Yield what was not in plain before: of each value in a note the commit that brought it."""
    glance = Glance(vault.schema)
    told: set[tuple[PurePosixPath, str]] = set()

    def plain(path: PurePosixPath, name: str) -> dict[str, int]:
        data = repository.read(name)
        with suppress(UnicodeDecodeError):
            if not glance.may_stand_in_plain(data.decode("utf-8")):
                return {}
        # Hardly ever needed, and slow to load.
        from vault_tool.sealing.gate import Gate, Kind
        from vault_tool.sealing.places import TEXT

        there: dict[str, int] = {}
        for each in Gate(vault.settings, vault.schema).check(path, data):
            if each.kind in (Kind.PLAIN, Kind.MARK):
                there.setdefault("" if each.field == TEXT else each.field, each.line)
        return there

    for commit in found:
        for file in commit.files:
            if file.after is None or not (there := plain(file.path, file.after)):
                continue
            before = {field for name in file.before if name for field in plain(file.path, name)}
            for field, line in there.items():
                if field not in before and (file.path, field) not in told:
                    told.add((file.path, field))
                    yield Disclosed(commit.name, commit.author, file.path, line, field)
