"""What git is asked comes back as it is, whatever files are called and whatever they are."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

import pytest

from tests.conftest import VaultRun
from tests.git.repositories import Clone
from vault_tool.git.folder import git_folder
from vault_tool.git.repository import NoGit, NoRepository, Repository

ODD = ["a b.md", "客户.md", "tab\there.md", 'quo"te.md', "new\nline.md", "-n.md", ":0.md"]


@pytest.fixture(params=["sha1", "sha256"])
def clone(
    request: pytest.FixtureRequest, tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun
) -> Clone:
    (tmp_path / "$HOME repo").mkdir()
    clone = Clone(tmp_path / "$HOME repo", clean_env, vault_run)
    clone.git("init", "--quiet", "-b", "main", f"--object-format={request.param}")
    return clone


def write(clone: Clone, name: str, data: bytes) -> None:
    (clone.root / name).write_bytes(data)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_every_name_and_every_byte_comes_back(clone: Clone):
    contents = {name: f"{name}\0\r\n\n".encode() for name in ODD}
    contents["raw\udcff.md"] = b"\xff\xfe"
    for name, data in contents.items():
        write(clone, name, data)
    (clone.root / "link.md").symlink_to("a b.md")
    clone.git("add", "-A")

    with Repository(clone.root, clone.env) as repository:
        staged = repository.staged()
        assert {str(each.path): repository.read(each.name) for each in staged} == contents
        clone.git("commit", "--quiet", "-m", "begin")
        head = repository.commit("HEAD") or ""
        assert {str(each.path) for each in repository.added("HEAD")} == set(contents)
        assert {each.commit for each in repository.added("HEAD")} == {head}
        assert repository.staged() == []
        assert PurePosixPath("客户.md") in repository.files(head)
        assert list(repository.files(head, "a b.md", "nothing", "folder/")) == [PurePosixPath("a b.md")]


def test_the_oldest_commit_that_brought_a_content_is_named(clone: Clone):
    for text in ("one", "two", "one"):
        write(clone, "a.md", text.encode())
        clone.git("add", "-A")
        clone.git("commit", "--quiet", "-m", text)

    with Repository(clone.root, clone.env) as repository:
        assert [repository.read(each.name) for each in repository.added("HEAD")] == [b"one", b"two"]
        assert repository.added("HEAD")[0].commit == repository.commit("HEAD~2")
        assert repository.added("HEAD", "--not", "HEAD") == []


def test_settings_of_this_repository_are_read_and_written(clone: Clone):
    with Repository(clone.root, clone.env) as repository:
        # Nothing is written before it is sure to be the right repository: `$HOME` is a part of its name.
        assert repository.commit("HEAD") is None
        assert repository.setting("core.hooksPath") is None
        repository.set("core.hooksPath", "~/hooks 'x'")
        assert repository.setting("core.hooksPath") == f"{clone.env['HOME']}/hooks 'x'"
        repository.set("vault.a", "b")
    assert clone.git("config", "--get-all", "core.hooksPath") == "~/hooks 'x'\n"


def test_what_is_no_repository(tmp_path: Path, clean_env: dict[str, str], clone: Clone):
    with pytest.raises(NoRepository):
        Repository(tmp_path, clean_env)
    with pytest.raises(NoGit):
        Repository(clone.root, {**clean_env, "PATH": str(tmp_path)})
    assert git_folder(tmp_path) is None
    (tmp_path / "x").mkdir()
    for told in (b"gitdir: /nowhere\n", b"what", b"\xff"):
        (tmp_path / "x/.git").write_bytes(told)
        assert git_folder(tmp_path / "x") is None
    assert git_folder(clone.root) == clone.root / ".git"
