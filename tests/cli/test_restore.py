"""`vault restore`: the note of a day, byte for byte; asked before entries go, and undoable."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import VaultRun
from tests.git.repositories import Clone
from tests.git.saving import BEGUN, ID, SECOND, THIRD, saved, with_past
from vault_tool.merge.erased import ERASED, tombstone, tombstones_file

AWAY = "archive/蓝海.md"


@pytest.fixture
def clone(tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun) -> Clone:
    return with_past(tmp_path / "v", clean_env, vault_run)


def now(clone: Clone) -> str:
    return (clone.root / AWAY).read_bytes().decode()


def test_the_note_of_a_day_comes_back_where_the_customer_is_now_and_undo_takes_it_back(clone: Clone):
    ran = clone.vault("restore", "蓝海", "--at", "2026-11-20", "--yes")

    assert (ran.status, now(clone)) == (0, SECOND)
    assert ran.out == f"Restored: 杭州蓝海贸易有限公司 as of 2026-11-20 ({AWAY}) · undo: vault undo\n"
    clone.vault("undo")
    assert now(clone) == THIRD


def test_days_are_said_as_elsewhere(clone: Clone):
    clone.vault("restore", "蓝海", "--at", "四天前", "--yes")

    assert now(clone) == BEGUN


def test_it_asks_before_entries_go_and_names_them(clone: Clone):
    ran = clone.vault("restore", "蓝海", "--at", "2026-11-20")

    assert (ran.status, now(clone)) == (2, THIRD)
    assert "1 entry that was written since then would go:\n  - 2026-11-21 拜访\n" in ran.err


def test_where_no_entry_goes_nobody_is_asked(clone: Clone):
    (clone.root / AWAY).write_text(THIRD.replace("新厂", "旧厂"), "utf-8")

    assert clone.vault("restore", "蓝海", "--at", "2026-11-21").status == 0
    assert now(clone) == THIRD


def test_a_dry_run_shows_it_masked_and_writes_nothing(clone: Clone):
    ran = clone.vault("restore", "蓝海", "--at", "2026-11-19", "--dry-run")

    assert (ran.status, now(clone)) == (0, THIRD)
    assert "+业务阶段: 方案报价" in ran.out
    assert "1380000" not in ran.out and "1390000" not in ran.out


def test_a_dry_run_shows_no_words_that_were_sealed_since(clone: Clone):
    (clone.root / AWAY).write_text(f"{THIRD}\n底价 65 万。\n", "utf-8")
    saved(clone, "2026-11-22T10:00:00Z")
    (clone.root / AWAY).write_text(f"{THIRD}\n底价 sealed-7q2m9xk4。\n谢谢。\n", "utf-8")

    ran = clone.vault("restore", "蓝海", "--at", "2026-11-22", "--dry-run")

    assert "-谢谢。" in ran.out
    assert "65" not in ran.out


def test_a_note_that_is_as_it_was_then_stays(clone: Clone):
    ran = clone.vault("restore", "蓝海", "--at", "today")

    assert ran.out == "杭州蓝海贸易有限公司 is as it was on 2026-11-23; nothing was written.\n"
    assert clone.vault("undo", "--dry-run").status == 2


def test_a_removed_customer_comes_back_to_its_place(clone: Clone):
    (clone.root / AWAY).unlink()
    saved(clone, "2026-11-22T10:00:00Z")

    ran = clone.vault("restore", "蓝海", "--at", "2026-11-21")

    assert (ran.status, now(clone)) == (0, THIRD)
    assert clone.vault("list", "--all", "--json").json["customers"][0]["id"] == ID


def test_a_removed_customer_goes_before_one_who_has_its_name_in_theirs(clone: Clone):
    clone.write("蓝海湾.md", BEGUN.replace(ID, "c000000009").replace("杭州蓝海贸易有限公司", "蓝海湾"))
    (clone.root / AWAY).unlink()
    saved(clone, "2026-11-22T10:00:00Z")

    clone.vault("restore", "蓝海", "--at", "2026-11-21")

    assert now(clone) == THIRD


@pytest.mark.parametrize("day", ["2026-11-18", "2026-11-22"])
def test_a_day_on_which_the_customer_was_not_there_is_an_error(clone: Clone, day: str):
    (clone.root / AWAY).unlink()
    saved(clone, "2026-11-22T10:00:00Z")

    ran = clone.vault("restore", "蓝海", "--at", day)

    assert ran.status == 2
    assert ("had been removed" if day.endswith("22") else "There is no") in ran.err
    assert not (clone.root / AWAY).exists()


def test_who_was_erased_stays_erased(clone: Clone):
    (clone.root / AWAY).unlink()
    (clone.root / ".vault").mkdir()
    (clone.root / ERASED).write_bytes(tombstones_file({tombstone("v0000001", ID): 1}))

    ran = clone.vault("restore", "蓝海", "--at", "2026-11-21", "--yes")

    assert ran.status == 2
    assert "erased for good" in ran.err
    assert not (clone.root / AWAY).exists()


def test_sealed_values_come_back_as_they_were_and_open(clone: Clone):
    clone.vault("seal")
    saved(clone, "2026-11-22T10:00:00Z")
    sealed = now(clone)
    (clone.root / AWAY).write_text(re.sub(r"手机: \S+", "手机: 13700000003", sealed), "utf-8")
    clone.vault("seal")
    assert "13700000003" in clone.vault("show", "蓝海", "--reveal").out

    ran = clone.vault("restore", "蓝海", "--at", "2026-11-22")

    assert (ran.status, now(clone)) == (0, sealed)
    assert "won't open" not in ran.err
    assert "13900000002" in clone.vault("show", "蓝海", "--reveal").out


def test_a_value_that_was_sealed_for_another_id_is_told(clone: Clone):
    clone.vault("seal")
    saved(clone, "2026-11-22T10:00:00Z")
    other = now(clone).replace(ID, "c000000009")
    (clone.root / AWAY).write_text(other, "utf-8")
    saved(clone, "2026-11-22T11:00:00Z")
    (clone.root / AWAY).write_text(other.replace("新厂", "旧厂"), "utf-8")

    ran = clone.vault("restore", "蓝海", "--at", "2026-11-22")

    assert ran.status == 0
    assert f"{AWAY}:7: the sealed value there won't open" in ran.err


def test_what_stood_in_plain_then_and_is_sealed_today_is_told(clone: Clone):
    ran = clone.vault("restore", "蓝海", "--at", "2026-11-19", "--yes")

    assert "`vault seal` seals it" in ran.err


def test_a_program_is_told_in_json(clone: Clone):
    document = clone.vault("restore", "蓝海", "--at", "2026-11-20", "--yes", "--json").json

    assert document["changed"] is True
    assert document["lost"] == ["2026-11-21 拜访"]
    assert document["at"] == "2026-11-20"
