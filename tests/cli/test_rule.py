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


def test_a_slip_of_the_pen_names_the_nearest(vault_run: VaultRun):
    ran = vault_run("rule", "unknown-feild")

    assert ran.status == 2
    assert "unknown-field" in ran.err


def test_no_name_asks_for_one(vault_run: VaultRun):
    ran = vault_run("rule")

    assert ran.status == 2
    assert "--all" in ran.err
