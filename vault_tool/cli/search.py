"""`vault search`: every entry that holds the words, the best first."""

from __future__ import annotations

from collections.abc import Iterator

import click

from vault_tool.cli.app import App, pass_app
from vault_tool.cli.ask import QueryCommand, query_text, reading_for
from vault_tool.cli.complete import queries
from vault_tool.cli.help import argument, command, option
from vault_tool.cli.pick import fresh
from vault_tool.cli.progress import shown
from vault_tool.cli.say import said_date, said_word
from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_, _, language, ngettext
from vault_tool.notes.values import parse_date
from vault_tool.search.query import parse_query
from vault_tool.search.search import Answer, Hit, Sort
from vault_tool.search.search import search as search_vault


class NothingToSearch(VaultError):
    """No words were given."""

    message = N_("Say what to look for.")
    hint = N_("For instance: vault search 报价 stage:proposal; `vault list` lists customers.")
    exit_code = Exit.USAGE


@command(
    "search",
    cls=QueryCommand,
    help=N_(
        "Find entries by words and fields, in any script, the best first.\n\n"
        "Several words must all stand in the entry or in its customer's name, aliases or tags. "
        'Also: "a phrase", -without, this OR that, begin*, near~, (groups), field:value, '
        "date:2026-01..2026-03, last:>30d, @saved. Exit status 1: nothing found."
    ),
    examples=(
        "vault search 报价 stage:proposal",
        "vault search '\"企业版 方案\"' -测试 date:>=2026-06",
        "vault search quote OR 报价 owner:me --sort date",
    ),
)
@argument("query", nargs=-1, shell_complete=queries)
@option("-n", "--limit", type=click.IntRange(min=1), default=20, help=N_("At most so many hits (20)."))
@option(
    "-s",
    "--sort",
    type=click.Choice(["score", "date"]),
    default="score",
    help=N_("Best or newest first."),
)
@option("-a", "--all", "everything", is_flag=True, help=N_("Archived customers too."))
@option("-l", "--paths", is_flag=True, help=N_("Paths only."))
@option("--json", "as_json", is_flag=True, help=N_("Print JSON."))
@pass_app
def search(
    app: App, query: tuple[str, ...], limit: int, sort: Sort, everything: bool, paths: bool, as_json: bool
) -> Exit:
    """Search the vault and show why each hit is one."""
    text = query_text(query)
    if not text.strip():
        raise NothingToSearch
    tree = parse_query(text, reading_for(app))
    fresh(app)
    with shown(app.out, _("Building the index")) as progress:
        answer = search_vault(
            app.vault,
            text,
            tree,
            app.today,
            limit=None if paths else limit,
            sort=sort,
            archived=None if everything else False,
            language=language(),
            progress=progress,
        )
    if as_json:
        app.out.json(answer.as_json())
    elif paths:
        app.out.lines(dict.fromkeys(str(hit.path) for hit in answer.hits))
    else:
        app.out.lines(_lines(app, answer))
        app.out.flush()
        _tell(app, answer)
    return Exit.OK if answer.hits else Exit.FINDINGS


def _lines(app: App, answer: Answer) -> Iterator[str]:
    """Group the hits under their customers, each where its best one stands."""
    grouped: dict[int, list[Hit]] = {}
    for hit in answer.hits:
        grouped.setdefault(hit.customer.key, []).append(hit)
    for number, hits in enumerate(grouped.values()):
        if number:
            yield ""
        yield _customer(app, hits[0])
        for hit in hits:
            yield f"  {_heading(app, hit)}  {app.out.style(f'{hit.path}:{hit.passage.line}', 'dim')}"
            if hit.snippet.text:
                yield f"    {app.out.highlight(hit.snippet.text, hit.snippet.highlights)}"


def _customer(app: App, hit: Hit) -> str:
    customer = hit.customer
    person = app.vault.settings.person(customer.owner) if customer.owner else None
    beside = [
        said_word(app.vault.schema, "stage", customer.stage) if customer.stage else "",
        person.name if person else customer.owner or "",
    ]
    return " · ".join([app.out.style(customer.name, "bold"), *filter(None, beside)])


def _heading(app: App, hit: Hit) -> str:
    schema, passage = app.vault.schema, hit.passage
    if passage.kind != "entry":
        return passage.title or _("profile")
    day = parse_date(passage.day or "")
    words = [said_date(day, schema) if day else passage.day or "", passage.time or ""]
    words += [said_word(schema, "channel", passage.channel) if passage.channel else ""]
    words += [said_word(schema, "kind", passage.word) if passage.word else ""]
    author = app.vault.settings.person(passage.author) if passage.author else None
    words += [f"@{author.name if author else passage.author}" if passage.author else "", passage.title]
    return " ".join(word for word in words if word)


def _tell(app: App, answer: Answer) -> None:
    if answer.is_behind:
        app.out.warn(_("Another process is writing to the index; this is what it held before."))
    if not answer.hits:
        app.out.note(_("Nothing found for: {query}").format(query=answer.query))
        if answer.nearest:
            app.out.hint(_("These would find something: {words}").format(words=_(", ").join(answer.nearest)))
    elif answer.total > len(answer.hits):
        count = ngettext("{count} hit", "{count} hits", answer.total).format(count=answer.total)
        app.out.note(_("{count}, {shown} shown; -n shows more").format(count=count, shown=len(answer.hits)))
