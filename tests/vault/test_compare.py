"""What the folders keep spares a look at every file, and never hides a change."""

from __future__ import annotations

import itertools
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

from tests.vault.notes_of import dump, note, write
from vault_tool.schema import load_schema
from vault_tool.vault.catalog import Catalog
from vault_tool.vault.refresh import Freshness, Refresher
from vault_tool.vault.settings import load_settings
from vault_tool.vault.verify import differences

LATER_NS = 3600 * 10**9
moments = itertools.count(1_700_000_000 * 10**9, 10**9)


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with Catalog(tmp_path / "catalog.db") as catalog:
        yield catalog


def refresher(root: Path, catalog: Catalog) -> Refresher:
    """A refresher for whom every file was saved long ago."""
    settings, schema = load_settings(root), load_schema(root / "schema")
    return Refresher(catalog, root, settings, schema, lambda: time.time_ns() + LATER_NS)


def refresh(root: Path, catalog: Catalog) -> Freshness:
    """Refresh, and see that the catalog says what a new one would."""
    found = refresher(root, catalog).refresh()
    settings, schema = load_settings(root), load_schema(root / "schema")
    assert list(differences(catalog, root, settings, schema)) == []
    return found


def save(root: Path, path: str, text: str) -> Path:
    """Write a file at a moment of its own: no two saves look alike."""
    where = write(root, path, text)
    moment = next(moments)
    os.utime(where, ns=(moment, moment))
    return where


def name_of(catalog: Catalog, path: str) -> str:
    ((name,),) = catalog.rows("SELECT name FROM customers WHERE path = ?", (path,))
    return str(name)


@pytest.fixture
def asked(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of which the catalog's rows were asked for, one by one."""
    found: list[str] = []
    real = Refresher._rows

    def rows(self: Refresher, paths: list[str]) -> object:
        found.extend(paths)
        return real(self, paths)

    monkeypatch.setattr(Refresher, "_rows", rows)
    return found


def test_only_what_changed_is_looked_at_by_itself(root: Path, catalog: Catalog, asked: list[str]):
    for number in range(20):
        save(root, f"customers/{number % 4}/{number}.md", note(f"c{number}", f"n{number}"))
    refresh(root, catalog)
    asked.clear()
    assert refresh(root, catalog) == Freshness()
    assert asked == []

    save(root, "customers/1/5.md", note("c5", "other"))

    assert refresh(root, catalog).changed == 1
    assert asked == ["customers/1/5.md"]
    asked.clear()
    refresh(root, catalog)
    assert asked == []


def test_a_refresh_that_finds_all_as_it_was_writes_nothing(root: Path, catalog: Catalog):
    save(root, "customers/a.md", note("c1", "a"))
    (root / "customers/odd").symlink_to(root)
    refresh(root, catalog)

    with Catalog(catalog.path) as other:
        before = other.others_commits
        refresh(root, catalog)
        assert other.others_commits == before


def test_a_file_put_back_as_it_was_after_another_was_taken_in_is_seen(root: Path, catalog: Catalog):
    path = save(root, "customers/a.md", note("c1", "one"))
    seen = path.stat()
    refresh(root, catalog)

    # A save that was taken in by itself, as commands and the watcher do; then the backup comes back.
    save(root, "customers/a.md", note("c1", "two"))
    refresher(root, catalog).take([PurePosixPath("customers/a.md")])
    assert name_of(catalog, "customers/a.md") == "two"
    path.write_text(note("c1", "one"), encoding="utf-8")
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    assert path.stat().st_ino == seen.st_ino

    assert refresh(root, catalog).changed == 1
    assert name_of(catalog, "customers/a.md") == "one"


def test_a_file_put_back_after_its_removal_was_taken_in_is_seen(root: Path, catalog: Catalog):
    path = save(root, "customers/a.md", note("c1", "one"))
    refresh(root, catalog)

    path.rename(root / "aside")
    refresher(root, catalog).take([PurePosixPath("customers/a.md")])
    assert catalog.rows("SELECT * FROM files") == []
    (root / "aside").rename(path)

    assert refresh(root, catalog).changed == 1


def test_a_file_replaced_by_one_of_its_size_and_time_is_seen(root: Path, catalog: Catalog):
    path = save(root, "customers/a.md", note("c1", "one"))
    seen = path.stat()
    refresh(root, catalog)

    new = write(root, "customers/new", note("c1", "two"))
    os.utime(new, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    new.replace(path)

    assert refresh(root, catalog).changed == 1
    assert name_of(catalog, "customers/a.md") == "two"


@pytest.mark.parametrize("size", [None, 5_000_000], ids=["a link", "too large"])
def test_a_note_that_becomes_something_odd_is_no_customer_any_more(
    size: int | None, root: Path, catalog: Catalog
):
    path, other = save(root, "customers/a.md", note("c1", "a")), save(root, "customers/b.md", note("c2", "b"))
    refresh(root, catalog)
    if size is None:
        path.unlink()
        path.symlink_to(other)
    else:
        path.write_bytes(b"x" * size)
    save(root, "customers/b.md", note("c2", "another"))

    fresh = refresh(root, catalog)
    assert (fresh.changed, fresh.removed, len(fresh.oddities)) == (1, 1, 1)
    assert name_of(catalog, "customers/b.md") == "another"


def test_a_time_that_goes_backwards_is_a_change(root: Path, catalog: Catalog):
    path = save(root, "customers/a.md", note("c1", "one"))
    refresh(root, catalog)

    path.write_text(note("c1", "two"), encoding="utf-8")
    os.utime(path, ns=(0, 10**18))

    assert refresh(root, catalog).changed == 1


def test_a_folder_that_is_renamed_keeps_its_customers(root: Path, catalog: Catalog):
    for number in range(3):
        save(root, f"customers/east/deep/{number}.md", note(f"c{number}", f"n{number}"))
    refresh(root, catalog)
    keys = catalog.rows("SELECT key, id FROM customers ORDER BY key")

    (root / "customers/east").rename(root / "customers/west")

    fresh = refresh(root, catalog)
    assert (fresh.changed, fresh.removed) == (3, 0)
    assert catalog.rows("SELECT key, id FROM customers ORDER BY key") == keys
    assert {path for (path,) in catalog.rows("SELECT path FROM folders")} == {
        *("", "customers/", "customers/west/", "customers/west/deep/")
    }


def test_a_folder_that_is_gone_takes_its_customers_with_it(root: Path, catalog: Catalog):
    save(root, "customers/east/a.md", note("c1", "a"))
    save(root, "customers/b.md", note("c2", "b"))
    refresh(root, catalog)

    (root / "customers/east").rename(root / "east")

    assert refresh(root, catalog).removed == 1
    assert refresh(root, catalog) == Freshness()


def test_what_another_process_takes_in_meanwhile_is_not_vouched_for(root: Path, catalog: Catalog):
    path = save(root, "customers/a.md", note("c1", "one"))
    save(root, "customers/b.md", note("c2", "b"))
    slow = refresher(root, catalog)
    before = slow._rows

    def meanwhile(paths):
        with Catalog(catalog.path) as other:
            refresher(root, other).take([PurePosixPath("customers/a.md")])
        return before(paths)

    slow._rows = meanwhile  # type: ignore[method-assign]
    slow.refresh()

    assert catalog.rows("SELECT * FROM folders") == [], "what is kept belongs to what was walked"
    path.write_text(note("c1", "two"), encoding="utf-8")
    refresh(root, catalog)


def test_a_look_ahead_is_as_good_as_none_when_others_write_after_it(root: Path, catalog: Catalog):
    save(root, "customers/a.md", note("c1", "one"))
    early = refresher(root, catalog)
    early.refresh()
    early.look_ahead()

    save(root, "customers/a.md", note("c1", "two"))
    with Catalog(catalog.path) as other:
        refresher(root, other).refresh()
    save(root, "customers/a.md", note("c1", "three"))

    early.refresh()
    assert name_of(catalog, "customers/a.md") == "three"


def test_a_catalog_that_takes_nothing_more_still_answers(
    root: Path, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
):
    save(root, "customers/a.md", note("c1", "one"))
    refresh(root, catalog)
    (root / "customers/unrelated").touch()
    monkeypatch.setattr("vault_tool.vault.catalog.BUSY_SECONDS", 0.1)

    with Catalog(catalog.path) as mine, Catalog(catalog.path) as other, other.transaction():
        assert refresher(root, mine).refresh() == Freshness()


def test_folders_that_cannot_be_read_now_and_then_lose_no_customer(
    root: Path, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
):
    for path in ("customers/a.md", "customers/east/b.md", "customers/east/deep/c.md", "archive/d.md"):
        save(root, path, note(f"c{len(path)}", path))
    refresh(root, catalog)
    closed: set[str] = set()

    def refusing(real):
        def refuse(path, *more, **named):
            if any(str(path).endswith(name) for name in closed):
                raise PermissionError(13, "Permission denied")
            return real(path, *more, **named)

        return refuse

    for name in ("scandir", "open"):
        monkeypatch.setattr(os, name, refusing(getattr(os, name)))

    for name in ("/east", "/deep", "/customers", "/archive", "/vault"):
        closed.add(name)
        fresh = refresher(root, catalog).refresh()
        assert (fresh.changed, fresh.removed) == (0, 0)
        assert len(fresh.oddities) == 1
        closed.clear()
        assert refresh(root, catalog) == Freshness()


def random_change(dice: random.Random, root: Path, backups: dict[str, tuple[str, os.stat_result]]) -> None:
    """Do what people, synchronisers and backups do to a vault."""
    folder = dice.choice(["customers", "customers/east", "customers/east/deep", "archive", "customers/west"])
    path = f"{folder}/{dice.randrange(4)}.md"
    where = root / path
    match dice.randrange(9):
        case 0 if where.exists():
            where.unlink()
        case 1 if where.exists():
            where.rename(root / f"customers/moved {dice.randrange(3)}.md")
        case 2 if where.exists():
            backups[path] = (where.read_text(encoding="utf-8"), where.stat())
        case 3 if path in backups and where.exists():
            text, seen = backups[path]
            where.write_text(text, encoding="utf-8")
            os.utime(where, ns=(seen.st_atime_ns, seen.st_mtime_ns))
        case 4 if (root / folder).is_dir() and folder.count("/"):
            target = root / f"customers/{dice.choice(['east', 'west', 'north'])}"
            if not target.exists():
                (root / folder).rename(target)
        case 5 if (root / folder).is_dir():
            (root / folder / dice.choice([".swap", "x.csv", "~lock"])).touch()
        case _:
            save(root, path, note(f"c{dice.randrange(9)}", f"n{dice.random()}"))


@pytest.mark.parametrize("seed", range(10))
def test_whatever_happens_the_catalog_says_what_a_new_one_would(
    seed: int, root: Path, catalog: Catalog, tmp_path: Path
):
    dice = random.Random(seed)
    backups: dict[str, tuple[str, os.stat_result]] = {}
    for _ in range(15):
        for _ in range(dice.randrange(5)):
            random_change(dice, root, backups)
        if dice.random() < 0.4:
            some = {path.relative_to(root) for path in root.rglob("*.md") if dice.random() < 0.5}
            some |= {Path(path) for path in backups}
            refresher(root, catalog).take(PurePosixPath(path) for path in some)
        if dice.random() < 0.6:
            refresh(root, catalog)

    refresh(root, catalog)
    with Catalog(tmp_path / "anew.db") as anew:
        refresher(root, anew).refresh()
        assert dump(catalog) == dump(anew)


def test_one_save_costs_the_same_however_large_the_vault_is(root: Path, catalog: Catalog):
    for number in range(300):
        save(root, f"customers/{number}.md", note(f"c{number}", f"n{number}"))
    refresh(root, catalog)
    steps: list[int] = []
    path = save(root, "customers/7.md", note("c7", "other"))

    catalog._connection.set_progress_handler(lambda: steps.append(1), 100)
    refresher(root, catalog).take([PurePosixPath(path.relative_to(root))])
    catalog._connection.set_progress_handler(None, 0)

    # Each is a hundred of SQLite's instructions; one per note would be a multiple.
    assert len(steps) < 40
