"""Three-way merge of lists of lines: what is agreed, and what isn't. Symmetric in the two sides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Literal

from vault_tool.named import NamedTuple

Lines = Sequence[str]


class Agreed(NamedTuple):
    """Lines that stand in the result, whoever wrote them."""

    lines: Lines


class Disputed(NamedTuple):
    """A place that both sides changed, each in its own way."""

    base: Lines
    a: Lines
    b: Lines


Region = Agreed | Disputed


class _Hunk(NamedTuple):
    """Base lines `start` to `end` became the side's lines `to_start` to `to_end`."""

    start: int
    end: int
    to_start: int
    to_end: int


def merge_lines(base: Lines, a: Lines, b: Lines) -> list[Region]:
    """Return the regions of the merge, in order.

    Changes that only touch each other don't dispute; two insertions at one place do, unless one holds the
    other.
    """
    sides = _Sides(base, a, b)
    return _joined(list(_walked(sides, _hunks(base, a), _hunks(base, b), _Reach(0, len(base), 0, 0), 0)))


class _Sides(NamedTuple):
    base: Lines
    a: Lines
    b: Lines


class _Reach(NamedTuple):
    """Base lines `start` to `end`, and how far from there the same place in each side is."""

    start: int
    end: int
    shift_a: int
    shift_b: int


def _walked(
    sides: _Sides, in_a: list[_Hunk], in_b: list[_Hunk], reach: _Reach, least: int
) -> Iterator[Region]:
    """Yield the regions of a stretch. Changes with fewer than `least` lines in common are taken apart."""
    done, end, shift_a, shift_b = reach
    while in_a or in_b:
        start, stop, count_a, count_b = _next_group(in_a, in_b, least)
        yield Agreed(sides.base[done:start])
        here = _Reach(start, stop, shift_a, shift_b)
        shift_a += _grown(in_a[:count_a])
        shift_b += _grown(in_b[:count_b])
        found = list(
            _settled(
                sides.base[start:stop],
                sides.a[start + here.shift_a : stop + shift_a],
                sides.b[start + here.shift_b : stop + shift_b],
            )
        )
        if not least and any(isinstance(region, Disputed) for region in found):
            found = list(_walked(sides, in_a[:count_a], in_b[:count_b], here, 1))
        yield from found
        in_a, in_b, done = in_a[count_a:], in_b[count_b:], stop
    yield Agreed(sides.base[done:end])


def _grown(hunks: list[_Hunk]) -> int:
    return sum(hunk.to_end - hunk.to_start - hunk.end + hunk.start for hunk in hunks)


def with_disputes_as(regions: Sequence[Region], side: Literal["a", "b"]) -> list[str]:
    """Return the lines of a merge in which one side is right wherever the two dispute."""
    lines: list[str] = []
    for region in regions:
        lines += region.lines if isinstance(region, Agreed) else getattr(region, side)
    return lines


def _next_group(in_a: list[_Hunk], in_b: list[_Hunk], least: int) -> tuple[int, int, int, int]:
    """Return the base lines of the next changes that belong together, and how many hunks of each side."""
    is_a = not in_b or (bool(in_a) and in_a[0][:2] <= in_b[0][:2])
    first = in_a[0] if is_a else in_b[0]
    start, end = first.start, first.end
    count_a, count_b = int(is_a), int(not is_a)
    grown = True
    while grown:
        grown = False
        while count_a < len(in_a) and _belongs(in_a[count_a], start, end, least):
            end, count_a, grown = max(end, in_a[count_a].end), count_a + 1, True
        while count_b < len(in_b) and _belongs(in_b[count_b], start, end, least):
            end, count_b, grown = max(end, in_b[count_b].end), count_b + 1, True
    return start, end, count_a, count_b


def _belongs(hunk: _Hunk, start: int, end: int, least: int) -> bool:
    """Tell whether a later change has base lines in common with those, or its place where it only inserts."""
    return hunk.start <= end - least or (hunk.start == hunk.end == start == end)


def _settled(base: Lines, a: Lines, b: Lines) -> Iterator[Region]:
    if a == b or b == base:
        yield Agreed(a)
    elif a == base:
        yield Agreed(b)
    elif len(a) == len(b) == len(base) > 1:
        for one, in_a, in_b in zip(base, a, b, strict=True):
            yield from _settled([one], [in_a], [in_b])
    elif (held := _holding(base, a, b)) is not None:
        yield Agreed(held)
    else:
        least = min(len(a), len(b))
        head = next((at for at in range(least) if a[at] != b[at]), least)
        tail = next((at for at in range(least - head) if a[-1 - at] != b[-1 - at]), least - head)
        a_left, b_left = a[head : len(a) - tail], b[head : len(b) - tail]
        if not base and a_left and b_left:
            # Two insertions stay whole: a blank line that both begin with parts each of them.
            head, tail, a_left, b_left = 0, 0, a, b
        yield Agreed(a[:head])
        if base in (a_left, b_left):
            yield Agreed(b_left if a_left == base else a_left)
        elif not (a_left and b_left) and head + tail and set(base).isdisjoint((*a_left, *b_left)):
            yield Agreed(a_left or b_left)  # the same change, to which one side added
        else:
            yield Disputed(base, a_left, b_left)
        yield Agreed(a[len(a) - tail :])


def _holding(base: Lines, a: Lines, b: Lines) -> Lines | None:
    """Return the side that has all that the other one wrote, and nothing that it took away; None for neither.

    So does what came of a merge, beside what went into it.
    """
    found = [more for more, less in ((a, b), (b, a)) if _holds(base, more, less)]
    return max(found, key=lambda side: (len(side), list(side)), default=None)


def _holds(base: Lines, more: Lines, less: Lines) -> bool:
    was, there = {*base}, {*less}
    new = [line for line in less if line.strip() and line not in was]
    rest = iter(more)
    is_there = bool(new) and all(line in rest for line in new)
    return is_there and not any(line in was and line not in there for line in more if line.strip())


def _joined(regions: list[Region]) -> list[Region]:
    """Join neighbours of one kind; leave out what is empty."""
    result: list[Region] = []
    for region in regions:
        last = result[-1] if result else None
        if isinstance(region, Agreed):
            if isinstance(last, Agreed):
                result[-1] = Agreed([*last.lines, *region.lines])
            elif region.lines:
                result.append(region)
        elif isinstance(last, Disputed):
            result[-1] = Disputed([*last.base, *region.base], [*last.a, *region.a], [*last.b, *region.b])
        else:
            result.append(region)
    return result


def combined(first: Lines, second: Lines) -> list[str]:
    """Return two lists of lines as one that holds both in their order, and what they share once.

    A line keeps the blank lines above it, so that paragraphs stay paragraphs.
    """
    one, other = sorted((_units(first), _units(second)))
    result: list[str] = []
    for tag, start, end, to_start, to_end in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        for unit in one[start:end]:
            result += unit
        if tag != "equal":
            for unit in other[to_start:to_end]:
                result += unit
    return result


def _units(lines: Lines) -> list[tuple[str, ...]]:
    units: list[tuple[str, ...]] = []
    blank: list[str] = []
    for line in lines:
        if line.strip():
            units.append((*blank, line))
            blank = []
        else:
            blank.append(line)
    return [*units, tuple(blank)] if blank else units


_MOST_PAIRS = 2_000_000


def _hunks(base: Lines, side: Lines) -> list[_Hunk]:
    least = min(len(base), len(side))
    head = next((at for at in range(least) if base[at] != side[at]), least)
    tail = next((at for at in range(least - head) if base[-1 - at] != side[-1 - at]), least - head)
    before, after = base[head : len(base) - tail], side[head : len(side) - tail]
    if not before and not after:
        return []
    if not before or not after or _pairs(before, after) > _MOST_PAIRS:
        return [_Hunk(head, len(base) - tail, head, len(side) - tail)]
    return [
        _Hunk(head + start, head + end, head + to_start, head + to_end)
        for tag, start, end, to_start, to_end in SequenceMatcher(
            None, before, after, autojunk=False
        ).get_opcodes()
        if tag != "equal"
    ]


def _pairs(before: Lines, after: Lines) -> int:
    """Return how many pairs of equal lines there are: what comparing them costs."""
    counts = Counter(after)
    return sum(counts[line] for line in before)
