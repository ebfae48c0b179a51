"""Front matter: fields with the span of every key and value, read as people mean them.

YAML gives the structure, never the types: `0571`, `NO` and `12:30` stay as typed. Where YAML refuses a
value that people write all the same (`owner: @li.na`), that value is set aside and read raw; where it
refuses the whole block, each field is read on its own and the block carries an `error`.
"""

from __future__ import annotations

from collections.abc import Iterator

from vault_tool.messages import N_
from vault_tool.named import NamedTuple
from vault_tool.notes.nodes import BlockError, Mapping, Node, Scalar, Sequence, Tree
from vault_tool.notes.simple_yaml import read_simple, without_comment
from vault_tool.notes.text import BOM, Line, Span, iterate_lines, line_end, make, next_line
from vault_tool.patterns import pattern
from vault_tool.schema import Field, Schema

NOT_A_MAPPING = N_("this is not a list of `field: value` lines")


class FieldNode(NamedTuple):
    """One field of a note: its key, its value, and the schema's field where the key is known."""

    key: Scalar
    node: Node
    field: Field | None
    lines: Span

    @property
    def name(self) -> str:
        """The canonical name; the key as typed where the schema doesn't know it."""
        return self.field.name if self.field else self.key.text


class YamlProblem(NamedTuple):
    """Why YAML refused the block, and where (a character offset in the note)."""

    offset: int
    message: str


class FrontMatter(NamedTuple):
    """The block at a note's start. `span` includes both `---` lines, `block` is what stands between."""

    span: Span
    block: Span
    fields: tuple[FieldNode, ...]
    error: YamlProblem | None
    anchors: tuple[Span, ...]
    raw_values: tuple[Span, ...]  # values YAML would refuse or misread without quotes
    is_flow: bool = False

    def get(self, name: str) -> FieldNode | None:
        """Return the first field of this canonical name."""
        return next((node for node in self.fields if node.name == name), None)

    def all(self, name: str) -> tuple[FieldNode, ...]:
        """Return every field of this canonical name, in file order."""
        return tuple(node for node in self.fields if node.name == name)


_CLOSING = pattern(r"\n(---[ \t]*)(?=[\r\n]|\Z)")
_CLOSING_AFTER_ANY = pattern(r"[\r\n](---[ \t]*)(?=[\r\n]|\Z)")


def cut(text: str) -> tuple[Span, Span] | None:
    """Return the spans of the front matter with and without its `---` lines; None when it has none."""
    start = _fence_start(text)
    if start is None:
        return None
    first_end = line_end(text, start)
    # A literal line feed in front is found much faster than a choice of breaks; few files have others.
    closing = _CLOSING_AFTER_ANY if "\r" in text else _CLOSING
    found = closing.search(text, first_end)
    if found is None:
        return None
    return Span(start, next_line(text, found.end())), Span(next_line(text, first_end), found.start(1))


def opens_without_closing(text: str) -> bool:
    """Tell whether a text begins with `---` but no second such line follows."""
    return _fence_start(text) is not None and cut(text) is None


def _fence_start(text: str) -> int | None:
    """Return where the first line is, if that is nothing but `---`."""
    start = len(BOM) if text.startswith(BOM) else 0
    is_fence = text.startswith("---", start) and not text[start + 3 : line_end(text, start)].strip(" \t")
    return start if is_fence else None


def parse_front_matter(text: str, schema: Schema) -> FrontMatter | None:
    """Read the front matter of a note's text; None when there is none. Never raises."""
    found = cut(text)
    if found is None:
        return None
    span, block = found
    source = block.of(text)
    try:
        tree = _read(source, block.start)
        if not isinstance(tree.root, Mapping | None):
            raise BlockError(block.start, NOT_A_MAPPING)
    except BlockError as error:
        problem = YamlProblem(min(error.offset, block.end), error.message)
        fields, asides = _read_leniently(text, block, schema)
        return FrontMatter(span, block, fields, problem, (), asides)
    root = tree.root
    return FrontMatter(
        span=span,
        block=block,
        fields=tuple(_fields(text, block, tree, schema)),
        error=None,
        anchors=tree.anchors,
        raw_values=tree.raw_values,
        is_flow=root.flow if root else False,
    )


def _read(source: str, offset: int) -> Tree:
    """Return the tree of a block that stands at an offset. Raises `BlockError` where YAML refuses it."""
    if (simple := read_simple(source, offset)) is not None:
        return simple
    from vault_tool.notes.yaml_tree import SpanHandler  # few blocks need libyaml, which loads slowly

    return SpanHandler(offset).load(source)


def _fields(text: str, block: Span, tree: Tree, schema: Schema) -> Iterator[FieldNode]:
    """Yield the fields of a block with the lines that each takes up."""
    pairs = tree.root.pairs if isinstance(tree.root, Mapping) else ()
    if tree.lines:
        find, find_any = schema.by_key.get, schema.field  # most keys are typed as they are folded
        for (key, node), lines in zip(pairs, tree.lines, strict=True):
            yield make(FieldNode, (key, node, find(key.text) or find_any(key.text), lines))
        return
    least, stop = block
    for key, node in pairs:
        start, end = key.span
        if start > least and text[start - 1] not in "\r\n":
            start = max(least, text.rfind("\n", least, start) + 1, text.rfind("\r", least, start) + 1)
        if node.span.end > end:
            end = node.span.end
        if end == least or text[end - 1] not in "\r\n":
            is_last = end < stop and text[end] == "\n"  # as of nearly all
            end = end + 1 if is_last else next_line(text, end, stop)
        yield make(FieldNode, (key, node, schema.field(key.text), make(Span, (start, end))))


# --- a block that YAML refuses -----------------------------------------------------------------------------

_KEY_LINE = pattern(r"([^\s:：#\-\[\]{}][^:：\r\n]*)[:：][ \t]*(.*)\Z")
_ITEM_LINE = pattern(r"[ \t]*-[ \t]+(.*)\Z")


def _read_leniently(text: str, block: Span, schema: Schema) -> tuple[tuple[FieldNode, ...], tuple[Span, ...]]:
    """Read field by field: each as YAML when it is YAML, else as `key: value` with list items below."""
    fields: list[FieldNode] = []
    asides: list[Span] = []
    for chunk in _chunks(text, block):
        try:
            tree = _read(chunk.of(text), chunk.start)
        except BlockError:
            tree = Tree(None)
        if isinstance(tree.root, Mapping) and len(tree.root.pairs) == 1 and not tree.anchors:
            fields += _fields(text, chunk, tree, schema)
            asides += tree.raw_values
        elif read := _read_chunk(text, chunk, schema):
            fields.append(read)
    return tuple(fields), tuple(asides)


def _chunks(text: str, block: Span) -> Iterator[Span]:
    """Yield each unindented `key:` line with the lines that belong to it; stray lines belong to none."""
    start: int | None = None
    for line in iterate_lines(text, block.start, block.end):
        content = text[line.start : line.end]
        is_key = bool(_KEY_LINE.match(content))
        if not is_key and (not content.strip() or content[0] in " \t#-"):
            continue
        if start is not None:
            yield Span(start, line.start)
        start = line.start if is_key else None
    if start is not None:
        yield Span(start, block.end)


def _read_chunk(text: str, chunk: Span, schema: Schema) -> FieldNode | None:
    lines = list(iterate_lines(text, chunk.start, chunk.end))
    found = _KEY_LINE.match(text[lines[0].start : lines[0].end])
    if not found:
        return None
    at = lines[0].start
    typed = found[1].rstrip(" \t")
    key = Scalar(typed, Span(at, at + len(typed)), "plain")
    value = without_comment(found[2]).strip()
    start = at + found.start(2)
    node: Node = Scalar(_unquoted(value), Span(start, start + len(value)), "plain" if value else "missing")
    if not value and (items := list(_items(text, lines[1:]))):
        node = Sequence(tuple(items), Span(items[0].span.start, items[-1].span.end), False)
    return FieldNode(key, node, schema.field(key.text), Span(chunk.start, lines[0].next))


def _items(text: str, lines: list[Line]) -> Iterator[Scalar]:
    for line in lines:
        if found := _ITEM_LINE.match(text[line.start : line.end]):
            value = found[1].strip()
            start = line.start + found.start(1)
            yield Scalar(_unquoted(value), Span(start, start + len(value)), "plain")


def _unquoted(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
        return value[1:-1]
    return value
