"""Measure whole processes on a made-up vault, peers among them in the same run: `make bench`.

Machines differ and are shared: only the ratios within one run say something. Runs are interleaved in a
random order, so that a slow minute hits all alike.
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
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.bench.generate import corpus, file_name, write_vault

WORD = "报价"
FLOOR = "python -c pass"


class Case(NamedTuple):
    """One command to measure; `files` are those it reads, `ok` the exit statuses that are no failure.

    `answers` says that it finds something in the vault, and so can be held against a scan of all files.
    """

    name: str
    argv: Sequence[str]
    files: int = 0
    answers: bool = False
    ok: frozenset[int] = frozenset({0})
    runs: int = 1_000


class Sample(NamedTuple):
    """One run: its wall time, and the most memory it held (None where the system does not say).

    Memory never shows less than this program's own, which the child has for a moment before it begins.
    """

    seconds: float
    peak_mb: float | None


def measure(case: Case, env: Mapping[str, str]) -> Sample:
    """Run a command to its end, its output thrown away."""
    started = time.perf_counter()
    process = subprocess.Popen(case.argv, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    errors = process.stderr.read()
    peak: float | None = None
    if hasattr(os, "wait4"):
        _pid, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        # Kilobytes on Linux, bytes on macOS.
        peak = usage.ru_maxrss / (1024 if sys.platform == "linux" else 1024 * 1024)
    else:
        process.wait()
    seconds = time.perf_counter() - started
    if process.returncode not in case.ok:
        sys.exit(f"{case.name}: exit status {process.returncode}\n{errors.decode(errors='replace')}")
    return Sample(seconds, peak)


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
    script = shutil.which("vault", path=str(Path(sys.executable).parent))
    tool = [script] if script else [sys.executable, "-m", "vault_tool"]
    yield Case("vault --help", [*tool, "--help"])
    yield Case(f"vault show {customer}", [*tool, "-C", str(vault), "show", customer], answers=True)
    yield Case("vault list stage:won", [*tool, "-C", str(vault), "list", "stage:won"], answers=True)
    yield Case(f"vault search {WORD}", [*tool, "-C", str(vault), "search", WORD], answers=True)
    yield Case("vault lint", [*tool, "-C", str(vault), "lint"], files, False, frozenset({0, 1}), 3)


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
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vault-bench-") as place:
        vault, fronts = Path(place, "vault"), Path(place, "fronts")
        write_vault(vault, wanted.customers, wanted.seed)
        if shutil.which("yamllint"):
            write_fronts(vault, fronts)
        env = {**os.environ, "VAULT_NOTES_HOME": str(Path(place, "home")), "VAULT_NOTES_LANG": "en"}
        customer = file_name(corpus(wanted.seed), wanted.customers // 2)
        tools = list(ours(vault, customer, wanted.customers))
        print(f"{wanted.customers} customers, seed {wanted.seed}, Python {sys.version.split()[0]}")
        for case in tools:
            cold = measure(case, env)
            print(f"first run: {case.name}: {cold.seconds:.1f} s, {cold.peak_mb or float('nan'):.0f} MB")
        cases = [*peers(vault, fronts, wanted.customers), *tools]
        samples: dict[str, list[Sample]] = {case.name: [] for case in cases}
        dice = random.Random(wanted.seed)
        for turn in range(wanted.runs):
            for case in dice.sample(cases, len(cases)):
                if turn < case.runs:
                    samples[case.name].append(measure(case, env))
        print()
        for line in table(cases, samples):
            print(line)


if __name__ == "__main__":
    main()
