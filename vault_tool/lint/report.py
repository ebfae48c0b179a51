"""Findings as text for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from vault_tool.lint.finding import Finding, Phrase, Severity
from vault_tool.messages import _, ngettext
from vault_tool.vault.walk import printable

Width = Callable[[str], int]
Style = Callable[..., str]

COLORS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
TAB = "    "
# A note's own style escapes are no style of ours, and its line breaks end no line of a report.
_PICTURES = {ord(sign): chr(0x2400 + ord(sign)) for sign in "\x1b\n\r"}


@dataclass(slots=True)
class Tally:
    """Counts findings as they come by."""

    files: int = 0
    errors: int = 0
    warnings: int = 0
    infos: int = 0
    fixable: int = 0
    fixed: int = 0
    known: int = 0

    def add(self, findings: Iterable[Finding], fixed: int = 0, known: int = 0) -> None:
        """Count one file with its findings; `known` are those that a baseline holds, and not among them."""
        self.files += 1
        self.fixed += fixed
        self.known += known
        for finding in findings:
            self.errors += finding.severity is Severity.ERROR
            self.warnings += finding.severity is Severity.WARNING
            self.infos += finding.severity is Severity.INFO
            if finding.fix:
                self.fixable += finding.fix.is_safe

    @property
    def matters(self) -> bool:
        """Tell whether errors or warnings remain."""
        return bool(self.errors or self.warnings)

    def document(self) -> dict[str, object]:
        """Return the summary for JSON."""
        return {
            "errors": self.errors,
            "warnings": self.warnings,
            "infos": self.infos,
            "fixable": self.fixable,
            "known": self.known,
        }


def render_message(finding: Finding) -> str:
    """Return what a finding says, in the reader's language."""
    return _render(Phrase(finding.message, finding.values))


def _render(phrase: Phrase) -> str:
    values = {
        name: _render(value) if isinstance(value, Phrase) else value for name, value in phrase.values.items()
    }
    # A message of libyaml's own may hold braces and has no places.
    return _(phrase.message).format(**values) if values else _(phrase.message)


def place_of(finding: Finding) -> str:
    """Return `path:line:column`."""
    return f"{printable(finding.path)}:{finding.start[0]}:{finding.start[1]}"


def text_line(finding: Finding, style: Style | None = None) -> str:
    """Return a finding in one line: where, which rule, what."""
    code = finding.code if style is None else style(finding.code, "bold", COLORS[finding.severity])
    return f"{place_of(finding)} {code} {finding.name} {_message(finding)}"


def concise_line(finding: Finding) -> str:
    """Return a finding in one short line, without the rule's name."""
    return f"{place_of(finding)} {finding.code} {_message(finding)}"


def _message(finding: Finding) -> str:
    return render_message(finding).translate(_PICTURES)


def excerpt(finding: Finding, width: Width, columns: int) -> list[str]:
    """Return the line a finding stands in with a mark below the place, as wide as it is on a terminal."""
    if not finding.excerpt:
        return []
    number = str(finding.start[0])
    margin = " " * len(number) + " | "
    text, mark = _window(finding, width, columns - len(margin))
    severity = {Severity.ERROR: _("error"), Severity.WARNING: _("warning"), Severity.INFO: _("info")}
    says = severity[finding.severity]
    if finding.fix:
        says += _(", ") + (_("--fix mends it") if finding.fix.is_safe else _("--unsafe-fixes mends it"))
    return [f"{number} | {text}", f"{margin}{mark} {says}"]


def _window(finding: Finding, width: Width, room: int) -> tuple[str, str]:
    """Cut a long line around the place; return it and the carets below."""
    line = finding.excerpt
    start = min(finding.start[1] - 1, len(line))
    end = finding.end[1] - 1 if finding.end[0] == finding.start[0] else len(line)
    end = max(start, min(end, len(line)))
    first = start
    fits = width(_expand(line)) <= room
    while first > 0 and (fits or width(_expand(line[first - 1 : start])) < max(8, room // 3)):
        first -= 1
    lead, rest = ("…" if first else "") + _expand(line[first:start]), line[start:]
    room = max(room, 20)
    kept = 0
    taken = width(lead)
    while kept < len(rest) and taken + width(_expand(rest[kept])) < room:
        taken += width(_expand(rest[kept]))
        kept += 1
    shown = lead + _expand(rest[:kept]) + ("…" if kept < len(rest) else "")
    carets = max(1, width(_expand(line[start : min(end, start + kept)])))
    return shown, " " * width(lead) + "^" * carets


def _expand(text: str) -> str:
    return text.replace("\t", TAB).translate(_PICTURES)


def summary(tally: Tally, *, is_preview: bool = False) -> str:
    """Return the line that closes a run."""
    files = ngettext("{count} file", "{count} files", tally.files).format(count=tally.files)
    parts = []
    if tally.fixed:
        mended = _("{count} would be mended") if is_preview else _("{count} mended")
        parts.append(mended.format(count=tally.fixed))
    counts = (
        (tally.errors, ngettext("{count} error", "{count} errors", tally.errors)),
        (tally.warnings, ngettext("{count} warning", "{count} warnings", tally.warnings)),
        (tally.infos, ngettext("{count} info", "{count} infos", tally.infos)),
    )
    parts += [text.format(count=count) for count, text in counts if count]
    if tally.fixable:
        parts.append(_("--fix mends {count}").format(count=tally.fixable))
    if not parts:
        parts.append(_("nothing new") if tally.known else _("nothing found"))
    if tally.known:
        parts.append(_("{count} known from the baseline").format(count=tally.known))
    return _("{files}: {findings}").format(files=files, findings=_(", ").join(parts))


def document(findings: Iterable[Finding], tally: Tally) -> dict[str, object]:
    """Return the JSON document of a run; paths as in the vault, columns in characters from 1.

    The findings may be counted while they are taken from the iterable.
    """
    listed = [finding_document(finding) for finding in findings]
    return {
        "files": tally.files,
        "findings": listed,
        "summary": tally.document(),
    }


def finding_document(finding: Finding) -> dict[str, object]:
    """Return one finding for JSON."""
    return {
        "path": _path(finding.path),
        "line": finding.start[0],
        "column": finding.start[1],
        "end_line": finding.end[0],
        "end_column": finding.end[1],
        "code": finding.code,
        "name": finding.name,
        "severity": str(finding.severity),
        "message": render_message(finding),
        "fix": finding.fix.kind if finding.fix else None,
    }


def _path(path: PurePosixPath) -> str:
    return printable(path)
