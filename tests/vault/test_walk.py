from __future__ import annotations

import os
import subprocess
import unicodedata
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vault.processes import as_nobody
from vault_tool.vault.files import MAX_NOTE_BYTES
from vault_tool.vault.globs import fold_name
from vault_tool.vault.walk import Odd, Oddity, is_leftover, matches_globs, printable, walk

GLOBS = ("customers/**/*.md",)


def put(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(b"x")


def found(root: Path, *globs: str) -> set[str]:
    return {str(one.path) for one in walk(root, globs or GLOBS)}


def odd(root: Path, *globs: str) -> dict[str, Odd]:
    oddities: list[Oddity] = []
    list(walk(root, globs or GLOBS, oddities))
    return {printable(oddity.path): oddity.kind for oddity in oddities}


def test_notes_are_found_at_any_depth(root: Path):
    put(root, "customers/a.md", "customers/华东/b.md", "customers/1/2/3/4/c.md", "d.md", "other/e.md")

    assert found(root) == {"customers/a.md", "customers/华东/b.md", "customers/1/2/3/4/c.md"}


def test_a_found_file_is_described_as_the_system_has_it(root: Path):
    put(root, "customers/a.md")
    seen = (root / "customers/a.md").stat()

    (one,) = walk(root, GLOBS)

    assert one.path == PurePosixPath("customers/a.md")
    assert (one.size, one.mtime_ns, one.inode) == (seen.st_size, seen.st_mtime_ns, seen.st_ino)


@pytest.mark.parametrize(
    ("glob", "expected"),
    [
        ("*.md", {"x.md"}),
        ("**/*.md", {"x.md", "a/x.md", "a/b/x.md", "c/x.md", "c/y1.md"}),
        ("a/**/*.md", {"a/x.md", "a/b/x.md"}),
        ("a/*.md", {"a/x.md"}),
        ("*/x.md", {"a/x.md", "c/x.md"}),
        ("**/b/*.md", {"a/b/x.md"}),
        ("?/y[0-9].md", {"c/y1.md"}),
        ("**/x.*", {"x.md", "a/x.md", "a/b/x.md", "c/x.md", "c/x.txt"}),
        ("A/X.MD", {"a/x.md"}),
        ("a/**/b/**/*.md", {"a/b/x.md"}),
    ],
)
def test_globs_mean_what_they_mean_elsewhere(root: Path, glob: str, expected: set[str]):
    put(root, "x.md", "a/x.md", "a/b/x.md", "c/x.md", "c/y1.md", "c/x.txt")

    assert found(root, glob) == expected


def test_a_glob_may_take_out_what_another_takes_in(root: Path):
    put(root, "a.md", "README.md", "notes/b.md", "notes/README.md", "private/c.md")

    assert found(root, "**/*.md", "!**/README.md", "!private/*.md") == {"a.md", "notes/b.md"}


def test_the_end_of_a_name_counts_in_any_case(root: Path):
    put(root, "customers/A.MD", "customers/b.Md")

    assert found(root) == {"customers/A.MD", "customers/b.Md"}


def test_folders_that_hold_no_customers_are_not_looked_into(root: Path):
    put(root, "templates/a.md", "schema/b.md", "attachments/c/d.md", "x/templates/e.md")

    assert found(root, "**/*.md") == {"x/templates/e.md"}


def test_hidden_files_and_what_editors_leave_are_passed_over(root: Path):
    put(root, "customers/.a.md", "customers/.git/b.md", "customers/.vault-tmp-1-2", "customers/a.md~")
    put(root, "customers/~$c.md", "customers/.#d.md", "customers/.obsidian/e.md", "customers/f.md.swp")

    assert found(root) == set()
    assert odd(root) == {}


@pytest.mark.parametrize(
    "name", [".a.md.swp", "a.md~", "#a.md#", ".#a.md", "4913", "sedAb12Cd", "a.swx", "~$a.md", ".vault-tmp-1"]
)
def test_leftovers_are_known_by_their_names(name: str):
    assert is_leftover(name)


@pytest.mark.parametrize("name", ["a.md", "客户.md", "sediment.md", "4913.md", "a#b.md"])
def test_notes_are_no_leftovers(name: str):
    assert not is_leftover(name)


def test_a_name_stays_as_the_system_gives_it(root: Path):
    decomposed = unicodedata.normalize("NFD", "Café")
    put(root, f"customers/{decomposed}.md")

    assert found(root) == {f"customers/{decomposed}.md"}
    assert found(root, "customers/CAFÉ.md") == {f"customers/{decomposed}.md"}


# --- hostile places


def test_links_are_not_followed(root: Path, tmp_path: Path):
    put(tmp_path, "outside/secret.md")
    (root / "customers" / "file.md").symlink_to(tmp_path / "outside/secret.md")
    (root / "customers" / "folder").symlink_to(tmp_path / "outside")
    (root / "customers" / "loop").symlink_to(root / "customers")
    (root / "customers" / "broken.md").symlink_to(tmp_path / "nowhere")
    (root / "customers" / "harmless.txt").symlink_to(tmp_path / "nowhere")

    assert found(root) == set()
    assert odd(root) == {
        "customers/file.md": Odd.SYMLINK,
        "customers/folder": Odd.SYMLINK,
        "customers/loop": Odd.SYMLINK,
        "customers/broken.md": Odd.SYMLINK,
    }


def test_a_folder_with_the_name_of_a_note_is_odd_and_what_is_in_it_is_found(root: Path):
    put(root, "customers/x.md/inner.md")

    assert odd(root) == {"customers/x.md": Odd.FOLDER}
    assert found(root) == {"customers/x.md/inner.md"}


def test_a_folder_is_not_odd_for_matching_a_pattern_that_anything_matches(root: Path):
    put(root, "customers/east/a.md")

    assert odd(root, "customers/**", "customers/*") == {}


def test_a_pipe_and_a_device_are_not_opened(root: Path):
    os.mkfifo(root / "customers" / "pipe.md")

    assert odd(root) == {"customers/pipe.md": Odd.SPECIAL}


def test_a_file_too_large_for_a_note_is_odd(root: Path):
    with (root / "customers" / "huge.md").open("wb") as file:
        file.truncate(50 * 1024 * 1024)
    with (root / "customers" / "limit.md").open("wb") as file:
        file.truncate(MAX_NOTE_BYTES)

    assert odd(root) == {"customers/huge.md": Odd.TOO_LARGE}
    assert found(root) == {"customers/limit.md"}


def test_a_name_that_is_no_utf8_is_odd_and_can_be_shown(root: Path):
    with open(os.fsencode(root) + b"/customers/\xd5\xc5\xc8\xfd.md", "wb"):  # noqa: PTH123 - a name in bytes
        pass

    assert found(root) == set()
    assert odd(root) == {"customers/\\xd5\\xc5\\xc8\\xfd.md": Odd.BAD_NAME}
    oddities: list[Oddity] = []
    list(walk(root, GLOBS, oddities))
    str(oddities[0]).encode("utf-8")


def test_a_folder_that_may_not_be_read_is_odd_and_the_rest_is_found(root: Path):
    put(root, "customers/a.md", "customers/closed/b.md")
    # pytest keeps its folders to itself, and nests them deeper for parallel runs.
    ours = [folder for folder in root.parents if "pytest-of-" in str(folder)]
    for folder in (root, *ours, root / "customers"):
        folder.chmod(0o755)
    (root / "customers" / "closed").chmod(0)

    try:
        seen, oddities = as_nobody(lambda: (found(root), odd(root)))
    finally:
        (root / "customers" / "closed").chmod(0o755)

    assert seen == {"customers/a.md"}
    assert oddities == {"customers/closed": Odd.UNREADABLE}


def test_a_root_that_is_gone_is_odd(tmp_path: Path):
    assert odd(tmp_path / "nowhere") == {".": Odd.UNREADABLE}


@pytest.fixture
def deep_note(root: Path) -> Iterator[Path]:
    """A note beneath more folders than Python's recursion goes."""
    here = Path.cwd()
    os.chdir(root / "customers")
    try:
        for _ in range(1200):
            Path("d").mkdir()
            os.chdir("d")
        Path("deep.md").touch()
    finally:
        os.chdir(here)
    yield root
    # pytest's own tidying would recurse.
    subprocess.run(["rm", "-rf", str(root / "customers" / "d")], check=True)


def test_a_very_deep_tree_is_walked_to_its_end(deep_note: Path):
    assert {PurePosixPath(path).name for path in found(deep_note)} == {"deep.md"}


def test_oddities_say_what_is_wrong():
    assert str(Oddity(PurePosixPath("a.md"), Odd.TOO_LARGE, "5000000")) == (
        "a.md is too large for a note (5000000 bytes); it is not read."
    )


# --- properties


NAMES = st.sampled_from(["a", "b", "A", "x.md", "y.MD", "é.md", "e\u0301.md", "z.txt", "客户", ".h", "~t.md"])
PARTS = st.sampled_from(["**", "*", "a", "b", "*.md", "?", "x.*", "客户", "[xy].md"])


@given(
    st.lists(st.lists(NAMES, min_size=1, max_size=4).map("/".join), max_size=6),
    st.lists(st.lists(PARTS, min_size=1, max_size=4).map("/".join), min_size=1, max_size=3),
)
def test_the_walk_and_the_test_of_one_path_agree(tmp_path_factory, paths: list[str], globs: list[str]):
    root = tmp_path_factory.mktemp("walk")
    for path in paths:
        try:
            put(root, path)
        except OSError:
            continue  # a file stands where a folder should
    all_files = {
        path.relative_to(root).as_posix()
        for path in root.rglob("*")
        if path.is_file() and not path.is_symlink()
    }

    expected = {path for path in all_files if matches_globs(PurePosixPath(path), globs)}

    assert found(root, *globs) == expected


@given(st.text())
def test_folding_a_name_twice_changes_nothing_more(name: str):
    assert fold_name(fold_name(name)) == fold_name(name)
