from __future__ import annotations

import os
import sys

import pytest

from tests.bench.measure import Case, Sample, interleaved, median_ms, percentile, ratio


def samples(*seconds: float) -> list[Sample]:
    return [Sample(second, None) for second in seconds]


def test_a_ratio_is_taken_turn_by_turn():
    # In the slow second turn both are slow: the ratios are 2, 2 and 3, though the medians are 1.2 and 0.5.
    assert ratio(samples(1, 8, 1.2), samples(0.5, 4, 0.4)) == pytest.approx(2)


def test_the_median_is_in_milliseconds():
    assert median_ms(samples(0.1, 0.3, 0.2)) == pytest.approx(200)


def test_a_percentile_is_a_value_that_was_measured():
    assert percentile([5, 1, 4, 2, 3], 50) == 3
    assert percentile(list(range(1, 51)), 95) == 48
    assert percentile([7], 95) == 7


def test_every_case_is_run_in_every_turn_but_for_those_with_fewer():
    cases = [Case("once", [sys.executable, "-c", ""], runs=1), Case("ever", [sys.executable, "-c", ""])]

    done = interleaved(cases, os.environ, runs=3, seed=1)

    assert {name: len(runs) for name, runs in done.items()} == {"once": 1, "ever": 3}


def test_a_command_that_fails_ends_the_measurement():
    fails = Case("fails", [sys.executable, "-c", "raise SystemExit('because')"])

    with pytest.raises(SystemExit, match="because"):
        interleaved([fails], os.environ, runs=1, seed=1)
