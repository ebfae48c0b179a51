"""What the shell offers at Tab: customers, fields, words, tags, people, in both scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing

import click
from click.shell_completion import CompletionItem

from vault_tool.cli.app import App
from vault_tool.messages import Language, language
from vault_tool.schema import Field, fold

Offer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]
Offered = Iterator[tuple[str, str]]
"""What may be typed, and what to show beside it."""

_MOST = 200

_NAMES = (
    "SELECT path, name, names.text, names.folded, pinyin FROM names JOIN customers ON key = customer"
    " WHERE names.kind IN ('name', 'alias', 'stem') AND NOT is_archived"
    " ORDER BY path, names.kind = 'name' DESC"
)
_TAGS = "SELECT text, count(*) AS used FROM facts WHERE name = 'tags' GROUP BY text ORDER BY used DESC, text"


def _offer(collect: Callable[[App, str], Offered]) -> Offer:
    """Make a completion of a generator; it is fast to give up, and never fails."""

    def offer(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        items: list[CompletionItem] = []
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


def _rows(app: App, sql: str) -> Iterator[tuple[str, ...]]:
    """Yield rows of the catalog as it stands: a walk would take too long for a key press."""
    from vault_tool.vault.catalog import open_catalog
    from vault_tool.vault.places import places_for

    with closing(open_catalog(places_for(app.root, app.settings.id, app.env).cache)) as catalog:
        yield from catalog.each(sql)


def _customers(app: App, incomplete: str) -> Offered:
    from vault_tool.notes.folding import fold as fold_name
    from vault_tool.vault.names import pinyin_query

    wanted, letters = fold_name(incomplete), pinyin_query(incomplete)
    rows = list(_rows(app, _NAMES))
    sounding = letters.fits([pinyin for *_name, pinyin in rows if pinyin]) if letters else {}
    last = ""
    for path, name, spelling, folded, pinyin in rows:
        # Each customer once, by the first of its spellings that fits: its name, else a shorter one.
        if path != last and (folded.startswith(wanted) or pinyin in sounding) and not _has_blank(spelling):
            last = path
            yield spelling, "" if name == spelling else name


def _tags(app: App, incomplete: str) -> Offered:
    for tag, *_count in _rows(app, _TAGS):
        yield from _spelt((tag,), tag, incomplete)


def _people(app: App, incomplete: str) -> Offered:
    for person in app.settings.people:
        yield from _spelt(person.spellings, person.name, incomplete)


def _fields(app: App, incomplete: str) -> Offered:
    for field in app.schema.fields:
        if not field.internal:
            yield from _spelt((field.key(language()), *field.spellings), field.label(language()), incomplete)


def _inline_fields(app: App, incomplete: str) -> Offered:
    key, equals, value = incomplete.partition("=")
    field = app.schema.inline_field(key)
    if equals and field:
        yield from ((f"{key}={spelling}", label) for spelling, label in _values(app, field, value, key))
        return
    for each in app.schema.inline_fields:
        yield from (
            (f"{spelling}=", label) for spelling, label in _spelt(each.spellings, each.label(language()), key)
        )


def _assignments(app: App, incomplete: str) -> Offered:
    key, equals, value = incomplete.partition("=")
    if equals:
        field = app.schema.field(key.rstrip("+-"))
        yield from ((f"{key}={spelling}", label) for spelling, label in _values(app, field, value, key))
        return
    yield from _customers(app, incomplete)
    yield from ((f"{spelling}=", label) for spelling, label in _fields(app, incomplete))


def _queries(app: App, incomplete: str) -> Offered:
    key, colon, value = incomplete.partition(":")
    if incomplete.startswith("@"):
        for name, query in app.settings.queries.items():
            yield from ((f"@{spelling}", query) for spelling, _label in _spelt((name,), name, incomplete[1:]))
    elif colon:
        field = app.schema.field(key)
        yield from ((f"{key}:{spelling}", label) for spelling, label in _values(app, field, value, key))
    else:
        yield from ((f"{spelling}:", label) for spelling, label in _fields(app, incomplete))


def _values(app: App, field: Field | None, incomplete: str, key: str) -> Offered:
    """Yield what a field may hold, as far as that is known."""
    if field is None:
        return
    if field.vocabulary:
        yield from _words(app, field.vocabulary, incomplete, key)
    elif field.name == "tags":
        yield from _tags(app, incomplete)
    elif field.type == "person":
        yield from _people(app, incomplete)


def _words(app: App, vocabulary: str, incomplete: str, before: str = "") -> Offered:
    """Yield the words of a vocabulary, in the script of what stands before, else in the reader's language."""
    script: Language = language() if before.isascii() else "zh"
    for word in app.schema.vocabularies[vocabulary]:
        yield from _spelt((word.label(script), *word.spellings), word.label(language()), incomplete)


def _spelt(spellings: Iterable[str], label: str, incomplete: str) -> Offered:
    """Yield the first spelling that what is typed may become."""
    wanted = fold(incomplete)
    for spelling in spellings:
        if fold(spelling).startswith(wanted) and not _has_blank(spelling):
            yield spelling, "" if spelling == label else label
            return


def _has_blank(spelling: str) -> bool:
    """Tell whether a shell would cut this in two."""
    return any(map(str.isspace, spelling))


customers = _offer(_customers)
tags = _offer(_tags)
people = _offer(_people)
fields = _offer(_fields)
inline_fields = _offer(_inline_fields)
assignments = _offer(_assignments)
queries = _offer(_queries)
stages = _offer(lambda app, incomplete: _words(app, "stage", incomplete))
types = _offer(lambda app, incomplete: _words(app, "type", incomplete))
channels = _offer(lambda app, incomplete: _words(app, "channel", incomplete))
kinds = _offer(lambda app, incomplete: _words(app, "kind", incomplete))
