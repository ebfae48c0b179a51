"""Findings as GitHub's workflow commands: it shows them beside the lines of a pull request."""

from __future__ import annotations

from pathlib import PurePosixPath

from vault_tool.lint.finding import Finding, Severity
from vault_tool.lint.report import render_message
from vault_tool.vault.walk import printable

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def github_line(finding: Finding, folder: PurePosixPath) -> str:
    """Return a finding as a command; `folder` is where the vault lies in its repository."""
    (line, column), (end_line, end_column) = finding.start, finding.end
    traits: dict[str, object] = {"file": printable(folder / finding.path), "line": line, "endLine": end_line}
    if line == end_line:  # GitHub takes columns only within one line
        traits |= {"col": column, "endColumn": end_column}
    traits["title"] = f"{finding.code} {finding.name}"
    said = ",".join(f"{name}={_trait(str(value))}" for name, value in traits.items())
    return f"::{_COMMANDS[finding.severity]} {said}::{_text(render_message(finding))}"


def _text(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _trait(text: str) -> str:
    return _text(text).replace(":", "%3A").replace(",", "%2C")
