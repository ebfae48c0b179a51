"""Run commands as whole processes, in turn and in a random order, and keep their times.

Machines differ and are shared: only the ratios within one run say something. Runs are interleaved, so that
a slow minute hits all alike.
"""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.bench.generate import settings, write_vault

_OF_DEVELOPERS = frozenset({"PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"})


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


Samples = Mapping[str, Sequence[Sample]]


def measure(case: Case, env: Mapping[str, str]) -> Sample:
    """Run a command to its end; what it prints is read and thrown away, as a terminal would."""
    started = time.perf_counter()
    process = subprocess.Popen(case.argv, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert process.stdout is not None
    with process.stdout as stdout:
        said = stdout.read()
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
        sys.exit(f"{case.name}: exit status {process.returncode}\n{said.decode(errors='replace')}")
    return Sample(seconds, peak)


def interleaved(cases: Sequence[Case], env: Mapping[str, str], runs: int, seed: int) -> Samples:
    """Measure every case that many times, each turn in another order."""
    samples: dict[str, list[Sample]] = {case.name: [] for case in cases}
    dice = random.Random(seed)
    for turn in range(runs):
        for case in dice.sample(cases, len(cases)):
            if turn < case.runs:
                samples[case.name].append(measure(case, env))
    return samples


def median_ms(samples: Sequence[Sample]) -> float:
    """Return the median wall time in milliseconds."""
    return statistics.median(sample.seconds for sample in samples) * 1000


def ratio(ours: Sequence[Sample], theirs: Sequence[Sample]) -> float:
    """Return the median of the ratios turn by turn: a slow minute is in both."""
    return statistics.median(our.seconds / their.seconds for our, their in zip(ours, theirs, strict=True))


def percentile(values: Sequence[float], percent: int) -> float:
    """Return the value that so many of 100 do not exceed (nearest rank)."""
    ranked = sorted(values)
    return ranked[max(0, -(-len(ranked) * percent // 100) - 1)]


def tool() -> list[str]:
    """Return the command that starts this program, as installed beside this Python."""
    script = Path(sys.executable).parent / "vault"
    return [str(script)] if script.exists() else [sys.executable, "-m", "vault_tool"]


class Bench:
    """A folder for made-up vaults and their local state; what lies there from before is used again."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.seed = folder, seed
        self.env = {
            # As installed programs run: compiled once, and not writing line by line.
            **{name: value for name, value in os.environ.items() if name not in _OF_DEVELOPERS},
            "VAULT_NOTES_HOME": str(folder / "home"),
            "VAULT_NOTES_LANG": "en",
            "VAULT_NOTES_USER": "li.na",
        }

    def vault(self, customers: int, engine: str = "auto") -> Path:
        """Return a vault of that many customers that searches with this engine."""
        root = self.folder / f"vault-{customers}-{self.seed}"
        made = self.folder / f"{root.name}.made"
        if not made.exists():
            write_vault(root, customers, self.seed)
            made.touch()
        chosen = f'{settings(f"{self.seed}x{customers}")}\n[search]\nengine = "{engine}"\n'
        (root / "vault.toml").write_text(chosen, encoding="utf-8", newline="\n")
        return root

    def command(self, root: Path, *words: str) -> list[str]:
        """Return a command of this program in a vault."""
        return [*tool(), "-C", str(root), *words]

    def run(self, root: Path, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command of this program to its end, whatever its exit status."""
        return subprocess.run(
            self.command(root, *words), env=self.env, capture_output=True, text=True, encoding="utf-8"
        )
