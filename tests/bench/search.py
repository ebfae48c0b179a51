"""Search against `rg -il`, whole processes, interleaved: `python -m tests.bench.search`.

Without arguments it prints the rows for 10,000 and 1,000 customers; `--large` adds those for 100,000, which
take half an hour. One row alone: `--customers 10000 --engine tantivy --watcher`. `--place DIR` keeps the vaults
and their indexes for the next run.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from tests.bench.generate import corpus
from tests.bench.kinds import RULES, SAMPLE, Kind, kinds
from tests.bench.measure import Bench, Case, Samples, interleaved, median_ms, ratio

UNTIL_FRESH = 600.0


class Row(NamedTuple):
    """A row of the table: what is measured, and how much longer than `rg` (or how many ms) is enough.

    `targets` are for some kinds alone; `target` is for all others, None for none.
    """

    customers: int
    engine: str
    watcher: bool
    target: float | None = None
    targets: Mapping[str, float] = MappingProxyType({})
    in_ms: bool = False

    def enough(self, kind: str) -> float | None:
        """Return the target for a kind of query."""
        return self.targets.get(kind, self.target)


WHOOSH = {"rare": 1.0, "two-character": 1.0, "common": 3.0, "han phrase": 3.0, "english phrase": 3.0}
ROWS = [
    Row(10_000, "tantivy", True, 0.5),
    Row(10_000, "tantivy", False, 2.0),
    Row(10_000, "whoosh", True, None, WHOOSH),
    Row(1_000, "whoosh", False, 200.0, in_ms=True),
]
LARGE = [Row(100_000, "tantivy", True, 0.08), Row(100_000, "tantivy", False, 1.1)]


class Measured(NamedTuple):
    """A kind of query in one row: passages found, times and their ratio."""

    kind: str
    found: int
    ours_ms: float
    rg_ms: float
    ratio: float
    enough: float | None
    figure: float

    @property
    def is_missed(self) -> bool:
        """Tell whether the target was missed."""
        return self.enough is not None and self.figure > self.enough


@contextmanager
def watching(bench: Bench, root: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Have `vault watch` run over a vault, in sync from the first moment on."""
    process = subprocess.Popen(
        bench.command(root, "watch"), env=bench.env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        until = time.monotonic() + UNTIL_FRESH
        while ask(bench, root, "x")["fresh"] != "watcher":
            if process.poll() is not None:
                assert process.stderr is not None
                sys.exit(f"vault watch ended: {process.stderr.read().decode(errors='replace')}")
            if time.monotonic() > until:
                sys.exit("vault watch is not in sync")
            time.sleep(0.2)
        yield process
    finally:
        process.terminate()
        process.wait()


def ask(bench: Bench, root: Path, query: str) -> dict[str, Any]:
    """Search once and return the answer."""
    ran = bench.run(root, "search", "--json", query)
    if ran.returncode not in (0, 1):
        sys.exit(f"vault search {query}: exit status {ran.returncode}\n{ran.stderr}")
    answer: dict[str, Any] = json.loads(ran.stdout)
    return answer


def measure_row(bench: Bench, row: Row, runs: int) -> list[Measured]:
    """Measure every kind of query as this row says."""
    root = bench.vault(row.customers, row.engine)
    asked = kinds(corpus(bench.seed))
    first = bench.run(root, "search", asked[0].query)
    if first.returncode:
        sys.exit(f"vault search: exit status {first.returncode}\n{first.stderr}")
    if not row.watcher:
        return _measure(bench, row, root, asked, runs)
    with watching(bench, root):
        return _measure(bench, row, root, asked, runs)


def _measure(bench: Bench, row: Row, root: Path, asked: list[Kind], runs: int) -> list[Measured]:
    fresh = "watcher" if row.watcher else "walk"
    found = {}
    for kind in asked:
        answer = ask(bench, root, kind.query)
        assert (answer["engine"], answer["fresh"]) == (row.engine, fresh), answer
        found[kind.name] = answer["total"]
    cases = [case for kind in asked for case in _cases(bench, root, kind)]
    samples = interleaved(cases, bench.env, runs, bench.seed)
    return [_measured(row, kind, found[kind.name], samples) for kind in asked]


def _cases(bench: Bench, root: Path, kind: Kind) -> Iterator[Case]:
    yield Case(f"vault {kind.name}", bench.command(root, "search", kind.query), ok=frozenset({0, 1}))
    rg = shutil.which("rg")
    if rg is None:
        sys.exit("This table is about ripgrep: rg is not installed.")
    yield Case(f"rg {kind.name}", [rg, "-il", kind.pattern, str(root)], ok=frozenset({0, 1}))


def _measured(row: Row, kind: Kind, found: int, samples: Samples) -> Measured:
    ours, theirs = samples[f"vault {kind.name}"], samples[f"rg {kind.name}"]
    times = ratio(ours, theirs)
    figure = median_ms(ours) if row.in_ms else times
    return Measured(
        kind.name, found, median_ms(ours), median_ms(theirs), times, row.enough(kind.name), figure
    )


def lines(row: Row, measured: list[Measured]) -> Iterator[str]:
    """Yield the lines of one row of the table, a line for each kind of query."""
    unit = " ms" if row.in_ms else "x"
    busy = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    yield f"{row.customers:,} customers, {row.engine}, {'with' if row.watcher else 'no'} watcher{busy}"
    yield f"  {'query':<16}{'passages':>9}{'vault ms':>10}{'rg ms':>8}{'/rg':>7}{'target':>9}"
    for kind in measured:
        target = "" if kind.enough is None else f"{kind.enough:g}{unit}"
        yield (
            f"  {kind.kind:<16}{kind.found:>9,}{kind.ours_ms:>10.0f}{kind.rg_ms:>8.0f}{kind.ratio:>7.2f}"
            f"{target:>9}{'  missed' if kind.is_missed else ''}"
        )
    figures = [kind.figure for kind in measured]
    aimed = [kind for kind in measured if kind.enough is not None]
    missed = sum(kind.is_missed for kind in aimed)
    verdict = f"{missed} of {len(aimed)} miss the target" if missed else "every target is met"
    yield (
        f"  median of kinds {statistics.median(figures):.3g}{unit}, worst {max(figures):.3g}{unit}"
        f"{f'; {verdict}' if aimed else ''}"
    )


def said(bench: Bench) -> Iterator[str]:
    """Yield the words that were chosen, and how."""
    yield f"Words, by their share of the passages of the first {SAMPLE:,} customers:"
    for kind in kinds(corpus(bench.seed)):
        yield f"  {kind.name}: {kind.query} ({RULES[kind.name]})"


def main() -> None:
    """Print the rows that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int)
    parser.add_argument("--engine", choices=("whoosh", "tantivy"))
    parser.add_argument("--watcher", action="store_true")
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--place", type=Path)
    wanted = parser.parse_args()
    rows = [*ROWS, *(LARGE if wanted.large else [])]
    if wanted.customers or wanted.engine or wanted.watcher:
        asked = Row(wanted.customers or 10_000, wanted.engine or "tantivy", wanted.watcher)
        known = [row for row in [*ROWS, *LARGE] if row[:3] == asked[:3]]
        rows = known or [asked]
    with tempfile.TemporaryDirectory(prefix="vault-bench-") as made:
        bench = Bench(wanted.place or Path(made), wanted.seed)
        print("\n".join(said(bench)))
        totals: dict[tuple[int, str], int] = {}
        for row in rows:
            print()
            measured = measure_row(bench, row, wanted.runs)
            print("\n".join(lines(row, measured)), flush=True)
            for kind in measured:
                if kind.found != totals.setdefault((row.customers, kind.kind), kind.found):
                    print(f"  {kind.kind}: another row found {totals[row.customers, kind.kind]:,} passages")


if __name__ == "__main__":
    main()
