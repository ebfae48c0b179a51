"""Dates that don't stand as the convention wants: in another form, or on a line that is no heading."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from itertools import islice

from vault_tool.lint.rules.remember import remember
from vault_tool.named import NamedTuple
from vault_tool.notes.entries import Entry
from vault_tool.notes.formats import COMPACT_DATE, LOOSE_DATE
from vault_tool.notes.month_dates import MONTH_DATE, MONTH_DATE_BEGINS, read_month_date
from vault_tool.notes.note import Note
from vault_tool.notes.text import LINE_BREAK, Span
from vault_tool.notes.values import parse_loose_date
from vault_tool.patterns import pattern


class LinePattern:
    """A pattern for the start of a line, which searches a body fast.

    A literal line feed in front is four times as fast as a choice of breaks; few files have others.
    """

    def __init__(self, start: str) -> None:
        self._at_start = pattern(rf"(?P<line>){start}")
        self._after_feed = pattern(rf"\n(?P<line>){start}")
        self._after_any = pattern(rf"[\r\n](?P<line>){start}")

    def find(self, note: Note) -> Iterator[re.Match[str]]:
        """Yield the lines of a note's body that match, outside code and comments; `line` is their start."""
        text, start = note.text, note.profile.span.start
        if (first := self._at_start.match(text, start)) and not _is_hidden(note, start):
            yield first
        anywhere = self._after_any if "\r" in text else self._after_feed
        for found in anywhere.finditer(text, start, note.content_end):
            if not _is_hidden(note, found.start("line")):
                yield found


def _is_hidden(note: Note, offset: int) -> bool:
    return any(span.holds(offset) for span in note.hidden)


ODD_HEADING = r"(?!##[ \t])(#{1,6})([ \t]*)(?=[0-9０-９]{4}[-/.年－／．])"
"""A heading of the wrong level, or without its blank, that begins with a full date."""

# Cheap: perhaps blanks, then what looks like the beginning of a date.
_DATE_BEGINS = rf"(?=[0-9０-９]{{1,4}}[ 　]?[-/.年月－／．]|{MONTH_DATE_BEGINS})"
_CANDIDATE = LinePattern(rf"[ \t]{{0,3}}{_DATE_BEGINS}")
_EITHER = LinePattern(rf"(?=[ \t#0-9０-９A-Z])[ \t]{{0,3}}(?:{ODD_HEADING}|{_DATE_BEGINS})")
_IN_WORDS = pattern(MONTH_DATE)
_HALF_DATE = pattern(
    r"[0-9０-９]{1,2}月[0-9０-９]{1,2}[日号]|[0-9０-９]{4}年[0-9０-９]{1,2}月(?![0-9０-９])"
    r"|[0-9]{1,2}/[0-9]{1,2}/[0-9]{2,4}(?![0-9/])"
    # Which of the three is the year, and which the month? `2.4.1` is a version.
    r"|(?:1[5-9]|2[0-9]|3[0-5])(?P<mark>[-.])(?:0?[1-9]|1[0-2])(?P=mark)(?:0?[1-9]|[12][0-9]|3[01])(?![-.]?[0-9])"
    r"|(?:0?[1-9]|[12][0-9]|3[01])(?P<dot>[-.])(?:0?[1-9]|[12][0-9]|3[01])(?P=dot)(?:19|20)[0-9]{2}(?![-.]?[0-9])"
)
_PART = pattern(r"[ \t　]*(?:[-–—―:：,，、|]+[ \t　]*)?")
_NO_TEXT = pattern(r"#|`{3}|~{3}|<!--|\Z")


class StrayDate(NamedTuple):
    """A line that begins with a date: `day` is None for half a date, `text_start` is where its words are."""

    line: Span
    date_span: Span
    day: date | None
    text_start: int
    follows_text: bool
    can_become_entry: bool


def date_in_heading(note: Note, entry: Entry) -> Span | None:
    """Return where a whole date stands at a heading's start, in any form; None for half of one."""
    start, end = entry.date_span.start, entry.heading.end
    found = LOOSE_DATE.match(note.text, start, end) or COMPACT_DATE.match(note.text, start, end)
    return Span(*found.span()) if found else None


def day_of(note: Note, entry: Entry) -> date | None:
    """Return an entry's day, also where its date waits to be written as ISO: that must bring nothing new."""
    if entry.date is not None:
        return entry.date
    typed = date_in_heading(note, entry)
    return parse_loose_date(typed.of(note.text)) if typed else None


@remember
def may_begin_oddly(note: Note) -> Iterator[bool]:
    """Yield once where some line may begin with a date, or with an odd heading's marks: in few notes."""
    yield from (True for _ in islice(_EITHER.find(note), 1))


@remember
def stray_dates(note: Note, today: date) -> Iterator[StrayDate]:
    """Yield the lines that would be entries, were their date a heading, in the order of the file.

    Within an entry only what begins a paragraph counts, in the style of such notes (`2023年1月15日 – …`): a
    sentence may begin with a date as well. A day to come is a plan, not a record.
    """
    text = note.text
    start = note.profile.span.start
    entry_start = note.entries[0].span.start if note.entries else note.content_end
    chain_end = -1  # where the stray line before ends: one may follow another without a blank line
    for found in _CANDIDATE.find(note) if may_begin_oddly(note) else ():
        line = Span(found.start("line"), _line_end(text, found.end()))
        in_entry = line.start >= entry_start
        begins = _begins_paragraph(text, line.start, start)
        if in_entry and not begins and line.start != chain_end:
            continue
        stray = _stray(note, line, found.end(), begins, in_entry)
        if stray is None or (stray.day is not None and stray.day > today):
            continue
        chain_end = _after_break(text, line.end)
        yield stray


def _stray(note: Note, line: Span, at: int, begins: bool, in_entry: bool) -> StrayDate | None:
    text = note.text
    full = LOOSE_DATE.match(text, at, line.end)
    in_words = None if full else _IN_WORDS.match(text, at, line.end)
    half = None if full or in_words or in_entry else _HALF_DATE.match(text, at, line.end)
    found = full or in_words or half
    if found is None:
        return None
    day = parse_loose_date(full[0]) if full else None
    if in_words:
        day = read_month_date(in_words[0], note.schema)
    if day is None and not half:
        return None
    part = _PART.match(text, found.end(), line.end)
    rest = part.end() if part else found.end()
    separator = text[found.end() : rest]
    is_alone = rest == line.end
    if in_entry and (is_alone or _is_iso_sentence(found[0], separator)):
        return None
    if in_words and not is_alone and not separator.strip():
        return None  # `Jan 4, 2023 was a Wednesday`
    if not is_alone and not separator and "年" not in found[0]:
        return None  # `2023-01-15T…`, `2023/1/15第三批`: part of a word
    if half and (is_alone or not separator):
        return None
    if is_alone and not _text_follows(text, line.end):
        return None
    can_become = half is None and (is_alone or not _NO_TEXT.match(text, rest, line.end))
    if text[rest : rest + 1].isdigit() and separator.strip():
        can_become = False  # a span of days: which of them is it?
    return StrayDate(line, Span(*found.span()), day, rest, not begins, can_become)


def _is_iso_sentence(date_text: str, separator: str) -> bool:
    return bool(re.match(r"\d{4}-\d\d-\d\d\Z", date_text, re.ASCII)) and not separator.strip()


def _line_end(text: str, offset: int) -> int:
    found = LINE_BREAK.search(text, offset)
    return found.start() if found else len(text)


def _after_break(text: str, offset: int) -> int:
    found = LINE_BREAK.match(text, offset)
    return found.end() if found else offset


def _begins_paragraph(text: str, line_start: int, body_start: int) -> bool:
    """Tell whether nothing, a blank line, a heading or a comment stands before a line."""
    before = text[max(body_start, line_start - 400) : line_start].rstrip(" \t")
    stripped = before.rstrip("\r\n")
    if not stripped or len(LINE_BREAK.findall(before[len(stripped) :])) > 1:
        return True
    last = stripped[max(stripped.rfind("\n"), stripped.rfind("\r")) + 1 :]
    return last.lstrip().startswith(("#", "<!--")) or not last.strip()


def _text_follows(text: str, line_end: int) -> bool:
    """Tell whether words stand on the next line that isn't empty, and not another date."""
    rest = text[line_end : line_end + 400].lstrip()
    return bool(rest) and not _NO_TEXT.match(rest) and not LOOSE_DATE.match(rest)
