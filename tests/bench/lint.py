"""`vault lint` against other linters, whole processes, interleaved: `python -m tests.bench.lint`.

All in one run on one vault: `vault lint` with every default rule, cold (nothing kept from before) and once more;
`yamllint` on the front matter of the same notes; `markdownlint-cli2` on the notes; `pymarkdown`, which would
take minutes, on the first hundred of them, its rate from start to end taken for that of all. The others are
installed beside the vault, pinned; one that can't be had is left out, with the reason.

They check other things than we do: what is compared is the time people wait.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from tests.bench.measure import Bench, Case, Sample, measure
from vault_tool.notes.frontmatter import cut

PINNED = ("yamllint==1.38.0", "pymarkdownlnt==0.9.41")
PINNED_NODE = "markdownlint-cli2@0.24.1"
SAMPLE = 100

OURS, AGAIN = "vault lint, cold", "vault lint, again"
YAMLLINT, PYMARKDOWN, MARKDOWNLINT = "yamllint, front matter", "pymarkdown", "markdownlint-cli2"
TIMES_FASTER = {YAMLLINT: 8.0, PYMARKDOWN: 5.0, MARKDOWNLINT: 5.0}
AGAIN_SHARE = 0.1

# As in our own rules a line is as long as its sentence; Chinese has no narrower way to write one.
_YAMLLINT = "{extends: relaxed, rules: {line-length: disable}}"
_MARKDOWNLINT = '{"config": {"MD013": false}, "noBanner": true, "noProgress": true}\n'
_FOUND = frozenset({0, 1})


class NotToBeHad(Exception):
    """A linter can't be installed here; the message says why."""


class Row(NamedTuple):
    """What one linter took: its times in seconds, and the files they are for."""

    name: str
    files: int
    seconds: Sequence[float]

    @property
    def rate(self) -> float:
        """Files per second, by the median of the times."""
        return self.files / statistics.median(self.seconds)


# --- what is measured --------------------------------------------------------------------------------------


def extract(root: Path, folder: Path) -> int:
    """Write the front matter of every note of a vault as a YAML file of its own; return how many."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    count = 0
    for path in sorted((root / "customers").rglob("*.md")):
        text = path.read_bytes().decode()
        found = cut(text)
        if found is not None:
            target = folder / f"{count // 500:03}" / f"{path.stem}.yaml"
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(f"---\n{found[1].of(text)}".encode())
            count += 1
    return count


def some_of(root: Path, folder: Path, count: int) -> int:
    """Copy the first notes of a vault; return how many."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    paths = list(islice(sorted((root / "customers").rglob("*.md")), count))
    for path in paths:
        shutil.copyfile(path, folder / path.name)
    return len(paths)


def install_python(folder: Path) -> Path:
    """Install the pinned Python linters into an environment of their own; return where its programs are."""
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    if not (folder / "made").exists():
        _succeed([sys.executable, "-m", "venv", str(folder)])
        _succeed([str(programs / "python"), "-m", "pip", "install", "-q", *PINNED])
        (folder / "made").touch()
    return programs


def install_node(folder: Path) -> list[str]:
    """Install the pinned linter that runs on Node; return the command that starts it."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise NotToBeHad("npm is not installed")
    package = folder / "node_modules" / PINNED_NODE.partition("@")[0]
    if not package.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _succeed(
            [npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), PINNED_NODE]
        )
    return [node, str(package / "markdownlint-cli2-bin.mjs")]


def _succeed(argv: Sequence[str]) -> None:
    ran = subprocess.run(argv, capture_output=True, text=True, encoding="utf-8")
    if ran.returncode:
        told = (ran.stderr.strip() or ran.stdout.strip() or "no reason given").splitlines()
        raise NotToBeHad(f"{Path(argv[0]).name}: {told[-1]}")


def others(root: Path, place: Path, left_out: dict[str, str]) -> Iterator[Case]:
    """Yield the other linters; into `left_out` go those that can't be had, with the reason."""
    count = extract(root, place / "front")
    try:
        programs = install_python(place / "linters")
        yield Case(
            YAMLLINT, [str(programs / "yamllint"), "-d", _YAMLLINT, str(place / "front")], count, ok=_FOUND
        )
        sample = some_of(root, place / "sample", SAMPLE)
        scan = [str(programs / "pymarkdown"), "--enable-extensions", "front-matter", "-d", "md013", "scan"]
        yield Case(PYMARKDOWN, [*scan, str(place / "sample")], sample, ok=_FOUND)
    except NotToBeHad as reason:
        left_out |= dict.fromkeys((YAMLLINT, PYMARKDOWN), str(reason))
    try:
        command = install_node(place / "node")
        settings = place / ".markdownlint-cli2.jsonc"
        settings.write_text(_MARKDOWNLINT, encoding="utf-8")
        notes = f"{(root / 'customers').as_posix()}/**/*.md"
        yield Case(MARKDOWNLINT, [*command, "--config", str(settings), notes], count, ok=_FOUND)
    except NotToBeHad as reason:
        left_out[MARKDOWNLINT] = str(reason)


def timed(bench: Bench, root: Path, cases: Sequence[Case], runs: int) -> list[Row]:
    """Run everything in turn, each turn in another order; ours twice, first where nothing is kept."""
    notes = sum(1 for _ in (root / "customers").rglob("*.md"))
    ours = Case(OURS, bench.command(root, "lint", "--format", "concise"), notes, ok=_FOUND)
    samples: dict[str, list[Sample]] = {name: [] for name in (OURS, AGAIN, *(case.name for case in cases))}
    dice = random.Random(bench.seed)
    for _ in range(runs):
        for case in dice.sample([ours, *cases], len(cases) + 1):
            if case is not ours:
                samples[case.name].append(measure(case, bench.env))
                continue
            with tempfile.TemporaryDirectory(prefix="vault-home-") as home:
                env = {**bench.env, "VAULT_NOTES_HOME": home}
                samples[OURS].append(measure(case, env))
                samples[AGAIN].append(measure(case, env))
    files = {OURS: notes, AGAIN: notes, **{case.name: case.files for case in cases}}
    return [Row(name, files[name], [one.seconds for one in taken]) for name, taken in samples.items()]


# --- what is told ------------------------------------------------------------------------------------------


def lines(rows: Sequence[Row], left_out: Mapping[str, str]) -> Iterator[str]:
    """Yield the lines of the table."""
    ours = rows[0]
    yield f"  {'':<24}{'files':>7}{'seconds':>9}{'files/s':>9}   vault lint is"
    for row in rows:
        seconds = statistics.median(row.seconds)
        told = f"  {row.name:<24}{row.files:>7,}{seconds:>9.2f}{row.rate:>9,.0f}"
        if row.name == AGAIN:
            share = statistics.median(
                again / cold for again, cold in zip(row.seconds, ours.seconds, strict=True)
            )
            missed = "  missed" if share > AGAIN_SHARE else ""
            told += f"   {share:.2f} of cold, target {AGAIN_SHARE:g}{missed}"
        elif row is not ours:
            faster = times_faster(ours, row)
            missed = "  missed" if faster < TIMES_FASTER[row.name] else ""
            told += f"   {faster:.1f}x as fast, target {TIMES_FASTER[row.name]:g}x{missed}"
        yield told
    for name, reason in left_out.items():
        yield f"  {name:<24}left out: {reason}"


def times_faster(ours: Row, theirs: Row) -> float:
    """Return how many files we check while they check one; the median of the turns."""
    turns = zip(ours.seconds, theirs.seconds, strict=True)
    return statistics.median(their / theirs.files * ours.files / our for our, their in turns)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--place", type=Path)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vault-bench-") as made:
        place = (wanted.place or Path(made)).absolute()
        bench = Bench(place, wanted.seed)
        root = bench.vault(wanted.customers)
        left_out: dict[str, str] = {}
        cases = list(others(root, place / "lint", left_out))
        rows = timed(bench, root, cases, wanted.runs)
        busy = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
        print(f"Linting {wanted.customers:,} customers, {os.cpu_count()} processors{busy}")
        print("\n".join(lines(rows, left_out)))


if __name__ == "__main__":
    main()
