"""`vault_conflicts:` in the front matter: a row `{field, other}` for each value that isn't shown."""

from __future__ import annotations

from collections.abc import Iterable

from vault_tool.merge.field_values import Parted, item_children, key_children
from vault_tool.merge.rows import flow_text, told_apart
from vault_tool.named import NamedTuple
from vault_tool.notes.frontmatter import FieldNode, FrontMatter
from vault_tool.notes.nodes import Node, Scalar, Sequence
from vault_tool.notes.text import Span
from vault_tool.schema import TOOL_PREFIX, Field

CONFLICTS = f"{TOOL_PREFIX}conflicts"


class ConflictRow(NamedTuple):
    """One row, and `text`, how we write it; `path` is None for what somebody else wrote there.

    `key` is that of the other value.
    """

    path: str | None
    other: Node
    text: str
    span: Span
    key: Scalar | None = None


class Found(NamedTuple):
    """A value by its path: its key, where it has one, and the schema's field."""

    key: Scalar | None
    node: Node
    field: Field | None


def conflict_rows(node: Node, field: Field | None) -> list[ConflictRow]:
    """Read the rows of the field, in order."""
    if isinstance(node, Scalar) and not node.text.strip():
        return []
    items = node.items if isinstance(node, Sequence) else (node,)
    return [_read(item, field) for item in items]


def _read(item: Node, field: Field | None) -> ConflictRow:
    told = {name: (key, value) for name, key, value, _ in key_children(item, field) or ()}
    _, path = told.get("field", (None, None))
    key, other = told.get("other", (None, None))
    if isinstance(path, Scalar) and other is not None:
        return ConflictRow(path.text, other, row_text(path.text, other), item.span, key)
    return ConflictRow(None, item, f"  - {flow_text(item)}\n", item.span)


def row_text(path: str, other: Node) -> str:
    """Return a row as it is written."""
    key = flow_text(Scalar(path, Span(0, 0), "plain"), in_flow=False)
    return f"  - field: {key}\n    other: {flow_text(other, in_flow=False)}\n"


def merged_conflicts(sides: Iterable[Iterable[ConflictRow]], parted: Iterable[Parted]) -> list[str]:
    """Return the rows of base and sides merged: what a side took away is settled, what it added is open."""
    was, in_a, in_b = ({row.text for row in side} for side in sides)
    new = {row_text(each.path, each.other) for each in parted}
    return sorted((in_a & in_b) | (in_a - was) | (in_b - was) | new)


def field_text(rows: Iterable[str]) -> str:
    """Return the whole field."""
    return f"{CONFLICTS}:\n{''.join(rows)}"


def find_value(front_matter: FrontMatter, path: str) -> Found | None:
    """Find the value at a path (`stage`, `consent.date`, `contacts[王总].title`)."""
    found = find_way(front_matter, path)
    return found[-1] if found else None


def find_way(front_matter: FrontMatter, path: str) -> list[Found]:
    """Return the values on the way to the one at a path, that one last; none where it isn't there."""
    for top in front_matter.fields:
        if path.startswith(top.name) and (found := _within(top, path[len(top.name) :])):
            return found
    return []


def _within(top: FieldNode, rest: str) -> list[Found]:
    return _step(Found(top.key, top.node, top.field), rest)


def _step(at: Found, rest: str) -> list[Found]:
    if not rest:
        return [at]
    if rest[0] == "." and (keys := key_children(at.node, at.field)):
        for name, key, node, field in told_apart(keys):
            if rest[1:].startswith(name) and (found := _step(Found(key, node, field), rest[1 + len(name) :])):
                return [at, *found]
    elif rest[0] == "[" and (items := item_children(at.node, at.field)):
        for name, _, node, field in told_apart(items):
            ahead = f"[{name}]"
            if rest.startswith(ahead) and (found := _step(Found(None, node, field), rest[len(ahead) :])):
                return [at, *found]
    return []


def is_settled(row: ConflictRow, front_matter: FrontMatter) -> bool:
    """Tell whether a row's value is the very one that is shown."""
    found = find_value(front_matter, row.path) if row.path is not None else None
    return found is not None and flow_text(found.node) == flow_text(row.other)
