"""Three-way merge of front matter: field by field where YAML reads all of it, else line by line."""

from __future__ import annotations

import re

from vault_tool.merge.choice import settle
from vault_tool.merge.conflict_rows import (
    CONFLICTS,
    ConflictRow,
    conflict_rows,
    field_text,
    is_settled,
    merged_conflicts,
)
from vault_tool.merge.entries import merge_additions
from vault_tool.merge.field_values import FieldMerge
from vault_tool.merge.lines import merge_lines, with_disputes_as
from vault_tool.merge.rows import Child, Row, Rows, cut_lines, merge_rows, rows_text
from vault_tool.named import NamedTuple
from vault_tool.notes.frontmatter import FrontMatter, parse_front_matter
from vault_tool.notes.nodes import Scalar
from vault_tool.notes.text import Span
from vault_tool.schema import Schema

_TAB = re.compile(r"(?m)^ *\t")


class MergedHead(NamedTuple):
    """The merged block with its `---` lines, None for none; `parted` is one that couldn't be merged.

    `kept` are the names of contacts and the like that one side removed and the other changed: they stay.
    """

    text: str | None
    parted: str | None = None
    kept: tuple[str, ...] = ()


def merge_front_matter(base: str | None, a: str | None, b: str | None, schema: Schema) -> MergedHead:
    """Merge three blocks of front matter (LF alone, with both `---` lines). Where YAML can't help, by lines.

    The result is read again: it never parses worse than both sides.
    """
    if a == b or b == base:
        return MergedHead(a)
    if a == base or a is None or b is None:
        return MergedHead(b if a == base or a is None else a)
    in_a, in_b = _Block(a, schema), _Block(b, schema)
    before = _Block(base, schema) if base is not None else None
    merged: MergedHead | None = None
    if before is None or before.rows:
        merged = _by_field(before, in_a, in_b, schema)
    if merged is None:
        merged = _by_line(base or "", in_a, in_b, schema) or _by_field(None, in_a, in_b, schema)
    if merged is not None:
        return merged
    one, other = sorted((in_a, in_b), key=lambda block: (block.rows is None, block.problems, block.text))
    return MergedHead(one.text, other.text)


class _Block:
    """One version of the block; `rows` is None where it is to be taken as text."""

    def __init__(self, text: str, schema: Schema) -> None:
        self.text = text
        self.read = parse_front_matter(text, schema)
        self.rows = _rows(text, self.read) if self.read else None

    @property
    def problems(self) -> tuple[bool, int]:
        """What is wrong: whether YAML refuses it, and how many fields stand twice."""
        if self.read is None:
            return True, 0
        names = [top.name for top in self.read.fields]
        return self.read.error is not None, len(names) - len(set(names))


def _rows(text: str, read: FrontMatter) -> Rows | None:
    """Cut the block into its fields; None where it is no plain list of them."""
    names = [top.name for top in read.fields]
    if read.error or read.anchors or read.is_flow or len(set(names)) < len(names) or _TAB.search(text):
        return None
    children: list[Child] = [(top.name, top.key, top.node, top.field) for top in read.fields]
    spans = [(top.key.span.start, top.lines.end) for top in read.fields]
    return cut_lines(text, 0, read.block.start, children, spans)


def _by_line(base: str, a: _Block, b: _Block, schema: Schema) -> MergedHead | None:
    regions = merge_lines(*(side.splitlines(keepends=True) for side in (base, a.text, b.text)))
    one, other = ("".join(with_disputes_as(regions, side)) for side in ("a", "b"))
    if one != other:
        return None
    merged = _Block(one, schema)
    is_good = merged.problems <= max(a.problems, b.problems) and _is_whole(merged)
    return MergedHead(one) if is_good else None


def _is_whole(block: _Block) -> bool:
    return block.read is not None and block.read.span.end == len(block.text)


def _by_field(base: _Block | None, a: _Block, b: _Block, schema: Schema) -> MergedHead | None:
    """Return the merged block; None where one is text, and where the result doesn't read as it should."""
    was = base.rows if base else None
    if a.rows is None or b.rows is None:
        return None
    if a.rows.indent != b.rows.indent and a.rows.rows and b.rows.rows:
        return None
    fields = FieldMerge(schema)
    ranks = {field.name: at for at, field in enumerate(schema.fields)} | {CONFLICTS: len(schema.fields) + 1}

    def rank(name: str) -> tuple[int, str]:
        return ranks.get(name, len(schema.fields)), name

    def merge_row(before: Row | None, one: Row, other: Row) -> tuple[str, str]:
        if one.name == CONFLICTS:
            return merge_additions(before.lead if before else "", one.lead, other.lead), ""  # see below
        return fields.row(one.name, before, one, other)

    merged = merge_rows(was, a.rows, b.rows, merge_row, fields.said, rank)
    after = merge_additions(was.after if was else "", a.rows.after, b.rows.after)
    before = settle(was.before if was else "", a.rows.before, b.rows.before, max)
    merged = merged._replace(before=before, after=after)
    if not fields.is_spliced and not any(row.name == CONFLICTS for row in merged.rows):
        return MergedHead(rows_text(merged))
    open_rows = merged_conflicts([_conflicts_in(side) for side in (was, a.rows, b.rows)], fields.parted)
    block = _Block(rows_text(_with_conflicts(merged, open_rows, (a.rows, b.rows))), schema)
    if open_rows and block.read is not None:
        settled = {row.text for row in _conflicts_in(block.rows) if is_settled(row, block.read)}
        left = [row for row in open_rows if row not in settled]
        if settled:
            block = _Block(rows_text(_with_conflicts(merged, left, (a.rows, b.rows))), schema)
    names = [row.name for row in merged.rows if row.name != CONFLICTS]
    there = [row.name for row in block.rows.rows if row.name != CONFLICTS] if block.rows else None
    if there != names or not _is_whole(block):
        return None
    return MergedHead(block.text, kept=tuple(sorted(fields.kept)))


def _conflicts_in(rows: Rows | None) -> list[ConflictRow]:
    found = next((row for row in rows.rows if row.name == CONFLICTS), None) if rows else None
    return conflict_rows(found.node, found.field) if found else []


def _with_conflicts(merged: Rows, open_rows: list[str], sides: tuple[Rows, Rows]) -> Rows:
    """Return the fields with these open conflicts; where a side has just those, as they are written there."""
    as_written = [
        row.text
        for side in sides
        for row in side.rows
        if row.name == CONFLICTS and sorted({each.text for each in _conflicts_in(side)}) == open_rows
    ]
    text = max(as_written, default=_indented(open_rows, merged.indent) if open_rows else "")
    rows = [row._replace(text=text) if row.name == CONFLICTS else row for row in merged.rows]
    if open_rows and all(row.name != CONFLICTS for row in rows):
        node = Scalar("", Span(0, 0), "missing")
        rows.append(Row(CONFLICTS, text, 0, node, node, None))
    return merged._replace(rows=tuple(row for row in rows if row.text))


def _indented(rows: list[str], indent: int) -> str:
    return "".join(f"{' ' * indent}{line}" for line in field_text(rows).splitlines(keepends=True))
