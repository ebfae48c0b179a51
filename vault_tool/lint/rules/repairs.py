"""Marks that YAML takes otherwise than a person: in the Chinese width, without a blank, `#` before a tag."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vault_tool.lint.rule import Context, Fix, Flaw, Rule, Severity
from vault_tool.lint.rules.leaves import maps_of
from vault_tool.lint.rules.remember import remember
from vault_tool.messages import N_
from vault_tool.named import NamedTuple
from vault_tool.notes.edit_fields import shape
from vault_tool.notes.frontmatter import FieldNode, FrontMatter, parse_front_matter
from vault_tool.notes.nodes import Mapping, Node, Scalar, Sequence
from vault_tool.notes.note import Note
from vault_tool.notes.text import Edit, Span, apply_edits, iterate_lines
from vault_tool.patterns import pattern
from vault_tool.schema import Field, FieldType

_KEY = pattern(r"([ \t]*(?:-[ \t]+)*)([^\s:：#\[\]{}'\"-][^:：\r\n]*?)[ \t]*(：|:(?=[^\s:]))")
_ANY_KEY = pattern(r"([^\s:：#\[\]{}-][^:：\r\n]*?)[ \t]*[:：]")
_COMMA = pattern(r"[，、][ \t]*")
_SEPARATOR = pattern(r"[，、：][ \t]*")
_LIST = FieldType.LIST  # asked of every list: to name it within its enumeration takes ten times as long
_NAMES = ("tags", "aliases")  # lists of single words, in which no item holds a comma

# A list in one line, in which `#` begins a word: to YAML the rest, with the bracket, is a comment.
_HASHED_LIST = pattern(
    r"(?P<key>[^\s:：#\[\]{}'\"-][^:：\r\n]*?)[ \t]*[:：][ \t]*\[(?P<items>[^\[\]'\"\r\n]*)\][ \t]*"
)
_HASHED = pattern(r"(?:(?<=[,，、])|\A)[ \t]*(#[^,，、\r\n]*?)[ \t]*(?=[,，、]|\Z)")

FULLWIDTH, GLUED, HASH = "FM004", "FM015", "FM013"


class Repair(NamedTuple):
    """One mark to put right; `is_enough` tells whether all of a note's together make it read as meant."""

    code: str
    span: Span
    key: str
    message: str
    edits: tuple[Edit, ...]
    is_enough: bool = False


@remember
def repairs(note: Note) -> tuple[Repair, ...]:
    """Return the marks of the front matter that YAML doesn't take for its own, though a person means them."""
    block = note.front_matter
    if block is None:
        return ()
    found = tuple(_swallowed(note, block))
    if block.error is not None:
        found = tuple({repair.span: repair for repair in (*_refused(note, block), *found)}.values())
    if not found:
        return ()
    is_enough = _reads_as_meant(note, block, found)
    return tuple(repair._replace(is_enough=is_enough) for repair in found)


def _refused(note: Note, block: FrontMatter) -> Iterator[Repair]:
    """Look at each line of a block that YAML refuses."""
    field: Field | None = None
    for line in iterate_lines(note.text, block.block.start, block.block.end):
        if top := _ANY_KEY.match(note.text, line.start, line.end):
            field = note.schema.field(top[1])
        found = _KEY.match(note.text, line.start, line.end)
        if found and (field.inner(found[2]) if found[1] and field else note.schema.field(found[2])):
            yield _colon(note.text, found)
        hashed = _HASHED_LIST.fullmatch(note.text, line.start, line.end)
        if hashed and note.schema.field(hashed["key"]):
            yield from _hashes(hashed)


def _hashes(line: re.Match[str]) -> Iterator[Repair]:
    """Quote each word of a list that `#` begins, and narrow the commas between them, all at once."""
    start, items = line.start("items"), line["items"]
    words = [(Span(*found.span(1)).moved_by(start), found[1]) for found in _HASHED.finditer(items)]
    if words:
        edits = [Edit(span, f'"{word}"') for span, word in words]
        edits += (Edit(Span(*comma.span()).moved_by(start), ", ") for comma in _COMMA.finditer(items))
        message = N_("`#` begins a comment here: write the word in quotes")
        yield Repair(HASH, words[0][0], line["key"], message, tuple(edits))


def _colon(text: str, found: re.Match[str]) -> Repair:
    mark = Span(*found.span(3))
    if found[3] == ":":
        message = N_("A colon needs a blank behind it: `{key}: …`")
        return Repair(GLUED, mark, found[2], message, (Edit(Span(mark.end, mark.end), " "),))
    ends_line = text[mark.end : mark.end + 1] in ("", " ", "\t", "\r", "\n")
    edit = Edit(mark, ":" if ends_line else ": ")
    return Repair(FULLWIDTH, mark, found[2], N_("Full-width colon after `{key}`"), (edit,))


def _swallowed(note: Note, block: FrontMatter) -> Iterator[Repair]:
    """Look into the values of a block that YAML reads, though not as it was meant."""
    for top in maps_of(note):
        assert top.field is not None  # only a field of the schema holds fields
        for node in top.node.items if isinstance(top.node, Sequence) else (top.node,):
            yield from _in_map(note, top.field, node)
    for top in block.fields:
        node = top.node
        if type(node) is Sequence and node.flow and top.field and top.field.type is _LIST:
            yield from _in_list(note, top, node)


def _in_map(note: Note, field: Field, node: Node) -> Iterator[Repair]:
    if isinstance(node, Scalar):
        if node.style != "plain" or (":" not in node.text and "：" not in node.text):
            return
        at = node.span.start
        for line in iterate_lines(note.text, node.span.start, node.span.end):
            found = _KEY.match(note.text, max(line.start, at), line.end)
            if found and field.inner(found[2]):
                yield _colon(note.text, found)
    elif isinstance(node, Mapping) and node.flow:
        for key, _ in node.pairs:
            name, mark, _ = key.text.partition("：")
            if mark and key.style == "plain" and field.inner(name):
                edits = _ascii_marks(note.text, key.span)
                yield Repair(FULLWIDTH, key.span, name, N_("Full-width colon after `{key}`"), edits)


def _in_list(note: Note, top: FieldNode, node: Sequence) -> Iterator[Repair]:
    if len(node.items) > 1 and top.name not in _NAMES:
        return  # a sentence may well have its comma
    for item in node.items:
        if type(item) is not Scalar or ("，" not in item.text and "、" not in item.text):
            continue
        if item.style == "plain":
            edits = _ascii_marks(note.text, item.span, _COMMA)
            yield Repair(
                FULLWIDTH, item.span, top.key.text, N_("Full-width comma in the list `{key}`"), edits
            )


def _ascii_marks(text: str, span: Span, marks: re.Pattern[str] = _SEPARATOR) -> tuple[Edit, ...]:
    return tuple(
        Edit(Span(*found.span()), ": " if found[0][0] == "：" else ", ")
        for found in marks.finditer(text, span.start, span.end)
    )


def _reads_as_meant(note: Note, block: FrontMatter, found: tuple[Repair, ...]) -> bool:
    """Tell whether the repaired note parses, with all that no repair touches as it was."""
    edits = [edit for repair in found for edit in repair.edits]
    after = parse_front_matter(apply_edits(note.text, edits), note.schema)
    if after is None or after.error is not None:
        return False
    if block.error is not None:
        return [node.name for node in after.fields] == [node.name for node in block.fields]
    touched = {top.name for top in block.fields if any(top.lines.holds(edit.span.start) for edit in edits)}
    before, now = (
        [(node.name, shape(node.node)) for node in fields if node.name not in touched]
        for fields in (block.fields, after.fields)
    )
    return before == now


def fullwidth_syntax(note: Note, context: Context) -> Iterator[Flaw]:
    """YAML's colons and commas are the narrow ones.

    Why: behind a full-width colon YAML sees no value, and between full-width commas a single word.
    Bad: `阶段：成交` or `tags: [制造业，展会]`
    Good: `阶段: 成交` or `tags: [制造业, 展会]`
    Fix: safe, where the front matter reads as meant afterwards.
    """
    yield from repaired(note, FULLWIDTH)


def colon_without_blank(note: Note, context: Context) -> Iterator[Flaw]:
    """A blank stands behind the colon of a field.

    Why: without it YAML sees one long word and no field.
    Bad: `stage:won`
    Good: `stage: won`
    Fix: safe, where the front matter reads as meant afterwards.
    """
    yield from repaired(note, GLUED)


def repaired(note: Note, code: str) -> Iterator[Flaw]:
    """Yield what a rule finds of these marks."""
    for repair in repairs(note):
        if repair.code == code:
            fix = Fix(repair.edits) if repair.is_enough else None
            yield Flaw(repair.span, repair.message, {"key": repair.key}, fix)


RULES = (
    Rule(FULLWIDTH, "fullwidth-syntax", Severity.ERROR, "safe", fullwidth_syntax),
    Rule(GLUED, "colon-without-blank", Severity.ERROR, "safe", colon_without_blank),
)
