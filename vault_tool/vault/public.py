"""What of a note may leave it: everything but what is sealed, even where it stands in plain still.

Left out are the values of fields that the schema seals for this type of customer (for any type, where the
type is unknown), unknown keys that are spelt like such a field, and words marked to be sealed. Where the
front matter can't be read as it should, what looks like such a field is left out as well. Of an open conflict
neither value is shown of what is sealed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import cast

from vault_tool.notes.entries import InlineField, looks_like_date
from vault_tool.notes.nodes import Mapping, Node, Scalar, Sequence, comment_behind
from vault_tool.notes.note import Note, parse_note
from vault_tool.notes.reading import reading_text
from vault_tool.notes.sealing_marks import sealing_spans
from vault_tool.notes.text import Edit, Span, apply_edits, iterate_lines
from vault_tool.notes.values import Amount, Dated, Value
from vault_tool.patterns import pattern
from vault_tool.schema import TOOL_PREFIX, Field, FieldType, Schema, fold, joined

MASK = "••••"
"""What is shown in the place of a sealed value."""
_MAPS = (FieldType.MAP, FieldType.MAPS)
_BREAKS = pattern(r"[\r\n]")
_HEADING = pattern(r"(?<=[\r\n]) {0,3}##[ \t]+(\S+)")
_CONFLICTS = f"{TOOL_PREFIX}conflicts"
_CONFLICT_MARK = "[!conflict]"
_QUOTE = pattern(r"[ \t]{0,3}>[ \t]?")


def is_head_broken(note: Note) -> bool:
    """Tell whether a note's front matter can be read in part only."""
    if note.front_matter is None:
        return note.opens_without_closing
    return note.front_matter.error is not None


def without_sealed(text: str) -> str:
    """Return a text without the words that are marked to be sealed."""
    return reading_text(text).text if "{{" in text or "｛｛" in text else text


def without_sealed_body(note: Note, mask: str = "{{seal:}}") -> Note:
    """Return a note with `mask` for the words of its body that wait to be sealed; each line keeps its number.

    Before anything else is read: a heading, a field or a link within such words is as secret as they are. A
    mark without an end hides what follows it, up to the next entry.
    """
    start = note.front_matter.span.end if note.front_matter else 0
    edits = []
    while spans := sealing_spans(note.text[start:]):
        span = spans[0].moved_by(start)
        if span.end == len(note.text) and not note.text.endswith(("}}", "｝｝")):
            span = Span(span.start, _next_entry(note.text, span.start))
        edits.append(Edit(span, mask + "".join(_BREAKS.findall(span.of(note.text)))))
        start = span.end
    return parse_note(note.path, apply_edits(note.text, edits), note.schema) if edits else note


def _next_entry(text: str, start: int) -> int:
    for heading in _HEADING.finditer(text, start):
        if looks_like_date(heading[1]):
            return heading.start()
    return len(text)


class SealedKeys:
    """Every spelling of a field that is sealed, at any depth and for any type of customer."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema  # as long as it stays, no other field has the identity of one of its own
        every = (*schema.fields, *schema.inline_fields)
        self._open = frozenset(id(field) for field in every if _is_open(field))
        found = {fold(spelling) for field in schema.sealed_fields() for spelling in field.spellings}
        self._keys = frozenset(map(joined, found))
        # The longest first: of `phone number` and `phone`, both may be keys.
        spelt = "|".join(re.escape(key) for key in sorted(found, key=len, reverse=True))
        self._in_text = re.compile(rf"(?<![^\W_])(?:{spelt})[\s\"']*:" if found else r"(?!)")

    def __contains__(self, key: str) -> bool:
        return joined(key) in self._keys

    def has_no(self, field: Field | None) -> bool:
        """Tell at a glance whether a field is surely none of these, nor holds one; false tells nothing."""
        return id(field) in self._open

    def stand_in(self, text: str) -> bool:
        """Tell whether a text holds such a key and a colon."""
        if ":" not in text and "：" not in text:
            return False
        return self._in_text.search(unicodedata.normalize("NFKC", text).casefold()) is not None


def _is_open(field: Field) -> bool:
    return not (field.group or field.group_for or field.fields or field.type in _MAPS)


def _is_told_twice(note: Note) -> bool:
    return note.front_matter is not None and len(note.front_matter.all("type")) > 1


class Public:
    """The public part of one note."""

    def __init__(self, note: Note, keys: SealedKeys) -> None:
        self._note = note
        self._keys = keys
        known = note.schema.word("type", note.type) if note.type else None
        is_told_once = note.field("type") is not None and not (note.has_duplicates and _is_told_twice(note))
        self._type = known.name if known and is_told_once else None
        self._is_broken = is_head_broken(note)

    def is_sealed(self, field: Field | None, key: str) -> bool:
        """Tell whether the value of a field may not leave the note."""
        if field is None:
            return key in self._keys or self._keys.stand_in(f"{key}:")
        if self._type is None:
            return field.any_group is not None
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
        may_be_map = in_map or self._is_broken or field is None or field.type in _MAPS
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
        sealed = [each.value_span for each in fields if self.is_sealed(each.field, each.key)]
        for span in sorted([*sealed, *self._quoted(body)]):
            pieces.append(text[at : span.start])
            at = span.end
        return "".join([*pieces, text[at : body.end]])

    def _quoted(self, body: Span) -> Iterator[Span]:
        """Yield the lines with a sealed key that stand in the `> [!conflict]` blocks of a body.

        A value of front matter may go on for lines.
        """
        text = self._note.text
        if text.find(_CONFLICT_MARK, body.start, body.end) < 0:
            return
        is_in, is_first, is_head, hides = False, False, False, False
        for line in iterate_lines(text, body.start, body.end):
            # A mask may have taken the marks of the lines before: what is quoted below belongs to the block.
            mark = _QUOTE.match(text, line.start, line.end)
            if mark is None:
                continue
            if text.startswith(_CONFLICT_MARK, mark.end()):
                is_in, is_first, is_head, hides = True, True, False, False
            elif is_in:
                said = text[mark.end() : line.end]
                is_head = (is_head and said.rstrip() != "---") or (is_first and said.rstrip() == "---")
                is_first = False
                hides = self._keys.stand_in(said) or (hides and is_head and said[:1] in ("", *" \t-#"))
                if hides and said:
                    yield Span(mark.end(), line.end)

    def profile(self, source: str) -> str:
        """Return a profile without the front matter's sealed fields, had that only its closing line."""
        if not self._note.opens_without_closing:
            return source
        kept, hides = [], False
        for line in source.splitlines(keepends=True):
            # A value may go on for lines: all that is indented, blank or an item still belongs to its key.
            goes_on = hides and (line[0] in " \t-#\r\n" or not line.strip())
            hides = self._keys.stand_in(line) or goes_on
            kept.append("\n" * line.count("\n") if hides else line)
        return "".join(kept)

    def hidden(self) -> Iterator[Span]:
        """Yield where what may not leave the note stands, sealed references among it, in order."""
        found = [reference.span for reference in self._note.sealed_references]
        text, is_open = self._note.text, self._keys.has_no
        conflicts = self._note.field(_CONFLICTS)
        is_clear = not (self._is_broken or "{{" in text or "｛｛" in text)
        for node in self._note.front_matter.fields if self._note.front_matter else ():
            if is_clear and is_open(node.field) and type(node.node) is Scalar:
                continue  # as nearly all
            if conflicts and node.name == _CONFLICTS:
                found += self._hidden_rows(node.node)
            else:
                found += self._hidden_in(node.field, node.key.text, node.node)
        inline_fields = [*self._note.profile.fields, *self._note.inline_fields]
        inline_fields += (inline for section in self._note.sections for inline in section.fields)
        found += (
            each.value_span
            for each in inline_fields
            if not is_open(each.field) and self.is_sealed(each.field, each.key)
        )
        found += self._quoted(Span(self._note.profile.span.start, self._note.content_end))
        end = 0
        for span in sorted(found, key=lambda span: (span.start, -span.end)):
            if span.start >= end and span.end > span.start:
                yield span
                end = span.end

    def _hidden_rows(self, node: Node) -> Iterator[Span]:
        """Yield the values of open conflicts that belong to a sealed field; of odd rows all."""
        for row in node.items if isinstance(node, Sequence) else (node,):
            told = {key.text: value for key, value in row.pairs} if isinstance(row, Mapping) else {}
            path, other = told.get("field"), told.get("other")
            if not isinstance(path, Scalar) or other is None:
                yield row.span
                continue
            first, *inner = re.split(r"[.\[\]]+", path.text)
            field = self._note.schema.field(first)
            is_sealed = self.is_sealed(field, first)
            for name in inner:
                within = field.inner(name) if field else None
                is_sealed = is_sealed or self.is_sealed(within, name)
                field = within or field
            if is_sealed:
                yield other.span
            else:
                yield from self._hidden_in(field, "", other)

    def _hidden_in(self, field: Field | None, key: str, node: Node) -> Iterator[Span]:
        if self.is_sealed(field, key):
            yield self._with_comment(node)
            return
        if type(node) is Scalar:
            text = node.text
            # Neither a key with its colon nor a mark: nothing to look at, as in nearly all.
            if ":" in text or "：" in text or "{" in text or "｛" in text:
                in_map = field is None or field.type in _MAPS
                if self._hides(text, in_map or self._is_broken):
                    yield node.span
            return
        match node:
            case Mapping(pairs=pairs):
                for inner, value in pairs:
                    yield from self._hidden_in(field.inner(inner.text) if field else None, inner.text, value)
            case Sequence(items=items):
                for item in items:
                    yield from self._hidden_in(field, key, item)

    def _with_comment(self, node: Node) -> Span:
        last = node
        while isinstance(last, Sequence | Mapping) and not last.flow:
            last = last.items[-1] if isinstance(last, Sequence) else last.pairs[-1][1]
        comment = comment_behind(self._note.text, last.span)
        if comment is None:
            return node.span
        return Span(node.span.start if node.span.end > node.span.start else comment.start, comment.end)

    def _hides(self, text: str, may_be_map: bool) -> bool:
        """Tell whether some of a text is not public."""
        if may_be_map and self._keys.stand_in(text):
            return True
        return ("{{" in text or "｛｛" in text) and without_sealed(text) != text

    def _text(self, text: str, may_be_map: bool) -> str | None:
        if may_be_map and self._keys.stand_in(text):
            return None
        return without_sealed(text) or None


def masked(note: Note, keys: SealedKeys, mask: str) -> Note:
    """Return a note as it may be shown: `mask` stands for every secret, and each line keeps its number."""
    text = masked_text(note, keys, mask)
    return parse_note(note.path, text, note.schema) if text != note.text else note


def masked_text(note: Note, keys: SealedKeys, mask: str) -> str:
    """Return the text of a note as it may be shown; see `masked`."""
    note = without_sealed_body(note, mask)
    public = Public(note, keys)
    if note.opens_without_closing:
        body = note.profile.body
        edits = [Edit(body, public.profile(body.of(note.text)))]
    else:
        edits = [Edit(span, mask + "".join(_BREAKS.findall(span.of(note.text)))) for span in public.hidden()]
    return apply_edits(note.text, edits)


def items_of(value: object) -> tuple[Value, ...]:
    """Return a tuple value's items."""
    # For mypy, which still sees the two named tuples where a `match` has already taken them.
    return cast("tuple[Value, ...]", value)
