"""What the shell offers at Tab: customers, fields, stages, tags, people, in both scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import wraps

import click
from click.shell_completion import CompletionItem

from vault_tool.cli.app import App
from vault_tool.messages import language
from vault_tool.schema import fold

Offer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]

_MOST = 200


def _never_raising(collect: Callable[[App, str], Iterable[tuple[str, str]]]) -> Offer:
    """Make a completion of a function that yields values and what to show beside each."""

    @wraps(collect)
    def offer(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        items = []
        try:
            for value, beside in collect(_app(ctx), incomplete):
                items.append(CompletionItem(value, help=beside or None))
                if len(items) == _MOST:
                    break
        except Exception:  # noqa: BLE001 - a shell in the middle of a line can show no error
            return items
        return items

    return offer


def _app(ctx: click.Context) -> App:
    """Find the run's app; a completion never runs the callback that takes `-C`."""
    app = ctx.find_root().obj
    assert isinstance(app, App)
    if (given := ctx.find_root().params.get("directory")) is not None:
        app.given = app.cwd / given
    return app


@_never_raising
def fields(app: App, incomplete: str) -> Iterator[tuple[str, str]]:
    """Offer front-matter fields, in the script that is being typed."""
    for field in app.schema.fields:
        if not field.internal:
            yield from _spelt(field.spellings, field.label(language()), incomplete)


@_never_raising
def stages(app: App, incomplete: str) -> Iterator[tuple[str, str]]:
    """Offer the stages, in the script that is being typed."""
    return _words(app, "stage", incomplete)


@_never_raising
def types(app: App, incomplete: str) -> Iterator[tuple[str, str]]:
    """Offer the customer types."""
    return _words(app, "type", incomplete)


@_never_raising
def channels(app: App, incomplete: str) -> Iterator[tuple[str, str]]:
    """Offer the channels of an entry."""
    return _words(app, "channel", incomplete)


@_never_raising
def kinds(app: App, incomplete: str) -> Iterator[tuple[str, str]]:
    """Offer the kinds of an entry."""
    return _words(app, "kind", incomplete)


@_never_raising
def customers(app: App, incomplete: str) -> Iterator[tuple[str, str]]:
    """Offer customers by name, alias or pinyin, from the catalog as it stands; nothing is read anew."""
    if incomplete:
        found = ((match.name, match.by) for match in app.vault.resolve(incomplete))
    else:
        found = ((customer.name, "") for customer in app.vault.customers())
    for name, by in found:
        yield name, "" if by == name else by


@_never_raising
def assignments(app: App, incomplete: str) -> Iterator[tuple[str, str]]:
    """Offer customers, then FIELD=, then the words of a field behind its `=`."""
    key, equals, typed = incomplete.partition("=")
    field = app.schema.field(key.rstrip("+-")) if equals else None
    if field is not None:
        for word in app.schema.vocabularies.get(field.vocabulary or "", ()):
            for spelling, beside in _spelt(word.spellings, word.label(language()), typed):
                yield f"{key}={spelling}", beside
        return
    for customer in app.vault.resolve(incomplete) if incomplete else ():
        yield customer.name, customer.by
    for known in app.schema.fields:
        for spelling, beside in _spelt(known.spellings, known.label(language()), incomplete):
            yield f"{spelling}=", beside


@_never_raising
def people(app: App, incomplete: str) -> Iterator[tuple[str, str]]:
    """Offer the team's people."""
    for person in app.settings.people:
        yield from _spelt(person.spellings, person.name, incomplete)


def _words(app: App, vocabulary: str, incomplete: str) -> Iterator[tuple[str, str]]:
    for word in app.schema.vocabularies[vocabulary]:
        yield from _spelt(word.spellings, word.label(language()), incomplete)


def _spelt(spellings: Iterable[str], label: str, incomplete: str) -> Iterator[tuple[str, str]]:
    """Yield the first spelling that what is typed may become; a shell would cut it at a blank."""
    wanted = fold(incomplete)
    for spelling in spellings:
        if fold(spelling).startswith(wanted) and not any(map(str.isspace, spelling)):
            yield spelling, "" if spelling == label else label
            return
