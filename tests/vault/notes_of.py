"""Small notes for tests of the catalog."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from vault_tool.schema import load_schema
from vault_tool.vault.catalog import Catalog
from vault_tool.vault.refresh import Refresher
from vault_tool.vault.settings import load_settings


def note(id: str, name: str, *lines: str, body: str = "", stage: str = "lead", owner: str = "li.na") -> str:
    """Write a customer's note; `lines` are more of its front matter."""
    head = [f"id: {id}", f"name: {name}", "type: enterprise", f"stage: {stage}", f"owner: {owner}", *lines]
    return "---\n" + "".join(f"{line}\n" for line in head) + "---\n" + body


def write(root: Path, path: str, text: str) -> Path:
    """Write a file of the vault and return where it lies."""
    where = root / path
    where.parent.mkdir(parents=True, exist_ok=True)
    where.write_text(text, encoding="utf-8", newline="")
    return where


def refresher(root: Path, catalog: Catalog) -> Refresher:
    """Return what keeps a catalog up to date, with the settings as they are now."""
    return Refresher(catalog, root, load_settings(root), load_schema(root / "schema"))


def dump(catalog: Catalog) -> dict[str, list[tuple[object, ...]]]:
    """Return all that a catalog says, whatever the numbers of its rows."""
    path = "SELECT path FROM customers WHERE key = {0}.customer"
    queries: Iterable[tuple[str, str]] = (
        (
            "files",
            "SELECT path, size, digest, problem, (SELECT path FROM customers WHERE key = customer) FROM files",
        ),
        (
            "customers",
            "SELECT id, path, name, type, stage, owner, importance, next, first_entry, last_entry, entries,"
            " is_archived, fields FROM customers",
        ),
        ("names", f"SELECT ({path.format('names')}), kind, text, folded, pinyin FROM names"),
        (
            "passages",
            f"SELECT ({path.format('passages')}), kind, line, day, time, channel, word, author, tags, title, bold,"
            " text, folded FROM passages",
        ),
        (
            "facts",
            f"SELECT ({path.format('facts')}), (SELECT line FROM passages WHERE key = facts.passage), name, text,"
            " folded, number, currency, day FROM facts",
        ),
        ("links", f"SELECT ({path.format('links')}), target, folded, line FROM links"),
        ("people", f"SELECT ({path.format('people')}), spelling FROM people"),
    )
    return {name: sorted(catalog.rows(sql), key=repr) for name, sql in queries}
