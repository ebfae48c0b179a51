"""What of a note may leave it: everything but what is sealed, even where it stands in plain still.

Left out are the values of fields that the schema seals for this type of customer (for any type, where the
type is unknown), unknown keys that are spelt like such a field, and words marked to be sealed. Where the
front matter can't be read as it should, what looks like such a field is left out as well.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import cast

from vault_tool.notes.entries import InlineField
from vault_tool.notes.note import Note, parse_note
from vault_tool.notes.paragraphs import SEALING_MARK
from vault_tool.notes.reading import reading_text
from vault_tool.notes.text import Span
from vault_tool.notes.values import Amount, Dated, Value
from vault_tool.schema import TOOL_PREFIX, Field, FieldType, Schema, fold

_BREAKS = re.compile(r"[\r\n]")
_HEADING = re.compile(r"^ {0,3}##[ \t]", re.MULTILINE)


def is_head_broken(note: Note) -> bool:
    """Tell whether a note's front matter can be read in part only."""
    if note.front_matter is None:
        return note.opens_without_closing
    return note.front_matter.error is not None


def without_sealed(text: str) -> str:
    """Return a text without the words that are marked to be sealed."""
    return reading_text(text).text if "{{" in text else text


def without_sealed_body(note: Note) -> Note:
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


class SealedKeys:
    """Every spelling of a field that is sealed, at any depth and for any type of customer."""

    def __init__(self, schema: Schema) -> None:
        found: set[str] = set()
        pending = [*schema.fields, *schema.inline_fields]
        while pending:
            field = pending.pop()
            pending.extend(field.fields)
            if _is_ever_sealed(field):
                found.update(fold(spelling) for spelling in field.spellings)
        self._keys = frozenset(found)
        # The longest first: of `phone number` and `phone`, both may be keys.
        spelt = "|".join(re.escape(key) for key in sorted(found, key=len, reverse=True))
        self._in_text = re.compile(rf"(?<![^\W_])(?:{spelt})[\s\"']*:" if found else r"(?!)")

    def __contains__(self, key: str) -> bool:
        return fold(key) in self._keys

    def stand_in(self, text: str) -> bool:
        """Tell whether a text holds such a key and a colon."""
        if ":" not in text and "：" not in text:
            return False
        return self._in_text.search(unicodedata.normalize("NFKC", text).casefold()) is not None


class Public:
    """The public part of one note."""

    def __init__(self, note: Note, keys: SealedKeys) -> None:
        self._note = note
        self._keys = keys
        known = note.schema.word("type", note.type) if note.type else None
        self._type = known.name if known else None
        self._is_broken = is_head_broken(note)

    def is_sealed(self, field: Field | None, key: str) -> bool:
        """Tell whether the value of a field may not leave the note."""
        if field is None:
            return key in self._keys
        if self._type is None:
            return _is_ever_sealed(field)
        return field.sealed_group(self._type) is not None

    def values(self) -> Iterator[tuple[str, Value]]:
        """Yield the fields of the front matter, with what is public in their values.

        The tool's own fields are left out: an open conflict may hold either value.
        """
        for name, value in self._note.values().items():
            field = self._note.schema.field(name)
            if not self.is_sealed(field, name) and not name.startswith(TOOL_PREFIX):
                part = self.part(field, value)
                if part is not None:
                    yield name, part

    def part(self, field: Field | None, value: Value, *, in_map: bool = False) -> Value | None:
        """Return what is public in a value; None when nothing is."""
        # What is no map though it should be one, or is a line in place of one, may have been meant as one.
        may_be_map = (
            in_map or self._is_broken or field is None or field.type in (FieldType.MAP, FieldType.MAPS)
        )
        match value:
            case str():
                return self._text(value, may_be_map)
            case Dated(date=day, text=text):
                return Dated(day, self._text(text, may_be_map) or "")
            case Amount(value=_, currency=_):
                return value
            case Decimal() | int() | date():
                return value
            case tuple():
                items = (self.part(field, item) for item in items_of(value))
                return tuple(item for item in items if item is not None) or None
        public: dict[str, Value] = {}
        for key, inner in value.items():
            inner_field = field.inner(key) if field else None
            if not self.is_sealed(inner_field, key):
                kept = self.part(inner_field, inner, in_map=True)
                if kept is not None:
                    public[key] = kept
        return public or None

    def source(self, body: Span, fields: Iterable[InlineField]) -> str:
        """Return a body as it is written, without the values of sealed fields."""
        text, at, pieces = self._note.text, body.start, []
        for inline in fields:
            if self.is_sealed(inline.field, inline.key):
                pieces.append(text[at : inline.value_span.start])
                at = inline.value_span.end
        return "".join([*pieces, text[at : body.end]])

    def profile(self, source: str) -> str:
        """Return a profile without the front matter's sealed fields, had that only its closing line."""
        if not self._note.opens_without_closing:
            return source
        kept, hides_next = [], False
        for line in source.splitlines(keepends=True):
            hides = self._keys.stand_in(line)
            kept.append("\n" * line.count("\n") if hides or hides_next else line)
            # The value may stand on the line below its key.
            hides_next = (hides or hides_next) and line.strip().endswith(
                (":", "：", "|", ">", "[", "{", "-", ",")
            )
        return "".join(kept)

    def _text(self, text: str, may_be_map: bool) -> str | None:
        if may_be_map and self._keys.stand_in(text):
            return None
        return without_sealed(text) or None


def items_of(value: object) -> tuple[Value, ...]:
    """Return a tuple value's items."""
    # For mypy, which still sees the two named tuples where a `match` has already taken them.
    return cast("tuple[Value, ...]", value)


def _is_ever_sealed(field: Field) -> bool:
    return bool(field.group or any(field.group_for.values()))
