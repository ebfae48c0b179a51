"""The past of a customer: whatever tool saved it, wherever the file went, and never a secret."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from tests.conftest import VaultRun
from tests.git.repositories import Clone
from tests.git.saving import BEGUN, ID, SECOND, THIRD, begun, by, saved, with_past
from vault_tool.git.writing import OWN_EMAIL
from vault_tool.notes.note import Note, parse_note
from vault_tool.schema import load_schema
from vault_tool.sync.changes import (
    Changed,
    What,
    lost_entries,
    masked_before_sealing,
    note_changes,
    shown_note,
)
from vault_tool.sync.past import NoPast, Past, Step
from vault_tool.vault.public import MASK, SealedKeys
from vault_tool.vault.settings import load_settings

SCHEMA = load_schema()
KEYS = SealedKeys(SCHEMA)
HERE = PurePosixPath("customers/蓝海.md")
AWAY = PurePosixPath("archive/蓝海.md")
SECRETS = ("13800000001", "13900000002")


@pytest.fixture
def clone(tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun) -> Clone:
    return with_past(tmp_path / "v", clean_env, vault_run)


def past_of(clone: Clone, root: Path | None = None) -> Past:
    root = root or clone.root
    return Past(root, load_settings(root), SCHEMA, clone.env)


def steps_of(clone: Clone, path: PurePosixPath = HERE, id: str | None = ID) -> list[Step]:
    with past_of(clone) as past:
        return past.steps(path, id)


def told(steps: list[Step]) -> list[tuple[str, list[What]]]:
    """Who did what, newest first."""
    return [
        (step.commit.author if step.commit else "", [change.what for change in step.changes])
        for step in steps
        if step.changes
    ]


def note(text: str, path: PurePosixPath = HERE) -> Note:
    return parse_note(path, text, SCHEMA)


def changes(before: str, after: str) -> tuple[Changed, ...]:
    return note_changes(note(before), note(after), KEYS)


# --- git


def test_a_customer_is_followed_into_the_archive_by_its_id(clone: Clone):
    assert told(steps_of(clone, AWAY)) == [
        ("li.na", [What.MOVED, What.ENTRY_ADDED]),
        ("zhang.wei", [What.FIELD, What.FIELD]),
        ("li.na", [What.BEGUN]),
    ]


def test_a_file_renamed_and_written_anew_at_once_is_still_the_same_customer(clone: Clone):
    other = BEGUN.partition("---\n\n")[0].replace("蓝海", "碧海") + "---\n\n全部重写。\n"
    (clone.root / AWAY).unlink()
    clone.write("碧海.md", other)
    saved(clone, "2026-11-22T10:00:00Z")

    steps = steps_of(clone, PurePosixPath("customers/碧海.md"))

    assert len(steps) == 4
    assert steps[0].changes[0] == Changed(What.MOVED, "", str(AWAY), "customers/碧海.md")


def test_another_customer_that_had_the_path_before_has_a_past_of_its_own(clone: Clone):
    clone.write("蓝海.md", BEGUN.replace(ID, "c000000002"))
    saved(clone, "2026-11-22T10:00:00Z")

    assert len(steps_of(clone, HERE, "c000000002")) == 1
    assert len(steps_of(clone, AWAY, ID)) == 3


def test_what_is_on_disk_and_not_saved_comes_first(clone: Clone):
    (clone.root / AWAY).rename(clone.root / HERE)

    first, *others = steps_of(clone, HERE)

    assert first.commit is None
    assert first.changes == (Changed(What.MOVED, "", str(AWAY), str(HERE)),)
    assert len(others) == 3


def test_a_customer_that_was_never_saved_has_begun_on_disk(clone: Clone):
    clone.write("新.md", BEGUN.replace(ID, "c000000009"))

    assert told(steps_of(clone, PurePosixPath("customers/新.md"), "c000000009")) == [("", [What.BEGUN])]


def test_a_vault_whose_repository_has_no_commit_yet_has_begun_on_disk(
    tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun
):
    clone = begun(tmp_path / "v", clean_env, vault_run, {"蓝海.md": BEGUN})
    clone.git("update-ref", "-d", "HEAD")
    clone.git("rm", "-r", "-q", "--cached", ".")

    assert told(steps_of(clone)) == [("", [What.BEGUN])]


def test_a_vault_within_a_larger_repository_has_a_past_too(
    tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun
):
    outer = Clone(tmp_path, clean_env, vault_run)
    outer.git("init", "--quiet", "-b", "main")
    inner = begun(tmp_path / "notes/v", clean_env, vault_run, {"蓝海.md": BEGUN})
    (inner.root / ".git").rename(tmp_path / "unused")
    saved(outer, "2026-11-20T10:00:00Z")
    inner.write("蓝海.md", SECOND)

    with past_of(outer, inner.root) as past:
        steps = past.steps(HERE, ID)
        found = past.differences()

    assert [step.commit is None for step in steps] == [True, False]
    assert [pair.path for pair in found] == [HERE]


def test_without_a_repository_it_says_so(tmp_path: Path, clone: Clone):
    (clone.root / ".git").rename(tmp_path / "unused")

    with pytest.raises(NoPast):
        past_of(clone)


# --- joining


def joined(clone: Clone, text: str, who: str = "li.na", email: str = "") -> None:
    """Join the branch `other` to this one, with this as the note that came of it."""
    clone.git("merge", "--quiet", "--no-commit", "--no-ff", "-s", "ours", "other")
    clone.write("蓝海.md", text)
    clone.git("add", "-A")
    env = by("2026-11-23T10:00:00Z", who)
    clone.git("commit", "--quiet", "-m", "x", env={**env, **({"GIT_AUTHOR_EMAIL": email} if email else {})})


@pytest.fixture
def two_sides(tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun) -> Clone:
    """Li moved the stage, Zhang added a tag and an entry, both from the same note."""
    clone = begun(tmp_path / "v", clean_env, vault_run, {"蓝海.md": BEGUN})
    clone.git("checkout", "--quiet", "-b", "other")
    clone.write("蓝海.md", f"{BEGUN.replace('展会', '展会, VIP')}\n## 2026-11-21 电话\n\n谢谢。\n")
    saved(clone, "2026-11-21T10:00:00Z", "zhang.wei")
    clone.git("checkout", "--quiet", "main")
    clone.write("蓝海.md", BEGUN.replace("方案报价", "商务谈判"))
    saved(clone, "2026-11-22T10:00:00Z")
    return clone


BOTH = f"{BEGUN.replace('展会', '展会, VIP').replace('方案报价', '商务谈判')}\n## 2026-11-21 电话\n\n谢谢。\n"


def test_joining_two_sides_is_left_out_and_their_own_changes_are_told(two_sides: Clone):
    joined(two_sides, BOTH)

    assert told(steps_of(two_sides)) == [
        ("li.na", [What.FIELD]),
        ("zhang.wei", [What.FIELD, What.ENTRY_ADDED]),
        ("li.na", [What.BEGUN]),
    ]


def test_what_neither_side_had_was_decided_by_whoever_joined_them(two_sides: Clone):
    joined(two_sides, BOTH.replace("商务谈判", "成交"), "zhang.wei")

    first = steps_of(two_sides)[0]

    assert first.commit is not None and first.commit.author == "zhang.wei"
    assert [(change.name, change.new) for change in first.changes] == [("stage", "won")]


def test_of_what_the_program_joined_only_conflicts_are_told(two_sides: Clone):
    open_note = BOTH.replace("tags:", "vault_conflicts:\n  - field: stage\n    other: 输单\ntags:")
    joined(two_sides, open_note.replace("商务谈判", "成交"), "vault", OWN_EMAIL)

    assert told(steps_of(two_sides))[0] == ("vault", [What.CONFLICT])


def test_a_change_that_a_join_dropped_is_still_in_the_history(two_sides: Clone):
    joined(two_sides, two_sides.read("蓝海.md"))

    assert ("zhang.wei", [What.FIELD, What.ENTRY_ADDED]) in told(steps_of(two_sides))


# --- a day


def test_a_day_has_the_note_as_it_stood_at_its_end(clone: Clone):
    steps = steps_of(clone, AWAY)
    moments = {f"2026-11-{day}": 1795046399 + (day - 18) * 86400 for day in (18, 19, 20, 22)}

    with past_of(clone) as past:
        found = {day: past.at(steps, moment) for day, moment in moments.items()}

    texts = {day: version and version.note.text for day, version in found.items()}
    assert texts == {"2026-11-18": None, "2026-11-19": BEGUN, "2026-11-20": SECOND, "2026-11-22": THIRD}


def test_a_removed_customer_is_found_by_name_id_and_old_name(clone: Clone):
    (clone.root / AWAY).unlink()
    saved(clone, "2026-11-22T10:00:00Z")

    with past_of(clone) as past:
        for name in ("杭州蓝海贸易有限公司", ID, "蓝海"):
            # It left `customers/` as well, when it was archived: one customer all the same.
            assert [version.note.path for version in past.removed(name)] == [AWAY]
        assert past.removed("nobody") == []


def test_all_that_changed_since_a_moment_is_paired_by_id(clone: Clone):
    clone.write("新.md", BEGUN.replace(ID, "c000000009"))

    with past_of(clone) as past:
        found = past.differences(1795046399 + 2 * 86400 + 1)

    pairs = [(before and before.note.path, after and after.note.path) for before, after in found]
    assert pairs == [(HERE, AWAY), (None, PurePosixPath("customers/新.md"))]


# --- what changed


def test_fields_are_told_by_their_canonical_names_and_values():
    assert changes(BEGUN, BEGUN.replace("方案报价", "商务谈判")) == (
        Changed(What.FIELD, "stage", "proposal", "negotiation"),
    )


@pytest.mark.parametrize(
    ("before", "after", "old", "new"),
    [
        (BEGUN, SECOND.replace("商务谈判", "方案报价"), None, None),
        (BEGUN, BEGUN.replace("13800000001", ""), MASK, None),
        (BEGUN.replace("手机: 13800000001\n", ""), BEGUN, None, MASK),
        (BEGUN, BEGUN.replace("13800000001", "sealed-7q2m9xk4"), None, None),
    ],
)
def test_of_a_sealed_field_only_that_it_changed_is_told(before: str, after: str, old, new):
    assert changes(before, after) == (Changed(What.FIELD, "mobile", old, new, is_sealed=True),)


def test_of_a_contact_the_open_part_is_told_and_the_sealed_part_masked():
    contact = "联系人:\n  - 姓名: 王总\n    手机: 13800000001\n"
    before = BEGUN.replace("tags:", f"{contact}tags:")

    [sealed] = changes(before, before.replace(contact, contact.replace("13800000001", "13900000002")))
    [shown] = changes(before, before.replace("王总\n", "王董\n"))

    assert sealed == Changed(What.FIELD, "contacts", is_sealed=True)
    assert (shown.old, shown.new) == (f"王总 {MASK}", f"王董 {MASK}")


def test_entries_are_told_by_heading_whatever_became_of_them():
    two = f"{BEGUN}\n## 2026-11-21 拜访\n\n去了新厂。\n"

    assert changes(BEGUN, two) == (Changed(What.ENTRY_ADDED, "2026-11-21 拜访"),)
    assert changes(two, BEGUN) == (Changed(What.ENTRY_REMOVED, "2026-11-21 拜访"),)
    assert changes(two, two.replace("新厂", "旧厂")) == (Changed(What.ENTRY_EDITED, "2026-11-21 拜访"),)
    assert changes(two, two.replace("拜访", "电话")) == (
        Changed(What.ENTRY_EDITED, "2026-11-21 电话", "2026-11-21 拜访"),
    )
    assert changes(two, two.replace("王总定价格", "刘姐定价格")) == (Changed(What.PROFILE),)


def test_two_entries_of_one_heading_are_told_apart():
    one = f"{BEGUN}\n## 2026-11-21 电话\n\n早上。\n"
    two = f"{one}\n## 2026-11-21 电话\n\n晚上说了别的事。\n"

    assert changes(one, two) == (Changed(What.ENTRY_ADDED, "2026-11-21 电话"),)
    assert changes(two, one) == (Changed(What.ENTRY_REMOVED, "2026-11-21 电话"),)


def test_a_secret_word_in_a_heading_is_masked():
    after = f"{BEGUN}\n## 2026-11-21 电话 {{{{seal: 底价 65 万}}}}\n\n好。\n"

    [change] = changes(BEGUN, after)

    assert "65" not in change.name and MASK in change.name


def test_other_keys_or_other_blanks_alone_are_no_change_of_a_value():
    token = "\n<!-- vault:sealed\n7q2m9xk4 sealed.v1.{}\n-->\n"

    assert changes(BEGUN + token.format("a"), BEGUN + token.format("b")) == (Changed(What.RESEALED),)
    assert changes(BEGUN, BEGUN.replace("阶段: 方", "阶段:  方")) == (Changed(What.LAYOUT),)


def test_an_open_conflict_is_told_and_so_is_its_settling():
    in_conflict = BEGUN.replace("tags:", "vault_conflicts:\n  - field: stage\n    other: 成交\ntags:")

    assert changes(BEGUN, in_conflict) == (Changed(What.CONFLICT, "stage"),)
    assert changes(in_conflict, BEGUN) == (Changed(What.SETTLED, "stage"),)


def test_no_secret_is_in_the_text_to_be_shown():
    in_conflict = BEGUN.replace("tags:", "vault_conflicts:\n  - field: 手机\n    other: 13900000002\ntags:")
    text = f"{in_conflict}\n底价 {{{{seal: 65 万}}}}\n\n<!-- vault:sealed\n7q2m9xk4 sealed.v1.x\n-->\n"

    shown = shown_note(note(text), KEYS)

    assert not any(secret in shown for secret in (*SECRETS, "65 万", "sealed.v1"))
    assert "王总定价格" in shown


def test_words_that_were_sealed_later_are_masked_in_the_older_text_too():
    before = "a\n底价 65 万，到岸。\nb\n"
    after = f"a\n底价 {MASK}，到岸。\nb\n"

    assert masked_before_sealing(before, after) == after
    assert masked_before_sealing("a\n别的\nb\n", "a\n新的\nb\n") == "a\n别的\nb\n"


def test_where_a_line_was_sealed_and_edited_at_once_all_that_gave_way_is_masked():
    after = f"a\n报价 {MASK}，离岸。\nb\n"

    assert masked_before_sealing("a\n底价 65 万，到岸。\nb\n", after) == f"a\n{MASK}\nb\n"
    assert masked_before_sealing(f"a\n底价 {MASK}，到岸。\nb\n", after) == f"a\n底价 {MASK}，到岸。\nb\n"


def test_words_sealed_since_are_not_told_by_a_field_or_a_heading():
    plain = BEGUN.replace("tags:", "下次跟进: 2026-11-27 报底价 65 万\ntags:").replace(
        "电话 报价", "电话 底价 65 万"
    )

    told = changes(plain, plain.replace("65 万", "sealed-7q2m9xk4"))

    assert [change.what for change in told] == [What.FIELD, What.ENTRY_EDITED]
    assert "65" not in repr(told)


def test_what_a_restore_would_lose_are_whole_entries():
    assert lost_entries(note(THIRD), note(SECOND), KEYS) == ["2026-11-21 拜访"]
    assert lost_entries(note(THIRD), note(THIRD.replace("新厂", "旧厂")), KEYS) == []
