"""EN rules: dated entries, their headings, their order and their inline fields."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise

from vault_tool.lint.rule import Context, Fix, Flaw, Rule, Severity
from vault_tool.lint.rules.entry_dates import (
    ODD_HEADING,
    LinePattern,
    StrayDate,
    date_in_heading,
    day_of,
    may_begin_oddly,
    stray_dates,
)
from vault_tool.lint.rules.leaves import is_sealed_reference
from vault_tool.lint.rules.misspelt import meant_by_key, word_message
from vault_tool.lint.rules.remember import remember
from vault_tool.lint.rules.values import is_good
from vault_tool.messages import N_
from vault_tool.named import NamedTuple
from vault_tool.notes.edit_fields import language_of
from vault_tool.notes.entries import Entry, InlineField
from vault_tool.notes.formats import LOOSE_DATE, problem_of
from vault_tool.notes.note import Note
from vault_tool.notes.text import Edit, Span
from vault_tool.notes.values import parse_date, parse_loose_date
from vault_tool.patterns import pattern
from vault_tool.schema import FieldType

GRACE = timedelta(days=1)  # a colleague further east may already live in tomorrow

_PART = pattern(r"[ \t　]*(?:[-–—―:：,，、.。T]+[ \t　]*)?")
_HEADING_LIKE = LinePattern(rf" {{0,3}}{ODD_HEADING}")


def entry_heading_format(note: Note, context: Context) -> Iterator[Flaw]:
    """An entry begins with `## ` and its date, year-month-day.

    Why: what is dated in another way is in no timeline, and isn't found by its date.
    Bad: `## 2023年1月15日 电话`, `##2023-01-15`, `## 1月15日`
    Good: `## 2023-01-15 电话`
    Fix: safe where the day is clear; unsafe where a heading would change its level.
    """
    for entry in note.entries:
        if entry.date is not None:
            continue
        typed = date_in_heading(note, entry)
        if typed is None:
            yield Flaw(
                entry.date_span,
                N_("`{text}` is no full date: write it as 2026-11-20"),
                {"text": entry.date_text[:30]},
            )
        elif day := parse_loose_date(typed.of(note.text)):
            yield _respelled(note, entry, typed, day)
    for wrong in heading_like(note):
        is_glued = wrong.level == 2
        message = (
            N_("A heading needs a blank behind `##`")
            if is_glued
            else N_("An entry is a heading of level 2: `## `")
        )
        yield Flaw(wrong.marks, message, {}, Fix((Edit(wrong.marks, "## "),), is_safe=is_glued))


def _respelled(note: Note, entry: Entry, typed: Span, day: date) -> Flaw:
    part = _PART.match(note.text, typed.end, entry.heading.end)
    rest = part.end() if part else typed.end
    separator, follows = note.text[typed.end : rest], note.text[rest : rest + 1]
    iso = day.isoformat()
    fix = None
    # `2026-01-15-17` may be three days or one hour: that is no clear day.
    if not (follows.isdigit() and separator.strip() not in ("", "T")):
        end = rest if separator.strip() or not separator else typed.end
        gap = " " if end == rest and rest < entry.heading.end else ""
        fix = Fix((Edit(Span(typed.start, end), iso + gap),))
    if fix is None:
        return Flaw(
            typed, N_("This is not one day: begin the heading with a date such as {iso}"), {"iso": iso}
        )
    return Flaw(typed, N_("Write {iso}"), {"iso": iso}, fix)


class HeadingLike(NamedTuple):
    """A line that would be an entry's heading, were its marks `## `; where they are `##` it has its `day`."""

    marks: Span
    title: Span
    level: int
    day: date | None


@remember
def heading_like(note: Note) -> Iterator[HeadingLike]:
    """Yield the lines that would be entries with the right marks before them, in the order of the file."""
    entries = {entry.heading.start for entry in note.entries}
    first_entry = note.entries[0].span.start if note.entries else note.content_end
    for found in _HEADING_LIKE.find(note) if may_begin_oddly(note) else ():
        at, level = found.start("line"), len(found[2])
        if at in entries:
            continue
        is_glued = level == 2 and not found[3]
        if is_glued or level == 1 or (level > 2 and at < first_entry):
            typed = LOOSE_DATE.match(note.text, found.end())
            day = parse_loose_date(typed[0]) if typed and is_glued else None
            title = Span(found.end(), typed.end() if typed else found.end())
            yield HeadingLike(Span(found.start(2), found.end()), title, level, day)


def entry_date_invalid(note: Note, context: Context) -> Iterator[Flaw]:
    """An entry's date is a day that was.

    Why: nothing can be sorted or counted by 30 February.
    Bad: `## 2026-02-30 电话`
    Good: `## 2026-02-28 电话`
    Fix: none. Which day it was, only you know.
    """
    for entry in note.entries:
        if entry.date is None and (typed := date_in_heading(note, entry)):
            text = typed.of(note.text)
            if parse_loose_date(text) is None:
                yield Flaw(typed, N_("{text} is no day of the calendar"), {"text": text})


def entry_date_future(note: Note, context: Context) -> Iterator[Flaw]:
    """An entry tells what was, not what will be.

    Why: it would stay the newest for months and hide a silent customer. A plan belongs in `next`.
    Bad: `## 2062-04-01 电话`, written in 2026
    Good: `## 2026-04-01 电话`, and `next: 2026-05-02 send samples`
    Fix: none. One day of grace is given; `--as-of` sets the day.
    """
    latest = context.today + GRACE
    days = [entry.date or day_of(note, entry) for entry in note.entries]
    newest = max((day for day in days if day), default=None)
    if newest is None or not newest > latest:
        return  # one comparison with the day of the run, which takes long, instead of many
    for entry, day in zip(note.entries, days, strict=True):
        if day is not None and day > latest:
            yield Flaw(entry.date_span, N_("Entry dated in the future: {date}"), {"date": day.isoformat()})


class _Dated(NamedTuple):
    span: Span
    day: date


def entries_out_of_order(note: Note, context: Context) -> Iterator[Flaw]:
    """Entries stand in one order, newest or oldest first; each file keeps its own.

    Why: who opens the note reads the last news where they are expected.
    Bad: 2026-10-22 above 2026-11-02 in a file that is otherwise newest first
    Good: 2026-11-02 above 2026-10-22
    Fix: unsafe. Sorts the entries of the file.
    """
    days = [entry.date for entry in note.entries if entry.date]
    is_tidy = len(days) == len(note.entries) and days == sorted(days, reverse=True)
    if is_tidy and not stray_dates(note, context.today) and not heading_like(note):
        return  # as nearly all files are
    marked = [_Dated(entry.date_span, day) for entry in note.entries if (day := day_of(note, entry))]
    # What is about to become an entry has its place in the order already.
    strays = [
        *(_Dated(stray.date_span, stray.day) for stray in stray_dates(note, context.today) if stray.day),
        *(_Dated(glued.title, day) for glued in heading_like(note) if (day := glued.day)),
    ]
    marked = sorted([*marked, *strays]) if strays else marked
    falls = sum(later.day < earlier.day for earlier, later in pairwise(marked))
    rises = sum(later.day > earlier.day for earlier, later in pairwise(marked))
    if not falls or not rises:
        return
    newest_first = falls > rises if falls != rises else context.settings.order == "newest-first"
    fix = None if strays else _sorted_entries(note, newest_first)
    message = (
        N_("This entry stands out of order: the file is newest first")
        if newest_first
        else N_("This entry stands out of order: the file is oldest first")
    )
    for dated in _out_of_order(marked, newest_first):
        yield Flaw(dated.span, message, {}, fix)


def _out_of_order(marked: list[_Dated], newest_first: bool) -> Iterator[_Dated]:
    """Yield the fewest entries whose moving would put all in order."""
    keys = [-dated.day.toordinal() if newest_first else dated.day.toordinal() for dated in marked]
    tails: list[int] = []  # the longest run in order, by patience sorting
    piles: list[int] = []
    for key in keys:
        pile = bisect_right(tails, key)
        tails[pile : pile + 1] = [key]
        piles.append(pile)
    kept, wanted, bound = set(), len(tails) - 1, max(keys)
    for index in range(len(keys) - 1, -1, -1):
        if piles[index] == wanted and keys[index] <= bound:
            kept.add(index)
            wanted, bound = wanted - 1, keys[index]
    return (dated for index, dated in enumerate(marked) if index not in kept)


def _sorted_entries(note: Note, newest_first: bool) -> Fix | None:
    entries = note.entries
    if any(entry.date is None for entry in entries):
        return None
    ordered = sorted(entries, key=lambda entry: entry.date or date.min, reverse=newest_first)
    texts = [entry.span.of(note.text) for entry in entries]
    # The blank lines between two entries belong to the place, not to the entry.
    gaps = [text[len(text.rstrip()) :] for text in texts]
    bodies = {entry.span: text.rstrip() for entry, text in zip(entries, texts, strict=True)}
    parts = [bodies[entry.span] + gap for entry, gap in zip(ordered, gaps, strict=True)]
    if not note.sections:
        whole = Span(entries[0].span.start, entries[-1].span.end)
        return Fix((Edit(whole, "".join(parts)),), is_safe=False)
    # A section that stands between entries stays where it is.
    edits = [Edit(entry.span, part) for entry, part in zip(entries, parts, strict=True)]
    return Fix(tuple(edit for edit in edits if edit.span.of(note.text) != edit.text), is_safe=False)


def entry_empty(note: Note, context: Context) -> Iterator[Flaw]:
    """An entry says something.

    Why: a date and a channel alone tell nobody what happened.
    Bad: `## 2026-11-20 电话` with nothing below it
    Good: `## 2026-11-20 电话` and, below, `要再让 2 个点`; a title in the heading will do
    Fix: unsafe. Removes the entry.
    """
    for entry in note.entries:
        if entry.title or entry.fields:
            continue
        body = entry.body.of(note.text).strip()
        if body and (not body.startswith("<!--") or not _only_comments(note, entry)):
            continue
        fix = Fix((Edit(entry.span, ""),), is_safe=False)
        yield Flaw(entry.heading, N_("Empty entry"), {}, fix)


def _only_comments(note: Note, entry: Entry) -> bool:
    at = entry.body.start
    for span in note.hidden:
        if entry.body.holds(span.start):
            is_comment = span.of(note.text).lstrip().startswith("<!--")
            if note.text[at : span.start].strip() or not is_comment:
                return False
            at = span.end
    return not note.text[at : entry.body.end].strip()


def undated_text(note: Note, context: Context) -> Iterator[Flaw]:
    """What happened on a day stands below a heading with the whole date.

    Why: a day without its year tells nothing two years on, and is in no timeline.
    Bad: `1月15日 – 咨询产品A`, above the entries
    Good: `## 2026-01-15` and, below, `咨询产品A`
    Fix: none. The year is yours to give. Text without any date is the customer's profile, and no flaw.
    """
    for stray in stray_dates(note, context.today):
        if stray.day is None:
            text = stray.date_span.of(note.text)
            # Day, month and year are there, and nobody can tell which is which.
            message = (
                N_("`{text}` may be one of several days: write the entry as `## 2026-11-20`")
                if len(re.findall(r"\d+", text)) > 2
                else N_("`{text}` is half a date: write the entry as `## 2026-11-20`")
            )
            yield Flaw(stray.date_span, message, {"text": text})


def entry_channel_missing(note: Note, context: Context) -> Iterator[Flaw]:
    """An entry says how the contact came about.

    Why: reports count calls and visits. This rule speaks only where it is selected.
    Bad: `## 2026-11-20`
    Good: `## 2026-11-20 电话`
    Fix: none.
    """
    for entry in note.entries:
        if entry.channel is None:
            yield Flaw(entry.heading, N_("No channel, such as 电话 or call"))


def seed_style_entry(note: Note, context: Context) -> Iterator[Flaw]:
    """An entry is a heading with a date, and its text below.

    Why: `2023年1月15日 – 咨询产品A` reads well and is only text: no timeline, no search by date, no merge.
    Bad: `2023年1月15日 – 咨询产品A`, `2023/1/15 咨询产品A`
    Good: `## 2023-01-15` and, below, `咨询产品A`
    Fix: safe. Turns the line into a heading and its text.
    """
    for stray in stray_dates(note, context.today):
        if stray.day is not None:
            iso = stray.day.isoformat()
            fix = _as_entry(note, stray, iso) if stray.can_become_entry else None
            yield Flaw(stray.date_span, N_("Make this an entry: `## {iso}`"), {"iso": iso}, fix)


def _as_entry(note: Note, stray: StrayDate, iso: str) -> Fix:
    newline = note.newline
    before = newline if stray.follows_text else ""
    if stray.text_start < stray.line.end:
        return Fix((Edit(Span(stray.line.start, stray.text_start), f"{before}## {iso}{newline * 2}"),))
    # Text that follows at once gets its blank line.
    is_apart = note.text[stray.line.end :].lstrip(" \t").startswith((newline * 2, "\r\n\r\n"))
    return Fix((Edit(stray.line, f"{before}## {iso}{'' if is_apart else newline}"),))


def inline_field_malformed(note: Note, context: Context) -> Iterator[Flaw]:
    """An inline field is one that the schema knows, with a value of its type.

    Why: orders and payments are summed up from `amount::` lines; what isn't understood is in no sum.
    Bad: `amount:: about eighty`, `ammount:: 80,000 CNY`
    Good: `amount:: 80,000 CNY`
    Fix: none. The right value is yours to give.
    """
    for entry in note.entries:
        for inline in entry.fields:
            if inline.field is None:
                yield _unknown(note, context, inline)
            elif not inline.value:
                yield Flaw(inline.key_span, N_("`{key}` has no value"), {"key": inline.key})
            elif not is_good(inline.field, inline.value, note.schema) and not is_sealed_reference(
                inline.value
            ):
                yield from _mistyped(note, context, inline)


def _unknown(note: Note, context: Context, inline: InlineField) -> Flaw:
    near, _ = meant_by_key(inline.key, context.schema.by_inline_key)
    if near is None:
        return Flaw(inline.key_span, N_("Unknown inline field `{key}`"), {"key": inline.key})
    return Flaw(
        inline.key_span,
        N_("Unknown inline field `{key}`; did you mean `{nearest}`?"),
        {"key": inline.key, "nearest": near.key(language_of(note, context.settings.language))},
    )


def _mistyped(note: Note, context: Context, inline: InlineField) -> Iterator[Flaw]:
    field, text = inline.field, inline.value
    assert field is not None
    message = problem_of(field, text, context.schema)
    if message is None:
        if field.type is FieldType.DATE and parse_date(text) is None and (day := parse_loose_date(text)):
            yield Flaw(inline.value_span, N_("Write {iso}"), {"iso": day.isoformat()})
        return
    if not field.vocabulary:
        yield Flaw(inline.value_span, message, {"key": inline.key})
        return
    language = language_of(note, context.settings.language)
    message, told = word_message(context.schema, field.vocabulary, text, language)
    yield Flaw(inline.value_span, message, {"key": inline.key, "text": text[:40], **told})


def complaint_open(note: Note, context: Context) -> Iterator[Flaw]:
    """A complaint or a request for service is done within days.

    Why: the customer waits. Nothing is wrong with the note: this is a reminder.
    Bad: `## 2026-11-01 投诉` with `状态:: 待处理`, three weeks later
    Good: `状态:: 已解决`
    Fix: none. `[lint] complaint_days` sets the days, 7 at first; `--as-of` sets the day.
    """
    for entry in note.entries:
        if entry.kind not in ("complaint", "service") or (day := day_of(note, entry)) is None:
            continue
        status = entry.field("status")
        word = context.schema.word("status", status.value) if status else None
        days = (context.today - day).days
        if status and word and word.name == "open" and days > context.settings.lint.complaint_days:
            yield Flaw(status.value_span, N_("Open for {days} days"), {"days": days})


RULES = (
    Rule("EN001", "entry-heading-format", Severity.WARNING, "safe", entry_heading_format),
    Rule("EN002", "entry-date-invalid", Severity.ERROR, None, entry_date_invalid),
    Rule("EN003", "entry-date-future", Severity.WARNING, None, entry_date_future),
    Rule("EN004", "entries-out-of-order", Severity.WARNING, "unsafe", entries_out_of_order),
    Rule("EN005", "entry-empty", Severity.WARNING, "unsafe", entry_empty),
    Rule("EN006", "undated-text", Severity.WARNING, None, undated_text),
    Rule("EN007", "entry-channel-missing", Severity.INFO, None, entry_channel_missing, is_default=False),
    Rule("EN008", "seed-style-entry", Severity.WARNING, "safe", seed_style_entry),
    Rule("EN009", "inline-field-malformed", Severity.WARNING, None, inline_field_malformed),
    Rule("EN010", "complaint-open", Severity.INFO, None, complaint_open, ("complaint_days",)),
)
