"""Which piece of one version is which of another: by exact text, then by heading and likeness."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

from vault_tool.named import NamedTuple

_SAME_HEADING = 0.4
_OTHER_HEADING = 0.6
_MOST_COMPARED = 40


class Alignment(NamedTuple):
    """For each piece of a side, which piece of the base it was; None for a new one."""

    a: list[int | None]
    b: list[int | None]


def align(base: Sequence[str], a: Sequence[str], b: Sequence[str]) -> Alignment:
    """Find each side's pieces in the base. A piece of the base has at most one successor in each side."""
    found = Alignment([None] * len(a), [None] * len(b))
    left_a, gone_a = _exact(base, a, found.a)
    left_b, gone_b = _exact(base, b, found.b)
    if (gone_a and left_a) or (gone_b and left_b):
        _agreed(base, a, b, found, (left_a, gone_a), (left_b, gone_b))
        _alike(base, a, found.a, left_a, gone_a)
        _alike(base, b, found.b, left_b, gone_b)
        _by_way_of(a, found.a, left_a, b, found.b)
        _by_way_of(b, found.b, left_b, a, found.a)
    return found


def _by_way_of(
    side: Sequence[str],
    found: list[int | None],
    left: list[int],
    other: Sequence[str],
    known: list[int | None],
) -> None:
    """Match what is like the other side's version of a piece: it may have little left of the piece itself."""
    taken = set(found)
    edited = {at: place for place, at in enumerate(known) if at is not None and at not in taken}
    is_few = len(edited) * len(left) <= _MOST_COMPARED**2
    pairs = [
        (at, one)
        for at, place in edited.items()
        for one in left
        if found[one] is None and (is_few or _heading(side[one]) == _heading(other[place]))
    ]
    versions = {at: other[place] for at, place in edited.items()}
    _pair(versions, side, found, pairs)


def _exact(base: Sequence[str], side: Sequence[str], found: list[int | None]) -> tuple[list[int], list[int]]:
    """Match equal texts in their order; return what is left of the side and of the base."""
    there: dict[str, list[int]] = {}
    for at in range(len(base) - 1, -1, -1):
        there.setdefault(base[at], []).append(at)
    left: list[int] = []
    for at, text in enumerate(side):
        if known := there.get(text):
            found[at] = known.pop()
        else:
            left.append(at)
    return left, sorted(at for known in there.values() for at in known)


Left = tuple[list[int], list[int]]


def _agreed(
    base: Sequence[str], a: Sequence[str], b: Sequence[str], found: Alignment, in_a: Left, in_b: Left
) -> None:
    """Take out what both sides have and the base has not: the same edit where a side sees it so, else new.

    What was merged before must be found again as it was then.
    """
    (left_a, gone_a), (left_b, gone_b) = in_a, in_b
    both = {a[at] for at in left_a} & {b[at] for at in left_b}
    headings = Counter(_heading(base[at]) for at in {*gone_a, *gone_b}) if both else {}
    for at in [at for at in gone_a if at in gone_b] if both else []:
        is_alone = headings[_heading(base[at])] == 1
        in_side = [a[place] for place in left_a], [b[place] for place in left_b]
        text = _agreed_successor(base[at], *in_side, both, is_alone=is_alone)
        if text is not None:
            place_a = next(at for at in left_a if a[at] == text)
            place_b = next(at for at in left_b if b[at] == text)
            found.a[place_a] = found.b[place_b] = at
            for places, taken in ((left_a, place_a), (left_b, place_b), (gone_a, at), (gone_b, at)):
                places.remove(taken)
            both = {a[at] for at in left_a} & {b[at] for at in left_b}
    common = Counter(a[at] for at in left_a) & Counter(b[at] for at in left_b)
    for side, left in ((a, left_a), (b, left_b)):
        counts = common.copy()
        for at in list(left):
            if counts[side[at]]:
                counts[side[at]] -= 1
                left.remove(at)


def _agreed_successor(
    text: str, in_a: list[str], in_b: list[str], both: set[str], *, is_alone: bool
) -> str | None:
    """Return what both sides made of a piece, among what both have; `is_alone` in having its heading.

    That is what is most like it in both; or, where a side has nothing else that is, what there is.
    """
    heading = _heading(text)
    own_a, own_b = ([each for each in side if _heading(each) == heading] for side in (in_a, in_b))
    if own_a or own_b:
        if is_alone and own_a == own_b and len(own_a) == 1:
            return own_a[0]  # the only one of its heading, before and after: written anew
        in_a, in_b, both = own_a, own_b, {each for each in both if _heading(each) == heading}
    best = [_best(text, side) for side in (in_a, in_b)]
    if best[0] == best[1]:
        return best[0] or None
    if all(_best(text, [each for each in side if each not in both]) for side in (in_a, in_b)):
        return None
    return _best(text, sorted(both)) or None


def _best(text: str, others: list[str]) -> str:
    """Return what is most like a text; an empty one where nothing is."""
    heading = _heading(text)
    same = [each for each in others if _heading(each) == heading]
    scored = [(score, other) for other in same if (score := _likeness(text, other))]
    if not scored and len(others) <= _MOST_COMPARED:
        scored = [(score, other) for other in others if (score := _likeness(text, other))]
    return max(scored, default=(0.0, ""))[1]


def _alike(
    base: Sequence[str], side: Sequence[str], found: list[int | None], left: list[int], gone: list[int]
) -> None:
    """Match what is left, the most alike first: those of one heading, then others, unless they are many."""
    by_heading: dict[str, list[int]] = {}
    for other in left:
        by_heading.setdefault(_heading(side[other]), []).append(other)
    _pair(
        base, side, found, [(one, other) for one in gone for other in by_heading.get(_heading(base[one]), ())]
    )
    gone, left = _rest(found, gone, left)
    headings = Counter(_heading(base[one]) for one in gone)
    for heading, others in by_heading.items():
        alone = [other for other in others if found[other] is None]
        if headings[heading] == len(alone) == 1:
            # The only one of its heading, before and after: written anew.
            found[alone[0]] = next(one for one in gone if _heading(base[one]) == heading)
    gone, left = _rest(found, gone, left)
    if len(gone) * len(left) <= _MOST_COMPARED**2:
        _pair(base, side, found, [(one, other) for one in gone for other in left])


def _rest(found: list[int | None], gone: list[int], left: list[int]) -> tuple[list[int], list[int]]:
    taken = set(found)
    return [one for one in gone if one not in taken], [other for other in left if found[other] is None]


def _pair(
    base: Sequence[str] | Mapping[int, str],
    side: Sequence[str],
    found: list[int | None],
    pairs: list[tuple[int, int]],
) -> None:
    scored = [(_likeness(base[one], side[other]), one, other) for one, other in pairs]
    taken: set[int] = set()
    for score, one, other in sorted(scored, key=lambda pair: (-pair[0], pair[1], pair[2])):
        if score and one not in taken and found[other] is None:
            found[other] = one
            taken.add(one)


def _heading(text: str) -> str:
    return text.partition("\n")[0]


def _likeness(one: str, other: str) -> float:
    """Return how alike two pieces are, above 1 with the same heading; 0 for strangers.

    Under another heading it is the same piece only if most of its lines are: people write one sentence often.
    """
    heading, _, body = one.partition("\n")
    other_heading, _, other_body = other.partition("\n")
    if heading == other_heading:
        if not body.strip() or not other_body.strip():
            return 1.0
        # Lines that nobody touched tell more than words, which many entries have.
        same = len(_lines(body) & _lines(other_body))
        # An entry grows: what counts is how much of the shorter one is in the other.
        least = _SAME_HEADING * min(_pairs(body).total(), _pairs(other_body).total())
        return 1 + same + _dice(body, other_body) if same or _shared(body, other_body) >= least else 0.0
    lines, other_lines = _lines(body), _lines(other_body)
    score = 2 * len(lines & other_lines) / (len(lines) + len(other_lines) or 1)
    return score if score >= _OTHER_HEADING else 0.0


@lru_cache(maxsize=1024)
def _pairs(text: str) -> Counter[tuple[str, str]]:
    return Counter(pairwise(text))


@lru_cache(maxsize=1024)
def _lines(text: str) -> frozenset[str]:
    return frozenset(line for line in text.split("\n") if line.strip())


def _dice(one: str, other: str) -> float:
    """Return the share of pairs of neighbouring characters that two texts have in common (Dice 1945)."""
    total = _pairs(one).total() + _pairs(other).total()
    return 2 * _shared(one, other) / total if total else 0.0


def _shared(one: str, other: str) -> int:
    return (_pairs(one) & _pairs(other)).total()
