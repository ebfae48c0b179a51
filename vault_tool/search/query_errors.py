"""What can be wrong with a query: at which character, and what could stand there."""

from __future__ import annotations

from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_


class QueryError(VaultError):
    """A query that can't be read: at which character, and what could stand there."""

    message = N_("The query can't be read at character {position} (“{near}”).")
    exit_code = Exit.USAGE


class UnclosedBracket(QueryError):
    """A bracket that opens and never closes."""

    hint = N_("This bracket is never closed: put `)` where the group ends.")


class StrayBracket(QueryError):
    """A bracket that closes nothing."""

    hint = N_("This bracket closes nothing: take it away, or put `(` before it.")


class NothingThere(QueryError):
    """A word that joins or excludes, and nothing to join or exclude."""

    hint = N_("A word, a phrase in quotes or field:value should stand there.")


class UnclosedQuote(QueryError):
    """A quote that opens and never closes."""

    hint = N_('This quote is never closed: put `"` where the phrase ends.')


class UnknownFilter(QueryError):
    """A name before a colon that is no field."""

    hint = N_(
        "There is no field “{key}”. `vault schema` lists them; to search for the text, put it in quotes."
    )


class MisspeltFilter(QueryError):
    """A name before a colon that is no field, but like one."""

    hint = N_(
        "There is no field “{key}”; did you mean “{nearest}”? To search for the text, put it in quotes."
    )


class UnknownValue(QueryError):
    """A word that the field's vocabulary doesn't know."""

    hint = N_("{field} may be: {known}")


class BadDays(QueryError):
    """A value that is no stretch of days."""

    hint = N_(
        "Days are said as 2026-11-20, 2026-10, 2026Q1, 2026, 上周, 2026-01..2026-03, >=2026-10 or <=7d."
    )


class BadNumber(QueryError):
    """A value that is no number."""

    hint = N_("A number could stand there: 10000, 8万, >10000, 1000..5000.")


class UnknownPerson(QueryError):
    """Somebody who isn't in the team."""

    hint = N_(
        "Nobody of the team is called that; `vault people` shows them, `vault whoami` says who is `me`."
    )


class UnknownSaved(QueryError):
    """A saved query that isn't there."""

    hint = N_("There is no saved query of that name in vault.toml, section [queries].")


class TooDeep(QueryError):
    """Brackets within brackets, without end, or a saved query that holds itself."""

    hint = N_("Too many groups within groups.")
