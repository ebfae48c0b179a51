"""`vault set`: one line changes, and the rest of the file is as it was."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cli.vaults import ME, make_vault
from tests.conftest import VaultRun

ODD = (
    "---\r\n"
    "编号:   c3m8k2qa41\r\n"
    "# 名字照合同\r\n"
    'name: "蓝海"   # 老板定的\r\n'
    "类型: '企业客户'\r\n"
    "阶段:   '潜在客户'   # 上周改的\r\n"
    "负责人: 李娜\r\n"
    "tags: [ a,  'b' ,c ]\r\n"
    "自定: {x: 1}\r\n"
    "---\r\n"
    "概况\r\n"
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return make_vault(tmp_path / "v", {"蓝海.md": ODD})


def test_a_set_shows_as_a_one_line_git_diff(vault_run: VaultRun, home: Path) -> None:
    def git(*words: str) -> str:
        return subprocess.run(
            ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", *words],
            cwd=home,
            check=True,
            capture_output=True,
            text=True,
            encoding="utf-8",
        ).stdout

    git("init", "-q")
    git("-c", "core.autocrlf=false", "add", ".")
    git("commit", "-qm", "x")

    ran = vault_run("set", "蓝海", "stage=成交", cwd=home, env=ME)

    assert ran.status == 0, ran.err
    assert git("-c", "core.quotepath=off", "diff", "--numstat").split() == ["1", "1", "customers/蓝海.md"]
    changed = (home / "customers/蓝海.md").read_bytes().decode()
    assert changed == ODD.replace("'潜在客户'", "'成交'")


@pytest.mark.parametrize(
    ("words", "before", "after"),
    [
        (["标签+=VIP"], "[ a,  'b' ,c ]", "[ a,  'b' ,c, VIP ]"),
        (["tags-=b"], "[ a,  'b' ,c ]", "[ a,  c ]"),
        (["owner=zhang.wei"], "负责人: 李娜", "负责人: 张伟"),
        (["next=周五 回电"], ",c ]\r\n", ",c ]\r\n下次跟进: 2026-11-27 回电\r\n"),
        (["tags="], "tags: [ a,  'b' ,c ]\r\n", ""),
        (["标签+=#大客户"], ",c ]", ",c, 大客户 ]"),
        (["标签-=#b"], "[ a,  'b' ,c ]", "[ a,  c ]"),
        (["owner=我"], "负责人: 李娜", "负责人: 李娜"),
        (["预计金额=八十万"], ",c ]\r\n", ",c ]\r\n预计金额: 八十万\r\n"),
        (["tags+=x", "tags+=z"], ",c ]", ",c, x, z ]"),
        (["stage=won", "stage=lost"], "'潜在客户'", "'输单'"),
    ],
)
def test_fields_are_set_added_to_and_taken_out(
    vault_run: VaultRun, home: Path, words: list[str], before: str, after: str
) -> None:
    ran = vault_run("set", "蓝海", *words, cwd=home, env=ME)

    assert ran.status == 0, ran.err
    assert (home / "customers/蓝海.md").read_bytes().decode() == ODD.replace(before, after)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["蓝海"], "Say which"),
        (["stage=won"], "Say which"),
        (["蓝海", "stge=won"], "Stage"),
        (["蓝海", "stage=wonn"], "won"),
        (["蓝海", "id=x"], "never changes"),
        (["蓝海", "stage+=won"], "lists"),
        (["蓝海", "合同金额=100"], "sealed"),
        (["蓝海", "owner=无名"], "无名"),
        (["蓝海", "自定=1"], "自定"),
        (["蓝海", "客户名称="], "can't be taken out"),
        (["蓝海", "业务阶段="], "can't be taken out"),
        (["蓝海", "联系人=王总"], "vault edit 蓝海"),
        (["蓝海", "tags+=a b"], "a b"),
        (["蓝海", "tags+=a#b"], "a#b"),
        (["蓝海", "name=a\nb"], "one line"),
        (["蓝海", "预计金额=多"], "Expected amount` needs an amount"),
        (["蓝海", "邮箱=wang"], "wang@example.com"),
        (["蓝海", "next=2026-02-30 x"], "no such day"),
        (["蓝海", "生日=某天"], "某天"),
        (["蓝海", "owner=me"], "whoami"),
    ],
)
def test_what_cannot_be_set_is_said_and_nothing_is_written(
    vault_run: VaultRun, home: Path, words: list[str], said: str
) -> None:
    ran = vault_run("set", *words, cwd=home)

    assert ran.status == 2
    assert said in ran.err
    assert (home / "customers/蓝海.md").read_bytes().decode() == ODD


def test_nothing_to_change_writes_nothing(vault_run: VaultRun, home: Path) -> None:
    path = home / "customers/蓝海.md"
    before = path.stat()

    ran = vault_run("set", "蓝海", "类型=企业客户", cwd=home, env=ME)

    assert ran.status == 0
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert vault_run("undo", cwd=home).status == 2


# --- all that match ----------------------------------------------------------------------------------------


@pytest.fixture
def team(tmp_path: Path) -> Path:
    note = (
        "---\nid: {id}\nname: {name}\ntype: enterprise\nstage: {stage}\nowner: {owner}\nnext: {next}\n---\n"
    )
    notes = {
        "a.md": note.format(id="c1", name="甲", stage="lead", owner="li.na", next="2026-11-01"),
        "b.md": note.format(id="c2", name="乙", stage="won", owner="li.na", next="2026-11-01"),
        "c.md": note.format(id="c3", name="丙", stage="lead", owner="zhang.wei", next="2026-12-24"),
    }
    root = make_vault(tmp_path / "team", notes)
    with (root / "vault.toml").open("a", encoding="utf-8") as settings:
        settings.write('[queries]\n"逾期" = "next:<0d"\n"我的逾期" = "@逾期 owner:me"\n')
    return root


@pytest.mark.parametrize(
    ("filters", "changed"),
    [
        (("@逾期",), ["a", "b"]),
        (("@我的逾期", "stage:lead"), ["a"]),
        (("stage:lead",), ["a", "c"]),
        (("阶段：潜在客户", "负责人:张伟"), ["c"]),
        (("next:<=7d",), ["a", "b"]),
        (("next:>=2026-12",), ["c"]),
    ],
)
def test_filters_mean_all_customers_that_match(
    vault_run: VaultRun, team: Path, filters: tuple[str, ...], changed: list[str]
) -> None:
    ran = vault_run("set", *filters, "tags+=催", "--json", cwd=team, env=ME)

    assert sorted(Path(path).stem for path in ran.json["changed"]) == changed
    vault_run("undo", cwd=team)
    assert all("催" not in note.read_text("utf-8") for note in (team / "customers").iterdir())


def test_filters_that_nobody_matches_write_nothing(vault_run: VaultRun, team: Path) -> None:
    ran = vault_run("set", "stage:lost", "tags+=催", cwd=team)

    assert (ran.status, ran.out) == (1, "")
    assert "No customer matches: stage:lost" in ran.err


def test_a_colon_typed_for_an_equals_sign_does_not_reach_other_customers(
    vault_run: VaultRun, team: Path
) -> None:
    ran = vault_run("set", "甲", "stage:lead", "tags+=催", cwd=team)

    assert ran.status == 2
    assert "write it with `=`" in ran.err


def test_a_customer_with_a_colon_in_the_name_is_still_a_customer(vault_run: VaultRun, team: Path) -> None:
    assert "No customer is called “A:B”" in vault_run("set", "A:B", "stage=won", cwd=team).err
