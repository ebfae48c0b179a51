"""`vault conflicts`: both values, who gave which and when; nothing sealed is shown."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

import pytest

from tests.cli.vaults import ME, make_vault
from tests.conftest import VaultRun
from tests.git.repositories import Clone
from tests.git.saving import BEGUN, begun, by, saved
from vault_tool.git.writing import OWN_EMAIL
from vault_tool.merge.note import merge_note
from vault_tool.schema import load_schema

NAME = "蓝海.md"
MINE = BEGUN.replace("方案报价", "商务谈判").replace("再让 2 个点", "再让 3 个点")
THEIRS = BEGUN.replace("方案报价", "成交").replace("再让 2 个点", "再让 5 个点")


def joined(clone: Clone, mine: str, theirs: str) -> Clone:
    """Two people saved these on two days, and sync joined them."""
    base = clone.read(NAME)
    clone.git("checkout", "--quiet", "-b", "other")
    clone.write(NAME, theirs)
    saved(clone, "2026-11-21T10:00:00Z", "zhang.wei")
    clone.git("checkout", "--quiet", "main")
    clone.write(NAME, mine)
    saved(clone, "2026-11-22T10:00:00Z")
    path = PurePosixPath("customers", NAME)
    merged = merge_note(path, base.encode(), mine.encode(), theirs.encode(), load_schema())
    clone.git("merge", "--quiet", "--no-commit", "--no-ff", "-s", "ours", "other")
    clone.write(NAME, merged.data.decode())
    clone.git("add", "-A")
    env = {**by("2026-11-22T10:00:00Z", "vault"), "GIT_AUTHOR_EMAIL": OWN_EMAIL}
    clone.git("commit", "--quiet", "--no-verify", "-m", "x", env=env)
    return clone


@pytest.fixture
def empty(tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun) -> Clone:
    return begun(tmp_path / "v", clean_env, vault_run, {NAME: BEGUN})


@pytest.fixture
def clone(empty: Clone) -> Clone:
    return joined(empty, MINE, THEIRS)


def sealed_apart(clone: Clone, mine: str, theirs: str) -> Clone:
    """Two people entered these numbers, each sealed on a machine that knew nothing of the other."""
    clone.vault("seal")
    saved(clone, "2026-11-20T10:00:00Z")
    base = clone.read(NAME)
    texts = []
    for number in (mine, theirs):
        clone.write(NAME, re.sub(r"手机: \S+", f"手机: {number}", base))
        for memo in Path(clone.env["VAULT_NOTES_HOME"]).rglob("*memo*"):
            memo.unlink()
        clone.vault("seal")
        texts.append(clone.read(NAME))
    clone.write(NAME, base)
    return joined(clone, *texts)


def values(clone: Clone, number: int = 0) -> dict[str, str]:
    """The values of a conflict by who gave them."""
    conflict = clone.vault("conflicts", "--json").json["conflicts"][number]
    return {each["who"]["id"]: each["value"] for each in conflict["values"]}


def test_a_vault_without_any_says_so(empty: Clone):
    ran = empty.vault("conflicts")

    assert (ran.status, ran.out) == (0, "Nothing is open.\n")


def test_both_values_are_told_with_who_and_when(clone: Clone):
    ran = clone.vault("conflicts")

    assert ran.status == 5
    assert "  业务阶段\n" in ran.out
    assert re.search(r"  [12]  李娜, 2026-11-22 .*: 商务谈判\n", ran.out)
    assert re.search(r"  [12]  张伟, 2026-11-21 .*: 成交\n", ran.out)
    assert "vault resolve" in ran.err


def test_a_program_is_told_in_json(clone: Clone):
    field, text = clone.vault("conflicts", "--json").json["conflicts"]

    assert (field["field"], text["field"]) == ("stage", None)
    assert values(clone) == {"li.na": "商务谈判", "zhang.wei": "成交"}
    assert ["再让 3 个点" in said for _who, said in sorted(values(clone, 1).items())] == [True, False]
    assert clone.read(NAME).splitlines()[field["line"] - 1].strip() == "- field: stage"


def test_without_a_history_nobody_knows_who(vault_run: VaultRun, tmp_path: Path, clone: Clone):
    home = make_vault(tmp_path / "w", {NAME: clone.read(NAME)})

    ran = vault_run("conflicts", cwd=home, env=ME)

    assert ran.status == 5
    assert "not known who: 商务谈判" in ran.out


def test_sealed_values_are_masked_and_only_who_can_open_them_hears_that_they_are_equal(empty: Clone):
    clone = sealed_apart(empty, "13700000003", "13700000003")

    [conflict] = clone.vault("conflicts", "--json").json["conflicts"]
    ran = clone.vault("conflicts")

    assert (conflict["field"], conflict["sealed"], conflict["equal"]) == ("mobile", True, True)
    assert [each["value"] for each in conflict["values"]] == [None, None]
    assert "(both are the same)" in ran.out
    assert "1370000" not in ran.out and "sealed-" not in ran.out

    for keys in Path(clone.env["VAULT_NOTES_HOME"]).rglob("identities"):
        keys.rename(keys.with_name("away"))
    assert clone.vault("conflicts", "--json").json["conflicts"][0]["equal"] is None


def test_a_sealed_field_that_stands_in_plain_in_a_conflict_is_masked(empty: Clone):
    other = BEGUN.replace("tags:", "vault_conflicts:\n  - field: mobile\n    other: '13900000002'\ntags:")
    empty.write(NAME, other)

    for words in (("conflicts",), ("conflicts", "--json"), ("diff",)):
        ran = empty.vault(*words)
        assert "1390000" not in ran.out and "1380000" not in ran.out


def test_a_secret_in_a_version_of_a_text_is_masked(empty: Clone):
    empty.write(NAME, f"{BEGUN}\n> [!conflict]\n> ## 2026-11-19 电话 报价\n>\n> 底价 {{{{seal: 65 万}}}}\n")

    ran = empty.vault("conflicts")

    assert ran.status == 5
    assert "65" not in ran.out


def test_words_that_only_one_version_of_a_text_has_sealed_are_masked_in_both(empty: Clone):
    text = BEGUN.replace("再让 2 个点", "让到 sealed-7q2m9xk4")
    empty.write(NAME, f"{text}\n> [!conflict]\n> ## 2026-11-19 电话 报价\n>\n> 要**让到 65 万**。\n")

    ran = empty.vault("conflicts")

    assert ran.status == 5
    assert "65" not in ran.out and "sealed-" not in ran.out


def test_files_that_were_kept_beside_are_told(empty: Clone):
    (empty.root / "customers/蓝海.conflict-0a1b2c3d.md").write_text(BEGUN)
    parked = empty.root / ".vault/conflicts/vault-0a1b2c3d.toml"
    parked.parent.mkdir(parents=True)
    parked.write_text("")

    ran = empty.vault("conflicts")
    document = empty.vault("conflicts", "--json").json

    assert ran.status == 5
    assert "customers/蓝海.conflict-0a1b2c3d.md: another version of customers/蓝海.md" in ran.out
    assert document["files"] == [
        {"path": ".vault/conflicts/vault-0a1b2c3d.toml", "of": "vault.toml"},
        {"path": "customers/蓝海.conflict-0a1b2c3d.md", "of": "customers/蓝海.md"},
    ]
