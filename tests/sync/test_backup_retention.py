"""Which backups are kept: 7 days, 4 weeks, 12 months, and never fewer than the newest."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from vault_tool.sync.retention import DAILY, MONTHLY, WEEKLY, superseded

NOW = datetime(2026, 11, 23, 12, 0)
MOMENTS = st.datetimes(datetime(2023, 1, 1), datetime(2027, 2, 1))
SOME = st.lists(MOMENTS, max_size=60, unique=True)


def kept(made: list[datetime]) -> list[datetime]:
    gone = superseded(made, lambda each: each, NOW)
    return sorted(set(made) - set(gone))


def test_a_backup_at_noon_each_day_for_two_years_leaves_days_weeks_and_months():
    left = kept([NOW - timedelta(days=days) for days in range(730)])

    assert [f"{each:%m-%d}" for each in left[-7:]] == [
        *("11-17", "11-18", "11-19", "11-20", "11-21", "11-22", "11-23")
    ]
    # The last day of each week (Sundays) and month before that.
    assert [f"{each:%Y-%m-%d}" for each in left[:-7]] == [
        *("2025-12-31", "2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30"),
        *("2026-07-31", "2026-08-31", "2026-09-30", "2026-10-31", "2026-11-08", "2026-11-15"),
    ]


def test_of_one_day_the_last_one_stays():
    morning, noon = NOW.replace(hour=8), NOW.replace(hour=11)

    assert superseded([noon, morning], lambda each: each, NOW) == [morning]


def test_what_a_wrong_clock_made_is_kept_and_pushes_nothing_out():
    wrong = [NOW + timedelta(days=days) for days in range(1, 40)]

    assert kept([NOW, *wrong]) == [NOW, *wrong]


@given(SOME)
def test_the_newest_always_stays(made: list[datetime]):
    past = [each for each in made if each <= NOW]

    assert not past or max(past) in kept(made)


@given(SOME)
def test_no_more_stay_than_are_spoken_of(made: list[datetime]):
    assert sum(each <= NOW for each in kept(made)) <= DAILY + WEEKLY + MONTHLY


@given(SOME)
def test_a_second_time_removes_nothing_more(made: list[datetime]):
    left = kept(made)

    assert superseded(left, lambda each: each, NOW) == []


@given(SOME, MOMENTS)
def test_a_new_backup_brings_nothing_back_that_was_superseded(made: list[datetime], newest: datetime):
    newest = max([each for each in made if each <= NOW] + [min(newest, NOW)])
    before = set(superseded(made, lambda each: each, NOW))

    assert before <= set(superseded([*made, newest], lambda each: each, NOW)) | {newest}


@given(SOME)
def test_the_order_they_are_found_in_does_not_matter(made: list[datetime]):
    assert superseded(made, lambda each: each, NOW) == superseded(made[::-1], lambda each: each, NOW)
