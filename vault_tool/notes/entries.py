"""The body of a note: profile, dated entries, plain sections, inline fields, links and sealed values."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from datetime import date

from vault_tool.named import NamedTuple
from vault_tool.notes.blocks import Heading, SealedBlock, scan_blocks
from vault_tool.notes.sealing_marks import SEALED_REFERENCE
from vault_tool.notes.text import Span, line_end, make
from vault_tool.notes.values import parse_date
from vault_tool.patterns import pattern
from vault_tool.schema import Field, Schema


class InlineField(NamedTuple):
    """A line `key:: value` in an entry; `field` is None where the schema doesn't know the key."""

    key: str
    key_span: Span
    field: Field | None
    value: str
    value_span: Span

    @property
    def name(self) -> str:
        """The canonical name; the key as typed where the schema doesn't know it."""
        return self.field.name if self.field else self.key


class Section(NamedTuple):
    """Text that belongs to no date: the profile (no heading), or a plain section between entries."""

    title: str
    span: Span
    heading: Span
    body: Span
    fields: tuple[InlineField, ...] = ()


class Entry(NamedTuple):
    """What happened on one day. Dates are the writer's own; `date` is None where it isn't a real ISO date.

    `channel` and `kind` are canonical words, `author` is as typed without its `@`, `title` is what else the
    heading says.
    """

    span: Span
    heading: Span
    body: Span
    date: date | None
    date_text: str
    date_span: Span
    time: str | None
    channel: str | None
    kind: str | None
    author: str | None
    tags: tuple[str, ...]
    title: str
    fields: tuple[InlineField, ...]

    def field(self, name: str) -> InlineField | None:
        """Return the first inline field of this canonical name."""
        for field in self.fields:
            if field.name == name:
                return field
        return None


class Link(NamedTuple):
    """`[[target|label]]`, as typed."""

    target: str
    label: str
    span: Span


class SealedReference(NamedTuple):
    """`sealed-` and eight base32 characters: stands for a value sealed at the end of the file."""

    vid: str
    span: Span


class Body(NamedTuple):
    """What stands below the front matter. `hidden` are the spans of fenced code and of comments."""

    profile: Section
    sections: tuple[Section, ...]
    entries: tuple[Entry, ...]
    sealed_block: SealedBlock | None
    hidden: tuple[Span, ...]


_DATE_LIKE = pattern(
    r"\d{4}[-/.年]\d{1,2}(?:[-/.月]\d{1,2}[日号]?)?(?!\d)|\d{1,2}月\d{1,2}[日号]?|(?:19|20)\d{6}(?!\d)"
    r"|\d{1,2}/\d{1,2}(?:/\d{2,4})?(?!\d)"
)
_TIME = pattern(r"(?:[01]?\d|2[0-3])[:：][0-5]\d\Z")
_WORD = pattern(r"\S+")
_INLINE = pattern(
    r"[ \t]*(?:[-*+][ \t]+|\d{1,9}[.)][ \t]+)?(?P<key>\w(?:[\w -]{0,38}\w)?)[ \t]*"
    r"(?:::(?=[ \t]|\Z)|：：)[ \t]*(?P<value>.*)\Z"
)
_MARKS = frozenset("@＠#＃")
_LINK = pattern(r"\[\[([^\[\]\r\n|]+)(?:\|([^\[\]\r\n]*))?\]\]")
_CODE = pattern(r"(?<!`)(`+)(?!`)[^\r\n]*?(?<!`)\1(?!`)")


def looks_like_date(word: str) -> bool:
    """Tell whether a heading's first word is meant as a date, valid or not, in any width of digit."""
    folded = unicodedata.normalize("NFKC", word)
    return bool(_DATE_LIKE.match(folded))


def parse_body(text: str, start: int, schema: Schema) -> Body:
    """Read everything from `start` to the end of a note. Never raises."""
    scan = scan_blocks(text, start)
    size = len(text)
    end = scan.sealed.span.start if scan.sealed else size
    pieces = [(piece, *_date_of(piece)) for piece in scan.headings]
    profile_end = next((piece.span.start for piece, date_word, _ in pieces if date_word), end)
    body = make(Span, (start, profile_end))
    marks = _field_marks(text, start)
    fields = _inline_fields(text, body, marks, scan.hidden, schema)
    profile = Section("", body, Span(start, start), body, fields)
    sections: list[Section] = []
    entries: list[Entry] = []
    for piece, date_word, day in pieces:
        line = piece.span
        if line.start < profile_end:
            continue
        after = line.end + 2 if text.startswith("\r\n", line.end) else min(line.end + 1, size)
        body = make(Span, (after, piece.end))
        fields = _inline_fields(text, body, marks, scan.hidden, schema)
        if date_word:
            entries.append(_entry(piece, date_word, day, fields, body, schema))
        else:
            sections.append(Section(piece.words, Span(line.start, piece.end), line, body, fields))
    return make(Body, (profile, tuple(sections), tuple(entries), scan.sealed, scan.hidden))


def _date_of(piece: Heading) -> tuple[str, date | None]:
    """Return the word with which a heading begins an entry, and its day; empty for another heading."""
    words = piece.words.split(maxsplit=1) if piece.level == 2 else ()
    if not words:
        return "", None
    word = words[0]
    day = parse_date(word)
    return (word, day) if day or looks_like_date(word) else ("", None)


# --- one entry ---------------------------------------------------------------------------------------------


class _Told(NamedTuple):
    """What a heading says behind its date, in the order of an entry's own parts."""

    time: str | None
    channel: str | None
    kind: str | None
    author: str | None
    tags: tuple[str, ...]
    title: str


def _entry(
    piece: Heading,
    date_word: str,
    day: date | None,
    fields: tuple[InlineField, ...],
    body: Span,
    schema: Schema,
) -> Entry:
    words = piece.words
    behind = words.index(date_word) + len(date_word)
    end = piece.title.start + behind
    span, date_span = make(Span, (piece.span.start, piece.end)), make(Span, (end - len(date_word), end))
    told = _told(words[behind:], schema)
    return make(Entry, (span, piece.span, body, day, date_word, date_span, *told, fields))


# The headings of one note are those of the next one, but for their times and marks: `电话`, `拜访 合同`.
_known: dict[tuple[str, str], _Told] = {}
_MOST_KNOWN = 4096
_LONGEST_KNOWN = 48


def _told(typed: str, schema: Schema) -> _Told:
    key = (schema.meaning, typed)
    told = _known.get(key)
    if told is not None:
        return told
    if len(typed) > _LONGEST_KNOWN:
        return _read_heading(typed, schema)
    told = _told_but_one(typed, schema)
    if told is None:
        told = _read_heading(typed, schema)
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        _known[key] = told
    return told


def _told_but_one(typed: str, schema: Schema) -> _Told | None:
    """Read what stands before the mark that a heading ends with, or behind the time that it begins with.

    None where it has neither, or one that may be another's.
    """
    rest, _, last = typed.rpartition(" ")
    if last[:1] in _MARKS and last.isprintable():
        told = _told(rest, schema)
        found = {"author": told.author} if told.author else {}
        match _heading_part(last, found, schema, before_title=False):
            case "author", name:
                return make(_Told, (*told[:3], name, *told[4:]))
            case "tag", tag:
                return make(_Told, (*told[:4], (*told.tags, tag), told.title))
    elif typed[3:4] == ":" and typed[6:7] in ("", " ") and typed[0] == " " and _TIME.match(typed[1:6]):
        told = _told(typed[6:], schema)
        if told.time is None:
            return make(_Told, (typed[1:6], *told[1:]))
    return None


def _read_heading(typed: str, schema: Schema) -> _Told:
    found: dict[str, str] = {}
    tags: list[str] = []
    marks: list[Span] = []
    title: Span | None = None
    for place, word in enumerate(_WORD.finditer(typed)):
        if place == 0 and _TIME.match(word[0]):
            found["time"] = word[0].replace("：", ":").rjust(5, "0")
            continue
        span = Span(*word.span())
        part = _heading_part(word[0], found, schema, before_title=title is None)
        if part is None:
            title = Span(title.start if title else span.start, span.end)
            continue
        name, value = part
        if title:
            # A mark inside the title (`当面道歉 @li.na 并赔款`) is read as a mark, not as its words.
            marks.append(span)
        if name == "tag":
            tags.append(value)
        else:
            found[name] = value
    return _Told(
        time=found.get("time"),
        channel=found.get("channel"),
        kind=found.get("kind"),
        author=found.get("author"),
        tags=tuple(tags),
        title=_without(typed, title, [mark for mark in marks if title.holds(mark.start)]) if title else "",
    )


def _heading_part(
    word: str, found: dict[str, str], schema: Schema, before_title: bool
) -> tuple[str, str] | None:
    """Name a heading's word: channel and kind before the title only, author and tags anywhere."""
    if len(word) > 1 and word[0] in "@＠" and "author" not in found:
        return "author", word[1:]
    if len(word) > 1 and word[0] in "#＃" and word.strip("#＃"):
        return "tag", word[1:]
    if before_title:
        for name in ("channel", "kind"):
            if name not in found and (known := schema.word(name, word)):
                return name, known.name
    return None


def _without(text: str, span: Span, marks: Iterable[Span]) -> str:
    at, kept = span.start, []
    for mark in sorted(marks):
        kept.append(text[at : mark.start].strip())
        at = mark.end
    kept.append(text[at : span.end].strip())
    return " ".join(part for part in kept if part)


def _field_marks(text: str, start: int) -> list[int]:
    """Return where a body has the marks of fields, in order."""
    marks: list[int] = []
    for mark in ("::", "：："):
        at = text.find(mark, start)
        while at >= 0:
            marks.append(at)
            at = text.find(mark, at + 2)
    marks.sort()
    return marks


def _inline_fields(
    text: str, span: Span, marks: list[int], hidden: tuple[Span, ...], schema: Schema
) -> tuple[InlineField, ...]:
    if not marks or (first := bisect_left(marks, span.start)) == len(marks) or marks[first] >= span.end:
        return ()  # as of most entries
    fields: list[InlineField] = []
    end = span.start
    for mark in marks[first : bisect_left(marks, span.end, first)]:
        if mark < end:
            continue  # the value of the field before
        start = max(end, text.rfind("\n", end, mark) + 1, text.rfind("\r", end, mark) + 1)
        end = line_end(text, start, span.end)
        found = _INLINE.match(text, start, end)
        if not found or any(part.holds(start) for part in hidden):
            continue
        key, value = found["key"], found["value"].rstrip(" \t")
        at = found.start("value")
        key_span, value_span = make(Span, found.span("key")), make(Span, (at, at + len(value)))
        fields.append(make(InlineField, (key, key_span, schema.inline_field(key), value, value_span)))
    return tuple(fields)


# --- links and sealed references ---------------------------------------------------------------------------


def find_links(text: str, start: int, hidden: tuple[Span, ...]) -> Iterator[Link]:
    """Yield the links of a body outside code and comments, in order."""
    if text.find("[[", start) < 0:
        return
    for found in _LINK.finditer(text, start):
        if any(span.holds(found.start()) for span in hidden) or _in_code(text, found.start(), start):
            continue
        target = found[1].strip()
        if target:
            label = (found[2] or "").strip() or target
            yield Link(target, label, Span(*found.span()))


def _in_code(text: str, offset: int, start: int) -> bool:
    line_start = max(start, text.rfind("\n", start, offset) + 1)
    if text.find("`", line_start, offset) < 0:
        return False
    line_end = text.find("\n", offset)
    line = text[line_start : line_end if line_end >= 0 else len(text)]
    return any(found.start() <= offset - line_start < found.end() for found in _CODE.finditer(line))


def find_sealed_references(text: str, end: int) -> Iterator[SealedReference]:
    """Yield the sealed references that stand before `end`, in order."""
    if "sealed-" in text:
        for found in SEALED_REFERENCE.finditer(text, 0, end):
            yield SealedReference(found[1], Span(*found.span()))
