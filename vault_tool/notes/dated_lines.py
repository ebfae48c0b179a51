"""Lines that begin with a date, in the many ways people write them, as entries of the format.

`2023年1月15日 – 咨询`, `2023/1/15 咨询`, `- 2023-01-15: 咨询`, `**2023-01-15** 咨询`, `### 2023.1.15 咨询`,
`Jan 15, 2023: asked`.
A plan takes away only the marks that said "here is a date"; every other sign of the text stays, in its order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date

from vault_tool.named import NamedTuple
from vault_tool.notes.entries import looks_like_date
from vault_tool.notes.month_dates import MONTH_DATE, read_month_date
from vault_tool.notes.note import Note
from vault_tool.notes.text import Edit, Line, Span, iterate_lines
from vault_tool.notes.values import parse_loose_date
from vault_tool.patterns import pattern

_BLANK = "[ \t\u3000]"
_NUMBER = "[ \u3000]?[0-9０-９]{1,2}"
_DASH = "[-–—―－]"
_LINE = pattern(
    r"(?: {0,3}|\u3000{0,4})"
    rf"(?P<lead>\#{{1,6}}{_BLANK}+|\#{{2,6}}|(?:[-*+•]|\d{{1,3}}[.)])[ \t]+)?"
    r"(?P<open>\*{1,3}|__?|[\[【(（〔「])?"
    rf"(?P<date>[0-9０-９]{{4}}(?:[ \u3000]?年{_NUMBER}[ \u3000]?月{_NUMBER}(?:[ \u3000]?[日号])?"
    r"|(?P<mark>[-/.－／．])[0-9０-９]{1,2}(?P=mark)[0-9０-９]{1,2}|[01][0-9][0-3][0-9])"
    rf"|(?P<words>{MONTH_DATE}))(?![0-9０-９])"
)
_CLOSING = {"[": "]", "【": "】", "(": ")", "（": "）", "〔": "〕", "「": "」"}
_TIME = pattern(rf"(?:T|{_BLANK}*)((?:[01]?\d|2[0-3])[:：][0-5]\d)(?![\d:：])")
# A hyphen or a dot before a digit belongs to the number: `-5%`, `.5`.
_PART = pattern(rf"{_BLANK}*(?:(?:[–—―:：,，、。;；|]|[-.－](?!\d))+{_BLANK}*)?")
_EDGES = " \t\u3000-–—―－:：,，、。;；|"
# Two days: `2023年1月15日至20日`, `2023-01-15 – 2023-01-20`, `2023/1/15-1/20`.
_RANGE = pattern(
    rf"{_BLANK}*(?:[至到~～]{_BLANK}*\d|{_DASH}+{_BLANK}*"
    r"(?:\d{4}[-/.年]|\d{1,2}[月日号]|\d{1,2}(?P<mark>[-/.])\d{1,2}(?!\d)))"
)
# What follows a date in the middle of a sentence: before, after, from, until, of, within.
_IN_SENTENCE = frozenset("前后起至到止的之以内")
# At the beginning of a line these would be marks, and no words of an entry.
_NO_WORDS = pattern(r"#{1,6}(?=[ \t]|\Z)|`{3}|~{3}|<!--|(?:-{3,}|={3,}|\+{3,})[ \t]*\Z|\Z")
_UNDERLINE = pattern(r" {0,3}(?:-{3,}|={3,})[ \t]*\Z")
_FIRST_WORD = pattern(
    rf"[\s>|]*(?:#{{1,6}}{_BLANK}*)?(?:(?:[-*+•]|\d{{1,3}}[.)])[ \t]+)?(?:\[[ xX]\] )?"
    r"[*_\[【(（〔「]*[ \t]*(\S+)"
)


class DatedLines(NamedTuple):
    """What becomes of a text's dated lines: the edits, and by offset the days that become entries.

    `left` are the numbers of lines that begin with something like a date and stay as they are.
    """

    edits: tuple[Edit, ...]
    days: tuple[tuple[int, date], ...]
    left: tuple[int, ...]


class _Mark(NamedTuple):
    """The beginning of a line that says "here is a date"; of it only `stays` goes to the new heading."""

    span: Span
    day: date
    stays: Span | None
    indent: int  # of what belongs to the same list item; 0 where there is no list
    is_heading: bool
    is_level_2: bool
    is_clear: bool  # no sentence would begin like this


def plan_dated_lines(note: Note, today: date) -> Iterator[DatedLines]:
    """Yield plans that make entries of a note's dated lines, the most thorough first; the last makes none.

    A day to come is a plan and no record, and stays text; so do spans of days and dates without a year.
    """
    lines = list(_visible_lines(note))
    found = dict(_entries(note, lines, today))
    if found:
        edits = tuple(edit for each in found.values() for edit in each.edits)
        days = tuple((start, each.day) for start, each in found.items())
        left = tuple(_left(note, lines, set(found)))
        yield DatedLines((*edits, *_outdented(note, found)), days, left)
        yield DatedLines(edits, days, left)
    yield DatedLines((), (), tuple(_left(note, lines, set())))


class _NewEntry(NamedTuple):
    day: date
    edits: tuple[Edit, ...]
    indent: int
    next_line: int


def _visible_lines(note: Note) -> Iterator[Line]:
    """Yield the lines of a body outside code and comments."""
    covers = iter(sorted(note.hidden))
    cover = next(covers, None)
    for line in iterate_lines(note.text, note.profile.span.start, note.content_end):
        while cover and cover.end <= line.start:
            cover = next(covers, None)
        if not (cover and cover.holds(line.start)):
            yield line


def _entries(note: Note, lines: Sequence[Line], today: date) -> Iterator[tuple[int, _NewEntry]]:
    """Yield, by the offset of its line, what is to be an entry.

    Below a heading with a date only what begins a paragraph, and is neither a sentence nor in a list, counts:
    the file has its way of marking entries already.
    """
    text = note.text
    known = {entry.heading.start for entry in note.entries if entry.date}
    in_entry = begins = chained = False
    for number, line in enumerate(lines):
        before = lines[number - 1] if number else None
        is_apart = before is None or before.next != line.start or not text[before.start : before.end].strip()
        may_begin = not in_entry or is_apart or begins or chained
        mark = None if line.start in known else _read(note, line)
        if mark and _counts(mark, today, in_entry, may_begin):
            edits = _edits(note, line, mark, lines[number + 1 : number + 2], is_apart)
        else:
            edits = None
        if mark and edits:
            yield line.start, _NewEntry(mark.day, edits, mark.indent, line.next)
        begins = text.startswith("#", line.start)
        chained = bool(edits) or (chained and not text[line.start : line.end].strip())
        in_entry = in_entry or line.start in known or bool(mark and mark.is_heading and edits)


def _counts(mark: _Mark, today: date, in_entry: bool, may_begin: bool) -> bool:
    if mark.day > today and not mark.is_level_2:
        return False
    return mark.is_heading or not in_entry or (mark.is_clear and may_begin and not mark.indent)


def _read(note: Note, line: Line) -> _Mark | None:
    """Read the mark at the beginning of a line; None where the date is none, or not by itself."""
    text = note.text
    found = _LINE.match(text, line.start, line.end)
    day = _day(found, note) if found else None
    if found is None or day is None or _is_range(found, text, line.end):
        return None
    lead, opened = found["lead"] or "", found["open"]
    closed = _close(text, found, line.end) if opened else (Span(found.end(), found.end()), found.end())
    if closed is None:
        return None
    inner, at = closed
    stays = inner if inner.end > inner.start else None
    if not stays and (time := _TIME.match(text, at, line.end)):
        stays, at = Span(*time.span(1)), time.end()
    part = _PART.match(text, at, line.end)
    rest = part.end() if part else at
    is_heading = lead.startswith("#")
    if rest == found.end() and _is_glued(found, text, line.end, is_heading):
        return None
    has_sign = bool(text[at:rest].strip())
    if found["words"] and not (is_heading or opened or stays or has_sign or rest == line.end):
        return None  # `Jan 4, 2023 was a Wednesday`
    return _Mark(
        span=Span(line.start, rest),
        day=day,
        stays=stays,
        indent=0 if is_heading or not lead else found.start("lead") + len(lead) - line.start,
        is_heading=is_heading,
        is_level_2=lead.rstrip() == "##",
        is_clear=bool(opened or stays or has_sign or (rest > at and found["date"] != day.isoformat())),
    )


def _day(found: re.Match[str], note: Note) -> date | None:
    return read_month_date(found["words"], note.schema) if found["words"] else parse_loose_date(found["date"])


def _is_range(found: re.Match[str], text: str, end: int) -> bool:
    """Tell whether the date is the first of a span of days."""
    second = _RANGE.match(text, found.end(), end)
    return second is not None and second["mark"] in (None, found["mark"])


def _close(text: str, found: re.Match[str], end: int) -> tuple[Span, int] | None:
    """Return what stands with the date in its bold or brackets, and their end; None where they have none."""
    opened = found["open"]
    closing = _CLOSING.get(opened, opened)
    at = text.find(closing, found.end(), end)
    after = at + len(closing)
    if at < 0 or (opened == "[" and text[after : after + 1] in ("(", "[", ":")):
        return None
    inner = text[found.end() : at]
    start = found.end() + len(inner) - len(inner.lstrip(_EDGES))
    return Span(start, max(start, found.end() + len(inner.rstrip(_EDGES)))), after


def _is_glued(found: re.Match[str], text: str, end: int, is_heading: bool) -> bool:
    """Tell whether the date is part of a word or of a sentence: no sign and no blank stands behind it."""
    if found.end() == end:
        return False
    following = text[found.end()]
    if following in "（(【[「《“\"'":
        return False
    if "年" in found["date"] and found["date"][-1] in "日号":
        return following in _IN_SENTENCE
    return not is_heading or following.isascii()


def _edits(
    note: Note, line: Line, mark: _Mark, after: Sequence[Line], is_apart: bool
) -> tuple[Edit, ...] | None:
    """Return the edits that make a heading of a mark; None where its words would be no words."""
    text, newline = note.text, note.newline
    head = f"## {mark.day.isoformat()}"
    rest = mark.span.end
    if mark.is_heading:
        return _replaced(mark.span, head, mark.stays, " " if text[rest : line.end].strip() else "")
    head = head if is_apart else newline + head
    if rest < line.end:
        if _NO_WORDS.match(text, rest, line.end):
            return None
        return _replaced(mark.span, head, mark.stays, newline * 2)
    end = line.end
    if after and after[0].start == line.next and _UNDERLINE.match(text, after[0].start, after[0].end):
        end, after = after[0].end, after[1:]
    gap = _gap_below(text, end, note.content_end)
    if gap is None and not mark.stays:
        return None  # a day and nothing more, such as below a letter
    return _replaced(Span(mark.span.start, end), head, mark.stays, newline if gap == 0 else "")


def _gap_below(text: str, end: int, stop: int) -> int | None:
    """Return how many blank lines part a line from the words below; None where no words follow."""
    for count, line in enumerate(iterate_lines(text, end, stop)):
        content = text[line.start : line.end].strip()
        if content:
            return None if _NO_WORDS.match(content) or _LINE.match(content) else count - 1
    return None


def _replaced(span: Span, head: str, stays: Span | None, tail: str) -> tuple[Edit, ...]:
    """Return the edits that put a heading in place of a span, around the part of it that stays."""
    if stays is None:
        return (Edit(span, head + tail),)
    return Edit(Span(span.start, stays.start), f"{head} "), Edit(Span(stays.end, span.end), tail)


def _outdented(note: Note, found: dict[int, _NewEntry]) -> Iterator[Edit]:
    """Yield the edits that bring what was indented below a list item to the margin."""
    text = note.text
    for entry in found.values():
        if not entry.indent:
            continue
        for line in iterate_lines(text, entry.next_line, note.content_end):
            content = text[line.start : line.end]
            blank = content[: len(content) - len(content.lstrip(" \t"))]
            if not content.strip():
                continue
            if line.start in found or not (blank.startswith("\t") or len(blank) > 1):
                break
            cut = 1 if blank[0] == "\t" else min(len(blank), entry.indent)
            yield Edit(Span(line.start, line.start + cut), "")


def _left(note: Note, lines: Sequence[Line], taken: set[int]) -> Iterator[int]:
    """Yield the numbers of lines that begin with something like a date and stay text."""
    known = {entry.heading.start for entry in note.entries if entry.date}
    for line in lines:
        if line.start not in taken and line.start not in known:
            word = _FIRST_WORD.match(note.text, line.start, line.end)
            if word and looks_like_date(word[1]):
                yield note.lines.line(line.start)
