"""`vault remove`: only on purpose, and never for good."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.vaults import ME, make_vault
from tests.conftest import VaultRun

ACME = "---\r\nid: c1\r\nname: Acme\r\n---\r\n## 2026-01-01 电话\r\n\r\nx"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return make_vault(tmp_path / "v", {"a.md": ACME, "b.md": "---\nid: c2\nname: Bolt\n---\n\n[[Acme]]\n"})


@pytest.fixture
def note(home: Path) -> Path:
    return home / "customers/a.md"


def test_without_a_terminal_nothing_is_deleted_unless_yes_is_said(
    vault_run: VaultRun, home: Path, note: Path
):
    ran = vault_run("remove", "acme", cwd=home, env=ME)

    assert (ran.status, note.exists()) == (2, True)
    assert "Delete Acme (customers/a.md, 1 entry)?" in ran.err


def test_with_yes_it_is_deleted_and_says_who_still_links_to_it(vault_run: VaultRun, home: Path, note: Path):
    (home / "attachments/c1").mkdir(parents=True)

    ran = vault_run("remove", "acme", "--yes", cwd=home, env=ME)

    assert (ran.status, note.exists()) == (0, False)
    assert ran.out == "Removed: Acme (customers/a.md) · undo: vault undo\n"
    assert "customers/b.md:6" in ran.err
    assert "attachments/c1" in ran.err


def test_undo_brings_back_the_very_bytes(vault_run: VaultRun, home: Path, note: Path):
    vault_run("remove", "acme", "--yes", cwd=home, env=ME)

    vault_run("undo", cwd=home)

    assert note.read_bytes() == ACME.encode()


def test_a_dry_run_shows_what_would_go(vault_run: VaultRun, home: Path, note: Path):
    ran = vault_run("remove", "acme", "--dry-run", cwd=home, env=ME)

    assert (ran.status, note.exists(), "-name: Acme" in ran.out) == (0, True, True)


def test_a_program_is_told_in_json(vault_run: VaultRun, home: Path):
    ran = vault_run("remove", "acme", "--yes", "--json", cwd=home, env=ME)

    assert ran.json == {
        "version": 1,
        "removed": {"id": "c1", "name": "Acme", "path": "customers/a.md"},
        "links": [{"path": "customers/b.md", "line": 6}],
        "attachments": None,
        "dry_run": False,
    }


def test_a_note_that_can_be_read_only_in_part_can_be_removed(vault_run: VaultRun, home: Path):
    broken = home / "customers/broken.md"
    broken.write_text("---\nx: [\n---\n")

    assert vault_run("remove", "broken", "--yes", cwd=home, env=ME).status == 0
    assert not broken.exists()


def test_an_unknown_customer_removes_nobody(vault_run: VaultRun, home: Path, note: Path):
    assert vault_run("remove", "zzzz", "--yes", cwd=home, env=ME).status == 2
    assert note.exists()
