"""The secrets that stand in a note in plain: what the privacy rules tell of, and what no report may show."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import partial

from vault_tool.lint.finding import Phrase
from vault_tool.lint.rules.leaves import Leaf, is_sealed, leaves, public_of
from vault_tool.lint.rules.remember import remember
from vault_tool.notes.checksums import is_credit_code
from vault_tool.notes.note import Note
from vault_tool.notes.secrets import Secret, SecretKind, find_secrets
from vault_tool.notes.text import Span
from vault_tool.patterns import pattern

# Where a company keeps its own numbers for all to see: the formats of fields that no schema seals.
_AT_HOME = {
    SecretKind.PHONE: ("phone", "mobile"),
    SecretKind.EMAIL: ("email",),
    SecretKind.CREDIT_CODE: ("credit_code",),
}
_HOMES = {format: kind for kind, formats in _AT_HOME.items() for format in formats}
# A key and its value, and values that can be read as one kind of secret only.
_KEY = pattern(r"[ -]*[^\W\d]+: \Z")
_ONE_KIND = {
    SecretKind.PHONE: ("number", re.compile(r"[0-9](?:[ -]?[0-9]){6,12}\Z")),
    SecretKind.EMAIL: ("email", re.compile(r"[0-9A-Za-z._%+-]+@[0-9A-Za-z.-]+\Z")),
    SecretKind.CREDIT_CODE: ("number", re.compile(r"[0-9A-Z]{18}\Z")),
}
_CUT = "…"


@remember
def plain_secrets(note: Note) -> Iterator[Secret]:
    """Yield what stands in plain where it should not, in order, whichever rules are on.

    Left out is what a company has in a field made for it, there and wherever the note repeats it; and what
    stands in a field that is sealed, of which another rule tells.
    """
    end = note.content_end
    text = note.text if end == len(note.text) else note.text[:end]
    homes = [leaf for leaf in leaves(note) if leaf.field is not None and leaf.field.format in _HOMES]
    elsewhere = find_secrets(text, note.schema, partial(_is_at_home, text, homes) if homes else None)
    if next(elsewhere, None) is None:
        return  # as in nearly all notes
    secrets = tuple(find_secrets(text, note.schema))
    block = note.front_matter.span if note.front_matter else Span(0, 0)
    hidden: set[Span] = set()
    at_home: set[str] = set()
    values = leaves(note) if block.holds(secrets[0].span.start) else ()
    for secret in secrets:
        leaf = _leaf_at(secret.span, values) if block.holds(secret.span.start) else None
        if leaf is None:
            continue
        if _is_sealed(leaf, note):
            hidden.add(secret.span)
        elif leaf.field is not None and leaf.field.format in _AT_HOME.get(secret.kind, ()):
            at_home.add(secret.sign)
    yield from (each for each in secrets if each.span not in hidden and each.sign not in at_home)


def _is_at_home(text: str, homes: list[Leaf], line: Span, sorts: set[str]) -> bool:
    """Tell whether a line is a field made for what it holds, and nothing else: no rule tells of that."""
    leaf = next((leaf for leaf in homes if line.start <= leaf.scalar.span.start < line.end), None)
    if leaf is None or leaf.field is None:
        return False
    kind, value = _HOMES[leaf.field.format or ""], leaf.scalar.text
    sort, form = _ONE_KIND[kind]
    start, end = leaf.scalar.span
    is_alone = end == line.end and text[start:end].strip("'\"") == value
    if not is_alone or not _KEY.match(text, line.start, start) or sorts != {sort} or not form.match(value):
        return False
    return kind is not SecretKind.CREDIT_CODE or (not value[:17].isdecimal() and is_credit_code(value))


def _leaf_at(span: Span, values: Iterable[Leaf]) -> Leaf | None:
    return next((leaf for leaf in values if leaf.scalar.span.holds(span.start)), None)


def _is_sealed(leaf: Leaf, note: Note) -> bool:
    if leaf.field is None:
        return is_sealed(leaf, note)
    public = public_of(note)[0]
    return public.is_sealed(leaf.top.field, leaf.top.key.text) or public.is_sealed(leaf.field, "")


def secret_spans(note: Note) -> Iterator[Span]:
    """Yield wherever the secrets of a note are written, also where it is taken for an order's number."""
    for typed in {secret.span.of(note.text) for secret in plain_secrets(note)}:
        at = note.text.find(typed)
        while at >= 0:
            yield Span(at, at + len(typed))
            at = note.text.find(typed, at + len(typed))


def without_secrets(values: Mapping[str, object], note: Note) -> Mapping[str, object]:
    """Return a message's values without the secrets of the note, which many a rule may have quoted."""
    if not plain_secrets(note):
        return values
    forms = _forms(note)
    return {name: _masked(value, forms) for name, value in values.items()}


def holds_secret(text: str, note: Note) -> bool:
    """Tell whether a text holds a secret of the note, or shows the beginning of one."""
    if not plain_secrets(note):
        return False
    forms = _forms(note)
    return any(typed in text for typed, _ in forms) or (text.endswith(_CUT) and _masked(text, forms) != text)


@remember
def _forms(note: Note) -> Iterator[tuple[str, str]]:
    """Yield how each secret of a note may be spelt in a message, with its mask."""
    for secret in plain_secrets(note):
        typed = secret.span.of(note.text)
        for form in dict.fromkeys((typed, " ".join(typed.split()), secret.sign)):
            yield form, secret.masked


def _masked(value: object, forms: tuple[tuple[str, str], ...]) -> object:
    if isinstance(value, Phrase):
        return Phrase(value.message, {name: _masked(one, forms) for name, one in value.values.items()})
    if not isinstance(value, str):
        return value
    for typed, mask in forms:
        value = value.replace(typed, mask)
        if value.endswith(_CUT):
            value = _without_beginning(value, typed)
    return value


def _without_beginning(value: str, typed: str) -> str:
    """Take what a shortened text shows of a secret at its end."""
    kept = value.removesuffix(_CUT)
    for size in range(min(len(kept), len(typed)), 3, -1):
        if kept.endswith(typed[:size]):
            return kept[:-size] + _CUT
    return value
