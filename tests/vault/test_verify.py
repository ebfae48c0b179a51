"""Verifying finds whatever in the catalog is not what the files say."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.vault.notes_of import note, refresher, write
from vault_tool.schema import load_schema
from vault_tool.vault.catalog import Catalog
from vault_tool.vault.settings import load_settings
from vault_tool.vault.verify import Difference, differences

EXAMPLE = Path(__file__).parent.parent.parent / "example_vault"
A, B = "customers/a.md", "customers/b.md"
BODY = "关于[[b]] #x\n\n## 2026-11-20 电话 @li.na #加急\n金额:: 5 元\n**重点**\n\n## 小节\n旁边\n"


@pytest.fixture
def catalog(root: Path, tmp_path: Path) -> Iterator[Catalog]:
    """The catalog of a vault with two notes, up to date."""
    write(root, A, note("c1", "蓝海", "aliases: [老海]", "tags: [x]", body=BODY))
    write(root, B, note("c2", "b", owner="somebody"))
    with Catalog(tmp_path / "catalog.db") as catalog:
        refresher(root, catalog).refresh()
        yield catalog


def found(root: Path, catalog: Catalog) -> list[tuple[str, str]]:
    return [(path, what) for path, what, _ in verified(root, catalog)]


def verified(root: Path, catalog: Catalog) -> list[Difference]:
    return list(differences(catalog, root, load_settings(root), load_schema(root / "schema")))


def test_a_catalog_that_is_up_to_date_is_sound(root: Path, catalog: Catalog):
    assert verified(root, catalog) == []


def test_the_example_vault_is_sound(tmp_path: Path):
    root = tmp_path / "example"
    shutil.copytree(EXAMPLE, root)
    with Catalog(None) as catalog:
        refresher(root, catalog).refresh()
        assert verified(root, catalog) == []


@pytest.mark.parametrize(
    ("damage", "table"),
    [
        ("UPDATE files SET size = size + 1 WHERE path = ?", "files"),
        ("UPDATE files SET problem = 'encoding' WHERE path = ?", "files"),
        ("UPDATE customers SET stage = 'won' WHERE path = ?", "customers"),
        ("UPDATE customers SET fields = '{}' WHERE path = ?", "customers"),
        ("UPDATE customers SET is_archived = 1 WHERE path = ?", "customers"),
        ("UPDATE customers SET stamp = x'00' WHERE path = ?", "customers"),
    ],
)
def test_a_row_that_says_something_else_is_found(root: Path, catalog: Catalog, damage: str, table: str):
    catalog.run(damage, (A,))

    assert found(root, catalog) == [(A, table)]


@pytest.mark.parametrize(
    ("damage", "table"),
    [
        ("UPDATE passages SET text = text || 'x' WHERE customer = ? AND kind = 'entry'", "passages"),
        ("UPDATE passages SET folded = 'x' WHERE customer = ? AND kind = 'profile'", "passages"),
        ("UPDATE passages SET line = line + 1 WHERE customer = ? AND kind = 'section'", "passages"),
        ("UPDATE facts SET number = 6 WHERE customer = ? AND passage IS NOT NULL", "facts"),
        ("UPDATE facts SET passage = passage + 1 WHERE customer = ? AND passage IS NOT NULL", "facts"),
        ("INSERT INTO facts SELECT * FROM facts WHERE customer = ? LIMIT 1", "facts"),
        ("UPDATE names SET pinyin = '' WHERE customer = ? AND kind = 'name'", "names"),
        ("DELETE FROM names WHERE customer = ? AND kind = 'alias'", "names"),
        ("UPDATE links SET line = 1 WHERE customer = ?", "links"),
        ("DELETE FROM people WHERE customer = ? AND spelling = 'li.na'", "people"),
    ],
)
def test_a_row_that_is_changed_or_missing_is_found(root: Path, catalog: Catalog, damage: str, table: str):
    ((key,),) = catalog.rows("SELECT key FROM customers WHERE path = ?", (A,))
    catalog.run(damage, (key,))

    assert found(root, catalog) == [(A, table)]


def test_a_passage_that_is_lost_is_found_with_its_facts(root: Path, catalog: Catalog):
    catalog.run("DELETE FROM passages WHERE kind = 'entry'")

    assert found(root, catalog) == [(A, "passages"), (A, "facts")]


def test_a_note_that_the_catalog_lacks_has_too_many_of_or_of_other_bytes_is_found(
    root: Path, catalog: Catalog
):
    write(root, "customers/new.md", note("c3", "new"))
    (root / B).unlink()
    write(root, A, note("c1", "绿海"))

    assert found(root, catalog) == [(B, "gone"), (A, "changed"), ("customers/new.md", "missing")]


def test_rows_of_nobody_are_found(root: Path, catalog: Catalog):
    catalog.run("INSERT INTO links VALUES (99, 'x', 'x', 1)")

    assert verified(root, catalog) == [Difference("", "orphans", "links: 1")]


def test_a_customer_without_a_file_is_found(root: Path, catalog: Catalog):
    catalog.run("DELETE FROM files WHERE path = ?", (A,))

    assert found(root, catalog) == [(A, "files"), (A, "missing")]


def test_a_folder_that_would_hide_a_change_is_found(root: Path, catalog: Catalog):
    assert catalog.rows("SELECT path FROM loose ORDER BY path") == [(A,), (B,)], "saved a moment ago"

    catalog.run("DELETE FROM loose WHERE path = ?", (A,))

    assert found(root, catalog) == [(A, "folders")]


def test_a_note_that_keeps_its_fields_since_they_cannot_be_read_is_sound(root: Path, catalog: Catalog):
    write(root, A, note("c1", "蓝海", "broken: [", body="new\n"))
    refresher(root, catalog).refresh()
    assert catalog.rows("SELECT name FROM customers WHERE path = ?", (A,)) == [("蓝海",)]

    assert verified(root, catalog) == []

    catalog.run("UPDATE passages SET text = 'old' WHERE text = 'new'")
    assert found(root, catalog) == [(A, "passages")]


def test_half_a_character_is_no_difference(root: Path, catalog: Catalog):
    write(root, A, note("c1", '"a\\ud800b"', 'aliases: ["\\udfff"]'))
    refresher(root, catalog).refresh()

    assert verified(root, catalog) == []


def test_what_cannot_be_seen_is_no_difference(root: Path, catalog: Catalog, monkeypatch: pytest.MonkeyPatch):
    real = os.scandir

    def refusing(path):
        if str(path).endswith("customers"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", refusing)

    assert verified(root, catalog) == []


def test_progress_is_told_to_the_last_file(root: Path, catalog: Catalog):
    told: list[tuple[int, int]] = []

    settings, schema = load_settings(root), load_schema(root / "schema")
    list(differences(catalog, root, settings, schema, lambda done, total: told.append((done, total))))

    assert told == [(2, 2)]
