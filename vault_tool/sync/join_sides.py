"""Two lines of commits joined into one, the same way wherever that is done.

Both sides are compared with what they grew from, each path is decided by `merge.tree`, and the joining commit
depends on nothing but the two: who joins the same two at the same time makes the same commit.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from vault_tool.errors import Exit, VaultError
from vault_tool.git.trees import FILES, Entry
from vault_tool.git.writing import OWN_EMAIL, OWN_NAME, PLAIN, Change, Signature, Written, write_commit
from vault_tool.merge.file import merge_content, place_for_other
from vault_tool.merge.rules import Rules, are_two_customers
from vault_tool.merge.tree import File, MergedTree, merge_trees
from vault_tool.messages import N_
from vault_tool.named import NamedTuple
from vault_tool.sync.sync_journal import Step
from vault_tool.vault.settings import SETTINGS_NAME, Settings, load_settings

if TYPE_CHECKING:
    from vault_tool.git.repository import Repository
    from vault_tool.vault.vault import Vault

_MESSAGE = "Join what was written here and there\n"
_BASE_MESSAGE = "What two sides have in common\n"


class NothingInCommon(VaultError):
    """Two lines of commits have no common past."""

    message = N_("What is kept here and what is there have no common past. Nothing was joined.")
    hint = N_("`vault join ADDRESS DIR` fetches the other one into a folder of its own.")
    exit_code = Exit.DECIDE


class Joined(NamedTuple):
    """A commit that holds both sides, and how its files came about (None: one side had all of it)."""

    commit: str
    tree: MergedTree | None


class Sides:
    """Joins commits of one repository."""

    def __init__(self, vault: Vault, repository: Repository) -> None:
        self._vault = vault
        self._repository = repository

    def join(self, one: str, other: str) -> Joined:
        """Return a commit that both are in: one of the two where it holds the other already.

        Raises `NothingInCommon`.
        """
        if one == other:
            return Joined(one, None)
        bases = self._repository.merge_bases(one, other)
        if not bases:
            raise NothingInCommon
        if bases == [one]:
            return Joined(other, None)
        if bases == [other]:
            return Joined(one, None)
        return self._merge(self._base(bases), one, other, _MESSAGE)

    def replay(self, base: str, mine: str, onto: str) -> Joined:
        """Return a commit on top of `onto` with what `mine` changed since `base`, and none of its past."""
        return self._merge(base, mine, onto, _MESSAGE, (onto,))

    def rules(self, commit: str) -> Rules:
        """Return what a merge on top of this commit goes by: its own settings and schema."""
        vault, head = self._vault, self._repository.head
        told = dict(self._sources(commit))
        if head is not None and told == dict(self._sources(head)):
            return Rules.of(vault.settings, vault.schema)
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for path, entry in told.items():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_bytes(self._repository.read(entry.name))
            from vault_tool.schema import load_schema

            try:
                settings = load_settings(root) if (root / SETTINGS_NAME).exists() else vault.settings
                return Rules.of(settings, load_schema(root / "schema"))
            except VaultError:
                # What stands there can't be used; all others who join these two find the same.
                return Rules.of(Settings(id=vault.settings.id), load_schema())

    def _sources(self, commit: str) -> list[tuple[PurePosixPath, Entry]]:
        trees = self._repository.trees
        path = PurePosixPath(SETTINGS_NAME)
        settings = trees.entry(commit, path)
        found = [(path, settings)] if settings else []
        found += trees.files(commit, "schema")
        return [(path, entry) for path, entry in found if entry.mode in FILES]

    def _base(self, bases: list[str]) -> str:
        """Return what two sides grew from; where that is several commits, those joined first."""
        base = bases[0]
        for other in bases[1:]:
            common = self._repository.merge_bases(base, other)
            if not common:
                continue
            if common not in ([base], [other]):
                base = self._merge(self._base(common), base, other, _BASE_MESSAGE).commit
        return base

    def _merge(
        self, base: str, one: str, other: str, message: str, onto: tuple[str, ...] | None = None
    ) -> Joined:
        repository = self._repository
        first, second = sorted((one, other))
        parents = onto or (first, second)
        trees = repository.trees

        def before(path: PurePosixPath) -> File | None:
            return _file(trees.entry(base, path))

        sides = [
            {path: _file(entry) for path, entry in trees.changes(base, side).items()}
            for side in (first, second)
        ]
        tree = merge_trees(before, sides[0], sides[1], repository.read, self.rules(base))
        changes: dict[PurePosixPath, Change] = {}
        for path, wanted in tree.files.items():
            change = _change(wanted, tree.modes.get(path, PLAIN))
            if change != trees.entry(parents[0], path):
                changes[path] = change
        author = Signature(OWN_NAME, OWN_EMAIL, max(map(repository.time_of, (first, second))))
        return Joined(write_commit(repository, parents, changes, author, message), tree)


class Mender:
    """Joins a file on disk with what came for it, by the rules of the commit that both grew from."""

    def __init__(self, sides: Sides, base: str) -> None:
        self._sides = sides
        self._base = base

    def __call__(
        self, path: PurePosixPath, base: bytes | None, mine: bytes, theirs: bytes
    ) -> Mapping[PurePosixPath, bytes]:
        """Return what is to stand at the path, and beside it what can't be a part of that."""
        if self.are_two(path, mine, theirs):
            return {path: mine, place_for_other(path, theirs): theirs}
        merged = merge_content(path, base, mine, theirs, self._rules)
        if merged.parked is None:
            return {path: merged.data}
        return {path: merged.data, place_for_other(path, merged.parked): merged.parked}

    def are_two(self, path: PurePosixPath, one: bytes, other: bytes) -> bool:
        """Tell whether notes that stood at one path are two customers'."""
        return are_two_customers(path, one, other, self._rules)

    @cached_property
    def _rules(self) -> Rules:
        return self._sides.rules(self._base)


def steps_between(repository: Repository, before: str | None, after: str) -> list[Step]:
    """Return what has to become of which files for the work tree to go from one commit to another.

    Links and submodules are left to git.
    """
    steps = []
    for path, entry in repository.trees.changes(before, after).items():
        was = repository.trees.entry(before, path)
        modes = {each.mode for each in (was, entry) if each}
        if modes <= FILES:
            mode = entry.mode if entry else PLAIN
            steps.append(Step(path, was.name if was else None, entry.name if entry else None, mode))
    return steps


def _file(entry: Entry | None) -> File | None:
    return File(*entry) if entry else None


def _change(wanted: File | bytes | None, mode: str) -> Change:
    if isinstance(wanted, bytes):
        return Written(mode, wanted)
    return Entry(*wanted) if wanted else None
