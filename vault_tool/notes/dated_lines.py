"""Lines that begin with a date, in the many ways people write them, as entries of the format.

`2023年1月15日 – 咨询`, `2023/1/15 咨询`, `- 2023-01-15: 咨询`, `**2023-01-15** 咨询`, `### 2023.1.15 咨询`. A plan only
takes away the marks that said "here is a date"; every other sign of the text stays, in its order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from vault_tool.notes.entries import looks_like_date
from vault_tool.notes.note import Note
from vault_tool.notes.text import Edit, Line, Span, iterate_lines
from vault_tool.notes.values import parse_date, parse_loose_date

_BLANK = "[ \t\u3000]"
_LINE = re.compile(
    rf"(?P<indent>\ufeff?(?: {{0,3}}|\u3000{{0,4}}))"
    rf"(?P<lead>\#{{1,6}}{_BLANK}+|\#{{2,6}}|(?:[-*+•]|\d{{1,3}}[.)])[ \t]+)?"
    r"(?P<open>\*{1,3}|__?|[\[【(（〔「])?"
    r"(?P<date>[0-9０-９]{4}(?:[ \u3000]?年[ \u3000]?[0-9０-９]{1,2}[ \u3000]?月[ \u3000]?[0-9０-９]{1,2}(?:[ \u3000]?[日号])?"
    r"|(?P<mark>[-/.－／．])[0-9０-９]{1,2}(?P=mark)[0-9０-９]{1,2}|[01][0-9][0-3][0-9]))(?![0-9０-９])"
)
_CLOSE = {"[": "]", "【": "】", "(": ")", "（": "）", "〔": "〕", "「": "」"}
_TIME = re.compile(rf"(?:T|{_BLANK}*)(?P<time>(?:[01]?\d|2[0-3])[:：][0-5]\d)(?![\d:：])")
# A hyphen or a dot before a digit belongs to the number: `-5%`, `.5`.
_PART = re.compile(rf"{_BLANK}*(?:(?:[–—―:：,，、。;；|]|[-.－](?!\d))+{_BLANK}*)?")
_DASHES = frozenset("-–—―－")
_FULL_RANGE = re.compile(r"[0-9０-９]{4}[-/.年]|\d{1,2}月|\d{1,2}[日号]")
_HALF_RANGE = re.compile(r"\d{1,2}[-/.]\d{1,2}(?![\d.])")
_RUNS_ON = re.compile(rf"{_BLANK}*[-–—―~～至到]{_BLANK}*\d")
# What follows a date in the middle of a sentence: before, after, from, until, of, within.
_IN_SENTENCE = frozenset("前后起至到止的之以内")
# At the beginning of a line these would be no words of an entry, but marks.
_NO_WORDS = re.compile(r"#{1,6}(?=[ \t]|\Z)|`{3}|~{3}|<!--|(?:[-=]{3,}|\+{3,})[ \t]*\Z|\Z")
_UNDERLINE = re.compile(r" {0,3}(?:-{3,}|={3,})[ \t]*\Z")
_FIRST_WORD = re.compile(r"[\s>|]*(?:(?:[-*+•]|\d{1,3}[.)])[ \t]+)?(?:\[[ xX]\] )?[*_\[【(（#]*[ \t]*(\S+)")


class DatedLine(NamedTuple):
    """A line that is to be an entry: what its edits take away, and the heading they put there."""

    line: Line
    day: date
    edits: tuple[Edit, ...]
    is_item: bool  # of a list: the lines indented below are its own


class DatedLines(NamedTuple):
    """What becomes of a text's dated lines: the edits, the days, and the lines that stay as they are."""

    edits: tuple[Edit, ...]
    days: tuple[date, ...]
    left: tuple[int, ...]


def plan_dated_lines(note: Note, today: date) -> Iterator[DatedLines]:
    """Yield plans that make entries of a note's dated lines, the best first, the last one making none.

    A day to come is a plan and no record: it stays text, as do spans of days and dates without a year.
    """
    found = list(_find(note, today))
    taken = {each.line.start for each in found}
    left = tuple(_left(note, taken))
    days = tuple(each.day for each in found)
    edits = [edit for each in found for edit in each.edits]
    if found:
        yield DatedLines((*edits, *_dedented(note, found)), days, left)
        yield DatedLines(tuple(edits), days, left)
    yield DatedLines((), (), (*left, *(note.lines.line(start) for start in taken)) if taken else left)


def _find(note: Note, today: date) -> Iterator[DatedLine]:
    text, newline = note.text, note.newline
    lines = list(iterate_lines(text, note.profile.span.start, note.content_end))
    valid = {entry.heading.start for entry in note.entries if entry.date}
    in_entry = False
    chain = False  # the line before is one of ours: the next may follow without a blank line
    blank = True
    hidden = iter(sorted(note.hidden))
    cover = next(hidden, None)
    for number, line in enumerate(lines):
        while cover and cover.end <= line.start:
            cover = next(hidden, None)
        content = text[line.start : line.end]
        if (cover and cover.holds(line.start)) or not content.strip() or line.start in valid:
            in_entry = in_entry or line.start in valid
            blank, chain = not content.strip() or line.start in valid, chain and not content.strip()
            continue
        found = _read(text, line, lines[number + 1 :], today, newline if not blank else "", newline)
        if found and (not in_entry or found.heading or ((blank or chain) and found.is_clear)):
            yield found.dated
            in_entry = in_entry or found.heading
            blank, chain = found.heading, True
        else:
            blank, chain = content.lstrip().startswith("#"), False


class _Found(NamedTuple):
    dated: DatedLine
    heading: bool
    is_clear: bool  # not an ISO date and a blank, with which a sentence may begin as well


def _read(
    text: str, line: Line, after: Sequence[Line], today: date, gap: str, newline: str
) -> _Found | None:
    """Read one line as an entry; None where it is none, or can't become one without a loss."""
    match = _LINE.match(text, line.start, line.end)
    day = parse_loose_date(match["date"]) if match else None
    if match is None or day is None:
        return None
    is_heading = (match["lead"] or "").startswith("#")
    if day > today and match["lead"] != "## ":
        return None
    start, at = match.start() + text.startswith("\ufeff", match.start()), match.end()
    words, at = _words(text, at, line.end, match["open"])
    if words is None or _RUNS_ON.match(text, match.end(), line.end) and not _TIME.match(text, match.end()):
        return None
    head = f"{gap}## {day.isoformat()}"
    is_item = bool(match["lead"]) and not is_heading
    bare = not match["open"]
    part = _PART.match(text, at, line.end)
    assert part is not None  # it matches nothing at least
    if _is_range(text, part, line.end) or (bare and _is_glued(text, match, part, line.end)):
        return None
    rest = part.end()
    if is_heading:
        return _heading(text, Span(start, rest), line, head, words, day)
    body = newline * 2
    if rest < line.end:
        if _NO_WORDS.match(text, rest, line.end):
            return None
        edits = (*_head(Span(start, rest), head, words, body),)
        is_clear = "年" in match["date"] or not bare or parse_date(match["date"]) is None
        is_clear = is_clear or bool(part[0].strip())
        return _Found(DatedLine(line, day, edits, is_item), False, is_clear)
    end, follows = _alone(text, line, after)
    if not follows and not words:
        return None
    tail = "" if not follows or follows > 1 else newline
    edits = (*_head(Span(start, end), head, words, tail),)
    return _Found(DatedLine(line, day, edits, is_item), False, not bare)


def _words(text: str, at: int, end: int, opened: str | None) -> tuple[tuple[Span, ...] | None, int]:
    """Return what stays on the heading's line, and where the rest begins; None where a mark isn't closed.

    That is the time, and what is bold or in brackets together with the date (`**2023-01-15 电话** 聊价格`).
    """
    spans: list[Span] = []
    if time := _TIME.match(text, at, end):
        spans.append(Span(*time.span("time")))
        at = time.end()
    if not opened:
        return tuple(spans), at
    closed = text.find(_CLOSE.get(opened, opened), at, end)
    if closed < 0:
        return None, at
    part = _PART.match(text, at, closed)
    inner = Span(part.end() if part else at, closed)
    typed = inner.of(text).rstrip(" \t\u3000-–—―:：,，、")
    if typed.strip():
        spans.append(Span(inner.start, inner.start + len(typed)))
    at = closed + len(opened)
    if opened == "[" and text[at : at + 1] in ("(", "[", ":"):
        return None, at
    if not spans or inner.end > spans[-1].end:
        pass
    if time2 := (_TIME.match(text, at, end) if not spans else None):
        return (Span(*time2.span("time")),), time2.end()
    return tuple(spans), at


def _head(span: Span, head: str, words: tuple[Span, ...], tail: str) -> Iterator[Edit]:
    """Yield the edits that put a heading in place of a mark, around the words of the mark that stay."""
    at, lead = span.start, head
    for word in words:
        yield Edit(Span(at, word.start), f"{lead} ")
        at, lead = word.end, ""
    yield Edit(Span(at, span.end), lead + tail)


def _heading(
    text: str, mark: Span, line: Line, head: str, words: tuple[Span, ...], day: date
) -> _Found | None:
    blank = " " if text[mark.end : line.end].strip() else ""
    edits = (*_head(mark, head.lstrip("\r\n"), words, blank),)
    return _Found(DatedLine(line, day, edits, False), True, True)


def _is_range(text: str, part: re.Match[str], end: int) -> bool:
    """Tell whether the date is the first of a span of days."""
    sign = part[0].strip()
    if not sign:
        return False
    if _FULL_RANGE.match(text, part.end(), end):
        return set(sign) <= _DASHES
    return set(sign) <= _DASHES and bool(_HALF_RANGE.match(text, part.end(), end))


def _is_glued(text: str, match: re.Match[str], part: re.Match[str], end: int) -> bool:
    """Tell whether a date without any sign behind it is part of a word or of a sentence."""
    if part[0] or part.end() == end or text[part.end() - 1] != match["date"][-1]:
        return False
    return "年" not in match["date"] or text[part.end()] in _IN_SENTENCE


def _alone(text: str, line: Line, after: Sequence[Line]) -> tuple[int, int]:
    """Return where a line that is only a date ends, its underline included, and how far its text is (0: none)."""
    end, lines = line.end, after
    if after and _UNDERLINE.match(text, after[0].start, after[0].end):
        end, lines = after[0].end, after[1:]
    for distance, each in enumerate(lines, 1):
        content = text[each.start : each.end]
        if content.strip():
            is_other = bool(_LINE.match(content)) or bool(_NO_WORDS.match(content.lstrip()))
            return end, 0 if is_other else distance
    return end, 0


def _dedented(note: Note, found: Sequence[DatedLine]) -> Iterator[Edit]:
    """Yield the edits that bring what was indented below a list item to the margin."""
    text = note.text
    starts = {each.line.start for each in found}
    for item in found:
        if not item.is_item:
            continue
        for line in iterate_lines(text, item.line.next, note.content_end):
            content = text[line.start : line.end]
            if not content.strip():
                continue
            blank = content[: len(content) - len(content.lstrip(" \t"))]
            if line.start in starts or not (blank.startswith("\t") or len(blank) > 1):
                break
            cut = 1 if blank[0] == "\t" else min(len(blank), 2 + (blank[2:4] == "  " and len(blank) == 4))
            yield Edit(Span(line.start, line.start + cut), "")


def _left(note: Note, taken: set[int]) -> Iterator[int]:
    """Yield the numbers of lines that begin with something like a date and stay text."""
    text = note.text
    entries = {entry.heading.start for entry in note.entries if entry.date}
    for line in iterate_lines(text, note.profile.span.start, note.content_end):
        if line.start in taken or line.start in entries or any(span.holds(line.start) for span in note.hidden):
            continue
        word = _FIRST_WORD.match(text, line.start, line.end)
        if word and looks_like_date(word[1]):
            yield note.lines.line(line.start)
