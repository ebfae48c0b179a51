"""Each rule by files: what it finds in `bad.md`, how that is mended, and that `good.md` is left in peace.

Other customers of such a vault stand in `others/`, its settings in `vault.toml`.
`make golden` writes `findings.txt` and `fixed.md` anew (VAULT_GOLDEN=1); read the diff like code.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.lint.linting import ALONE, NOTE, checker, customers_of, note_of
from vault_tool.lint.check import Checker
from vault_tool.lint.mend import mend
from vault_tool.lint.report import render_message
from vault_tool.lint.rule import Finding, Rule
from vault_tool.lint.rules import ALL_RULES
from vault_tool.notes.note import Note
from vault_tool.vault.settings import SETTINGS_NAME, load_settings

CASES = Path(__file__).parents[1] / "cases" / "lint"
# The walk finds these, before there is a note: test_run.py makes such places.
OF_THE_WALK = {"FE007", "FE008", "FE009"}
# And two paths that are one to some systems can't stand in one folder there: test_rules_copies.py has them.
OF_PATHS = {"FE005"}
WITH_FILES = [rule for rule in ALL_RULES if rule.code not in OF_THE_WALK | OF_PATHS]

by_rule = pytest.mark.parametrize("rule", WITH_FILES, ids=lambda rule: rule.code)


def listed(findings: list[Finding]) -> str:
    return "".join(
        f"{finding.start[0]}:{finding.start[1]}-{finding.end[0]}:{finding.end[1]} {finding.code} "
        f"{finding.severity} {finding.fix.kind if finding.fix else '-'}: {render_message(finding)}\n"
        for finding in findings
    )


def checker_of(rule: Rule, note: Note) -> Checker:
    """Return the checker of a case, which knows the customers beside its note."""
    folder = CASES / rule.code
    team = load_settings(folder) if (folder / SETTINGS_NAME).exists() else ALONE
    others = [note_of(file.read_bytes(), NOTE.with_name(file.name)) for file in folder.glob("others/*.md")]
    customers = customers_of([note, *others], team) if others else None
    return checker("default", rule.code, customers=customers, team=team)


def same(path: Path, content: bytes) -> bool:
    """Compare with a golden file; with VAULT_GOLDEN write it."""
    if os.environ.get("VAULT_GOLDEN"):
        path.write_bytes(content)
    return path.read_bytes() == content


@by_rule
def test_a_rule_finds_what_its_bad_example_shows(rule: Rule):
    note = note_of((CASES / rule.code / "bad.md").read_bytes())

    findings = checker_of(rule, note).check(note)

    assert rule.code in {finding.code for finding in findings}
    assert same(CASES / rule.code / "findings.txt", listed(findings).encode())


@by_rule
def test_a_good_example_has_no_findings(rule: Rule):
    note = note_of((CASES / rule.code / "good.md").read_bytes())

    findings = checker_of(rule, note).check(note)

    assert listed(findings) == ""


@pytest.mark.parametrize("rule", [rule for rule in WITH_FILES if rule.fix], ids=lambda rule: rule.code)
def test_a_bad_example_is_mended_to_these_very_bytes(rule: Rule):
    note = note_of((CASES / rule.code / "bad.md").read_bytes())
    check = checker_of(rule, note).check

    mended = mend(note, check(note), check, unsafe=rule.fix == "unsafe")

    assert mended.note.text != note.text or note.problem is not None
    assert same(CASES / rule.code / "fixed.md", mended.note.text.encode())


@pytest.mark.parametrize("rule", [rule for rule in WITH_FILES if not rule.fix], ids=lambda rule: rule.code)
def test_a_rule_without_a_fix_offers_none(rule: Rule):
    note = note_of((CASES / rule.code / "bad.md").read_bytes())

    findings = checker_of(rule, note).check(note)

    assert [finding for finding in findings if finding.code == rule.code and finding.fix] == []
    assert not (CASES / rule.code / "fixed.md").exists()


def test_every_folder_of_cases_is_a_rules():
    assert {folder.name for folder in CASES.iterdir()} == {rule.code for rule in WITH_FILES}
