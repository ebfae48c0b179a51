"""What the shell offers at Tab: customers, fields, words, tags, people, in both scripts."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING

from vault_tool.cli.app import App
from vault_tool.messages import Language, language

if TYPE_CHECKING:
    import click
    from click.shell_completion import CompletionItem

    from vault_tool.schema import Field, Schema
    from vault_tool.vault.catalog import Catalog

Offered = Iterator[tuple[str, str]]
"""What may be typed, and what to show beside it."""

_MOST = 200
_SHELL_SIGNS = frozenset(" \u3000\t\"'`\\$&|;<>()[]{}*?!#~^")

# In no order, so that no more is read than is offered. A name that sounds as typed has these letters in its
# key, one after the other; whether it does sound so is for `PinyinQuery` to say.
_NAMES = (
    "SELECT rowid, customer, text, folded, pinyin FROM names"
    " WHERE rowid > ? AND kind != 'contact' AND (folded BETWEEN ? AND ? OR pinyin GLOB ?)"
    " ORDER BY rowid LIMIT ?"
)
_AT_WORK = "SELECT key, name FROM customers WHERE NOT is_archived AND key IN ({marks})"
_AT_ONCE = 500
_TAGS = "SELECT text, count(*) AS used FROM facts WHERE name = 'tags' GROUP BY text ORDER BY used DESC, text"


class Offer:
    """A completion, as click asks for it; it is fast to give up, and never fails."""

    def __init__(self, collect: Callable[[App, str], Offered]) -> None:
        self._collect = collect

    def of(self, app: App, incomplete: str) -> list[tuple[str, str]]:
        """Return what may be typed here, and what to show beside it."""
        offered: list[tuple[str, str]] = []
        try:
            for value, beside in islice(self._collect(app, incomplete), _MOST):
                offered.append((value, " ".join(filter(str.isprintable, beside.split()))))
        except Exception:  # noqa: BLE001 - a shell in the middle of a line can show no error
            return offered
        return offered

    def __call__(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Return what click shows."""
        from click.shell_completion import CompletionItem

        return [
            CompletionItem(value, help=beside or None) for value, beside in self.of(_app(ctx), incomplete)
        ]


def _app(ctx: click.Context) -> App:
    """Find the run's app; a completion never runs the callback that takes `-C`."""
    app = ctx.find_root().obj
    assert isinstance(app, App)
    if (given := ctx.find_root().params.get("directory")) is not None:
        app.given = app.cwd / given
    return app


def _catalog(app: App) -> closing[Catalog]:
    """Open the catalog as it stands: a walk would take too long for a key press."""
    from vault_tool.vault.catalog import open_catalog

    return closing(open_catalog(app.opening.places.cache))


def _schema(app: App) -> Schema:
    from vault_tool.vault.settings import NoVault

    try:
        return app.opening.schema
    except NoVault:
        return app.schema


def _customers(app: App, incomplete: str) -> Offered:
    """Yield each customer once, by the first of its spellings that fits: its name, else a shorter one.

    One that a shell takes as it stands goes before one that needs quotes.
    """
    from vault_tool.vault.names import pinyin_query

    wanted, letters = _folded(incomplete), pinyin_query(incomplete)
    asked = (wanted, wanted + chr(sys.maxunicode), f"*{'*'.join(letters.letters)}*" if letters else None)
    met: set[int] = set()
    last = 0
    with _catalog(app) as catalog:
        while some := catalog.rows(_NAMES, (last, *asked, _AT_ONCE)):
            last = some[-1][0]
            sounding = letters.fits([pinyin for *_name, pinyin in some if pinyin]) if letters else {}
            fitting: dict[int, str] = {}
            for _row, key, spelling, folded, pinyin in some:
                fits = folded.startswith(wanted) or pinyin in sounding
                if fits and key not in met and spelling.isprintable():
                    known = fitting.setdefault(key, spelling)
                    if not is_a_word(known) and is_a_word(spelling):
                        fitting[key] = spelling
            met.update(fitting)
            marks = ", ".join("?" * len(fitting))
            for key, name in catalog.rows(_AT_WORK.format(marks=marks), list(fitting)):
                yield fitting[key], "" if name == fitting[key] else name
            if len(some) < _AT_ONCE:
                return


def _folded(text: str) -> str:
    if text.isascii():
        return text.lower()  # as folding does, which takes longer to load than to complete
    from vault_tool.notes.folding import fold

    return fold(text)


def _tags(app: App, incomplete: str) -> Offered:
    with _catalog(app) as catalog:
        for tag, _count in catalog.rows(_TAGS):
            yield from _spelt((tag,), tag, incomplete)


def _people(app: App, incomplete: str) -> Offered:
    for person in app.opening.settings.people:
        yield from _spelt(person.spellings, person.name, incomplete)


def _fields(app: App, incomplete: str) -> Offered:
    for field in _schema(app).fields:
        if not field.internal:
            yield from _spelt((field.key(language()), *field.spellings), field.label(language()), incomplete)


def _inline_fields(app: App, incomplete: str) -> Offered:
    key, equals, value = incomplete.partition("=")
    field = _schema(app).inline_field(key)
    if equals and field:
        yield from ((f"{key}={spelling}", label) for spelling, label in _values(app, field, value, key))
        return
    for each in _schema(app).inline_fields:
        yield from (
            (f"{spelling}=", label) for spelling, label in _spelt(each.spellings, each.label(language()), key)
        )


def _assignments(app: App, incomplete: str) -> Offered:
    key, equals, value = incomplete.partition("=")
    if equals:
        field = _schema(app).field(key.rstrip("+-"))
        yield from ((f"{key}={spelling}", label) for spelling, label in _values(app, field, value, key))
        return
    yield from _customers(app, incomplete)
    yield from ((f"{spelling}=", label) for spelling, label in _fields(app, incomplete))


def _queries(app: App, incomplete: str) -> Offered:
    key, colon, value = incomplete.partition(":")
    if incomplete.startswith("@"):
        for name, query in app.opening.settings.queries.items():
            yield from ((f"@{spelling}", query) for spelling, _label in _spelt((name,), name, incomplete[1:]))
    elif colon:
        field = _schema(app).field(key)
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
    for word in _schema(app).vocabularies[vocabulary]:
        yield from _spelt((word.label(script), *word.spellings), word.label(language()), incomplete)


def _spelt(spellings: Iterable[str], label: str, incomplete: str) -> Offered:
    """Yield the first spelling that what is typed may become."""
    from vault_tool.schema import fold

    wanted = fold(incomplete)
    for spelling in spellings:
        if fold(spelling).startswith(wanted) and is_a_word(spelling):
            yield spelling, "" if spelling == label else label
            return


def is_a_word(spelling: str) -> bool:
    """Tell whether a shell takes this as it stands, in one piece."""
    return spelling.isprintable() and not any(sign in _SHELL_SIGNS for sign in spelling)


customers = Offer(_customers)
tags = Offer(_tags)
people = Offer(_people)
fields = Offer(_fields)
inline_fields = Offer(_inline_fields)
assignments = Offer(_assignments)
queries = Offer(_queries)
stages = Offer(lambda app, incomplete: _words(app, "stage", incomplete))
types = Offer(lambda app, incomplete: _words(app, "type", incomplete))
channels = Offer(lambda app, incomplete: _words(app, "channel", incomplete))
kinds = Offer(lambda app, incomplete: _words(app, "kind", incomplete))
