"""What sealing costs, beside pyrage alone and git alone: `python -m tests.bench.seal`.

In one process, in turn: 10,000 values sealed and 1,000 opened against pyrage called on the same strings, with the
same keys. Then whole processes: `vault seal` and `vault verify`, which also read, check and write notes; `git add`
of 10,000 sealed notes with the filter against git without it. `--place DIR` keeps the vault of the last one for the next run.
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
from pathlib import Path, PurePosixPath

import pyrage

from tests.bench.generate import PER_FOLDER, corpus, customer, file_name, settings
from tests.bench.measure import Bench
from vault_tool.notes.note import parse_note
from vault_tool.schema import load_schema
from vault_tool.sealing.places import Places
from vault_tool.sealing.token import Place, Value, read_token, wrap
from vault_tool.sealing.unsealed import Unsealed, unsealed
from vault_tool.sealing.vault_keys import VaultKeys
from vault_tool.vault.keyring import KEYRING, read_keyring
from vault_tool.vault.opening import open_root

SEALED, OPENED, PER_NOTE, ADDED = 10_000, 1_000, 100, 10_000
SEALING_TARGET, OPENING_TARGET, ADDING_TARGET = 0.6, 0.7, 2.0
_BARE_SEALING = """
import base64, json, sys, pyrage
told = json.load(open(sys.argv[1]))
keys = [pyrage.x25519.Recipient.from_str(key) for key in told["keys"]]
for text in told["texts"]:
    base64.urlsafe_b64encode(pyrage.encrypt(text.encode(), keys))
"""
_BARE_OPENING = """
import base64, json, sys, pyrage
told = json.load(open(sys.argv[1]))
keys = [pyrage.x25519.Identity.from_str(key) for key in told["keys"]]
for text in told["texts"]:
    pyrage.decrypt(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), keys)
"""


def timed(argv: list[str], env: dict[str, str], folder: Path) -> float:
    """Run a command to its end and return the seconds it took."""
    started = time.perf_counter()
    done = subprocess.run(argv, env=env, cwd=folder, capture_output=True)
    seconds = time.perf_counter() - started
    if done.returncode:
        sys.exit(f"{argv}: exit status {done.returncode}\n{done.stderr.decode(errors='replace')}")
    return seconds


def numbers_note(number: int, count: int) -> str:
    """Return the note of a customer with that many mobile numbers."""
    lines = "".join(f"  - 138{number % 1000:03}{at:05}\n" for at in range(count))
    return f"---\nid: c{number:09}\nname: 客户{number}\ntype: company\nstage: lead\nmobile:\n{lines}---\n"


def fresh_vault(root: Path, values: int) -> None:
    """Write a vault with that many values in plain, and no keys."""
    shutil.rmtree(root, ignore_errors=True)
    (root / "customers").mkdir(parents=True)
    (root / "vault.toml").write_text(settings(f"{os.getpid()}"), "utf-8")
    for number in range(values // PER_NOTE):
        (root / f"customers/{number}.md").write_text(numbers_note(number, PER_NOTE), "utf-8")


def plaintexts(root: Path) -> list[str]:
    """Return what is encrypted for each value that stands in plain."""
    schema = load_schema()
    found = []
    for path in sorted((root / "customers").iterdir()):
        note = parse_note(PurePosixPath(path.name), path.read_bytes(), schema)
        for each in unsealed(note, Places(note)):
            assert isinstance(each, Unsealed)
            place = Place("bench", note.id or "", each.path)
            found.append(wrap(place, "0" * 8, "0" * 8, each.value).decode())
    return found


def values_alone(bench: Bench, turns: int) -> tuple[float, float]:
    """Return how fast values are sealed and opened beside pyrage alone, in this process; medians of the turns."""
    root = bench.folder / "alone"
    env = {**bench.env, "VAULT_NOTES_HOME": str(bench.folder / "alone-home")}
    shutil.rmtree(bench.folder / "alone-home", ignore_errors=True)
    fresh_vault(root, OPENED)
    timed(bench.command(root, "seal"), env, root)
    opened = open_root(root, env)
    notes = [
        parse_note(PurePosixPath(path.name), path.read_bytes(), opened.schema)
        for path in sorted((root / "customers").iterdir())
    ]
    bodies = [
        read_token(each.token) for note in notes if note.sealed_block for each in note.sealed_block.tokens
    ]
    sealing_speed, opening_speed = [], []
    for turn in range(turns):
        keys = VaultKeys(root, opened.settings, opened.places.state, env, lambda _name: "")
        public = keys.keyring.sealing_keys("contact", None)
        identities = [pyrage.x25519.Identity.from_str(key) for key in keys.group_keys.of("contact").values()]
        recipients = [pyrage.x25519.Recipient.from_str(key) for key in public]
        values = [
            (Place("bench", f"c{turn:03}{number:06}", "mobile"), Value(f"138{number:08}", "plain"))
            for number in range(SEALED)
        ]
        texts = [wrap(place, "0" * 8, "0" * 8, value) for place, value in values]
        started = time.perf_counter()
        for text in texts:
            pyrage.encrypt(text, recipients)
        between = time.perf_counter()
        for place, value in values:
            keys.seal(place, public, value, ())
        keys.memo.flush()
        sealing_speed.append((between - started) / (time.perf_counter() - between))
        started = time.perf_counter()
        for each in bodies:
            pyrage.decrypt(each.age_file, identities)
        between = time.perf_counter()
        for note in notes:
            for reference in note.sealed_references:
                keys.open(note, reference.vid)
        opening_speed.append((between - started) / (time.perf_counter() - between))
        keys.close()
    return statistics.median(sealing_speed), statistics.median(opening_speed)


def sealing(bench: Bench, turns: int) -> tuple[list[float], list[float]]:
    """Seal a vault anew each turn, and the same strings by pyrage alone."""
    ours: list[float] = []
    bare: list[float] = []
    root = bench.folder / "sealing"
    env = {**bench.env, "VAULT_NOTES_HOME": str(bench.folder / "sealing-home")}
    for _turn in range(turns):
        shutil.rmtree(bench.folder / "sealing-home", ignore_errors=True)
        fresh_vault(root, SEALED)
        first = root / "customers/first.md"
        first.write_text(numbers_note(9_999, 1), "utf-8")
        # Keys are made once in a vault's life: they are no part of it.
        timed(bench.command(root, "seal", "customers/first.md"), env, root)
        first.unlink()
        told = bench.folder / "texts.json"
        public = read_keyring((root / KEYRING).read_text("utf-8")).groups["contact"].public
        told.write_text(json.dumps({"keys": [public], "texts": plaintexts(root)}), "utf-8")
        bare.append(timed([sys.executable, "-c", _BARE_SEALING, str(told)], env, root))
        ours.append(timed(bench.command(root, "seal"), env, root))
    return ours, bare


def opening(bench: Bench, turns: int) -> tuple[list[float], list[float], list[float]]:
    """Open every value of a small vault, the same by pyrage alone, and a vault that has only one."""
    roots = [bench.folder / name for name in ("opening", "opening-one")]
    env = {**bench.env, "VAULT_NOTES_HOME": str(bench.folder / "opening-home")}
    shutil.rmtree(bench.folder / "opening-home", ignore_errors=True)
    for root, values in zip(roots, (OPENED, PER_NOTE), strict=True):
        fresh_vault(root, values)
        timed(bench.command(root, "seal"), env, root)
    told = bench.folder / "tokens.json"
    told.write_text(json.dumps(_tokens(roots[0], env)), "utf-8")
    ours, bare, small = [], [], []
    for _turn in range(turns):
        bare.append(timed([sys.executable, "-c", _BARE_OPENING, str(told)], env, roots[0]))
        ours.append(timed(bench.command(roots[0], "verify"), env, roots[0]))
        small.append(timed(bench.command(roots[1], "verify"), env, roots[0]))
    return ours, bare, small


def _tokens(root: Path, env: dict[str, str]) -> dict[str, list[str]]:
    opened = open_root(root, env)
    keys = VaultKeys(root, opened.settings, opened.places.state, env, lambda _name: "")
    texts = []
    for path in sorted((root / "customers").iterdir()):
        note = parse_note(PurePosixPath(path.name), path.read_bytes(), opened.schema)
        assert note.sealed_block
        texts += [read_token(each.token).body for each in note.sealed_block.tokens]
    return {"keys": list(keys.group_keys.of("contact").values()), "texts": texts}


def adding(bench: Bench, notes: int, turns: int) -> tuple[list[float], list[float]]:
    """Add all sealed notes to a new repository, with the filter and without."""
    root = bench.folder / f"adding-{notes}"
    env = {**bench.env, "VAULT_NOTES_HOME": str(bench.folder / f"adding-{notes}-home")}
    if not (root / ".vault").exists():
        _write_secrets(root, notes, bench.seed)
        timed(["git", "init", "--quiet"], env, root)
        timed(bench.command(root, "seal"), env, root)
    ours: list[float] = []
    bare: list[float] = []
    for _turn in range(turns):
        for times, is_ours in ((bare, False), (ours, True)):
            shutil.rmtree(root / ".git", ignore_errors=True)
            timed(["git", "init", "--quiet"], env, root)
            if is_ours:
                timed(bench.command(root, "seal", "customers/000"), env, root)
            times.append(timed(["git", "add", "-A"], env, root))
    return ours, bare


def _write_secrets(root: Path, notes: int, seed: int) -> None:
    made = corpus(seed)
    root.mkdir(parents=True, exist_ok=True)
    (root / "vault.toml").write_text(settings(f"{seed}x{notes}"), "utf-8")
    for number in range(notes):
        place = root / "customers" / f"{number // PER_FOLDER:03}"
        place.mkdir(parents=True, exist_ok=True)
        text = customer(made, number).replace("---\n", f"---\nmobile: 139{number:08}\n", 1)
        (place / f"{file_name(made, number)}.md").write_text(text, "utf-8", newline="\n")


def per_turn(over: list[float], under: list[float]) -> float:
    """Return the median of the ratios turn by turn."""
    return statistics.median(each / other for each, other in zip(over, under, strict=True))


def verdict(is_met: bool) -> str:
    """Return what is put behind a figure that misses its target."""
    return "" if is_met else "  missed"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--place", type=Path, help="where vaults are kept for the next run")
    parser.add_argument("--notes", type=int, default=ADDED)
    parser.add_argument("--turns", type=int, default=9)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        bench = Bench(asked.place or Path(temporary), seed=1)
        print(f"sealing, load {os.getloadavg()[0]:.1f}, {asked.turns} turns")
        sealed, opened = values_alone(bench, asked.turns)
        print(
            f"  {SEALED:,} values sealed: {sealed:.2f} of pyrage's speed, "
            f"target {SEALING_TARGET}{verdict(sealed >= SEALING_TARGET)}"
        )
        print(
            f"  {OPENED:,} values opened: {opened:.2f} of pyrage's speed, "
            f"target {OPENING_TARGET}{verdict(opened >= OPENING_TARGET)}"
        )
        ours, bare = sealing(bench, asked.turns)
        speed = per_turn(bare, ours)
        print(
            f"  `vault seal`, {SEALED:,} values: {statistics.median(ours):.2f} s, "
            f"{SEALED / statistics.median(ours):,.0f}/s; a process with pyrage alone "
            f"{statistics.median(bare):.2f} s: {speed:.2f} of its speed"
        )
        ours, bare, small = opening(bench, asked.turns)
        speed = per_turn(bare, ours)
        each = statistics.median(a - b for a, b in zip(ours, small, strict=True)) / (OPENED - PER_NOTE)
        print(
            f"  `vault verify`, {OPENED:,} values: {statistics.median(ours):.2f} s; a process with pyrage alone "
            f"{statistics.median(bare):.2f} s: {speed:.2f} of its speed; without starting {1 / each:,.0f}/s"
        )
        turns = max(3, asked.turns // 3)
        ours, bare = adding(bench, asked.notes, turns)
        slower = per_turn(ours, bare)
        print(
            f"  git add of {asked.notes:,} sealed notes: {statistics.median(ours):.2f} s; "
            f"without filter {statistics.median(bare):.2f} s: {slower:.2f}x, "
            f"target under {ADDING_TARGET:g}x{verdict(slower < ADDING_TARGET)}"
        )


if __name__ == "__main__":
    main()
