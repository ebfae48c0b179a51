"""How good a ranking is, in one number: nDCG and the reciprocal rank."""

from __future__ import annotations

import math
from collections.abc import Sequence


def dcg(grades: Sequence[int], depth: int = 10) -> float:
    """Return the discounted cumulative gain of a ranking, given the grade of each hit (0: not relevant).

    The sum over the first `depth` ranks i = 1, 2, ... of (2^grade - 1) / log2(i + 1): Järvelin and Kekäläinen,
    Cumulated gain-based evaluation of IR techniques, TOIS 20 (2002), with the gain of Burges et al., Learning
    to rank using gradient descent, ICML 2005.
    """
    return sum((2.0**grade - 1) / math.log2(rank + 1) for rank, grade in enumerate(grades[:depth], 1))


def ndcg(grades: Sequence[int], judged: Sequence[int], depth: int = 10) -> float:
    """Return the gain of a ranking as a share of the best there could be, that of all `judged` grades."""
    best = dcg(sorted(judged, reverse=True), depth)
    return dcg(grades, depth) / best if best else 0.0


def reciprocal_rank(grades: Sequence[int], judged: Sequence[int]) -> float:
    """Return 1 / rank of the first hit that has the best grade judged; 0 when none has.

    Its mean over queries is the MRR of Voorhees, The TREC-8 question answering track report, 1999.
    """
    best = max(judged, default=0)
    for rank, grade in enumerate(grades, 1):
        if best and grade == best:
            return 1 / rank
    return 0.0
