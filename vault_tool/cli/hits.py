"""The hits of a search as a person reads them: under their customers, each with its place and its snippet."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from vault_tool.cli.app import App
from vault_tool.cli.say import said_date, said_word
from vault_tool.cli.where import seen_from
from vault_tool.cli.width import clip, width, wrap
from vault_tool.messages import _
from vault_tool.search.search import Hit

_INDENT = 2
_SNIPPET_INDENT = 4
_LEAST_HEADING = 20

Spans = Sequence[tuple[int, int]]


def grouped(hits: Iterable[Hit]) -> list[list[Hit]]:
    """Return the hits of each customer together, the customers in the order of their best hits."""
    groups: dict[int, list[Hit]] = {}
    for hit in hits:
        groups.setdefault(hit.customer.key, []).append(hit)
    return list(groups.values())


def hit_lines(app: App, hits: Iterable[Hit]) -> Iterator[str]:
    """Yield the lines that show hits; on a terminal they are numbered, for `--open`."""
    groups = grouped(hits)
    digits = len(str(sum(map(len, groups)))) if app.out.is_terminal else 0
    number = 0
    for group in groups:
        if number:
            yield ""
        yield customer_line(app, group[0])
        for hit in group:
            number += 1
            yield from _hit(app, hit, f"{number:>{digits}}  " if digits else "")


def customer_line(app: App, hit: Hit) -> str:
    """Return who a hit is about: name, stage, owner."""
    customer = hit.customer
    person = app.vault.settings.person(customer.owner) if customer.owner else None
    beside = [
        said_word(app.vault.schema, "stage", customer.stage) if customer.stage else "",
        person.name if person else customer.owner or "",
    ]
    return " · ".join([app.out.style(customer.name, "bold"), *filter(None, beside)])


def choice_line(app: App, hit: Hit) -> str:
    """Return a hit on one line, to choose it from a list."""
    return " · ".join(filter(None, (hit.customer.name, _heading(app, hit), hit.snippet.text)))


def _hit(app: App, hit: Hit, number: str) -> Iterator[str]:
    place = f"{seen_from(app.cwd, app.vault.root, hit.path)}:{hit.passage.line}"
    left = app.out.columns - _INDENT - len(number) - 2 - width(place)
    heading = clip(_heading(app, hit), max(left, _LEAST_HEADING))
    yield f"{' ' * _INDENT}{app.out.style(number, 'dim')}{heading}  {app.out.style(place, 'dim')}"
    indent = " " * (_INDENT + len(number) if number else _SNIPPET_INDENT)
    for text, spans in _wrapped(hit.snippet.text, hit.snippet.highlights, app.out.columns - len(indent)):
        yield indent + app.out.highlight(text, spans)


def _heading(app: App, hit: Hit) -> str:
    schema, passage = app.vault.schema, hit.passage
    if passage.kind != "entry":
        return passage.title or _("profile")
    day = date.fromisoformat(passage.day) if passage.day else None
    words = [said_date(day, schema) if day else "", passage.time or ""]
    words += [said_word(schema, "channel", passage.channel) if passage.channel else ""]
    words += [said_word(schema, "kind", passage.word) if passage.word else ""]
    author = app.vault.settings.person(passage.author) if passage.author else None
    words += [f"@{author.name if author else passage.author}" if passage.author else "", passage.title]
    return " ".join(word for word in words if word)


def _wrapped(text: str, spans: Spans, columns: int) -> Iterator[tuple[str, Spans]]:
    """Break a snippet into lines of a terminal, each with its own marks."""
    if width(text) <= columns:
        yield from [(text, spans)] if text else []
        return
    at = 0
    for line in wrap(text, columns):
        # Wrapping keeps every character but blanks, of which it makes one or a new line.
        found = re.compile(r"\s+".join(map(re.escape, line.split()))).search(text, at)
        assert found is not None
        start, at = found.span()
        marks = ((max(first, start) - start, min(last, at) - start) for first, last in spans)
        yield text[start:at], [mark for mark in marks if mark[0] < mark[1]]
