"""Queries as commands take them: words of the command line, read for this vault and this person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import closing

import click

from vault_tool.cli.app import App
from vault_tool.cli.help import Command
from vault_tool.cli.reading import HIDDEN, query_text, reading_for
from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_
from vault_tool.search.filters import Condition, Lookup, customer_condition, words_of_notes
from vault_tool.search.holders import Holders
from vault_tool.search.query import parse_query
from vault_tool.search.tree import Query, Term


class NotTogether(VaultError):
    """Two options that want different things."""

    message = N_("{first} and {second} can't be used together.")
    exit_code = Exit.USAGE


class QueryCommand(Command):
    """A command whose words are a query: `-测试` and `-stage:won` exclude, they are no options."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep click from taking an excluded word for options."""
        short = {
            name: parameter
            for parameter in self.get_params(ctx)
            for name in parameter.opts
            if len(name) == 2 and isinstance(parameter, click.Option)
        }
        return super().parse_args(ctx, [HIDDEN + arg if _is_excluded(arg, short) else arg for arg in args])


def _is_excluded(arg: str, short: Mapping[str, click.Parameter]) -> bool:
    """`-l` and `-n5` are options, `--json` too; whatever else begins with a dash excludes."""
    if not arg.startswith("-") or arg.startswith("--") or arg == "-":
        return False
    option = short.get(arg[:2])
    if option is None:
        return True
    is_flag = isinstance(option, click.Option) and option.is_flag
    rest = arg[2:]
    return bool(rest) and not (all(f"-{char}" in short for char in rest) if is_flag else rest.isdecimal())


def read_query(app: App, words: Iterable[str]) -> Query:
    """Return the query that these words make. Raises `QueryError`."""
    return parse_query(query_text(words), reading_for(app))


def customers_that_match(app: App, query: Query) -> Condition:
    """Return the customers that a query means, as a condition of SQL over the catalog as it is now."""
    vault = app.vault

    def people(term: Term) -> tuple[str, ...]:
        from vault_tool.search.words import people_named

        return people_named(term, vault.settings)

    with closing(Holders(vault)) as holders:
        lookup = Lookup(lambda beginning: words_of_notes(vault.catalog, beginning), holders, people)
        return customer_condition(query, vault.schema, lookup)
