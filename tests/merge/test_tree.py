"""Whole vaults merged: nothing that anybody wrote is lost, whoever merges gets the same."""

from __future__ import annotations

import unicodedata
from pathlib import PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.merge.trees import SCHEMA, VAULT_ID, Merge, Tree, merged, note
from vault_tool.merge.erased import ERASED, tombstone, tombstones_file
from vault_tool.merge.rules import customer_id
from vault_tool.vault.globs import fold_name

A, B, C = "c00000000a", "c00000000b", "c00000000c"


def ids(files: Tree) -> list[str]:
    found = (customer_id(data, SCHEMA) for data in files.values() if isinstance(data, bytes))
    return sorted(name for name in found if name)


# --- one file ----------------------------------------------------------------------------------------------


def test_each_side_has_changed_another_file():
    base = {"customers/a.md": note(A), "customers/b.md": note(B)}

    done = merged(base, base | {"customers/a.md": note(A, "x")}, base | {"customers/b.md": note(B, "y")})

    assert done.files == {"customers/a.md": note(A, "x"), "customers/b.md": note(B, "y")}
    assert not (done.tree.conflicts or done.tree.kept or done.tree.moved or done.tree.parked)


def test_an_entry_of_each_side_stands_in_the_note():
    base = {"customers/a.md": note(A, "old")}
    text = merged(
        base,
        {"customers/a.md": base["customers/a.md"].replace(b"# c0", b"Mine.\n\n# c0")},
        {"customers/a.md": base["customers/a.md"] + "\n## 2026-11-01 电话\n\nYours.\n".encode()},
    ).files["customers/a.md"]

    assert b"Mine." in text
    assert b"Yours." in text


def test_what_one_removed_and_the_other_changed_stays():
    done = merged({"customers/a.md": note(A)}, {}, {"customers/a.md": note(A, "new")})

    assert done.files == {"customers/a.md": note(A, "new")}
    assert done.tree.kept == {PurePosixPath("customers/a.md"): ()}


def test_what_one_removed_and_the_other_left_alone_goes():
    base = {"customers/a.md": note(A), "customers/b.md": note(B)}

    assert list(merged(base, {"customers/b.md": note(B)}, base | {"x.txt": "x"}).files) == [
        "customers/b.md",
        "x.txt",
    ]


def test_a_binary_file_that_both_changed_keeps_both():
    done = merged({"customers/p.png": b"\0o"}, {"customers/p.png": b"\0a"}, {"customers/p.png": b"\0b"})

    assert sorted(done.files.values()) == [b"\0a", b"\0b"]
    assert done.files["customers/p.png"] == b"\0b"
    (kept,) = done.tree.parked.values()
    assert kept.match("customers/p.conflict-????????.png")


def test_modes_are_merged_like_anything_else():
    base = {"run.sh": b"a\nb\nc\n"}

    done = merged(base, {"run.sh": ("100755", b"a\nb\nc\n")}, {"run.sh": b"a\nb\nd\n"})
    both = merged(base, {"run.sh": ("100755", b"1\nb\nc\n")}, {"run.sh": b"a\nb\nd\n"})

    assert done.files == {"run.sh": ("100755", b"a\nb\nd\n")}
    assert both.files == {"run.sh": ("100755", b"1\nb\nd\n")}


@pytest.mark.parametrize("mode", ["120000", "160000"])
def test_a_link_or_submodule_is_never_followed_nor_joined(mode: str):
    base = {"customers/a.md": note(A)}
    done = merged(base, {"customers/a.md": (mode, b"../elsewhere")}, {"customers/a.md": note(A, "new")})

    assert done.files["customers/a.md"] == note(A, "new")
    assert ("120000", b"../elsewhere") in done.files.values() or mode == "160000"
    links = merged({}, {"x": (mode, b"1")}, {"x": (mode, b"2")})
    assert done.tree.conflicts and links.tree.conflicts


# --- customers move ----------------------------------------------------------------------------------------


def test_an_edit_follows_the_customer_who_was_renamed():
    base = {"customers/a.md": note(A, "old")}
    renamed = {"customers/新.md": note(A, "old", name="新")}

    done = merged(base, renamed, {"customers/a.md": note(A, "old", "more")})

    assert list(done.files) == ["customers/新.md"]
    assert b"more" in done.files["customers/新.md"]
    assert "name: 新".encode() in done.files["customers/新.md"]


def test_a_thousand_archived_are_moved_without_reading_what_is_alike():
    base = {f"customers/{at}.md": note(f"c{at:09}") for at in range(1000)}
    archived = {path.replace("customers", "archive"): data for path, data in base.items()}
    edited = base | {"customers/7.md": note("c000000007", "new")}

    done = merged(base, archived, edited)

    assert done.files["archive/7.md"] == note("c000000007", "new")
    assert len(done.files) == 1000
    assert len(done.reads) < 10


def test_renamed_by_both_is_one_note_at_one_path():
    base = {"customers/a.md": note(A, "old")}

    done = merged(base, {"archive/a.md": note(A, "old")}, {"customers/z.md": note(A, "old", "more")})

    assert done.files == {"archive/a.md": note(A, "old", "more")}
    assert done.tree.moved == {PurePosixPath("archive/a.md"): PurePosixPath("customers/z.md")}


def test_put_away_by_one_and_removed_by_the_other_stays_put_away():
    done = merged({"customers/a.md": note(A)}, {"archive/a.md": note(A)}, {"customers/x.md": note(B)})

    assert sorted(done.files) == ["archive/a.md", "customers/x.md"]
    assert done.tree.kept == {PurePosixPath("archive/a.md"): ()}


def test_two_customers_at_one_path_are_told_apart_by_id():
    done = merged({}, {"customers/王.md": note(B)}, {"customers/王.md": note(A)})

    assert done.files == {"customers/王.md": note(A), f"customers/王-{B}.md": note(B)}
    assert done.tree.moved == {PurePosixPath(f"customers/王-{B}.md"): PurePosixPath("customers/王.md")}


def test_another_customer_in_the_place_of_one_that_was_edited():
    base = {"customers/a.md": note(A)}

    done = merged(base, {"customers/a.md": note(B)}, {"customers/a.md": note(A, "new")})

    assert done.files == {"customers/a.md": note(A, "new"), f"customers/a-{B}.md": note(B)}


def test_an_edit_follows_customers_whose_files_changed_places():
    base = {"customers/a.md": note(A), "customers/b.md": note(B)}
    swapped = {"customers/a.md": note(B), "customers/b.md": note(A)}

    done = merged(base, swapped, base | {"customers/a.md": note(A, "new")})

    assert done.files == {"customers/a.md": note(B), "customers/b.md": note(A, "new")}


@pytest.mark.parametrize("other", ["customers/ABC.md", "customers/abc.MD"])
def test_names_that_differ_in_case_alone_are_told_apart(other: str):
    done = merged({}, {"customers/abc.md": note(A)}, {other: note(B)})

    assert ids(done.files) == [A, B]
    assert len({fold_name(path) for path in done.files}) == 2


def test_a_name_decomposed_by_a_mac_is_the_same_name():
    name = "customers/Zoë.md"
    done = merged(
        {}, {unicodedata.normalize("NFC", name): note(A)}, {unicodedata.normalize("NFD", name): note(A)}
    )

    assert len(done.files) == 1


def test_one_customer_added_by_both_at_two_paths_is_one_note():
    done = merged({}, {"customers/a.md": note(A, "x")}, {"customers/b.md": note(A, "x")})

    assert done.files == {"customers/a.md": note(A, "x")}


def test_a_case_rename_and_an_edit():
    base = {"customers/abc.md": note(A)}

    done = merged(base, {"customers/ABC.md": note(A)}, {"customers/abc.md": note(A, "new")})

    assert done.files == {"customers/ABC.md": note(A, "new")}


def test_what_one_side_has_of_names_alike_is_left_as_it_is():
    side = {"customers/abc.md": note(A), "customers/ABC.md": note(B)}

    assert merged({}, side, {"x.txt": "x"}).files == side | {"x.txt": b"x"}


def test_a_file_where_the_other_has_a_folder():
    done = merged({}, {"customers/x": b"file"}, {"customers/x/a.md": note(A)})

    assert done.files["customers/x/a.md"] == note(A)
    assert sorted(done.files.values()) == sorted([b"file", note(A)])


# --- what is not a note ------------------------------------------------------------------------------------


def test_the_keys_of_groups_lie_side_by_side():
    keyring = {".vault/keyring.toml": b"epoch = 1\n", ".vault/groups/contact/1.age": b"old"}
    one = {".vault/groups/contact/1.age": b"zzz", ".vault/groups/contact/2-one00000.age": b"1"}
    two = {".vault/groups/contact/1.age": b"aaa", ".vault/groups/contact/2-two00000.age": b"2"}

    done = merged(keyring, {**keyring, **one}, {**keyring, **two})

    # One key, wrapped twice: either will do.
    assert done.files == {**keyring, **two, **one}
    assert not done.tree.conflicts and not done.tree.parked


def test_a_tombstone_beats_every_edit():
    base = {"customers/a.md": note(A), "customers/b.md": note(B)}
    erased = {"customers/b.md": note(B), str(ERASED): tombstones_file({tombstone(VAULT_ID, A): 3})}

    done = merged(base, erased, {"archive/a.md": note(A, "edited"), "customers/b.md": note(B, "new")})

    assert sorted(done.files) == [str(ERASED), "customers/b.md"]
    assert done.tree.erased == (PurePosixPath("archive/a.md"),)


def test_tombstones_of_both_sides_stand():
    files = [tombstones_file({tombstone(VAULT_ID, name): 3}) for name in (A, B)]

    done = merged({}, {str(ERASED): files[0]}, {str(ERASED): files[1], "customers/a.md": note(A)})

    assert list(done.files) == [str(ERASED)]
    assert done.files[str(ERASED)] == tombstones_file({tombstone(VAULT_ID, name): 3 for name in (A, B)})


# --- always ------------------------------------------------------------------------------------------------

NAMES = ["customers/a.md", "customers/A.md", "customers/b.md", "customers/é.md", "customers/e\u0301.md"]
NAMES += ["archive/a.md", "customers/a.md/x.md", "customers/pic.png", "vault.toml", "README.txt"]
LINES = st.lists(st.sampled_from(["one", "two", "three", "four"]), max_size=3, unique=True)


@st.composite
def trees(draw: st.DrawFn) -> dict[str, bytes]:
    """A vault that every system can hold: no names alike, no customer twice."""
    tree: dict[str, bytes] = {}
    customers = list(draw(st.permutations([A, B, C])))
    for path in draw(st.lists(st.sampled_from(NAMES), max_size=4, unique_by=fold_name)):
        alike = [(fold_name(path), fold_name(other)) for other in tree]
        if any(one.startswith(f"{two}/") or two.startswith(f"{one}/") for one, two in alike):
            continue
        if path.endswith(".md"):
            if not customers:
                continue
            tree[path] = note(customers.pop(), *draw(LINES))
        else:
            tree[path] = draw(st.sampled_from([b"id = 'a'\n", b"id = 'b'\nx = 1\n", b"\0\1", b""]))
    return tree


@settings(max_examples=100)
@given(trees(), trees())
def test_where_one_side_did_nothing_the_other_side_is_the_result(base: Tree, side: Tree):
    assert Merge(base, side, base).files == side
    assert Merge(base, side, side).files == side


@settings(max_examples=150)
@given(trees(), trees(), trees())
def test_nobody_is_lost_and_every_system_can_hold_the_result(base: Tree, a: Tree, b: Tree):
    done = merged(base, a, b)

    was = {name: data for data in base.values() if isinstance(data, bytes) for name in ids({"": data})}
    for side, other in ((a, b), (b, a)):
        for data in side.values():
            for name in ids({"": data}):
                removed_unedited = was.get(name) == data and name not in ids(other)
                assert removed_unedited or name in ids(done.files), (name, done.files)
                for line in (b"one", b"two", b"three", b"four"):
                    if line in data and line not in was.get(name, b"") and not removed_unedited:
                        assert any(line in each for each in done.files.values())
    names = [fold_name(path) for path in done.files]
    assert len(set(names)) == len(names)
    assert not any(one.startswith(f"{other}/") for one in names for other in names)
    assert not any(b"<<<<<<<" in data for data in done.files.values())


@settings(max_examples=100)
@given(trees(), trees(), trees())
def test_merged_again_nothing_changes(base: Tree, a: Tree, b: Tree):
    done = merged(base, a, b).files

    assert merged(base, done, done).files == done
    assert merged(a, done, a).files == done
    assert ids(merged(base, done, a).files) == ids(done)
