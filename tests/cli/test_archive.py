"""`vault archive`: a customer put away keeps every byte, and its links."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.vaults import ME, make_vault
from tests.conftest import VaultRun


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = make_vault(
        tmp_path / "v",
        {
            "a.md": "---\r\nid: c1\r\nname: Acme\r\n---\r\n[[customers/b]]",
            "b.md": "---\nid: c2\nname: Bolt\n---\n[[customers/a|A]] [[a]] [[Acme]] [[customers/a.md]]\n",
        },
    )
    (home / "customers/sea").mkdir()
    (home / "customers/sea/c.md").write_bytes("---\nname: 船\n---\n".encode("gb18030"))
    return home


def files(home: Path) -> dict[str, bytes]:
    return {path.relative_to(home).as_posix(): path.read_bytes() for path in home.rglob("*.md")}


def test_a_customer_put_away_is_found_only_on_request_and_keeps_its_bytes(vault_run: VaultRun, home: Path):
    before = files(home)

    ran = vault_run("archive", "Acme", "c", cwd=home, env=ME)

    after = files(home)
    assert (ran.status, ran.out.splitlines()[0]) == (0, "Archived: Acme → archive/a.md")
    assert after["archive/a.md"] == before["customers/a.md"]
    assert after["archive/sea/c.md"] == before["customers/sea/c.md"]
    assert after["customers/b.md"].decode().endswith("[[archive/a|A]] [[a]] [[Acme]] [[archive/a.md]]\n")
    assert [each["name"] for each in vault_run("list", "--json", cwd=home).json["customers"]] == ["Bolt"]


def test_two_that_link_to_each_other_go_together(vault_run: VaultRun, home: Path):
    vault_run("archive", "a", "b", cwd=home, env=ME)

    after = files(home)
    assert after["archive/a.md"].endswith(b"[[archive/b]]")
    assert b"[[archive/a|A]]" in after["archive/b.md"]


def test_undo_brings_it_back(vault_run: VaultRun, home: Path):
    before = files(home)
    vault_run("archive", "a", "b", "c", cwd=home, env=ME)

    vault_run("undo", cwd=home)

    assert files(home) == before
    assert not (home / "archive").exists()


def test_what_is_in_the_archive_stays_there(vault_run: VaultRun, home: Path):
    vault_run("archive", "a", cwd=home, env=ME)
    before = files(home)

    ran = vault_run("archive", "a", cwd=home, env=ME)

    assert (ran.status, "already" in ran.out, files(home)) == (0, True, before)


def test_a_name_that_is_taken_there_gets_the_id(vault_run: VaultRun, home: Path):
    (home / "archive").mkdir()
    (home / "archive/A.md").write_text("---\nid: c9\nname: Other\n---\n")

    ran = vault_run("archive", "Acme", "--json", cwd=home, env=ME)

    assert ran.json["archived"][0]["to"] == "archive/a c1.md"
    assert "[[archive/a c1|A]]" in files(home)["customers/b.md"].decode()
    assert "archive/A.md" in files(home)


def test_a_dry_run_writes_nothing(vault_run: VaultRun, home: Path):
    before = files(home)

    ran = vault_run("archive", "a", "--dry-run", cwd=home, env=ME)

    assert "customers/a.md → archive/a.md" in ran.out
    assert files(home) == before


def test_nobody_is_put_away_where_one_name_is_unknown(vault_run: VaultRun, home: Path):
    before = files(home)

    ran = vault_run("archive", "a", "nobody at all", cwd=home, env=ME)

    assert (ran.status, files(home)) == (2, before)
