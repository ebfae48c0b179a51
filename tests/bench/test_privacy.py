"""The table of the privacy rules, on a small part of its corpus."""

from __future__ import annotations

from tests.bench.privacy import PRECISION, RECALL, Score, corpus, judge, table
from tests.bench.privacy_sentences import POSITIVES, Sample
from vault_tool.schema import load_schema

SCHEMA = load_schema()


def test_every_kind_meets_both_targets():
    scores, _mistakes = judge(corpus(300, seed=7), SCHEMA)

    assert [one.kind for one in scores if not one.is_good] == []
    assert {one.kind for one in scores} == set(POSITIVES)


def test_the_corpus_is_the_same_for_the_same_seed():
    assert list(corpus(5, seed=1)) == list(corpus(5, seed=1)) != list(corpus(5, seed=2))


def test_a_miss_and_a_wrong_finding_are_both_counted():
    samples = [
        Sample("phone", "", "电话 13800138000", "13800138000"),
        Sample("phone", "", "没有的号码", "没有"),
        Sample("phone", "", "只是像 13800138000"),
    ]

    [score], mistakes = judge(iter(samples), SCHEMA)

    assert score == Score("phone", secrets=2, found=1, wrong=1)
    assert (score.recall, score.precision, score.is_good) == (0.5, 0.5, False)
    assert sorted(each.is_missed for each in mistakes) == [False, True]
    assert list(table([score]))[1].endswith("missed")


def test_the_targets_are_those_that_are_published():
    assert (RECALL, PRECISION) == (0.995, 0.98)
