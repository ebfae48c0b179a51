"""Lints the files of a vault, one at a time: finds them, reads them, checks and mends them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath

from vault_tool.errors import VaultError
from vault_tool.lint.check import Checker
from vault_tool.lint.finding import Finding, Linted, Mending
from vault_tool.lint.mend import Check, mend
from vault_tool.lint.rules import find_rule
from vault_tool.messages import N_
from vault_tool.notes.note import Note, parse_note
from vault_tool.notes.text import Span
from vault_tool.vault import files
from vault_tool.vault.walk import ARCHIVE_GLOB, Odd, Oddity, matches_globs, scan

__all__ = [
    "Linted",
    "Mending",
    "lint_bytes",
    "lint_oddities",
    "lint_paths",
    "mend_note",
    "read_note",
    "targets",
]

_ODD_RULES: dict[Odd, tuple[str, str]] = {
    Odd.SYMLINK: ("FE007", N_("A symbolic link; it is not followed")),
    Odd.FOLDER: ("FE007", N_("A folder with the name of a note")),
    Odd.SPECIAL: ("FE007", N_("No plain file; it is not read")),
    Odd.TOO_LARGE: ("FE008", N_("Too large for a note ({detail} bytes); it is not read")),
    Odd.UNREADABLE: ("FE009", N_("It can't be read: {detail}")),
    Odd.BAD_NAME: ("FE009", N_("Its name is not valid UTF-8; it is not read")),
}


def targets(
    root: Path, globs: Sequence[str], wanted: Sequence[PurePosixPath], oddities: list[Oddity]
) -> list[PurePosixPath]:
    """Return the notes to lint, in the order of their paths: those wanted and what lies beneath them.

    A wanted file that no glob takes for a note is passed over, so that a list of changed files may hold any.
    """
    if not wanted:
        return sorted(PurePosixPath(seen.path) for seen in scan(root, globs, oddities))
    everything = (*globs, ARCHIVE_GLOB)
    found: set[PurePosixPath] = set()
    folders = set(wanted)
    for path in wanted:
        if path.parts and matches_globs(path, everything) and not (root / path).is_dir():
            found.add(path)
            folders.discard(path)
    if folders:
        here: list[Oddity] = []
        beneath = (PurePosixPath(seen.path) for seen in scan(root, everything, here))
        found.update(path for path in beneath if _is_beneath(path, folders))
        oddities += (oddity for oddity in here if _is_beneath(oddity.path, folders))
    return sorted(found)


def _is_beneath(path: PurePosixPath, folders: set[PurePosixPath]) -> bool:
    return path in folders or not folders.isdisjoint(path.parents)


def lint_paths(
    root: Path, paths: Iterable[PurePosixPath], checker: Checker, mending: Mending = "none"
) -> Iterator[Linted]:
    """Yield each file's findings, and its change where mending makes one; nothing is written.

    One note is in memory at a time.
    """
    for path in paths:
        content = read_note(root, path, checker)
        if isinstance(content, Linted):
            yield content
        elif content is not None:
            yield lint_bytes(path, content.data, content.digest, checker, mending)


def read_note(root: Path, path: PurePosixPath, checker: Checker) -> files.Content | Linted | None:
    """Read a file; what can't be read is linted thereby. None when it went away meanwhile."""
    try:
        return files.read(root, path)
    except files.FileMissing:
        return None
    except (files.NotAFile, files.OutsideVault, files.TooLarge, files.CannotRead) as error:
        return Linted(path, _shown(checker, odd_finding(checker, _oddity(path, error))))


def lint_bytes(
    path: PurePosixPath, data: bytes, digest: str, checker: Checker, mending: Mending = "none"
) -> Linted:
    """Lint one file that was read; `digest` is that of its bytes."""
    note = parse_note(path, data, checker.context.schema)
    return mend_note(note, data, digest, checker.check(note), checker.check, mending)


def mend_note(
    note: Note, data: bytes, digest: str, findings: list[Finding], check: Check, mending: Mending = "none"
) -> Linted:
    """Mend a note of these bytes where that is wanted; `check` is what found these findings."""
    path = note.path
    if mending == "none" or not findings:
        return Linted(path, findings)
    mended = mend(note, findings, check, unsafe=mending == "unsafe")
    after = mended.note.text.encode() if mended.fixed else data
    if after == data:
        return Linted(path, mended.findings)
    from vault_tool.vault.journal import Change  # few notes come to one

    change = Change(path, digest, after)
    return Linted(path, mended.findings, mended.fixed, change, note.text, mended.note.text)


def lint_oddities(oddities: Iterable[Oddity], checker: Checker) -> Iterator[Linted]:
    """Yield what the walk found odd as findings, in the order of their paths."""
    for oddity in sorted(oddities):
        yield Linted(oddity.path, _shown(checker, odd_finding(checker, oddity)))


def odd_finding(checker: Checker, oddity: Oddity) -> Finding:
    """Return what is odd about a place where a note should be, as a finding about its first character."""
    code, message = _ODD_RULES[oddity.kind]
    rule = find_rule(code)
    assert rule is not None  # the table above names real rules
    severity = checker.selection.severity(rule)
    values = {"detail": oddity.detail}
    return Finding(oddity.path, rule.code, rule.name, severity, Span(0, 0), (1, 1), (1, 1), message, values)


def _shown(checker: Checker, finding: Finding) -> list[Finding]:
    off = checker.selection.is_off_for(finding.path)
    return [finding] if finding.code in checker.selection.shown - off else []


def _oddity(path: PurePosixPath, error: VaultError) -> Oddity:
    match error:
        case files.TooLarge():
            return Oddity(path, Odd.TOO_LARGE, str(error.values.get("size", "")))
        case files.CannotRead():
            return Oddity(path, Odd.UNREADABLE, str(error.values.get("reason", "")))
        case files.OutsideVault():
            return Oddity(path, Odd.SYMLINK)
        case _:
            return Oddity(path, Odd.SPECIAL)
