"""CF rules, and the files that cloud folders and half-done merges leave behind."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vault_tool.lint.rule import Context, Flaw, Rule, Severity
from vault_tool.lint.rules.entry_dates import LinePattern
from vault_tool.lint.rules.leaves import field_of, fields_of, is_empty
from vault_tool.lint.rules.phrases import phrase_pattern
from vault_tool.lint.rules.remember import remember_last
from vault_tool.messages import N_
from vault_tool.notes.folding import fold
from vault_tool.notes.note import Note
from vault_tool.notes.text import Span
from vault_tool.patterns import pattern
from vault_tool.schema import TOOL_PREFIX, Schema

CONFLICTS = f"{TOOL_PREFIX}conflicts"
_START = Span(0, 0)

_CALLOUT = LinePattern(r"[ \t]{0,3}>[ \t]?\[!conflict\]")
_MARK = pattern(r"(?<![^\r\n])(?P<mark><{7}(?=[ \t])|>{7}(?=[ \t])|={7}(?=[ \t]*(?![^\r\n])))")

# Syncthing: `x.sync-conflict-20260101-120000-ABCDEFG`. Others say so in words, which are the schema's.
_SYNCTHING = pattern(r"[.~]sync-conflict-\d{8}-\d{6}(?:-[0-9A-Z]{7})?\Z")


def conflict_open(note: Note, context: Context) -> Iterator[Flaw]:
    """A conflict that sync left open is decided by somebody.

    Why: two people wrote two things, and until one of you decides, the note says both.
    Bad: `vault_conflicts: [stage]`, or a block that begins with `> [!conflict]`
    Good: the value that is right, and neither list nor block
    Fix: none. Keep what is right and take away the list or the block.
    """
    for top in fields_of(note) if field_of(note, CONFLICTS) else ():
        if top.name == CONFLICTS and not is_empty(top.node):
            yield Flaw(top.key.span, N_("Somebody has to decide which of two values is right"))
    for found in _CALLOUT.find(note) if "!" in note.text and "[!conflict]" in note.text else ():
        yield Flaw(Span(found.start("line"), found.end()), N_("This conflict waits for a decision"))


def sync_conflict(note: Note, context: Context) -> Iterator[Flaw]:
    """A note is one file, and not half of a merge.

    Why: a cloud folder that could not merge makes a copy; from then on there are two customers, and each gets
    half of the news. What git could not merge stands in the note between `<<<<<<<` and `>>>>>>>`.
    Bad: `蓝海贸易 (李娜的冲突副本 2026-11-20).md`, `acme.sync-conflict-20261120-101500-ABCDEFG.md`
    Good: one file; what only the copy had is in it
    Fix: none. Compare the two, keep one, remove the other.
    """
    stem = note.path.stem
    second = _second(context.schema)[0].fullmatch(stem)
    if _SYNCTHING.search(stem) or _conflicted(context.schema)[0].search(stem):
        yield Flaw(_START, N_("A copy that a cloud folder made in a conflict: merge it and remove it"))
    elif second:
        first = str(note.path.with_name(second["first"] + note.path.suffix))
        if context.customers.is_file(first):
            yield Flaw(_START, N_("Likely a second copy of {path}: merge it and remove it"), {"path": first})
    yield from _merge_markers(note)


@remember_last
def _conflicted(schema: Schema) -> Iterator[re.Pattern[str]]:
    yield phrase_pattern(schema, "conflicted-copy")


@remember_last
def _second(schema: Schema) -> Iterator[re.Pattern[str]]:
    """Yield what finds names that a system gives to a second file, by themselves as likely a customer's.

    `x (1)`, `x - 副本`, `x copy 2`, and with the computer's name `x-DESKTOP-AB12CD`.
    """
    number, words = r"[ ]?(?:[(（]\d{1,2}[)）])", phrase_pattern(schema, "copied").pattern
    computer = r"-(?:DESKTOP|LAPTOP)-[0-9A-Z]{6,8}"
    yield re.compile(rf"(?P<first>.+?)(?:{number}|[ _-]*(?:{words})(?:{number}|[ ]\d{{1,2}})?|{computer})")


def _merge_markers(note: Note) -> Iterator[Flaw]:
    if "<" not in note.text or "<<<<<<<" not in note.text or ">>>>>>>" not in note.text:
        return
    marks = [
        found
        for found in _MARK.finditer(note.text)
        if not any(span.holds(found.start("mark")) for span in note.hidden)
    ]
    # An underline is made of `=` as well: only all three, in their order, are what a merge leaves.
    for at, mark in enumerate(marks):
        signs = "".join(each["mark"][0] for each in marks[at : at + 3])
        if signs == "<=>":
            yield Flaw(Span(*mark.span("mark")), N_("A merge was left half done: keep one side"))


def path_collision(note: Note, context: Context) -> Iterator[Flaw]:
    """No two paths differ only in case, or in how an accent is written.

    Why: on Windows and on a Mac they are one file. Who clones the vault there gets one of the two notes, and
    the next save writes over the other.
    Bad: `customers/Acme.md` beside `customers/acme.md`
    Good: `customers/acme.md` beside `customers/acme-hk.md`
    Fix: none. `vault rename` gives one of them another name.
    """
    for other in context.customers.collisions(str(note.path))[:1]:
        yield Flaw(_START, N_("On Windows and Mac this is the same file as {path}"), {"path": other})


def name_file_mismatch(note: Note, context: Context) -> Iterator[Flaw]:
    """A file is called like its customer.

    Why: people find files by their names. Any of the customer's names will do, also with a region or an id
    behind it.
    Bad: `customers/wang-trading.md` with `name: 杭州蓝海贸易有限公司`
    Good: `customers/蓝海.md` with `aliases: [蓝海]`
    Fix: none. `vault rename` moves the file and mends the links to it; or add the file's name to the aliases.
    """
    top = field_of(note, "name")
    if top is None or not note.text_value("name") or note.path.stem in note.name:
        return
    stem = _letters(note.path.stem)
    names = [_letters(name) for name in (note.name, *note.aliases)]
    if not stem or not any(names) or any(_is_alike(stem, name) for name in names):
        return
    if stem == _letters(note.id or ""):
        return
    yield Flaw(
        top.node.span,
        N_("The file is called `{stem}`: rename it, or add that to the aliases"),
        {"stem": note.path.stem},
    )


def _letters(name: str) -> str:
    """Return what two names have in common that differ in case, width, script or punctuation."""
    return "".join(character for character in fold(name) if character.isalnum())


def _is_alike(stem: str, name: str) -> bool:
    """Tell whether one is a part of the other: a short name, or a region or an id behind the name."""
    shorter, longer = sorted((stem, name), key=len)
    return longer.startswith(shorter) if len(shorter) == 1 else bool(shorter) and shorter in longer


RULES = (
    Rule("FE004", "sync-conflict", Severity.ERROR, None, sync_conflict),
    Rule("FE005", "path-collision", Severity.ERROR, None, path_collision),
    Rule("FE006", "name-file-mismatch", Severity.INFO, None, name_file_mismatch),
    Rule("CF001", "conflict-open", Severity.WARNING, None, conflict_open),
)
