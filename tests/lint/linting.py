"""A checker for tests: every rule, one day, one id."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import PurePosixPath
from typing import Any

from vault_tool.lint.check import Checker
from vault_tool.lint.rule import Context, Finding
from vault_tool.lint.selection import select_rules
from vault_tool.notes.note import Note, parse_note
from vault_tool.schema import load_schema
from vault_tool.vault.settings import LintSettings, Settings

TODAY = date(2026, 11, 23)
NEW_ID = "c123456789"
SCHEMA = load_schema()
NOTE = PurePosixPath("customers/acme.md")


def checker(
    *select: str,
    ignore: tuple[str, ...] = (),
    today: date = TODAY,
    new_id: Callable[[PurePosixPath], str] | None = lambda _path: NEW_ID,
    **lint: Any,
) -> Checker:
    """Return a checker of the default rules, or of those selected; `lint` are `[lint]` settings."""
    settings = Settings(id="v7k2m9qx", lint=LintSettings(**lint))
    context = Context(SCHEMA, settings, today, new_id=new_id)
    return Checker.of(select_rules(settings.lint, select, ignore), context)


def note_of(data: bytes | str) -> Note:
    """Read a note."""
    return parse_note(NOTE, data, SCHEMA)


def codes(findings: list[Finding]) -> list[str]:
    """Return the codes of findings, in their order."""
    return [finding.code for finding in findings]


def check(data: bytes | str, *select: str, **settings: Any) -> list[Finding]:
    """Return what is wrong in a note."""
    return checker(*select, **settings).check(note_of(data))
