"""Checks notes: runs the rules, silences what is to be ignored, and says where everything stands."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from vault_tool.lint.rule import Context, Finding, Flaw, Rule
from vault_tool.lint.rules import find_rule
from vault_tool.lint.rules.leaves import fields_of, hidden_of
from vault_tool.lint.rules.plain_secrets import secret_spans, without_secrets
from vault_tool.lint.rules.repairs import repairs
from vault_tool.lint.selection import Selection
from vault_tool.lint.suppress import Suppression, silence, suppressions, useless
from vault_tool.named import NamedTuple
from vault_tool.notes.note import Note
from vault_tool.notes.sealing_marks import sealing_spans
from vault_tool.notes.secrets import MASK
from vault_tool.notes.text import HAS_NUL, Span

UNTIL_SEALED = "PV008"
"""The rule that gives a hint only, where nothing can be sealed yet."""


@dataclass(frozen=True)
class Checker:
    """Rules and what they are told: checks any number of notes."""

    selection: Selection
    context: Context

    @classmethod
    def of(cls, selection: Selection, context: Context) -> Checker:
        """Return the checker for these rules, which know of each other."""
        if not context.seals:
            selection = selection.milder(UNTIL_SEALED)
        return cls(selection, replace(context, shown=selection.shown))

    def check(self, note: Note, context: Context | None = None) -> list[Finding]:
        """Return what is wrong in a note, in the order of the file; what is silenced is left out."""
        return self.check_all([note], [context or self.context])[0]

    def check_all(self, notes: Iterable[Note], contexts: Iterable[Context]) -> list[list[Finding]]:
        """Return what is wrong in each of some notes, of which each has a context of its own.

        Rule by rule, not note by note: what a rule needs stays at the processor's hand, which saves a fifth.
        What was worked out about the notes is forgotten at the end.
        """
        usual = self._shown
        sheets = [self._sheet(note, context) for note, context in zip(notes, contexts, strict=True)]
        _run(usual, [sheet for sheet in sheets if sheet.rules is usual])
        for sheet in sheets:
            if sheet.rules is not usual:
                _run(sheet.rules, [sheet])
        found = [self._judged(sheet) if sheet.flaws or sheet.silenced else [] for sheet in sheets]
        for sheet in sheets:
            # Some answers know their note: each would keep the other until the next search for garbage.
            sheet.note.remembered.clear()
        return found

    def _sheet(self, note: Note, context: Context) -> _Sheet:
        """Return what is to be asked about a note."""
        silenced = suppressions(note)
        off = self.selection.is_off_for(note.path)
        rules = self._shown
        if silenced or off or note.problem is not None:
            rules = tuple(
                rule
                for rule in self.selection.active
                # With comments to judge, every rule that is on has to speak, shown or not.
                if rule.code not in off and (silenced or rule.code in context.shown) and _can_read(rule, note)
            )
        return _Sheet(note, context, rules, silenced, [])

    def _judged(self, sheet: _Sheet) -> list[Finding]:
        """Return the findings of all that the rules said."""
        note, found = sheet.note, sheet.silenced
        excerpts = _Excerpts(note)
        findings = [self._finding(rule, flaw, note, excerpts) for rule, flaw in sheet.flaws]
        if found:
            silenced = silence(findings, found)
            findings = silenced.findings
            judge = find_rule("SU001")
            if judge in sheet.rules:
                active = frozenset(rule.code for rule in sheet.rules)
                idle = useless(note, found, silenced.used, active)
                own = silence([self._finding(judge, flaw, note, excerpts) for flaw in idle], found)
                findings += own.findings
        findings = [finding for finding in findings if finding.code in sheet.context.shown]
        if not _can_be_mended(note):
            findings = [finding._replace(fix=None) for finding in findings]
        findings.sort(key=lambda finding: (finding.start, finding.code, finding.end))
        return findings

    @cached_property
    def _shown(self) -> tuple[Rule, ...]:
        """The rules for nearly every note."""
        return tuple(rule for rule in self.selection.active if rule.code in self.selection.shown)

    def _finding(self, rule: Rule, flaw: Flaw, note: Note, excerpts: _Excerpts) -> Finding:
        start = note.lines.position(flaw.span.start)
        end = note.lines.position(max(flaw.span.start, flaw.span.end))
        return Finding(
            path=note.path,
            code=rule.code,
            name=rule.name,
            severity=self.selection.severity(rule),
            span=flaw.span,
            start=start,
            end=end,
            message=flaw.message,
            values=_speakable(flaw, note),
            fix=flaw.fix,
            excerpt=excerpts.line(start[0]),
        )


class _Sheet(NamedTuple):
    """One note on the table: who is asked about it, what its comments silence, and what was said."""

    note: Note
    context: Context
    rules: tuple[Rule, ...]
    silenced: tuple[Suppression, ...]
    flaws: list[tuple[Rule, Flaw]]


def _run(rules: Iterable[Rule], sheets: Sequence[_Sheet]) -> None:
    """Note down what each of these rules says of each of these notes."""
    for rule in rules:
        check = rule.check
        for note, context, _, _, flaws in sheets:
            for flaw in check(note, context):
                flaws.append((rule, flaw))


def _speakable(flaw: Flaw, note: Note) -> Mapping[str, object]:
    """Return what a message says of a note, without its secrets and without words that wait to be sealed."""
    values = without_secrets(flaw.values, note)
    if not values or ("{{" not in note.text and "｛｛" not in note.text):
        return values
    start, end = flaw.span
    if not any(span.start < max(end, start + 1) and start < span.end for span in sealing_spans(note.text)):
        return values
    # Whatever the rule quotes, it quotes from there.
    return {name: MASK * 4 if isinstance(value, str) else value for name, value in values.items()}


def _can_be_mended(note: Note) -> bool:
    """Tell whether any fix would be written: a note that YAML would still refuse stays as it is."""
    block = note.front_matter
    return block is None or block.error is None or any(repair.is_enough for repair in repairs(note))


def _can_read(rule: Rule, note: Note) -> bool:
    """Tell whether a rule may judge a note: bytes that are no clean text are the file rules' business."""
    return note.problem is None or rule.code.startswith("FE")


class _Excerpts:
    """Lines of one note with every value masked that is sealed, or is about to be, and every secret."""

    def __init__(self, note: Note) -> None:
        self._note = note

    @cached_property
    def _secrets(self) -> list[Span]:
        """What may not be shown, in order; found once, for the first flaw."""
        front_matter = self._note.front_matter
        spans = [*hidden_of(self._note), *sealing_spans(self._note.text)]
        if front_matter:
            # To the line's end: what YAML takes for a comment may be a part of it.
            spans = [
                Span(span.start, self._line_end(span.end)) if front_matter.span.holds(span.start) else span
                for span in spans
            ]
        return sorted([*spans, *secret_spans(self._note)])

    @cached_property
    def _longest(self) -> int:
        return max((span.end - span.start for span in self._secrets), default=0)

    def _line_end(self, offset: int) -> int:
        return self._note.lines.span(self._note.lines.line(offset)).end

    def line(self, number: int) -> str:
        """Return a line as it may be shown."""
        span = self._note.lines.span(number)
        text = span.of(self._note.text)
        for secret in self._in(span):
            start, end = max(secret.start, span.start) - span.start, min(secret.end, span.end) - span.start
            text = text[:start] + MASK * (end - start) + text[end:]
        return text.removeprefix("\ufeff")

    def _in(self, line: Span) -> Iterator[Span]:
        note = self._note
        if note.problem == HAS_NUL:
            yield line  # nobody knows what this is
        first = bisect_left(self._secrets, (line.start - self._longest,))
        for span in self._secrets[first:]:
            if span.start >= line.end:
                break
            if span.end > line.start:
                yield span
        front_matter = note.front_matter
        # A line of no field that could be read may hold anything.
        if front_matter and front_matter.error and front_matter.span.holds(line.start):
            tops = fields_of(note)
            if not any(top.lines.start < line.end and top.lines.end > line.start for top in tops):
                yield line
