"""What `vault search` does, however it was asked: find, and show what was found."""

from __future__ import annotations

from collections.abc import Iterable

from vault_tool.cli.app import App
from vault_tool.cli.hits import hit_lines
from vault_tool.cli.pick import fresh
from vault_tool.cli.progress import shown
from vault_tool.cli.reading import query_text, reading_for
from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_, _, language, ngettext
from vault_tool.search.query import parse_query
from vault_tool.search.search import Answer, By, Sort, search

LIMIT = 20


class NothingToSearch(VaultError):
    """No words were given."""

    message = N_("Say what to look for.")
    hint = N_("For instance: vault search 报价 stage:proposal; `vault list` lists customers.")
    exit_code = Exit.USAGE


def find(
    app: App,
    words: Iterable[str],
    *,
    limit: int | None = LIMIT,
    sort: Sort = "score",
    by: By = "entry",
    archived: bool | None = False,
) -> Answer:
    """Search the vault as it is now for what the words of a command line say; see `search.search`."""
    text = query_text(words)
    if not text.strip():
        raise NothingToSearch
    tree = parse_query(text, reading_for(app))
    how = fresh(app)
    with shown(app.out, _("Building the index")) as progress:
        return search(
            app.vault,
            text,
            tree,
            app.today,
            limit=limit,
            sort=sort,
            by=by,
            archived=archived,
            language=language(),
            fresh=how,
            progress=progress,
        )


def show(app: App, answer: Answer, by: By = "entry") -> None:
    """Print the hits, and say beside them what else there is to say."""
    app.out.lines(hit_lines(app, answer.hits))
    app.out.flush()
    _tell(app, answer, by)


def exit_of(answer: Answer) -> Exit:
    """Return the exit status of a search."""
    return Exit.OK if answer.hits else Exit.FINDINGS


def _tell(app: App, answer: Answer, by: By) -> None:
    if answer.is_behind:
        app.out.warn(_("Another process is writing to the index; this is what it held before."))
    if not answer.hits:
        app.out.note(_("Nothing found for: {query}").format(query=answer.query))
        if answer.put_away:
            count = ngettext(
                "Archived customers have {count} hit; --all shows it.",
                "Archived customers have {count} hits; --all shows them.",
                answer.put_away,
            )
            app.out.hint(count.format(count=answer.put_away))
        elif answer.nearest:
            app.out.hint(_("These would find something: {words}").format(words=_(", ").join(answer.nearest)))
    elif answer.total > len(answer.hits):
        count = (
            ngettext("{count} customer", "{count} customers", answer.total)
            if by == "customer"
            else ngettext("{count} hit", "{count} hits", answer.total)
        ).format(count=answer.total)
        app.out.note(_("{count}, {shown} shown; -n shows more").format(count=count, shown=len(answer.hits)))
