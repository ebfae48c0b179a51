"""PV rules on sealed values: those that are broken, and those that should be sealed and aren't."""

from __future__ import annotations

from collections.abc import Iterator

from vault_tool.lint.rule import Context, Fix, Flaw, Rule, Severity
from vault_tool.lint.rules.leaves import fields_of, public_of
from vault_tool.lint.rules.remember import remember_last
from vault_tool.messages import N_
from vault_tool.notes.blocks import SealedBlock
from vault_tool.notes.entries import InlineField
from vault_tool.notes.nodes import Mapping, Node, Scalar, Sequence, comment_behind
from vault_tool.notes.note import Note
from vault_tool.notes.sealing_marks import SEALED_REFERENCE, sealing_spans
from vault_tool.notes.text import Edit, Span
from vault_tool.patterns import pattern
from vault_tool.schema import Field, Schema

# What was a reference before somebody changed a character of it; `sealed-bids` never was.
_NEARLY = pattern(r"(?<![0-9A-Za-z_-])[Ss](?i:ealed)-(?=[a-zA-Z]*[0-9])[0-9A-Za-z]{7,9}(?![0-9A-Za-z_-])")


def sealed_field_broken(note: Note, context: Context) -> Iterator[Flaw]:
    """Every sealed reference has its token at the end of the file, whole and made for this place.

    Why: a value whose token is lost or damaged can't be opened by anyone; one that was copied from another
    customer or field opens as nobody's. No key is needed to see it.
    Bad: `手机: sealed-7q2m9xk4` without a token 7q2m9xk4 in the comment at the end
    Good: both, as `vault seal` left them
    Fix: safe for a whole comment that something was written behind, which goes back to the end, and for a
    token that nothing refers to, which is taken out while no reference of the note is broken; none for what
    is broken. `vault undo` or git has the note as it was.
    """
    if "ealed" not in note.text:
        return
    block = note.sealed_block
    lost = list(_misplaced_blocks(note))
    yield from lost
    broken = list(_broken_references(note)) if not lost else []
    yield from broken
    if block is not None:
        yield from _broken_tokens(note, block)
        yield from _misplaced(note, context)
        yield from _unused_tokens(note, block, is_sure=not broken and not lost)


def _misplaced_blocks(note: Note) -> Iterator[Flaw]:
    if "vault:sealed" not in note.text:
        return
    from vault_tool.sealing.comment import add_lines, misplaced  # few notes hold one

    for each in misplaced(note):
        message = N_("The comment with the sealed values must be whole, and the last thing in the file")
        fix = Fix(tuple(add_lines(note, "", [each]))) if each.span else None
        yield Flaw(each.mark, message, {}, fix)


def _broken_references(note: Note) -> Iterator[Flaw]:
    from vault_tool.sealing.standing import Trouble, references, token_of  # few notes hold a reference

    for reference in references(note):
        if token_of(note, reference.vid, None) is Trouble.MISSING:
            values = {"vid": reference.vid}
            yield Flaw(reference.span, N_("`sealed-{vid}` has no token at the end of the file"), values)
    for found in _NEARLY.finditer(note.text, 0, note.content_end):
        if not SEALED_REFERENCE.fullmatch(found[0]) and not _in_hidden(note, found.start()):
            message = N_("`{text}` is no whole reference: `sealed-` and eight characters")
            yield Flaw(Span(*found.span()), message, {"text": found[0]})


def _in_hidden(note: Note, offset: int) -> bool:
    return any(part.holds(offset) for part in note.hidden)


def _broken_tokens(note: Note, block: SealedBlock) -> Iterator[Flaw]:
    from vault_tool.sealing.standing import Trouble, token_of  # few notes hold one

    said = {
        Trouble.TWICE: N_("`{vid}` has two tokens; only one of them can be meant"),
        Trouble.DAMAGED: N_("The token `{vid}` is damaged"),
        Trouble.OTHER: N_("The token of `{vid}` is that of another value"),
    }
    # The last line of each: of two that differ, that is the one which came.
    for vid, line in {line.vid: line for line in block.tokens}.items():
        found = token_of(note, vid, None)
        if isinstance(found, Trouble):
            span = Span(line.span.start, line.span.start + len(line.span.of(note.text).rstrip("\r\n")))
            yield Flaw(span, said[found], {"vid": vid})


def _misplaced(note: Note, context: Context) -> Iterator[Flaw]:
    from vault_tool.sealing.places import Places
    from vault_tool.sealing.standing import Trouble, references, token_of
    from vault_tool.sealing.token import Place

    if note.id is None:
        return  # that is another rule's business
    places = Places(note)
    for reference in references(note):
        place = Place(context.settings.id, note.id, places.field_at(reference.span.start))
        if token_of(note, reference.vid, place) is Trouble.MISPLACED:
            message = N_("`sealed-{vid}` was damaged, or made for another field or customer")
            yield Flaw(reference.span, message, {"vid": reference.vid})


def _unused_tokens(note: Note, block: SealedBlock, *, is_sure: bool) -> Iterator[Flaw]:
    """Yield the tokens that nothing refers to; only where every reference is whole may they go."""
    used = {reference.vid for reference in note.sealed_references}
    unused = [token for token in block.tokens if token.vid not in used]
    is_whole = len(unused) == len(block.tokens)
    for token in unused:
        gone = block.span if is_whole else token.span
        fix = Fix((Edit(gone, ""),)) if is_sure and (not is_whole or token is unused[0]) else None
        span = Span(token.span.start, token.span.start + len(token.vid))
        yield Flaw(span, N_("Nothing refers to the sealed value `{vid}`"), {"vid": token.vid}, fix)


def sealed_field_plaintext(note: Note, context: Context) -> Iterator[Flaw]:
    """The value of a sealed field stands sealed.

    Why: the schema says that not everybody who can read the vault may read it: a mobile number, a bank
    account, for a person any telephone number. `vault seal` seals it. In a vault that has no keys yet this is
    a hint only, one for a note.
    Bad: `手机: 13800138000`
    Good: `手机: sealed-7q2m9xk4`
    Fix: none. `vault seal` has the keys for it.
    """
    found = _plain_values(note)
    if context.seals:
        for key, span in found:
            yield Flaw(span, N_("`{key}` stands in plain text; the schema seals it"), {"key": key})
        return
    hint = next(found, None)
    if hint is not None:
        key, span = hint
        yield Flaw(span, N_("`{key}` stands in plain text; in a vault with keys it is sealed"), {"key": key})


def _plain_values(note: Note) -> Iterator[tuple[str, Span]]:
    [open_fields] = _open_fields(note.schema)
    for top in fields_of(note):
        if id(top.field) not in open_fields:
            yield from _plain_in(note, top.field, top.key.text, top.node)
    for inline in _inline_fields(note):
        is_sealed = id(inline.field) not in open_fields and public_of(note)[0].is_sealed(
            inline.field, inline.key
        )
        if is_sealed and not _is_sealed_now(inline.value):
            yield inline.key, inline.value_span


def _inline_fields(note: Note) -> Iterator[InlineField]:
    yield from note.profile.fields
    yield from note.inline_fields
    for section in note.sections:
        yield from section.fields


@remember_last
def _open_fields(schema: Schema) -> Iterator[frozenset[int]]:
    """Yield by their identity the fields that are sealed for nobody and hold no others: most."""
    every = (*schema.fields, *schema.inline_fields)
    yield frozenset(id(each) for each in every if not (each.group or each.group_for or each.fields))


def _plain_in(note: Note, field: Field | None, key: str, node: Node) -> Iterator[tuple[str, Span]]:
    if public_of(note)[0].is_sealed(field, key):
        for scalar in _scalars(node):
            if not _is_sealed_now(scalar.text):
                yield key, scalar.span
            elif not scalar.text and (comment := comment_behind(note.text, scalar.span)):
                yield key, comment  # what was typed is none to YAML, but not to who typed it
        return
    if isinstance(node, Mapping):
        for inner, value in node.pairs:
            yield from _plain_in(note, field.inner(inner.text) if field else None, inner.text, value)
    elif isinstance(node, Sequence):
        for item in node.items:
            if not isinstance(item, Scalar):
                yield from _plain_in(note, field, key, item)


def _scalars(node: Node) -> Iterator[Scalar]:
    match node:
        case Scalar():
            yield node
        case Sequence(items=items):
            for item in items:
                yield from _scalars(item)
        case Mapping(pairs=pairs):
            for _, value in pairs:
                yield from _scalars(value)


def _is_sealed_now(text: str) -> bool:
    """Tell whether a value is empty, sealed, or marked to be: wholly, for what stands beside is plain."""
    rest = SEALED_REFERENCE.sub("", text)
    for span in reversed(sealing_spans(rest)):
        rest = rest[: span.start] + rest[span.end :]
    return not rest.strip(" \t\r\n,，、;；/")


RULES = (
    Rule("PV007", "sealed-field-broken", Severity.ERROR, "safe", sealed_field_broken),
    Rule("PV008", "sealed-field-plaintext", Severity.ERROR, None, sealed_field_plaintext),
)
