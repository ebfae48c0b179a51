"""A YAML list or map cut into rows that can be moved: lines with their comments, or what commas part."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from vault_tool.merge.choice import merged_order, settle
from vault_tool.named import NamedTuple
from vault_tool.notes.nodes import Alias, Mapping, Node, Scalar, Sequence
from vault_tool.notes.render_yaml import double_quoted, render_scalar
from vault_tool.schema import Field, FieldType


class Row(NamedTuple):
    """One field of a map, or one item of a list: `text` is what of the note is its own, `lead` what is above.

    `at` is where `text` starts in what the node's spans count in. `name` tells it from the others.
    """

    name: str
    text: str
    at: int
    key: Scalar | None
    node: Node
    field: Field | None
    lead: str = ""

    @property
    def typed(self) -> str:
        """The value as it is written."""
        start, end = self.node.span
        return self.text[start - self.at : end - self.at]

    @property
    def margin(self) -> str:
        """The blanks that its first line begins with."""
        return self.text[: len(self.text) - len(self.text.lstrip(" "))]


class Rows(NamedTuple):
    """A list or map: `before` and `after` are what stands around its rows."""

    before: str
    rows: tuple[Row, ...]
    after: str
    is_flow: bool
    indent: int


_COMMENT = re.compile(r"(?m)(?<=[ \t])#.*$")

Child = tuple[str, Scalar | None, Node, Field | None]
"""A row to be cut: name, key, node, field."""


def cut_rows(row: Row, children: Iterable[Child], *, under_key: bool) -> Rows | None:
    """Cut a list or map into these children; None where it isn't laid out so that it could be.

    `under_key` says that the first line is that of its key, as in a block; a flow is cut at its brackets.
    """
    node = row.node
    assert isinstance(node, Sequence | Mapping)
    named = told_apart(children)
    if node.flow:
        return _cut_flow(row, node, named)
    if not named:
        return None
    start = row.text.find("\n") + 1 if under_key else 0
    spans = [(key.span.start if key else child.span.start, child.span.end) for _, key, child, _ in named]
    return cut_lines(row.text, row.at, start, named, spans)


def cut_lines(
    text: str, at: int, start: int, children: list[Child], spans: list[tuple[int, int]]
) -> Rows | None:
    """Cut whole lines into rows, each from the line of its key or dash to the end of its value."""
    rows: list[Row] = []
    done, indent = start, -1
    for (name, key, node, field), (first, last) in zip(children, spans, strict=True):
        begin = text.rfind("\n", 0, first - at) + 1
        end = _line_end(text, max(last - at, (key.span.end - at) if key else 0), begin)
        margin = text[begin : first - at]
        if key is None:
            if margin.strip() != "-":
                return None
            margin = margin[: margin.index("-")]
        if begin < done or margin.strip(" ") or (indent >= 0 and len(margin) != indent):
            return None
        indent = len(margin)
        rows.append(Row(name, text[begin:end], at + begin, key, node, field, text[done:begin]))
        done = end
    return Rows(text[:start], tuple(rows), text[done:], False, max(indent, 0))


def _line_end(text: str, end: int, begin: int) -> int:
    if end > begin and text[end - 1] == "\n":
        return end
    found = text.find("\n", end)
    return found + 1 if found >= 0 else len(text)


def _cut_flow(row: Row, node: Sequence | Mapping, children: list[Child]) -> Rows | None:
    typed = row.typed
    if not typed or typed[0] not in "[{" or ("#" in typed and "\n" in typed):
        return None
    start, end = node.span.start - row.at, node.span.end - row.at
    rows = []
    for name, key, child, field in children:
        first = key.span.start if key else child.span.start
        last = max(child.span.end, key.span.end if key else 0)
        rows.append(Row(name, row.text[first - row.at : last - row.at], first, key, child, field))
    return Rows(row.text[: start + 1], tuple(rows), row.text[end - 1 :], True, 0)


def told_apart(children: Iterable[Child]) -> list[Child]:
    """Return the children with names of their own: the second `王总` is `王总#2`."""
    seen: set[str] = set()
    unique: list[Child] = []
    for name, key, node, field in children:
        count, own = 1, name
        while own in seen:
            count, own = count + 1, f"{name}#{count + 1}"
        seen.add(own)
        unique.append((own, key, node, field))
    return unique


# --- putting rows together ---------------------------------------------------------------------------------

MergeRow = Callable[[Row | None, Row, Row], tuple[str, str]]
"""Merges a row that both sides have: its lead and its text."""


def is_alike(a: Rows, b: Rows) -> bool:
    """Tell whether two lists or maps are written in one form, so that their rows can be merged in place."""
    return a.is_flow == b.is_flow and a.indent == b.indent


def merge_rows(
    base: Rows | None,
    a: Rows,
    b: Rows,
    merge_row: MergeRow,
    said: Callable[[Row], object],
    rank: Callable[[str], Any],
) -> Rows:
    """Merge three lists or maps. A row that one side took away stays where the other one changed it.

    Rows that both sides have are merged only where the two are alike in form; else that side's counts whose
    form the result has.
    """
    was, in_a, in_b = ({row.name: row for row in side.rows} if side else {} for side in (base, a, b))
    model = _model(base, a, b)
    merged: dict[str, Row] = {}
    for name in dict.fromkeys((*was, *in_a, *in_b)):
        before, one, other = was.get(name), in_a.get(name), in_b.get(name)
        if one is not None and other is not None:
            if is_alike(a, b):
                lead, text = merge_row(before, one, other)
                merged[name] = one._replace(lead=lead, text=text)
            else:
                row, source = (one, a) if is_alike(a, model) else (other, b)
                merged[name] = _in_form(row, source, model)
        elif (found := one or other) and (before is None or _is_changed(before, found, said)):
            merged[name] = _in_form(found, a if found is one else b, model)
    order = merged_order(list(was), list(in_a), list(in_b), merged, rank)
    return model._replace(rows=tuple(merged[name] for name in order))


def _is_changed(before: Row, after: Row, said: Callable[[Row], object]) -> bool:
    """Tell whether a row says something else, or something was noted down above it or behind it."""
    if not {*_COMMENT.findall(after.text)} <= {*_COMMENT.findall(before.text)}:
        return True
    if after.lead != before.lead and {*after.lead.split("\n"), ""} - {*before.lead.split("\n"), ""}:
        return True
    return after.text != before.text and said(after) != said(before)


def _model(base: Rows | None, a: Rows, b: Rows) -> Rows:
    """Return one of two lists or maps for its form, with what stands around the rows in both."""
    if not is_alike(a, b):
        if base is not None and is_alike(a, base) != is_alike(b, base):
            return b if is_alike(a, base) else a
        return min(a, b, key=lambda side: (side.is_flow, side.indent))
    before = settle(base.before if base else "", a.before, b.before, max)
    after = settle(base.after if base else "", a.after, b.after, max)
    return a._replace(before=before, after=after)


def _in_form(row: Row, source: Rows, model: Rows) -> Row:
    """Return a row as it stands in a list or map of the model's form."""
    if is_alike(source, model):
        return row
    if model.is_flow:
        key = f"{flow_text(row.key)}: " if row.key else ""
        return row._replace(text=key + flow_text(row.node), lead="")
    pad = " " * model.indent
    if source.is_flow:
        dash = "" if row.key else "- "
        return row._replace(text=f"{pad}{dash}{row.text}\n", lead="")
    return row._replace(text=_moved(row.text, source.indent, pad), lead=_moved(row.lead, source.indent, pad))


def _moved(lines: str, indent: int, pad: str) -> str:
    return re.sub(rf"(?m)^ {{{indent}}}(?=.)", pad, lines)


def rows_text(rows: Rows) -> str:
    """Return a list or map as one text again."""
    if rows.is_flow:
        return rows.before + ", ".join(row.text for row in rows.rows) + rows.after
    return rows.before + "".join(row.lead + row.text for row in rows.rows) + rows.after


def flow_text(node: Node, in_flow: bool = True) -> str:
    """Return a value on one line, as YAML: scalars with the quotes they had, lists and maps in brackets."""
    match node:
        case Scalar(text=text, style=style):
            try:
                return _findable(render_scalar(text, style, FieldType.DATED, in_flow))
            except ValueError:
                return double_quoted(text)  # what UTF-8 can't hold, it escapes
        case Sequence(items=items):
            return f"[{', '.join(flow_text(item) for item in items)}]"
        case Mapping(pairs=pairs):
            return f"{{{', '.join(f'{flow_text(key)}: {flow_text(value)}' for key, value in pairs)}}}"
        case Alias():
            return '"*"'


_ESCAPED_BEFORE = re.compile(r"(\\(?:x..|u.{4}|U.{8}|[A-Za-z0]))(?=sealed-)")


def _findable(typed: str) -> str:
    """Keep a sealed reference apart from the letter of an escape before it: it is found by its look."""
    if typed[0] != '"' or "sealed-" not in typed:
        return typed
    return _ESCAPED_BEFORE.sub(r"\1\\" + "\n      ", typed)
