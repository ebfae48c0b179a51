"""What sharing costs, beside plain git: `python -m tests.bench.sync`.

Whole processes, in turn, on clones of the same vault, each with a bare repository on this disk as its server:
one note changed, `vault sync` against `git add -A && git commit && git fetch && git push`; then 1,000 notes
changed on both sides, `vault sync` against `git fetch && git merge && git push` with git's own text merge.
`--large` adds 100,000 customers with one note changed. `--place DIR` keeps vaults for the next run.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench.measure import Bench
from tests.bench.seal import per_turn, timed, verdict

CUSTOMERS, LARGE, BOTH_SIDES = 10_000, 100_000, 1_000
SYNC_TARGET, MERGE_TARGET, LARGE_TARGET = 1.5, 3.0, 4.0
_SHARE = "git add -A && git commit -qm one && git fetch -q && git push -q"
_JOIN = "git fetch -q && git merge -q --no-edit origin/main && git push -q"
_SAVE = "git add -A && git commit -qm many"


class Clones:
    """A vault with its server, shared by `vault` or by git alone, and a colleague's clone with git alone."""

    def __init__(self, bench: Bench, customers: int, name: str) -> None:
        self.folder = bench.folder / f"sync-{customers}-{name}"
        self.bench = bench
        self.root = self.folder / "vault"
        self.other = self.folder / "other"
        self.env = {
            **bench.env,
            "VAULT_NOTES_HOME": str(self.folder / "home"),
            "VAULT_NOTES_USER": "li.na",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            **{
                f"GIT_{role}_{what}": said
                for role in ("AUTHOR", "COMMITTER")
                for what, said in (("NAME", "Li Na"), ("EMAIL", "li.na@example.com"))
            },
        }
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        shutil.copytree(bench.vault(customers), self.root)
        self.git(self.folder, "init", "-q", "--bare", "-b", "main", "server.git")
        self.git(self.root, "init", "-q", "-b", "main")
        self.git(self.root, "remote", "add", "origin", str(self.folder / "server.git"))

    def begin(self, by_vault: bool) -> None:
        """Share all notes for the first time."""
        if by_vault:
            timed(self.bench.command(self.root, "sync"), self.env, self.root)
        else:
            self.shell(self.root, f"{_SAVE} && git push -qu origin main")
        self.git(self.folder, "clone", "-q", "server.git", "other")

    def git(self, folder: Path, *words: str) -> None:
        """Run git."""
        subprocess.run(["git", *words], cwd=folder, env=self.env, check=True, capture_output=True)

    def shell(self, folder: Path, line: str) -> float:
        """Run a line of a shell and return the seconds it took."""
        return timed(["sh", "-c", line], self.env, folder)

    def notes(self, root: Path) -> list[Path]:
        """The notes of a clone, in the order of their paths."""
        return sorted((root / "customers").rglob("*.md"))


def add_entry(path: Path, words: str) -> None:
    """Add an entry at the end of a note."""
    with path.open("a", encoding="utf-8", newline="") as note:
        note.write(f"\n## 2026-11-20 电话\n\n{words}\n")


def set_region(path: Path, words: str) -> None:
    """Put a field at the top of a note."""
    text = path.read_bytes()
    path.write_bytes(text.replace(b"---\n", f"---\nindustry: {words}\n".encode(), 1))


def replace_region(path: Path, words: str) -> None:
    """Change that field."""
    _first, _line, rest = path.read_bytes().split(b"\n", 2)
    path.write_bytes(f"---\nindustry: {words}\n".encode() + rest)


def one_note(bench: Bench, customers: int, turns: int) -> tuple[list[float], list[float]]:
    """Change one note each turn, and share it."""
    ours, plain = Clones(bench, customers, "vault"), Clones(bench, customers, "git")
    ours.begin(by_vault=True)
    plain.begin(by_vault=False)
    times: tuple[list[float], list[float]] = [], []
    notes = [each.notes(each.root) for each in (ours, plain)]
    for turn in range(turns + 1):
        for paths in notes:
            add_entry(paths[turn * 7], f"turn {turn}")
        taken = (
            timed(bench.command(ours.root, "sync"), ours.env, ours.root),
            plain.shell(plain.root, _SHARE),
        )
        if turn:  # the first one warms up
            for kept, seconds in zip(times, taken, strict=True):
                kept.append(seconds)
    return times


def both_sides(bench: Bench, customers: int, turns: int) -> tuple[list[float], list[float]]:
    """Change the same notes on both sides, in different places, and join them."""
    ours, plain = Clones(bench, customers, "vault-both"), Clones(bench, customers, "git-both")
    ours.begin(by_vault=True)
    plain.begin(by_vault=False)
    times: tuple[list[float], list[float]] = [], []
    for turn in range(turns + 1):
        change = replace_region if turn else set_region
        for clones in (ours, plain):
            step = max(1, customers // BOTH_SIDES)
            for path in clones.notes(clones.other)[::step][:BOTH_SIDES]:
                change(path, f"turn {turn}")
            clones.shell(clones.other, f"{_SAVE} && git push -q")
            for path in clones.notes(clones.root)[::step][:BOTH_SIDES]:
                add_entry(path, f"turn {turn}")
        server = ours.folder / "server.git"
        server.rename(ours.folder / "away.git")
        subprocess.run(
            bench.command(ours.root, "sync"), env=ours.env, cwd=ours.root, capture_output=True, check=False
        )
        (ours.folder / "away.git").rename(server)
        plain.shell(plain.root, _SAVE)
        taken = (timed(bench.command(ours.root, "sync"), ours.env, ours.root), plain.shell(plain.root, _JOIN))
        for clones in (ours, plain):
            clones.shell(clones.other, "git pull -q")
        if turn:
            for kept, seconds in zip(times, taken, strict=True):
                kept.append(seconds)
    return times


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--place", type=Path, help="where vaults are kept for the next run")
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    parser.add_argument("--turns", type=int, default=9)
    parser.add_argument("--large", action="store_true", help=f"also {LARGE:,} customers")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        bench = Bench(asked.place or Path(temporary), seed=1)
        print(f"sync, load {os.getloadavg()[0]:.1f}, {asked.turns} turns")
        ours, plain = one_note(bench, asked.customers, asked.turns)
        slower = per_turn(ours, plain)
        small = statistics.median(ours)
        print(
            f"  {asked.customers:,} customers, one note changed: {small * 1000:.0f} ms; "
            f"plain git {statistics.median(plain) * 1000:.0f} ms: {slower:.2f}x, "
            f"target {SYNC_TARGET}x{verdict(slower <= SYNC_TARGET)}"
        )
        sys.stdout.flush()
        joined, merged = both_sides(bench, asked.customers, max(3, asked.turns // 3))
        slower = per_turn(joined, merged)
        print(
            f"  {BOTH_SIDES:,} notes changed on both sides: {statistics.median(joined):.2f} s; "
            f"git merge {statistics.median(merged):.2f} s: {slower:.2f}x, "
            f"target {MERGE_TARGET:g}x{verdict(slower <= MERGE_TARGET)}"
        )
        sys.stdout.flush()
        if asked.large:
            large, _plain = one_note(bench, LARGE, max(3, asked.turns // 3))
            slower = statistics.median(large) / small
            print(
                f"  {LARGE:,} customers, one note changed: {statistics.median(large) * 1000:.0f} ms: "
                f"{slower:.1f}x of {asked.customers:,}, target {LARGE_TARGET:g}x{verdict(slower < LARGE_TARGET)}"
            )


if __name__ == "__main__":
    main()
