"""CC rules: short sentences, short entries, key points that stand out, days that say which."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vault_tool.lint.rule import Context, Fix, Flaw, Rule, Severity
from vault_tool.lint.rules.phrases import folded, phrase_pattern, telltale
from vault_tool.lint.rules.relative_days import clear_day, day_phrases, said_days
from vault_tool.lint.rules.remember import remember, remember_last
from vault_tool.lint.rules.sentences import (
    Passage,
    is_own_prose,
    is_short,
    long_sentences,
    passages,
    prose_lines,
    units,
)
from vault_tool.messages import N_
from vault_tool.notes.note import Note
from vault_tool.notes.text import Edit, Span
from vault_tool.patterns import pattern
from vault_tool.schema import Schema

# Bold, highlighted, a list, a heading of its own, a table, a field: the eye finds it.
_KEY_POINT = pattern(r"\*\*|__|==|::|：：|(?:\A|[\r\n])[ \t　]*(?:[-*+•][ \t]|\d{1,9}[.)、]|#{3,6}[ \t]|\|)")
_COMMA = pattern(r"[，,：:、()（）—–]")
_HOW = "…"


def sentence_too_long(note: Note, context: Context) -> Iterator[Flaw]:
    """A sentence is short enough to be understood at one reading.

    Why: the note is read minutes before a visit. Each Han character counts as one word, and so does each
    Latin word or number; code, tables, quotes (`>`) and comments don't count.
    Bad: one sentence of 60 characters that holds the price, the term and who decides
    Good: three sentences, or a list
    Fix: none. `[lint.limits] sentence_units` sets the limit, 40 at first. A sentence that commas part into
    pieces of at most half the limit may be longer by half.
    """
    limit = context.settings.lint.limits["sentence_units"]
    for sentence in long_sentences(note, limit):
        text = sentence.of(note.text)
        if (count := units(text)) > limit and not _is_well_parted(text, count, limit):
            start = sentence.start + len(text) - len(text.lstrip())
            values = {"units": count, "limit": limit}
            yield Flaw(
                Span(start, sentence.end), N_("A sentence of {units} words; {limit} are enough"), values
            )


def _is_well_parted(text: str, count: int, limit: int) -> bool:
    """Tell whether a sentence that is not much too long is easy to read: commas part it into short pieces."""
    if count * 2 > limit * 3:
        return False
    return all(units(piece) * 2 <= limit for piece in _COMMA.split(text))


def entry_too_long(note: Note, context: Context) -> Iterator[Flaw]:
    """An entry fits on one screen.

    Why: who was there remembers; who wasn't reads the first lines. What is longer is a report: keep that in
    `attachments` and write down what follows from it.
    Bad: an entry of 350 characters
    Good: five lines with what was agreed, what is open and the next step
    Fix: none. `[lint.limits] entry_units` sets the limit, 200 at first.
    """
    limit = context.settings.lint.limits["entry_units"]
    for part, count in _long_entries(note, context, limit):
        values = {"units": count, "limit": limit}
        yield Flaw(part.heading, N_("An entry of {units} words; {limit} are enough"), values)


def filler_phrase(note: Note, context: Context) -> Iterator[Flaw]:
    """A sentence says it without filler.

    Why: `进行了沟通` is `沟通了` in four characters more, and hides what was said.
    Bad: `总的来说，客户对产品表现出了浓厚的兴趣`, `in order to`
    Good: `客户想要 20 台`, `to`
    Fix: unsafe, where nothing else of the sentence has to change. A vault's own `schema/phrases.yaml` adds
    phrases to the list `filler` and takes others away.
    """
    if not _may_say(note, context.schema):
        return
    instead = _instead(context.schema)[0]
    for found in phrase_pattern(context.schema, "filler").finditer(
        note.text, note.profile.span.start, note.content_end
    ):
        span = Span(*found.span())
        if not is_own_prose(note, span):
            continue
        better = instead.get(folded(found[0]), "")
        fix = None
        if better and _HOW not in better:
            better = better.capitalize() if found[0][0].isupper() else better
            fix = Fix((Edit(span, better),), is_safe=False)
        elif not better and not found[0][-1].isalnum():
            fix = Fix((Edit(span, ""),), is_safe=False)
        values = {"phrase": found[0], "instead": better}
        if better.strip(_HOW):
            yield Flaw(span, N_("`{phrase}`: write `{instead}`"), values, fix)
        else:
            yield Flaw(span, N_("`{phrase}` says nothing: leave it out"), values, fix)


def key_point_missing(note: Note, context: Context) -> Iterator[Flaw]:
    """What matters in a longer entry stands out.

    Why: the eye stops at bold words and lists, and skips grey blocks.
    Bad: 120 characters in one paragraph
    Good: `要**再让 2 个点**，月底定`, or a list of what was agreed
    Fix: none. `[lint.limits] key_point_units` sets from which length on, 80 at first.
    """
    limit = context.settings.lint.limits["key_point_units"]
    for part, count in _long_entries(note, context, limit, unless=_KEY_POINT):
        yield Flaw(part.heading, N_("{units} words and none in bold: mark the key point"), {"units": count})


def relative_date(note: Note, context: Context) -> Iterator[Flaw]:
    """A day is written as a date.

    Why: `下周三` means another day to everyone who reads it later, and no search for that day finds it.
    Bad: `下周六看样` in the entry of 2026-10-01, `最近联系`, `recently`
    Good: `2026-10-10 看样`, `下周六（2026-10-10）看样`
    Fix: unsafe. Puts the date behind the words, where they mean one day; nothing is taken away. Quotes, today
    and a weekday or `月底` by itself are left in peace. The vague words stand in `schema/phrases.yaml`
    (`vague-time`), and so does what only looks like them (`timeless`).
    """
    if not _may_say(note, context.schema):
        return
    text = note.text
    for part in passages(note, context.today):
        for said in said_days(text, part.heading.start, part.body.end, context.schema):
            if not is_own_prose(note, said.span):
                continue
            words = said.span.of(text)
            if said.is_vague:
                yield Flaw(said.span, N_("Write the date instead of `{words}`"), {"words": words})
                continue
            day = clear_day(words, part.day, context.schema) if part.day else None
            if day is None:
                yield Flaw(said.span, N_("Write the date beside `{words}`"), {"words": words})
                continue
            iso = day.isoformat()
            added = f" ({iso})" if words.isascii() else f"（{iso}）"
            fix = Fix((Edit(Span(said.span.end, said.span.end), added),), is_safe=False)
            yield Flaw(
                said.span, N_("Write the date beside `{words}`: {date}"), {"words": words, "date": iso}, fix
            )


def _long_entries(
    note: Note, context: Context, limit: int, unless: re.Pattern[str] | None = None
) -> Iterator[tuple[Passage, int]]:
    """Yield the entries with more units than the limit, and how many; `unless` says which to pass over."""
    for part in passages(note, context.today):
        start, end = part.body
        if not part.is_entry or end - start <= limit or is_short(note.text[start:end], limit):
            continue
        if unless and unless.search(note.text, start, end):
            continue
        count = sum(units(line.of(note.text)) for line in prose_lines(note, part.body))
        if count > limit:
            yield part, count


@remember
def _may_say(note: Note, schema: Schema) -> Iterator[bool]:
    """Yield once where a phrase or a word of time may stand: hardly ever, in most vaults."""
    [pattern] = _telltale(schema)
    if pattern.search(note.text, note.profile.span.start, note.content_end):
        yield True


@remember_last
def _telltale(schema: Schema) -> Iterator[re.Pattern[str]]:
    yield telltale((*schema.phrases("filler"), *day_phrases(schema)))


@remember_last
def _instead(schema: Schema) -> Iterator[dict[str, str]]:
    yield {folded(phrase): better for phrase, better in schema.phrases("filler").items()}


RULES = (
    Rule("CC001", "sentence-too-long", Severity.WARNING, None, sentence_too_long, ("sentence_units",)),
    Rule("CC002", "entry-too-long", Severity.WARNING, None, entry_too_long, ("entry_units",)),
    Rule("CC003", "filler-phrase", Severity.INFO, "unsafe", filler_phrase),
    Rule("CC004", "key-point-missing", Severity.INFO, None, key_point_missing, ("key_point_units",)),
    Rule("CC005", "relative-date", Severity.INFO, "unsafe", relative_date),
)
