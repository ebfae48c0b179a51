from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from vault_tool.errors import VaultError
from vault_tool.git.program import NoGit
from vault_tool.sync import preflight as checks
from vault_tool.sync.cloud_folders import cloud_place
from vault_tool.sync.preflight import (
    CloudFolder,
    Detached,
    DiskFull,
    ForeignOperation,
    GitFolderGone,
    NotInGit,
    OldGit,
    PartOfMore,
    StaleLock,
    preflight,
)

ENV = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Li Na",
    "GIT_AUTHOR_EMAIL": "li.na@example.com",
    "GIT_COMMITTER_NAME": "Li Na",
    "GIT_COMMITTER_EMAIL": "li.na@example.com",
    "GIT_EDITOR": "true",
    "LC_ALL": "C",
}


def git(root: Path, *words: str, ok: bool = True) -> str:
    done = subprocess.run(["git", *words], cwd=root, env=ENV, capture_output=True)
    assert done.returncode == 0 or not ok, done
    return done.stdout.decode().strip()


def look(root: Path, env: Mapping[str, str] = ENV, now: float | None = None) -> Path:
    return preflight(root, env, time.time() if now is None else now)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A vault whose two branches changed one line each in their own way."""
    root = tmp_path / "vault"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    for text, branch in (("one\n", None), ("two\n", "other"), ("three\n", "main")):
        if branch == "main":
            git(root, "switch", "-q", "main")
        elif branch:
            git(root, "switch", "-q", "-c", branch)
        (root / "note.md").write_text(text)
        git(root, "add", "-A")
        git(root, "commit", "-q", "-m", text)
    return root


def test_a_vault_in_order_passes_and_git_is_asked_for_its_version_once(root: Path, monkeypatch):
    assert look(root) == root / ".git"

    def refuse(*_words: object, **_more: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    assert look(root) == root / ".git"


# --- what somebody began with git


@pytest.mark.parametrize(
    ("words", "way"),
    [
        (("merge", "other"), "git merge --abort"),
        (("rebase", "other"), "git rebase --abort"),
        (("cherry-pick", "other"), "git cherry-pick --abort"),
        (("revert", "HEAD~1"), "git revert --abort"),
        (("bisect", "start", "HEAD", "HEAD~1"), "git bisect reset"),
        (("rebase", "--apply", "other"), "git rebase --abort"),
    ],
)
def test_what_is_half_done_is_named_and_the_way_out_leads_out(root: Path, words: tuple[str, ...], way: str):
    if words[0] == "revert":
        (root / "note.md").write_text("four\n")
        git(root, "commit", "-q", "-am", "four")
    git(root, *words, ok=False)

    with pytest.raises(ForeignOperation) as refused:
        look(root)

    assert refused.value.values["way"] == way
    git(root, *way.split()[1:])
    look(root)


def test_a_linked_work_tree_has_its_own_troubles(root: Path, tmp_path: Path):
    linked = tmp_path / "linked"
    git(root, "worktree", "add", "-q", str(linked), "other")
    git(root, "merge", "other", ok=False)

    assert look(linked) == root / ".git/worktrees/linked"
    with pytest.raises(ForeignOperation):
        look(root)


def test_an_earlier_state_is_told_with_the_way_back(root: Path):
    git(root, "switch", "-q", "other")
    git(root, "checkout", "-q", "HEAD~1")
    git(root, "checkout", "-q", "--detach", "main")

    with pytest.raises(Detached) as refused:
        look(root)

    assert refused.value.values["branch"] == "other"


# --- locks


def test_a_fresh_lock_is_waited_for_later_and_an_old_one_is_told(root: Path):
    lock = root / ".git/index.lock"
    lock.touch()
    look(root)

    with pytest.raises(StaleLock) as refused:
        look(root, now=time.time() + 3_600)

    assert refused.value.values == {"path": lock, "minutes": 60}
    assert lock.exists()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only there the system tells who is at work")
def test_an_old_lock_of_a_git_that_still_runs_is_waited_for(root: Path):
    (root / ".git/index.lock").touch()
    at_work = subprocess.Popen(["git", "cat-file", "--batch"], cwd=root, env=ENV, stdin=subprocess.PIPE)
    try:
        look(root, now=time.time() + 3_600)
    finally:
        at_work.communicate()


# --- git itself


@pytest.fixture
def other_git(tmp_path: Path) -> dict[str, str]:
    """A git that says it is of another version."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "git"
    program.write_text("#!/bin/sh\necho git version 2.37.1\n")
    program.chmod(0o755)
    return {**ENV, "PATH": str(folder)}


def test_a_git_that_is_too_old_is_told_until_there_is_a_newer_one(root: Path, other_git: dict[str, str]):
    for _time in range(2):
        with pytest.raises(OldGit) as refused:
            look(root, other_git)
    assert refused.value.values["version"] == "2.37.1"

    program = Path(other_git["PATH"]) / "git"
    program.write_text("#!/bin/sh\necho 'git version 2.45.0.windows.1 (Apple Git-154)'\n")
    look(root, other_git)


def test_another_program_is_asked_though_the_first_was_fine(root: Path, other_git: dict[str, str]):
    look(root)
    with pytest.raises(OldGit):
        look(root, other_git)


def test_without_git_it_says_so(root: Path, tmp_path: Path):
    with pytest.raises(NoGit):
        look(root, {"PATH": str(tmp_path)})


# --- whose repository it is


def test_a_part_of_something_larger_is_left_alone(root: Path):
    inside = root / "sales/vault"
    inside.mkdir(parents=True)
    before = sorted(str(path) for path in root.rglob("*"))

    with pytest.raises(PartOfMore) as refused:
        look(inside)

    assert refused.value.values["top"] == root
    assert sorted(str(path) for path in root.rglob("*")) == before


def test_a_vault_without_history_is_told_how_to_begin_one(tmp_path: Path):
    with pytest.raises(NotInGit):
        look(tmp_path)


def test_a_history_that_lies_elsewhere_is_found_or_missed(root: Path, tmp_path: Path):
    git(root, "init", "-q", f"--separate-git-dir={tmp_path / 'history'}")
    assert look(root) == tmp_path / "history"

    shutil.rmtree(tmp_path / "history")
    with pytest.raises(GitFolderGone) as refused:
        look(root)
    assert refused.value.values["folder"] == tmp_path / "history"


# --- cloud folders


@pytest.mark.parametrize(
    ("folder", "service"),
    [
        ("Dropbox/vault", "Dropbox"),
        ("Dropbox (Nordlicht)/vault", "Dropbox"),
        ("OneDrive/vault", "OneDrive"),
        ("OneDrive - Nordlicht GmbH/文档/vault", "OneDrive"),
        ("Library/Mobile Documents/com~apple~CloudDocs/vault", "iCloud Drive"),
        ("iCloudDrive/vault", "iCloud Drive"),
        ("Google Drive/My Drive/vault", "Google Drive"),
        ("Library/CloudStorage/GoogleDrive-li.na@example.com/vault", "Google Drive"),
        ("Library/CloudStorage/Box-Box/vault", "Box"),
        ("Nutstore Files/我的坚果云/vault", "坚果云 (Nutstore)"),
        ("我的坚果云/vault", "坚果云 (Nutstore)"),
    ],
)
def test_a_cloud_folder_is_known_by_its_name(tmp_path: Path, folder: str, service: str):
    place = cloud_place(tmp_path / folder / ".git", {})
    assert place and place.service == service


@pytest.mark.parametrize(
    ("mark", "service"),
    [(".dropbox", "Dropbox"), (".stfolder", "Syncthing"), (".tmp.drivedownload", "Google Drive")],
)
def test_a_cloud_folder_is_known_by_its_mark(tmp_path: Path, mark: str, service: str):
    (tmp_path / "work/customers").mkdir(parents=True)
    (tmp_path / "work" / mark).mkdir()

    assert cloud_place(tmp_path / "work/customers/vault/.git", {}) == (service, tmp_path / "work")
    assert cloud_place(tmp_path / "elsewhere/.git", {}) is None


def test_a_cloud_folder_is_known_by_what_the_system_says_of_it(tmp_path: Path):
    assert cloud_place(tmp_path / "x/vault/.git", {"OneDriveCommercial": str(tmp_path / "x")})


def test_names_that_only_begin_alike_are_none(tmp_path: Path):
    for name in ("Dropboxes", "MyOneDrive", "google-drivers", "坚果", "icloudy"):
        assert cloud_place(tmp_path / name / "vault/.git", {}) is None


def test_a_history_that_syncthing_passes_over_is_safe(tmp_path: Path):
    (tmp_path / ".stfolder").mkdir()
    (tmp_path / ".stignore").write_text("// ours\n(?d).git\n")

    assert cloud_place(tmp_path / "vault/.git", {}) is None


def test_a_vault_in_a_cloud_folder_passes_once_its_history_lies_outside(root: Path, tmp_path: Path):
    inside = tmp_path / "Dropbox/vault"
    inside.parent.mkdir()
    root.rename(inside)
    with pytest.raises(CloudFolder) as refused:
        look(inside)
    assert refused.value.values["folder"] == inside.parent

    git(inside, "init", "-q", f"--separate-git-dir={tmp_path / 'history'}")

    assert look(inside) == tmp_path / "history"


# --- room


def test_a_full_disk_is_told_before_anything_is_done(root: Path, monkeypatch):
    monkeypatch.setattr(checks, "_free", lambda _folder: 5 * 1024 * 1024)

    with pytest.raises(DiskFull) as refused:
        look(root)

    assert refused.value.values == {"path": root, "free": 5, "needed": 32}


def test_every_error_has_its_text_and_one_thing_to_do():
    kinds = (
        CloudFolder,
        Detached,
        DiskFull,
        ForeignOperation,
        GitFolderGone,
        NotInGit,
        OldGit,
        PartOfMore,
        StaleLock,
    )
    for kind in kinds:
        assert issubclass(kind, VaultError)
        assert kind.message and kind.hint
