"""Measure whole processes on a made-up vault, peers among them in the same run: `make bench`."""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tests.bench.generate import corpus, file_name
from tests.bench.measure import Bench, Case, Sample, interleaved, measure, tool

WORD = "报价"
FLOOR = "python -c pass"


def peers(vault: Path, fronts: Path, files: int) -> Iterator[Case]:
    """Yield what others do in the same time, as far as it is installed."""
    yield Case(FLOOR, [sys.executable, "-c", "pass"])
    if git := shutil.which("git"):
        yield Case("git --version", [git, "--version"])
    if rg := shutil.which("rg"):
        yield Case(f"rg -il {WORD}", [rg, "-il", WORD, str(vault)], files, True)
    elif grep := shutil.which("grep"):
        yield Case(f"grep -rl {WORD} (no rg here)", [grep, "-rl", WORD, str(vault)], files, True)
    if yamllint := shutil.which("yamllint"):
        relaxed = "{extends: relaxed, rules: {line-length: disable}}"
        yield Case(
            "yamllint (front matter)",
            [yamllint, "-d", relaxed, str(fronts)],
            files,
            False,
            frozenset({0, 1}),
            1,
        )


def ours(vault: Path, customer: str, files: int) -> Iterator[Case]:
    """Yield the commands of this program."""
    yield Case("vault --help", [*tool(), "--help"])
    yield Case(f"vault show {customer}", [*tool(), "-C", str(vault), "show", customer], answers=True)
    yield Case("vault list stage:won", [*tool(), "-C", str(vault), "list", "stage:won"], answers=True)
    yield Case(f"vault search {WORD}", [*tool(), "-C", str(vault), "search", WORD], answers=True)
    yield Case("vault lint", [*tool(), "-C", str(vault), "lint"], files, False, frozenset({0, 1}), 3)


def write_fronts(vault: Path, folder: Path) -> None:
    """Write each note's front matter as a YAML file of its own, for linters of YAML."""
    folder.mkdir()
    for number, path in enumerate(sorted((vault / "customers").rglob("*.md"))):
        front = path.read_text(encoding="utf-8").split("---\n")[1]
        (folder / f"{number}.yaml").write_text(front, encoding="utf-8")


def table(cases: Sequence[Case], samples: Mapping[str, Sequence[Sample]]) -> Iterator[str]:
    """Yield the lines of the result."""
    floor = statistics.median(sample.seconds for sample in samples[FLOOR])
    scans = [name for name in samples if name.startswith(("rg ", "grep "))]
    scan = statistics.median(sample.seconds for sample in samples[scans[0]]) if scans else None
    yield (
        f"{'command':<34}{'runs':>5}{'min':>9}{'median':>9}{'max':>9} ms{'peak':>7} MB"
        f"{'/python':>9}{'/' + scans[0].split()[0] if scans else '':>7}{'files/s':>9}"
    )
    for case in cases:
        times = sorted(sample.seconds for sample in samples[case.name])
        median = statistics.median(times)
        peaks = [sample.peak_mb for sample in samples[case.name] if sample.peak_mb is not None]
        wide = sum(ord(character) > 0x2E7F for character in case.name)
        yield (
            f"{case.name:<{34 - wide}}{len(times):>5}"
            f"{times[0] * 1000:>9.0f}{median * 1000:>9.0f}{times[-1] * 1000:>9.0f}   "
            f"{max(peaks) if peaks else float('nan'):>7.0f}   {median / floor:>9.1f}"
            f"{f'{median / scan:.1f}' if scan and case.answers else '':>7}"
            f"{f'{case.files / median:,.0f}' if case.files else '':>9}"
        )


def main() -> None:
    """Make the vault, warm it, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--place", type=Path, help="keeps the vault and its index for the next run")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vault-bench-") as place:
        bench = Bench(wanted.place or Path(place), wanted.seed)
        vault, fronts = bench.vault(wanted.customers), Path(place, "fronts")
        if shutil.which("yamllint"):
            write_fronts(vault, fronts)
        customer = file_name(corpus(wanted.seed), wanted.customers // 2)
        tools = list(ours(vault, customer, wanted.customers))
        print(f"{wanted.customers} customers, seed {wanted.seed}, Python {sys.version.split()[0]}")
        for case in tools:
            cold = measure(case, bench.env)
            print(f"first run: {case.name}: {cold.seconds:.1f} s, {cold.peak_mb or float('nan'):.0f} MB")
        cases = [*peers(vault, fronts, wanted.customers), *tools]
        samples = interleaved(cases, bench.env, wanted.runs, wanted.seed)
        print()
        for line in table(cases, samples):
            print(line)


if __name__ == "__main__":
    main()
