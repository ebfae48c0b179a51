"""`vault new`: a note that lints clean from its first line, in the vault's language."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.vaults import ME, make_vault
from tests.conftest import VaultRun


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        (
            "zh",
            [
                "客户名称: 北辰仓储",
                "aliases: [北辰, 老北]",
                "类型: 企业客户",
                "业务阶段: 初步接触",
                "负责人: 李娜",
                "地区: 杭州",
            ],
        ),
        (
            "en",
            [
                "name: 北辰仓储",
                "aliases: [北辰, 老北]",
                "type: enterprise",
                "stage: contact",
                "owner: li.na",
                "region: 杭州",
            ],
        ),
    ],
)
def test_a_customer_is_written_in_the_vaults_language(
    vault_run: VaultRun, tmp_path: Path, language: str, lines: list[str]
) -> None:
    home = make_vault(tmp_path / "v", {}, language)

    ran = vault_run("new", "北辰仓储", "简称=北辰，老北", "region=杭州", "stage=初步接触", cwd=home, env=ME)

    assert ran.status == 0, ran.err
    written = (home / "customers/北辰.md").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line not in written] == []


def test_a_new_note_lints_clean(vault_run: VaultRun, tmp_path: Path) -> None:
    home = make_vault(tmp_path / "v", {})
    vault_run("new", "北辰仓储", cwd=home, env=ME)

    ran = vault_run("lint", cwd=home)

    assert ran.status == 0, ran.out


def test_a_namesake_needs_a_yes_and_gets_a_file_of_its_own(vault_run: VaultRun, tmp_path: Path) -> None:
    home = make_vault(tmp_path / "v", {})
    vault_run("new", "王伟", "地区=杭州", "-t", "个人", cwd=home, env=ME)

    refused = vault_run("new", "王伟", "地区=宁波", "-t", "个人", cwd=home, env=ME)
    added = vault_run("new", "王伟", "地区=宁波", "-t", "个人", "--yes", cwd=home, env=ME)

    assert refused.status == 2
    assert "customers/王伟.md" in refused.err
    assert added.status == 0, added.err
    assert sorted(path.name for path in (home / "customers").iterdir()) == ["王伟 宁波.md", "王伟.md"]


def test_a_vaults_own_template_comes_first(vault_run: VaultRun, tmp_path: Path) -> None:
    home = make_vault(tmp_path / "v", {})
    (home / "templates").mkdir()
    template = "---\nsource: 展会\nindustry:\n---\n\n## 需求\n\n{name}要什么？\n"
    (home / "templates/enterprise.md").write_text(template, encoding="utf-8")

    vault_run("new", "北辰仓储", cwd=home, env=ME)

    text = (home / "customers/北辰仓储.md").read_text(encoding="utf-8")
    assert "客户来源: 展会\n" in text
    assert "行业:\n" in text
    assert text.endswith("## 需求\n\n北辰仓储要什么？\n")


def test_a_dry_run_writes_nothing(vault_run: VaultRun, tmp_path: Path) -> None:
    home = make_vault(tmp_path / "v", {})

    ran = vault_run("new", "北辰仓储", "--dry-run", cwd=home, env=ME)

    assert "客户名称: 北辰仓储" in ran.out
    assert list((home / "customers").iterdir()) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([""], "name is empty"),
        (["   "], "name is empty"),
        (["多\n行"], "one line"),
        (["北辰", "预计金额=很多"], "needs an amount"),
        (["北辰", "网站=none"], "https://example.com"),
        (["北辰", "阶段="], "is missing"),
        (["北辰", "阶段"], "is not NAME=VALUE"),
    ],
)
def test_what_makes_no_customer_is_refused(
    vault_run: VaultRun, tmp_path: Path, words: list[str], said: str
) -> None:
    home = make_vault(tmp_path / "v", {})

    ran = vault_run("new", *words, cwd=home, env=ME)

    assert ran.status == 2
    assert said in ran.err
    assert list((home / "customers").iterdir()) == []


def test_log_starts_no_customer_of_many_lines(vault_run: VaultRun, tmp_path: Path) -> None:
    home = make_vault(tmp_path / "v", {})

    ran = vault_run("log", "多\n行", "--new", "谈价", cwd=home, env=ME)

    assert (ran.status, list((home / "customers").iterdir())) == (2, [])


@pytest.mark.parametrize("said", ["me", "我"])
def test_me_is_the_person_behind_the_run(vault_run: VaultRun, tmp_path: Path, said: str) -> None:
    home = make_vault(tmp_path / "v", {})

    unknown = vault_run("new", "北辰", "-o", said, cwd=home)
    known = vault_run("new", "北辰", "-o", said, cwd=home, env=ME)

    assert (unknown.status, known.status) == (2, 0)
    assert "vault whoami" in unknown.err
    assert "负责人: 李娜\n" in (home / "customers/北辰.md").read_text(encoding="utf-8")


def test_a_customer_without_an_owner_is_told_of(vault_run: VaultRun, tmp_path: Path) -> None:
    home = make_vault(tmp_path / "v", {})

    ran = vault_run("new", "Acme & Sons", cwd=home)

    assert ran.status == 0, ran.err
    assert "vault whoami NAME" in ran.err
    assert "vault log 'Acme & Sons'" in ran.err
    assert "vault undo" in ran.err
