"""Look after a vault's catalog and index: how they stand, making them anew, comparing them with the files."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Literal

from vault_tool.named import NamedTuple
from vault_tool.search.engine import Engine, EngineBusy, EngineDamaged, Progress, open_engine
from vault_tool.search.follow import follow, strays
from vault_tool.vault.catalog import Catalog, CatalogDamaged
from vault_tool.vault.catalog_read import changes_since, in_parts
from vault_tool.vault.lock import write_lock
from vault_tool.vault.vault import Vault

State = Literal["current", "behind", "missing", "damaged"]


class IndexStatus(NamedTuple):
    """How a vault's index stands; `behind` counts the customers that it has not taken in as they are now.

    `written` is when its files last changed; `built_seconds` and `query_ms` are what building it and asking
    it last took, as far as that is known.
    """

    state: State
    engine: str
    engine_version: str
    customers: int
    passages: int
    behind: int
    position: int | None
    catalog_position: int
    index_bytes: int
    catalog_bytes: int
    written: float | None
    built_seconds: float | None
    query_ms: float | None


def index_status(vault: Vault) -> IndexStatus:
    """Look how the index stands against the catalog as it is; nothing is changed."""
    catalog = vault.catalog
    customers = _count(catalog, "customers")
    with closing(_engine(vault)) as engine:
        state, behind, position = _standing(engine, catalog, customers)
    folder = _folder(vault)
    files = _files(folder / engine.name) if folder else []
    return IndexStatus(
        state=state,
        engine=engine.name,
        engine_version=_version(engine.name),
        customers=customers,
        passages=_count(catalog, "passages"),
        behind=behind,
        position=position,
        catalog_position=catalog.last_seq,
        index_bytes=sum(size for size, _ in files),
        catalog_bytes=sum(size for size, _ in _catalog_files(catalog)),
        written=max((mtime for _, mtime in files), default=None),
        built_seconds=measured(catalog, "index_seconds", engine.name),
        query_ms=measured(catalog, "query_ms", engine.name),
    )


def measured(catalog: Catalog, what: str, engine: str) -> float | None:
    """Return what was last measured of an engine: `index_seconds` of a whole build, `query_ms`."""
    try:
        return float(str(catalog.meta(f"{what}:{engine}")))
    except ValueError:
        return None


def _standing(engine: Engine, catalog: Catalog, customers: int) -> tuple[State, int, int | None]:
    try:
        position = engine.position()
    except EngineDamaged:
        return "damaged", customers, None
    if position is None:
        return "missing", customers, None
    if position.generation != catalog.generation or position.seq > catalog.last_seq:
        return "behind", customers, position.seq
    behind = sum(1 for _ in changes_since(catalog, position.seq))
    return ("behind" if behind else "current"), behind, position.seq


def rebuild(vault: Vault, reading: Progress | None = None, indexing: Progress | None = None) -> None:
    """Make the catalog and then the index anew.

    The new catalog is made beside the old one and takes its place at once: who stops before that has lost
    nothing, and who stops after it has an index that the next search makes. Raises `Busy` while another
    command writes, and `EngineBusy` when another process is writing to the index.
    """
    with write_lock(vault.places, "index --rebuild"):
        _rebuild(vault, reading, indexing)


def _rebuild(vault: Vault, reading: Progress | None, indexing: Progress | None) -> None:
    if vault.catalog.is_in_memory:
        vault.catalog.start_anew()
    else:
        _forget_left_overs(vault.places.cache)
        with tempfile.TemporaryDirectory(
            prefix=_BESIDE, dir=vault.places.cache, ignore_cleanup_errors=True
        ) as folder:
            beside = Vault(
                vault.root, vault.settings, vault.schema, vault.places._replace(cache=Path(folder))
            )
            with closing(beside.catalog):
                beside.fresh(reading)
                vault.catalog.become(beside.catalog)
    # What was saved meanwhile.
    vault.fresh(reading)
    with closing(_engine(vault)) as engine:
        engine.clear()
        if not follow(engine, vault.catalog, vault.schema, indexing):
            raise EngineBusy


_BESIDE = "rebuild-"


def _forget_left_overs(cache: Path) -> None:
    """Remove what a rebuild that was killed has left."""
    for folder in cache.glob(f"{_BESIDE}*"):
        shutil.rmtree(folder, ignore_errors=True)


class Difference(NamedTuple):
    """Where the catalog differs from a file, or the index from the catalog.

    `line` 0 is the whole note. `what` is the table of the catalog that differs, or `missing`, `gone`,
    `changed`, `orphans`, `damage`; without a path it is no single note.
    """

    where: Literal["catalog", "index"]
    path: str
    line: int
    what: str
    detail: str = ""


class Verified(NamedTuple):
    """What comparing found, among so many notes and passages."""

    notes: int
    passages: int
    differences: list[Difference]


def verify(vault: Vault, progress: Progress | None = None) -> Verified:
    """Compare the catalog with the files, and the index with the catalog, which it has caught up with before.

    Raises `EngineBusy` when another process is writing to the index.
    """
    catalog = vault.catalog
    try:
        found = [*_wrong_in_catalog(vault, progress), *_wrong_in_index(vault, progress)]
        notes, passages = (_count(catalog, table) for table in ("files", "passages"))
    except CatalogDamaged:
        return Verified(0, 0, [Difference("catalog", "", 0, "damage")])
    return Verified(notes, passages, found)


def _wrong_in_catalog(vault: Vault, progress: Progress | None) -> Iterator[Difference]:
    from vault_tool.vault.verify import differences

    for path, what, detail in differences(vault.catalog, vault.root, vault.settings, vault.schema, progress):
        yield Difference("catalog", path, 0, what, detail)


def _wrong_in_index(vault: Vault, progress: Progress | None) -> Iterator[Difference]:
    catalog = vault.catalog
    try:
        with closing(_engine(vault)) as engine:
            if not follow(engine, catalog, vault.schema, progress):
                raise EngineBusy
            for path, line in _places(catalog, strays(engine, catalog, vault.schema)):
                yield Difference("index", path, line, "passages" if path else "orphans")
    except EngineDamaged:
        yield Difference("index", "", 0, "damage")


def _count(catalog: Catalog, table: Literal["customers", "files", "passages"]) -> int:
    return int(catalog.rows(f"SELECT count(*) FROM {table}")[0][0])


def _places(catalog: Catalog, passages: Iterable[int]) -> Iterator[tuple[str, int]]:
    """Yield path and line of passages; of those that the catalog doesn't have, none."""
    for some in in_parts(sorted(passages)):
        marks = ", ".join("?" * len(some))
        sql = (
            "SELECT p.key, c.path, p.line FROM passages p JOIN customers c ON c.key = p.customer"
            f" WHERE p.key IN ({marks})"
        )
        places = {key: (path, line) for key, path, line in catalog.rows(sql, some)}
        yield from (places.get(key, ("", 0)) for key in some)


def _folder(vault: Vault) -> Path | None:
    return None if vault.catalog.is_in_memory else vault.places.cache / "search"


def _engine(vault: Vault) -> Engine:
    return open_engine(vault.settings.search.engine, _folder(vault))


def _version(engine: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(engine)
    except PackageNotFoundError:
        return ""


def _catalog_files(catalog: Catalog) -> list[tuple[int, float]]:
    return _files(catalog.path.parent, f"{catalog.path.name}*") if catalog.path else []


def _files(folder: Path, pattern: str = "**/*") -> list[tuple[int, float]]:
    """Return size and time of the files in a folder."""
    found = []
    for path in folder.glob(pattern):
        with suppress(OSError):
            if path.is_file():
                seen = path.stat()
                found.append((seen.st_size, seen.st_mtime))
    return found
