from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.vaults import make_vault
from tests.conftest import VaultRun


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return make_vault(tmp_path / "库", {})


def test_the_team_is_shown_as_vault_toml_has_it(vault_run: VaultRun, home: Path):
    ran = vault_run("people", cwd=home)

    assert ran.out.splitlines() == ["li.na\t李娜\t\t", "zhang.wei\t张伟\t\t"]


def test_the_team_as_json(vault_run: VaultRun, home: Path):
    assert vault_run("people", "--json", cwd=home).json == {
        "version": 1,
        "people": [
            {"id": "li.na", "name": "李娜", "aliases": [], "email": None},
            {"id": "zhang.wei", "name": "张伟", "aliases": [], "email": None},
        ],
    }


def test_an_empty_team_says_how_to_begin(vault_run: VaultRun, tmp_path: Path):
    (tmp_path / "vault.toml").write_text('version = 1\nid = "v1"\n', encoding="utf-8")

    ran = vault_run("people")

    assert (ran.status, ran.out) == (0, "")
    assert "vault people add" in ran.err


def test_somebody_new_gets_an_id_from_the_name_and_nothing_else_changes(vault_run: VaultRun, home: Path):
    before = (home / "vault.toml").read_bytes()

    ran = vault_run("people", "add", "王小明", "--alias", "小明", "--email", "ming@example.com", cwd=home)

    after = (home / "vault.toml").read_bytes()
    assert ran.status == 0
    assert after.startswith(before)
    assert "wang.xiaoming\t王小明\t小明\tming@example.com" in vault_run("people", cwd=home).out


def test_an_addition_is_undone_to_the_very_bytes(vault_run: VaultRun, home: Path):
    before = (home / "vault.toml").read_bytes()
    vault_run("people", "add", "王小明", cwd=home)

    ran = vault_run("undo", cwd=home)

    assert ran.status == 0
    assert (home / "vault.toml").read_bytes() == before


def test_a_dry_run_shows_the_addition_and_writes_nothing(vault_run: VaultRun, home: Path):
    before = (home / "vault.toml").read_bytes()

    ran = vault_run("people", "add", "王小明", "--dry-run", cwd=home)

    assert '+[people."wang.xiaoming"]' in ran.out
    assert (home / "vault.toml").read_bytes() == before


def test_nobody_is_added_twice(vault_run: VaultRun, home: Path):
    ran = vault_run("people", "add", "李娜", cwd=home)

    assert ran.status == 2
    assert "li.na" in ran.err


def test_the_team_of_no_vault_is_an_error(vault_run: VaultRun):
    assert vault_run("people").status == 3


@pytest.mark.parametrize("words", [[""], ["  "], ["a\nb"], ["陈静", "--alias", "a\nb"]])
def test_a_name_is_one_line_and_not_empty(vault_run: VaultRun, home: Path, words: list[str]):
    before = (home / "vault.toml").read_bytes()

    ran = vault_run("people", "add", *words, cwd=home)

    assert ran.status == 2
    assert (home / "vault.toml").read_bytes() == before
