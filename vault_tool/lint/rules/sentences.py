"""How long a text is to a reader, and which of a body's lines are the writer's own prose.

One unit is a Han character, or a Latin word or number: about what the eye takes in at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from operator import itemgetter

from vault_tool.lint.rules.entries import heading_like
from vault_tool.lint.rules.entry_dates import day_of, stray_dates
from vault_tool.lint.rules.remember import remember
from vault_tool.named import NamedTuple
from vault_tool.notes.folding import HAN_CLASS
from vault_tool.notes.note import Note
from vault_tool.notes.sealing_marks import sealing_spans
from vault_tool.notes.text import Span, make
from vault_tool.patterns import pattern

# Kana and Hangul are counted by the sign as well; what joins a word or a number is part of it.
_SIGN = rf"{HAN_CLASS}\u3041-\u30ff\uac00-\ud7a3"
_LETTER = rf"[^\W_{_SIGN}]"
_UNITS = pattern(rf"([{_SIGN}]+)|{_LETTER}+(?:[-.,:/'’_&+@·]{_LETTER}+)*")
_ASCII_UNIT = pattern(r"[^\W_]+(?:[-.,:/'_&+@][^\W_]+)*", re.ASCII)  # twice as fast
_CODE = r"(?<!`)(?P<ticks>`+)(?!`)[^\r\n]*?(?<!`)(?P=ticks)(?!`)"
_ADDRESS = r"<?(?:(?:https?|ftp)://|mailto:)[^\s<>，。；、）”]*>?"
_COMMENT = r"<!--.*?-->"
# What is one word to the eye, or a label, or not seen at all.
_NOT_AS_TYPED = pattern(
    rf"{_COMMENT}|!?\[(?P<label>[^\]\r\n]*)\]\([^)\r\n]*\)|\[\[(?:[^\]|\r\n]*\|)?(?P<name>[^\]\r\n]+)\]\]"
    rf"|(?P<word>{_CODE}|{_ADDRESS})",
    re.DOTALL,
)
# Somebody else's words, or none that are read as such.
_ASIDE = pattern(
    rf"{_COMMENT}|{_CODE}|{_ADDRESS}|\[\[[^\]\r\n]*\]\]|\]\([^)\r\n]*\)"
    r"|“[^”\r\n]*”|‘[^’\r\n]*’|「[^」\r\n]*」|『[^』\r\n]*』|《[^》\r\n]*》"
    r"|(?<![^\s（(，。：:])\"[^\"\r\n]*\"(?!\w)"
)
_SENTENCE_END = pattern(r"[。！？；…]+|[.?!;]+[\"')\]]*(?=\s|\Z)")
_LINE = pattern(r"[^\r\n]+")
# From one sure end of a sentence to the next: a dot may be part of a number.
_RUN = pattern(r"[^。！？；…\r\n]+")
_LIST_MARK = pattern(r"[ \t　]*(?:(?:[-*+•]|\d{1,9}[.)、])[ \t]*)?(?:\[[ xX]\][ \t]+)?")
# Quotes, headings, definitions of links, lines across, fields.
_NO_PROSE = pattern(
    r"[ \t]*(?:>|#{1,6}[ \t]|\[[^\]\r\n]+\]:|(?:[-*_=][ \t]*){3,}\Z"
    r"|(?:[-*+][ \t]+)?\w(?:[\w -]{0,38}\w)?[ \t]*(?:::(?=[ \t]|\Z)|：：))"
)


def units(text: str) -> int:
    """Count the units of a text; a link counts as its label, code and an address as one each."""
    if "`" in text or "[" in text or "<!" in text or "://" in text or "mailto:" in text:
        text = _NOT_AS_TYPED.sub(_as_seen, text)
    if text.isascii():
        return len(_ASCII_UNIT.findall(text))
    return sum(len(signs) or 1 for signs in _UNITS.findall(text))


def is_short(text: str, limit: int) -> bool:
    """Tell at a glance whether a text of Latin words surely has no more than so many; of others nothing."""
    return text.isascii() and text.count(" ") + text.count("\n") < limit


def _as_seen(found: re.Match[str]) -> str:
    return found["label"] or found["name"] or (" x " if found["word"] else "")


class Passage(NamedTuple):
    """A part of a body that tells of one day; `day` is None where it tells of none, or of none that is clear.

    A line that waits to become an entry counts as one: mending it must change no verdict.
    """

    heading: Span
    body: Span
    day: date | None
    is_entry: bool


@remember
def passages(note: Note, today: date) -> Iterator[Passage]:
    """Yield the parts of a body, in order."""
    strays, glued_dates = stray_dates(note, today), heading_like(note)
    if not (strays or glued_dates or note.sections):  # as in most notes
        yield make(Passage, (note.profile.heading, note.profile.body, None, False))
        for each in note.entries:
            yield make(Passage, (each.heading, each.body, each.date or day_of(note, each), True))
        return
    parts: list[tuple[Span, int, date | None, bool]] = [
        (each.heading, each.body.start, None, False) for each in (note.profile, *note.sections)
    ]
    parts += [(each.heading, each.body.start, each.date or day_of(note, each), True) for each in note.entries]
    for stray in strays:
        if stray.day and stray.can_become_entry:
            parts.append((stray.date_span, stray.text_start, stray.day, True))
    for glued in glued_dates:
        if glued.day:
            end = note.lines.span(note.lines.line(glued.marks.start)).end
            parts.append((glued.marks, end, glued.day, True))
    if note.sections or len(parts) > 1 + len(note.entries):
        parts.sort(key=itemgetter(0, 1))
    ends = [heading.start for heading, _, _, _ in parts[1:]]
    for (heading, start, day, is_entry), end in zip(parts, [*ends, note.content_end], strict=True):
        body = make(Span, (start, end if end > start else start))
        yield make(Passage, (heading, body, day, is_entry))


def days_told(note: Note, today: date) -> list[date]:
    """Return the days of a note's entries up to today, in the order of the file."""
    days = [part.day for part in passages(note, today) if part.is_entry and part.day]
    # To compare with the day of the run takes long: once will do, where all days are past.
    return days if not days or max(days) <= today else [day for day in days if day <= today]


def prose_lines(note: Note, span: Span) -> Iterator[Span]:
    """Yield the lines of prose in a span, without their list marks.

    No prose are code, comments, quotes, tables, headings, inline fields and words that wait to be sealed.
    """
    for found in _LINE.finditer(note.text, span.start, span.end):
        yield from _prose_of(note, Span(*found.span()))


def long_sentences(note: Note, limit: int) -> Iterator[Span]:
    """Yield the sentences of a body's prose with more than so many characters; a semicolon ends one too."""
    at = note.profile.span.start
    for line in note.text[at : note.content_end].split("\n"):
        # Hardly any line is as long, and only these are looked at; of Latin words most have more letters.
        if len(line) > limit and not (line.isascii() and line.count(" ") < limit):
            yield from _long_within(note, at, at + len(line), limit)
        at += len(line) + 1


def _long_within(note: Note, begin: int, stop: int, limit: int) -> Iterator[Span]:
    text, done = note.text, -1
    for found in _RUN.finditer(text, begin, stop):
        if found.end() - found.start() <= limit or found.start() < done or is_short(found[0], limit):
            continue
        line = _line_around(text, found.start())
        done = line.end
        for part in _prose_of(note, line):
            start = part.start
            for end in (*(each.end() for each in _SENTENCE_END.finditer(text, start, part.end)), part.end):
                if end - start > limit:
                    yield Span(start, end)
                start = end


def _line_around(text: str, offset: int) -> Span:
    start = max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1
    found = _LINE.match(text, start)
    return Span(start, found.end() if found else start)


def _prose_of(note: Note, line: Span) -> Iterator[Span]:
    """Yield the prose of a line: nothing, all but its list mark, or what stands around words to be sealed."""
    text, (start, end) = note.text, line
    if any(each.start < end and each.end > start for each in note.hidden) or _is_no_prose(text, start, end):
        return
    mark = _LIST_MARK.match(text, start, end)
    start = mark.end() if mark else start
    for each in sealing_spans(text) if "{{" in text or "｛｛" in text else ():
        if each.start < end and each.end > start:
            if each.start > start:
                yield Span(start, each.start)
            start = min(end, each.end)
    yield Span(start, end)


def _is_no_prose(text: str, start: int, end: int) -> bool:
    if text.count("|", start, end) > text.count("[[", start, end):
        return True
    return _NO_PROSE.match(text, start, end) is not None


def is_own_prose(note: Note, place: Span) -> bool:
    """Tell whether words of a body are the writer's own: in no code, comment, quote, link or table."""
    text = note.text
    if any(each.holds(place.start) for each in note.hidden):
        return False
    line = _line_around(text, place.start)
    is_heading = text.startswith("#", line.start)
    if not is_heading and _is_no_prose(text, line.start, line.end):
        return False
    asides = (each.span() for each in _ASIDE.finditer(text, line.start, line.end))
    if any(start < place.end and end > place.start for start, end in asides):
        return False
    return not any(each.holds(place.start) for each in sealing_spans(text))
