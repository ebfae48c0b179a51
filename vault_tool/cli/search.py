"""`vault search`: every entry that holds the words, the best first."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from vault_tool.cli.app import App, pass_app
from vault_tool.cli.ask import NotTogether, QueryCommand
from vault_tool.cli.complete import queries
from vault_tool.cli.help import argument, command, option
from vault_tool.cli.pick import check_can_pick, pick_line
from vault_tool.cli.where import seen_from
from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_, _

if TYPE_CHECKING:
    from vault_tool.search.search import Answer, By, Hit, Sort


class NoSuchHit(VaultError):
    """A number behind `--open` that no hit has."""

    message = N_("There is no hit {number}: the last one is {last}.")
    hint = N_("-n shows more hits, if there are more; without --open you see their numbers.")
    exit_code = Exit.USAGE


class SearchCommand(QueryCommand):
    """A query whose `--open` may stand before a word: it takes a number, and nothing else, as its own."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Say which hit a bare `--open` means."""
        following = [*args, ""][1:]
        args = [
            "--open=1" if arg == "--open" and not after.isdecimal() else arg
            for arg, after in zip(args, following, strict=True)
        ]
        return super().parse_args(ctx, args)


@command(
    "search",
    cls=SearchCommand,
    help=N_(
        "Find entries by words and fields, in any script, the best first.\n\n"
        "Several words must all stand in the entry or in its customer's name, aliases or tags. "
        'Also: "a phrase", -without, this OR that, begin*, near~, (groups), field:value, '
        "date:2026-01..2026-03, last:>30d, @saved. Exit status 1: nothing found."
    ),
    examples=(
        "vault search 报价 stage:proposal",
        "vault search '\"企业版 方案\"' -测试 date:>=2026-06",
        "vault search '(quote OR 报价) owner:me' --sort date",
        "vault search 企业版 --by customer",
        "vault search 再让 --open",
    ),
)
@argument("query", nargs=-1, shell_complete=queries)
@option("-n", "--limit", metavar="N", type=click.IntRange(min=1), help=N_("At most so many hits (20)."))
@option(
    "-s",
    "--sort",
    type=click.Choice(["score", "date"]),
    default="score",
    help=N_("Best or newest first."),
)
@option(
    "--by",
    type=click.Choice(["entry", "customer"]),
    default="entry",
    help=N_("All hits, or each customer's best."),
)
@option("-a", "--all", "everything", is_flag=True, help=N_("Archived customers too."))
@option(
    "--open", "opened", type=click.IntRange(min=1), metavar="[N]", help=N_("Edit the first hit, or the N-th.")
)
@option("-i", "--pick", is_flag=True, help=N_("Choose a hit (with fzf, if installed) and edit it."))
@option("-l", "--paths", is_flag=True, help=N_("Paths only, each once."))
@option("-0", "--null", "ended_by_null", is_flag=True, help=N_("Like -l, with NULs between, for xargs -0."))
@option("--json", "as_json", is_flag=True, help=N_("Print JSON."))
@pass_app
def search(
    app: App,
    query: tuple[str, ...],
    limit: int | None,
    sort: Sort,
    by: By,
    everything: bool,
    opened: int | None,
    pick: bool,
    paths: bool,
    ended_by_null: bool,
    as_json: bool,
) -> Exit:
    """Search the vault and show why each hit is one, or edit where it stands."""
    lists_paths = paths or ended_by_null
    _refuse_together(
        {"--open": opened is not None, "--pick": pick, "--paths": lists_paths, "--json": as_json}
    )
    if pick:
        check_can_pick(app)
    from vault_tool.cli.searching import LIMIT, exit_of, find, show
    from vault_tool.search.query_errors import SealedField

    archived = None if everything else False
    try:
        answer = find(
            app,
            query,
            limit=limit if limit or lists_paths else LIMIT,
            sort=sort,
            by="customer" if lists_paths else by,
            archived=archived,
        )
    except SealedField:
        from vault_tool.cli.sealed_search import Wish, sealed_term, search_sealed

        if (term := sealed_term(app.vault.schema, query)) is None:
            raise
        if sort != "score":  # a value of the front matter has no date
            raise NotTogether(first=f"--sort {sort}", second=f"{term.field.name}:") from None
        ends = "\0" if ended_by_null else "\n" if paths else None
        most = limit if limit or lists_paths else LIMIT
        return search_sealed(app, term, Wish(archived, most, by == "customer", opened, pick, ends, as_json))
    if as_json:
        app.out.json(answer.as_json())
    elif lists_paths:
        _print_paths(app, answer, "\0" if ended_by_null else "\n")
    elif answer.hits and (pick or opened is not None):
        return _edit(app, _wanted(app, answer, opened), answer.query)
    else:
        show(app, answer, by)
    return exit_of(answer)


def _refuse_together(options: dict[str, bool]) -> None:
    given = [name for name, is_given in options.items() if is_given]
    if len(given) > 1:
        raise NotTogether(first=given[0], second=given[1])


def _print_paths(app: App, answer: Answer, end: str) -> None:
    found = dict.fromkeys(seen_from(app.cwd, app.vault.root, hit.path) for hit in answer.hits)
    if end == "\n":
        app.out.lines(found)
    else:
        app.out.raw(b"".join(os.fsencode(path) + b"\0" for path in found))


def _wanted(app: App, answer: Answer, number: int | None) -> Hit:
    from vault_tool.cli.hits import choice_line, grouped

    if number is None:
        question = _("Which hit?")
        return answer.hits[pick_line(app, question, [choice_line(app, hit) for hit in answer.hits])]
    hits = [hit for group in grouped(answer.hits) for hit in group]
    if number > len(hits):
        raise NoSuchHit(number=number, last=len(hits))
    return hits[number - 1]


def _edit(app: App, hit: Hit, query: str) -> Exit:
    from vault_tool.cli.edit import edit_file  # with it comes the linter

    return edit_file(app, hit.path, f"vault search {query}", hit.passage.line)
