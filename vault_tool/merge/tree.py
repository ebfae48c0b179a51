"""Whole vaults merged: two sides' changes against a base, file by file, customers by their id.

Pure and symmetric, at the cost of what was changed, not of what there is. The same rules decide for one
file in git's driver (`vault_tool.git.merge_driver`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import PurePosixPath

from vault_tool.merge.choice import settle
from vault_tool.merge.erased import ERASED, read_tombstones, tombstone
from vault_tool.merge.file import merge_content, place_for_other
from vault_tool.merge.note import Merged
from vault_tool.merge.pairing import Base, File, Placed, Side, Thing, pair
from vault_tool.merge.placing import Placement, place
from vault_tool.merge.rules import Rules, customer_id, is_note
from vault_tool.named import NamedTuple

__all__ = ["File", "MergedTree", "Side", "merge_trees"]

Read = Callable[[str], bytes]
_PLAIN, _SUBMODULE = "100644", "160000"


class MergedTree(NamedTuple):
    """What becomes of every path that a side touched, and of new ones; the rest is for a report, by path."""

    files: dict[PurePosixPath, File | bytes | None]
    """A blob that is there, new content (of mode 100644, unless `modes` has another), or None: no file."""
    modes: dict[PurePosixPath, str]
    conflicts: dict[PurePosixPath, tuple[str, ...]]
    """What is open: fields of a note, settings in which one side gave way; "" for text or the whole file."""
    kept: dict[PurePosixPath, tuple[str, ...]]
    """What one side removed and the other changed: headings of entries, none for the whole file. It stays."""
    moved: dict[PurePosixPath, PurePosixPath]
    """Where files are now, and where a side has them: two wanted one path, or one was moved twice."""
    parked: dict[PurePosixPath, PurePosixPath]
    """Where the version is kept that couldn't be joined with the one that stands."""
    erased: tuple[PurePosixPath, ...]
    """Notes that a side has, of customers who were erased for good: they go, whatever was written."""


def merge_trees(base: Base, a: Side, b: Side, read: Read, rules: Rules) -> MergedTree:
    """Merge what two sides changed; symmetric in them, and never raises on any content.

    `a` and `b` have a file for each path that is new or other than in the base, None for one that is gone;
    `read` returns a blob's bytes. If only one side changed anything, the result is that side.
    """
    if not a or not b or a == b:
        return MergedTree({**a, **b}, {}, {}, {}, {}, {}, ())
    return _Merge(base, a, b, read, rules).run()


class _Outcome(NamedTuple):
    """What became of one file; `kept` is None where nothing stayed that one side had removed."""

    placement: Placement
    conflicts: tuple[str, ...] = ()
    kept: tuple[str, ...] | None = None
    beside: Placement | None = None
    given_up: PurePosixPath | None = None
    """The path that one side had moved it to, where the other had moved it elsewhere."""


class _Merge:
    """One merge under way."""

    def __init__(self, base: Base, a: Side, b: Side, read: Read, rules: Rules) -> None:
        self._base, self._a, self._b = base, a, b
        self._read = cache(read)
        self._rules = rules
        self._id_in = cache(lambda blob: customer_id(self._read(blob), rules.schema))

    def run(self) -> MergedTree:
        things = pair(self._base, self._a, self._b, self._id)
        outcomes = [outcome for thing in things if (outcome := self._merged(thing))]
        erased, outcomes = self._without_erased(outcomes)
        beside = [outcome.beside for outcome in outcomes if outcome.beside]
        wanted = [*(outcome.placement for outcome in outcomes), *beside]
        touched = {*self._a, *self._b}
        paths = place(wanted, lambda path: path not in touched and self._base(path) is not None, self._id_of)
        tree = MergedTree(dict.fromkeys(touched), {}, {}, {}, {}, {}, erased)
        for each, path in zip(wanted, paths, strict=True):
            if path is not None:
                tree.files[path] = each.content
                if isinstance(each.content, bytes) and each.mode != _PLAIN:
                    tree.modes[path] = each.mode
                if path != each.path:
                    tree.moved[path] = each.path
        parked = iter(paths[len(outcomes) :])
        for outcome, path in zip(outcomes, paths, strict=False):
            at = path or outcome.placement.path
            if outcome.conflicts:
                tree.conflicts[at] = outcome.conflicts
            if outcome.kept is not None:
                tree.kept[at] = outcome.kept
            if outcome.given_up:
                tree.moved.setdefault(at, outcome.given_up)
            if outcome.beside:
                tree.parked[at] = next(parked) or outcome.beside.path
        return tree

    def _without_erased(self, outcomes: list[_Outcome]) -> tuple[tuple[PurePosixPath, ...], list[_Outcome]]:
        lists = (side.get(ERASED) for side in (self._a, self._b))
        tombstones = {
            name
            for file in (self._base(ERASED), *lists)
            if file is not None and file.is_regular
            for name in read_tombstones(self._read(file.blob))
        }
        if not tombstones:
            return (), outcomes
        erased: list[_Outcome] = []
        left: list[_Outcome] = []
        for outcome in outcomes:
            found = self._id_of(outcome.placement)
            is_erased = found is not None and tombstone(self._rules.vault_id, found) in tombstones
            (erased if is_erased else left).append(outcome)
        return tuple(outcome.placement.path for outcome in erased), left

    def _merged(self, thing: Thing) -> _Outcome | None:
        was, one, two = thing
        if one is None or two is None:
            left = one or two
            # The removal holds where the other side did nothing.
            if left is None or left == was:
                return None
            return _Outcome(_placement(left, thing), kept=None if was is None else ())
        path = settle(was.path if was else None, one.path, two.path, lambda *paths: min(filter(None, paths)))
        assert path is not None
        outcome = self._joined(path, was.file if was else None, one.file, two.file, thing)
        others = {one.path, two.path} - {path, *([was.path] if was else [])}
        return outcome._replace(given_up=others.pop()) if others else outcome

    def _joined(self, path: PurePosixPath, was: File | None, one: File, two: File, thing: Thing) -> _Outcome:
        """Join what both sides have of one file."""
        sides = _sides(path, thing)
        if one == two or two == was:
            return _Outcome(Placement(path, one, one.mode, sides))
        if one == was:
            return _Outcome(Placement(path, two, two.mode, sides))
        if not (one.is_regular and two.is_regular):
            winner, loser = sorted((one, two), key=lambda file: (file.is_regular, file), reverse=True)
            beside = None
            if loser.mode != _SUBMODULE:
                place_for = place_for_other(path, self._read(loser.blob))
                beside = Placement(place_for, loser, loser.mode, frozenset())
            return _Outcome(Placement(path, winner, winner.mode, sides), ("",), beside=beside)
        before = was if was and was.is_regular else None
        mode = settle(before.mode if before else "", one.mode, two.mode, max)
        blob = settle(before.blob if before else None, one.blob, two.blob, lambda _one, _two: None)
        if blob is not None:
            return _Outcome(Placement(path, File(mode, blob), mode, sides))
        merged = self._contents(path, before, one, two)
        content: File | bytes = merged.data
        for file in (one, two):
            if merged.data == self._read(file.blob):
                content = File(mode, file.blob)
        beside = None
        if merged.parked is not None:
            beside = Placement(place_for_other(path, merged.parked), merged.parked, _PLAIN, frozenset())
        return _Outcome(Placement(path, content, mode, sides), merged.conflicts, merged.kept or None, beside)

    def _contents(self, path: PurePosixPath, was: File | None, one: File, two: File) -> Merged:
        base = self._read(was.blob) if was else None
        a, b = self._read(one.blob), self._read(two.blob)
        return merge_content(path, base, a, b, self._rules)

    def _id(self, path: PurePosixPath, file: File) -> str | None:
        if path.suffix.lower() != ".md" and not is_note(path, self._rules):
            return None
        return self._id_in(file.blob)

    def _id_of(self, placement: Placement) -> str | None:
        content = placement.content
        if isinstance(content, File):
            return self._id(placement.path, content) if content.is_regular else None
        return (
            customer_id(content, self._rules.schema)
            if is_note(placement.path, self._rules, content)
            else None
        )


def _placement(placed: Placed, thing: Thing) -> Placement:
    return Placement(placed.path, placed.file, placed.file.mode, _sides(placed.path, thing))


def _sides(path: PurePosixPath, thing: Thing) -> frozenset[str]:
    """Return which sides have a file at this path already."""
    return frozenset(
        name
        for name, placed in (("a", thing.a), ("b", thing.b))
        if placed is not None and placed.path == path
    )
