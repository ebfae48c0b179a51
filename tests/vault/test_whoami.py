from __future__ import annotations

from pathlib import Path

import pytest

from vault_tool.vault.places import Places
from vault_tool.vault.settings import Person, Settings
from vault_tool.vault.whoami import UnknownMe, remember_me, whoami

LI_NA = Person("li.na", "李娜", ("娜姐",), "Li.Na@example.com")
WANG = Person("wang", "王磊")
TEAM = Settings(id="v1", people=(LI_NA, WANG))


def asked_in_vain() -> str | None:
    pytest.fail("git was asked")


def test_the_environment_goes_before_git(places: Places):
    assert whoami(TEAM, places, {"VAULT_NOTES_USER": "@娜姐"}, asked_in_vain) == LI_NA


def test_a_stranger_in_the_environment_is_an_error(places: Places):
    with pytest.raises(UnknownMe):
        whoami(TEAM, places, {"VAULT_NOTES_USER": "nobody"}, asked_in_vain)


def test_gits_address_is_compared_in_any_case(places: Places):
    assert whoami(TEAM, places, {}, lambda: "li.na@EXAMPLE.com\n") == LI_NA


def test_a_person_without_an_address_is_not_everybody(places: Places):
    assert whoami(TEAM, places, {}, lambda: "") is None
    assert whoami(TEAM, places, {"VAULT_NOTES_USER": " "}, lambda: None) is None


def test_what_was_told_once_is_remembered(places: Places):
    remember_me(places, WANG)

    assert whoami(TEAM, places, {}, asked_in_vain) == WANG


def test_somebody_who_left_the_team_is_nobody(places: Places):
    remember_me(places, Person("gone", "离职"))

    assert whoami(TEAM, places, {}, lambda: None) is None
    assert whoami(TEAM, places, {}, lambda: "li.na@example.com") == LI_NA


def test_a_damaged_memory_is_none(places: Places):
    remember_me(places, WANG)
    (places.state / "me").write_bytes(b"\xff\xfe")

    assert whoami(TEAM, places, {}, lambda: None) is None


def test_the_memory_lies_outside_the_vault(places: Places, root: Path):
    remember_me(places, WANG)

    assert {path.name for path in root.iterdir()} == {"customers", "vault.toml"}
