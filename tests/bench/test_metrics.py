from __future__ import annotations

import math

import pytest

from tests.bench.metrics import dcg, ndcg, reciprocal_rank


def test_the_gain_of_a_hit_falls_with_its_rank():
    # 7/log2(2) + 3/log2(3) + 0 + 1/log2(5) = 7 + 1.8928 + 0 + 0.4307
    assert dcg([3, 2, 0, 1]) == pytest.approx(9.3235, abs=1e-4)


def test_nothing_counts_beyond_the_depth():
    assert dcg([0] * 10 + [3]) == 0
    assert dcg([1, 3], depth=1) == 1


def test_the_best_order_has_the_whole_gain():
    assert ndcg([3, 2, 1], judged=[1, 2, 3]) == 1
    assert ndcg([3, 2, 1, 0, 0], judged=[3, 1, 2]) == 1


def test_a_worse_order_has_a_share_of_it():
    # (1/1 + 7/1.58496) / (7/1 + 1/1.58496) = 5.41651 / 7.63093
    assert ndcg([1, 3], judged=[3, 1]) == pytest.approx(0.70981, abs=1e-5)


def test_what_was_not_found_is_missed():
    # 7 / (7 + 7/log2(3))
    assert ndcg([3], judged=[3, 3]) == pytest.approx(1 / (1 + 1 / math.log2(3)))
    assert ndcg([], judged=[3]) == 0


def test_the_best_beyond_the_depth_is_no_part_of_the_ideal():
    assert ndcg([1, 1], judged=[1, 1, 1], depth=2) == 1


@pytest.mark.parametrize(
    ("grades", "judged", "expected"),
    [
        ([3, 1], [3, 1], 1),
        ([1, 0, 3], [3, 1], 1 / 3),
        ([1], [3, 1], 0),
        ([2, 2], [2, 2], 1),
        ([], [3], 0),
        ([], [], 0),
    ],
)
def test_the_reciprocal_rank_is_that_of_the_first_best_hit(grades, judged, expected):
    assert reciprocal_rank(grades, judged) == expected
