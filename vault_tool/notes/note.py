"""One customer note: its text, its fields, its profile and its entries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath

from vault_tool.notes.blocks import SealedBlock
from vault_tool.notes.entries import (
    Body,
    Entry,
    InlineField,
    Link,
    SealedReference,
    Section,
    find_links,
    find_sealed_references,
    parse_body,
)
from vault_tool.notes.frontmatter import FieldNode, FrontMatter, opens_without_closing, parse_front_matter
from vault_tool.notes.text import BOM, Decoded, Lines, Span, decode, line_break_of
from vault_tool.notes.values import Value, raw_value, read_value
from vault_tool.schema import Schema


@dataclass(frozen=True)
class Note:
    """A note as it stands in its file. Every span counts characters of `text`.

    `problem` is a message id when the bytes aren't clean UTF-8: then the note is for reading only.
    """

    path: PurePosixPath
    text: str
    schema: Schema = field(repr=False)
    front_matter: FrontMatter | None
    body: Body
    encoding: str = "utf-8"
    problem: str | None = None
    remembered: dict[object, object] = field(default_factory=dict, init=False, compare=False, repr=False)
    """What was worked out about this note and may be asked again, by who worked it out."""

    @property
    def profile(self) -> Section:
        """The standing summary: what stands before the first entry."""
        return self.body.profile

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The dated entries, in the order of the file."""
        return self.body.entries

    @property
    def sections(self) -> tuple[Section, ...]:
        """The plain sections that stand after the first entry."""
        return self.body.sections

    @property
    def sealed_block(self) -> SealedBlock | None:
        """The comment at the end that holds the sealed tokens."""
        return self.body.sealed_block

    @property
    def hidden(self) -> tuple[Span, ...]:
        """Fenced code and comments: text in which no mark means anything."""
        return self.body.hidden

    @property
    def content_end(self) -> int:
        """Where the notes end: at the sealed block, or at the end of the text."""
        return self.sealed_block.span.start if self.sealed_block else len(self.text)

    @cached_property
    def lines(self) -> Lines:
        """Line and column of any offset."""
        return Lines(self.text)

    @cached_property
    def newline(self) -> str:
        """The line break this file uses most."""
        return line_break_of(self.text)

    @cached_property
    def links(self) -> tuple[Link, ...]:
        """The links of the body, in order; links in fields are values."""
        return tuple(find_links(self.text[: self.content_end], self.profile.span.start, self.hidden))

    @cached_property
    def sealed_references(self) -> tuple[SealedReference, ...]:
        """Every `sealed-...` reference, in fields and in the body."""
        return tuple(find_sealed_references(self.text, self.content_end))

    @property
    def opens_without_closing(self) -> bool:
        """Tell whether a first `---` has no second one."""
        return self.front_matter is None and opens_without_closing(self.text)

    @property
    def is_writable(self) -> bool:
        """Tell whether a command may change this note: clean UTF-8 and front matter that YAML reads."""
        return self.problem is None and not (self.front_matter and self.front_matter.error)

    @cached_property
    def _values(self) -> dict[str, Value]:
        values: dict[str, Value] = {}
        for top in self.front_matter.fields if self.front_matter else ():
            read = self._read(top)
            if read is not None:
                values.setdefault(top.name, read)
        return values

    @cached_property
    def _fields(self) -> dict[str, FieldNode]:
        fields = self.front_matter.fields if self.front_matter else ()
        return {(top.field.name if top.field else top.key.text): top for top in reversed(fields)}

    def field(self, name: str) -> FieldNode | None:
        """Return the field of a canonical name that counts: of duplicate keys the first."""
        return self._fields.get(name)

    @property
    def has_duplicates(self) -> bool:
        """Tell whether a field stands twice."""
        return self.front_matter is not None and len(self._fields) < len(self.front_matter.fields)

    def values(self) -> dict[str, Value]:
        """Return every field that has a value, by canonical name; of duplicate keys the first counts."""
        return dict(self._values)

    def value(self, name: str) -> Value | None:
        """Return one field's canonical value; None when it is missing or empty."""
        if name not in self._asked:
            # Where a key stands twice the second may have the value.
            one_by_one = not self.has_duplicates
            self._asked[name] = self._read(self.field(name)) if one_by_one else self._values.get(name)
        return self._asked[name]

    @cached_property
    def _asked(self) -> dict[str, Value | None]:
        """The values asked for so far: most have few of a note's fields read."""
        return {}

    def _read(self, top: FieldNode | None) -> Value | None:
        if top is None:
            return None
        return read_value(top.field, top.node, self.schema) if top.field else raw_value(top.node)

    def text_value(self, name: str) -> str | None:
        """Return one field's value when it is a text or a word, else None."""
        value = self.value(name)
        return value if isinstance(value, str) else None

    @property
    def id(self) -> str | None:
        """The customer's id."""
        return self.text_value("id")

    @property
    def name(self) -> str:
        """The customer's name; the file's own name where the note gives none."""
        return self.text_value("name") or self.path.stem

    @property
    def aliases(self) -> tuple[str, ...]:
        """Other names of the customer."""
        value = self.value("aliases")
        return tuple(item for item in value if isinstance(item, str)) if isinstance(value, tuple) else ()

    @property
    def type(self) -> str | None:
        """The customer's type, canonical where the vocabulary knows it."""
        return self.text_value("type")

    @property
    def stage(self) -> str | None:
        """The business stage, canonical where the vocabulary knows it."""
        return self.text_value("stage")

    @property
    def owner(self) -> str | None:
        """The owner as typed, without `@`."""
        return self.text_value("owner")

    def entry_line(self, entry: Entry) -> int:
        """Return the line number of an entry's heading."""
        return self.lines.line(entry.heading.start)

    @cached_property
    def inline_fields(self) -> tuple[InlineField, ...]:
        """The inline fields of all entries, in order."""
        return tuple(inline for entry in self.entries for inline in entry.fields)


def parse_note(path: PurePosixPath, data: bytes | str, schema: Schema) -> Note:
    """Read a note from bytes or text, whatever they hold; never raises."""
    return parse_notes([(path, data)], schema)[0]


def parse_notes(sources: Sequence[tuple[PurePosixPath, bytes | str]], schema: Schema) -> list[Note]:
    """Read notes as `parse_note` does each.

    All front matter first, then all bodies: what reads one part stays at the processor's hand.
    """
    decoded = [decode(data) if isinstance(data, bytes) else Decoded(data, "utf-8") for _, data in sources]
    heads = [parse_front_matter(text, schema) for text, _, _ in decoded]
    bodies = [
        parse_body(text, head.span.end if head else len(BOM) if text.startswith(BOM) else 0, schema)
        for (text, _, _), head in zip(decoded, heads, strict=True)
    ]
    return [
        Note(path, text, schema, head, body, encoding, problem)
        for (path, _), (text, encoding, problem), head, body in zip(
            sources, decoded, heads, bodies, strict=True
        )
    ]
