"""`vault resolve`: one plain question per conflict; what is chosen stays, nothing else changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.test_conflicts import MINE, NAME, THEIRS, joined, sealed_apart, values
from tests.conftest import VaultRun
from tests.git.repositories import Clone
from tests.git.saving import BEGUN, begun
from vault_tool.cli.output import Output


@pytest.fixture
def empty(tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun) -> Clone:
    return begun(tmp_path / "v", clean_env, vault_run, {NAME: BEGUN})


@pytest.fixture
def clone(empty: Clone) -> Clone:
    return joined(empty, MINE, THEIRS)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Output, "is_interactive", True)


def numbers(clone: Clone, who: str) -> tuple[str, str]:
    """The numbers under which this person's two values are offered, of the field and of the text."""
    return tuple(str(list(values(clone, at)).index(who) + 1) for at in range(2))  # type: ignore[return-value]


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize(("who", "text"), [("li.na", MINE), ("zhang.wei", THEIRS)])
def test_whoever_is_right_in_all_their_note_is_what_stays(clone: Clone, who: str, text: str):
    field, entry = numbers(clone, who)

    ran = clone.vault("resolve", stdin=f"{field}\n{entry}\n")

    assert (ran.status, clone.read(NAME)) == (0, text)
    assert "Settled: 杭州蓝海贸易有限公司, 业务阶段\n" in ran.out


@pytest.mark.usefixtures("terminal")
def test_each_choice_names_who_and_when(clone: Clone):
    ran = clone.vault("resolve", stdin="3\n4\n")

    assert "业务阶段: which is right?" in ran.err
    assert "李娜, 2026-11-22" in ran.err and "张伟, 2026-11-21" in ran.err
    assert "  3  skip" in ran.err


@pytest.mark.usefixtures("terminal")
def test_what_is_skipped_stays_open_and_what_was_answered_before_leaving_is_written(clone: Clone):
    ran = clone.vault("resolve", stdin="3\n1\n")
    again = clone.vault("resolve", stdin="1\n")

    assert (ran.status, "1 is left open." in ran.err) == (5, True)
    assert again.status == 0
    assert "conflict" not in clone.read(NAME)


def test_an_answer_can_be_given_beforehand(clone: Clone):
    for value, number in (("商务谈判", "li.na"), ("成交", "zhang.wei")):
        field, _entry = numbers(clone, number)

        ran = clone.vault("resolve", "蓝海", "--field", "阶段", "--take", field)

        assert ran.status == 0
        assert f"业务阶段: {value}\n" in clone.read(NAME)
        assert "vault_conflicts" not in clone.read(NAME) and "[!conflict]" in clone.read(NAME)
        clone.vault("undo")


def test_of_a_text_both_can_stay(clone: Clone):
    ran = clone.vault("resolve", "蓝海", "--field", "text", "--take", "both")

    assert ran.status == 0
    assert "3 个点" in clone.read(NAME) and "5 个点" in clone.read(NAME)
    assert "[!conflict]" not in clone.read(NAME)


def test_a_field_can_t_have_both(clone: Clone):
    before = clone.read(NAME)

    assert clone.vault("resolve", "蓝海", "--take", "both").status == 2
    assert clone.read(NAME) == before


def test_undo_takes_a_settling_back(clone: Clone):
    before = clone.read(NAME)
    clone.vault("resolve", "蓝海", "--take", "1")
    assert clone.read(NAME) != before

    clone.vault("undo")

    assert clone.read(NAME) == before


def test_a_dry_run_writes_nothing(clone: Clone):
    before = clone.read(NAME)

    ran = clone.vault("resolve", "蓝海", "--take", "2", "--dry-run")

    assert "-vault_conflicts:" in ran.out
    assert clone.read(NAME) == before


def test_without_a_terminal_the_question_is_the_error(clone: Clone):
    before = clone.read(NAME)

    ran = clone.vault("resolve", "蓝海")

    assert (ran.status, clone.read(NAME)) == (2, before)
    assert "商务谈判" in ran.err


@pytest.mark.parametrize(
    "words", [("--take", "1"), ("蓝海", "--field", "owner", "--take", "1"), ("蓝海", "--field", "nonsense")]
)
def test_an_answer_to_no_question_is_refused(clone: Clone, words: tuple[str, ...]):
    assert clone.vault("resolve", *words).status == 2


def test_sealed_values_that_are_equal_are_settled_without_a_question(empty: Clone):
    clone = sealed_apart(empty, "13700000003", "13700000003")

    ran = clone.vault("resolve")

    note = clone.read(NAME)
    assert ran.status == 0
    assert "vault_conflicts" not in note and note.count("sealed.v1.") == 1
    assert "13700000003" in clone.vault("show", "蓝海", "--reveal").out


def test_sealed_values_that_differ_are_asked_masked_and_the_chosen_one_opens(empty: Clone):
    clone = sealed_apart(empty, "13700000003", "13700000004")
    opened = []
    for number in ("1", "2"):
        assert clone.vault("resolve").status == 2
        ran = clone.vault("resolve", "蓝海", "--take", number)
        assert ran.status == 0 and "1370000" not in ran.out + ran.err
        opened.append("13700000004" in clone.vault("show", "蓝海", "--reveal").out)
        clone.vault("undo")

    assert sorted(opened) == [False, True]


def test_nothing_open_is_said(empty: Clone):
    ran = empty.vault("resolve")

    assert (ran.status, ran.out) == (0, "Nothing is open.\n")
