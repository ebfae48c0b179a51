"""Findings as plain values, which other processes and the cache can hold, and back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

from vault_tool.lint.finding import Finding, Fix, Mending, Phrase, Severity
from vault_tool.notes.text import Span

Row = tuple[Any, ...]
_FIX = 11  # where a row says how it can be mended
_WISHED: dict[Mending, tuple[str, ...]] = {"none": (), "safe": ("safe",), "unsafe": ("safe", "unsafe")}


def row_of(finding: Finding) -> Row:
    """Return a finding as plain values, without its path; of its fix only the kind."""
    return (
        finding.code,
        finding.name,
        finding.severity.value,
        *finding.span,
        *finding.start,
        *finding.end,
        str(finding.message),
        {name: _plain(value) for name, value in finding.values.items()},
        finding.fix.kind if finding.fix else None,
        finding.excerpt,
    )


def finding_of(path: PurePosixPath, row: Row) -> Finding:
    """Return the finding of a row."""
    code, name, severity, first, last, line, column, end_line, end_column, message, values, fix, excerpt = row
    return Finding(
        path,
        code,
        name,
        Severity(severity),
        Span(first, last),
        (line, column),
        (end_line, end_column),
        message,
        {key: _value(value) for key, value in values.items()},
        Fix((), is_safe=fix == "safe") if fix else None,
        excerpt,
    )


def can_mend(rows: Sequence[Row], mending: Mending) -> bool:
    """Tell whether one of these findings can be mended in a way that is wished for."""
    wished = _WISHED[mending]
    return bool(wished) and any(row[_FIX] in wished for row in rows)


def _plain(value: object) -> object:
    if isinstance(value, Phrase):
        return str(value.message), {name: _plain(each) for name, each in value.values.items()}
    # A number of days knows more than a number; see `day.py`.
    return int(value) if isinstance(value, int) else str(value)


def _value(plain: object) -> object:
    if isinstance(plain, tuple):
        message, values = plain
        return Phrase(message, {name: _value(each) for name, each in values.items()})
    return plain
