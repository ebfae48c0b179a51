"""A folder of foreign notes: what is taken for one, what is left, and where each would stand."""

from __future__ import annotations

import os
import unicodedata
from datetime import date
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.vault.processes import as_nobody
from vault_tool.schema import load_schema
from vault_tool.vault.adopt import (
    HAS_KNOWN_ID,
    HAS_SAME_ID,
    IN_CLOSED_FOLDER,
    IS_DAY,
    IS_KNOWN,
    IS_READ_ONLY,
    IS_README,
    IS_TEMPLATE,
    NOT_CUSTOMERS,
    AdoptionPlan,
    Into,
    derived_id,
    gather,
    plan_adoption,
    proposed_globs,
)
from vault_tool.vault.files import CannotRead
from vault_tool.vault.walk import matches_globs, walk

SCHEMA = load_schema()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    return folder


def write(folder: Path, *paths: str, text: str = "x\n") -> None:
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


def planned(folder: Path, root: Path, beneath: str | None = None, **into: object) -> AdoptionPlan:
    known = {
        "globs": ("customers/**/*.md",) if beneath is None else ("**/*.md",),
        "known_ids": {},
        **into,
    }
    target = Into(
        root=root,
        vault_id="v1",
        schema=SCHEMA,
        language="en",
        fields={"type": "enterprise", "stage": "lead"},
        beneath=None if beneath is None else PurePosixPath(beneath),
        **known,  # type: ignore[arg-type]
    )
    taken = [found.path for found in walk(root, ("customers/**/*.md",))]
    return plan_adoption(folder, gather(folder, root), target, taken, date(2026, 11, 23))


def places(plan: AdoptionPlan) -> dict[str, str]:
    return {str(note.source.path): str(note.path) for note in plan.notes}


def test_readme_templates_days_and_hidden_folders_are_left_alone(folder: Path):
    write(
        folder, "README.md", "a/readme.zh.md", "a/Templates/t.md", "模板/t.md", "2023-01-15.md", "20230115.md"
    )
    write(folder, ".trash/x.md", ".git/x.md", "~tmp.md", "a.png", "note.md", "b.MARKDOWN", "c.TXT")
    write(folder, ".obsidian/templates.json", text='{"folder": "模板"}')

    found = gather(folder, folder)

    assert {str(note.path) for note in found.notes} == {"note.md", "b.MARKDOWN", "c.TXT"}
    assert {str(left.path): left.reason for left in found.left} == {
        "README.md": IS_README,
        "a/readme.zh.md": IS_README,
        "a/Templates/t.md": IS_TEMPLATE,
        "模板/t.md": IS_TEMPLATE,
        "2023-01-15.md": IS_DAY,
        "20230115.md": IS_DAY,
    }
    assert found.others == 1


def test_a_vault_within_the_folder_keeps_its_notes(folder: Path):
    write(folder, "a.md", "other/vault.toml", "other/customers/b.md", "mine/customers/c.md")

    found = gather(folder, folder / "mine")

    assert [str(note.path) for note in found.notes] == ["a.md"]


def test_what_is_no_text_or_no_file_is_told_of_and_nothing_fails(folder: Path):
    (folder / "nul.md").write_bytes(b"a\0b")
    (folder / "odd.md").write_bytes(b"\xff\xff\xff")
    (folder / "half.md").write_bytes(b"\xff\xfea\0b")
    (folder / "big.md").write_bytes(b"x" * (5 << 20))
    (folder / "x.md").mkdir()
    (folder / "link.md").symlink_to("nowhere")
    (folder / "loop").symlink_to(".")
    (folder / "gbk.txt").write_bytes("王总".encode("gb18030"))
    (folder / "wide.md").write_bytes("王总".encode("utf-16"))
    (folder / "empty.md").write_bytes(b"")

    found = gather(folder, folder)

    assert {str(note.path): (note.text, note.encoding) for note in found.notes} == {
        "gbk.txt": ("王总", "gb18030"),
        "wide.md": ("王总", "utf-16"),
        "empty.md": ("", "utf-8"),
    }
    assert {str(left.path) for left in found.left} == {
        *("nul.md", "odd.md", "half.md", "big.md", "x.md", "link.md", "loop")
    }


def test_copies_go_to_customers_in_the_folders_they_were_in(folder: Path, tmp_path: Path):
    write(folder, "王五.md", "海外/a b.txt", "q?/w: x.md", "🙂.md", unicodedata.normalize("NFD", "é.md"))

    assert places(planned(folder, tmp_path / "vault")) == {
        "王五.md": "customers/王五.md",
        "海外/a b.txt": "customers/海外/a b.md",
        "q?/w: x.md": "customers/q/w x.md",
        "🙂.md": "customers/🙂.md",
        unicodedata.normalize("NFD", "é.md"): "customers/é.md",
    }


def test_two_notes_never_get_one_file(folder: Path, tmp_path: Path):
    root = tmp_path / "vault"
    write(folder, "a.md", "a.txt", "A.markdown", "b.md")
    write(root, "customers/B.md")

    plan = planned(folder, root)

    assert len({str(note.path).casefold() for note in plan.notes}) == 4
    assert PurePosixPath("customers/b.md") not in [note.path for note in plan.notes]
    assert all(change.before is None for change in plan.changes)


def test_in_place_a_note_keeps_its_file_and_a_text_file_becomes_one_of_markdown(folder: Path):
    write(folder, "a.md", "a.txt", "b.TXT")

    plan = planned(folder, folder, "")

    given = places(plan)
    assert (given["a.md"], given["b.TXT"]) == ("a.md", "b.md")
    assert given["a.txt"].startswith("a c")
    assert {str(change.path) for change in plan.changes if change.after is None} == {"a.txt", "b.TXT"}


def test_in_place_only_what_the_vault_names_is_touched(folder: Path):
    write(folder, "customers/a.md", "diary/b.md")

    plan = planned(folder, folder, "", globs=("customers/**/*.md",))

    assert list(places(plan)) == ["customers/a.md"]
    assert [(str(left.path), left.reason) for left in plan.left] == [("diary/b.md", NOT_CUSTOMERS)]


def test_what_was_taken_in_before_is_not_taken_in_twice(folder: Path, tmp_path: Path):
    write(folder, "a.md", "b.md")
    known = {derived_id("v1", PurePosixPath("notes/a.md")): PurePosixPath("customers/a.md")}

    plan = planned(folder, tmp_path / "vault", known_ids=known)

    assert list(places(plan)) == ["b.md"]
    assert [(str(left.path), left.reason) for left in plan.left] == [("a.md", IS_KNOWN)]


def test_of_two_notes_with_one_id_the_first_keeps_it_and_the_second_is_left(folder: Path, tmp_path: Path):
    write(folder, "a.md", "b.md", text="---\nid: c1\n---\n")

    for plan in (planned(folder, tmp_path / "vault"), planned(folder, folder, "")):
        assert [str(note.source.path) for note in plan.notes] == ["a.md"]
        assert [(str(left.path), left.reason) for left in plan.left] == [("b.md", HAS_SAME_ID)]
        assert plan.left[0].values == {"path": PurePosixPath("a.md"), "id": "c1"}


def test_an_id_that_the_vault_has_is_not_taken_for_the_same_note(folder: Path, tmp_path: Path):
    write(folder, "a.md", "b.md", text="---\nid: c1\n---\n")
    known = {"c1": PurePosixPath("customers/z.md")}

    for plan in (
        planned(folder, tmp_path / "vault", known_ids=known),
        planned(folder, folder, "", known_ids=known),
    ):
        assert plan.notes == ()
        assert {left.reason for left in plan.left} == {HAS_KNOWN_ID}
        assert {left.values["path"] for left in plan.left} == {PurePosixPath("customers/z.md")}


def test_in_place_a_note_that_is_marked_read_only_is_left_and_told_of(folder: Path):
    write(folder, "a.md", "b.md", "c.txt")
    for name in ("b.md", "c.txt"):
        (folder / name).chmod(0o444)

    plan = planned(folder, folder, "")

    assert list(places(plan)) == ["a.md"]
    assert [(str(left.path), left.reason) for left in plan.left] == [
        ("b.md", IS_READ_ONLY),
        ("c.txt", IS_READ_ONLY),
    ]


def test_a_read_only_note_from_elsewhere_is_copied(folder: Path, tmp_path: Path):
    write(folder, "a.md")
    (folder / "a.md").chmod(0o444)

    assert list(places(planned(folder, tmp_path / "vault"))) == ["a.md"]


@pytest.mark.skipif(os.name != "posix", reason="other systems have other permissions")
def test_what_cannot_be_read_or_written_is_left_and_the_rest_is_planned(folder: Path):
    write(folder, "a.md", "closed/b.md", "c.md")
    for place in (folder, *[each for each in folder.parents if "pytest-of-" in str(each)]):
        place.chmod(0o777)
    (folder / "c.md").chmod(0)
    (folder / "closed").chmod(0o555)

    plan = as_nobody(lambda: reasons(planned(folder, folder, "")))

    assert plan == (["a.md"], {"c.md": CannotRead.message, "closed/b.md": IN_CLOSED_FOLDER})


def reasons(plan: AdoptionPlan) -> tuple[list[str], dict[str, str]]:
    return list(places(plan)), {str(left.path): str(left.reason) for left in plan.left}


def test_a_heading_that_many_notes_share_is_nobodys_name(folder: Path, tmp_path: Path):
    write(folder, "a.md", "b.md", text="# 客户档案\n")
    write(folder, "c.md", text="# 蓝海\n")

    plan = planned(folder, tmp_path / "vault")

    assert [note.adoption.name for note in plan.notes] == ["a", "b", "蓝海"]


def test_a_broken_note_in_place_is_left_and_a_copy_of_it_is_made_with_a_remark(folder: Path, tmp_path: Path):
    write(folder, "a.md", text="---\nx: [\n---\n")

    in_place, copied = planned(folder, folder, ""), planned(folder, tmp_path / "vault")

    assert not in_place.changes
    assert [str(left.path) for left in in_place.left] == ["a.md"]
    assert [change.after for change in copied.changes] == [b"---\nx: [\n---\n"]


def test_two_clones_derive_the_same_id_and_two_paths_different_ones():
    a = PurePosixPath("客户/é.md")

    assert derived_id("v1", a) == "cp0m7zpc57"
    assert derived_id("v1", PurePosixPath(unicodedata.normalize("NFD", str(a)))) == derived_id("v1", a)
    assert (
        len({derived_id(vault, PurePosixPath(path)) for vault in ("v1", "v2") for path in ("a.md", "b.md")})
        == 4
    )


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                ["", "a/", "客户/", "[x]/", "!a/", "a/templates/", "a/b/", "customers/", "archive/"]
            ),
            st.sampled_from(["x.md", "README.md", "2023-01-15.md", "[y].md", "!z.md", "*.md", "Q.MD"]),
        ),
        max_size=8,
    )
)
def test_the_globs_of_a_new_vault_name_its_notes_and_no_other_file(paths: list[tuple[str, str]]):
    with TemporaryDirectory() as made:
        folder = Path(made)
        write(folder, *(head + name for head, name in paths))

        found = gather(folder, folder)
        globs = proposed_globs(found)

    for note in found.notes:
        assert matches_globs(note.path, globs) or note.path.parts[0] == "archive"
    for left in found.left:
        assert not matches_globs(left.path, globs)
