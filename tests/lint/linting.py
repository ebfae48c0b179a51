"""A checker for tests: every rule, one day, one id."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from pathlib import PurePosixPath
from typing import Any

from vault_tool.lint.cards import CardMaker
from vault_tool.lint.check import Checker
from vault_tool.lint.customers import KnownCustomers
from vault_tool.lint.rule import Context, Finding
from vault_tool.lint.selection import select_rules
from vault_tool.notes.note import Note, parse_note
from vault_tool.schema import load_schema
from vault_tool.vault.settings import LintSettings, Settings

TODAY = date(2026, 11, 23)
NEW_ID = "c123456789"
SCHEMA = load_schema()
NOTE = PurePosixPath("customers/acme.md")
ALONE = Settings(id="v7k2m9qx")
# Whatever a customer is called here, its file is acme.md: only who selects this rule hears of it.
OF_NAMES = "FE006"


def checker(
    *select: str,
    ignore: tuple[str, ...] = (),
    today: date = TODAY,
    new_id: Callable[[PurePosixPath], str] | None = lambda _path: NEW_ID,
    customers: KnownCustomers | None = None,
    team: Settings = ALONE,
    **lint: Any,
) -> Checker:
    """Return a checker of the default rules, or of those selected; `lint` are `[lint]` settings."""
    settings = team._replace(lint=LintSettings(**lint))
    ignore = ignore if OF_NAMES in select else (*ignore, OF_NAMES)
    context = Context(SCHEMA, settings, today, new_id=new_id)
    if customers is not None:
        context = replace(context, customers=customers)
    return Checker.of(select_rules(settings.lint, select, ignore), context)


def note_of(data: bytes | str, path: PurePosixPath = NOTE) -> Note:
    """Read a note."""
    return parse_note(path, data, SCHEMA)


def customers_of(notes: Iterable[Note], team: Settings = ALONE) -> KnownCustomers:
    """Return what is known of these customers."""
    maker = CardMaker(team, b"secret")
    return KnownCustomers(map(maker.card_of, notes))


def codes(findings: list[Finding]) -> list[str]:
    """Return the codes of findings, in their order."""
    return [finding.code for finding in findings]


def check(data: bytes | str, *select: str, **settings: Any) -> list[Finding]:
    """Return what is wrong in a note."""
    return checker(*select, **settings).check(note_of(data))
