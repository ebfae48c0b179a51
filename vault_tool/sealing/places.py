"""Which field a place in a note belongs to: what a sealed value is bound to, and whether it must be sealed.

In front matter that is the canonical path of the value (`mobile`, `phones[]`, `contacts[].mobile`; an item
that has an `id` of its own is named by it), in an inline field `entry.` and its name, anywhere else `text`.

A value that an open conflict keeps belongs where it stood: in `vault_conflicts` to the field that the row
names, in a `> [!conflict]` block to what the block's text says without its marks.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from vault_tool.merge.callout import Callout, find_callouts
from vault_tool.named import NamedTuple
from vault_tool.notes.entries import InlineField
from vault_tool.notes.frontmatter import FieldNode
from vault_tool.notes.nodes import Mapping, Node, Scalar, Sequence, comment_behind
from vault_tool.notes.note import Note, parse_note
from vault_tool.notes.sealing_marks import sealing_spans
from vault_tool.notes.text import Edit, Span, apply_edits, iterate_lines
from vault_tool.schema import TOOL_PREFIX, Field, FieldType, Schema, fold, joined
from vault_tool.vault.public import is_head_broken

TEXT = "text"
_COLON = re.compile(r"[:：][ \t　]*")
_TOP_KEY = re.compile(r"([^\s:：#\-\[\]{}][^:：\r\n]*)[:：]")
_CONFLICTS = f"{TOOL_PREFIX}conflicts"
_ITEMS = re.compile(r"\[.*\]")
_LONGEST_KEY = 40


class Group(NamedTuple):
    """The group that may read a field, and the field's canonical name."""

    group: str
    name: str


class SealedFields:
    """Which fields of a schema are sealed, and to whom; an unknown key counts when it is spelt like one."""

    def __init__(self, schema: Schema, customer_type: str | None) -> None:
        self._type = customer_type
        self._schema = schema
        self._like: dict[str, Field] = {}
        for field in schema.sealed_fields():
            for spelling in field.spellings:
                self._like.setdefault(joined(spelling), field)

    def of(self, field: Field | None, key: str) -> Group | None:
        """Return who may read what stands under a key; None for what stands open.

        Where the customer's type is unknown, what is sealed for any type is sealed.
        """
        if field is None:
            return self.spelt_before(key, 0, len(key))
        group = field.sealed_group(self._type) if self._type else field.any_group
        return Group(group, field.name) if group else None

    def spelt_before(self, text: str, start: int, colon: int) -> Group | None:
        """Return who may read what follows a colon, when a sealed key stands right before it."""
        for at in range(max(start, colon - _LONGEST_KEY), colon):
            is_boundary = at == start or not text[at - 1].isalnum()
            if is_boundary and text[at].isalnum() and (field := self._like.get(joined(text[at:colon]))):
                return self.of(field, field.name)
        return None


def sealed_fields(note: Note) -> SealedFields:
    """Return which fields are sealed for this customer."""
    known = note.schema.word("type", note.type) if note.type else None
    is_told_once = note.front_matter is not None and len(note.front_matter.all("type")) == 1
    customer_type = known.name if known and is_told_once else None
    # Made of the whole schema, for every note: schemas of one meaning seal the same.
    name = (note.schema.meaning, customer_type)
    if name not in _KEPT:
        if len(_KEPT) >= _MOST_KEPT:
            _KEPT.clear()
        _KEPT[name] = SealedFields(note.schema, customer_type)
    return _KEPT[name]


_KEPT: dict[tuple[str, str | None], SealedFields] = {}
_MOST_KEPT = 32


class Leaf(NamedTuple):
    """A value that is one whole for sealing: its path, who may read it, and where it stands."""

    path: str
    group: Group | None
    node: Node | None
    span: Span
    key_end: int


class Quoted(NamedTuple):
    """A `> [!conflict]` block, the note that its text is without the marks, and the places in that."""

    callout: Callout
    note: Note
    places: Places


class Places:
    """The fields of one note by where they stand; `leaves` are those outside `quoted`."""

    def __init__(self, note: Note, fields: SealedFields | None = None) -> None:
        """`fields` are which are sealed, where the note is a part of another one."""
        self.quoted = tuple(_quoted(note, fields))
        self._note = note = _with_stand_ins(note)
        self._fields = fields or sealed_fields(note)
        self.leaves = tuple(sorted(self._all(), key=lambda leaf: leaf.span))
        self._starts = [leaf.span.start for leaf in self.leaves]

    def field_at(self, offset: int) -> str:
        """Return the path of the field that a character stands in."""
        leaf = self.leaf_at(offset)
        return leaf.path if leaf else TEXT

    def leaf_at(self, offset: int) -> Leaf | None:
        """Return the innermost value that a character stands in; None in a text."""
        if quoted := self.quoted_at(offset):
            inner = quoted.callout.inner(offset)
            leaf = quoted.places.leaf_at(inner) if inner is not None else None
            if leaf is None:
                return None
            span, key = quoted.callout.outer(leaf.span), quoted.callout.outer(Span(0, leaf.key_end))
            return leaf._replace(span=span, key_end=key.end)
        for at in range(bisect_right(self._starts, offset) - 1, -1, -1):
            if self.leaves[at].span.holds(offset):
                return self.leaves[at]
        return None

    def quoted_at(self, offset: int) -> Quoted | None:
        """Return the block that a character stands in."""
        return next((each for each in self.quoted if each.callout.span.holds(offset)), None)

    def _all(self) -> Iterator[Leaf]:
        note = self._note
        tops = note.front_matter.fields if note.front_matter else ()
        for top in tops:
            yield from self._top(top)
        if is_head_broken(note):
            yield from self._lines(tops)
        inline_fields = [*note.profile.fields, *note.inline_fields]
        inline_fields += (inline for section in note.sections for inline in section.fields)
        for inline in inline_fields:
            yield self._inline(inline)

    def _top(self, top: FieldNode) -> Iterator[Leaf]:
        if top.name != _CONFLICTS:
            yield from self._node(top.field, top.key, top.node, "", None)
            return
        from vault_tool.merge.conflict_rows import conflict_rows  # here: hardly any note has some

        for row in conflict_rows(top.node, top.field):
            if row.path is None or row.key is None:
                yield from self._open(top.field, top.key, row.other, top.name)
            else:
                yield from self._other(row.path, row.key, row.other)

    def _other(self, path: str, key: Scalar, other: Node) -> Iterator[Leaf]:
        """Yield what the value that isn't shown holds, as if it stood at the path of the one shown."""
        prefix, outer = "", None
        *above, last = self._way(path)
        for step in above:
            if step.name is None:
                prefix += f"[{step.own_id}]"
                continue
            group = self._fields.of(step.field, step.name)
            prefix += ("." if prefix else "") + (step.field.name if step.field else fold(step.name))
            outer = outer or group
        if last.name is not None:
            named = key._replace(text=last.name)
            yield from self._node(last.field, named, other, f"{prefix}." if prefix else "", outer)
        elif outer is not None:
            yield from self._sealed(prefix, outer, key, other)
        else:
            yield from self._open(last.field, key, other, f"{prefix}[{_own_id(other)}]")

    def _way(self, path: str) -> list[_Step]:
        """Return the steps to the value at a path, which may be gone."""
        from vault_tool.merge.conflict_rows import find_way

        head = self._note.front_matter
        if found := find_way(head, path) if head else []:
            return [
                _Step(each.key.text if each.key else None, each.field, "" if each.key else _own_id(each.node))
                for each in found
            ]
        first, *names = _ITEMS.sub(".[]", path).split(".")
        field = self._note.schema.field(first)
        steps = [_Step(first, field)]
        for name in names:
            is_item = name == "[]"
            field = field if is_item or field is None else field.inner(name)
            steps.append(_Step(None if is_item else name, field))
        return steps

    def _node(
        self, field: Field | None, key: Scalar, node: Node, prefix: str, outer: Group | None
    ) -> Iterator[Leaf]:
        group = outer or self._fields.of(field, key.text)
        name = group.name if group and not outer else field.name if field else fold(key.text)
        path = prefix + name
        if group is not None:
            yield from self._sealed(path, group, key, node)
        else:
            yield from self._open(field, key, node, path)

    def _sealed(self, path: str, group: Group, key: Scalar, node: Node) -> Iterator[Leaf]:
        """Yield a sealed field's values: each item of a plain list by itself, anything odder as one whole."""
        items: tuple[Node, ...] = (node,)
        if isinstance(node, Sequence) and not node.is_marked and all(map(_is_plain, node.items)):
            items, path = node.items, f"{path}[]"
        for item in items:
            is_missing = item.span.end == item.span.start
            span = comment_behind(self._note.text, item.span) if is_missing else item.span
            if span:
                yield Leaf(path, group, item, span, key.span.end)

    def _open(self, field: Field | None, key: Scalar, node: Node, path: str) -> Iterator[Leaf]:
        match node:
            case Sequence(items=items):
                for item in items:
                    own_id = _own_id(item)
                    yield from self._open(field, key, item, f"{path}[{own_id}]")
            case Mapping(pairs=pairs):
                for inner, value in pairs:
                    inner_field = field.inner(inner.text) if field else None
                    yield from self._node(inner_field, inner, value, f"{path}.", None)
            case _ if node.span.end > node.span.start:
                yield Leaf(path, None, node, node.span, key.span.end)
                # A line in place of a map may have been meant as one.
                if field is None or field.type in (FieldType.MAP, FieldType.MAPS):
                    is_quoted = isinstance(node, Scalar) and node.style in ("single", "double")
                    content = Span(node.span.start + is_quoted, node.span.end - is_quoted)
                    yield from self._spelt(content, f"{path}.")

    def _inline(self, inline: InlineField) -> Leaf:
        group = self._fields.of(inline.field, inline.key)
        name = group.name if group else inline.name if inline.field else fold(inline.key)
        return Leaf(f"entry.{name}", group, None, inline.value_span, inline.key_span.end)

    def _lines(self, tops: tuple[FieldNode, ...]) -> Iterator[Leaf]:
        """Yield what stands in lines that no field could be read from, as far as a line tells."""
        note = self._note
        block = note.front_matter.block if note.front_matter else _head_lines(note)
        read = [(top.lines.start, top.node.span.end) for top in tops]
        parent: Field | None = None
        for line in iterate_lines(note.text, block.start, block.end):
            if found := _TOP_KEY.match(note.text, line.start, line.end):
                parent = note.schema.field(found[1])
            if any(start <= line.start < end for start, end in read):
                continue
            in_map = note.text[line.start] in " \t-" and parent is not None and bool(parent.fields)
            prefix = f"{parent.name}[]." if in_map and parent else ""
            yield from self._spelt(Span(line.start, line.end), prefix)

    def _spelt(self, span: Span, prefix: str) -> Iterator[Leaf]:
        """Yield what stands behind a sealed key and a colon, in each line of a text that may be a map."""
        text = self._note.text
        for line in iterate_lines(text, span.start, span.end):
            for colon in _COLON.finditer(text, line.start, line.end):
                group = self._fields.spelt_before(text, line.start, colon.start())
                end = line.start + len(text[line.start : line.end].rstrip())
                if group and colon.end() < end:
                    yield Leaf(prefix + group.name, group, None, Span(colon.end(), end), colon.start())
                    break


class _Step(NamedTuple):
    """A step on the way to a value: by a key; or, without one, to an item."""

    name: str | None
    field: Field | None
    own_id: str = ""


def _quoted(note: Note, fields: SealedFields | None) -> Iterator[Quoted]:
    for callout in find_callouts(note.text, note.profile.span.start, note.content_end, note.hidden):
        inner = parse_note(note.path, callout.quoted, note.schema)
        # What holds no type of its own is of the customer's.
        own = None if inner.front_matter else fields or sealed_fields(note)
        yield Quoted(callout, inner, Places(inner, own))


def _with_stand_ins(note: Note) -> Note:
    """Return a note of the same length in which the words to be sealed read as one word, as they will.

    Without quotes, YAML takes `{{seal: ...}}` for a map.
    """
    end = note.front_matter.span.end if note.front_matter else 0
    spans = [span for span in sealing_spans(note.text[: note.content_end]) if span.start < end]
    if not spans:
        return note
    edits = (Edit(span, "x" * (span.end - span.start)) for span in spans)
    return parse_note(note.path, apply_edits(note.text, edits), note.schema)


def _is_plain(node: Node) -> bool:
    return isinstance(node, Scalar) and not node.is_marked


def _own_id(item: Node) -> str:
    if isinstance(item, Mapping):
        for key, value in item.pairs:
            if fold(key.text) == "id" and isinstance(value, Scalar) and re.fullmatch(r"[\w-]+", value.text):
                return value.text
    return ""


def _head_lines(note: Note) -> Span:
    """Return the lines that were meant as front matter where no line closes it: up to the first heading."""
    end = note.profile.span.end
    for line in iterate_lines(note.text, 0, end):
        if note.text.startswith("#", line.start):
            end = line.start
            break
    return Span(0, end)
