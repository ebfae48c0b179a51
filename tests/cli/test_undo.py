from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.vaults import ME, make_vault
from tests.conftest import VaultRun

NOTE = "---\r\nid: c1\r\nname: 蓝海\r\ntype: 企业客户  # 大\r\nstage: lead\r\nowner: li.na\r\n---\r\n"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return make_vault(tmp_path / "库", {"蓝海.md": NOTE})


@pytest.fixture
def note(home: Path) -> Path:
    return home / "customers" / "蓝海.md"


def test_undo_restores_the_very_bytes(vault_run: VaultRun, home: Path, note: Path):
    vault_run("set", "蓝海", "stage=won", cwd=home, env=ME)
    changed = note.read_bytes()

    ran = vault_run("undo", cwd=home)

    assert changed != NOTE.encode()
    assert note.read_bytes() == NOTE.encode()
    assert ran.status == 0
    assert "customers/蓝海.md: as it was" in ran.out


def test_once_more_takes_back_the_command_before(vault_run: VaultRun, home: Path, note: Path):
    vault_run("set", "蓝海", "stage=won", cwd=home, env=ME)
    vault_run("set", "蓝海", "stage=active", cwd=home, env=ME)

    vault_run("undo", cwd=home)
    between = note.read_bytes()
    vault_run("undo", cwd=home)

    assert between == NOTE.replace("lead", "won").encode()
    assert note.read_bytes() == NOTE.encode()


def test_a_dry_run_shows_the_difference_and_changes_nothing(vault_run: VaultRun, home: Path, note: Path):
    vault_run("set", "蓝海", "stage=won", cwd=home, env=ME)
    changed = note.read_bytes()

    ran = vault_run("undo", "--dry-run", cwd=home)

    assert note.read_bytes() == changed
    assert "-stage: won" in ran.out
    assert "+stage: lead" in ran.out
    assert "Would undo: vault set" in ran.out


def test_a_file_that_changed_since_is_left_and_told_of(vault_run: VaultRun, home: Path, note: Path):
    vault_run("set", "蓝海", "stage=won", cwd=home, env=ME)
    note.write_bytes(b"edited by hand")

    ran = vault_run("undo", "--json", cwd=home)

    assert note.read_bytes() == b"edited by hand"
    assert ran.status == 4
    assert ran.json["files"] == [{"path": "customers/蓝海.md", "action": "leave"}]


def test_nothing_to_undo_is_said(vault_run: VaultRun, home: Path):
    ran = vault_run("undo", cwd=home)

    assert ran.status != 0
    assert "nothing to undo" in ran.err
