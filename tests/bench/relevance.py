"""How good the order of the hits is, by judged queries: `python -m tests.bench.relevance`.

`--show` lists every query that is not answered in the best order, and what came.
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from tests.bench.judged import AROUND, HALVES, VAULTS, Judged, judged, missing, write
from tests.bench.metrics import ndcg, reciprocal_rank
from vault_tool.search.query import Reading, parse_query
from vault_tool.search.search import search
from vault_tool.vault.vault import Vault, vault_at

TODAY = date(2026, 11, 22)
SEED = 1
DEPTH = 10


class Answered(NamedTuple):
    """A judged query and the hits that came, the best first."""

    query: Judged
    came: list[str]

    @property
    def grades(self) -> list[int]:
        """The grade of each hit that came; an entry found twice counts once."""
        first = dict.fromkeys(self.came)
        return [self.query.hits.get(hit, 0) for hit in first]

    @property
    def ndcg(self) -> float:
        """How much of the best order's gain this one has."""
        return ndcg(self.grades, list(self.query.hits.values()), DEPTH)

    @property
    def reciprocal_rank(self) -> float:
        """1 / rank of the first of the best hits."""
        return reciprocal_rank(self.grades, list(self.query.hits.values()))


def engines() -> list[str]:
    """Return the engines that are installed."""
    return ["whoosh", *(["tantivy"] if importlib.util.find_spec("tantivy") else [])]


def opened(name: str, place: Path, around: int = AROUND) -> Vault:
    """Write a vault into a place and open it, its catalog fresh."""
    root = place / name
    write(name, root, SEED, around)
    vault = vault_at(root, {"VAULT_NOTES_HOME": str(place / "home")})
    vault.fresh()
    return vault


def there(vault: Vault) -> set[str]:
    """Return every hit there could be, by the name a judgment gives it."""
    rows = vault.catalog.rows(
        "SELECT customers.path, passages.day FROM passages JOIN customers ON customers.key = passages.customer"
    )
    return {named(PurePosixPath(path), day) for path, day in rows}


def named(path: PurePosixPath, day: str | None) -> str:
    """Return the name a judgment gives to a hit."""
    return f"{path.stem} {day or 'profile'}"


def answered(vault: Vault, engine: str, queries: Iterable[Judged]) -> Iterator[Answered]:
    """Ask an engine each of these queries."""
    chosen = vault.settings._replace(search=vault.settings.search._replace(engine=engine))
    vault.settings = chosen
    reading = Reading(vault.schema, TODAY, lambda: "li.na", lambda name: name, chosen.queries.get)
    for query in queries:
        tree = parse_query(query.text, reading)
        answer = search(vault, query.text, tree, TODAY, limit=2 * DEPTH)
        assert answer.engine == engine, answer.engine
        yield Answered(query, [named(hit.path, hit.passage.day) for hit in answer.hits])


def figures(done: Sequence[Answered]) -> str:
    """Return nDCG, MRR and how many queries they are of."""
    if not done:
        return "-"
    gain = statistics.fmean(one.ndcg for one in done)
    rank = statistics.fmean(one.reciprocal_rank for one in done)
    return f"{gain:.3f} {rank:.3f} ({len(done)})"


def table(engine: str, done: Sequence[Answered]) -> Iterator[str]:
    """Yield the lines of one engine."""
    for half in HALVES:
        own = [one for one in done if one.query.half == half]
        parts = [figures([one for one in own if one.query.vault == name]) for name in VAULTS]
        yield f"{engine:<9}{half:<10}" + "".join(f"{part:<19}" for part in (*parts, figures(own)))


def faults(done: Iterable[Answered]) -> Iterator[str]:
    """Yield the queries that are not answered in the best order, with what came."""
    for one in done:
        if one.ndcg < 0.9995:
            query = one.query
            yield f"{one.ndcg:.3f}  {query.half}, {query.vault}, {query.kind}: {query.text}"
            for rank, hit in enumerate(one.came[:DEPTH], 1):
                yield f"       {rank:>2} {query.hits.get(hit, '-')} {hit}"
            for hit in query.hits.keys() - set(one.came):
                yield f"        - {query.hits[hit]} {hit}"


def main() -> None:
    """Print the figures of every engine that is installed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--show", action="store_true")
    wanted = parser.parse_args()
    print(f"{'engine':<9}{'half':<10}" + "".join(f"{name:<19}" for name in (*VAULTS, "all")), end="")
    print("nDCG@10 MRR (queries)")
    with tempfile.TemporaryDirectory(prefix="vault-bench-") as place:
        vaults = {name: opened(name, Path(place)) for name in VAULTS}
        for name, vault in vaults.items():
            for line in missing(judged(name), there(vault)):
                print(f"warning: no such entry: {line}", file=sys.stderr)
        for engine in engines():
            done = [one for name, vault in vaults.items() for one in answered(vault, engine, judged(name))]
            print("\n".join(table(engine, done)))
            if wanted.show:
                print("\n".join(faults(done)))
        for vault in vaults.values():
            vault.catalog.close()


if __name__ == "__main__":
    main()
