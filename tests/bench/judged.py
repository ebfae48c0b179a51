"""The judged queries, and the vaults they are asked in."""

from __future__ import annotations

import random
import re
import shutil
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from tests.bench.generate import corpus, settings, write_vault

HERE = Path(__file__).parent / "judged"
EXAMPLE = Path(__file__).parents[2] / "example_vault"
HALVES = ("tuning", "held-out")
VAULTS = ("example", "planted")
AROUND = 400
"""Made-up customers around the planted ones."""

_SYNONYMS = '\n[search.synonyms]\n"冷链" = ["低温运输"]\n'
_WORDS = re.compile(r"\{(\d+) (words|english)\}")


class Judged(NamedTuple):
    """A query and the grades of what should be found: `FILE profile` or `FILE DATE`, 1 to 3."""

    vault: str
    text: str
    kind: str
    half: str
    hits: dict[str, int]


def judged(vault: str) -> list[Judged]:
    """Return the judged queries of a vault."""
    with (HERE / f"{vault}.toml").open("rb") as file:
        return [Judged(vault, **query) for query in tomllib.load(file)["query"]]


def write(vault: str, root: Path, seed: int, around: int = AROUND) -> None:
    """Write one of the vaults into a folder that is not there yet."""
    if vault == "example":
        shutil.copytree(EXAMPLE, root)
        return
    write_vault(root, around, seed)
    (root / "vault.toml").write_text(settings(f"planted{seed}") + _SYNONYMS, encoding="utf-8", newline="\n")
    folder = root / "customers" / "planted"
    folder.mkdir()
    for name, text in planted(seed):
        (folder / f"{name}.md").write_text(text, encoding="utf-8", newline="\n")


def planted(seed: int) -> Iterator[tuple[str, str]]:
    """Yield the files of planted.md, each word that stands for others drawn by the seed."""
    made = corpus(seed)
    for part in (HERE / "planted.md").read_text(encoding="utf-8").split("\n=== ")[1:]:
        name, _, text = part.partition("\n")
        dice = random.Random(f"{seed}:{name}")

        def words(found: re.Match[str], dice: random.Random = dice) -> str:
            count, which = int(found[1]), found[2]
            if which == "english":
                return " ".join(made.english.some(dice, count))
            return "".join(made.chinese.some(dice, count))

        yield name, "---\n" + _WORDS.sub(words, text)


def missing(queries: Iterable[Judged], there: set[str]) -> list[str]:
    """Return what the judgments name and is not there."""
    return [
        f"{query.vault}: {query.text}: {hit}" for query in queries for hit in query.hits if hit not in there
    ]
