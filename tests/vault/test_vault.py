from __future__ import annotations

import random
import re
import subprocess
import sys
from pathlib import Path, PurePosixPath

import pytest

from tests.vault.notes_of import note, write
from vault_tool.vault.catalog import FILE_NAME, Catalog
from vault_tool.vault.journal import Change, ChangedOnDisk
from vault_tool.vault.settings import NoVault
from vault_tool.vault.vault import (
    ReadOnlyVault,
    UnknownImportance,
    Vault,
    new_id,
    new_vault_id,
    open_vault,
    vault_at,
)

A = PurePosixPath("customers/a.md")


@pytest.fixture
def vault(root: Path, home: dict[str, str]) -> Vault:
    write(root, str(A), note("c1", "蓝海", body="profile\n"))
    return vault_at(root, home)


def names(vault: Vault) -> list[str]:
    return [customer.name for customer in vault.customers()]


def test_a_vault_is_opened_from_within_and_nothing_is_read_yet(root: Path, home: dict[str, str]):
    vault = open_vault(root / "customers", home)

    assert vault.root == root
    assert vault.settings.id == "v7k2m9qx"
    assert not vault.places.cache.exists()
    assert not vault.places.state.exists()


def test_outside_a_vault_there_is_none(tmp_path: Path, home: dict[str, str]):
    with pytest.raises(NoVault):
        open_vault(tmp_path, home)


def test_reading_leaves_nothing_in_the_vault(vault: Vault, root: Path):
    before = sorted(root.rglob("*"))

    vault.fresh()

    assert names(vault) == ["蓝海"]
    assert sorted(root.rglob("*")) == before


def test_what_was_committed_is_in_the_catalog_without_a_walk(vault: Vault, monkeypatch: pytest.MonkeyPatch):
    vault.fresh()
    read, digest = vault.read(A)
    assert read.name == "蓝海"
    monkeypatch.setattr("vault_tool.vault.refresh.Comparison", lambda *_: pytest.fail("walked"))

    new = PurePosixPath("customers/new.md")
    done = vault.commit(
        [Change(A, digest, note("c1", "绿海").encode()), Change(new, None, note("c2", "新").encode())],
        "vault set",
    )

    assert done.paths == (A, new)
    assert names(vault) == ["绿海", "新"]
    vault.commit([Change(new, vault.read(new)[1], None)], "vault remove")
    assert names(vault) == ["绿海"]


def test_what_was_undone_is_undone_in_the_catalog(vault: Vault):
    vault.fresh()
    vault.commit([Change(A, vault.read(A)[1], note("c1", "绿海").encode())], "vault set")

    assert [step.path for step in vault.peek_undo().steps] == [A]
    assert vault.undo().changed == (A,)
    assert names(vault) == ["蓝海"]


def test_files_that_are_no_customers_are_written_and_not_cataloged(vault: Vault):
    vault.fresh()
    content = (vault.root / "vault.toml").read_bytes()

    vault.commit([Change(PurePosixPath("README.md"), None, b"# hello")], "vault init")

    assert names(vault) == ["蓝海"]
    assert (vault.root / "vault.toml").read_bytes() == content


def test_a_commit_that_comes_too_late_leaves_the_catalog_to_the_next_walk(vault: Vault):
    vault.fresh()
    _, digest = vault.read(A)
    write(vault.root, str(A), note("c1", "theirs"))

    with pytest.raises(ChangedOnDisk):
        vault.commit([Change(A, digest, b"ours")], "vault set")

    vault.fresh()
    assert names(vault) == ["theirs"]


def test_a_damaged_catalog_is_made_again(vault: Vault, home: dict[str, str]):
    for number in range(50):
        write(vault.root, f"customers/{number}.md", note(f"n{number}", f"n{number}", body="x" * 3000))
    vault.fresh()
    vault.catalog.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    vault.catalog.close()
    path = vault.places.cache / FILE_NAME
    data = bytearray(path.read_bytes())
    data[8192:] = b"\xff" * (len(data) - 8192)
    path.write_bytes(data)

    again = vault_at(vault.root, home)
    again.fresh()

    assert len(names(again)) == 51


def test_where_nothing_can_be_cached_a_vault_is_read_all_the_same(root: Path, tmp_path: Path):
    write(root, str(A), note("c1", "蓝海"))
    (tmp_path / "file").touch()
    vault = vault_at(root, {"VAULT_NOTES_HOME": str(tmp_path / "file")})

    vault.fresh()

    assert names(vault) == ["蓝海"]


def test_while_another_process_holds_the_catalog_its_last_state_is_read(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("vault_tool.vault.catalog.BUSY_SECONDS", 0.1)
    vault.fresh()
    write(vault.root, str(A), note("c1", "绿海"))

    with Catalog(vault.places.cache / FILE_NAME) as other, other.transaction():
        assert vault.fresh().is_stale
        assert names(vault) == ["蓝海"]

    assert not vault.fresh().is_stale
    assert names(vault) == ["绿海"]


def test_a_vault_of_a_newer_version_is_read_and_never_written(vault: Vault, home: dict[str, str]):
    (vault.root / "vault.toml").write_text('version = 2\nid = "v7k2m9qx"\nnovelty = 1\n')
    newer = vault_at(vault.root, home)

    newer.fresh()
    assert names(newer) == ["蓝海"]
    with pytest.raises(ReadOnlyVault):
        newer.commit([Change(A, newer.read(A)[1], b"")], "vault set")
    with pytest.raises(ReadOnlyVault):
        newer.undo()


def test_reviews_are_set_by_any_name_of_an_importance(vault: Vault, home: dict[str, str]):
    write(vault.root, "vault.toml", 'id = "v1"\n[review]\n"重要客户" = 30\n')

    assert vault_at(vault.root, home).settings.review == {"vip": 90, "key": 30, "normal": 180}


def test_a_review_of_no_importance_is_refused(vault: Vault, home: dict[str, str]):
    write(vault.root, "vault.toml", 'id = "v1"\n[review]\nvpi = 30\n')

    with pytest.raises(UnknownImportance):
        vault_at(vault.root, home)


def test_a_new_id_is_one_that_nobody_has(vault: Vault):
    first = new_id(random.Random(1))
    write(vault.root, "customers/taken.md", note(first, "x"))
    vault.fresh()

    made = vault.new_id(random.Random(1))

    assert made != first
    assert re.fullmatch(r"c[0-9a-hjkmnp-tv-z]{9}", made)


def test_a_new_vaults_id_fits_its_settings():
    assert re.fullmatch(r"v[0-9a-hjkmnp-tv-z]{7}", new_vault_id(random.Random(1)))


def test_customers_are_found_and_suggested(vault: Vault):
    vault.fresh()

    assert [match.id for match in vault.resolve("lanhai")] == ["c1"]
    assert vault.nearest("蓝河") == ["蓝海"]


def test_opening_a_vault_loads_nothing_heavy():
    code = (
        "import sys\nimport vault_tool.vault.vault\n"
        "print([name for name in ('platformdirs', 'pypinyin', 'click', 'whoosh') if name in sys.modules])"
    )

    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert said.stdout == "[]\n"
