"""Queries as a command line has them: its words, read for this vault and this person."""

from __future__ import annotations

from collections.abc import Iterable

from vault_tool.cli.app import App
from vault_tool.cli.me import me
from vault_tool.schema import fold
from vault_tool.search.query import Reading

HIDDEN = "\0"
"""Stands before a word that click must not take for options."""


def query_text(words: Iterable[str]) -> str:
    """Return words of the command line as one query."""
    return " ".join(word.removeprefix(HIDDEN) for word in words)


def reading_for(app: App) -> Reading:
    """Return what reading a query needs to know of this vault and this person."""
    settings = app.vault.settings

    def my_id() -> str | None:
        person = me(app)
        return person.id if person else None

    def person_id(name: str) -> str | None:
        person = settings.person(name)
        if person is None and not settings.people:
            return name  # without a team, owners are as typed
        return person.id if person else None

    saved = {fold(name): text for name, text in settings.queries.items()}
    return Reading(
        schema=app.vault.schema,
        today=app.today,
        me=my_id,
        person=person_id,
        saved=lambda name: saved.get(fold(name)),
        currency=settings.currency,
        known_queries=tuple(settings.queries),
    )
