"""`vault ci` finds what git must not have, wherever it came from: index, push, server, a range."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import VaultRun
from tests.git.repositories import Clone, cloned, make_clone, note, sealed_clone

SECRET = "13912345678"


@pytest.fixture
def clone(tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun) -> Clone:
    return sealed_clone(tmp_path / "vault", clean_env, vault_run, {"a.md": note(1, "13800138000")})


@pytest.fixture
def leaky(clone: Clone) -> Clone:
    clone.without_filter()
    return clone


def commit(clone: Clone, message: str = "more") -> str:
    clone.git("add", "-A")
    clone.git("commit", "--quiet", "-m", message)
    return clone.git("rev-parse", "HEAD").strip()


# --- what is found -----------------------------------------------------------------------------------------


def test_it_names_commit_file_line_and_field_and_never_the_value(leaky: Clone):
    leaky.write("b.md", note(2, SECRET))
    bad = commit(leaky)

    ran = leaky.vault("ci", "HEAD~1..HEAD")

    assert (ran.status, ran.out) == (1, f"{bad[:10]} customers/b.md:7: mobile stands in plain\n")
    assert SECRET not in ran.out + ran.err
    assert leaky.vault("ci", "HEAD~1..HEAD", "--json").json["findings"] == [
        {"kind": "plain", "commit": bad, "path": "customers/b.md", "line": 7, "field": "mobile"}
    ]


def test_what_was_taken_out_again_is_found_in_the_commit_that_brought_it(leaky: Clone):
    leaky.write("b.md", note(2, SECRET))
    bad = commit(leaky)
    leaky.write("b.md", note(2))
    commit(leaky)
    (leaky.root / "customers/b.md").unlink()
    commit(leaky)

    assert leaky.vault("ci", "HEAD~3..HEAD").out.startswith(f"{bad[:10]} customers/b.md:7:")
    assert leaky.vault("ci", "HEAD~2..HEAD").status == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text + "\n底价 {{封存: 65 万}}\n", "words that wait to be sealed"),
        (lambda text: text + "\n底价 {{seal: 65\n", "words that wait to be sealed"),
        (
            lambda text: text.replace("# 客户1", "<<<<<<< HEAD\n# 客户1\n=======\n>>>>>>> x\n"),
            "half of a merge",
        ),
        (lambda text: text.replace(" sealed.v1.", " sealed.v1.0"), "missing, damaged"),
        (lambda text: text[: text.index("<!--")], "missing, damaged"),
        (
            lambda text: text.replace("mobile: ", "wechat: "),
            "of wechat is missing, damaged or made for another",
        ),
        (lambda text: text.replace("c000000001", "c000000009"), "made for another place"),
        (lambda text: text.replace("stage: lead", "stage: [lead\nmobile: 139"), "mobile stands in plain"),
    ],
)
def test_what_git_must_not_have(leaky: Clone, change, said: str):
    leaky.write("a.md", change(leaky.read("a.md")))
    leaky.git("add", "-A")

    ran = leaky.vault("ci", "--staged")

    assert (ran.status, said in ran.out) == (1, True)


def test_what_git_may_have(leaky: Clone):
    leaky.write(
        "a.md", leaky.read("a.md").replace("# 客户1", "# 客户1\n\nTitle\n=======\n\n`<<<<<<<`, a>>>>>>> b")
    )
    leaky.write("company.md", note(3).replace("person", "company").replace("mobile:", "phone: 0571-88886666"))
    (leaky.root / "README.md").write_text("mobile: 13912345678\n")
    (leaky.root / "数据.csv").write_text("mobile: 13912345678\n")
    leaky.git("add", "-A")

    assert leaky.vault("ci", "--staged").out == "3 notes checked: git may have them.\n"


def test_a_note_with_front_matter_counts_wherever_it_lies_and_whatever_it_is_called(leaky: Clone):
    (leaky.root / "草稿.MD").write_text(note(2, SECRET), "utf-8")
    leaky.git("add", "-A")

    assert leaky.vault("ci", "--staged").out == "草稿.MD:7: mobile stands in plain\n"


def test_a_note_that_is_no_utf_8_is_looked_at_too(leaky: Clone):
    (leaky.root / "customers/b.md").write_bytes(note(2, SECRET).encode("utf-16"))
    leaky.git("add", "-A")

    assert "customers/b.md:7: mobile stands in plain" in leaky.vault("ci", "--staged").out


# --- before a commit ---------------------------------------------------------------------------------------


def test_the_index_counts_and_not_the_folder(leaky: Clone):
    leaky.write("b.md", note(2, SECRET))
    leaky.git("add", "-A")
    leaky.write("b.md", note(2))
    leaky.write("c.md", note(3, SECRET))

    assert leaky.vault("ci", "--staged").out == "customers/b.md:7: mobile stands in plain\n"


def test_the_first_commit_of_all_is_checked(tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun):
    clone = make_clone(tmp_path / "vault", clean_env, vault_run, {"a.md": note(1, SECRET)})
    clone.git("add", "-A")

    assert clone.vault("ci", "--staged").out == "customers/a.md:7: mobile stands in plain\n"


def test_with_the_filter_off_the_hook_refuses_the_commit(clone: Clone):
    clone.without_filter_only()
    clone.write("b.md", note(2, SECRET))
    clone.git("add", "-A")

    assert "customers/b.md:7: mobile stands in plain" in clone.git("commit", "-m", "leak", ok=False)
    # Git gives such a commit an index of its own.
    clone.git("reset", "--quiet")
    clone.git("add", "-N", "customers/b.md")
    assert clone.git("commit", "-a", "-m", "leak", ok=False).startswith("1\n")
    assert clone.git("commit", "customers/b.md", "-m", "leak", ok=False).startswith("1\n")
    assert clone.git("rev-list", "--count", "HEAD") == "1\n"


def test_a_merge_is_checked_for_what_it_adds_not_for_what_others_committed(leaky: Clone):
    """Nobody is kept from merging by a colleague's mistake; what is done in the merge itself is checked."""
    leaky.git("checkout", "--quiet", "-b", "theirs")
    leaky.write("b.md", note(2, SECRET))
    commit(leaky)
    leaky.git("checkout", "--quiet", "main")
    leaky.write("a.md", leaky.read("a.md").replace("lead", "quoted"))
    commit(leaky)
    (leaky.root / ".git/vault/stamp").unlink()
    assert leaky.vault("set", "客户1", "stage=quoted").status == 0  # filter and hooks are back
    leaky.without_filter_only()

    leaky.git("merge", "--no-ff", "--quiet", "theirs")
    leaky.git("reset", "--hard", "--quiet", "HEAD~1")
    leaky.git("merge", "--no-ff", "--no-commit", "--quiet", "theirs")
    leaky.write("c.md", note(3, SECRET))
    leaky.git("add", "-A")
    refused = leaky.git("commit", "-m", "merge", ok=False)

    assert "customers/c.md:7" in refused
    assert "customers/b.md" not in refused


def test_a_merge_commit_that_adds_is_found_in_a_range(leaky: Clone):
    leaky.git("checkout", "--quiet", "-b", "theirs")
    leaky.write("b.md", note(2))
    commit(leaky)
    leaky.git("checkout", "--quiet", "main")
    leaky.write("c.md", note(3))
    commit(leaky)
    leaky.git("merge", "--no-ff", "--no-commit", "--quiet", "theirs")
    leaky.write("b.md", note(2, SECRET))
    leaky.git("add", "-A")
    leaky.git("commit", "--quiet", "-m", "merge")
    merge = leaky.git("rev-parse", "HEAD").strip()

    assert leaky.vault("ci", "HEAD~1..HEAD").out == f"{merge[:10]} customers/b.md:7: mobile stands in plain\n"


# --- before a push, on a server ----------------------------------------------------------------------------


@pytest.fixture
def remote(clone: Clone, tmp_path: Path) -> Path:
    remote = tmp_path / "remote.git"
    clone.git("init", "--quiet", "--bare", "-b", "main", str(remote))
    clone.git("remote", "add", "origin", str(remote))
    clone.git("push", "--quiet", "origin", "main")
    return remote


def test_a_push_is_refused_that_would_send_a_value_in_plain(clone: Clone, remote: Path):
    clone.without_filter_only()
    clone.write("b.md", note(2, SECRET))
    clone.git("add", "-A")
    clone.git("commit", "--quiet", "--no-verify", "-m", "leak")
    bad = clone.git("rev-parse", "HEAD").strip()
    clone.write("b.md", note(2))
    commit(clone)

    refused = clone.git("push", "origin", "main", ok=False)
    refused_too = clone.git("push", "origin", "HEAD:refs/heads/new", ok=False)

    assert f"{bad[:10]} customers/b.md:7: mobile stands in plain" in refused
    assert f"{bad[:10]} customers/b.md:7: mobile stands in plain" in refused_too
    assert SECRET not in refused
    clone.git("reset", "--hard", "--quiet", "HEAD~2")
    assert clone.git("push", "origin", "main", ok=False).startswith("0\n")


def test_what_the_remote_has_is_not_checked_again(clone: Clone, remote: Path):
    clone.without_filter_only()
    clone.write("b.md", note(2, SECRET))
    clone.git("add", "-A")
    clone.git("commit", "--quiet", "--no-verify", "-m", "leak")
    clone.git("push", "--quiet", "--no-verify", "origin", "main")
    clone.write("c.md", note(3))
    commit(clone)

    clone.git("push", "--quiet", "origin", "main")
    clone.git("push", "--quiet", "origin", "HEAD~1:refs/heads/old")
    clone.git("push", "--quiet", "origin", ":refs/heads/old")


def test_a_server_refuses_what_a_clone_without_vault_pushes(
    clone: Clone, remote: Path, tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun
):
    """The transcript: a colleague who never ran vault, a server that checks, and what he does about it."""
    hook = remote / "hooks/pre-receive"
    hook.write_text(f"#!/bin/sh\nexec '{sys.executable}' -P -m vault_tool ci --receive\n")
    hook.chmod(0o755)
    other = cloned(clone, tmp_path / "other", clean_env, vault_run)
    other.git("remote", "set-url", "origin", str(remote))
    other.write("b.md", note(2, SECRET))
    bad = commit(other)

    refused = other.git("push", "origin", "main", ok=False)
    on_a_branch = other.git("push", "origin", "HEAD:refs/heads/b", ok=False)

    assert f"remote: {bad[:10]} customers/b.md:7: mobile stands in plain" in refused
    assert "pre-receive hook declined" in refused
    assert "pre-receive hook declined" in on_a_branch
    assert SECRET not in refused
    assert other.vault("seal").status == 0
    other.git("add", "-A")
    other.git("commit", "--quiet", "--amend", "--no-edit")
    other.git("push", "--quiet", "origin", "main")
    assert remote_head(remote, other.env) == other.git("rev-parse", "HEAD")
    other.git("push", "--quiet", "origin", "HEAD:refs/heads/b")
    other.git("push", "--quiet", "origin", ":refs/heads/b")


def remote_head(remote: Path, env: dict[str, str]) -> str:
    words = ["git", "rev-parse", "main"]
    return subprocess.run(words, cwd=remote, env=env, check=True, capture_output=True, text=True).stdout


def test_a_server_goes_by_the_schema_that_was_pushed(clone: Clone, remote: Path):
    clone.without_filter()
    (clone.root / "schema").mkdir()
    (clone.root / "schema/fields.yaml").write_text(
        "front_matter:\n  hobby:\n    labels: {en: Hobby}\n    type: text\n    sealed: contact\n"
    )
    clone.write("b.md", note(2).replace("mobile:", "hobby: sailing"))
    commit(clone)
    clone.git("push", "--quiet", "origin", "HEAD:refs/heads/new")
    new = clone.git("rev-parse", "HEAD").strip()

    told = f"{'0' * 40} {new} refs/heads/other\n"
    bare = Clone(remote, clone.env, clone._run)
    assert bare.vault("ci", "--receive", stdin=told).status == 0  # it is there already
    bare.git("update-ref", "-d", "refs/heads/new")
    assert bare.vault("ci", "--receive", stdin=told).out == (
        f"{new[:10]} customers/b.md:7: hobby stands in plain\n"
    )


# --- how it is asked ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [(), ("--staged", "--push"), ("HEAD", "--staged"), ("nowhere..HEAD",)])
def test_it_wants_to_know_what_to_check(clone: Clone, words: tuple[str, ...]):
    assert clone.vault("ci", *words).status == 2


def test_outside_of_git_it_says_so(tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun):
    clone = make_clone(tmp_path / "vault", clean_env, vault_run, {})
    (clone.root / ".git").rename(tmp_path / "gone")

    assert "is not in a git repository" in clone.vault("ci", "--staged").err


def test_a_vault_in_a_folder_of_a_repository_is_checked_as_far_as_it_goes(
    tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun
):
    inner = make_clone(tmp_path / "work/our vault", clean_env, vault_run, {"a.md": note(1, SECRET)})
    (inner.root / ".git").rename(tmp_path / "work/.git")
    (tmp_path / "work/other.md").write_text(note(2, SECRET), "utf-8")
    inner.git("add", "-A", "..")

    assert inner.vault("ci", "--staged").out == "our vault/customers/a.md:7: mobile stands in plain\n"


def test_a_new_branch_as_ci_systems_name_it_is_checked_from_its_beginning(leaky: Clone):
    leaky.write("b.md", note(2, SECRET))
    bad = commit(leaky)
    leaky.write("b.md", note(2))
    commit(leaky)

    assert leaky.vault("ci", f"{'0' * 40}..HEAD").out.startswith(f"{bad[:10]} customers/b.md:7:")
