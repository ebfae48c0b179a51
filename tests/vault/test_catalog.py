from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from vault_tool.vault.catalog import (
    FILE_NAME,
    VERSION,
    Catalog,
    CatalogBusy,
    CatalogDamaged,
    open_catalog,
)

SECOND_PROCESS = """
import sys
from pathlib import Path
from vault_tool.vault.catalog import Catalog
with Catalog(Path(sys.argv[1])) as catalog, catalog.transaction():
    catalog.set_meta("written", "elsewhere")
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / FILE_NAME


def test_a_new_catalog_is_empty_and_has_a_name_of_its_own(path: Path, tmp_path: Path):
    with Catalog(path) as one, Catalog(tmp_path / "other.db") as other:
        assert one.rows("SELECT * FROM customers") == []
        assert one.last_seq == 0
        assert one.generation != other.generation


def test_what_is_written_is_there_the_next_time(path: Path):
    with Catalog(path) as catalog:
        generation = catalog.generation
        with catalog.transaction():
            catalog.set_meta("x", "1")

    with Catalog(path) as catalog:
        assert catalog.meta("x") == "1"
        assert catalog.generation == generation


def test_an_error_inside_a_transaction_takes_all_of_it_back(path: Path):
    with Catalog(path) as catalog:
        with pytest.raises(KeyboardInterrupt), catalog.transaction():
            catalog.set_meta("x", "1")
            raise KeyboardInterrupt

        assert catalog.meta("x") is None
        with catalog.transaction():
            catalog.set_meta("x", "2")
        assert catalog.meta("x") == "2"


def test_a_catalog_of_another_version_is_made_again(path: Path):
    with Catalog(path) as catalog, catalog.transaction():
        catalog.set_meta("x", "1")
        generation = catalog.generation
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.execute("CREATE TABLE future (x)")
    connection.close()

    with Catalog(path) as catalog:
        assert catalog.meta("x") is None
        assert catalog.generation != generation
        assert catalog.rows("SELECT name FROM sqlite_master WHERE name = 'future'") == []


@pytest.mark.parametrize(
    "damage", [b"", b"not a database at all" * 100, b"SQLite format 3\0" + b"\xff" * 5000]
)
def test_a_file_that_is_no_catalog_is_replaced(path: Path, damage: bytes):
    path.write_bytes(damage)

    with Catalog(path) as catalog:
        assert catalog.rows("SELECT * FROM customers") == []


def test_a_catalog_without_its_tables_is_made_again(path: Path):
    with Catalog(path):
        pass
    connection = sqlite3.connect(path)
    connection.execute("DROP TABLE meta")
    connection.close()

    with Catalog(path) as catalog:
        assert catalog.generation


def test_the_log_of_a_damaged_catalog_does_not_live_on_in_the_next(path: Path):
    path.write_bytes(b"damaged" * 1000)
    path.with_name(FILE_NAME + "-wal").write_bytes(b"old log" * 1000)

    with Catalog(path) as catalog, catalog.transaction():
        catalog.set_meta("x", "1")
    with Catalog(path) as catalog:
        assert catalog.meta("x") == "1"


def test_damage_that_shows_later_is_an_error_of_ours_and_can_be_mended(path: Path):
    with Catalog(path) as catalog:
        with catalog.transaction():
            for number in range(3000):
                catalog.run("INSERT INTO names VALUES (?, 'name', 'x', 'y', '')", (number,))
        catalog.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    data = bytearray(path.read_bytes())
    data[-60_000:] = b"\xff" * 60_000
    path.write_bytes(data)

    with Catalog(path) as catalog:
        with pytest.raises(CatalogDamaged):
            catalog.rows("SELECT sum(length(text) + customer) FROM names")
        catalog.start_anew()
        assert catalog.rows("SELECT * FROM names") == []


def test_readers_go_on_while_another_process_writes(path: Path):
    with Catalog(path) as catalog:
        with subprocess.Popen(
            [sys.executable, "-c", SECOND_PROCESS, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as other:
            assert other.stdout and other.stdout.readline() == b"held\n"

            assert catalog.meta("written") is None
            with Catalog(path) as third:
                assert third.last_seq == 0

            other.communicate(b"\n")
        assert catalog.meta("written") == "elsewhere"


def test_a_second_writer_gives_up_after_a_while(path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("vault_tool.vault.catalog.BUSY_SECONDS", 0.1)
    with Catalog(path) as one, Catalog(path) as other, one.transaction(), pytest.raises(CatalogBusy):
        other.transaction().__enter__()


def test_many_processes_may_open_a_catalog_that_is_not_there_yet(path: Path):
    code = "import sys; from pathlib import Path; from vault_tool.vault.catalog import Catalog; Catalog(Path(sys.argv[1]))"

    for attempt in range(3):
        place = path.with_name(f"{attempt}.db")
        others = [subprocess.Popen([sys.executable, "-c", code, str(place)]) for _ in range(6)]

        assert [other.wait(timeout=60) for other in others] == [0] * 6


def test_where_nothing_can_be_written_a_catalog_lives_in_memory(tmp_path: Path):
    file = tmp_path / "file"
    file.touch()

    with open_catalog(file / "cache") as catalog:
        assert catalog.is_in_memory
        assert catalog.rows("SELECT * FROM customers") == []


def test_half_a_surrogate_pair_does_not_stop_a_write(path: Path):
    with Catalog(path) as catalog, catalog.transaction():
        catalog.set_meta("x", "a\ud83db")
        catalog.run_many("INSERT INTO people VALUES (?, ?)", [(1, "\ud83d")])

        assert catalog.meta("x") == "a?b"


def test_a_query_that_is_wrong_is_not_taken_for_damage(path: Path):
    with Catalog(path) as catalog, pytest.raises(sqlite3.OperationalError):
        catalog.rows("SELECT nothing FROM nowhere")
