"""Bring an engine up to date with the catalog."""

from __future__ import annotations

import time
from contextlib import closing, suppress

from vault_tool.errors import VaultError
from vault_tool.schema import Schema
from vault_tool.search.documents import documents
from vault_tool.search.engine import (
    Engine,
    EngineBusy,
    EngineDamaged,
    EngineLocked,
    Position,
    Progress,
    open_engine,
)
from vault_tool.vault.catalog import Catalog
from vault_tool.vault.catalog_read import changes_since, in_parts
from vault_tool.vault.catalog_sweep import note_swept, sweep_catalog, sweep_due
from vault_tool.vault.vault import Vault

# Beyond this share of all customers, making everything anew is quicker than replacing.
_MANY = 0.5
_FEW = 10
_FOLDER = "search"


def ready_engine(vault: Vault, progress: Progress | None = None) -> tuple[Engine, bool]:
    """Open a vault's engine and have it follow; say whether it lags behind, because another process writes.

    A damaged index is made again; where that fails, one in memory does for this run. Raises `EngineBusy`
    when there is nothing to answer from yet.
    """
    catalog = vault.catalog
    engine = _engine_of(vault)
    for attempt in ("as it is", "looked at again", "made again", "in memory"):
        try:
            if follow(engine, catalog, vault.schema, progress):
                return engine, False
            if engine.position() is not None:
                return engine, True
            raise EngineBusy
        except EngineDamaged as error:
            if attempt == "as it is":
                # Another process may just have replaced the files that we were reading.
                engine.close()
                continue
            engine.clear()
            if attempt == "in memory":
                raise error.__cause__ or error from None
            if attempt == "made again":
                engine = open_engine(vault.settings.search.engine, None)
    raise AssertionError("every attempt returns or raises")


def _engine_of(vault: Vault) -> Engine:
    folder = None if vault.catalog.is_in_memory else vault.places.cache / _FOLDER
    return open_engine(vault.settings.search.engine, folder)


def sweep(vault: Vault, progress: Progress | None = None) -> bool:
    """Take what was told once and is sealed now out of all that lies on disk; False when it has to wait.

    The index is made anew, for no engine forgets a single word; what another engine has left is removed.
    """
    catalog = vault.catalog
    if catalog.is_in_memory:
        return True
    is_swept = sweep_catalog(catalog)
    with closing(_engine_of(vault)) as engine:
        for folder in (vault.places.cache / _FOLDER).glob("*"):
            if folder.name != engine.name and sweep_due(catalog, folder.name) is not None:
                import shutil

                shutil.rmtree(folder, ignore_errors=True)
        if sweep_due(catalog, engine.name) is not None:
            try:
                _make_anew(engine, catalog, vault.schema, progress)
            except (EngineLocked, EngineDamaged):
                return False  # whoever asks it next makes a damaged one anew
    return is_swept


def catch_up(vault: Vault, progress: Progress | None = None) -> bool:
    """Have a vault's index follow its catalog, and sweep; False when another process is writing to it."""
    engine, is_behind = ready_engine(vault, progress)
    engine.close()
    return not is_behind and sweep(vault, progress)


def strays(engine: Engine, catalog: Catalog, schema: Schema) -> list[int]:
    """Return the passages that an engine lacks, has too many, or was told otherwise than the catalog has it.

    It compares what was told, not the engine's own files; those carry checks of their own.
    """
    kept = engine.stamps()
    told = documents(catalog, schema, None)
    wrong = [made.passage for made in told if kept.pop(made.passage, -1) != made.stamp]
    return sorted({*wrong, *kept})


def follow(engine: Engine, catalog: Catalog, schema: Schema, progress: Progress | None = None) -> bool:
    """Take into an engine what changed since it last followed; False when another process is at it.

    All is made anew for another catalog, and when most of it changed.
    """
    now = Position(catalog.generation, catalog.last_seq)
    last = engine.position()
    if last == now:
        return True
    customers: list[int] | None = None
    if last is not None and last.generation == now.generation and last.seq < now.seq:
        customers = [change.key for change in changes_since(catalog, last.seq)]
        if len(customers) > _FEW and len(customers) > _MANY * _size(catalog):
            customers = None
    try:
        if customers is None:
            _make_anew(engine, catalog, schema, progress)
        else:
            _write(engine, catalog, schema, now, customers, progress)
    except EngineLocked:
        return False
    return True


def _make_anew(engine: Engine, catalog: Catalog, schema: Schema, progress: Progress | None) -> None:
    """Tell an engine everything, in place of all that it was told."""
    began = time.monotonic()
    due = sweep_due(catalog, engine.name)
    _write(engine, catalog, schema, Position(catalog.generation, catalog.last_seq), None, progress)
    if due is not None:
        note_swept(catalog, engine.name, due)
    note_measure(catalog, "index_seconds", engine.name, time.monotonic() - began)


def _write(
    engine: Engine,
    catalog: Catalog,
    schema: Schema,
    position: Position,
    customers: list[int] | None,
    progress: Progress | None,
) -> None:
    total = _count(catalog, customers)
    with closing(documents(catalog, schema, customers)) as told:
        engine.write(position, customers, told, progress, total)


def note_measure(catalog: Catalog, what: str, engine: str, value: float) -> None:
    """Keep how long something took, for `vault doctor`; where that can't be kept, nothing is lost."""
    with suppress(VaultError):
        catalog.set_meta(f"{what}:{engine}", f"{value:.1f}")


def _size(catalog: Catalog) -> int:
    return int(catalog.rows("SELECT count(*) FROM customers")[0][0])


def _count(catalog: Catalog, customers: list[int] | None) -> int:
    """Return how many passages these customers have, or all (None)."""
    if customers is None:
        return int(catalog.rows("SELECT count(*) FROM passages")[0][0])
    total = 0
    for some in in_parts(customers):
        marks = ", ".join("?" * len(some))
        total += catalog.rows(f"SELECT count(*) FROM passages WHERE customer IN ({marks})", some)[0][0]
    return total
