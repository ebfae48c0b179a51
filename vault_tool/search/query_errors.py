"""What can be wrong with a query: at which character, and what could stand there."""

from __future__ import annotations

from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_


class QueryError(VaultError):
    """A query that can't be read: at which character (from 1), and what could stand there.

    `saved` names the saved query that the character stands in, where it is not the query as typed.
    """

    message = N_("The query can't be read at character {position} (“{near}”).")
    exit_code = Exit.USAGE

    def __init__(self, *, position: int, near: str, saved: str = "", **values: object) -> None:
        if type(self).message is QueryError.message:
            self.message = _MESSAGES[bool(saved), bool(near)]
        super().__init__(position=position, near=near, saved=saved, **values)


_MESSAGES = {
    (False, True): QueryError.message,
    (False, False): N_("The query ends too early, at character {position}."),
    (True, True): N_(
        "The saved query “@{saved}” of vault.toml can't be read at character {position} (“{near}”)."
    ),
    (True, False): N_("The saved query “@{saved}” of vault.toml ends too early, at character {position}."),
}


class UnclosedBracket(QueryError):
    """A bracket that opens and never closes."""

    hint = N_("This bracket is never closed: put `)` where the group ends.")


class StrayBracket(QueryError):
    """A bracket that closes nothing."""

    hint = N_("This bracket closes nothing: take it away, or put `(` before it.")


class NothingThere(QueryError):
    """A word that joins or excludes, and nothing to join or exclude."""

    hint = N_("A word, a phrase in quotes or field:value should stand there.")


class NoValue(QueryError):
    """A field, and nothing to look for in it."""

    hint = N_("What to look for should stand behind the colon, in quotes if it has blanks.")


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


class SealedField(QueryError):
    """A field whose values are sealed: no search knows them."""

    hint = N_("“{key}” is sealed: only `vault search {key}:VALUE` looks for it, in values that you may open.")


class UnknownValue(QueryError):
    """A word that the field's vocabulary doesn't know."""

    hint = N_("“{key}” may be: {known}")


class BadDays(QueryError):
    """A value that is no stretch of days."""

    hint = N_(
        "Days are said as 2026-11-20, 2026-10, 2026Q1, 2026, 上周, 2026-01..2026-03, >=2026-10 or <=7d."
    )


class BadNumber(QueryError):
    """A value that is no number."""

    hint = N_("A number could stand there: 10000, 8万, >10000, 1000..5000.")


class Backward(QueryError):
    """A range that ends before it begins."""

    hint = N_("This range ends before it begins: put the lower end first.")


class UnknownPerson(QueryError):
    """Somebody who isn't in the team."""

    hint = N_(
        "Nobody of the team is called that; `vault people` shows them, `vault whoami` says who is `me`."
    )


class UnknownSaved(QueryError):
    """A saved query that isn't there."""

    hint = N_("There is no saved query “@{name}”; known are: {known}. What a person wrote: author:{name}")


class NoSavedYet(QueryError):
    """A saved query in a vault that has none."""

    hint = N_("There is no saved query yet; vault.toml keeps them in its section [queries].")


class HoldsItself(QueryError):
    """A saved query that leads back to itself."""

    hint = N_("It leads back to itself: {way}. Mend it in vault.toml, section [queries].")


class TooDeep(QueryError):
    """Groups within groups, without end."""

    hint = N_("Too many groups within groups.")


class TooLong(QueryError):
    """More words and filters than anybody types."""

    hint = N_("A query has at most {most} words and filters, those of saved queries included.")
