"""FM rules on single values: their types, and what YAML makes of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vault_tool.lint.rule import Context, Fix, Flaw, Rule, Severity
from vault_tool.lint.rules.leaves import Leaf, fields_of, is_sealed_reference, key_of, leaves, shown
from vault_tool.lint.rules.misspelt import word_message
from vault_tool.lint.rules.remember import remember, remember_last
from vault_tool.lint.rules.repairs import HASH, repaired
from vault_tool.messages import N_
from vault_tool.notes.edit_fields import language_of
from vault_tool.notes.formats import FormCheck, form_of, leading_date
from vault_tool.notes.frontmatter import FieldNode
from vault_tool.notes.nodes import Mapping, Node, Scalar, Sequence
from vault_tool.notes.note import Note
from vault_tool.notes.render_yaml import double_quoted
from vault_tool.notes.text import Edit, Span
from vault_tool.notes.values import is_listed, parse_date, parse_loose_date
from vault_tool.patterns import pattern
from vault_tool.schema import Field, FieldType, Schema

# Other rules judge these words and offer to mend them.
_JUDGED_ELSEWHERE = ("type", "stage")
_MOST_KNOWN = 20_000
_DATES = (FieldType.DATE, FieldType.DATED, FieldType.BIRTHDAY)
_MAP = FieldType.MAP  # asked of every field: to name it within its enumeration takes ten times as long
# Where the text behind a ` #` is most likely meant as text.
_PROSE = (FieldType.TEXT, FieldType.LIST, FieldType.DATED, FieldType.MAPS)


def field_type(note: Note, context: Context) -> Iterator[Flaw]:
    """A value has its field's type.

    Why: a date that is no date reminds nobody, and an amount that is no number is in no sum.
    Bad: `next: soon`, `expected_amount: a lot`, `email: wang.example.com`
    Good: `next: 2026-11-27 send quote`, `expected_amount: 80,000 CNY`, `email: wang@example.com`
    Fix: none. The right value is yours to give.
    """
    for key, node, field, _lines in fields_of(note):
        if field is None or (type(node) is Scalar and field.type is not _MAP):
            continue  # as nearly all are
        if message := _wrong_shape(field, node):
            yield Flaw(node.span, message, {"key": key.text})
    [forms] = _forms(note.schema)
    for leaf in _doubtful(note):
        field = leaf.field
        if field is None or (form := forms.get(id(field))) is None:
            continue
        text = leaf.scalar.text.strip()
        if text and (message := form(field, text, context.schema)) and not is_sealed_reference(text):
            yield _mistyped(note, context, leaf, field, message)


@remember
def _doubtful(note: Note) -> Iterator[Leaf]:
    """Yield the values with which a rule on single values may find something wrong.

    Most values of a note stand in many: the same text in the same field is found good once.
    """
    [forms] = _forms(note.schema)
    for leaf in leaves(note):
        field, text = leaf.field, leaf.scalar.text
        if id(field) not in forms and text[:1] not in _AMBIGUOUS_FIRST:
            continue  # as most, for which any text will do: told without a call
        if not is_good(field, text, note.schema):
            yield leaf


@remember_last
def _good(schema: Schema) -> Iterator[set[tuple[int, str]]]:
    """Yield what was found good, by its field's identity: of one schema all fields stay."""
    yield set()


def is_good(field: Field | None, text: str, schema: Schema) -> bool:
    """Tell whether a text is right for a field however it is written; false may be wrong."""
    form = _forms(schema)[0].get(id(field))
    if form is None and text[:1] not in _AMBIGUOUS_FIRST:
        return True  # any text will do
    [good] = _good(schema)
    key = (id(field), text)
    if key in good:
        return True
    is_dated = field is not None and field.type in _DATES
    if field is not None and is_dated and _is_plain_date(text, has_words=field.type is FieldType.DATED):
        return True
    if text[:1] in _AMBIGUOUS_FIRST and _AMBIGUOUS.match(text):
        return False
    if field is not None and form is not None and (typed := text.strip()) and form(field, typed, schema):
        return False
    if is_dated and parse_date(leading_date(text.lstrip()) or "") is None:
        return False
    if len(good) >= _MOST_KNOWN:
        good.clear()
    good.add(key)
    return True


def _is_plain_date(text: str, *, has_words: bool) -> bool:
    """Tell whether a text is an ISO date, behind which words may stand; false may be wrong."""
    return (len(text) == 10 or (has_words and text[10:11] == " ")) and parse_date(text[:10]) is not None


@remember_last
def _forms(schema: Schema) -> Iterator[dict[int, FormCheck]]:
    """The checks of the fields by identity: comparing whole fields would take longer than checking."""
    forms: dict[int, FormCheck] = {}
    pending = list(schema.fields)
    while pending:
        field = pending.pop()
        pending += field.fields
        is_elsewhere = field.type is FieldType.WORD and field.name in _JUDGED_ELSEWHERE
        if not is_elsewhere and (form := form_of(field)):
            forms[id(field)] = form
    forms |= {id(field): form for field in schema.inline_fields if (form := form_of(field))}
    yield forms


def _mistyped(note: Note, context: Context, leaf: Leaf, field: Field, message: str) -> Flaw:
    if field.type is FieldType.WORD:
        vocabulary, language = field.vocabulary or "", language_of(note, context.settings.language)
        values = {"key": key_of(leaf, note, context), "text": shown(leaf, note)}
        message, told = word_message(context.schema, vocabulary, leaf.scalar.text, language)
        return Flaw(leaf.scalar.span, message, values | told)
    return Flaw(leaf.scalar.span, message, {"key": key_of(leaf, note, context)})


def _wrong_shape(field: Field, node: Node) -> str | None:
    """Return what is wrong with a list or map where a single value should be, and the other way round."""
    if type(node) is Scalar:
        is_map = field.type is not _MAP or not node.text.strip() or is_sealed_reference(node.text)
        return None if is_map else N_("`{key}` takes lines of `name: value` below it")
    if field.internal:
        return None
    if isinstance(node, Mapping):
        is_map = field.type in (FieldType.MAP, FieldType.MAPS)
        return None if is_map else N_("`{key}` takes a text, not a map")
    if isinstance(node, Sequence):
        if not is_listed(field):
            return N_("`{key}` takes one value, not a list")
        if any(isinstance(item, Sequence) for item in node.items):
            return N_("`{key}` takes a list of texts, not a list of lists")
    return None


def date_not_iso(note: Note, context: Context) -> Iterator[Flaw]:
    """Dates are written year-month-day, in digits.

    Why: `2026-11-27` is the same day for every reader and program, and sorts by itself.
    Bad: `next: 2026年11月27日 发新报价`
    Good: `next: 2026-11-27 发新报价`
    Fix: safe. Writes the same day anew.
    """
    for leaf in _doubtful(note):
        if leaf.field is None or leaf.field.type not in _DATES or parse_date(leaf.scalar.text):
            continue
        typed = leading_date(leaf.scalar.text.lstrip())
        if typed is None or parse_date(typed) or not (day := parse_loose_date(typed)):
            continue
        rest = leaf.scalar.text.strip()[len(typed) :]
        if rest.strip() and leaf.field.type is not FieldType.DATED:
            continue  # no date alone: that is another rule's business
        at = note.text.find(typed, leaf.scalar.span.start, leaf.scalar.span.end)
        iso = day.isoformat()
        fix = None
        if at >= 0 and leaf.scalar.style in ("plain", "single", "double"):
            gap = " " if rest and not rest[0].isspace() else ""
            fix = Fix((Edit(Span(at, at + len(typed)), iso + gap),))
        yield Flaw(leaf.scalar.span, N_("Write {iso}"), {"iso": iso}, fix)


# What YAML 1.1 or 1.2 readers, such as Obsidian, take for something else, and lose in doing so.
_AMBIGUOUS = pattern(
    r"(?:y|n|yes|no|on|off|true|false|null|~"  # truth values, nothing
    r"|[-+]?0[0-9_]+|\+[0-9]+|[0-9]+_[0-9_]*"  # a leading zero, a plus, an underscore
    r"|0[xob][0-9a-f_]+|[-+]?[0-9]{16,}"  # other bases; more digits than a number can hold
    r"|[-+]?[0-9]+(?::[0-5]?[0-9])+"  # 12:30 is 750 minutes
    r"|[-+]?[0-9]+(?:\.[0-9]*)?e[-+]?[0-9]+|[-+]?[0-9]*\.[0-9]*0"  # 1e3, 1.10
    r"|[-+]?\.inf|\.nan)\Z",
    re.IGNORECASE | re.ASCII,
)


_AMBIGUOUS_FIRST = frozenset("yYnNoOtTfF~+-.0123456789")


def ambiguous_scalar(note: Note, context: Context) -> Iterator[Flaw]:
    """A text that looks like a number or a truth value stands in quotes.

    Why: this program reads it as typed, others don't: `0571` loses its zero, `no` becomes false and `12:30` a
    number of minutes.
    Bad: `phone: 057155550118`
    Good: `phone: "057155550118"`
    Fix: safe. Puts the quotes.
    """
    for leaf in _doubtful(note):
        scalar = leaf.scalar
        text = scalar.text
        if text[:1] not in _AMBIGUOUS_FIRST or scalar.style != "plain" or len(text) > 60:
            continue
        if not _AMBIGUOUS.match(text):
            continue
        if scalar.is_marked or not _is_text(leaf):
            continue
        fix = Fix((Edit(scalar.span, f'"{scalar.text}"'),))
        yield Flaw(scalar.span, N_("Put `{text}` in quotes: other programs read it as something else"),
                   {"text": shown(leaf, note)}, fix)  # fmt: skip


def _is_text(leaf: Leaf) -> bool:
    if leaf.field is not None:
        kinds = (FieldType.TEXT, FieldType.LIST, FieldType.PERSON, FieldType.LINK)
        return leaf.field.type in kinds and not leaf.field.internal
    # A key of one's own in a map is the schema's business; a whole field of one's own is another program's.
    return leaf.top.field is not None and not leaf.top.field.internal


_LOST = pattern(r"[ \t\[,，、]#(?=[^\s#])")
_LOST_HERE = pattern(r"([ \t]+)#(?!vault:)[^\s#][^\r\n]*")


def hash_starts_comment(note: Note, context: Context) -> Iterator[Flaw]:
    """A `#` behind a blank begins a comment, and what follows is no part of the value.

    Why: `#A款` in `2026-12-01 送样 #A款` is lost to every program that reads the note.
    Bad: `next: 2026-12-01 送样 #A款`
    Good: `next: "2026-12-01 送样 #A款"`; a real comment has a blank behind the `#`
    Fix: safe. Puts quotes around the whole value.
    """
    block = note.front_matter
    if block is None or note.text.find("#", *block.block) < 0:
        return  # as nearly all: found out in a tenth of the time
    if not _LOST.search(note.text, *block.block):
        return
    if block.error is not None:
        yield from repaired(note, HASH)
    for leaf in leaves(note):
        if leaf.field is not None and (leaf.field.type not in _PROSE or leaf.field.format):
            continue
        scalar = leaf.scalar
        if leaf.in_flow or scalar.is_marked or scalar.style not in ("plain", "missing"):
            continue
        found = _LOST_HERE.match(note.text, scalar.span.end, block.block.end)
        if not found or "\n" in (typed := scalar.span.of(note.text)) or "\r" in typed:
            continue
        start = scalar.span.start if typed else found.end(1)
        whole = Span(start, found.start() + len(found[0].rstrip()))
        fix = Fix((Edit(whole, quoted(whole.of(note.text))),))
        yield Flaw(
            Span(found.end(1), whole.end), N_("What stands behind `#` is a comment to YAML; quote the value"),
            fix=fix,
        )  # fmt: skip


def needs_quotes(note: Note, context: Context) -> Iterator[Flaw]:
    """A value that YAML can't read as a text stands in quotes.

    Why: this program reads it all the same; others show an error, or a list within a list.
    Bad: `referred_by: [[王五]]`, `owner: @li.na`, `industry: 报价: 企业版`
    Good: `referred_by: "[[王五]]"`, `owner: "@li.na"`, `industry: "报价: 企业版"`
    Fix: safe. Puts the quotes.
    """
    block = note.front_matter
    if block is None:
        return
    lists = [top for top in block.fields if type(top.node) is Sequence]
    for span in (*block.raw_values, *(span for top in lists for span in _map_items(note.text, top))):
        typed = span.of(note.text)
        if typed[0] in "'\"":
            yield Flaw(span, N_("YAML can't read this value: its quotes don't enclose it"))
            continue
        # An anchor or a tag may be meant as one: other rules speak of it once the rest is in quotes.
        fix = None if typed[0] in "&!" else Fix((Edit(span, quoted(typed)),))
        yield Flaw(span, N_("Put this value in quotes: YAML reads it as something else"), fix=fix)


def _map_items(text: str, top: FieldNode) -> Iterator[Span]:
    """Yield the items of a list of texts that YAML takes for maps (`- 报价: 企业版`)."""
    if not isinstance(top.node, Sequence) or top.field is None:
        return
    if top.field.fields or not is_listed(top.field):
        return
    for item in top.node.items:
        if isinstance(item, Mapping) and not item.flow and len(item.pairs) == 1:
            key, value = item.pairs[0]
            is_plain = isinstance(value, Scalar) and value.style == "plain" and not value.is_marked
            span = Span(key.span.start, value.span.end)
            if is_plain and key.style == "plain" and not key.is_marked and "\n" not in span.of(text):
                yield span


def quoted(text: str) -> str:
    """Return a text in the quotes that leave it readable."""
    if "\\" not in text and '"' not in text:
        return f'"{text}"'
    if "'" not in text:
        return f"'{text}'"
    return double_quoted(text)


RULES = (
    Rule("FM007", "field-type", Severity.ERROR, None, field_type),
    Rule("FM008", "date-not-iso", Severity.WARNING, "safe", date_not_iso),
    Rule("FM009", "ambiguous-scalar", Severity.WARNING, "safe", ambiguous_scalar),
    Rule("FM013", "hash-starts-comment", Severity.WARNING, "safe", hash_starts_comment),
    Rule("FM014", "needs-quotes", Severity.WARNING, "safe", needs_quotes),
)
