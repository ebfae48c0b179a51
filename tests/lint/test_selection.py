"""Which rules speak: by settings, by the command, by severity, by file."""

from __future__ import annotations

import pytest

from tests.lint.linting import check, checker, codes, note_of
from vault_tool.lint.rule import Severity
from vault_tool.lint.rules import ALL_RULES
from vault_tool.lint.selection import UnknownRule, UnknownRuleNear, codes_of

FLAWED = "---\nid: a\nname: b\ntype: person\nstage: lead\nowner: c\nstge: x\nsource: no\n---\n\n## 2026-11-20\n\nWord.\n"


def test_every_rule_but_those_off_by_default_speaks():
    assert codes(check(FLAWED)) == ["FM005", "FM009"]


@pytest.mark.parametrize(
    ("selectors", "expected"),
    [
        (["FM005"], {"FM005"}),
        (["fm005"], {"FM005"}),
        (["unknown-field"], {"FM005"}),
        (["Unknown-Field", "FM009"], {"FM005", "FM009"}),
        (["FM005,ambiguous-scalar"], {"FM005", "FM009"}),
        (["FM005， FM009"], {"FM005", "FM009"}),
        (["SU"], {"SU001"}),
        (["all"], {rule.code for rule in ALL_RULES}),
        (["default"], {rule.code for rule in ALL_RULES if rule.is_default}),
        ([], set()),
    ],
)
def test_selectors_are_codes_names_groups_and_lists_of_them(selectors: list[str], expected: set[str]):
    assert codes_of(selectors) == expected


def test_an_unknown_rule_is_an_error_that_names_the_nearest():
    with pytest.raises(UnknownRuleNear) as error:
        checker("unknown-feild")

    assert error.value.values == {"name": "unknown-feild", "nearest": "unknown-field"}
    with pytest.raises(UnknownRule):
        checker(ignore=("ZZ",))


def test_a_rule_off_by_default_is_selected_beside_the_others():
    assert codes(check(FLAWED, "default", "EN007")) == ["FM005", "FM009", "EN007"]
    assert codes(check(FLAWED, select=("default", "entry-channel-missing"))) == ["FM005", "FM009", "EN007"]


def test_settings_and_command_select_and_ignore():
    assert codes(check(FLAWED, ignore=("FM005",))) == ["FM009"]
    assert codes(check(FLAWED, select=("FM009",))) == ["FM009"]
    assert codes(check(FLAWED, "FM", select=("EN",))) == ["FM005", "FM009"]
    assert codes(checker(ignore=("FM",)).check(note_of(FLAWED))) == []


def test_a_severity_can_be_set_and_switched_off():
    findings = check(FLAWED, severity={"unknown-field": "error", "FM009": "off"})

    assert [(finding.code, finding.severity) for finding in findings] == [("FM005", Severity.ERROR)]


def test_rules_are_off_for_the_files_that_a_glob_names():
    assert codes(check(FLAWED, per_file_ignores={"customers/*": ("FM005",)})) == ["FM009"]
    assert codes(check(FLAWED, per_file_ignores={"archive/*": ("FM005",)})) == ["FM005", "FM009"]


def test_an_unreadable_front_matter_is_reported_even_where_the_rule_that_mends_it_is_off():
    broken = "---\nid: a\nname: b\ntype: person\n阶段：线索\nowner: c\n---\n"

    assert codes(check(broken)) == ["FM004"]
    assert codes(check(broken, ignore=("FM004",))) == ["FM002"]
    assert codes(check(broken, "FM002")) == ["FM002"]
