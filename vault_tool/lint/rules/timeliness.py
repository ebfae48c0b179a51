"""TM rules: reviews, follow-ups and silence, judged by the day that the context gives.

The last contact is the newest entry, never a field that somebody has to keep. Customers that were put away
are left in peace, and so is what can't be read: other rules speak of that. Messages name the day and not how
long ago it was: what is found today is found in the same words tomorrow.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from vault_tool.lint.rule import Context, Flaw, Rule, Severity
from vault_tool.lint.rules.leaves import field_of, is_empty, leaves, text_of
from vault_tool.lint.rules.remember import remember
from vault_tool.lint.rules.sentences import days_told
from vault_tool.messages import N_
from vault_tool.notes.edit_fields import language_of
from vault_tool.notes.folding import fold
from vault_tool.notes.formats import leading_date
from vault_tool.notes.note import Note
from vault_tool.notes.text import Span
from vault_tool.notes.values import parse_loose_date
from vault_tool.schema import Word

ARCHIVE = "archive"


def review_overdue(note: Note, context: Context) -> Iterator[Flaw]:
    """Somebody looks through a customer's fields every few months.

    Why: contacts leave, plans change; what was right in spring misleads in autumn. How often is set by
    importance (`[review]` in vault.toml), or by `review_every` for one customer.
    Bad: `reviewed: 2026-01-10` of a VIP, in November
    Good: `reviewed: 2026-11-02`
    Fix: none. Read the fields, mend them, then `vault set NAME reviewed=today`. Of a customer that was never
    reviewed this rule speaks when it is more than an ordinary one, or has `review_every`.
    """
    if not _is_open(note):
        return
    every = _days_of(note, "review_every")
    importance = _word(note, "importance")
    ranks = context.schema.vocabularies.get("importance", ())
    ordinary = ranks[-1] if ranks else None
    limit = every or _limit(context, importance or ordinary)
    reviewed = field_of(note, "reviewed")
    day = _day(note, "reviewed")
    if limit is None or (day is None and reviewed and not is_empty(reviewed.node)):
        return
    if day:
        if reviewed and (context.today - day).days > limit:
            values = {"date": day.isoformat(), "limit": limit}
            yield Flaw(reviewed.node.span, N_("Not reviewed since {date}; {limit} days are set"), values)
    elif (every or importance not in (None, ordinary)) and (first := _first_day(note, context)):
        place = field_of(note, "review_every") or field_of(note, "importance")
        if place and (context.today - first).days > limit:
            values = {"date": first.isoformat(), "limit": limit}
            yield Flaw(place.node.span, N_("Never reviewed since {date}; {limit} days are set"), values)


def followup_overdue(note: Note, context: Context) -> Iterator[Flaw]:
    """A next step lies ahead.

    Why: the customer was promised something. Either it is done, and an entry and a new next step are missing,
    or it is late.
    Bad: `next: 2026-11-02 send samples`, three weeks later
    Good: `next: 2026-11-27 call about the samples`
    Fix: none. `vault log NAME ... --next ...` writes down what came of it and what is next.
    """
    if not _is_open(note):
        return
    for span, day in _next_days(note):
        if day < context.today:
            yield Flaw(span, N_("Follow-up overdue since {date}"), {"date": day.isoformat()})


def followup_missing(note: Note, context: Context) -> Iterator[Flaw]:
    """A deal under way has a next step with its day.

    Why: what nobody has planned happens when the customer calls, or the competitor. The rule speaks of every
    customer from first contact to negotiation, and of the more important ones in any stage that isn't closed.
    Bad: `stage: proposal` without `next`, two weeks after the last call
    Good: `next: 2026-11-27 call about the quote`
    Fix: none. `[lint.limits] next_days` sets for how many days after the last contact it may be missing, 7 at
    first; `pursued: true` in `schema/vocabulary.yaml` marks the stages.
    """
    if (flaw := _followup_missing(note, context)) is not None:
        yield flaw


@remember
def _nothing_planned(note: Note) -> Iterator[bool]:
    """Yield once for an open customer without a next step; one that can't be read is one."""
    top = field_of(note, "next")
    if (top is None or is_empty(top.node)) and _is_open(note):
        yield True


def _followup_missing(note: Note, context: Context) -> Flaw | None:
    stage = _word(note, "stage")
    if stage is None or not _nothing_planned(note):
        return None
    ranks = context.schema.vocabularies.get("importance", ())
    matters = (importance := _word(note, "importance")) is not None and importance is not ranks[-1]
    last = _last_day(note, context)
    top, field = field_of(note, "stage"), context.schema.field("next")
    if not (stage.pursued or matters) or last is None or top is None or field is None:
        return None
    if (context.today - last).days <= context.settings.lint.limits["next_days"]:
        return None
    key = field.key(language_of(note, context.settings.language))
    return Flaw(top.node.span, N_("No next step: set `{key}`"), {"key": key})


def no_recent_entry(note: Note, context: Context) -> Iterator[Flaw]:
    """An open customer isn't forgotten.

    Why: silence is how customers are lost. The last contact is the newest entry; a customer with a next step
    is looked after, and is no finding.
    Bad: the newest entry is of 2026-06-01, nothing is planned, and it is November
    Good: an entry of last week, or `next: 2026-12-01 call`
    Fix: none. `[lint.limits] quiet_days` sets the days, 60 at first.
    """
    if not _nothing_planned(note):
        return
    if "TM003" in context.shown and _followup_missing(note, context):
        return  # one reminder is enough
    if (last := max(days_told(note, context.today), default=None)) is None:
        return
    if (context.today - last).days > context.settings.lint.limits["quiet_days"]:
        yield Flaw(_place(note, last), N_("No entry since {date}"), {"date": last.isoformat()})


def _place(note: Note, day: date) -> Span:
    """Return where the entry of a day has its date; the note's beginning where it is no heading yet."""
    spans = (entry.date_span for entry in note.entries if entry.date == day)
    stage = field_of(note, "stage")
    return next(spans, stage.node.span if stage else Span(0, 0))


def _is_open(note: Note) -> bool:
    """Tell whether somebody looks after a customer: readable, not put away, in no stage that is closed."""
    front_matter = note.front_matter
    if front_matter is None or front_matter.error or note.path.parts[0] == ARCHIVE:
        return False
    stage = _word(note, "stage")
    return stage is None or not stage.closed


def _word(note: Note, name: str) -> Word | None:
    """Return a field's word, also of traditional characters: that they are mended must bring nothing new."""
    text = text_of(note, name)
    return (note.schema.word(name, text) or note.schema.word(name, fold(text))) if text else None


def _day(note: Note, name: str) -> date | None:
    """Return a field's day, in any form that waits to be written as ISO."""
    return parse_loose_date(text_of(note, name))


def _next_days(note: Note) -> Iterator[tuple[Span, date]]:
    first = field_of(note, "next")
    if first is None:
        return
    may_be_another = note.has_duplicates
    for leaf in leaves(note):
        if leaf.top is first or (may_be_another and leaf.top.name == "next"):
            day = parse_loose_date(leading_date(leaf.scalar.text.strip()) or "")
            if day is not None:
                yield leaf.scalar.span, day


def _days_of(note: Note, name: str) -> int | None:
    value = note.value(name)
    return value if isinstance(value, int) and value > 0 else None


def _limit(context: Context, importance: Word | None) -> int | None:
    return context.settings.review.get(importance.name) if importance else None


def _first_day(note: Note, context: Context) -> date | None:
    """Return since when a customer is known."""
    return _day(note, "created") or min(days_told(note, context.today), default=None)


def _last_day(note: Note, context: Context) -> date | None:
    """Return the day of the last contact; where there was none, since when the customer is known."""
    return max(days_told(note, context.today), default=None) or _day(note, "created")


RULES = (
    Rule("TM001", "review-overdue", Severity.WARNING, None, review_overdue),
    Rule("TM002", "followup-overdue", Severity.WARNING, None, followup_overdue),
    Rule("TM003", "followup-missing", Severity.WARNING, None, followup_missing, ("next_days",)),
    Rule("TM004", "no-recent-entry", Severity.INFO, None, no_recent_entry, ("quiet_days",)),
)
