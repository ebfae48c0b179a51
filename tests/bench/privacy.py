"""How well the privacy rules tell a person's secrets from what looks like them: `python -m tests.bench.privacy`.

For each kind so many lines with a secret, and as many with a look-alike, all made up from one seed. Recall: of
the secrets, those that were found as that kind, whole. Precision: of all that was taken for that kind anywhere
in the corpus, in the other kinds' lines too, what is one. `--missed` prints what went wrong.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from tests.bench.privacy_lookalikes import look_alike
from tests.bench.privacy_sentences import POSITIVES, Sample, positive
from vault_tool.notes.secrets import find_secrets
from vault_tool.schema import Schema, load_schema

RECALL, PRECISION = 0.995, 0.98


class Score(NamedTuple):
    """One kind: how many secrets there were, how many were found, and what was taken for one."""

    kind: str
    secrets: int
    found: int
    wrong: int

    @property
    def recall(self) -> float:
        """The share of the secrets that was found."""
        return self.found / self.secrets

    @property
    def precision(self) -> float:
        """The share of the findings that is right."""
        return self.found / (self.found + self.wrong) if self.found else 0.0

    @property
    def is_good(self) -> bool:
        """Whether both targets are met."""
        return self.recall >= RECALL and self.precision >= PRECISION


class Mistake(NamedTuple):
    """A secret that was missed, or a finding that is none."""

    kind: str
    is_missed: bool
    sample: Sample


def corpus(count: int, seed: int) -> Iterator[Sample]:
    """Yield so many lines of either sort for every kind."""
    for kind in POSITIVES:
        random = Random(f"{seed} {kind}")
        for _ in range(count):
            yield positive(random, kind)
            yield look_alike(random, kind)


def judge(samples: Iterator[Sample], schema: Schema) -> tuple[list[Score], list[Mistake]]:
    """Run the detector over the lines, and compare with what stands in them."""
    secrets: Counter[str] = Counter()
    found: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    mistakes = []
    for sample in samples:
        start = sample.text.find(sample.secret) if sample.secret else -1
        # A dot or an exclamation mark at a password's end is anybody's guess.
        end = start + len(sample.secret.rstrip(".!?*&_-"))
        secrets[sample.kind] += start >= 0
        hit = False
        for secret in find_secrets(sample.text, schema):
            is_it = (
                start >= 0
                and secret.kind == sample.kind
                and secret.span.start <= start
                and secret.span.end >= end
            )
            if is_it and not hit:
                hit = True
            else:
                wrong[secret.kind] += 1
                mistakes.append(Mistake(secret.kind, False, sample))
        found[sample.kind] += hit
        if start >= 0 and not hit:
            mistakes.append(Mistake(sample.kind, True, sample))
    return [Score(kind, secrets[kind], found[kind], wrong[kind]) for kind in secrets], mistakes


def table(scores: list[Score]) -> Iterator[str]:
    """Yield the lines of the table."""
    yield f"{'kind':16} {'secrets':>8} {'found':>8} {'recall':>8} {'wrong':>6} {'precision':>10}"
    for one in scores:
        missed = "" if one.is_good else "  missed"
        yield (
            f"{one.kind:16} {one.secrets:8,} {one.found:8,} {one.recall:8.4f} {one.wrong:6,} {one.precision:10.4f}{missed}"
        )


def main() -> None:
    """Print the table, and what went wrong where that is wished for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000, help="lines of either sort for every kind")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument(
        "--missed", action="store_true", help="print the varieties that went wrong, with an example"
    )
    options = parser.parse_args()
    scores, mistakes = judge(corpus(options.count, options.seed), load_schema())
    print(f"python -m tests.bench.privacy --count {options.count} --seed {options.seed}")
    print(
        f"{options.count:,} secrets and {options.count:,} look-alikes of each kind, one a line; targets {RECALL} and {PRECISION}"
    )
    print("\n".join(table(scores)))
    if options.missed:
        sorts = Counter(
            (each.kind, each.is_missed, each.sample.kind, each.sample.variety) for each in mistakes
        )
        example = {
            (each.kind, each.is_missed, each.sample.kind, each.sample.variety): each.sample
            for each in mistakes
        }
        for sort, count in sorts.most_common(40):
            kind, is_missed, of, variety = sort
            print(
                f"{count:6} {kind} {'missed' if is_missed else 'taken from'} {of}, {variety}: {example[sort].text}"
            )


if __name__ == "__main__":
    main()
