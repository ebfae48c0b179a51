from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.bench.judged import HALVES, VAULTS, Judged, judged, missing, planted
from tests.bench.relevance import Answered, opened, there

QUERIES = [query for name in VAULTS for query in judged(name)]


def test_there_are_enough_queries_and_no_two_are_the_same():
    assert len(QUERIES) >= 60
    assert len({(query.vault, query.text) for query in QUERIES}) == len(QUERIES)


@pytest.mark.parametrize("name", VAULTS)
def test_the_halves_are_of_one_size(name: str):
    halves = Counter(query.half for query in judged(name))

    assert set(halves) == set(HALVES)
    assert abs(halves["tuning"] - halves["held-out"]) <= 2


def test_a_grade_is_one_to_three_and_every_query_looks_for_something():
    assert all(query.hits and set(query.hits.values()) <= {1, 2, 3} for query in QUERIES)
    assert all(max(query.hits.values()) == 3 for query in QUERIES)


def test_every_judgment_names_something_that_exists(tmp_path: Path):
    for name in VAULTS:
        vault = opened(name, tmp_path, around=3)
        assert missing(judged(name), there(vault)) == []
        vault.catalog.close()


def test_a_judgment_of_nothing_is_told():
    query = Judged("example", "蓝海", "name", "tuning", {"蓝海 profile": 3, "蓝海 2026-01-01": 1})

    assert missing([query], {"蓝海 profile"}) == ["example: 蓝海: 蓝海 2026-01-01"]


def test_the_same_seed_plants_the_same_notes():
    assert dict(planted(1)) == dict(planted(1)) != dict(planted(2))
    assert "{" not in "".join(text for _name, text in planted(1))


def test_a_hit_that_comes_twice_counts_once():
    query = Judged("example", "报价", "topic", "tuning", {"蓝海 2026-11-12": 3, "蓝海 2026-08-06": 2})

    done = Answered(query, ["蓝海 2026-11-12", "蓝海 2026-11-12", "蓝海 2026-08-06"])

    assert done.grades == [3, 2]
    assert (done.ndcg, done.reciprocal_rank) == (1, 1)
