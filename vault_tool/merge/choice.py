"""What three versions of one thing agree on, and in which order things of three versions stand."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, TypeVar

T = TypeVar("T")
Name = TypeVar("Name", bound=Hashable)


def settle(base: T, a: T, b: T, otherwise: Callable[[T, T], T]) -> T:
    """Return what three versions agree on: what one side changed; where both did, what `otherwise` says."""
    if a == b or b == base:
        return a
    return b if a == base else otherwise(a, b)


def merged_order(
    base: Sequence[Name],
    a: Sequence[Name],
    b: Sequence[Name],
    survivors: Iterable[Name],
    rank: Callable[[Name], Any],
) -> list[Name]:
    """Return the survivors in order: as the side that moved some has it, else as the base has it.

    What only a side has stands behind what it stands behind there. Where both added at one place, each keeps
    its own order and `rank` decides between them; it must tell any two names apart. Each name stands once.
    """
    kept = set(survivors)
    primary, others = _primary(base, a, b)
    order = [name for name in primary if name in kept]
    after = _places(order, kept, others)
    if not after:
        return order
    added: dict[int, list[list[Name]]] = {}
    for side, names in enumerate(others):
        for name in names:
            if name in after:
                added.setdefault(after[name], [[], []])[side].append(name)
    result: list[Name] = []
    for at in range(-1, len(order)):
        result += order[at : at + 1] if at >= 0 else ()
        if at in added:
            result += interleaved(added[at][0], added[at][1], rank)
    return result


def _places(order: list[Name], kept: set[Name], sides: list[Sequence[Name]]) -> dict[Name, int]:
    """Return behind which of the ordered names each of the others stands; -1 for before them all."""
    place = {name: at for at, name in enumerate(order)}
    after: dict[Name, int] = {}
    for side in sides:
        at = -1
        for name in side:
            if name in place:
                at = place[name]
            elif name in kept:
                after[name] = min(after.get(name, at), at)
    return after


def _primary(
    base: Sequence[Name], a: Sequence[Name], b: Sequence[Name]
) -> tuple[Sequence[Name], list[Sequence[Name]]]:
    """Return the version whose order counts, and those whose additions are yet to be placed."""
    common = set(base).intersection(a, b)
    before, in_a, in_b = ([name for name in side if name in common] for side in (base, a, b))
    if in_a == before and in_b == before:
        return before, [a, b]
    if in_a == before:
        return b, [a]
    if in_b == before:
        return a, [b]
    if in_a == in_b:
        return in_a, [a, b]
    # Both moved things: the same choice whoever asks. Names of one set are told apart by their places.
    known = {name: at for at, name in enumerate(before)}
    first = [known[name] for name in in_a] < [known[name] for name in in_b]
    return (a, [b]) if first else (b, [a])


def interleaved(first: Sequence[Name], second: Sequence[Name], rank: Callable[[Name], Any]) -> list[Name]:
    """Return two orders as one; both keep their own, `rank` decides where that leaves a choice."""
    if not first or not second:
        return list(first or second)
    common = set(first).intersection(second)
    shared = [name for name in first if name in common]
    if shared != [name for name in second if name in common]:
        return sorted({*first, *second}, key=rank)
    result: list[Name] = []
    left, right = list(first), list(second)
    for name in shared:
        cut_left, cut_right = left.index(name), right.index(name)
        result += _by_rank(left[:cut_left], right[:cut_right], rank)
        result.append(name)
        left, right = left[cut_left + 1 :], right[cut_right + 1 :]
    return result + _by_rank(left, right, rank)


def _by_rank(left: list[Name], right: list[Name], rank: Callable[[Name], Any]) -> list[Name]:
    result: list[Name] = []
    at, to = 0, 0
    while at < len(left) and to < len(right):
        if rank(left[at]) < rank(right[to]):
            result.append(left[at])
            at += 1
        else:
            result.append(right[to])
            to += 1
    return [*result, *left[at:], *right[to:]]
