"""SU rules: the comments that silence other rules."""

from __future__ import annotations

from collections.abc import Iterator

from vault_tool.lint.rule import Context, Flaw, Rule, Severity
from vault_tool.notes.note import Note


def suppression_unused(note: Note, context: Context) -> Iterator[Flaw]:
    """A comment that silences a rule silences something.

    Why: one that is left behind hides the next real flaw on its line.
    Bad: `<!-- vault: ignore[EN003] agreed -->` above an entry that is dated well
    Good: no such comment; `<!-- vault: ignore[EN003] signed in advance -->` above one that isn't
    Fix: safe. Removes the comment, or the rule from it.
    """
    # Told by `suppress.py`, when all other rules have spoken.
    yield from ()


RULES = (Rule("SU001", "suppression-unused-or-unknown", Severity.WARNING, "safe", suppression_unused),)
