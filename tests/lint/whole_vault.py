"""A vault on disk for the linter, and what must be found in it: by a way that keeps nothing and takes no turn."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from itertools import count
from pathlib import Path, PurePosixPath

from tests.lint.linting import SCHEMA, TODAY
from vault_tool.lint.cards import CardMaker
from vault_tool.lint.check import Checker
from vault_tool.lint.customers import KnownCustomers, other_files
from vault_tool.lint.finding import Finding, Linted
from vault_tool.lint.linter import Linter
from vault_tool.lint.rows import Row, row_of
from vault_tool.lint.rule import Context
from vault_tool.lint.selection import select_rules
from vault_tool.notes.note import parse_note
from vault_tool.vault.places import Places
from vault_tool.vault.settings import Person, Settings

TEAM = Settings(id="v7k2m9qx", people=(Person("li.na", "李娜", ("娜姐",)), Person("zhang.wei", "张伟")))
Found = dict[str, list[Row]]

_ticks = count(1_700_000_000)


def write(root: Path, path: str, text: str | bytes, *, is_new: bool = False) -> Path:
    """Write a file as of a time of its own, long ago: as one that nobody is writing any more."""
    place = root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(text.encode() if isinstance(text, str) else text)
    if not is_new:
        os.utime(place, (tick := next(_ticks), tick))
    return place


def note(id: str, name: str, *more: str, body: str = "", type: str = "enterprise") -> str:
    """Return a note that is well kept but for what is added to it."""
    lines = [f"id: {id}", f"name: {name}", f"type: {type}", "stage: lead", "owner: li.na", *more]
    return "---\n" + "\n".join(lines) + f"\n---\n\n{body}\n"


def places(folder: Path) -> Places:
    """Return places of local state in a folder."""
    return Places(folder / "cache", folder / "state")


def linter(
    root: Path, state: Path, *select: str, today: date = TODAY, settings: Settings = TEAM, edits: bool = False
) -> Linter:
    """Return a linter whose local state lies in `state`."""
    return Linter(root, settings, SCHEMA, places(state), today, select=select, keeps_edits=edits)


def rows(linted: Iterable[Linted]) -> Found:
    """Return all that was found as plain values, by path, in their order."""
    return {str(one.path): [row_of(finding) for finding in one.findings] for one in linted}


def expected(
    root: Path, *select: str, today: date = TODAY, settings: Settings = TEAM, of: str = "customers"
) -> Found:
    """Return what is to be found: all notes read, all customers known, then each note checked."""
    notes = [
        parse_note(PurePosixPath(file.relative_to(root)), file.read_bytes(), SCHEMA)
        for folder in ("customers", "archive")
        for file in sorted((root / folder).rglob("*.md"))
    ]
    maker = CardMaker(settings, b"another secret")
    known = KnownCustomers(map(maker.card_of, notes), lambda: other_files(str(root)))
    context = replace(Context(SCHEMA, settings, today), customers=known, new_id=lambda _path: "c000000000")
    checker = Checker.of(select_rules(settings.lint, select), context)
    found: dict[str, list[Finding]] = {
        str(each.path): checker.check(each) for each in notes if each.path.parts[0] == of
    }
    ordered = sorted(found, key=lambda path: path.split("/"))
    return {path: [row_of(finding) for finding in found[path]] for path in ordered}
