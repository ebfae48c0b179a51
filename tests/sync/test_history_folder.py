from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import VaultRun
from tests.git.repositories import Clone, make_clone, note
from vault_tool.errors import Exit
from vault_tool.git.folder import git_folder


@pytest.fixture
def clone(tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun) -> Clone:
    """A vault with a past."""
    clone = make_clone(tmp_path / "Dropbox/vault", clean_env, vault_run, {"a.md": note(1)})
    clone.git("add", "-A")
    clone.git("commit", "-q", "-m", "begin")
    return clone


def test_a_vaults_past_moves_out_of_a_cloud_folder_and_all_is_there(clone: Clone, tmp_path: Path):
    before = clone.git("log", "--format=%H")
    elsewhere = tmp_path / "history/vault"
    refused = clone.vault("sync")
    assert "vault init --git-dir" in refused.err

    ran = clone.vault("init", "--git-dir", str(elsewhere), ".")

    assert ran.status == 0, ran
    assert (clone.root / ".git").read_text() == f"gitdir: {elsewhere}\n"
    assert clone.git("log", "--format=%H") == before
    assert clone.status == ""
    assert clone.vault("sync").status == 0
    assert git_folder(clone.root) == elsewhere


def test_a_dry_run_moves_nothing(clone: Clone, tmp_path: Path):
    ran = clone.vault("init", "--git-dir", str(tmp_path / "h"), "--dry-run")

    assert ran.status == 0, ran
    assert (clone.root / ".git").is_dir()
    assert not (tmp_path / "h").exists()


def test_a_new_vault_may_have_its_past_elsewhere_from_the_start(
    vault_run: VaultRun, clean_env: dict[str, str], tmp_path: Path
):
    ran = vault_run("init", "Dropbox/new", "--git-dir", "past/new", "--json")

    assert ran.status == 0, ran
    assert ran.json["git_dir"] == str(tmp_path / "past/new")
    assert git_folder(tmp_path / "Dropbox/new") == tmp_path / "past/new"
    assert (tmp_path / "Dropbox/new/vault.toml").is_file()


@pytest.mark.parametrize("place", ["vault/history", "full", "Dropbox/history"])
def test_a_place_where_a_past_can_not_lie_is_refused_before_anything_is_done(
    clone: Clone, tmp_path: Path, place: str
):
    (tmp_path / "full").mkdir()
    (tmp_path / "full/file").touch()
    folder = clone.root / "history" if place == "vault/history" else tmp_path / place

    ran = clone.vault("init", "--git-dir", str(folder))

    assert ran.status == Exit.USAGE
    assert (clone.root / ".git").is_dir()


def test_where_it_can_not_be_moved_it_stays(clone: Clone, tmp_path: Path):
    (tmp_path / "file").touch()

    ran = clone.vault("init", "--git-dir", str(tmp_path / "file/history"))

    assert ran.status == Exit.UNREADABLE, ran
    assert clone.git("log", "--format=%s") == "begin\n"


def test_hooks_and_linked_work_trees_find_their_way(clone: Clone, tmp_path: Path):
    hooks = clone.root / ".git/vault/hooks"
    clone.git("config", "core.hooksPath", str(hooks))
    clone.git("worktree", "add", "-q", "-b", "other", str(tmp_path / "linked"))

    assert clone.vault("init", "--git-dir", str(tmp_path / "history")).status == 0

    assert clone.git("config", "core.hooksPath").strip() == str(tmp_path / "history/vault/hooks")
    linked = subprocess.run(["git", "status"], cwd=tmp_path / "linked", env=clone.env, capture_output=True)
    assert linked.returncode == 0


def test_with_a_lost_past_nothing_new_is_begun(clone: Clone, tmp_path: Path):
    assert clone.vault("init", "--git-dir", str(tmp_path / "history")).status == 0
    shutil.rmtree(tmp_path / "history")

    ran = clone.vault("sync")

    assert str(tmp_path / "history") in ran.err
    assert (clone.root / ".git").is_file()
    assert clone.vault("init", "--git-dir", str(tmp_path / "other")).status != 0
