"""`vault diff`: what changed, readable, by names, and without what is sealed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import VaultRun
from tests.git.repositories import Clone
from tests.git.saving import BEGUN, THIRD, saved, with_past

AWAY = "archive/蓝海.md"


@pytest.fixture
def clone(tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun) -> Clone:
    return with_past(tmp_path / "v", clean_env, vault_run)


def save(clone: Clone, text: str) -> None:
    (clone.root / AWAY).write_text(text, "utf-8")


def test_nothing_changed_is_said(clone: Clone):
    ran = clone.vault("diff")

    assert (ran.status, ran.out, ran.err) == (0, "", "Nothing changed.\n")


def test_what_was_not_saved_yet_is_shown_by_name(clone: Clone):
    save(clone, THIRD.replace("新厂", "旧厂"))

    ran = clone.vault("diff")

    assert ran.status == 0
    assert ran.out.splitlines()[:2] == [
        "--- 杭州蓝海贸易有限公司 · before",
        "+++ 杭州蓝海贸易有限公司 · now",
    ]
    assert "-去了新厂。\n+去了旧厂。\n" in ran.out
    assert ran.err == "1 customer differs; lines: +1 -1\n"


def test_a_customer_that_is_as_it_was_has_no_difference(clone: Clone):
    clone.write("新.md", BEGUN.replace("c3m8k2qa41", "c000000009").replace("杭州蓝海", "新"))

    assert clone.vault("diff", AWAY).out == ""
    assert "+++ 新贸易有限公司" in clone.vault("diff", "新").out


def test_against_a_day_it_shows_what_came_and_went_since(clone: Clone):
    ran = clone.vault("diff", "蓝海", "--at", "2026-11-19")

    assert ran.out.startswith("--- 杭州蓝海贸易有限公司 · 2026-11-19\n")
    assert "-业务阶段: 方案报价\n" in ran.out and "+业务阶段: 商务谈判\n" in ran.out
    assert "  手机: changed, sealed\n" in ran.out
    assert "1380000" not in ran.out and "1390000" not in ran.out


def test_since_a_day_all_that_changed_from_that_day_on_is_shown(clone: Clone):
    since_both = clone.vault("diff", "--since", "2026-11-20", "--json").json["customers"]
    since_last = clone.vault("diff", "--since", "2026-11-21", "--json").json["customers"]

    assert [each["added"] for each in since_both] == [5]
    assert [each["added"] for each in since_last] == [4]
    assert clone.vault("diff", "蓝海", "--since", "2026-11-21", "--json").json["customers"] == since_last


def test_words_that_were_sealed_since_are_not_shown_as_they_were(clone: Clone):
    save(clone, f"{THIRD}\n底价 65 万，到岸。\n")
    saved(clone, "2026-11-22T10:00:00Z")
    save(clone, f"{THIRD}\n底价 sealed-7q2m9xk4，到岸。\n")

    ran = clone.vault("diff")

    assert ran.status == 0
    assert "65" not in ran.out
    assert "~ 2026-11-21 拜访" in ran.out


def test_counts_alone(clone: Clone):
    save(clone, THIRD.replace("新厂", "旧厂"))

    assert clone.vault("diff", "--stat").out == "杭州蓝海贸易有限公司\t+1\t-1\t\n"


def test_a_new_and_a_removed_customer_are_shown_whole(clone: Clone):
    (clone.root / AWAY).unlink()
    clone.write("新.md", BEGUN.replace("c3m8k2qa41", "c000000009").replace("杭州蓝海", "新"))

    gone, new = clone.vault("diff", "--json").json["customers"]

    assert (gone["path"], gone["added"], new["path"], new["removed"]) == (None, 0, "customers/新.md", 0)


def test_at_and_since_are_not_together(clone: Clone):
    assert clone.vault("diff", "--at", "2026-11-20", "--since", "2026-11-20").status == 2
