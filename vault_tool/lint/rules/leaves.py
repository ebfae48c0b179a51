"""The single values of a note's front matter, each with the field that types it."""

from __future__ import annotations

from collections.abc import Iterator

from vault_tool.lint.rule import Context
from vault_tool.lint.rules.remember import remember, remember_last
from vault_tool.named import NamedTuple
from vault_tool.notes.edit_fields import language_of
from vault_tool.notes.frontmatter import FieldNode
from vault_tool.notes.nodes import Alias, Mapping, Node, Scalar, Sequence
from vault_tool.notes.note import Note
from vault_tool.notes.sealing_marks import SEALED_REFERENCE
from vault_tool.notes.text import Span, make
from vault_tool.schema import Field, Schema, Word
from vault_tool.vault.public import Public, SealedKeys

HIDDEN = "…"


class Leaf(NamedTuple):
    """One value: `field` is the innermost field that types it, None where the schema knows none."""

    top: FieldNode
    field: Field | None
    scalar: Scalar
    in_flow: bool


def fields_of(note: Note) -> tuple[FieldNode, ...]:
    """Return the fields of a note, whether or not YAML could read them."""
    return note.front_matter.fields if note.front_matter else ()


@remember
def maps_of(note: Note) -> Iterator[FieldNode]:
    """Yield the fields that hold fields of their own, such as contacts."""
    return (top for top in fields_of(note) if top.field is not None and top.field.fields)


def field_of(note: Note, name: str) -> FieldNode | None:
    """Return the field of a canonical name that counts."""
    return note.field(name)


def text_of(note: Note, name: str) -> str:
    """Return a field's single text; empty where it is missing, or anything else."""
    top = note.field(name)
    return top.node.text.strip() if top and isinstance(top.node, Scalar) else ""


def word_of(note: Note, name: str, vocabulary: str) -> Word | None:
    """Return a field's word, where its vocabulary knows it."""
    text = text_of(note, name)
    return note.schema.word(vocabulary, text) if text else None


@remember
def leaves(note: Note) -> Iterator[Leaf]:
    """Yield every single value of the front matter, in the order of the file."""
    for top in fields_of(note):
        node = top.node
        if type(node) is Scalar:
            yield make(Leaf, (top, top.field, node, False))
        elif type(node) is Sequence:
            for item in node.items:
                if type(item) is Scalar:
                    yield make(Leaf, (top, top.field, item, node.flow))
                else:
                    yield from _within(top, top.field, item, node.flow)
        else:
            yield from _within(top, top.field, node, False)


def _within(top: FieldNode, field: Field | None, node: Node, in_flow: bool) -> Iterator[Leaf]:
    match node:
        case Scalar():
            yield make(Leaf, (top, field, node, in_flow))
        case Sequence(items=items):
            for item in items:
                yield from _within(top, field, item, in_flow or node.flow)
        case Mapping(pairs=pairs):
            for key, value in pairs:
                yield from _within(top, field.inner(key.text) if field else None, value, in_flow or node.flow)
        case Alias():
            return


def is_empty(node: Node) -> bool:
    """Tell whether nothing stands where a value should; what is only referred to is something."""
    match node:
        case Scalar(text=text):
            return not text.strip() and not node.is_marked
        case Sequence(items=items):
            return all(map(is_empty, items))
        case Mapping(pairs=pairs):
            return not pairs
        case Alias():
            return False


def key_of(leaf: Leaf, note: Note, context: Context) -> str:
    """Return the key to show for a value: as typed; in a map, as the file would write it."""
    if leaf.field is None or leaf.field is leaf.top.field:
        return leaf.top.key.text
    return leaf.field.key(language_of(note, context.settings.language))


def is_sealed_reference(text: str) -> bool:
    """Tell whether a value stands sealed elsewhere: then nothing can be said about it here."""
    return "sealed-" in text and SEALED_REFERENCE.search(text) is not None


@remember_last
def sealed_keys(schema: Schema) -> Iterator[SealedKeys]:
    """Yield every spelling of the schema's sealed fields, as one."""
    yield SealedKeys(schema)


@remember
def public_of(note: Note) -> Iterator[Public]:
    """Yield the public part of a note: what decides which of its fields are sealed."""
    yield Public(note, sealed_keys(note.schema)[0])


@remember
def hidden_of(note: Note) -> Iterator[Span]:
    """Yield where what may not leave the note stands, in order."""
    yield from public_of(note)[0].hidden()


def is_sealed(leaf: Leaf, note: Note) -> bool:
    """Tell whether a value is sealed, or should be: no message may show it."""
    at = leaf.scalar.span.start
    return any(span.start <= at < span.end for span in hidden_of(note))


def shown(leaf: Leaf, note: Note) -> str:
    """Return a value as a message may show it: short, and never what the schema seals."""
    if is_sealed(leaf, note):
        return HIDDEN
    text = " ".join(leaf.scalar.text.split())
    return text if len(text) <= 40 else text[:39] + "…"
