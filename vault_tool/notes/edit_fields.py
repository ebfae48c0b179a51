"""Planning changes to front matter: each plan is a few splices, checked by reading the result.

Nothing here writes. A plan that would change any other field, or that wouldn't read back as asked, is
refused with `CannotEdit`: the person then changes that file by hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Sequence as Texts

from vault_tool.errors import VaultError
from vault_tool.messages import N_, Language
from vault_tool.notes.frontmatter import FieldNode, FrontMatter, parse_front_matter
from vault_tool.notes.nodes import Alias, Mapping, Node, Scalar, Sequence
from vault_tool.notes.note import Note
from vault_tool.notes.render_yaml import double_quoted, render_scalar
from vault_tool.notes.text import BOM, Edit, Span, apply_edits, iterate_lines
from vault_tool.schema import Field, FieldType, Schema

DUPLICATE = N_("it stands there more than once")
ANCHORED = N_("it carries a YAML anchor, alias or tag")
STRUCTURED = N_("it holds more than a line")
IN_BRACES = N_("the front matter is written in braces")
NOT_WRITABLE = N_("the note must be repaired first (`vault lint` says where)")
UNSAFE = N_("the result would not read back as asked")
NOT_A_LIST = N_("it is not a list")


class CannotEdit(VaultError):
    """A change that can't be spliced in safely; nothing is changed."""

    message = N_("{path}: `{field}` cannot be changed here: {reason}. Nothing was written.")
    hint = N_("Change it in an editor: vault edit")


def language_of(note: Note, default: Language) -> Language:
    """Return the language a file's keys are written in; the default where they don't tell."""
    keys = [node.key.text for node in note.front_matter.fields if node.field] if note.front_matter else []
    chinese = sum(not key.isascii() for key in keys)
    english = sum(key.isascii() and not _is_fixed(key, note.schema) for key in keys)
    if chinese == english:
        return default
    return "zh" if chinese > english else "en"


def _is_fixed(key: str, schema: Schema) -> bool:
    field = schema.field(key)
    return field is not None and field.fixed_key


def spelled_word(schema: Schema, vocabulary: str, text: str, language: Language) -> str:
    """Return a word of the vocabulary as the tool writes it; what isn't one stays as typed."""
    word = schema.word(vocabulary, text)
    if word is None:
        return text
    return word.name if language == "en" else word.label(language)


def plan_set(note: Note, key: str, text: str, language: Language) -> list[Edit]:
    """Plan to give a field one value, or to add the field where it is missing.

    A word is written as the file writes words. A list field gets exactly one item. `language` counts only
    where the file has no language of its own. Raises `CannotEdit`.
    """
    field = note.schema.field(key)
    name = field.name if field else key
    node = _only(note, name)
    if field and field.type is FieldType.WORD:
        text = spelled_word(note.schema, field.vocabulary or "", text, _value_language(note, node, language))
    if field and field.type is FieldType.LIST:
        return plan_set_list(note, key, [text], language)
    if node is None:
        return _plan_new(note, field, key, [text], language, as_list=False)
    _check_plain(note, node)
    span, before = _value_span(note, node)
    style = node.node.style if isinstance(node.node, Scalar) else "plain"
    kind = field.type if field else FieldType.TEXT
    in_flow = bool(note.front_matter and note.front_matter.is_flow)
    choices = (_rendered(note, name, text, style, kind, in_flow), double_quoted(text))
    plans = ([Edit(span, before + choice)] for choice in choices)
    return _first_that_holds(note, name, plans, text)


def plan_set_list(note: Note, key: str, items: Texts[str], language: Language) -> list[Edit]:
    """Plan to make a list hold exactly these items: what stays keeps its place, what is new comes last."""
    name = _name(note, key)
    current = list_items(note, name)
    return plan_change_list(
        note,
        key,
        add=[item for item in items if item not in current],
        remove=[item for item in current if item not in items],
        language=language,
    )


def plan_change_list(
    note: Note, key: str, *, add: Texts[str] = (), remove: Texts[str] = (), language: Language = "en"
) -> list[Edit]:
    """Plan to add items to a list and take items out of it; what changes nothing plans nothing."""
    field = note.schema.field(key)
    name = field.name if field else key
    node = _only(note, name)
    current = list_items(note, name)
    added = [item for index, item in enumerate(add) if item not in current and item not in add[:index]]
    kept = [item for item in current if item not in remove]
    if not added and kept == current:
        return []
    if node is None:
        return _plan_new(note, field, key, added, language, as_list=True)
    _check_plain(note, node, allow_maps=True)
    expected = tuple(kept + added)
    match node.node:
        case Sequence() as sequence if sequence.flow:
            plans: Iterable[list[Edit]] = _change_flow(note, sequence, remove, added)
        case Sequence() as sequence:
            plans = _change_block(note, sequence, remove, added)
        case _:
            span, before = _value_span(note, node)
            plans = ([Edit(span, before + text)] for text in _flow_lists(expected))
    return _first_that_holds(note, name, plans, expected)


def plan_remove(note: Note, key: str) -> list[Edit]:
    """Plan to take a field out with its lines; a field that isn't there plans nothing."""
    name = _name(note, key)
    node = _only(note, name)
    if node is None:
        return []
    if note.front_matter and note.front_matter.is_flow:
        raise CannotEdit(path=note.path, field=key, reason=IN_BRACES)
    return _first_that_holds(note, name, [[Edit(node.lines, "")]], None)


def list_items(note: Note, name: str) -> list[str]:
    """Return the items of a list field as typed; a single text is a list of one, commas may part a `list`."""
    node = note.front_matter.get(name) if note.front_matter else None
    if node is None:
        return []
    match node.node:
        case Sequence(items=items):
            return [item.text.strip() for item in items if isinstance(item, Scalar) and item.text.strip()]
        case Scalar(text=text) if node.field and node.field.type is FieldType.LIST:
            value = note.value(name)
            return [str(item) for item in value] if isinstance(value, tuple) else []
        case Scalar(text=text) if text.strip():
            return [text.strip()]
    return []


# --- where and how -----------------------------------------------------------------------------------------


def _name(note: Note, key: str) -> str:
    field = note.schema.field(key)
    return field.name if field else key


def _only(note: Note, name: str) -> FieldNode | None:
    """Return the one field of a name. Raises `CannotEdit` for duplicates and for notes to repair first."""
    if not note.is_writable or note.opens_without_closing:
        raise CannotEdit(path=note.path, field=name, reason=NOT_WRITABLE)
    nodes = note.front_matter.all(name) if note.front_matter else ()
    if len(nodes) > 1:
        raise CannotEdit(path=note.path, field=name, reason=DUPLICATE)
    return nodes[0] if nodes else None


def _check_plain(note: Note, node: FieldNode, allow_maps: bool = False) -> None:
    if any(part.is_marked for part in _walk(node.node)):
        raise CannotEdit(path=note.path, field=node.name, reason=ANCHORED)
    if not allow_maps and any(isinstance(part, Mapping) for part in _walk(node.node)):
        raise CannotEdit(path=note.path, field=node.name, reason=STRUCTURED)
    if allow_maps and isinstance(node.node, Mapping):
        raise CannotEdit(path=note.path, field=node.name, reason=NOT_A_LIST)


def _walk(node: Node) -> Iterator[Node]:
    yield node
    if isinstance(node, Sequence):
        for item in node.items:
            yield from _walk(item)
    elif isinstance(node, Mapping):
        for key, value in node.pairs:
            yield key
            yield from _walk(value)


def _value_language(note: Note, node: FieldNode | None, default: Language) -> Language:
    if node and isinstance(node.node, Scalar) and node.node.text:
        return "en" if node.node.text.isascii() else "zh"
    return language_of(note, default)


def _value_span(note: Note, node: FieldNode) -> tuple[Span, str]:
    """Return the span that a new value replaces, and what must stand before the value."""
    value = node.node
    match value:
        case Scalar(style="missing"):
            return value.span, " "
        case Scalar(style="literal" | "folded"):
            # The blank lines below a block scalar are part of its span; they stay.
            typed = value.span.of(note.text).rstrip()
            return Span(value.span.start, value.span.start + len(typed)), ""
        case Sequence(flow=False):
            gap = note.text[node.key.span.end : value.span.start]
            if gap.strip() == ":":
                return Span(node.key.span.end, value.span.end), ": "
    return value.span, ""


def _rendered(note: Note, name: str, text: str, style: str, kind: FieldType, in_flow: bool) -> str:
    try:
        return render_scalar(text, style, kind, in_flow)
    except ValueError:
        raise CannotEdit(path=note.path, field=name, reason=UNSAFE) from None


def _plan_new(
    note: Note, field: Field | None, key: str, items: Texts[str], language: Language, *, as_list: bool
) -> list[Edit]:
    front_matter = note.front_matter
    if front_matter and front_matter.is_flow:
        raise CannotEdit(path=note.path, field=key, reason=IN_BRACES)
    written = language_of(note, language)
    label = field.key(written) if field else key
    key_text = _rendered(note, key, label, "plain", FieldType.TEXT, False)
    kind = field.type if field else FieldType.TEXT
    if as_list:
        values: list[str] = _flow_lists(items)
        expected: Shape = tuple(items)
    else:
        values = [_rendered(note, key, items[0], "plain", kind, False), double_quoted(items[0])]
        expected = items[0]
    name = field.name if field else key
    at, indent = _place(front_matter, field, note)
    if front_matter is None:
        fence = "---" + note.newline
        plans = ([Edit(Span(at, at), f"{fence}{key_text}: {value}{note.newline}{fence}")] for value in values)
    else:
        plans = ([Edit(Span(at, at), f"{indent}{key_text}: {value}{note.newline}")] for value in values)
    return _first_that_holds(note, name, plans, expected)


def _place(front_matter: FrontMatter | None, field: Field | None, note: Note) -> tuple[int, str]:
    """Return where a new field goes, in the schema's order where that is clear, and its indentation."""
    if front_matter is None:
        return (len(BOM) if note.text.startswith(BOM) else 0), ""
    present = front_matter.fields
    if not present:
        return front_matter.block.end, ""
    first = present[0]
    indent = note.text[first.lines.start : first.key.span.start]
    indent = indent if not indent.strip() else ""
    if field is None:
        return max(node.lines.end for node in present), indent
    ranks = {known.name: rank for rank, known in enumerate(note.schema.fields)}
    rank = ranks[field.name]
    earlier = [node for node in present if node.field and ranks.get(node.name, rank) < rank]
    if earlier:
        return max(earlier, key=lambda node: ranks[node.name]).lines.end, indent
    if any(node.field and ranks.get(node.name, rank) > rank for node in present):
        return first.lines.start, indent
    return max(node.lines.end for node in present), indent


# --- lists -------------------------------------------------------------------------------------------------


def flow_list(items: Iterable[str]) -> str:
    """Return a list as YAML in brackets, quotes only where they are needed."""
    return f"[{', '.join(render_scalar(item, 'plain', FieldType.LIST, in_flow=True) for item in items)}]"


def _flow_lists(items: Texts[str]) -> list[str]:
    return [flow_list(items), f"[{', '.join(double_quoted(item) for item in items)}]"]


def _is_item(node: Node, texts: Texts[str]) -> bool:
    return isinstance(node, Scalar) and node.text.strip() in texts


def _change_flow(note: Note, sequence: Sequence, remove: Texts[str], add: Texts[str]) -> Iterator[list[Edit]]:
    """Splice items of `[a, b]` with the commas that go with them."""
    items = sequence.items
    keep = [index for index, item in enumerate(items) if not _is_item(item, remove)]
    edits: list[Edit] = []
    for index, item in enumerate(items):
        if index in keep:
            continue
        if any(later > index for later in keep):
            edits.append(Edit(Span(item.span.start, items[index + 1].span.start), ""))
        else:
            start = items[index - 1].span.end if index else item.span.start
            edits.append(Edit(Span(start, item.span.end), ""))
    for quote in (False, True):
        texts = [
            double_quoted(item) if quote else render_scalar(item, "plain", FieldType.LIST, in_flow=True)
            for item in add
        ]
        if not texts:
            yield edits
            return
        if keep:
            at = items[keep[-1]].span.end
            yield [*edits, Edit(Span(at, at), "".join(f", {text}" for text in texts))]
        elif items:
            whole = Span(items[0].span.start, items[-1].span.end)
            yield [Edit(whole, ", ".join(texts))]
        else:
            at = sequence.span.start + 1
            yield [Edit(Span(at, at), ", ".join(texts))]


def _change_block(
    note: Note, sequence: Sequence, remove: Texts[str], add: Texts[str]
) -> Iterator[list[Edit]]:
    """Splice whole lines of a `- item` list."""
    edits = [Edit(_item_lines(note, item), "") for item in sequence.items if _is_item(item, remove)]
    last = sequence.items[-1]
    lines = _item_lines(note, last)
    prefix = note.text[lines.start : sequence.items[-1].span.start]
    if prefix.strip() != "-":
        prefix = " " * (len(prefix) - len(prefix.lstrip())) + "- "
    for quote in (False, True):
        new = "".join(
            prefix
            + (double_quoted(item) if quote else render_scalar(item, "plain", FieldType.LIST))
            + note.newline
            for item in add
        )
        yield [*edits, Edit(Span(lines.end, lines.end), new)] if new else edits


def _item_lines(note: Note, item: Node) -> Span:
    text, start, end = note.text, item.span.start, item.span.end
    line_start = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
    if end == 0 or text[end - 1] not in "\r\n" or end == start:
        end = next((line.next for line in iterate_lines(text, end)), len(text))
    return Span(line_start, end)


# --- the check ---------------------------------------------------------------------------------------------

Shape = str | tuple["Shape", ...] | None


def shape(node: Node) -> Shape:
    """Return what a node says, without how it is written; for comparing two readings."""
    match node:
        case Scalar(text=text):
            return text
        case Sequence(items=items):
            return tuple(shape(item) for item in items)
        case Mapping(pairs=pairs):
            return tuple((key.text, shape(value)) for key, value in pairs)
        case Alias():
            return ("*",)


def _first_that_holds(note: Note, name: str, plans: Iterable[list[Edit]], expected: Shape) -> list[Edit]:
    """Return the first plan whose result reads as expected and leaves every other field as it was."""
    before = [(node.name, shape(node.node)) for node in _fields(note.front_matter) if node.name != name]
    for edits in plans:
        after = parse_front_matter(apply_edits(note.text, edits), note.schema)
        if after is None or after.error:
            continue
        others = [(node.name, shape(node.node)) for node in after.fields if node.name != name]
        found = [node.node for node in after.fields if node.name == name]
        if others == before and _reads_as(found, expected):
            return edits
    raise CannotEdit(path=note.path, field=name, reason=UNSAFE)


def _fields(front_matter: FrontMatter | None) -> tuple[FieldNode, ...]:
    return front_matter.fields if front_matter else ()


def _reads_as(found: list[Node], expected: Shape) -> bool:
    if expected is None:
        return not found
    if len(found) != 1:
        return False
    said = shape(found[0])
    if isinstance(expected, tuple) and not expected:
        return said in ((), "")
    if isinstance(expected, tuple) and isinstance(said, tuple):
        # Maps in a list stay what they were; only its texts are planned.
        return tuple(item.strip() for item in said if isinstance(item, str)) == expected
    return said == expected
