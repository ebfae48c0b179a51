"""Names are hints, bytes decide: what an intake takes, leaves for later, and leaves alone."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path, PurePosixPath
from types import SimpleNamespace

import pytest

from tests.cli.vaults import make_vault
from tests.watch.watching import differences, index_differences, note
from vault_tool.vault import walk
from vault_tool.vault.catalog import Catalog, CatalogBusy, CatalogDamaged, CatalogUnwritable
from vault_tool.vault.vault import Vault, vault_at
from vault_tool.watch.intake import Intake, is_half_written

NAMES = [PurePosixPath(f"customers/{name}.md") for name in ("a", "b", "c")]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_vault(tmp_path / "库", {f"{name}.md": note(i, f"第{i}次") for i, name in enumerate("abc")})


@pytest.fixture
def vault(root: Path, clean_env: dict[str, str]) -> Iterator[Vault]:
    vault = vault_at(root, clean_env)
    vault.fresh()
    with closing(vault.catalog):
        yield vault


@pytest.fixture
def intake(vault: Vault) -> Intake:
    return Intake(vault)


def aged(path: Path, seconds: float = 1.0) -> Path:
    """Let a file have been written some time ago."""
    when = time.time() - seconds
    os.utime(path, (when, when))
    return path


def texts(vault: Vault) -> dict[str, str]:
    """Return the last passage of each file of the catalog."""
    sql = "SELECT path, text FROM passages JOIN customers ON customers.key = passages.customer ORDER BY passages.key"
    return dict(vault.catalog.rows(sql))


def test_what_changed_is_taken_and_told(vault: Vault, intake: Intake, root: Path):
    (root / "customers/a.md").write_text(note(0, "新的一次"), "utf-8")
    aged(root / "customers/a.md")
    aged(root / "customers/b.md")

    taken = intake.take(["customers/a.md", "customers/b.md"])

    assert taken.changed == [NAMES[0]] and taken.is_whole and not taken.again
    assert texts(vault)["customers/a.md"] == "新的一次"


def test_a_file_changed_just_now_is_taken_and_looked_at_once_more(intake: Intake, root: Path):
    (root / "customers/a.md").write_text(note(0, "新的一次"), "utf-8")

    taken = intake.take(["customers/a.md"])

    assert taken.changed == [NAMES[0]] and taken.again == ["customers/a.md"]
    time.sleep(0.1)
    assert intake.take(["customers/a.md"]).again == []


@pytest.mark.parametrize("begun", ["", "---\nid: c000000000\nname: 客", "\ufeff---\r\nid: c1\r\n"])
def test_a_file_in_the_middle_of_a_save_keeps_its_document(
    vault: Vault, intake: Intake, root: Path, begun: str
):
    (root / "customers/a.md").write_text(begun, "utf-8")

    taken = intake.take(["customers/a.md"])

    assert taken.changed == [] and taken.again == ["customers/a.md"]
    assert texts(vault)["customers/a.md"] == "第0次"


def test_after_the_last_look_a_file_is_taken_as_it_is(vault: Vault, intake: Intake, root: Path):
    (root / "customers/a.md").write_text("", "utf-8")

    taken = intake.take(["customers/a.md"], final=["customers/a.md"])

    assert taken.changed == [NAMES[0]] and taken.again == []
    assert texts(vault)["customers/a.md"] == ""


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", True),
        (b"---\n", True),
        (b"---\nid: c1\n", True),
        (b"---\nid: c1\n---\n", False),
        (b"---\nid: c1\n...\n", False),
        (b"\xef\xbb\xbf---\r\nid: c1\r\n---\r\n", False),
        (b"# no front matter\n", False),
        (b"--- not one\n", False),
        (b"\n", False),
        ("---\nid: c1\n---\n电话".encode()[:-1], True),
        ("---\nid: c1\n---\n电话".encode("gb18030"), False),
    ],
)
def test_half_written_notes_are_known(data: bytes, expected: bool):
    assert is_half_written(data) is expected


def test_a_file_that_is_gone_is_looked_for_again_before_it_is_taken_out(
    vault: Vault, intake: Intake, root: Path
):
    (root / "customers/a.md").unlink()

    first = intake.take(["customers/a.md"])
    assert first.again == ["customers/a.md"] and first.removed == 0
    assert "customers/a.md" in texts(vault)

    last = intake.take(["customers/a.md"], final=["customers/a.md"])
    assert last.removed == 1 and "customers/a.md" not in texts(vault)


def test_a_renamed_file_stays_the_same_customer(vault: Vault, intake: Intake, root: Path):
    sql = "SELECT key FROM customers WHERE id = 'c000000000'"
    before = vault.catalog.rows(sql)
    (root / "customers/a.md").rename(root / "customers/z.md")

    taken = intake.take(["customers/a.md", "customers/z.md"])

    assert taken.changed == [PurePosixPath("customers/z.md")] and taken.removed == 0
    assert vault.catalog.rows(sql) == before


def test_what_others_took_in_is_told_too(vault: Vault, intake: Intake, root: Path, clean_env: dict[str, str]):
    (root / "customers/a.md").write_text(note(0, "另一个进程"), "utf-8")
    (root / "customers/b.md").unlink()
    other = vault_at(root, clean_env)
    with closing(other.catalog):
        other.fresh()

    taken = intake.take([])

    assert taken.changed == [NAMES[0]] and taken.removed == 1


def test_a_walk_finds_what_nobody_told(vault: Vault, intake: Intake, root: Path):
    (root / "customers/a.md").write_text(note(0, "没人说"), "utf-8")
    (root / "customers/b.md").unlink()

    taken = intake.reconcile()

    assert taken.changed == [NAMES[0]] and taken.removed == 1 and taken.is_whole


def test_bytes_decide_when_the_stat_was_put_back(vault: Vault, intake: Intake, root: Path):
    path = aged(root / "customers/a.md", 60)
    intake.reconcile()
    seen = path.stat()
    path.write_text(note(0, "第9次"), "utf-8")
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))

    assert intake.reconcile().changed == []
    assert intake.take(["customers/a.md"]).changed == [NAMES[0]]


def test_paths_that_are_no_notes_are_left_alone(vault: Vault, intake: Intake, root: Path):
    for name in ("customers/x.txt", "elsewhere.md", "customers/.hidden.md"):
        (root / name).write_text("x", "utf-8")

    taken = intake.take(
        ["customers/x.txt", "elsewhere.md", "customers/.hidden.md", "customers/\udcff.md", "vault.toml"]
    )

    assert taken == ([], 0, [], True, None)


def test_a_link_or_a_pipe_in_the_place_of_a_note_is_a_walks_business(intake: Intake, root: Path):
    (root / "customers/a.md").unlink()
    (root / "customers/a.md").symlink_to(root / "customers/b.md")
    os.mkfifo(root / "customers/pipe.md")

    assert not intake.take(["customers/a.md"]).is_whole
    assert not intake.take(["customers/pipe.md"]).is_whole
    assert intake.reconcile().removed == 1


@pytest.mark.parametrize("told", ["Café.md", "Cafe\u0301.md"])
@pytest.mark.parametrize("there", ["Café.md", "Cafe\u0301.md"])
def test_a_name_told_in_another_spelling_is_found_under_its_own(
    there: str, told: str, intake: Intake, root: Path, clean_env: dict[str, str], tmp_path: Path
):
    (root / "customers" / there).write_text(note(7, "咖啡"), "utf-8")

    taken = intake.take([f"customers/{told}"])
    assert not taken.is_whole
    intake.reconcile()

    (root / "customers" / there).write_text(note(7, "茶"), "utf-8")
    if not intake.take([f"customers/{told}"]).is_whole:
        intake.reconcile()
    intake.index()
    assert differences(root, clean_env, tmp_path / "fresh") == []


def test_files_that_lie_in_the_cloud_only_are_never_read(
    vault: Vault, intake: Intake, root: Path, monkeypatch: pytest.MonkeyPatch
):
    away = {"customers/a.md", "customers/new.md"}
    for name in away:
        (root / name).write_text(note(0, "下载后才有"), "utf-8")
        aged(root / name)
    inodes = {(root / name).stat().st_ino for name in away}
    monkeypatch.setattr(walk, "_TELLS_OF_CLOUDS", True)
    for module in ("vault_tool.vault.walk", "vault_tool.watch.intake"):
        monkeypatch.setattr(f"{module}.is_online_only", lambda seen: seen.st_ino in inodes)

    assert intake.take(sorted(away)) == ([], 0, [], True, None)
    assert intake.reconcile().changed == []
    assert texts(vault)["customers/a.md"] == "第0次" and "customers/new.md" not in texts(vault)


def test_what_windows_and_macos_say_of_placeholders():
    for attributes, flags, expected in (
        (0x400000, 0, True),
        (0x1000, 0, True),
        (0x20, 0, False),
        (0, 1 << 30, True),
    ):
        seen = SimpleNamespace(st_file_attributes=attributes, st_flags=flags)
        assert walk.is_online_only(seen) is expected  # type: ignore[arg-type]


def test_a_busy_catalog_loses_nothing(
    vault: Vault, intake: Intake, root: Path, monkeypatch: pytest.MonkeyPatch
):
    (root / "customers/a.md").write_text(note(0, "等一等"), "utf-8")

    def refuse(*_: object) -> None:
        raise CatalogBusy(path="catalog")

    with monkeypatch.context() as patch:
        patch.setattr(Catalog, "transaction", refuse)
        taken = intake.take(["customers/a.md"])
        assert isinstance(taken.trouble, CatalogBusy) and not taken.is_whole

    assert intake.reconcile().changed == [NAMES[0]]


def test_a_damaged_catalog_is_made_again(vault: Vault, root: Path, clean_env: dict[str, str], tmp_path: Path):
    path = vault.catalog.path
    assert path
    vault.catalog.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    other = vault_at(root, clean_env)
    with closing(other.catalog):
        intake = Intake(other)
        with path.open("r+b") as file:
            file.seek(4096)
            file.write(b"\x55" * (path.stat().st_size - 4096))

        with pytest.raises(CatalogDamaged):
            intake.reconcile()
        other.catalog.start_anew()
        assert intake.reconcile().is_whole
        intake.index()
    assert differences(root, clean_env, tmp_path / "fresh") == []


def test_a_catalog_in_memory_is_no_place_for_a_watcher(vault: Vault, monkeypatch: pytest.MonkeyPatch):
    vault.catalog.close()
    monkeypatch.setitem(vars(vault), "catalog", Catalog(None))
    taken = Intake(vault).reconcile()

    assert isinstance(taken.trouble, CatalogUnwritable) and not taken.is_whole


def test_the_index_follows(vault: Vault, intake: Intake, root: Path):
    assert intake.index() and index_differences(vault) == []
    (root / "customers/a.md").write_text(note(0, "跟上"), "utf-8")
    intake.take(["customers/a.md"])

    assert index_differences(vault) != []
    assert intake.index() and index_differences(vault) == []


def test_a_new_catalog_counts_as_verified(intake: Intake):
    intake.plan_verifying()
    assert not intake.is_verifying
    assert len(intake.known()) == 3
