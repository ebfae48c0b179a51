"""`vault history`: who changed what, in the user's words, and never a secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.vaults import ME, make_vault
from tests.conftest import VaultRun
from tests.git.repositories import Clone
from tests.git.saving import BEGUN, SECOND, THIRD, saved, with_past


@pytest.fixture
def clone(tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun) -> Clone:
    return with_past(tmp_path / "v", clean_env, vault_run)


def test_it_tells_who_changed_what_newest_first_in_the_words_of_the_vault(clone: Clone):
    ran = clone.vault("history", "蓝海")

    lines = ran.out.splitlines()
    assert ran.status == 0
    assert lines[0] == "杭州蓝海贸易有限公司  archive/蓝海.md"
    assert [line for line in lines if line.startswith("  ")] == [
        "  moved: customers/蓝海.md → archive/蓝海.md",
        "  + 2026-11-21 拜访",
        "  业务阶段: 方案报价 → 商务谈判",
        "  手机: changed, sealed",
        "  begun",
    ]
    assert [line.split()[::2] for line in lines if line.startswith("2026-")] == [
        ["2026-11-21", "李娜"],
        ["2026-11-20", "张伟"],
        ["2026-11-19", "李娜"],
    ]


def test_no_secret_is_told_though_it_stood_in_plain_in_each_version(clone: Clone):
    for words in (("history", "蓝海"), ("history", "蓝海", "--json")):
        ran = clone.vault(*words)
        assert "1380000" not in ran.out + ran.err and "1390000" not in ran.out + ran.err


def test_what_is_not_saved_yet_comes_first(clone: Clone):
    (clone.root / "archive/蓝海.md").write_text(THIRD.replace("新厂", "旧厂"), "utf-8")

    lines = clone.vault("history", "蓝海").out.splitlines()

    assert lines[2:4] == ["not saved yet", "  ~ 2026-11-21 拜访"]


def test_a_program_is_told_in_canonical_names(clone: Clone):
    document = clone.vault("history", "蓝海", "--json").json

    _third, second, _first = document["steps"]
    assert second["who"] == {"id": "zhang.wei", "name": "张伟"}
    assert second["path"] == "customers/蓝海.md"
    assert second["changes"] == [
        {"what": "field", "field": "stage", "old": "proposal", "new": "negotiation"},
        {"what": "field", "field": "mobile", "sealed": True},
    ]


def test_it_can_begin_at_a_day_and_end_after_some_changes(clone: Clone):
    since = clone.vault("history", "蓝海", "--since", "2026-11-20", "--json").json
    limited = clone.vault("history", "蓝海", "-n", "1")

    assert len(since["steps"]) == 2
    assert "begun" not in limited.out
    assert "2 earlier changes" in limited.err


def test_a_removed_customer_has_a_history(clone: Clone):
    (clone.root / "archive/蓝海.md").unlink()
    saved(clone, "2026-11-22T10:00:00Z", "zhang.wei")

    ran = clone.vault("history", "蓝海")

    assert ran.status == 0
    assert "  removed\n" in ran.out and "  begun\n" in ran.out


def test_somebody_outside_of_the_team_is_told_by_the_name_that_git_has(clone: Clone):
    (clone.root / "archive/蓝海.md").write_text(SECOND, "utf-8")
    saved(clone, "2026-11-22T10:00:00Z", "visitor")

    assert "  visitor\n" in clone.vault("history", "蓝海").out


def test_without_a_repository_it_says_what_to_do(vault_run: VaultRun, tmp_path: Path):
    home = make_vault(tmp_path / "v", {"蓝海.md": BEGUN})

    ran = vault_run("history", "蓝海", cwd=home, env=ME)

    assert ran.status == 2
    assert "keeps no history yet" in ran.err and "vault sync" in ran.err


def test_a_name_of_nobody_now_or_then_is_an_error(clone: Clone):
    assert clone.vault("history", "不存在").status == 2
