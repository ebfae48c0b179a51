"""Where each file of a merge goes, so that every system can hold them: no two names alike, no file a folder.

Names are alike after NFC and case folding: there a Mac or Windows has one file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

from vault_tool.merge.pairing import File
from vault_tool.named import NamedTuple
from vault_tool.vault.globs import fold_name
from vault_tool.vault.paths import file_stem


class Placement(NamedTuple):
    """A file, where it would be, and which sides ("a", "b") have one there already."""

    path: PurePosixPath
    content: File | bytes
    mode: str
    sides: frozenset[str]


def place(
    wanted: list[Placement],
    is_taken: Callable[[PurePosixPath], bool],
    id_of: Callable[[Placement], str | None],
) -> list[PurePosixPath | None]:
    """Return where each file goes, in the order given; None where the very same file stands there already.

    Of several at one path the customer with the first id stays; the others get their id into the name. What
    one side alone has is left as that side has it. `is_taken` knows the paths that nobody touched.
    """
    places: list[PurePosixPath | None] = [each.path for each in wanted]
    folded = [fold_name(str(each.path)) for each in wanted]
    folders = _folders(folded)
    at: dict[str, list[int]] = {}
    for number, name in enumerate(folded):
        at.setdefault(name, []).append(number)

    def rank(number: int) -> tuple[bool, str, str, str]:
        found = id_of(wanted[number])
        return found is None, found or "", _mark(wanted[number].content), str(wanted[number].path)

    moving: list[int] = []
    for name, numbers in at.items():
        if name in folders:
            moving += numbers
        elif len(numbers) > 1 and not _is_of_one_side([wanted[number] for number in numbers]):
            first, *rest = sorted(numbers, key=rank)
            same = [number for number in rest if wanted[number].content == wanted[first].content]
            moving += set(rest) - set(same)
            for number in same:
                places[number] = None
    gone = set(moving)
    there = {name: wanted[number].content for number, name in enumerate(folded) if number not in gone}
    for number in sorted(moving, key=rank):
        places[number] = _other(wanted[number], id_of(wanted[number]), there, folders, is_taken)
    return places


def _other(
    placement: Placement,
    customer: str | None,
    there: dict[str, File | bytes],
    folders: set[str],
    is_taken: Callable[[PurePosixPath], bool],
) -> PurePosixPath | None:
    """Take the first free path for a file that can't be where it was; None where it stands there already."""
    for path in _others(placement, customer):
        name = fold_name(str(path))
        if name not in there and name not in folders and not is_taken(path):
            there[name] = placement.content
            return path
        if there.get(name) == placement.content:
            return None
    raise AssertionError("numbers never end")


def _is_of_one_side(placements: list[Placement]) -> bool:
    paths = {each.path for each in placements}
    return len(paths) == len(placements) and bool(
        frozenset.intersection(*(each.sides for each in placements))
    )


def _folders(folded: list[str]) -> set[str]:
    """Return the (folded) paths that are folders."""
    found: set[str] = set()
    for name in folded:
        while (name := name.rpartition("/")[0]) and name not in found:
            found.add(name)
    return found


def _others(placement: Placement, customer: str | None) -> Iterator[PurePosixPath]:
    """Yield other paths for a file, which are the same whoever merges."""
    path = placement.path
    told_apart = file_stem(customer) if customer else ""
    name = (
        f"{path.stem}-{told_apart}" if told_apart else f"{path.stem}.conflict-{_mark(placement.content)[:8]}"
    )
    yield path.with_name(f"{name}{path.suffix}")
    number = 2
    while True:
        yield path.with_name(f"{name}-{number}{path.suffix}")
        number += 1


def _mark(content: File | bytes) -> str:
    return content.blob if isinstance(content, File) else hashlib.sha256(content).hexdigest()
