"""When the files of catalog and index have to be rid of what was told once and is sealed now.

The words are gone from every table with the change that seals them; but SQLite's log, and an index, keep on
disk what they were told before. Numbers in `meta` say that this is due, written with that change: `sealed` is
the last one (`seq`) that sealed what had been told, `swept:...` says up to which change the files of
`catalog`, or of an engine, hold nothing of that kind any more. Who is killed in between only sweeps again.
"""

from __future__ import annotations

from contextlib import suppress

from vault_tool.errors import VaultError
from vault_tool.vault.catalog import Catalog, CatalogBusy, CatalogUnwritable

_CATALOG = "catalog"


def note_sealed(catalog: Catalog, seq: int) -> None:
    """Note, within a transaction, that this change seals what had been told."""
    catalog.set_meta("sealed", seq)


def sweep_due(catalog: Catalog, what: str) -> int | None:
    """Return up to which change the files of an engine have to be swept, None when they have been.

    Those that nobody ever swept have to be, too: it is not known of which time they are.
    """
    numbers = dict(catalog.rows("SELECT key, value FROM meta WHERE key IN ('sealed', ?)", (f"swept:{what}",)))
    sealed = int(numbers.get("sealed", 0))
    return sealed if int(numbers.get(f"swept:{what}", -1)) < sealed else None


def note_swept(catalog: Catalog, what: str, seq: int) -> None:
    """Note that the files of an engine have been swept; where that can't be kept, it is done again."""
    with suppress(VaultError):
        catalog.set_meta(f"swept:{what}", seq)


def sweep_catalog(catalog: Catalog) -> bool:
    """Empty the catalog's log if that is due; False when somebody is reading what it holds."""
    due = sweep_due(catalog, _CATALOG)
    if due is None:
        return True
    try:
        if not catalog.empty_log():
            return False
    except (CatalogBusy, CatalogUnwritable):
        return False
    note_swept(catalog, _CATALOG, due)
    return True
