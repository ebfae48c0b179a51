"""Plain git merges notes as notes, whichever command merges; where the program is gone, nothing is lost."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.vaults import SETTINGS
from tests.conftest import VaultRun
from tests.git.repositories import Clone, make_clone, note
from vault_tool.git import stand_in
from vault_tool.git.folder import git_folder
from vault_tool.git.merge_driver import JOINED, NOT_DONE, OPEN, drive, read_words
from vault_tool.git.setup import set_up

MINE, THEIRS = "我这边的一条。", "他们的一条。"
MARKER = "<<<<<<<"


def entry(text: str) -> str:
    return f"\n## 2026-11-20 电话\n\n{text}\n"


@pytest.fixture
def clone(tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun) -> Clone:
    """Two branches, `main` and `theirs`: each has an entry of its own at the same place, and another stage."""
    made = make_clone(tmp_path / "vault", clean_env, vault_run, {"a.md": note(1), "b.md": note(2)})
    git = git_folder(made.root)
    assert git is not None
    set_up(made.root, git, [], made.env)
    # What seals takes its time, and is tested elsewhere.
    made.without_filter()
    (made.root / "README.md").write_text("one\ntwo\nthree\n")
    made.git("add", "-A")
    made.git("commit", "--quiet", "-m", "begin")
    made.git("checkout", "--quiet", "-b", "theirs")
    made.write("a.md", note(1).replace("person", "person\ntags: [新]") + entry(THEIRS))
    made.git("commit", "--quiet", "-am", "theirs")
    made.git("checkout", "--quiet", "main")
    made.write("a.md", note(1) + entry(MINE))
    made.git("commit", "--quiet", "-am", "mine")
    return made


def joined(clone: Clone) -> None:
    text = clone.read("a.md")
    assert MINE in text and THEIRS in text and "tags: [新]" in text
    assert MARKER not in text


def test_merge(clone: Clone):
    clone.git("merge", "--quiet", "theirs")

    joined(clone)
    assert clone.status == ""


@pytest.mark.parametrize("how", ["--no-rebase", "--rebase"])
def test_pull(clone: Clone, how: str):
    clone.git("pull", "--quiet", how, ".", "theirs")

    joined(clone)
    assert clone.status == ""


def test_rebase_cherry_pick_and_stash(clone: Clone):
    clone.git("checkout", "--quiet", "-b", "rebased")
    clone.git("rebase", "--quiet", "theirs")
    joined(clone)

    clone.git("checkout", "--quiet", "main")
    clone.git("cherry-pick", "theirs")
    joined(clone)

    clone.git("reset", "--quiet", "--hard", "HEAD~")
    clone.write("a.md", note(1) + entry(MINE) + entry("noch was"))
    clone.git("stash")
    clone.git("merge", "--quiet", "theirs")
    clone.git("stash", "pop")
    joined(clone)
    assert "noch was" in clone.read("a.md")


def test_a_command_in_a_subfolder_and_a_path_that_a_shell_would_take_apart(clone: Clone):
    name = "it's $(touch x) 客户.md"
    for branch, text in (("theirs", THEIRS), ("main", MINE)):
        clone.git("checkout", "--quiet", branch)
        clone.write(name, note(7) + entry(text))
        clone.git("add", "-A")
        clone.git("commit", "--quiet", "-m", "more")

    clone.git("-C", "customers", "merge", "--quiet", "theirs")

    assert MINE in clone.read(name) and THEIRS in clone.read(name)
    joined(clone)


def test_a_tree_merged_without_a_work_tree(clone: Clone, tmp_path: Path):
    here = clone.git("merge-tree", "--write-tree", "main", "theirs").strip()
    clone.git("clone", "--quiet", "--bare", ".", str(tmp_path / "mirror.git"))
    mirror = Clone(tmp_path / "mirror.git", clone.env, lambda *_words, **_more: None)  # type: ignore[arg-type]
    mirror.git("branch", "--quiet", "-f", "theirs", clone.git("rev-parse", "theirs").strip())
    set_up(mirror.root, mirror.root, [], clone.env)
    there = mirror.git("merge-tree", "--write-tree", "main", "theirs").strip()

    assert here == there
    text = mirror.git("cat-file", "-p", f"{there}:customers/a.md")
    assert MINE in text and THEIRS in text and MARKER not in text
    assert not (mirror.root / ".gitattributes").exists()


def test_the_merge_is_the_same_from_either_side(clone: Clone):
    one = clone.git("merge-tree", "--write-tree", "main", "theirs")

    assert clone.git("merge-tree", "--write-tree", "theirs", "main") == one


def test_a_file_that_is_no_vaults_gets_gits_own_markers(clone: Clone):
    for branch, text in (("theirs", "2b"), ("main", "2a")):
        clone.git("checkout", "--quiet", branch)
        (clone.root / "README.md").write_text(f"one\n{text}\nthree\n")
        clone.git("commit", "--quiet", "-am", "more")

    said = clone.git("merge", "theirs", ok=False)

    assert said.startswith("1\n")
    assert "<<<<<<< ours\n2a\n" in (clone.root / "README.md").read_text()
    joined(clone)


def test_settings_are_merged_by_key_and_a_true_conflict_leaves_them_valid(clone: Clone):
    for branch, language in (("theirs", "en"), ("main", "zh")):
        clone.git("checkout", "--quiet", branch)
        person = f'[people."{language}"]\nname = "{language}"\n'
        (clone.root / "vault.toml").write_text(SETTINGS.format(language="zh") + person)
        clone.git("commit", "--quiet", "-am", "people")
    clone.git("merge", "--quiet", "theirs")
    both = (clone.root / "vault.toml").read_text()
    for branch, language in (("theirs", "CHF"), ("main", "EUR")):
        clone.git("checkout", "--quiet", branch)
        (clone.root / "vault.toml").write_text(f'currency = "{language}"\n' + both)
        clone.git("commit", "--quiet", "-am", "currency")
    said = clone.git("merge", "theirs", ok=False)

    assert '"en"' in both and '"zh"' in both
    assert said.startswith("1\n")
    assert "vault.toml: both sides changed the same place" in said
    assert MARKER not in (clone.root / "vault.toml").read_text()
    assert 'currency = "EUR"' in clone.git("show", ":2:vault.toml")


def test_two_customers_that_come_to_one_place_are_left_to_a_person(clone: Clone):
    for branch, number in (("theirs", 8), ("main", 9)):
        clone.git("checkout", "--quiet", branch)
        clone.write("same.md", note(number))
        clone.git("add", "-A")
        clone.git("commit", "--quiet", "-m", "another customer")

    said = clone.git("merge", "theirs", ok=False)

    assert said.startswith("1\n")
    assert "same.md: here the notes of two customers have come to one place" in said
    assert clone.read("same.md") == note(9)
    assert clone.git("show", ":3:customers/same.md") == note(8)


def test_a_keyring_of_a_newer_version_is_not_merged_line_by_line(clone: Clone):
    keyring = clone.root / ".vault/keyring.toml"
    keyring.parent.mkdir()
    for branch, epoch, person in (("theirs", 3, "b"), ("main", 2, "a")):
        clone.git("checkout", "--quiet", branch)
        head = f"version = 2\n{'#' * 30}\n"
        for text in (f"{head}epoch = 1\n", f'{head}epoch = {epoch}\n[people."{person}"]\n'):
            keyring.parent.mkdir(exist_ok=True)
            keyring.write_text(text)
            clone.git("add", ".vault")
            clone.git("commit", "--quiet", "-m", "access")

    said = clone.git("merge", "theirs", ok=False)

    assert said.startswith("1\n")
    assert keyring.read_text() == clone.git("show", "theirs:.vault/keyring.toml")
    assert "epoch = 3" in keyring.read_text()


# --- the program is gone, or broken ------------------------------------------------------------------------


def break_python(clone: Clone) -> None:
    launcher = clone.root / ".git/vault/vault"
    text = launcher.read_text()
    begin = text.index("python='")
    end = text.index("\n", begin)
    launcher.write_text(text[:begin] + "python=/gone/python" + text[end:])


def python_without_the_program(clone: Clone) -> None:
    # Any Python that can't import the program: of this machine, or none at all.
    (clone.root / ".git/vault/stand_in.py").write_text("raise ImportError('vault_tool')\n")


def crash(clone: Clone) -> None:
    (clone.root / ".git/vault/stand_in.py").write_text("import os\nos.kill(os.getpid(), 9)\n")


def nothing_there(clone: Clone) -> None:
    shutil.rmtree(clone.root / ".git/vault")


@pytest.mark.parametrize(
    ("broken", "has_python"),
    [(break_python, False), (python_without_the_program, True), (crash, True), (nothing_there, True)],
)
def test_where_the_program_is_gone_git_says_conflict_and_both_sides_are_there(
    clone: Clone, tmp_path: Path, broken: Callable[[Clone], None], has_python: bool
):
    broken(clone)
    env = {}
    if not has_python:
        tools = tmp_path / "bin"
        tools.mkdir()
        for name in ("git", "sh", "sed", "uname", "basename"):
            if found := shutil.which(name, path=clone.env["PATH"]):
                (tools / name).symlink_to(found)
        env = {"PATH": str(tools)}

    said = clone.git("merge", "theirs", ok=False, env=env)

    text = clone.read("a.md")
    assert said.startswith("1\n"), said
    assert "CONFLICT" in said
    assert MARKER in text and MINE in text and THEIRS in text
    assert "customers/a.md" in clone.git("ls-files", "-u")


def test_without_the_fallback_one_side_would_be_lost(clone: Clone):
    # What the fallback is for: a line that names a program that isn't there.
    clone.git("config", "merge.vault.driver", "/gone/vault merge-file %O %A %B")

    clone.git("merge", "theirs", ok=False)

    assert THEIRS not in clone.read("a.md")


def test_a_driver_that_cant_read_what_it_is_asked_leaves_it_to_git(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)

    assert drive(["a", "b"]) == NOT_DONE
    assert drive(["o", "a", "b", "customers/a.md"]) == NOT_DONE
    assert "FileNotFoundError" in capsys.readouterr().err
    assert stand_in.merge(["o", "a", "b", "customers/a.md"]) == stand_in.NOT_MERGED
    assert {JOINED, OPEN, NOT_DONE}.isdisjoint({stand_in.OPEN_TO_GIT})


def test_words_are_read_however_git_is_told_to_say_them():
    expected = read_words(["o", "a", "b", "customers/x y.md"])

    assert expected is not None
    assert read_words(["--marker-size", "7", "o", "a", "b", "customers/x y.md"]) == expected
    assert read_words(["o", "a", "b", "--marker-size", "7", "customers/x y.md"]) == expected


def test_the_command_is_hidden_and_merges_files(
    tmp_path: Path, vault_run: VaultRun, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    for name, text in (("o", note(1)), ("a", note(1) + entry(MINE)), ("b", note(1) + entry(THEIRS))):
        Path(name).write_text(text)

    ran = vault_run("merge-file", "o", "a", "b", "--marker-size", "9", "customers/a.md", cwd=tmp_path)

    assert ran.status == 0
    assert MINE in Path("a").read_text() and THEIRS in Path("a").read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "o"]
    assert "merge-file" not in vault_run("--help").out


def test_rerere_has_nothing_to_replay(clone: Clone):
    clone.git("config", "rerere.enabled", "true")
    clone.git("merge", "--quiet", "theirs")

    joined(clone)
    assert not list((clone.root / ".git").glob("rr-cache/*/preimage"))


def test_two_merge_bases_are_merged_as_notes_too(clone: Clone):
    clone.git("branch", "cross", "theirs")
    clone.git("branch", "was", "main")
    clone.git("merge", "--quiet", "theirs")
    clone.write("a.md", clone.read("a.md") + entry("nach dem ersten"))
    clone.git("commit", "--quiet", "-am", "more")
    clone.git("checkout", "--quiet", "cross")
    clone.git("merge", "--quiet", "was")
    clone.write("a.md", clone.read("a.md").replace("stage: lead", "stage: won"))
    clone.git("commit", "--quiet", "-am", "other")
    clone.git("merge", "--quiet", "main")

    joined(clone)
    assert "nach dem ersten" in clone.read("a.md") and "stage: won" in clone.read("a.md")
