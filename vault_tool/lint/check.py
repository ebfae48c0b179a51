"""Checks one note: runs the rules, silences what is to be ignored, and says where everything stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from vault_tool.lint.rule import Context, Finding, Flaw, Rule
from vault_tool.lint.rules import find_rule
from vault_tool.lint.rules.leaves import fields_of, sealed_spans
from vault_tool.lint.selection import Selection
from vault_tool.lint.suppress import silence, suppressions, useless
from vault_tool.notes.note import Note
from vault_tool.notes.text import HAS_NUL, Span

_TO_SEAL = re.compile(r"(?<=\{\{)[^{}\r\n]*(?=\}\})")
MASK = "•"


@dataclass(frozen=True, slots=True)
class Checker:
    """Rules and what they are told: checks any number of notes."""

    selection: Selection
    context: Context

    @classmethod
    def of(cls, selection: Selection, context: Context) -> Checker:
        """Return the checker for these rules, which know of each other."""
        return cls(selection, replace(context, shown=selection.shown))

    def check(self, note: Note) -> list[Finding]:
        """Return what is wrong in a note, in the order of the file; what is silenced is left out."""
        shown = self.selection.shown
        found = suppressions(note)
        off = self.selection.is_off_for(note.path)
        rules = [
            rule
            for rule in self.selection.active
            # With comments to judge, every rule that is on has to speak, shown or not.
            if rule.code not in off and (found or rule.code in shown) and _can_read(rule, note)
        ]
        findings = [
            self._finding(rule, flaw, note) for rule in rules for flaw in rule.check(note, self.context)
        ]
        if found:
            silenced = silence(findings, found)
            findings = silenced.findings
            judge = find_rule("SU001")
            if judge in rules:
                active = frozenset(rule.code for rule in rules)
                flaws = useless(note, found, silenced.used, active)
                own = silence([self._finding(judge, flaw, note) for flaw in flaws], found)
                findings += own.findings
        findings = [finding for finding in findings if finding.code in shown]
        findings.sort(key=lambda finding: (finding.start, finding.code, finding.end))
        return findings

    def _finding(self, rule: Rule, flaw: Flaw, note: Note) -> Finding:
        start = note.lines.position(flaw.span.start)
        end = note.lines.position(max(flaw.span.start, flaw.span.end))
        return Finding(
            path=note.path,
            rule=rule,
            severity=self.selection.severity(rule),
            span=flaw.span,
            start=start,
            end=end,
            message=flaw.message,
            values=flaw.values,
            fix=flaw.fix,
            excerpt=_excerpt(note, start[0]),
        )


def _can_read(rule: Rule, note: Note) -> bool:
    """Tell whether a rule may judge a note: bytes that are no clean text are the file rules' business."""
    return note.problem is None or rule.code.startswith("FE")


def _excerpt(note: Note, line: int) -> str:
    """Return a line with every value masked that is sealed, or is about to be."""
    span = note.lines.span(line)
    text = span.of(note.text)
    for secret in _secrets(note, span):
        start, end = max(secret.start, span.start) - span.start, min(secret.end, span.end) - span.start
        text = text[:start] + MASK * (end - start) + text[end:]
    return text.removeprefix("\ufeff")


def _secrets(note: Note, line: Span) -> Iterator[Span]:
    if note.problem == HAS_NUL:
        yield line  # nobody knows what this is
    if note.front_matter and note.front_matter.span.holds(line.start):
        for span in sealed_spans(note):
            if span.start < line.end and span.end > line.start:
                # To the line's end: what YAML takes for a comment may be a part of it.
                yield Span(span.start, max(span.end, line.end))
        # A line of no field that could be read may hold anything.
        if note.front_matter.error and not any(
            top.lines.start < line.end and top.lines.end > line.start for top in fields_of(note)
        ):
            yield line
    for found in _TO_SEAL.finditer(note.text, line.start, line.end):
        yield Span(*found.span())
