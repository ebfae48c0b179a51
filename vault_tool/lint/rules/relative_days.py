"""Words that tell a day only to who knows when they were written: `明天`, `next Tuesday`, `recently`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from vault_tool.lint.rules.phrases import NOT_BEFORE_LATIN, branches, folded
from vault_tool.lint.rules.remember import remember_last
from vault_tool.named import NamedTuple
from vault_tool.notes.dates import read_day
from vault_tool.notes.text import Span
from vault_tool.patterns import pattern
from vault_tool.schema import Schema

# Today is the entry's own day. A bare `月底` or `周五` is how people put terms and habits.
_DAYS = ("yesterday", "tomorrow", "day-before-yesterday", "day-after-tomorrow")
_FAR_DAYS = ("three-days-ago", "in-three-days")
_NEXT_EDGES = ("next-month-end", "next-month-start")
_VAGUE_PERIODS = ("last-week", "next-week", "last-month", "next-month")
_SHORTEST_LATIN = 4  # of a weekday: `next sun`, `last sat` are other words
_ONE_WEEK = timedelta(days=7)
# A date beside the words, or in brackets before the clause ends, says which day is meant.
_DATE = r"(?:\d{4}[-/.年]\d{1,2}|\d{1,2}[-/月]\d{1,2}|\d{1,2}[日号])"
_DATE_FOLLOWS = pattern(
    rf"[ \t]*(?:[（(\[【][^）)\]】\r\n]{{0,30}}{_DATE}|[，,、]?[ \t]*[即也就是]{{0,3}}[ \t]*{_DATE}"
    rf"|[^。；！？.;!?\r\n（(\[【]{{0,20}}[（(\[【][^）)\]】\r\n]{{0,30}}{_DATE})"
)
_DATE_BEFORE = pattern(rf"{_DATE}[\d\-/.月日号]{{0,6}}[ \t]*[（(\[【，,、]?[ \t]*\Z")
_LONGEST_BEFORE = 20


class Said(NamedTuple):
    """Words of time: `is_vague` where nobody could tell the day."""

    span: Span
    is_vague: bool


class _Words(NamedTuple):
    phrases: tuple[str, ...]
    pattern: re.Pattern[str]
    skipped: frozenset[str]
    vague: frozenset[str]


def said_days(text: str, start: int, end: int, schema: Schema) -> Iterator[Said]:
    """Yield the words that tell a day from when they were written, unless its date stands beside them."""
    [words] = _words_of(schema)
    for found in words.pattern.finditer(text, start, end):
        phrase = folded(found[0])
        if phrase in words.skipped or _DATE_FOLLOWS.match(text, found.end(), end):
            continue
        if not _DATE_BEFORE.search(text[max(start, found.start() - _LONGEST_BEFORE) : found.start()]):
            yield Said(Span(*found.span()), phrase in words.vague)


def day_phrases(schema: Schema) -> tuple[str, ...]:
    """Return phrases of which one stands, at least in part, in every text that tells such a day."""
    return _words_of(schema)[0].phrases


def clear_day(words: str, told: date, schema: Schema) -> date | None:
    """Return the one day that words mean which were written on a day; None where people differ.

    `next Friday`, said on a Monday, is this week's to some and next week's to others.
    """
    said = read_day(words, told, schema)
    if said is None or said.rest:
        return None
    if words.isascii():
        first = schema.word("week", words.split()[0])
        if abs(said.day - told) > _ONE_WEEK or (first and first.name == "this-week" and said.day < told):
            return None
    return said.day


@remember_last
def _words_of(schema: Schema) -> Iterator[_Words]:
    skipped, vague = tuple(schema.phrases("timeless")), tuple(schema.phrases("vague-time"))
    days = (*_day_labels(schema), *_edges(schema))
    weeks = _spellings(schema, "week")
    periods = _spellings(schema, "period", _VAGUE_PERIODS)
    # Of two at one place the first counts: a week's weekday goes before the week.
    some = (
        *branches(skipped),
        *branches(vague),
        *branches(days),
        *_weekdays(schema, weeks),
        *branches(periods),
    )
    weekdays = _spellings(schema, "weekday")
    latin = [day for day in weekdays if day.isascii() and len(day) >= _SHORTEST_LATIN]
    han = {day[0] for day in weekdays if len(day) > 1 and not day.isascii()}
    begun = [week + head for week in weeks if not week.isascii() for head in han]
    yield _Words(
        phrases=(*vague, *days, *latin, *begun, *periods),
        pattern=re.compile("|".join(some)),
        skipped=frozenset(map(folded, skipped)),
        vague=frozenset(map(folded, (*vague, *periods))),
    )


def _day_labels(schema: Schema) -> Iterator[str]:
    """Yield the plain words for a day; the others stand in longer words as well (`说明日期`, `售后日常`)."""
    for word in schema.vocabularies.get("day", ()):
        if word.name in _DAYS:
            yield from word.labels.values()
        elif word.name in _FAR_DAYS:
            # `大后天` is a day; `done in three days` is as long as something takes.
            yield from (label for label in word.labels.values() if not label.isascii())


def _edges(schema: Schema) -> Iterator[str]:
    """Yield the ends of a month that name the month."""
    this_month = tuple(_spellings(schema, "period", ("this-month",)))
    yield from (word for word in _spellings(schema, "day", ("month-end",)) if word.startswith(this_month))
    yield from _spellings(schema, "day", _NEXT_EDGES)


def _spellings(schema: Schema, vocabulary: str, names: Iterable[str] = ()) -> list[str]:
    return [
        spelling
        for word in schema.vocabularies.get(vocabulary, ())
        if not names or word.name in names
        # A name such as `day-after-tomorrow` is how files say it, not people.
        for spelling in (*word.labels.values(), *word.aliases)
    ]


def _weekdays(schema: Schema, weeks: Iterable[str]) -> Iterator[str]:
    every = sorted(_spellings(schema, "weekday"), key=len, reverse=True)
    latin = [day for day in every if day.isascii() and len(day) >= _SHORTEST_LATIN]
    han = [day for day in every if not day.isascii()]
    for week in sorted(weeks, key=len, reverse=True):
        if week.isascii():
            days, gap, after = latin, r"\s+", NOT_BEFORE_LATIN
        else:
            # `下周三` and `下个周三`, but not `下一` of `下一步`.
            days, gap, after = [day for day in han if len(day) > 1 or _names_week(week, schema)], "", ""
        inner = "|".join(map(re.escape, days)) or "(?!)"
        yield from (f"{head}{gap}(?i:{inner}){after}" for head in branches((week,), closed=False))


def _names_week(week: str, schema: Schema) -> bool:
    spans = (schema.word("span", week[cut:]) for cut in range(1, len(week)))
    return any(span and span.name == "week" for span in spans)
