"""Change notes: read, plan, write all at once; again from the start if a file moved under us."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from pathlib import PurePosixPath
from typing import NamedTuple

from vault_tool.cli.app import App
from vault_tool.notes.note import Note
from vault_tool.vault.journal import Change, ChangedOnDisk

Plan = Callable[[Note], str]


class Changed(NamedTuple):
    """A note before and after a command."""

    before: Note
    after: str

    @property
    def path(self) -> PurePosixPath:
        """Where it stands."""
        return self.before.path


def change_notes(
    app: App, paths: Iterable[PurePosixPath], plan: Plan, command: str, *, dry_run: bool = False
) -> list[Changed]:
    """Plan the new text of each note, write all that change anything, and return those.

    With `dry_run` nothing is written and the diff is shown. Where a file changed between reading and writing,
    all is planned again once; a second time is an error, and nothing is written.
    """
    wanted = list(paths)
    try:
        return _change_once(app, wanted, plan, command, dry_run)
    except ChangedOnDisk:
        return _change_once(app, wanted, plan, command, dry_run)


def _change_once(
    app: App, paths: list[PurePosixPath], plan: Plan, command: str, dry_run: bool
) -> list[Changed]:
    changes: list[Change] = []
    changed: list[Changed] = []
    for path in paths:
        note, digest = app.vault.read(path)
        after = plan(note)
        if after != note.text:
            changes.append(Change(path, digest, after.encode()))
            changed.append(Changed(note, after))
    if dry_run:
        for note, after in changed:
            show_diff(app, note.path, note.text, after)
    elif changes:
        app.vault.commit(changes, command)
    return changed


def show_diff(app: App, path: PurePosixPath, before: str, after: str) -> None:
    """Show what a change would do to one file, as a unified diff."""
    lines = difflib.unified_diff(
        before.splitlines(keepends=True),
        after.splitlines(keepends=True),
        f"a/{path}",
        f"b/{path}",
    )
    app.out.diff("".join(line if line.endswith("\n") else f"{line}\n" for line in lines))
