"""FM rules on the front matter as a whole: its block, its keys, its id."""

from __future__ import annotations

from collections.abc import Iterator

from vault_tool.lint.rule import Context, Fix, Flaw, Phrase, Rule, Severity
from vault_tool.lint.rules.leaves import field_of, fields_of, is_empty, maps_of, word_of
from vault_tool.lint.rules.misspelt import meant_by_key, misspelt_word
from vault_tool.lint.rules.remember import remember_last
from vault_tool.lint.rules.repairs import repairs
from vault_tool.messages import N_
from vault_tool.notes.edit_fields import CannotEdit, language_of, plan_set
from vault_tool.notes.folding import is_han
from vault_tool.notes.frontmatter import FieldNode
from vault_tool.notes.nodes import Mapping, Node, Scalar, Sequence
from vault_tool.notes.note import Note
from vault_tool.notes.render_yaml import render_scalar
from vault_tool.notes.text import BOM, Edit, Span
from vault_tool.patterns import pattern
from vault_tool.schema import TOOL_PREFIX, Field, FieldType, Schema, fold

# What libyaml says, so that it can be said in the reader's language; a message of its that isn't here
# stays English.
YAML_MESSAGES = (
    N_("mapping values are not allowed in this context"),
    N_("could not find expected ':'"),
    N_("did not find expected key"),
    N_("did not find expected '-' indicator"),
    N_("did not find expected ',' or ']'"),
    N_("did not find expected ',' or '}'"),
    N_("did not find expected node content"),
    N_("did not find expected comment or line break"),
    N_("did not find expected <document start>"),
    N_("block sequence entries are not allowed in this context"),
    N_("found character that cannot start any token"),
    N_("found unexpected end of stream"),
    N_("found unexpected ':'"),
    N_("found unknown escape character"),
    N_("found a tab character that violates indentation"),
    N_("found a tab character where an indentation space is expected"),
    N_("found undefined alias"),
    N_("found undefined tag handle"),
    N_("control characters are not allowed"),
)
_ID = pattern(r"[A-Za-z0-9_-]{1,64}\Z")
_TOML = pattern(r"\+\+\+[ \t]*(?=[\r\n])")
_JSON = pattern(r"\{\s*\"[^\"\r\n]+\"[ \t]*:")


def front_matter_missing(note: Note, context: Context) -> Iterator[Flaw]:
    """A note begins with front matter.

    Why: name, type, stage and owner stand there. Without them nobody finds the customer by any of these.
    Bad: a file whose first line is `# Acme`
    Good: a file whose first line is `---`, then `name: Acme` and the other fields, then `---`
    Fix: unsafe. Puts a block with a new id before the text, and takes the file's name for the customer's.
    """
    if note.front_matter is not None or note.opens_without_closing:
        return
    at = len(BOM) if note.text.startswith(BOM) else 0
    fix = None
    if context.new_id is not None and note.path.stem:
        values = {"id": context.new_id(note.path), "name": note.path.stem}
        lines = ["---"]
        for name, value in values.items():
            field = context.schema.field(name)
            assert field is not None  # the schema can't be without these two
            key = field.key(context.settings.language)
            lines.append(f"{key}: {render_scalar(value, 'plain', FieldType.TEXT)}")
        block = note.newline.join([*lines, "---", ""])
        fix = Fix((Edit(Span(at, at), block + (note.newline if note.text[at:].strip() else "")),), False)
    if (format := _other_format(note.text, at)) is None:
        yield Flaw(_first_line(note), N_("No front matter"), fix=fix)
    else:
        message = N_("The front matter is {format}, which is read as text: `vault init --adopt` begins one")
        yield Flaw(_first_line(note), message, {"format": format}, fix)


def _other_format(text: str, at: int) -> str | None:
    """Return in which format other than YAML, as other programs know it, a note tells its fields."""
    if _TOML.match(text, at):
        return "TOML (`+++`)"
    return "JSON (`{`)" if _JSON.match(text, at) else None


def front_matter_invalid(note: Note, context: Context) -> Iterator[Flaw]:
    """The front matter is YAML: one `field: value` to a line.

    Why: nothing is written to a note whose front matter can't be read, so that nothing in it gets lost.
    Bad: `tags: [fair, price` (the bracket is never closed)
    Good: `tags: [fair, price]`
    Fix: none. What was meant is for you to say; the message names the line.
    """
    if note.opens_without_closing:
        yield Flaw(_first_line(note), N_("The front matter that begins here is never closed by `---`"))
        return
    block = note.front_matter
    if block is None or block.error is None:
        return
    repaired = repairs(note)
    if repaired and repaired[0].is_enough and {repair.code for repair in repaired} <= context.shown:
        return  # other rules name the cause, and offer to mend it
    start = min(block.error.offset, max(block.block.start, block.block.end - 1))
    end = note.lines.span(note.lines.line(start)).end
    yield Flaw(
        Span(start, max(start, end)),
        N_("YAML can't read this line: {problem}"),
        {"problem": Phrase(block.error.message)},
    )


def duplicate_key(note: Note, context: Context) -> Iterator[Flaw]:
    """Each field stands once, whatever it is called.

    Why: two values of one field contradict each other, and each program picks another one.
    Bad: `stage: lead` and, some lines below, `业务阶段: 成交`
    Good: one of the two
    Fix: none. Which of them is right, only a person knows.
    """
    if note.has_duplicates:
        seen: dict[str, Scalar] = {}
        for top in fields_of(note):
            yield from _seen_before(note, seen, top.name, top.key)
    for top in maps_of(note):
        yield from _duplicate_inside(note, top)


def _duplicate_inside(note: Note, top: FieldNode) -> Iterator[Flaw]:
    field = top.field
    assert field is not None
    maps = top.node.items if isinstance(top.node, Sequence) else (top.node,)
    for one in maps:
        if isinstance(one, Mapping):
            seen: dict[str, Scalar] = {}
            for key, _ in one.pairs:
                inner = field.inner(key.text)
                yield from _seen_before(note, seen, inner.name if inner else key.text, key)


def _seen_before(note: Note, seen: dict[str, Scalar], name: str, key: Scalar) -> Iterator[Flaw]:
    first = seen.setdefault(name, key)
    if first is not key:
        line = note.lines.line(first.span.start)
        yield Flaw(
            key.span,
            N_("Duplicate key `{key}`: `{first}` on line {line} is the same field"),
            {"key": key.text, "first": first.text, "line": line},
        )


def unknown_field(note: Note, context: Context) -> Iterator[Flaw]:
    """A field is one that the schema knows.

    Why: a misspelt key is a field nobody finds. Fields of your own belong in the vault's `schema/`.
    Bad: `stge: won`
    Good: `stage: won`
    Fix: safe for traditional characters, which become the schema's name; unsafe for the nearest name.
    """
    taken: set[str] | None = None
    for node in fields_of(note):
        if node.field is None and not fold(node.key.text).startswith(TOOL_PREFIX):
            taken = {field.name for field in _known(note)} if taken is None else taken
            meant = meant_by_key(node.key.text, context.schema.by_key)
            yield _unknown(note, context, node.key, node.node, meant, taken)
    for top in maps_of(note):
        if top.field and top.field.type is FieldType.MAPS and isinstance(top.node, Sequence):
            for item in top.node.items:
                if isinstance(item, Mapping):
                    yield from _unknown_inside(note, context, top.field, item)


def _unknown_inside(note: Note, context: Context, field: Field, one: Mapping) -> Iterator[Flaw]:
    known = {inner.name for key, _ in one.pairs if (inner := field.inner(key.text))}
    for key, value in one.pairs:
        if field.inner(key.text) is None:
            yield _unknown(note, context, key, value, meant_by_key(key.text, field.by_spelling), known)


def _known(note: Note) -> Iterator[Field]:
    return (node.field for node in fields_of(note) if node.field)


def _unknown(
    note: Note,
    context: Context,
    key: Scalar,
    value: Node,
    meant: tuple[Field | None, bool],
    taken: set[str],
) -> Flaw:
    near, is_same = meant
    if near is None or near.internal:
        return Flaw(key.span, N_("Unknown field `{key}`"), {"key": key.text})
    is_chinese = any(map(is_han, key.text))
    spelling = near.key("zh" if is_chinese else language_of(note, context.settings.language))
    fix = None
    if near.name not in taken and key.style == "plain":
        edits = (Edit(key.span, spelling), *(_simplified(value, near, note.schema) if is_same else ()))
        fix = Fix(edits, is_safe=is_same)
        taken.add(near.name)  # of two keys that were meant for one field, only one can become it
    message = N_("Unknown field `{key}`; did you mean `{nearest}`?")
    return Flaw(key.span, message, {"key": key.text, "nearest": spelling}, fix)


def _simplified(value: Node, field: Field, schema: Schema) -> Iterator[Edit]:
    """Yield the edit that makes a word in traditional characters the vocabulary's, as its key is made."""
    if not (
        isinstance(value, Scalar) and value.style == "plain" and field.vocabulary and not value.is_marked
    ):
        return
    if schema.word(field.vocabulary, value.text) is None:
        meant = misspelt_word(schema, field.vocabulary, value.text, "zh")
        if meant and meant.is_same:
            yield Edit(value.span, meant.nearest)


def required_field_missing(note: Note, context: Context) -> Iterator[Flaw]:
    """A customer has a name, a type, a stage and an owner.

    Why: lists, searches and reports sort by them. A schema may ask for more, for some types of customer.
    Bad: `owner:` without a value, or no such line
    Good: `owner: li.na`
    Fix: none. The value is yours to give.
    """
    if note.front_matter is None:
        return
    customer_type = word_of(note, "type", "type")
    for field in _may_be_required(context.schema):
        if not field.is_required(customer_type.name if customer_type else None):
            continue
        node = field_of(note, field.name)
        if node is None:
            key = field.key(language_of(note, context.settings.language))
            yield Flaw(_first_line(note), N_("Missing field `{key}`"), {"key": key})
        elif is_empty(node.node):
            yield Flaw(node.key.span, N_("Field `{key}` is empty"), {"key": node.key.text})


@remember_last
def _may_be_required(schema: Schema) -> Iterator[Field]:
    # A missing id is another rule's business: it can be made.
    return (field for field in schema.fields if (field.required or field.required_for) and field.name != "id")


def id_missing(note: Note, context: Context) -> Iterator[Flaw]:
    """A customer has an id that never changes.

    Why: names change and two customers may share one; links, attachments and other systems go by the id.
    Bad: front matter without `id`
    Good: `id: c3m8k2qa41`
    Fix: safe. Adds a new id, which no other customer has.
    """
    if note.front_matter is None:
        return
    node = field_of(note, "id")
    if node is not None and not is_empty(node.node):
        return
    yield Flaw(
        node.key.span if node else _first_line(note),
        N_("No id"),
        fix=_new_id(note, context) if len(note.front_matter.all("id")) < 2 else None,
    )


def _new_id(note: Note, context: Context) -> Fix | None:
    if context.new_id is None:
        return None
    try:
        return Fix(tuple(plan_set(note, "id", context.new_id(note.path), context.settings.language)))
    except CannotEdit:
        return None


def id_malformed(note: Note, context: Context) -> Iterator[Flaw]:
    """An id is made of letters, digits, `-` and `_`.

    Why: it stands in links, in folder names and in other systems' tables.
    Bad: `id: 客户 17`
    Good: `id: kunde-17`
    Fix: none. Other files may refer to it.
    """
    node = field_of(note, "id")
    if node is None or node.node.is_marked or is_empty(node.node):
        return
    if not isinstance(node.node, Scalar) or not _ID.match(node.node.text.strip()):
        yield Flaw(node.node.span, N_("An id is one word of at most 64 letters, digits, `-` and `_`"))


def anchor_or_alias(note: Note, context: Context) -> Iterator[Flaw]:
    """A note uses no YAML anchors and aliases.

    Why: a value that stands elsewhere can't be changed safely where it is used; no command writes to it.
    Bad: `contacts: &team [王总]` and `dates: *team`
    Good: the value written twice; `tags: ["*new"]` where a star begins a word
    Fix: none.
    """
    for span in note.front_matter.anchors if note.front_matter else ():
        yield Flaw(span, N_("YAML anchors and aliases don't belong in a note"))


def _first_line(note: Note) -> Span:
    start = len(BOM) if note.text.startswith(BOM) else 0
    return Span(start, max(start, note.lines.span(1).end))


RULES = (
    Rule("FM001", "front-matter-missing", Severity.ERROR, "unsafe", front_matter_missing),
    Rule("FM002", "front-matter-invalid", Severity.ERROR, None, front_matter_invalid),
    Rule("FM003", "duplicate-key", Severity.ERROR, None, duplicate_key),
    Rule("FM005", "unknown-field", Severity.WARNING, "safe", unknown_field),
    Rule("FM006", "required-field-missing", Severity.ERROR, None, required_field_missing),
    Rule("FM010", "id-missing", Severity.ERROR, "safe", id_missing),
    Rule("FM011", "id-malformed", Severity.ERROR, None, id_malformed),
    Rule("FM012", "anchor-or-alias", Severity.WARNING, None, anchor_or_alias),
)
