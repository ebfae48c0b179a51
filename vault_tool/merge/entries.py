"""Three-way merge of a note's body: its entries and sections, each a piece of text that moves as a whole."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

from vault_tool.merge.align import Alignment, align
from vault_tool.merge.callout import Split, quote, split_callouts, unquote, with_callouts
from vault_tool.merge.choice import merged_order, settle
from vault_tool.merge.lines import Agreed, Region, combined, merge_lines, with_disputes_as
from vault_tool.named import NamedTuple
from vault_tool.notes.blocks import Heading
from vault_tool.notes.values import parse_date, parse_loose_date

_HEADING = re.compile(r" {0,3}##[ \t]+(\S+)(?:[ \t]+((?:[01]?\d|2[0-3])[:：][0-5]\d)(?!\S))?")
_FIELD_MARK = re.compile(r"::|：：")

Name = tuple[str, str, int]
"""What a piece is called in all versions: `old` and its place there, or `new`, its text, a count."""


class Piece(NamedTuple):
    """A heading and what stands below it, or what stands before the first one (which has no heading).

    `gap` is the line break behind it with the blank lines, None where no other piece follows.
    """

    text: str
    gap: str | None


class Pieces(NamedTuple):
    """A body cut up; `end` is what stands behind the last piece."""

    first: Piece
    rest: tuple[Piece, ...]
    end: str


class MergedBody(NamedTuple):
    """The text, where in it each heading begins, and the headings of entries that one side had removed."""

    text: str
    starts: tuple[int, ...]
    kept: tuple[str, ...]


def cut_body(text: str, start: int, end: int, headings: Iterable[Heading]) -> Pieces:
    """Cut a body (LF alone, its last line ended) at its headings of level 1 and 2."""
    bounds = [start, *(heading.span.start for heading in headings), end]
    cut = [_cut(text[begin:stop]) for begin, stop in pairwise(bounds)]
    gap = cut[-1].gap or ""
    cut[-1] = Piece(cut[-1].text, None)
    return Pieces(cut[0], tuple(cut[1:]), gap)


def _cut(text: str) -> Piece:
    said = len(text.rstrip())
    at = text.find("\n", said)
    if said == 0 or at < 0:
        at = len(text) if said else 0
    return Piece(text[:at], text[at:])


def merge_pieces(base: Pieces, a: Pieces, b: Pieces, notes: Sequence[str]) -> MergedBody:
    """Merge three bodies. `notes` are to be kept in blocks below the first piece."""
    texts = [[split_callouts(piece.text).text for piece in side.rest] for side in (base, a, b)]
    found = align(*texts)
    names = _named(found, len(base.rest), texts)
    sides = [dict(zip(own, side.rest, strict=True)) for own, side in zip(names, (base, a, b), strict=True)]
    merged, kept = _merged_texts(*sides)
    _drop_surplus(merged, texts)
    order = _order(sides, merged)
    first = _first_piece(base, a, b, notes)
    gaps = _gaps(sides, order, (base, a, b), first)
    pieces: list[str] = [first, gaps[0] if order else ""]
    starts: list[int] = []
    at = len(first) + len(pieces[1])
    for place, name in enumerate(order):
        starts.append(at)
        gap = gaps[place + 1] if place + 1 < len(order) else ""
        pieces += (merged[name], gap)
        at += len(merged[name]) + len(gap)
    return MergedBody("".join(pieces), tuple(starts), tuple(kept))


def _named(found: Alignment, count: int, texts: list[list[str]]) -> list[list[Name]]:
    """Give each piece its name: pieces that are the same one in two versions have the same."""
    named: list[list[Name]] = [[("old", "", at) for at in range(count)]]
    for origins, side in zip((found.a, found.b), texts[1:], strict=True):
        counts: Counter[str] = Counter()
        names: list[Name] = []
        for origin, text in zip(origins, side, strict=True):
            if origin is None:
                names.append(("new", text, counts[text]))
                counts[text] += 1
            else:
                names.append(("old", "", origin))
        named.append(names)
    _name_grown(named[1], named[2])
    return named


def _name_grown(a: list[Name], b: list[Name]) -> None:
    """Give an addition the name of the other side's that holds all of it: it came there, and was added to."""
    there: dict[str, list[Name]] = {}
    for name in set(b) - set(a):
        there.setdefault(name[1].partition("\n")[0], []).append(name)
    pairs = [
        (min(one, other, key=_length), max(one, other, key=_length))
        for one in set(a) - set(b)
        for other in there.get(one[1].partition("\n")[0], ())
        if one[0] == other[0] == "new" and (is_within(one[1], other[1]) or is_within(other[1], one[1]))
    ]
    taken: set[Name] = set()
    for less, more in sorted(pairs, key=lambda pair: (-len(pair[0][1]), pair)):
        if taken.isdisjoint((less, more)):
            taken |= {less, more}
            for side in (a, b):
                side[:] = [more if name == less else name for name in side]


def _length(name: Name) -> tuple[int, Name]:
    return len(name[1]), name


def is_within(less: str, more: str) -> bool:
    """Tell whether an entry has all lines of another one with its heading, in their order."""
    heading, *lines = (line for line in less.split("\n") if line.strip())
    first, *others = (line for line in more.split("\n") if line.strip())
    rest = iter(others)
    return heading == first and bool(lines) and all(line in rest for line in lines)


def _merged_texts(
    base: dict[Name, Piece], a: dict[Name, Piece], b: dict[Name, Piece]
) -> tuple[dict[Name, str], list[str]]:
    """Return the text of each piece that stays, and the headings of those that one side had removed."""
    merged: dict[Name, str] = {}
    kept: list[str] = []
    for name in dict.fromkeys((*base, *a, *b)):
        before = base[name].text if name in base else None
        in_a, in_b = (side[name].text if name in side else None for side in (a, b))
        if in_a is not None and in_b is not None:
            merged[name] = merge_text(before, in_a, in_b)
        elif before is None or (in_a or in_b or before) != before:
            merged[name] = in_a or in_b or ""
            if before is not None:
                kept.append(merged[name].split("\n", 1)[0])
    return merged, sorted(kept)


def _drop_surplus(merged: dict[Name, str], texts: list[list[str]]) -> None:
    """Leave out an addition that the other side has too, as its version of an older entry."""
    added = {text for kind, text, _ in merged if kind == "new"}
    edited = Counter(text for name, text in merged.items() if name[0] == "old" and text in added)
    for text, count in edited.items():
        most = max(side.count(text) for side in texts[1:])
        for name in [name for name in merged if name[:2] == ("new", text)][max(most - count, 0) :]:
            del merged[name]


# --- one piece ---------------------------------------------------------------------------------------------


def merge_text(base: str | None, a: str, b: str) -> str:
    """Merge a piece that both sides have. What can't be one stays twice: the other one in a block below.

    Without a base, one text holds the other.
    """
    if a == b or b == base:
        return a
    if a == base:
        return b
    cut_base, cut_a, cut_b = split_callouts(base or ""), split_callouts(a), split_callouts(b)
    text, other = merge_prose(cut_base.text, cut_a.text, cut_b.text)
    if base is None:
        text, other = max(cut_a.text, cut_b.text, key=lambda each: (len(each), each)), None
    return with_callouts(text, _callouts(cut_base, cut_a, cut_b, text, [other] if other is not None else []))


def _first_piece(base: Pieces, a: Pieces, b: Pieces, notes: Sequence[str]) -> str:
    texts = [side.first.text for side in (base, a, b)]
    leads = [text[: len(text) - len(text.lstrip("\n"))] if text else None for text in texts]
    text = merge_text(*(text.lstrip("\n") for text in texts))
    text = (_gap(leads) or "") + text if text else ""
    there = split_callouts(text).callouts
    return with_callouts(text, [new for note in notes if (new := quote(note)) not in there])


def _callouts(base: Split, a: Split, b: Split, text: str, others: list[str]) -> list[str]:
    """Return the blocks below a merged text: what a side took away is settled, what it added stays."""
    was, in_a, in_b = (list(dict.fromkeys(cut.callouts)) for cut in (base, a, b))
    stay = [each for each in (*in_a, *in_b) if each not in was or (each in in_a and each in in_b)]
    found = merged_order(was, in_a, in_b, stay, str)
    found += [new for other in others if (new := quote(other)) not in found]
    return [each for each in found if unquote(each) != text]


def merge_prose(base: str, a: str, b: str) -> tuple[str, str | None]:
    """Return the merged text and, where it disputes, the other version of it, whole.

    Which of them is the text is told by their content. What both only added stands there one after the other.
    """
    if a == b or b == base:
        return a, None
    if a == base or not a:
        return b, None
    if not b:
        return a, None
    regions = [_added(region) for region in merge_lines(*(_lines(text) for text in (base, a, b)))]
    one, other = ("\n".join(with_disputes_as(regions, side)) for side in ("a", "b"))
    return (max(one, other), min(one, other)) if one != other else (one, None)


def merge_additions(base: str, a: str, b: str) -> str:
    """Merge lines, such as comments, that never dispute: both versions stay."""
    if a == b or b == base:
        return a
    if a == base:
        return b
    regions = merge_lines(*(text.splitlines(keepends=True) for text in (base, a, b)))
    agreed = (each if isinstance(each, Agreed) else Agreed(combined(each.a, each.b)) for each in regions)
    return "".join(line for each in agreed for line in each.lines)


def _lines(text: str) -> list[str]:
    return text.split("\n") if text else []


def _added(region: Region) -> Region:
    """Keep both of two additions at one place; two values of one inline field are a dispute."""
    if isinstance(region, Agreed) or region.base:
        return region
    if any(_FIELD_MARK.search(line) for line in (*region.a, *region.b)):
        return region
    return Agreed(combined(region.a, region.b))


# --- the order of pieces -----------------------------------------------------------------------------------


def _order(sides: list[dict[Name, Piece]], merged: dict[Name, str]) -> list[Name]:
    """Return the pieces in order. What both added at one place goes by date, in the file's own direction."""
    names = [list(side) for side in sides]
    if names[1] == names[2]:
        return [name for name in names[1] if name in merged]
    direction: list[int] = []

    def rank(name: Name) -> tuple[bool, int, str, int]:
        if not direction:
            direction.append(_direction(sides[1:]))
        moment = _moment(merged[name])
        return moment > 0, direction[0] * moment, merged[name], name[2]

    return merged_order(names[0], names[1], names[2], merged, rank)


def _direction(sides: list[dict[Name, Piece]]) -> int:
    """Return 1 where entries stand oldest first, -1 for newest first, which is usual."""
    rises = falls = 0
    for side in sides:
        moments = [moment for piece in side.values() if (moment := _moment(piece.text))]
        rises += sum(one < other for one, other in pairwise(moments))
        falls += sum(one > other for one, other in pairwise(moments))
    return 1 if rises > falls else -1


def _moment(text: str) -> int:
    """Return when an entry was, in minutes; 0 for what has no date."""
    found = _HEADING.match(text)
    day = (parse_date(found[1]) or parse_loose_date(found[1])) if found else None
    if found is None or day is None:
        return 0
    hours, minutes = map(int, (found[2] or "0:0").replace("：", ":").split(":"))
    return day.toordinal() * 1440 + hours * 60 + minutes


# --- the blank lines between them ---------------------------------------------------------------------------


def _gaps(
    sides: list[dict[Name, Piece]], order: list[Name], bodies: tuple[Pieces, ...], first: str
) -> list[str]:
    """Return what stands behind the first piece and behind each of the others but the last."""
    seen = Counter(piece.gap for side in sides[1:] for piece in side.values() if piece.gap)
    usual = max(seen, key=lambda gap: (seen[gap], gap)) if seen else "\n\n"
    alike = [body.first.gap if bool(body.first.text) == bool(first) else None for body in bodies]
    begin = _gap(alike)
    gaps = [begin if begin is not None else usual if first else "\n"]
    for name in order:
        gaps.append(_gap([side[name].gap if name in side else None for side in sides]) or usual)
    return gaps


def _gap(found: Sequence[str | None]) -> str | None:
    base, a, b = found
    if a is None or b is None:
        return b if a is None else a
    return settle(base or "", a, b, max)
