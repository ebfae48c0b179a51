"""Building an index, one save into it, and how soon a save is found: `python -m tests.bench.build`.

Without arguments: 10,000 customers, both engines. `--customers 100000 --engine tantivy` measures the large
one. `--place DIR` keeps the vaults for the next run; every index is built anew.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain, count
from pathlib import Path
from typing import NamedTuple

from tests.bench.generate import corpus, file_name
from tests.bench.measure import Bench, percentile
from tests.bench.search import ask, watching
from vault_tool.search.documents import documents
from vault_tool.search.engine import open_engine
from vault_tool.search.follow import catch_up, follow
from vault_tool.vault.vault import Vault, vault_at
from vault_tool.watch.intake import Intake

ENGINES = ("tantivy", "whoosh")
SAVES = 50
# What the bare loop keeps: the fields of the real index that tokens and numbers go to.
TEXTS = {"own": "position", "head": "position", "forms": "basic"}
NUMBERS = ("passage", "customer", "day")
FIND_WITHIN = 10.0
MOST_BARE = 20_000


class Built(NamedTuple):
    """A first search that had to read all notes and build the index: its time, and the most memory."""

    seconds: float
    peak_mb: float


# --- builds ------------------------------------------------------------------------------------------------


def built(bench: Bench, root: Path, place: Path) -> Built:
    """Search where there is neither catalog nor index, as a whole process; its children's memory counts."""
    env = {**bench.env, "VAULT_NOTES_HOME": str(place)}
    started = time.perf_counter()
    process = subprocess.Popen(
        bench.command(root, "search", "x"), env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    peak = 0.0
    while process.poll() is None:
        peak = max(peak, memory_mb(process.pid))
        time.sleep(0.05)
    seconds = time.perf_counter() - started
    if process.returncode not in (0, 1):
        sys.exit(f"vault search: exit status {process.returncode}")
    return Built(seconds, peak)


def memory_mb(pid: int) -> float:
    """Return what a process and its children hold, pages they share counted once (Linux; elsewhere 0)."""
    total = 0.0
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) / 1024
        for task in Path(f"/proc/{pid}/task").iterdir():
            total += sum(memory_mb(int(child)) for child in (task / "children").read_text().split())
    return total


def filled(vault: Vault, engine: str, place: Path) -> float:
    """Build an index from a catalog that is ready, in this process; return the seconds."""
    made = open_engine(engine, place)
    started = time.perf_counter()
    assert follow(made, vault.catalog, vault.schema)
    seconds = time.perf_counter() - started
    made.close()
    return seconds


def bare_loop(vault: Vault, place: Path) -> float:
    """Index the same tokens with tantivy alone, all of them at hand beforehand; return the seconds."""
    import tantivy

    builder = tantivy.SchemaBuilder()
    for name, option in TEXTS.items():
        builder.add_text_field(name, tokenizer_name="blanks", index_option=option)
    for name in NUMBERS:
        builder.add_unsigned_field(name, fast=True)
    place.mkdir(parents=True)
    index = tantivy.Index(builder.build(), path=str(place))
    blanks = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
    index.register_tokenizer("blanks", blanks)
    told = [
        ((made.own, made.head, made.forms), (made.passage, made.customer, made.day or 0))
        for made in documents(vault.catalog, vault.schema, None)
    ]
    started = time.perf_counter()
    writer = index.writer(120_000_000, 1)
    for texts, numbers in told:
        document = tantivy.Document()
        for name, text in zip(TEXTS, texts, strict=True):
            document.add_text(name, text)
        for name, number in zip(NUMBERS, numbers, strict=True):
            document.add_unsigned(name, number)
        writer.add_document(document)
    writer.commit()
    writer.wait_merging_threads()
    return time.perf_counter() - started


def builds(bench: Bench, customers: int, engine: str, runs: int) -> Iterator[str]:
    """Yield the lines on building."""
    root = bench.vault(customers, engine)
    with tempfile.TemporaryDirectory(dir=bench.folder) as place:
        whole = built(bench, root, Path(place, "home"))
    yield (
        f"  notes to index, whole process: {whole.seconds:.1f} s, {customers / whole.seconds:,.0f} customers/s, "
        f"peak {whole.peak_mb:,.0f} MB with children"
    )
    vault = opened(bench, root)
    ours, theirs = [], []
    for run in range(runs):
        with tempfile.TemporaryDirectory(dir=bench.folder) as place:
            ours.append(filled(vault, engine, Path(place, f"ours{run}")))
            if engine == "tantivy" and customers <= MOST_BARE:
                theirs.append(bare_loop(vault, Path(place, f"bare{run}")))
    vault.catalog.close()
    seconds = statistics.median(ours)
    line = f"  catalog to index: {seconds:.1f} s, {customers / seconds:,.0f} customers/s (median of {runs})"
    if theirs:
        speed = statistics.median(bare / our for our, bare in zip(ours, theirs, strict=True))
        line += (
            f"; a bare tantivy loop {statistics.median(theirs):.1f} s: {speed:.2f} of its speed, target 0.4"
        )
    else:
        line += "; target 130 customers/s"
    yield line


# --- one save ----------------------------------------------------------------------------------------------


def opened(bench: Bench, root: Path) -> Vault:
    """Open a vault whose catalog and index are up to date."""
    vault = vault_at(root, bench.env)
    vault.fresh()
    assert catch_up(vault)
    return vault


def save(bench: Bench, root: Path, number: int, word: str) -> str:
    """Add a line to a note as editors do: another file, put in its place."""
    name = file_name(corpus(bench.seed), number)
    path = next((root / "customers").glob(f"*/{name}.md"))
    beside = path.with_name(f".{name}.md.new")
    beside.write_text(f"{path.read_text(encoding='utf-8')}\n{word}\n", encoding="utf-8", newline="\n")
    beside.replace(path)
    return path.relative_to(root).as_posix()


def work(bench: Bench, customers: int, engine: str) -> Iterator[str]:
    """Yield the lines on what one save costs, in a process that has everything open."""
    root = bench.vault(customers, engine)
    vault = opened(bench, root)
    intake = Intake(vault)
    catalog, index = [], []
    for turn in range(SAVES):
        path = save(bench, root, turn * customers // SAVES, f"worked{turn}")
        started = time.perf_counter()
        assert intake.take([path]).changed
        taken = time.perf_counter()
        assert intake.index()
        catalog.append((taken - started) * 1000)
        index.append((time.perf_counter() - taken) * 1000)
    vault.catalog.close()
    total = [one + other for one, other in zip(catalog, index, strict=True)]
    yield (
        f"  one save, work of the watcher: median {statistics.median(total):.0f} ms (catalog "
        f"{statistics.median(catalog):.0f}, index {statistics.median(index):.0f}), p95 "
        f"{percentile(total, 95):.0f} ms, {SAVES} saves, target 60 ms"
    )


# --- found -------------------------------------------------------------------------------------------------


class Found(NamedTuple):
    """When the answer that holds a save was in hand, in ms after it; the how manieth search it was of."""

    done: float
    searches: int
    walked: bool


def found(bench: Bench, customers: int, engine: str) -> Iterator[str]:
    """Yield the lines on how soon a save is found while a watcher runs."""
    root = bench.vault(customers, engine)
    bench.run(root, "search", "x")
    with watching(bench, root):
        at_once = [_saved(bench, root, turn, 0.0) for turn in range(SAVES)]
        later = [_saved(bench, root, turn, 0.1) for turn in range(SAVES, 2 * SAVES)]
    for name, times in (("at once", at_once), ("after 100 ms", later)):
        first = sum(one.searches == 1 for one in times)
        told = sum(not one.walked for one in times)
        done = [one.done for one in times]
        yield (
            f"  save to found, searching from {name} on: the first search found {first} of {SAVES}, "
            f"{told} without a walk; answer in hand median {statistics.median(done):.0f} ms, "
            f"p95 {percentile(done, 95):.0f} ms after the save, target 100 and 500 ms"
        )


def _saved(bench: Bench, root: Path, turn: int, wait: float) -> Found:
    word = f"saved{turn}x{os.getpid()}"
    save(bench, root, turn * 7 + 3, word)
    saved = time.perf_counter()
    time.sleep(wait)
    found = _found(bench, root, word, saved)
    # The next one is a save after a calm again, as of a person who writes.
    time.sleep(0.5)
    return found


def _found(bench: Bench, root: Path, word: str, saved: float) -> Found:
    """Search again and again until the word is found."""
    for searches in count(1):
        answer = ask(bench, root, word)
        ms = (time.perf_counter() - saved) * 1000
        if answer["total"]:
            return Found(ms, searches, answer["fresh"] == "walk")
        if ms > FIND_WITHIN * 1000:
            break
    sys.exit(f"{word} is not found within {FIND_WITHIN} s")


def main() -> None:
    """Print what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=10_000)
    parser.add_argument("--engine", choices=ENGINES)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--place", type=Path)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vault-bench-") as made:
        bench = Bench(wanted.place or Path(made), wanted.seed)
        for engine in [wanted.engine] if wanted.engine else ENGINES:
            print(f"{wanted.customers:,} customers, {engine}")
            # A build in two processes takes minutes with Whoosh: once is enough.
            runs = wanted.runs if engine == "tantivy" else 1
            for line in chain(
                builds(bench, wanted.customers, engine, runs),
                work(bench, wanted.customers, engine),
                found(bench, wanted.customers, engine),
            ):
                print(line, flush=True)


if __name__ == "__main__":
    main()
