"""Three-way merge of one field's value, by the policy that the schema gives it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from vault_tool.merge.choice import settle
from vault_tool.merge.entries import merge_additions
from vault_tool.merge.rows import Child, Row, Rows, cut_rows, flow_text, merge_rows, rows_text
from vault_tool.named import NamedTuple
from vault_tool.notes.edit_fields import shape
from vault_tool.notes.nodes import Mapping, Node, Scalar, Sequence
from vault_tool.notes.render_yaml import can_be_plain, double_quoted
from vault_tool.notes.text import Span
from vault_tool.notes.values import read_value, split_list
from vault_tool.schema import Field, FieldType, Schema


class Parted(NamedTuple):
    """A field with two values: where it stands (`stage`, `contacts[王总].title`), and the value not shown."""

    path: str
    other: Node


class FieldMerge:
    """Merges fields; `parted` are those that two people gave two values.

    `kept` are the names of items, such as contacts, that one side removed and the other changed: they stay.
    `is_spliced` tells whether some value was put together, and not just taken from a side with its lines.
    """

    def __init__(self, schema: Schema) -> None:
        self.parted: list[Parted] = []
        self.kept: list[str] = []
        self.is_spliced = False
        self._schema = schema

    def row(self, path: str, base: Row | None, a: Row, b: Row) -> tuple[str, str]:
        """Merge a field that both sides have; return the lines above it, and its own."""
        lead = merge_additions(base.lead if base else "", a.lead, b.lead)
        if a.text == b.text or (base and base.text in (a.text, b.text)):
            return lead, b.text if base and a.text == base.text else a.text
        self.is_spliced = True
        text, remark = self._value(path, base, a, b)
        if remark and remark not in lead:
            lead += f"{a.margin}{remark}\n"
        return lead, text

    def said(self, row: Row) -> object:
        """Return what a value means, whatever it looks like; None for an empty one."""
        node, field = row.node, row.field
        if isinstance(node, Scalar) and not node.text.strip():
            return None
        is_plain = isinstance(node, Scalar) or (
            isinstance(node, Sequence) and all(isinstance(item, Scalar) for item in node.items)
        )
        if field is None or not is_plain or field.type is FieldType.MAPS:
            return shape(node) or None
        return read_value(field, node, self._schema)

    def _value(self, path: str, base: Row | None, a: Row, b: Row) -> tuple[str, str]:
        """Return the merged text of a field that both changed, and a remark that found no place in it."""
        if (merged := self._by_policy(path, base, a, b)) is not None:
            return merged, ""
        in_base, in_a, in_b = (self.said(row) if row else None for row in (base, a, b))
        if in_a == in_b:
            typed = settle(base.typed if base else "", a.typed, b.typed, max)
            chosen = max((row for row in (a, b) if row.typed == typed), key=lambda row: row.text)
        elif in_base in (in_a, in_b):
            chosen = b if in_a == in_base else a
        elif in_a is None or in_b is None:
            chosen = b if in_a is None else a  # emptied against changed: the change stays
        else:
            other, chosen = sorted((a, b), key=lambda row: (flow_text(row.node), row.text))
            self.parted.append(Parted(path, other.node))
        return _in_best_form(chosen, base, a, b)

    def _by_policy(self, path: str, base: Row | None, a: Row, b: Row) -> str | None:
        """Return the merged text by the field's policy; None where that has no answer."""
        policy = a.field.merge if a.field else "scalar"
        if policy == "later":
            dated = [(day, row.text, row) for row in (a, b) if isinstance(day := self.said(row), date)]
            return _in_best_form(max(dated)[2], base, a, b)[0] if len(dated) == 2 else None
        if policy == "set":
            return self._as_set(base, a, b)
        children = _CHILDREN.get(policy)
        if children is None or self.said(a) is None or self.said(b) is None:
            return None
        cut_a, cut_b, was = (self._cut(row, children) for row in (a, b, base))
        if cut_a is None or cut_b is None or (cut_a.is_flow, cut_a.indent) != (cut_b.is_flow, cut_b.indent):
            return None

        def merge_row(before: Row | None, one: Row, other: Row) -> tuple[str, str]:
            inner = f"{path}[{one.name}]" if policy == "maps" else f"{path}.{one.name}"
            if policy == "maps" and (merged := self._item(inner, before, one, other)):
                return merged
            return self.row(inner, before, one, other)

        merged = merge_rows(was, cut_a, cut_b, merge_row, self.said, _by_name)
        if policy == "maps":
            known, in_a, in_b = (
                {row.name for row in side.rows} if side else set() for side in (was, cut_a, cut_b)
            )
            self.kept += [row.name for row in merged.rows if row.name in known - (in_a & in_b)]
        return rows_text(merged)

    def _cut(
        self, row: Row | None, children: Callable[[Node, Field | None], list[Child] | None]
    ) -> Rows | None:
        named = children(row.node, row.field) if row else None
        return cut_rows(row, named, under_key=True) if row and named else None

    def _item(self, path: str, base: Row | None, a: Row, b: Row) -> tuple[str, str] | None:
        """Merge an item that is a map on lines of its own: those are a map with a blank for the dash."""
        if not isinstance(a.node, Mapping) or not isinstance(b.node, Mapping) or a.node.flow or b.node.flow:
            return None
        cut_a, cut_b, was = (_cut_item(row) if row else None for row in (a, b, base))
        if cut_a is None or cut_b is None or cut_a.indent != cut_b.indent:
            return None
        if a.text == b.text:
            return a.lead, a.text
        merged = merge_rows(
            was,
            cut_a,
            cut_b,
            lambda before, one, other: self.row(f"{path}.{one.name}", before, one, other),
            self.said,
            _by_name,
        )
        text = rows_text(merged)
        dash = len(a.text) - len(a.text.lstrip(" "))
        first, rest = text.split("\n", 1)
        text = (
            f"{first[:dash]}-{first[dash + 1 :]}\n{rest}" if len(first) > dash else f"{' ' * dash}-\n{text}"
        )
        return merge_additions(base.lead if base else "", a.lead, b.lead), text

    def _as_set(self, base: Row | None, a: Row, b: Row) -> str | None:
        if self.said(a) is None or self.said(b) is None:
            return None
        cut = [_cut_set(row) if row else None for row in (base, a, b)]
        if cut[1] is None or cut[2] is None:
            return None

        def merge_row(before: Row | None, one: Row, other: Row) -> tuple[str, str]:
            lead = merge_additions(before.lead if before else "", one.lead, other.lead)
            return lead, settle(before.text if before else "", one.text, other.text, max)

        return rows_text(merge_rows(cut[0], cut[1], cut[2], merge_row, self.said, _by_name))


def _by_name(name: str) -> str:
    return name


def _in_best_form(chosen: Row, base: Row | None, a: Row, b: Row) -> tuple[str, str]:
    """Return a field with the chosen value, key and comment as merged; and the comment lost by that."""
    if not all(_is_simple(row) for row in (base, a, b) if row):
        other = b if chosen is a else a
        return chosen.text, _comment_behind(other) if other.text != chosen.text else ""
    was, in_a, in_b = (
        (row.text[: _from(row)], row.text[_from(row) + len(row.typed) :]) if row else ("", "")
        for row in (base, a, b)
    )
    head = settle(was[0], in_a[0], in_b[0], max)
    rest = settle(was[1], in_a[1], in_b[1], max)
    lost = {in_a[1], in_b[1]} - {rest, was[1]}
    return head + chosen.typed + rest, (lost.pop().strip() if lost else "")


def _comment_behind(row: Row) -> str:
    """Return the comment that stands behind a value on its last line."""
    behind = row.text[row.node.span.end - row.at :].strip()
    return behind if behind.startswith("#") and "\n" not in behind else ""


def _is_simple(row: Row) -> bool:
    node = row.node
    return (
        isinstance(node, Scalar)
        and node.style in ("plain", "single", "double")
        and not node.is_marked
        and "\n" not in row.typed
        and row.text.endswith("\n") == (row.text.count("\n") == 1)
    )


def _from(row: Row) -> int:
    return row.node.span.start - row.at


# --- what a list or map is cut into ------------------------------------------------------------------------


def item_name(node: Node, field: Field | None) -> str:
    """Return what tells an item of a list of maps from the others: its `id`, its `name`, or all of it."""
    if isinstance(node, Scalar):
        words = node.text.split(maxsplit=1)
        return words[0] if words else ""
    if isinstance(node, Mapping):
        told = {
            inner.name if (inner := field and field.inner(key.text)) else key.text: value
            for key, value in node.pairs
        }
        for name in ("id", "name"):
            value = told.get(name)
            if isinstance(value, Scalar) and value.text.strip():
                return value.text.strip()
    return flow_text(node)


def item_children(node: Node, field: Field | None) -> list[Child] | None:
    """Return the items of a list of maps; None for anything else."""
    if not isinstance(node, Sequence) or node.is_marked:
        return None
    return [(item_name(item, field), None, item, field) for item in node.items]


def key_children(node: Node, field: Field | None) -> list[Child] | None:
    """Return the fields of a map by canonical name; None for anything else."""
    if not isinstance(node, Mapping) or node.is_marked:
        return None
    children: list[Child] = []
    for key, value in node.pairs:
        inner = field.inner(key.text) if field else None
        children.append((inner.name if inner else key.text, key, value, inner))
    return children


_CHILDREN = {"map": key_children, "maps": item_children}


def _cut_item(row: Row) -> Rows | None:
    named = key_children(row.node, row.field)
    dash = len(row.text) - len(row.text.lstrip(" "))
    if not named or row.text[dash : dash + 1] != "-":
        return None
    undashed = row._replace(text=f"{row.text[:dash]} {row.text[dash + 1 :]}")
    return cut_rows(undashed, named, under_key=False)


def _cut_set(row: Row) -> Rows | None:
    """Cut a list into items named by their text; one text counts as a list in brackets."""
    node = row.node
    if isinstance(node, Sequence) and not node.is_marked:
        return cut_rows(row, [(_item_text(item), None, item, None) for item in node.items], under_key=True)
    if not _is_simple(row):
        return None
    assert isinstance(node, Scalar)
    is_list = row.field is not None and row.field.type is FieldType.LIST
    items: list[Row] = []
    for text in dict.fromkeys(split_list(node.text) if is_list else (node.text,)):
        typed = text if can_be_plain(text, in_flow=True) else double_quoted(text)
        items.append(Row(text, typed, 0, None, Scalar(text, Span(0, len(typed)), "plain"), None))
    start = _from(row)
    return Rows(f"{row.text[:start]}[", tuple(items), f"]{row.text[start + len(row.typed) :]}", True, 0)


def _item_text(item: Node) -> str:
    return item.text.strip() if isinstance(item, Scalar) else flow_text(item)
