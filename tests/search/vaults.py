"""Small vaults for tests of search, written as files and read as any other."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from datetime import date
from pathlib import Path

from vault_tool.search.find import Finder, simplified, words_in
from vault_tool.search.query import Reading, parse_query
from vault_tool.search.search import Answer, search
from vault_tool.search.tree import Query
from vault_tool.search.words import make_word
from vault_tool.vault.vault import Vault, vault_at

TODAY = date(2026, 11, 23)
SETTINGS = """version = 1
id = "v7k2m9qx"
language = "zh"

[people."li.na"]
name = "李娜"

[people."zhang.wei"]
name = "张伟"

[search]
engine = "{engine}"

[search.synonyms]
"折扣" = ["优惠", "打折"]
"""


ENGINES = ("whoosh", "tantivy")
chosen_engine = ContextVar("chosen_engine", default="tantivy")
"""Which engine the vaults of a test search with."""

_opened: list[Vault] = []


def close_all() -> None:
    """Close every vault that was opened here."""
    while _opened:
        _opened.pop().catalog.close()


def make_vault(folder: Path, notes: Mapping[str, str]) -> Vault:
    """Write a vault of these notes (by the name of their files) and open it, its catalog fresh."""
    root = folder / "vault"
    (root / "customers").mkdir(parents=True)
    (root / "vault.toml").write_text(SETTINGS.format(engine=chosen_engine.get()), encoding="utf-8")
    for name, text in notes.items():
        write_note(root, name, text)
    vault = open_again(root)
    vault.fresh()
    return vault


def write_note(root: Path, name: str, text: str) -> None:
    """Write one note of a vault."""
    path = root / "customers" / f"{name}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="")


def open_again(root: Path) -> Vault:
    """Open a vault as another process would."""
    vault = vault_at(root, {"VAULT_NOTES_HOME": str(root.parent / "home")})
    _opened.append(vault)
    return vault


def read(vault: Vault, text: str) -> Query:
    """Read a query as 李娜 would ask it."""

    def person(name: str) -> str | None:
        found = vault.settings.person(name)
        return found.id if found else None

    return parse_query(
        text, Reading(vault.schema, TODAY, lambda: "li.na", person, vault.settings.queries.get)
    )


def ask(vault: Vault, text: str, **options: object) -> Answer:
    """Search a vault."""
    return search(vault, text, read(vault, text), TODAY, **options)  # type: ignore[arg-type]


def places(answer: Answer) -> list[str]:
    """Name the hits by file and day (profile or section, where it has none), best first."""
    return [f"{hit.path.stem}:{hit.passage.day or hit.passage.kind}" for hit in answer.hits]


def exactly_found(vault: Vault, engine: object, query: Query) -> set[tuple[str, int]]:
    """Return file and line of the passages that hold the very words, without their other forms."""
    words = {
        term: word
        for term in words_in(query, wanted=False)
        if (word := make_word(term, {}, engine.words))  # type: ignore[attr-defined]
    }
    finder = Finder(vault.catalog, vault.schema, engine, words, wide=False, archived=False)  # type: ignore[arg-type]
    found = finder.find(simplified(query, words))
    rows = vault.catalog.rows(
        "SELECT p.key, c.path, p.line FROM passages p JOIN customers c ON c.key = p.customer"
    )
    return {(Path(path).stem, line) for key, path, line in rows if key in found.every()}
