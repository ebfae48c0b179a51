"""What the catalog keeps of a note: its fields, names and passages, and nothing that is sealed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from vault_tool.named import NamedTuple
from vault_tool.notes.entries import Entry, InlineField, Section
from vault_tool.notes.nodes import Scalar
from vault_tool.notes.note import Note
from vault_tool.notes.reading import Reading, reading_text
from vault_tool.notes.values import Amount, Dated, Value, plain, read_value
from vault_tool.schema import TOOL_PREFIX, Field, FieldType, Schema
from vault_tool.vault.public import (
    Public,
    SealedKeys,
    is_head_broken,
    items_of,
    without_sealed,
    without_sealed_body,
)

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


# What a title without any of these reads as is the title itself.
_MARKED = re.compile(r"[^\w\s，。、：；！？（）《》“”—·]|_|sealed-|\s\s|[\r\n]")


class RecordMaker:
    """Makes the records of one vault's notes."""

    def __init__(self, schema: Schema, person_id: PersonId) -> None:
        self.sealed_keys = SealedKeys(schema)
        self._person_id = person_id

    def record_of(self, note: Note) -> CatalogRecord:
        """Return what the catalog keeps of a note."""
        reader = _Reader(without_sealed_body(note), self._person_id, self.sealed_keys)
        head = reader.head()
        passages = tuple(reader.passages())
        return CatalogRecord(
            head=head,
            passages=passages,
            references=tuple(reader.references()),
            people=tuple(dict.fromkeys(reader.people)),
            problem=problem_of(note),
            is_head_readable=not is_head_broken(note),
        )


def problem_of(note: Note) -> str | None:
    """Name what keeps a note from being written: `encoding` or `front-matter`; None when nothing does.

    One that can be written, and where somebody has to decide between two versions, is a `conflict`.
    """
    if note.problem:
        return "encoding"
    if is_head_broken(note):
        return "front-matter"
    is_marked = "conflict" in note.text and _CONFLICT.search(note.text)
    return "conflict" if is_marked else None


# What a merge leaves where two people wrote two things: CF001 says where.
_CONFLICT = re.compile(
    rf"^(?:{TOOL_PREFIX}conflicts:(?![ \t]*\[[ \t]*\])|[ \t]{{0,3}}>[ \t]?\[!conflict\])", re.MULTILINE
)


class _Reader:
    """Reads one note for the catalog."""

    def __init__(self, note: Note, person_id: PersonId, keys: SealedKeys) -> None:
        self._note = note
        self._schema = note.schema
        self._public = Public(note, keys)
        self._person_id = person_id
        self.people: list[str] = []

    # --- front matter

    def head(self) -> Head:
        """Read the front matter."""
        note = self._note
        values = dict(self._public.values())
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
                return [self._as_json(field, item) for item in items_of(value)]
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
                for item in items_of(value):
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
        source = self._public.source(section.body, section.fields)
        if kind == "profile":
            source = self._public.profile(source)
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
        reading = reading_text(self._public.source(entry.body, entry.fields))
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
            facts=(
                *(Fact("tags", tag) for tag in dict.fromkeys(entry.tags)),
                *self._inline_facts(entry.fields),
            ),
        )

    def _inline_facts(self, fields: Iterable[InlineField]) -> Iterator[Fact]:
        for inline in fields:
            if self._public.is_sealed(inline.field, inline.key):
                continue
            value = _inline_value(inline, self._schema)
            opened = self._public.part(inline.field, value) if value is not None else None
            if opened is not None:
                yield from self._facts_of(inline.field, inline.name, opened)

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
