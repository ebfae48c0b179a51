"""What git is asked comes back as it is, whatever files are called and whatever they are."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path, PurePosixPath

import pytest

from tests.conftest import VaultRun
from tests.git.repositories import Clone
from vault_tool.git import index
from vault_tool.git.advance import HeadMoved, advance
from vault_tool.git.blobs import blob_name
from vault_tool.git.folder import git_folder
from vault_tool.git.program import NoGit
from vault_tool.git.repository import NoRepository, Repository
from vault_tool.git.writing import Signature, Written, write_commit

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


def test_a_commit_is_written_without_index_and_work_tree(clone: Clone):
    with Repository(clone.root, clone.env) as repository:
        assert repository.head is None and repository.branch == "refs/heads/main"
        author = Signature("Li <Na>\n", "li@example.com", 1_700_000_000, "+0800")
        contents = {PurePosixPath(name): f"{name}\0".encode() for name in ODD}
        first = write_commit(
            repository,
            (),
            {path: Written("100644", data) for path, data in contents.items()},
            author,
            "begin\n",
        )
        found = {path: entry for path, entry in repository.trees.files(first)}
        assert {path: repository.read(entry.name) for path, entry in found.items()} == contents
        names = {path: blob_name(data, repository.hash) for path, data in contents.items()}
        assert {path: entry.name for path, entry in found.items()} == names
        # Nothing points to it, and the same is the same.
        assert clone.git("for-each-ref") == "" and not (clone.root / ".git/index").exists()
        again = {path: Written("100644", data) for path, data in contents.items()}
        assert write_commit(repository, (), again, author, "begin\n") == first
        assert repository.time_of(first) == 1_700_000_000
        assert clone.git("log", "-1", "--format=%an|%ae|%ad", "--date=raw", first) == (
            "Li Na|li@example.com|1700000000 +0800\n"
        )


def test_what_two_trees_differ_in_is_what_git_says(clone: Clone):
    """Folders where files were, files where folders were, links, modes: all of it."""
    steps = [
        {"a/b/c.md": b"1", "a/d.md": b"2", "e": b"3", "客户/f.md": b"4"},
        {"a/b": b"a file now", "a/d.md": b"2", "e/f/g.md": b"3", "客户/f.md": b"5"},
        {"e/f/g.md": b"3"},
    ]
    commits: list[str | None] = [None]
    for contents in steps:
        clone.git("rm", "-rfq", "--ignore-unmatch", ".")
        for name, data in contents.items():
            (clone.root / name).parent.mkdir(parents=True, exist_ok=True)
            write(clone, name, data)
        clone.git("add", "-A")
        clone.git("commit", "--quiet", "--allow-empty", "-m", "step")
        commits.append(clone.git("rev-parse", "HEAD").strip())
    empty = clone.git("hash-object", "-t", "tree", os.devnull).strip()
    with Repository(clone.root, clone.env) as repository:
        for before in commits:
            for after in commits:
                told = clone.git(
                    "diff-tree", "-r", "-z", "--no-renames", "--name-status", before or empty, after or empty
                ).split("\0")
                said = dict(zip(told[1::2], told[0::2], strict=False))
                found = repository.trees.changes(before, after)
                assert {str(path) for path in found} == set(said)
                assert {str(path) for path, entry in found.items() if entry is None} == {
                    path for path, status in said.items() if status == "D"
                }
        entry = repository.trees.entry(commits[1], PurePosixPath("a/b/c.md"))
        assert entry and repository.read(entry.name) == b"1"
        for nothing in ("a", "a/b", "a/b/x.md", "x/y.md", "e/x"):
            assert repository.trees.entry(commits[1], PurePosixPath(nothing)) is None
        assert [str(path) for path, _entry in repository.trees.files(commits[1], "a")] == [
            "a/b/c.md",
            "a/d.md",
        ]


def test_the_index_takes_what_is_put_there_and_leaves_the_rest(clone: Clone):
    for name in ("a.md", "b.md", "c.md"):
        write(clone, name, b"1")
    clone.git("add", "-A")
    clone.git("commit", "--quiet", "-m", "begin")
    write(clone, "c.md", b"staged by hand")
    clone.git("add", "c.md")
    with Repository(clone.root, clone.env) as repository:
        old = repository.head
        assert index.differing(repository, old) == {PurePosixPath("c.md")}
        changes = {PurePosixPath("a.md"): None, PurePosixPath("b.md"): Written("100644", b"2")}
        new = write_commit(repository, (old or "",), changes, Signature("a", "b", 0), "change\n")
        advance(repository, "refs/heads/main", old, new)
        assert repository.head == new
        assert index.differing(repository, new) == {PurePosixPath("c.md")}
        with pytest.raises(HeadMoved):
            advance(repository, "refs/heads/main", old, new)


def test_gitpython_is_whole_for_whoever_needs_the_rest_of_it(clone: Clone):
    """We load its runner of commands alone, and hide nothing."""
    code = (
        "import os, sys; from pathlib import Path; from vault_tool.git.repository import Repository\n"
        "with Repository(Path('.'), os.environ) as r: assert r.head is None\n"
        "assert 'git' not in sys.modules and 'git.objects' not in sys.modules\n"
        "import git; assert git.Repo('.').git.rev_parse('--is-bare-repository') == 'false'"
    )
    env = {**clone.env, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=clone.root, env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_two_threads_ask_at_once(clone: Clone):
    """While one loads GitPython, or has loaded it, another may come."""
    code = (
        "import os, sys; from pathlib import Path; from threading import Thread\n"
        "from vault_tool.git.repository import Repository\n"
        "sys.setswitchinterval(1e-6); done = []\n"
        "def ask():\n"
        "    for _turn in range(60):\n"
        "        with Repository(Path('.'), os.environ) as r: done.append(r.branch)\n"
        "threads = [Thread(target=ask) for _number in range(4)]\n"
        "for each in threads: each.start()\n"
        "for each in threads: each.join()\n"
        "assert len(done) == 240, len(done)"
    )
    env = {**clone.env, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=clone.root, env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


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
