"""`vault index`: how catalog and index stand, made anew, and compared with the files."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.vaults import ME, make_vault
from tests.conftest import Ran, VaultRun
from vault_tool.search import upkeep
from vault_tool.vault import intake
from vault_tool.vault.catalog import Catalog

NOTE = """---
id: {id}
name: {name}
type: enterprise
stage: lead
owner: li.na
---

## 2026-11-20 电话

{text}
"""
NOTES = {
    "蓝海.md": NOTE.format(id="c1", name="蓝海", text="问企业版的价格。"),
    "远帆.md": NOTE.format(id="c2", name="远帆", text="要样机。"),
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return make_vault(tmp_path / "v", NOTES)


@pytest.fixture(params=["whoosh", "tantivy"])
def engine(home: Path, request: pytest.FixtureRequest) -> str:
    """Have the vault use each engine in turn."""
    pytest.importorskip(request.param)
    with (home / "vault.toml").open("a", encoding="utf-8") as settings:
        settings.write(f'[search]\nengine = "{request.param}"\n')
    return str(request.param)


# Whoosh leaves a file open that it can't read.
leaves_a_file_open = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.fixture
def cache(home: Path, vault_run: VaultRun, clean_env: dict[str, str]) -> Path:
    """The folder with the catalog and the index of a vault that was searched once."""
    assert vault_run("search", "企业版", cwd=home).status == 0
    (folder,) = (Path(clean_env["VAULT_NOTES_HOME"]) / "cache").glob("v0000001-*")
    return folder


def found(vault_run: VaultRun, home: Path, word: str) -> list[str]:
    return [Path(hit["path"]).stem for hit in vault_run("search", word, "--json", cwd=home).json["hits"]]


def rebuilt(ran: Ran) -> bool:
    return ran.status == 0 and ran.json["state"] == "current"


# --- how they stand ----------------------------------------------------------------------------------------


def test_status_looks_and_changes_nothing(vault_run: VaultRun, home: Path) -> None:
    first = vault_run("index", "--status", "--json", cwd=home)
    again = vault_run("index", "--status", "--json", cwd=home)

    assert first.status == 0
    assert (first.json["state"], first.json["position"], first.json["index_bytes"]) == ("missing", None, 0)
    assert again.json["state"] == "missing"


def test_without_an_option_it_brings_up_to_date_and_says_all(vault_run: VaultRun, home: Path) -> None:
    ran = vault_run("index", "--json", cwd=home)

    document = ran.json
    assert document.pop("engine") in ("whoosh", "tantivy")
    assert document.pop("engine_version")
    assert document.pop("index_bytes") > 0
    assert document.pop("catalog_bytes") > 0
    assert document.pop("written").startswith("20")
    del document["built_seconds"], document["query_ms"]
    assert document == {
        "version": 1,
        "state": "current",
        "customers": 2,
        "passages": 4,
        "behind": 0,
        "position": 2,
        "catalog_position": 2,
        "fresh": "walk",
    }


def test_what_a_list_took_in_the_index_is_behind_by(vault_run: VaultRun, home: Path, cache: Path) -> None:
    (home / "customers" / "新.md").write_text(NOTE.format(id="c3", name="新", text="新客户。"), "utf-8")
    (home / "customers" / "远帆.md").unlink()
    vault_run("list", cwd=home)

    before = vault_run("index", "--status", "--json", cwd=home).json
    said = vault_run("index", "--status", cwd=home).out
    after = vault_run("index", "--json", cwd=home).json

    assert (before["state"], before["behind"]) == ("behind", 2)
    assert "behind by 2 customers" in said
    assert (after["state"], after["behind"], after["customers"]) == ("current", 0, 2)


@pytest.mark.parametrize("options", [("--status", "--verify"), ("--rebuild", "--status")])
def test_one_thing_at_a_time(vault_run: VaultRun, home: Path, options: tuple[str, ...]) -> None:
    assert vault_run("index", *options, cwd=home).status == 2


# --- made anew ---------------------------------------------------------------------------------------------


@leaves_a_file_open
def test_rebuild_mends_whatever_is_damaged(vault_run: VaultRun, home: Path, engine: str, cache: Path) -> None:
    for file in (cache / "search").rglob("*"):
        if file.is_file():
            file.write_bytes(b"damaged")
    (cache / "catalog.db").write_bytes(b"damaged" * 1000)

    looked = vault_run("index", "--status", "--json", cwd=home)
    made = vault_run("index", "--rebuild", "--json", cwd=home)

    assert (looked.status, looked.json["state"]) == (1, "damaged")
    assert rebuilt(made)
    assert found(vault_run, home, "企业版") == ["蓝海"]
    assert vault_run("index", "--verify", cwd=home).status == 0


def test_rebuild_takes_in_what_is_saved_meanwhile(
    vault_run: VaultRun, home: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    become = Catalog.become

    def late(catalog: Catalog, other: Catalog) -> None:
        (home / "customers" / "新.md").write_text(NOTE.format(id="c3", name="新", text="加急。"), "utf-8")
        become(catalog, other)

    monkeypatch.setattr(Catalog, "become", late)

    assert vault_run("index", "--rebuild", "--json", cwd=home).json["customers"] == 3
    assert found(vault_run, home, "加急") == ["新"]


def test_whoever_has_the_catalog_open_sees_the_new_one(vault_run: VaultRun, home: Path, cache: Path) -> None:
    with Catalog(cache / "catalog.db") as opened:
        before = opened.generation
        vault_run("index", "--rebuild", cwd=home)

        assert opened.generation != before
        assert opened.rows("SELECT count(*) FROM customers") == [(2,)]


def test_an_interrupted_reading_leaves_catalog_and_index_as_they_were(
    vault_run: VaultRun, home: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Catalog(cache / "catalog.db") as catalog:
        before = catalog.generation

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(intake, "parse_note", interrupted)
        assert vault_run("index", "--rebuild", cwd=home).status == 130

    with Catalog(cache / "catalog.db") as catalog:
        assert catalog.generation == before
    assert vault_run("index", "--status", "--json", cwd=home).json["state"] == "current"
    assert not list(cache.glob("rebuild-*"))


def test_an_interrupted_indexing_is_taken_up_by_the_next_search(
    vault_run: VaultRun, home: Path, engine: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(upkeep, "follow", interrupted)
        assert vault_run("index", "--rebuild", cwd=home).status == 130

    assert found(vault_run, home, "企业版") == ["蓝海"]
    assert vault_run("index", "--verify", cwd=home).status == 0


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal there")
def test_ctrl_c_at_any_moment_leaves_nothing_half_done(
    vault_run: VaultRun, home: Path, cache: Path, clean_env: dict[str, str]
) -> None:
    for number in range(120):
        text = NOTE.format(id=f"n{number}", name=f"客户{number}", text="问企业版。\n\n" * 20)
        (home / "customers" / f"{number}.md").write_text(text, encoding="utf-8")
    vault_run("search", "企业版", cwd=home)
    env = {**clean_env, "PYTHONPATH": str(Path(__file__).parents[2])}
    started = time.monotonic()
    subprocess.run([sys.executable, "-m", "vault_tool", "index", "--rebuild"], cwd=home, env=env, check=True)
    whole = time.monotonic() - started

    for share in (0.4, 0.6, 0.8):
        child = subprocess.Popen(
            [sys.executable, "-m", "vault_tool", "index", "--rebuild"],
            cwd=home,
            env=env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        time.sleep(whole * share)
        os.kill(child.pid, signal.SIGINT)
        _, said = child.communicate(timeout=60)

        assert child.returncode in (0, 130, -signal.SIGINT), said
        assert vault_run("list", "--json", cwd=home).json["total"] == 122
        assert vault_run("index", "--verify", cwd=home).status == 0
        assert not list(cache.glob("rebuild-*"))


# --- compared with the files -------------------------------------------------------------------------------


def test_what_is_sound_is_said_to_be(vault_run: VaultRun, home: Path) -> None:
    ran = vault_run("index", "--verify", cwd=home)

    assert (ran.status, ran.out) == (
        0,
        "Catalog and index say what the files say: 2 notes, 4 passages.\n",
    )
    assert vault_run("index", "--verify", "--json", cwd=home).json == {
        "version": 1,
        "notes": 2,
        "passages": 4,
        "differences": [],
    }


def tamper(cache: Path, sql: str) -> None:
    """Change the catalog behind everybody's back."""
    connection = sqlite3.connect(cache / "catalog.db")
    connection.create_function("regexp", 2, lambda pattern, text: False)
    with connection:
        assert connection.execute(sql).rowcount
    connection.close()


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        (
            "UPDATE customers SET stage = 'won' WHERE key = 1",
            "customers/{}.md: the catalog says something else than the file (customers).",
        ),
        (
            "DELETE FROM names WHERE customer = 1",
            "customers/{}.md: the catalog says something else than the file (names).",
        ),
        (
            "INSERT INTO links VALUES (99, 'x', 'x', 1)",
            "The catalog as a whole is not as it should be (orphans: links: 1).",
        ),
    ],
)
def test_a_catalog_that_says_otherwise_than_a_file_is_told(
    vault_run: VaultRun, home: Path, cache: Path, sql: str, said: str
) -> None:
    with Catalog(cache / "catalog.db") as catalog:
        path = catalog.rows("SELECT path FROM customers WHERE key = 1")[0][0]
    tamper(cache, sql)

    ran = vault_run("index", "--verify", cwd=home)

    assert ran.status == 1
    assert said.format(Path(path).stem) in ran.out.splitlines()
    assert "vault index --rebuild" in ran.err
    vault_run("index", "--rebuild", cwd=home)
    assert vault_run("index", "--verify", cwd=home).status == 0


def test_an_index_that_says_otherwise_than_the_catalog_is_told_with_the_place(
    vault_run: VaultRun, home: Path, engine: str, cache: Path
) -> None:
    tamper(cache, "UPDATE passages SET text = '别的话', folded = NULL WHERE kind = 'entry' AND customer = 1")

    ran = vault_run("index", "--verify", cwd=home, env=ME)
    document = vault_run("index", "--verify", "--json", cwd=home).json

    assert ran.status == 1
    assert ".md:9: the index says something else than the catalog." in ran.out
    assert "vault index --rebuild" in ran.err
    assert [(one["where"], one["line"], one["what"]) for one in document["differences"]] == [
        ("catalog", 0, "passages"),
        ("index", 9, "passages"),
    ]
    vault_run("index", "--rebuild", cwd=home)
    assert vault_run("index", "--verify", cwd=home).status == 0


@leaves_a_file_open
def test_an_index_that_can_not_be_read_is_told(
    vault_run: VaultRun, home: Path, engine: str, cache: Path
) -> None:
    for file in (cache / "search").rglob("*"):
        if file.is_file():
            file.write_bytes(b"damaged")

    ran = vault_run("index", "--verify", cwd=home)

    assert (ran.status, ran.out) == (1, "The index as a whole is not as it should be (damage).\n")
    assert "vault index --rebuild" in ran.err
