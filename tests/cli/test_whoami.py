from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cli.vaults import make_vault
from tests.conftest import VaultRun


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return make_vault(tmp_path / "库", {})


def test_nobody_is_known_at_first(vault_run: VaultRun, home: Path):
    ran = vault_run("whoami", cwd=home)

    assert (ran.status, ran.out) == (1, "")
    assert "vault whoami NAME" in ran.err


def test_what_was_said_once_is_remembered_outside_the_vault(vault_run: VaultRun, home: Path):
    said = vault_run("whoami", "李娜", cwd=home)
    asked = vault_run("whoami", cwd=home)

    assert (said.out, asked.out) == ("李娜 (li.na)\n", "李娜 (li.na)\n")
    assert {path.name for path in home.iterdir()} == {"customers", "vault.toml"}


def test_the_environment_goes_before_what_was_said(vault_run: VaultRun, home: Path):
    vault_run("whoami", "li.na", cwd=home)

    ran = vault_run("whoami", "--json", cwd=home, env={"VAULT_NOTES_USER": "张伟"})

    assert ran.json["person"]["id"] == "zhang.wei"


def test_git_knows_a_person_by_the_mail_address(vault_run: VaultRun, home: Path):
    vault_run("people", "add", "王小明", "--email", "ming@example.com", cwd=home)
    subprocess.run(["git", "init", "-q", str(home)], check=True)
    subprocess.run(["git", "-C", str(home), "config", "user.email", "Ming@example.com"], check=True)

    assert vault_run("whoami", cwd=home).out == "王小明 (wang.xiaoming)\n"


def test_somebody_outside_the_team_is_nobody(vault_run: VaultRun, home: Path):
    ran = vault_run("whoami", "王五", cwd=home)

    assert ran.status == 2
    assert "vault people add 王五" in ran.err


def test_nobody_as_json_is_null(vault_run: VaultRun, home: Path):
    ran = vault_run("whoami", "--json", cwd=home)

    assert (ran.status, ran.json) == (1, {"version": 1, "person": None})
