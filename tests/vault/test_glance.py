"""A folder that is as it was is known as such at a glance, and no other is."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.vault.notes_of import write
from vault_tool.vault import scout
from vault_tool.vault.glance import Kept, is_as_kept, packed, unpacked
from vault_tool.vault.scout import Scout
from vault_tool.vault.walk import Folder, Oddity, Walker

GLOBS = ("customers/*.md", "customers/east/*.md", "customers/[0-9]*/*.md")


def keep(root: Path, prefix: str = "customers/") -> Kept:
    """What is kept of a folder as it is now."""
    oddities: list[Oddity] = []
    walker = Walker(root, GLOBS, oddities)
    folder: Folder | None = walker.start()
    for name in prefix.split("/")[:-1]:
        assert folder is not None
        folder = walker.enter(folder, name)
    assert folder is not None
    listing = walker.look(folder)
    assert listing is not None
    return unpacked(packed(listing))


@pytest.fixture
def folder(root: Path) -> Path:
    """A folder with everything in it."""
    for path in ("a.md", "蓝海.md", "data.csv", ".hidden", "east/b.md", "old/c.md"):
        write(root, f"customers/{path}", path)
    return root / "customers"


def test_a_folder_that_nobody_touched_is_as_it_was(root: Path, folder: Path):
    assert is_as_kept(str(folder), keep(root))


def test_what_is_kept_tells_notes_from_folders_and_the_rest(root: Path, folder: Path):
    kept = keep(root)
    seen = (folder / "蓝海.md").stat()

    assert set(kept.notes()) == {"a.md", "蓝海.md"}
    assert kept.notes()["蓝海.md"] == (seen.st_size, seen.st_mtime_ns, seen.st_ino)
    assert kept.folders() == ["east"]
    assert kept.is_plain


def test_what_happens_to_other_files_is_no_matter(root: Path, folder: Path):
    kept = keep(root)

    for path in ("data.csv", ".hidden", "east/b.md", "old/c.md"):
        write(root, f"customers/{path}", "something else")

    assert is_as_kept(str(folder), kept)


def saved_in_place(folder: Path) -> None:
    (folder / "a.md").write_text("longer than before")


def replaced_with_same_size_and_time(folder: Path) -> None:
    seen = (folder / "a.md").stat()
    (folder / "new").write_text("x.md")
    os.utime(folder / "new", ns=(seen.st_atime_ns, seen.st_mtime_ns))
    (folder / "new").replace(folder / "a.md")
    assert (folder / "a.md").stat().st_size == seen.st_size


def set_back(folder: Path) -> None:
    seen = (folder / "a.md").stat()
    os.utime(folder / "a.md", ns=(seen.st_atime_ns, seen.st_mtime_ns - 1))


def made_a_folder_of(name: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        (folder / name).unlink()
        (folder / name).mkdir()

    return change


def made_a_file_of(name: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        (folder / name).rename(folder.parent / "elsewhere")
        (folder / name).touch()

    return change


def made_a_link_of(folder: Path) -> None:
    (folder / "a.md").rename(folder.parent / "a.md")
    (folder / "a.md").symlink_to(folder.parent / "a.md")


@pytest.mark.parametrize(
    "change",
    [
        saved_in_place,
        replaced_with_same_size_and_time,
        set_back,
        lambda folder: (folder / "a.md").unlink(),
        lambda folder: (folder / "a.md").rename(folder / "b.md"),
        lambda folder: (folder / "new.md").touch(),
        lambda folder: (folder / "west").mkdir(),
        lambda folder: (folder / "east").rename(folder / "west"),
        made_a_folder_of("a.md"),
        made_a_folder_of("data.csv"),
        made_a_file_of("east"),
        made_a_file_of("old"),
        made_a_link_of,
        lambda folder: folder.rename(folder.parent / "other"),
    ],
    ids=lambda change: getattr(change, "__name__", ""),
)
def test_a_folder_in_which_something_changed_is_not_as_it_was(
    root: Path, folder: Path, change: Callable[[Path], None]
):
    kept = keep(root)

    change(folder)

    assert not is_as_kept(str(folder), kept)


def test_a_folder_is_never_reached_by_a_link(root: Path, folder: Path):
    kept = keep(root)
    folder.rename(root / "elsewhere")
    folder.symlink_to(root / "elsewhere")

    assert not is_as_kept(str(folder), kept)


def test_a_folder_with_something_odd_in_it_is_not_plain(root: Path, folder: Path):
    (folder / "7").symlink_to(root)
    assert not keep(root).is_plain

    (folder / "7").unlink()
    (folder / "8").symlink_to(root / "nowhere")
    assert not keep(root).is_plain, "what a link leads to may come to be"


# --- two processes


def folders_of(root: Path, count: int) -> Sequence[tuple[str, Kept]]:
    found = []
    for number in range(count):
        for name in range(5):
            write(root, f"customers/{number}/{name}.md", "x")
        found.append((str(root / f"customers/{number}"), keep(root, f"customers/{number}/")))
    return found


@pytest.fixture
def forks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Every scout brings a second process, whose ids are collected here."""
    made: list[int] = []
    real = os.fork

    def fork() -> int:
        made.append(real())
        return made[-1]

    monkeypatch.setattr(scout, "WORTH_IT", 0)
    monkeypatch.setattr(scout, "_UNIT", 1)
    monkeypatch.setattr(scout, "_may_fork", lambda: True)
    monkeypatch.setattr(os, "fork", fork)
    return made


doubled = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only there is a process doubled")


@doubled
def test_two_processes_find_what_one_finds(root: Path, forks: list[int]):
    folders = folders_of(root, 60)
    changed = {place for place, _ in folders[::7]}
    for place in changed:
        (Path(place) / "1.md").write_text("changed")

    found = Scout(folders).same()

    assert found == {place for place, _ in folders} - changed
    assert len(forks) == 1
    with pytest.raises(ChildProcessError):
        os.waitpid(forks[0], 0)


@doubled
def test_a_scout_that_is_killed_makes_nothing_look_unchanged(root: Path, forks: list[int]):
    folders = folders_of(root, 30)
    place = folders[0][0]
    (Path(place) / "1.md").write_text("changed")
    begun = Scout(folders)

    os.kill(forks[0], 9)

    assert place not in begun.same()


@doubled
def test_a_process_with_threads_is_never_doubled(monkeypatch: pytest.MonkeyPatch):
    import threading

    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        assert not scout._may_fork()
    finally:
        done.set()
        thread.join()


@doubled
def test_a_scout_may_be_done_before_it_is_asked(root: Path, forks: list[int]):
    folders = folders_of(root, 30)
    begun = Scout(folders)
    os.waitpid(forks[0], 0)

    assert begun.same() == {place for place, _ in folders}


@pytest.mark.parametrize("sizes", [[], [1], [0] * 5000, [10] * 3000, [100_000, 1, 1], [1, 1, 100_000]])
def test_every_folder_is_looked_at_once(sizes: list[int]):
    units = list(scout._units(sizes))

    assert [number for unit in units for number in unit] == list(range(len(sizes)))
    assert len(units) <= 1001
