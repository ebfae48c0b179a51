"""The secrets that stand in a note in plain: what the privacy rules tell of, and what no report may show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from vault_tool.lint.finding import Phrase
from vault_tool.lint.rules.leaves import Leaf, is_sealed, leaves, public_of
from vault_tool.lint.rules.remember import remember_last
from vault_tool.notes.note import Note
from vault_tool.notes.secrets import Secret, SecretKind, find_secrets
from vault_tool.notes.text import Span

# Where a company keeps its own numbers for all to see: the formats of fields that no schema seals.
_AT_HOME = {
    SecretKind.PHONE: ("phone", "mobile"),
    SecretKind.EMAIL: ("email",),
    SecretKind.CREDIT_CODE: ("credit_code",),
}
_CUT = "…"


@remember_last
def plain_secrets(note: Note) -> Iterator[Secret]:
    """Yield what stands in plain where it should not, in order, whichever rules are on.

    Left out is what a company has in a field made for it, there and wherever the note repeats it; and what
    stands in a field that is sealed, of which another rule tells.
    """
    end = note.content_end
    text = note.text if end == len(note.text) else note.text[:end]
    secrets = tuple(find_secrets(text, note.schema))
    if not secrets:
        return
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
    secrets = plain_secrets(note)
    return {name: _masked(value, note, secrets) for name, value in values.items()} if secrets else values


def _masked(value: object, note: Note, secrets: tuple[Secret, ...]) -> object:
    if isinstance(value, Phrase):
        return Phrase(
            value.message, {name: _masked(one, note, secrets) for name, one in value.values.items()}
        )
    if not isinstance(value, str):
        return value
    for secret in secrets:
        for typed in {secret.span.of(note.text), " ".join(secret.span.of(note.text).split()), secret.sign}:
            value = value.replace(typed, secret.masked)
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
