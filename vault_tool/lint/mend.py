"""Mends one note in memory: applies fixes, checks again, until nothing more is to be done."""

from __future__ import annotations

from bisect import bisect, insort
from collections import Counter
from collections.abc import Callable, Iterable

from vault_tool.lint.rule import Finding
from vault_tool.lint.rules.leaves import fields_of
from vault_tool.named import NamedTuple
from vault_tool.notes.edit_fields import shape
from vault_tool.notes.note import Note, parse_note
from vault_tool.notes.text import Span, apply_edits

MAX_ROUNDS = 10

Check = Callable[[Note], list[Finding]]


class Mended(NamedTuple):
    """A note after mending, what is still wrong in it, and how many flaws were mended."""

    note: Note
    findings: list[Finding]
    fixed: int


def mend(note: Note, findings: list[Finding], check: Check, *, unsafe: bool = False) -> Mended:
    """Apply the fixes of a note's findings, safe ones only unless told otherwise.

    What was silenced is not among the findings, and so is not mended. No safe fix is kept that would bring a
    new finding; a note that would still not be readable stays as it is.
    """
    current = Mended(note, findings, 0)
    if note.problem is not None:
        if not (unsafe and any(finding.fix for finding in findings)):
            return current
        read = parse_note(note.path, note.text, note.schema)
        current = Mended(read, check(read), 1)
    for _ in range(MAX_ROUNDS):
        chosen = choose(current.findings, unsafe=unsafe)
        after = apply_fixes(current, chosen, check, unsafe=unsafe) if chosen else current
        if after.note.text == current.note.text:
            break
        current = after
    if current.note.front_matter and current.note.front_matter.error:
        return Mended(note, findings, 0)
    return current


def choose(findings: Iterable[Finding], *, unsafe: bool) -> list[Finding]:
    """Return the findings to mend at once: no fix touches another's, first come, first served."""
    chosen: list[Finding] = []
    taken: list[Span] = []  # in order, none of them touching another
    for finding in findings:
        fix = finding.fix
        if fix is None or not fix.edits or not (fix.is_safe or unsafe):
            continue
        if not any(_touches(edit.span, taken) for edit in fix.edits):
            chosen.append(finding)
            for edit in fix.edits:
                insort(taken, edit.span)
    return chosen


def _touches(span: Span, taken: list[Span]) -> bool:
    """Tell whether a span meets one of these or stands beside it: either could change the other's sense."""
    at = bisect(taken, span)
    return (at > 0 and taken[at - 1].end >= span.start) or (at < len(taken) and taken[at].start <= span.end)


def apply_fixes(current: Mended, chosen: list[Finding], check: Check, *, unsafe: bool = False) -> Mended:
    """Apply fixes that touch one another nowhere; of safe ones only those that prove to be safe."""
    after = _apply(current, chosen, check)
    if unsafe or _is_better(current, after, chosen):
        return after
    kept: list[Finding] = []
    best = current
    for finding in chosen:
        after = _apply(current, [*kept, finding], check)
        if _is_better(best, after, [finding]):
            kept.append(finding)
            best = after
    return best


def _apply(current: Mended, chosen: list[Finding], check: Check) -> Mended:
    edits = [edit for finding in chosen if finding.fix for edit in finding.fix.edits]
    note = current.note
    after = parse_note(note.path, apply_edits(note.text, edits), note.schema)
    return Mended(after, check(after), current.fixed + len(chosen))


def _is_better(before: Mended, after: Mended, chosen: list[Finding]) -> bool:
    """Tell whether what was mended is gone, nothing else has come, and no other field reads differently.

    A front matter that YAML refused may show more once it is repaired; whether it is, the end will tell.
    """
    old, new = before.note.front_matter, after.note.front_matter
    if old is None or old.error is None:
        if new and new.error:
            return False
        now, then = (Counter(finding.code for finding in each.findings) for each in (after, before))
        if any(count > then[code] for code, count in now.items()):
            return False
        if any(now[finding.code] >= then[finding.code] for finding in chosen):
            return False
        return _said_elsewhere(before.note, chosen) <= _said_elsewhere(after.note, ())
    return True


def _said_elsewhere(note: Note, chosen: Iterable[Finding]) -> Counter[str]:
    """Return what the fields say that no fix touches."""
    edits = [edit for finding in chosen if finding.fix for edit in finding.fix.edits]
    untouched = (top for top in fields_of(note) if not any(_meets(edit.span, top.lines) for edit in edits))
    return Counter(f"{top.name}: {shape(top.node)!r}" for top in untouched)


def _meets(span: Span, lines: Span) -> bool:
    return span.start < lines.end and span.end >= lines.start
