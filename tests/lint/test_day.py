"""A day tells how long its answers hold: never too long, and no shorter than it must."""

from __future__ import annotations

import operator
from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.lint.linting import SCHEMA, TODAY, note_of
from tests.lint.test_properties import flawed_notes
from vault_tool.lint.check import Checker
from vault_tool.lint.day import FOREVER, Day, Horizon
from vault_tool.lint.rows import Row, row_of
from vault_tool.lint.rule import Context
from vault_tool.lint.selection import select_rules
from vault_tool.vault.settings import LintSettings, Settings

DATED = st.dates(TODAY - timedelta(200), TODAY + timedelta(200)).map(
    lambda day: (
        f"---\nid: a\nname: b\ntype: enterprise\nstage: lead\nowner: c\nnext: {day} x\nreviewed: {day}\n"
        f"importance: vip\n---\n\n## {day} 投诉\n\n状态:: 待处理\n\n明天再看\n"
    )
)
SECONDS = timedelta(seconds=1)


def found(text: str, day: date) -> list[Row]:
    context = Context(SCHEMA, Settings(id="v7k2m9qx"), day, new_id=lambda _path: "c1")
    checker = Checker.of(select_rules(LintSettings(), ["all"]), context)
    return [row_of(finding) for finding in checker.check(note_of(text))]


@given(st.one_of(flawed_notes(), DATED), st.integers(0, 400))
@example("---\nnext: 2026-12-24 x\n---\n", 31)
def test_what_is_found_is_found_until_the_day_that_was_told(text: str, later: int):
    horizon = Horizon(TODAY)

    rows = found(text, Day.of(TODAY, horizon))

    assert rows == found(text, TODAY)
    assert rows == found(text, date.fromordinal(min(TODAY.toordinal() + later, horizon.until)))


FIXED = st.integers(-9, 9).map(lambda days: TODAY + timedelta(days))
SPANS = st.integers(-30, 30).map(lambda hours: timedelta(hours=hours * 8))
COMPARISONS = st.sampled_from([operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne])


@given(COMPARISONS, FIXED, SPANS, st.integers(-9, 9), st.integers(-3, 3), st.booleans())
def test_a_comparison_holds_until_the_day_that_was_told(how, fixed, span, number, shift, flip):
    moved = timedelta(shift)
    questions = (
        lambda day: (day + moved, fixed),
        lambda day: (day - fixed + moved, span),
        lambda day: (fixed - (day - moved), span),
        lambda day: ((moved + day - fixed).days, number),
        lambda day: ((fixed - day).days, number),
        lambda day: (day - moved, day),
    )
    for question in questions:
        ask = (
            (lambda day, q=question: how(*reversed(q(day))))
            if flip
            else (lambda day, q=question: how(*q(day)))
        )
        horizon = Horizon(TODAY)
        answer = ask(Day.of(TODAY, horizon))
        assert answer == ask(TODAY)
        for later in range(25):
            day = TODAY + timedelta(later)
            if day.toordinal() <= horizon.until:
                assert ask(day) == answer


@pytest.mark.parametrize(
    ("ask", "days"),
    [
        (lambda day: day > date(2026, 12, 3), 9),
        (lambda day: day > date(2026, 11, 3), None),
        (lambda day: (day - date(2026, 11, 3)).days > 30, 9),
        (lambda day: date(2026, 12, 3) - day < timedelta(days=7), 2),
        (lambda day: max(day, date(2026, 12, 3)), 9),
        (lambda day: day.year, 0),
        (str, 0),
        (hash, 0),
        (lambda day: f"{day:%m-%d}", 0),
        (lambda day: f"{(day - date(2026, 11, 3)).days}", 0),
        (lambda day: (day - date(2026, 11, 3)).days // 7, 0),
        (lambda day: day.replace(month=1), 0),
        (lambda day: (day - timedelta(3)).isoformat(), 0),
        (lambda day: day, None),
    ],
)
def test_an_answer_holds_for_so_many_days(ask, days: int | None):
    horizon = Horizon(TODAY)

    answer = ask(Day.of(TODAY, horizon))

    until = horizon.until
    assert answer == ask(TODAY)
    assert until == (FOREVER if days is None else TODAY.toordinal() + days)
