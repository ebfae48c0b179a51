from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from tests.cli.vaults import ME, make_vault
from tests.conftest import VaultRun
from vault_tool.errors import Exit
from vault_tool.sync.losses import Losses, MassDeletion, answered, confirm, losses
from vault_tool.vault.places import places_for
from vault_tool.vault.records import Records

NOTE = "---\nid: c00000000{number}\nname: {name}\n---\n\n# {name}\n"


def paths(count: int) -> list[PurePosixPath]:
    return [PurePosixPath(f"customers/{number}.md") for number in range(count)]


def lost(count: int, total: int, **more: object) -> Losses:
    gone = {path: f"blob {path}" for path in paths(count)}
    return losses(total, gone, **{"come": (), "emptied": (), "answered": (), **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("count", "total", "is_accident"),
    [
        (2, 2, False),  # two are somebody's work, even if they are all
        (3, 15, True),
        (3, 16, False),
        (50, 1_000, False),
        (51, 1_000, True),
        (0, 10, False),
    ],
)
def test_three_and_a_fifth_or_more_than_fifty_look_like_an_accident(
    count: int, total: int, is_accident: bool
):
    assert lost(count, total).is_accident is is_accident


def test_one_note_that_is_empty_now_looks_like_an_accident():
    assert losses(1_000, {}, (), paths(1), ()).is_accident


def test_a_folder_that_was_moved_is_no_loss():
    assert lost(5, 10, come=[f"blob {path}" for path in paths(5)]).gone == ()


def test_what_was_answered_before_is_not_asked_again():
    assert not lost(5, 10, answered=paths(5)).is_accident
    assert lost(5, 10, answered=paths(2)).gone == tuple(paths(5)[2:])


def test_nobody_to_ask_and_a_no_stop_it_and_a_yes_does_not():
    found = lost(5, 10)
    with pytest.raises(MassDeletion) as refused:
        confirm(found, None)
    assert refused.value.exit_code is Exit.DECIDE
    with pytest.raises(MassDeletion):
        confirm(found, lambda _found: False)
    confirm(found, lambda _found: True)
    confirm(found, None, accepted=True)


def test_few_are_not_asked_about():
    def ask(_found: Losses) -> bool:
        raise AssertionError

    confirm(lost(2, 10), ask)


def test_it_says_how_many_and_names_some():
    found = lost(7, 10)._replace(emptied=(PurePosixPath("customers/空.md"),))

    said = str(found)

    assert "7 of 10 notes are gone" in said
    assert "1 note is empty now: customers/空.md, customers/0.md" in said
    assert said.endswith("…")


# --- what commands took away


@pytest.fixture
def records(tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun) -> Records:
    """A vault in which commands removed, archived, renamed, and took one of it back."""
    root = make_vault(
        tmp_path / "v",
        {f"{name}.md": NOTE.format(number=n, name=name) for n, name in enumerate("甲乙丙丁戊")},
    )
    for words in (
        ("remove", "甲", "--yes"),
        ("archive", "乙"),
        ("rename", "丙", "丙丙"),
        ("remove", "丁", "--yes"),
        ("undo",),
    ):
        ran = vault_run(*words, cwd=root, env=ME)
        assert ran.status == 0, ran
    assert (root / "customers/丁.md").exists()
    return Records(places_for(root, "v0000001", clean_env).state)


def test_what_remove_archive_and_rename_took_away_was_answered(records: Records):
    asked = [PurePosixPath(f"customers/{name}.md") for name in "甲乙丙丁戊"]

    # 丁 came back by `undo`, 戊 was never touched: should they be gone now, nobody has said so.
    assert answered(records, asked) == set(asked[:3])


def test_a_note_that_was_made_again_since_was_not(records: Records, tmp_path: Path, vault_run: VaultRun):
    assert vault_run("new", "甲", cwd=tmp_path / "v", env=ME).status == 0
    assert (tmp_path / "v/customers/甲.md").exists()

    assert answered(records, [PurePosixPath("customers/甲.md")]) == set()


def test_a_note_whose_making_was_undone_was_answered(records: Records, tmp_path: Path, vault_run: VaultRun):
    made = vault_run("new", "己", "--json", cwd=tmp_path / "v", env=ME)
    assert made.status == 0, made
    (path,) = (each for each in (tmp_path / "v/customers").glob("己*"))
    assert vault_run("undo", cwd=tmp_path / "v").status == 0

    assert answered(records, [PurePosixPath("customers") / path.name]) == {
        PurePosixPath("customers") / path.name
    }
