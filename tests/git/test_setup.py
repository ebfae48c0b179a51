"""Git is set up by whoever writes in a vault that has keys; whoever only reads is told."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from tests.cli.vaults import ME
from tests.conftest import VaultRun
from tests.git.repositories import Clone, cloned, make_clone, note, sealed_clone
from vault_tool.git.folder import git_folder
from vault_tool.git.setup import ATTRIBUTE_LINES, is_set_up, lacking

SET_UP = "Git seals what it is given here from now on"
LINES = "".join(f"{line}\n" for line in ATTRIBUTE_LINES)
FORMER = "*.[mM][dD] filter=vault diff=vault"
NOT_YET = "Git doesn't seal what it is given in this clone yet"


@pytest.fixture
def clone(tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun) -> Clone:
    return make_clone(tmp_path / "vault", clean_env, vault_run, {"a.md": note(1, "13800138000")})


def guarded(clone: Clone) -> bool:
    git = git_folder(clone.root)
    return git is not None and is_set_up(clone.root, git)


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_the_first_sealing_sets_git_up_and_says_so_once(clone: Clone):
    first = clone.vault("seal")
    again = clone.vault("set", "客户1", "stage=quoted")

    assert SET_UP in first.err
    assert (again.status, again.err.count(SET_UP)) == (0, 0)
    assert guarded(clone)
    assert (clone.root / ".gitattributes").read_text() == f"* -text\n{LINES}"
    assert stat.S_IMODE((clone.root / ".git/hooks/pre-commit").stat().st_mode) & 0o111 or os.name == "nt"


def test_without_keys_nothing_is_touched(clone: Clone):
    before = sorted(path for path in clone.root.rglob("*"))
    clone.vault("list")

    assert clone.vault("set", "客户1", "stage=quoted").status == 0
    assert sorted(path for path in clone.root.rglob("*")) == before


def test_a_vault_that_is_a_folder_of_something_larger_is_left_alone(
    tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun
):
    inner = make_clone(tmp_path / "work/vault", clean_env, vault_run, {"a.md": note(1, "13800138000")})
    (inner.root / ".git").rename(tmp_path / "work/.git")

    assert SET_UP not in inner.vault("seal").err
    assert "filter" not in (tmp_path / "work/.git/config").read_text()
    assert (inner.root / ".gitattributes").read_text() == "* -text\n"


def test_a_plain_clone_by_a_colleague_is_set_up_by_the_first_command_that_writes(
    clone: Clone, tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun
):
    clone.vault("seal")
    clone.git("add", "-A")
    clone.git("commit", "--quiet", "-m", "begin")
    other = cloned(clone, tmp_path / "other", clean_env, vault_run)

    told = [NOT_YET in other.vault("list").err for _again in range(2)]
    next_day = other.vault("list", env={"VAULT_NOTES_TODAY": "2026-11-24"})
    written = other.vault("log", "客户1", "今天来过电话")
    then = other.vault("list", env={"VAULT_NOTES_TODAY": "2026-11-25"})

    assert told == [True, False]
    assert NOT_YET in next_day.err
    assert (written.status, written.err.count(SET_UP)) == (0, 1)
    assert then.err == ""
    other.write("b.md", note(2, "13900139000"))
    other.git("add", "-A")
    assert "mobile: sealed-" in other.git("cat-file", "-p", ":customers/b.md")


def test_sealing_sets_git_up_even_where_there_is_nothing_to_seal(
    clone: Clone, tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun
):
    clone.vault("seal")
    clone.git("add", "-A")
    clone.git("commit", "--quiet", "-m", "begin")
    other = cloned(clone, tmp_path / "other", clean_env, vault_run)

    assert other.vault("seal", "--check").err.count(SET_UP) == 0
    assert other.vault("seal").err.count(SET_UP) == 1


@pytest.mark.parametrize("part", ["hook", "config", "driver", "attributes", "stand-in"])
def test_what_somebody_took_away_comes_back(clone: Clone, part: str):
    clone.vault("seal")
    match part:
        case "hook":
            script(clone.root / ".git/hooks/pre-push", "exit 0")
        case "config":
            clone.git("config", "--unset", "filter.vault.required")
        case "driver":
            clone.git("config", "merge.vault.driver", "true")
        case "attributes":
            (clone.root / ".gitattributes").write_text("*.md -filter")
        case "stand-in":
            (clone.root / ".git/vault/stand_in.py").unlink()
    assert not guarded(clone)
    assert (NOT_YET in clone.vault("list").err) is (part != "driver")

    clone.vault("set", "客户1", "stage=quoted")

    assert guarded(clone)
    if part == "attributes":
        assert (clone.root / ".gitattributes").read_text() == f"*.md -filter\n{LINES}"


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_what_an_earlier_version_set_up_is_upgraded_once_where_it_stands(clone: Clone, line_end: str):
    clone.vault("seal")
    for path in (clone.root / ".gitattributes", clone.root / ".git/info/attributes"):
        path.write_text(f"*.png binary{line_end}{FORMER}{line_end}*.csv text{line_end}", newline="")
    clone.git("config", "--remove-section", "merge.vault")
    missing = lacking(clone.root, clone.root / ".git")
    asked = clone.vault("list")

    first = clone.vault("set", "客户1", "stage=quoted")
    upgraded = (clone.root / ".gitattributes").read_bytes().decode()
    clone.vault("set", "客户1", "stage=won")

    assert (missing.driver, missing.sealing) == (True, False)
    # It seals as before: nobody is told to do anything.
    assert (asked.err, first.err) == ("", "")
    assert upgraded.startswith(f"*.png binary{line_end}{ATTRIBUTE_LINES[0]}{line_end}*.csv text{line_end}")
    assert upgraded.count("*.[mM][dD]") == 1
    assert (clone.root / ".gitattributes").read_bytes().decode() == upgraded
    assert guarded(clone)


def test_no_attributes_of_a_branch_turn_the_filter_off(clone: Clone):
    clone.vault("seal")
    (clone.root / ".gitattributes").unlink()
    (clone.root / "customers/.gitattributes").write_text("*.md -filter -diff\n")
    clone.write("b.md", note(2, "13900139000"))
    clone.git("add", "-A")

    assert "mobile: sealed-" in clone.git("cat-file", "-p", ":customers/b.md")


def test_hooks_that_were_there_run_first_and_may_refuse(clone: Clone, tmp_path: Path):
    hooks = clone.root / ".git/hooks"
    script(hooks / "pre-commit", f"echo first >> '{tmp_path}/said'\n[ ! -e '{tmp_path}/no' ]")
    script(hooks / "pre-push", f"cat >> '{tmp_path}/said'")
    clone.vault("seal")
    clone.git("add", "-A")
    (tmp_path / "no").touch()
    refused = clone.git("commit", "-m", "begin", ok=False)
    (tmp_path / "no").unlink()
    clone.git("commit", "--quiet", "-m", "begin")
    clone.git("init", "--quiet", "--bare", str(tmp_path / "remote"))
    clone.git("push", "--quiet", str(tmp_path / "remote"), "main")

    assert refused.startswith("1\n")
    assert (tmp_path / "said").read_text().startswith("first\nfirst\nrefs/heads/main ")
    # The second run finds its own, and takes nobody's place.
    (clone.root / ".git/vault/stamp").unlink()
    clone.vault("set", "客户1", "stage=quoted")
    assert sorted(path.name for path in hooks.glob("pre-commit*")) == [
        "pre-commit",
        "pre-commit.before-vault",
        "pre-commit.sample",
    ]


@pytest.mark.parametrize("where", [".husky", "{home}/shared hooks"])
def test_hooks_in_a_folder_of_somebodys_all_go_on_running(clone: Clone, tmp_path: Path, where: str):
    folder = where.format(home=tmp_path)
    for name in ("pre-commit", "commit-msg", "post-commit"):
        script(clone.root / folder / name, f"echo {name} >> '{tmp_path}/said'")
    clone.git("config", "core.hooksPath", folder)
    clone.vault("seal")
    clone.git("add", "-A")
    clone.git("commit", "--quiet", "-m", "begin")
    clone.without_filter_only()
    clone.write("b.md", note(2, "13900139000"))
    clone.git("add", "-A")

    assert (tmp_path / "said").read_text().split() == ["pre-commit", "commit-msg", "post-commit"]
    assert "customers/b.md:7: mobile stands in plain" in clone.git("commit", "-m", "leak", ok=False)
    assert sorted(path.name for path in (clone.root / folder).iterdir()) == [
        "commit-msg",
        "post-commit",
        "pre-commit",
    ]


def test_a_linked_work_tree_is_guarded_by_the_same_settings(
    clone: Clone, tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun
):
    clone.vault("seal")
    clone.git("add", "-A")
    clone.git("commit", "--quiet", "-m", "begin")
    clone.git("worktree", "add", "--quiet", str(tmp_path / "linked"))
    linked = Clone(tmp_path / "linked", clean_env, vault_run)
    linked.write("b.md", note(2, "13900139000"))
    linked.git("add", "-A")

    assert guarded(linked)
    assert git_folder(linked.root) == clone.root / ".git"
    assert "mobile: sealed-" in linked.git("cat-file", "-p", ":customers/b.md")


def test_a_moved_repository_goes_on_sealing(
    clone: Clone, tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun
):
    clone.vault("seal")
    clone.root.rename(tmp_path / "moved")
    moved = Clone(tmp_path / "moved", clean_env, vault_run)
    moved.write("b.md", note(2, "13900139000"))
    moved.git("add", "-A")

    assert "mobile: sealed-" in moved.git("cat-file", "-p", ":customers/b.md")


def test_a_difference_is_shown_without_the_tokens(
    tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun
):
    clone = sealed_clone(tmp_path / "vault", clean_env, vault_run, {"a.md": note(1, "13800138000")})
    clone.write("a.md", clone.read("a.md").replace("lead", "quoted").replace("sealed.v1", "sealed.v2"))

    shown = clone.git("diff")

    assert "+stage: quoted" in shown
    assert "sealed.v" not in shown


def test_a_folder_that_cant_be_written_to_stops_no_command(clone: Clone):
    clone.vault("seal")
    (clone.root / ".git/vault/stamp").unlink()
    (clone.root / ".git/vault/stamp").mkdir()

    ran = clone.vault("set", "客户1", "stage=quoted", env=ME)

    assert ran.status == 0
    assert "Git can't be set up" in ran.err


def test_the_doctor_looks_at_it(clone: Clone, tmp_path: Path):
    def seen() -> dict[str, str] | None:
        checks = clone.vault("doctor", "--json").json["checks"]
        return next((check for check in checks if check["name"] == "git sealing"), None)

    assert seen() is None
    clone.vault("seal")
    assert (seen() or {})["verdict"] == "good"
    (clone.root / ".git/hooks/pre-push").unlink()
    assert (seen() or {})["seen"] == "missing: hooks"
    (clone.root / ".git").rename(tmp_path / ".git")
    assert (seen() or {})["verdict"] == "odd"
