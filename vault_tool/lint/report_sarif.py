"""Findings as SARIF 2.1.0, which code scanners and editors read.

Findings of the baseline are in it, marked as unchanged: who no longer saw them would take them for mended.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath
from urllib.parse import quote

from vault_tool import __version__, messages
from vault_tool.lint.finding import Finding, Severity
from vault_tool.lint.manual import manual_in
from vault_tool.lint.report import render_message
from vault_tool.lint.rule import Rule
from vault_tool.messages import LANGUAGES, _
from vault_tool.named import NamedTuple
from vault_tool.notes.text import Edit

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
BYTE_ORDER_MARK = "FE002"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_TAGS = {"en": "en", "zh": "zh-CN"}


class Reported(NamedTuple):
    """A finding, and whether a baseline knows it; None where there is no baseline."""

    finding: Finding
    is_known: bool | None = None


def sarif_document(
    reported: Iterable[Reported], rules: Sequence[Rule], folder: PurePosixPath
) -> dict[str, object]:
    """Return the log of one run; `rules` were on, `folder` is where the vault lies in its repository.

    A fix is told where the finding holds its edits.
    """
    listed = list(reported)
    used = {one.finding.code: one.finding.rule for one in listed}
    told = sorted({**{rule.code: rule for rule in rules}, **used}.items())
    places = {code: index for index, (code, _rule) in enumerate(told)}
    # SARIF counts characters without the mark, our fixes with it.
    marked = {one.finding.path for one in listed if one.finding.code == BYTE_ORDER_MARK}
    driver = {
        "name": "vault",
        "semanticVersion": __version__,
        "language": _TAGS[messages.language()],
        "rules": [_descriptor(rule) for _code, rule in told],
    }
    run = {
        "tool": {"driver": driver},
        "language": _TAGS[messages.language()],
        "columnKind": "unicodeCodePoints",
        "results": [
            _result(one, places[one.finding.code], folder, may_fix=one.finding.path not in marked)
            for one in listed
        ],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _descriptor(rule: Rule) -> dict[str, object]:
    manuals = {language: manual_in(rule, language) for language in LANGUAGES}
    here = manuals[messages.language()]
    both = "\n\n---\n\n".join(manuals[language] for language in _reader_first())
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": here.partition("\n")[0]},
        "fullDescription": {"text": here},
        "help": {"text": here, "markdown": both},
        "defaultConfiguration": {"enabled": rule.is_default, "level": _LEVELS[rule.severity]},
        "properties": {
            "fix": rule.fix or "none",
            **{f"summary.{language}": manual.partition("\n")[0] for language, manual in manuals.items()},
        },
    }


def _reader_first() -> list[messages.Language]:
    return sorted(LANGUAGES, key=lambda language: language != messages.language())


def _result(one: Reported, index: int, folder: PurePosixPath, *, may_fix: bool) -> dict[str, object]:
    finding = one.finding
    place = {"uri": _uri(folder / finding.path), "uriBaseId": "%SRCROOT%"}
    result: dict[str, object] = {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": render_message(finding)},
        "locations": [{"physicalLocation": {"artifactLocation": place, "region": _region(finding)}}],
    }
    if one.is_known is not None:
        result["baselineState"] = "unchanged" if one.is_known else "new"
    if (
        may_fix
        and finding.fix
        and finding.fix.is_safe
        and finding.fix.edits
        and _is_open(finding, finding.fix.edits)
    ):
        change = {
            "artifactLocation": place,
            "replacements": [_replacement(edit) for edit in finding.fix.edits],
        }
        result["fixes"] = [{"description": {"text": _("--fix mends it")}, "artifactChanges": [change]}]
    return result


def _region(finding: Finding) -> dict[str, int]:
    (line, column), (end_line, end_column) = finding.start, finding.end
    return {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}


def _replacement(edit: Edit) -> dict[str, object]:
    region = {"charOffset": edit.span.start, "charLength": edit.span.end - edit.span.start}
    return {"deletedRegion": region, "insertedContent": {"text": edit.text}}


def _is_open(finding: Finding, edits: Iterable[Edit]) -> bool:
    """Tell whether a fix says no word that the report does not show anyway: it may hold what is sealed."""
    shown = f"{finding.excerpt}\n{render_message(finding)}"
    return all(word in shown for edit in edits for word in re.findall(r"\w+", edit.text))


def _uri(path: PurePosixPath) -> str:
    return quote(os.fsencode(str(path)), safe="/")
