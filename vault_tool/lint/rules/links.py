"""LK rules: links, duplicates and people, judged by what the context knows of the other customers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from vault_tool.lint.rule import Context, Fix, Flaw, Rule, Severity
from vault_tool.lint.rules.leaves import field_of, hidden_of, is_sealed_reference, leaves
from vault_tool.lint.rules.plain_secrets import plain_secrets
from vault_tool.lint.rules.remember import remember, remember_last
from vault_tool.messages import N_
from vault_tool.named import NamedTuple
from vault_tool.notes.note import Note
from vault_tool.notes.relink import can_be_target
from vault_tool.notes.sealing_marks import sealing_spans
from vault_tool.notes.text import Edit, Span
from vault_tool.patterns import pattern
from vault_tool.schema import FieldType
from vault_tool.vault.settings import Settings, fold_spelling

_BRACKETS = pattern(r"\[\[([^\[\]\r\n|]+)(?:\|[^\[\]\r\n]*)?\]\]")
# What may follow a target in Obsidian: a heading, a block, and the backslash of a table's cell.
_PLACE = pattern(r"[#^].*|\\\Z", re.DOTALL)
_ADDRESS = pattern(r"[a-z][a-z0-9+.-]*:(?://|\S+@)", re.IGNORECASE)
_FILE = pattern(r"\.(?!md\Z)[a-z][a-z0-9]{1,4}\Z", re.IGNORECASE)
_SEVERAL = pattern(r"[、,，;；/／&＆]|\s+和\s*|\s+and\s+")
_MOST_SHOWN = 3
# Asked of every value: to name them within their enumeration takes ten times as long.
_LINK, _PERSON = FieldType.LINK, FieldType.PERSON


class _Link(NamedTuple):
    """A link to a customer: what it means, without heading or label, and where that stands."""

    target: str
    span: Span


@remember
def _links(note: Note) -> Iterator[_Link]:
    """Yield the links that should mean a customer, in the body and in fields; none of what is secret."""
    if "[[" not in note.text:
        return
    for link in note.links:
        # What is embedded is a file's content; an image, mostly.
        if not note.text.startswith("!", link.span.start - 1):
            yield from _target(note, link.span)
    for leaf in leaves(note):
        if leaf.field is not None and leaf.field.type is _LINK:
            start = note.text.find("[[", leaf.scalar.span.start, leaf.scalar.span.end)
            if start >= 0:
                yield from _target(note, Span(start, leaf.scalar.span.end))


def _target(note: Note, span: Span) -> Iterator[_Link]:
    found = _BRACKETS.match(note.text, span.start, span.end)
    if found is None or _is_secret(note, Span(*found.span())):
        return
    typed = _PLACE.sub("", found[1])
    target = typed.strip()
    if not target or _ADDRESS.match(target) or is_sealed_reference(target):
        return
    start = found.start(1) + len(typed) - len(typed.lstrip())
    yield _Link(target, Span(start, start + len(target)))


def broken_link(note: Note, context: Context) -> Iterator[Flaw]:
    """A link leads to a customer.

    Why: whoever follows it finds nothing, and the other note doesn't show who refers to it. Links to files
    and to addresses, and to notes of yours that are no customers, are left alone.
    Bad: `[[周小漫]]`, where only a 周小满 is a customer
    Good: `[[周小满]]`, `[[c3m8k2qa41]]`, `[[customers/acme|Acme]]`, `[[合同.pdf]]`
    Fix: unsafe, where just one customer has a name like it: links to that one.
    """
    known = context.customers
    for link in _links(note):
        target = link.target
        if known.unclear(target) != () or _FILE.search(target) or known.is_file(target):
            continue
        nearest = known.nearest(target)
        if nearest is None or not can_be_target(nearest):
            yield Flaw(link.span, N_("No customer is called {name}"), {"name": _short(target)})
        else:
            yield Flaw(
                link.span,
                N_("No customer is called {name}; did you mean {nearest}?"),
                {"name": _short(target), "nearest": _short(nearest)},
                Fix((Edit(link.span, nearest),), is_safe=False),
            )


def ambiguous_link(note: Note, context: Context) -> Iterator[Flaw]:
    """A link leads to one customer only.

    Why: of two that are called alike, a reader takes the wrong one.
    Bad: `[[王伟]]`, where two customers are called 王伟
    Good: `[[王伟-杭州]]` (the file's name), `[[customers/王伟-杭州|王伟]]`, or the id
    Fix: none. Which one is meant is for you to say.
    """
    for link in _links(note):
        if meant := context.customers.unclear(link.target):
            paths = ", ".join(meant[:_MOST_SHOWN]) + (", …" if len(meant) > _MOST_SHOWN else "")
            yield Flaw(
                link.span,
                N_("{name} may mean {count} customers: {paths}"),
                {"name": _short(link.target), "count": len(meant), "paths": paths},
            )


_TWINS = {
    "id": ("id", N_("{path} has the same id")),
    "code": ("credit_code", N_("{path} has the same credit code: one company, two notes?")),
    "name": ("name", N_("{path} has the same name: one customer, two notes?")),
    "phone": ("phone", N_("{path} has the same telephone number: one company, two notes?")),
}


def duplicate_customer(note: Note, context: Context) -> Iterator[Flaw]:
    """Each customer has one note.

    Why: half of what you know stands in the other note, and two colleagues write to one customer. A note is
    another's duplicate with the same id or credit code; or, for companies and partners of one type, with the
    same name (width, case, blanks and traditional characters don't count) or telephone number. People of one
    name are no duplicates, nor are branches with a region or a credit code of their own.
    Bad: `customers/lanhai.md` and `customers/蓝海.md`, both 杭州蓝海贸易有限公司
    Good: one note, with `aliases: [蓝海]`; two branches, each with its `region`
    Fix: none. Move what is worth keeping into one of the notes, and archive or remove the other.
    """
    found = context.customers.twin(str(note.path))
    if found is None:
        return
    sign, path = found
    name, message = _TWINS[sign]
    top = field_of(note, name)
    # Where the field stands, but never what stands in it.
    span = top.key.span if top else Span(0, 0)
    yield Flaw(span, message, {"path": path})


class _Named(NamedTuple):
    """A person of the team, as a note names them."""

    spelling: str
    span: Span


def owner_unknown(note: Note, context: Context) -> Iterator[Flaw]:
    """Who is named as owner, author or seller is one of the team.

    Why: a misspelt owner finds the customer in no list of his own. Silent where `vault.toml` names no people;
    each stranger is told of once in a note. Who has left stays among the people: old entries need a name.
    Bad: `owner: li.an`, where the team has a li.na
    Good: `owner: li.na`, `负责人: 李娜`, `## 2026-11-20 @娜姐`
    Fix: none. `vault people add` makes somebody one of the team.
    """
    if not context.settings.people:
        return
    [team] = _team(context.settings)
    told = set()
    for named in _people(note, team):
        key = fold_spelling(named.spelling)
        if not key or key in told or key in team:
            continue
        told.add(key)
        close = get_close_matches(key, team, n=1, cutoff=0.7)
        if close:
            message = N_("{name} is nobody of the team; did you mean {nearest}?")
            yield Flaw(named.span, message, {"name": _short(named.spelling), "nearest": team[close[0]]})
        else:
            yield Flaw(named.span, N_("{name} is nobody of the team"), {"name": _short(named.spelling)})


@remember_last
def _team(settings: Settings) -> Iterator[dict[str, str]]:
    """Yield every spelling of the team's people, by what it is compared as."""
    yield {fold_spelling(said): said for person in settings.people for said in person.spellings}


def _people(note: Note, team: Mapping[str, str]) -> Iterator[_Named]:
    for leaf in leaves(note):
        if leaf.field is not None and leaf.field.type is _PERSON:
            yield from _split(leaf.scalar.text, leaf.scalar.span, note, team)
    for entry in note.entries:
        if entry.author:
            if fold_spelling(entry.author) in team:
                continue  # as nearly all are
            at = note.text.find(entry.author, entry.heading.start, entry.heading.end)
            if at >= 0 and not _is_secret(note, entry.heading):
                yield _Named(entry.author, Span(at, at + len(entry.author)))
    for inline in note.inline_fields:
        if inline.field is not None and inline.field.type is _PERSON:
            yield from _split(inline.value, inline.value_span, note, team)


def _split(text: str, span: Span, note: Note, team: Mapping[str, str]) -> Iterator[_Named]:
    """Yield each of the people that share a customer."""
    if fold_spelling(text) in team or is_sealed_reference(text) or _is_secret(note, span):
        return
    for part in _SEVERAL.split(text):
        yield _Named(part.strip(), span)


@remember
def _secrets(note: Note) -> Iterator[Span]:
    yield from hidden_of(note)
    yield from sealing_spans(note.text)
    # A link's target is asked for, and kept with the answer: no telephone number may be.
    yield from (secret.span for secret in plain_secrets(note))


def _is_secret(note: Note, span: Span) -> bool:
    """Tell whether some of a span may not be shown."""
    return any(part.start < span.end and part.end > span.start for part in _secrets(note))


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"


RULES = (
    Rule("LK001", "broken-link", Severity.WARNING, "unsafe", broken_link),
    Rule("LK002", "ambiguous-link", Severity.WARNING, None, ambiguous_link),
    Rule("LK003", "duplicate-customer", Severity.ERROR, None, duplicate_customer),
    Rule("LK004", "owner-unknown", Severity.WARNING, None, owner_unknown),
)
