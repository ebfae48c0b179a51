"""The body of a note: profile, dated entries, plain sections, inline fields, links and sealed values."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from vault_tool.notes.blocks import Heading, SealedBlock, scan_blocks
from vault_tool.notes.text import Span, iterate_lines
from vault_tool.notes.values import parse_date
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


@dataclass(frozen=True, slots=True)
class Section:
    """Text that belongs to no date: the profile (no heading), or a plain section between entries."""

    title: str
    span: Span
    heading: Span
    body: Span
    fields: tuple[InlineField, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
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
        return next((field for field in self.fields if field.name == name), None)


class Link(NamedTuple):
    """`[[target|label]]`, as typed."""

    target: str
    label: str
    span: Span


class SealedReference(NamedTuple):
    """`sealed-` and eight base32 characters: stands for a value sealed at the end of the file."""

    vid: str
    span: Span


@dataclass(frozen=True, slots=True)
class Body:
    """What stands below the front matter. `hidden` are the spans of fenced code and of comments."""

    profile: Section
    sections: tuple[Section, ...]
    entries: tuple[Entry, ...]
    sealed_block: SealedBlock | None
    hidden: tuple[Span, ...]


_DATE_LIKE = re.compile(
    r"\d{4}[-/.年]\d{1,2}(?:[-/.月]\d{1,2}[日号]?)?(?!\d)|\d{1,2}月\d{1,2}[日号]?|(?:19|20)\d{6}(?!\d)"
    r"|\d{1,2}/\d{1,2}(?:/\d{2,4})?(?!\d)"
)
_TIME = re.compile(r"(?:[01]?\d|2[0-3])[:：][0-5]\d\Z")
_WORD = re.compile(r"\S+")
_INLINE = re.compile(
    r"[ \t]*(?:[-*+][ \t]+|\d{1,9}[.)][ \t]+)?(?P<key>\w(?:[\w -]{0,38}\w)?)[ \t]*"
    r"(?:::(?=[ \t]|\Z)|：：)[ \t]*(?P<value>.*)\Z"
)
_LINK = re.compile(r"\[\[([^\[\]\r\n|]+)(?:\|([^\[\]\r\n]*))?\]\]")
_CODE = re.compile(r"(?<!`)(`+)(?!`)[^\r\n]*?(?<!`)\1(?!`)")
BASE32 = "0-9a-hjkmnp-tv-z"  # Crockford's alphabet in lower case
SEALED_REFERENCE = re.compile(rf"(?<![0-9A-Za-z_-])sealed-([{BASE32}]{{8}})(?![0-9A-Za-z_-])")


def looks_like_date(word: str) -> bool:
    """Tell whether a heading's first word is meant as a date, valid or not, in any width of digit."""
    folded = unicodedata.normalize("NFKC", word)
    return bool(_DATE_LIKE.match(folded))


def parse_body(text: str, start: int, schema: Schema) -> Body:
    """Read everything from `start` to the end of a note. Never raises."""
    scan = scan_blocks(text, start)
    end = scan.sealed.span.start if scan.sealed else len(text)
    first = next((piece for piece in scan.headings if _is_entry(text, piece)), None)
    profile_end = first.span.start if first else end
    profile = Section(
        title="",
        span=Span(start, profile_end),
        heading=Span(start, start),
        body=Span(start, profile_end),
        fields=_inline_fields(text, Span(start, profile_end), scan.hidden, schema),
    )
    sections: list[Section] = []
    entries: list[Entry] = []
    for piece in scan.headings:
        if piece.span.start < profile_end:
            continue
        body = Span(_after_break(text, piece.span.end), piece.end)
        fields = _inline_fields(text, body, scan.hidden, schema)
        if _is_entry(text, piece):
            entries.append(_entry(text, piece, body, fields, schema))
        else:
            span = Span(piece.span.start, piece.end)
            sections.append(Section(piece.title.of(text), span, piece.span, body, fields))
    return Body(profile, tuple(sections), tuple(entries), scan.sealed, scan.hidden)


def _is_entry(text: str, piece: Heading) -> bool:
    if piece.level != 2:
        return False
    word = _WORD.search(text, piece.title.start, piece.title.end)
    return word is not None and looks_like_date(word[0])


def _after_break(text: str, end: int) -> int:
    if text.startswith("\r\n", end):
        return end + 2
    return min(end + 1, len(text))


# --- one entry ---------------------------------------------------------------------------------------------


def _entry(text: str, piece: Heading, body: Span, fields: tuple[InlineField, ...], schema: Schema) -> Entry:
    words = list(_WORD.finditer(text, piece.title.start, piece.title.end))
    first = words.pop(0)
    found: dict[str, str] = {}
    tags: list[str] = []
    marks: list[Span] = []
    title: Span | None = None
    if words and _TIME.match(words[0][0]):
        found["time"] = words[0][0].replace("：", ":").rjust(5, "0")
        del words[0]
    for word in words:
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
    return Entry(
        span=Span(piece.span.start, piece.end),
        heading=piece.span,
        body=body,
        date=parse_date(first[0]),
        date_text=first[0],
        date_span=Span(*first.span()),
        time=found.get("time"),
        channel=found.get("channel"),
        kind=found.get("kind"),
        author=found.get("author"),
        tags=tuple(tags),
        title=_without(text, title, [mark for mark in marks if title.holds(mark.start)]) if title else "",
        fields=fields,
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


def _inline_fields(
    text: str, span: Span, hidden: tuple[Span, ...], schema: Schema
) -> tuple[InlineField, ...]:
    if text.find("::", span.start, span.end) < 0 and text.find("：：", span.start, span.end) < 0:
        return ()
    fields: list[InlineField] = []
    for line in iterate_lines(text, span.start, span.end):
        found = _INLINE.match(text[line.start : line.end])
        if not found or any(part.holds(line.start) for part in hidden):
            continue
        key, value = found["key"], found["value"].rstrip(" \t")
        start = line.start + found.start("value")
        fields.append(
            InlineField(
                key=key,
                key_span=Span(*found.span("key")).moved_by(line.start),
                field=schema.inline_field(key),
                value=value,
                value_span=Span(start, start + len(value)),
            )
        )
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
