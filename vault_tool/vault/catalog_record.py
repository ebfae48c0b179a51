"""What the catalog keeps of a note, and what it must never keep: a sealed value.

Left out are the values of fields that the schema seals for this type of customer (for any type, where the
type is unknown), unknown keys that are spelt like such a field, and words marked to be sealed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple, cast

from vault_tool.notes.entries import Entry, InlineField, Section
from vault_tool.notes.nodes import Scalar
from vault_tool.notes.note import Note, parse_note
from vault_tool.notes.paragraphs import SEALING_MARK
from vault_tool.notes.reading import Reading, reading_text
from vault_tool.notes.text import Span
from vault_tool.notes.values import Amount, Dated, Value, plain, read_value
from vault_tool.schema import TOOL_PREFIX, Field, FieldType, Schema
from vault_tool.schema import fold as fold_key

PersonId = Callable[[str], str | None]
"""Gives the id of a person by any spelling, None for a stranger."""


class Fact(NamedTuple):
    """One value of a field as SQL compares it: as text, and where it is one, as a number or a day."""

    name: str
    text: str
    number: float | None = None
    currency: str | None = None
    day: str | None = None


class Name(NamedTuple):
    """What a customer is called; `kind` is name, alias, contact or stem (of its file)."""

    kind: str
    text: str


class Passage(NamedTuple):
    """A part of a note that search finds by itself. `text` is what a person reads: title, tags, body."""

    kind: str  # profile, entry, section
    line: int
    day: str | None
    time: str | None
    channel: str | None
    word: str | None  # the kind of an entry: order, complaint
    author: str | None
    tags: tuple[str, ...]
    title: str
    bold: str
    text: str
    facts: tuple[Fact, ...] = ()


class Reference(NamedTuple):
    """A link to another customer, as typed, and its line."""

    target: str
    line: int


@dataclass(frozen=True, slots=True)
class Head:
    """What the front matter says, with canonical names; a note that can't be read keeps its last good one."""

    id: str | None
    name: str
    type: str | None
    stage: str | None
    owner: str | None
    importance: str | None
    next: str | None
    fields: Mapping[str, object]
    facts: tuple[Fact, ...]
    names: tuple[Name, ...]
    people: tuple[str, ...]  # spellings: what has to be read again when the team changes


@dataclass(frozen=True, slots=True)
class CatalogRecord:
    """Everything the catalog keeps of one note."""

    head: Head
    passages: tuple[Passage, ...]
    references: tuple[Reference, ...]
    people: tuple[str, ...]
    problem: str | None
    is_head_readable: bool

    @property
    def days(self) -> tuple[str, ...]:
        """The days of the entries, sorted."""
        return tuple(sorted(passage.day for passage in self.passages if passage.day))


_BREAKS = re.compile(r"[\r\n]")
_HEADING = re.compile(r"^ {0,3}##[ \t]", re.MULTILINE)
# What a title without any of these reads as is the title itself.
_MARKED = re.compile(r"[^\w\s，。、：；！？（）《》“”—·]|_|sealed-|\s\s|[\r\n]")


class RecordMaker:
    """Makes the records of one vault's notes."""

    def __init__(self, schema: Schema, person_id: PersonId) -> None:
        self._sealed = sealed_spellings(schema)
        self._person_id = person_id

    def record_of(self, note: Note) -> CatalogRecord:
        """Return what the catalog keeps of a note."""
        reader = _Reader(_with_body_unsealed(note), self._person_id, self._sealed)
        head = reader.head()
        passages = tuple(reader.passages())
        return CatalogRecord(
            head=head,
            passages=passages,
            references=tuple(reader.references()),
            people=tuple(dict.fromkeys(reader.people)),
            problem=problem_of(note),
            is_head_readable=not _is_head_broken(note),
        )


def problem_of(note: Note) -> str | None:
    """Name what keeps a note from being written: `encoding` or `front-matter`; None when nothing does."""
    if note.problem:
        return "encoding"
    return "front-matter" if _is_head_broken(note) else None


def without_sealed(text: str) -> str:
    """Return a text without the words that are marked to be sealed."""
    return reading_text(text).text if "{{" in text else text


def _with_body_unsealed(note: Note) -> Note:
    """Return a note without the words of its body that are marked to be sealed; every line stays where it is.

    Before anything else is read: a heading, a field or a link within such words is as secret as they are.
    """
    start = note.front_matter.span.end if note.front_matter else 0
    text = note.text
    if "{{" not in text[start:]:
        return note
    pieces = [text[:start]]
    while found := SEALING_MARK.search(text, start):
        close = text.find("}}", found.end())
        if close < 0:
            # A mark without an end hides what follows it, up to the next entry.
            heading = _HEADING.search(text, found.end())
            close = heading.start() if heading else len(text)
        pieces += [text[start : found.end()], "".join(_BREAKS.findall(text, found.end(), close))]
        start = close
    return parse_note(note.path, "".join([*pieces, text[start:]]), note.schema)


def _is_head_broken(note: Note) -> bool:
    if note.front_matter is None:
        return note.opens_without_closing
    return note.front_matter.error is not None


class _Reader:
    """Reads one note for the catalog."""

    def __init__(self, note: Note, person_id: PersonId, sealed: frozenset[str]) -> None:
        self._note = note
        self._sealed = sealed
        self._schema = note.schema
        known = self._schema.word("type", note.type) if note.type else None
        self._type = known.name if known else None
        self._is_type_known = known is not None
        self._person_id = person_id
        self.people: list[str] = []

    # --- front matter

    def head(self) -> Head:
        """Read the front matter."""
        note = self._note
        values = dict(self._open_values())
        names = [Name("name", without_sealed(note.name))]
        names += [Name("alias", without_sealed(alias)) for alias in note.aliases]
        if note.path.stem not in {name.text for name in names}:
            names.append(Name("stem", note.path.stem))
        names += [Name("contact", name) for name in _contact_names(values.get("contacts"))]
        owner = values.get("owner")
        return Head(
            id=note.id,
            name=without_sealed(note.name),
            type=_text(values.get("type")),
            stage=_text(values.get("stage")),
            owner=self._person(owner) if isinstance(owner, str) else None,
            importance=_text(values.get("importance")),
            next=min((day for day in _days(values.get("next"))), default=None),
            fields={name: self._json(name, value) for name, value in values.items()},
            facts=tuple(fact for name, value in values.items() for fact in self._facts(name, value)),
            names=tuple(dict.fromkeys(name for name in names if name.text)),
            people=tuple(self.people),
        )

    def _open_values(self) -> Iterator[tuple[str, Value]]:
        for name, value in self._note.values().items():
            field = self._schema.field(name)
            if self._is_sealed(field, name) or name.startswith(TOOL_PREFIX):
                continue
            opened = self._opened(field, value)
            if opened is not None:
                yield name, opened

    def _opened(self, field: Field | None, value: Value) -> Value | None:
        """Return a value without what is sealed in it."""
        match value:
            case str():
                return without_sealed(value) or None
            case Dated(date=day, text=text):
                return Dated(day, without_sealed(text))
            case Amount(value=_, currency=_):
                return value
            case Decimal() | int() | date():
                return value
            case tuple():
                items = (self._opened(field, item) for item in _items(value))
                return tuple(item for item in items if item is not None) or None
        opened: dict[str, Value] = {}
        for key, inner in value.items():
            inner_field = field.inner(key) if field else None
            if not self._is_sealed(inner_field, key):
                kept = self._opened(inner_field, inner)
                if kept is not None:
                    opened[key] = kept
        return opened or None

    def _is_sealed(self, field: Field | None, key: str) -> bool:
        if field is None:
            return fold_key(key) in self._sealed
        if self._is_type_known:
            return field.sealed_group(self._type) is not None
        return bool(field.group or any(field.group_for.values()))

    def _person(self, spelling: str) -> str:
        self.people.append(spelling)
        return self._person_id(spelling) or spelling

    def _json(self, name: str, value: Value) -> object:
        field = self._schema.field(name)
        return self._as_json(field, value)

    def _as_json(self, field: Field | None, value: Value) -> object:
        match value:
            case Amount(value=number, currency=currency):
                return {"value": format(number, "f"), "currency": currency}
            case Dated(date=day, text=text):
                return {"date": day.isoformat() if day else None, "text": text}
            case date():
                return value.isoformat()
            case Decimal():
                return format(value, "f")
            case tuple():
                return [self._as_json(field, item) for item in _items(value)]
            case str():
                is_person = field is not None and field.type is FieldType.PERSON
                return self._person(value) if is_person else value
            case int():
                return value
        return {
            key: self._as_json(field.inner(key) if field else None, inner) for key, inner in value.items()
        }

    def _facts(self, name: str, value: Value) -> Iterator[Fact]:
        yield from self._facts_of(self._schema.field(name), name, value)

    def _facts_of(self, field: Field | None, name: str, value: Value) -> Iterator[Fact]:
        match value:
            case Amount(value=number, currency=currency):
                yield Fact(name, plain(value), float(number), currency)
            case Dated(date=day, text=text):
                yield Fact(name, text, day=day.isoformat() if day else None)
            case date():
                yield Fact(name, value.isoformat(), day=value.isoformat())
            case Decimal() | int():
                yield Fact(name, plain(value), float(value))
            case tuple():
                for item in _items(value):
                    yield from self._facts_of(field, name, item)
            case str():
                is_person = field is not None and field.type is FieldType.PERSON
                yield Fact(name, self._person(value) if is_person else value)
            case _:
                for key, inner in value.items():
                    inner_field = field.inner(key) if field else None
                    yield from self._facts_of(inner_field, f"{name}.{key}", inner)

    # --- body

    def passages(self) -> Iterator[Passage]:
        """Read the profile (always there: who matches by name alone is shown by it), entries and sections."""
        note = self._note
        yield self._section("profile", note.profile)
        for section in note.sections:
            yield self._section("section", section)
        for entry in note.entries:
            yield self._entry(entry)

    def _section(self, kind: str, section: Section) -> Passage:
        note = self._note
        source = section.body.of(note.text)
        if kind == "profile":
            source = self._without_loose_fields(source)
            start = (
                section.body.start + len(source) - len(source.lstrip())
                if source.strip()
                else section.body.start
            )
        else:
            start = section.heading.start
        reading = reading_text(source)
        title = _read_title(section.title)
        return Passage(
            kind=kind,
            line=note.lines.line(start),
            day=None,
            time=None,
            channel=None,
            word=None,
            author=None,
            tags=(),
            title=title,
            bold=_bold(reading),
            text=_joined(title, reading.text),
            facts=tuple(self._inline_facts(section.fields)),
        )

    def _entry(self, entry: Entry) -> Passage:
        note = self._note
        reading = reading_text(self._source(entry.body, entry.fields))
        title = _read_title(entry.title)
        return Passage(
            kind="entry",
            line=note.lines.line(entry.heading.start),
            day=entry.date.isoformat() if entry.date else None,
            time=entry.time,
            channel=entry.channel,
            word=entry.kind,
            author=self._person(entry.author) if entry.author else None,
            tags=entry.tags,
            title=title,
            bold=_bold(reading),
            text=_joined(title, " ".join(entry.tags), reading.text),
            facts=tuple(self._inline_facts(entry.fields)),
        )

    def _source(self, body: Span, fields: Iterable[InlineField]) -> str:
        """Return a body as it is written, without the values of sealed fields."""
        text, at, pieces = self._note.text, body.start, []
        for inline in fields:
            if self._is_sealed(inline.field, inline.key):
                pieces.append(text[at : inline.value_span.start])
                at = inline.value_span.end
        return "".join([*pieces, text[at : body.end]])

    def _inline_facts(self, fields: Iterable[InlineField]) -> Iterator[Fact]:
        for inline in fields:
            if self._is_sealed(inline.field, inline.key):
                continue
            value = _inline_value(inline, self._schema)
            opened = self._opened(inline.field, value) if value is not None else None
            if opened is not None:
                yield from self._facts_of(inline.field, inline.name, opened)

    def _without_loose_fields(self, source: str) -> str:
        """Blank out lines that would be sealed fields, had the front matter its closing line."""
        if not self._note.opens_without_closing:
            return source
        lines = source.splitlines(keepends=True)
        return "".join(line if not self._is_loose_sealed(line) else "\n" * line.count("\n") for line in lines)

    def _is_loose_sealed(self, line: str) -> bool:
        key = line.replace("：", ":").partition(":")[0].strip().lstrip("-*+ \t").strip("\"' ")
        return fold_key(key) in self._sealed

    def references(self) -> Iterator[Reference]:
        """Yield links in the text and in fields."""
        note = self._note
        for link in note.links:
            yield Reference(link.target, note.lines.line(link.span.start))
        for node in note.front_matter.fields if note.front_matter else ():
            if node.field is not None and node.field.type is FieldType.LINK:
                value = note.value(node.name)
                for target in value if isinstance(value, tuple) else (value,):
                    if isinstance(target, str) and target:
                        yield Reference(without_sealed(target), note.lines.line(node.lines.start))


def sealed_spellings(schema: Schema) -> frozenset[str]:
    """Return every (folded) spelling of a field that is sealed, at any depth and for any type."""
    found: set[str] = set()
    pending = [*schema.fields, *schema.inline_fields]
    while pending:
        field = pending.pop()
        pending.extend(field.fields)
        if field.group or any(field.group_for.values()):
            found.update(fold_key(spelling) for spelling in field.spellings)
    return frozenset(found)


def _read_title(title: str) -> str:
    return reading_text(title).text if _MARKED.search(title) else title


def _inline_value(inline: InlineField, schema: Schema) -> Value | None:
    if inline.field is None:
        return inline.value or None
    return read_value(inline.field, Scalar(inline.value, inline.value_span, "plain"), schema)


def _contact_names(value: Value | None) -> Iterator[str]:
    for contact in value if isinstance(value, tuple) else ():
        if isinstance(contact, Mapping):
            name = contact.get("name")
            if isinstance(name, str):
                yield name
        elif isinstance(contact, str):
            yield contact


def _items(value: object) -> tuple[Value, ...]:
    # mypy still sees the two named tuples here, which the cases before have taken.
    return cast("tuple[Value, ...]", value)


def _days(value: Value | None) -> Iterator[str]:
    if isinstance(value, Dated):
        if value.date:
            yield value.date.isoformat()
    elif isinstance(value, tuple):
        for item in value:
            yield from _days(item)


def _text(value: Value | None) -> str | None:
    return value if isinstance(value, str) else None


def _bold(reading: Reading) -> str:
    return "\n".join(span.of(reading.text) for span in reading.bold)


def _joined(*parts: str) -> str:
    return "\n".join(part for part in parts if part)
