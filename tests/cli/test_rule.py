from __future__ import annotations

import pytest

from tests.conftest import VaultRun
from vault_tool.lint.rules import ALL_RULES


@pytest.mark.parametrize("name", ["FM005", "fm005", "unknown-field"])
def test_code_and_name_are_both_accepted(vault_run: VaultRun, name: str):
    ran = vault_run("rule", name)

    assert ran.status == 0
    assert ran.out.startswith("FM005 unknown-field\n")
    for part in ("Why:", "Bad:", "Good:", "Fix:", 'ignore = ["FM005"]', "<!-- vault: ignore[FM005]"):
        assert part in ran.out


def test_a_group_shows_all_its_rules(vault_run: VaultRun):
    said = vault_run("rule", "CL", "--json").json["rules"]

    assert [rule["code"] for rule in said] == [rule.code for rule in ALL_RULES if rule.code.startswith("CL")]


def test_all_lists_every_rule_in_one_line(vault_run: VaultRun):
    lines = vault_run("rule", "--all").out.splitlines()

    assert [line.split("\t")[0] for line in lines] == [rule.code for rule in ALL_RULES]


def test_the_catalogue_as_json_is_complete(vault_run: VaultRun):
    said = vault_run("rule", "--all", "--json").json["rules"]

    assert len(said) == len(ALL_RULES)
    assert all(rule["summary"] and rule["manual"].startswith(rule["summary"]) for rule in said)
    for rule in said:
        assert set(rule["languages"]) == {"en", "zh"}
        for text in rule["languages"].values():
            assert text["summary"] and text["manual"].startswith(text["summary"])
        assert rule["severity"] in ("error", "warning", "info") and rule["fix"] in ("safe", "unsafe", None)


def test_the_catalogue_names_limits_with_their_defaults(vault_run: VaultRun):
    [rule] = vault_run("rule", "complaint-open", "--json").json["rules"]

    assert rule["limits"] == {"complaint_days": 7}
    assert "  complaint_days = 7\n" in vault_run("rule", "complaint-open").out


def test_a_manual_is_in_the_readers_language_and_both_are_in_the_catalogue(vault_run: VaultRun):
    shown = vault_run("rule", "FM005", env={"VAULT_NOTES_LANG": "zh"}).out
    [rule] = vault_run("rule", "FM005", "--json", env={"VAULT_NOTES_LANG": "zh"}).json["rules"]

    assert rule["manual"] == rule["languages"]["zh"]["manual"] != rule["languages"]["en"]["manual"]
    assert rule["manual"] in shown


def test_a_slip_of_the_pen_names_the_nearest(vault_run: VaultRun):
    ran = vault_run("rule", "unknown-feild")

    assert ran.status == 2
    assert "unknown-field" in ran.err


def test_no_name_asks_for_one(vault_run: VaultRun):
    ran = vault_run("rule")

    assert ran.status == 2
    assert "--all" in ran.err
