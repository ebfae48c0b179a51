"""`vault remove`: a customer deleted, on purpose and undoably."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from vault_tool.cli.app import App, pass_app
from vault_tool.cli.change import show_diff
from vault_tool.cli.complete import customers
from vault_tool.cli.help import argument, command, option
from vault_tool.cli.pick import pick_customer
from vault_tool.errors import Exit
from vault_tool.messages import N_, _, ngettext
from vault_tool.notes.text import decode
from vault_tool.vault import files
from vault_tool.vault.catalog_read import Backlink, backlinks, customer_at
from vault_tool.vault.journal import Change

ATTACHMENTS = PurePosixPath("attachments")


@command(
    "remove",
    help=N_(
        "Delete a customer. On a terminal it asks first; elsewhere it wants --yes.\n\n"
        "`vault undo` brings it back; `vault archive` puts it away instead."
    ),
    examples=("vault remove lanhai", "vault remove lanhai --yes"),
)
@argument("customer", shell_complete=customers)
@option("--dry-run", is_flag=True, help=N_("Show what would change; write nothing."))
@option("--yes", is_flag=True, help=N_("Do it without asking."))
@option("--json", "as_json", is_flag=True, help=N_("Print JSON."))
@pass_app
def remove(app: App, customer: str, dry_run: bool, yes: bool, as_json: bool) -> Exit:
    """Delete a customer."""
    vault = app.vault
    match = pick_customer(app, customer)
    known = customer_at(vault.catalog, match.path)
    links = backlinks(vault.catalog, known) if known else []
    content = files.read(vault.root, match.path, limit=None)
    if not dry_run:
        count = known.entries if known else 0
        entries = ngettext("{count} entry", "{count} entries", count).format(count=count)
        question = _("Delete {name} ({path}, {entries})?").format(
            name=match.name, path=match.path, entries=entries
        )
        if not app.out.confirm(question, yes=yes):
            app.out.note(_("Nothing was written."))
            return Exit.USAGE
        vault.commit([Change(match.path, content.digest, None)], f"vault remove {customer}")
    attachments = ATTACHMENTS / match.id if match.id and _is_name(match.id) else None
    kept = attachments if attachments and (vault.root / attachments).is_dir() else None
    if as_json:
        app.out.json(
            {
                "removed": {"id": match.id, "name": match.name, "path": str(match.path)},
                "links": [{"path": str(link.path), "line": link.line} for link in links],
                "attachments": str(kept) if kept else None,
                "dry_run": dry_run,
            }
        )
        return Exit.OK
    if dry_run:
        show_diff(app, match.path, decode(content.data).text, "")
    else:
        app.out.line(
            _("Removed: {name} ({path}) · undo: vault undo").format(name=match.name, path=match.path)
        )
    _tell_what_stays(app, links, kept)
    return Exit.OK


def _is_name(text: str) -> bool:
    return PurePosixPath(text).name == text and text not in (".", "..")


def _tell_what_stays(app: App, links: Sequence[Backlink], attachments: PurePosixPath | None) -> None:
    if links:
        count = ngettext(
            "{count} place still links to it:", "{count} places still link to it:", len(links)
        ).format(count=len(links))
        app.out.note(count)
        for link in links:
            app.out.note(f"  {link.path}:{link.line}")
    if attachments:
        app.out.note(_("Its attachments stay: {path}").format(path=attachments))
