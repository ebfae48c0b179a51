"""`vault archive`: customers put away."""

from __future__ import annotations

from vault_tool.cli.app import App, pass_app
from vault_tool.cli.complete import customers
from vault_tool.cli.help import argument, command, option
from vault_tool.cli.pick import pick_customer
from vault_tool.cli.rename import said_links, show_plan
from vault_tool.errors import Exit
from vault_tool.messages import N_, _
from vault_tool.vault.moves import MovePlan, is_archived, plan_archive


@command(
    "archive",
    help=N_(
        "Put customers away: their files move to archive/, in the same folders.\n\n"
        "Lists and searches pass them over unless asked with --all. A file moved back is at work again."
    ),
    examples=("vault archive lanhai", "vault archive lanhai nordlicht --dry-run"),
)
@argument("names", metavar="CUSTOMER...", nargs=-1, required=True, shell_complete=customers)
@option("--dry-run", is_flag=True, help=N_("Show what would change; write nothing."))
@option("--json", "as_json", is_flag=True, help=N_("Print JSON."))
@pass_app
def archive(app: App, names: tuple[str, ...], dry_run: bool, as_json: bool) -> Exit:
    """Put customers away."""
    matches = {match.path: match for match in (pick_customer(app, name) for name in names)}
    already = [path for path in matches if is_archived(path)]
    plan = plan_archive(app.vault, [path for path in matches if path not in already])
    if plan.moves and not dry_run:
        app.vault.commit(plan.changes, f"vault archive {' '.join(names)}")
    if as_json:
        ids = {path: match.id for path, match in matches.items()}
        app.out.json(
            {
                "archived": [
                    {
                        "id": ids[move.path],
                        "name": move.old_name,
                        "from": str(move.path),
                        "to": str(move.to),
                    }
                    for move in plan.moves
                ],
                "already": [str(path) for path in already],
                "mended": [str(each.note.path) for each in plan.mended],
                "dry_run": dry_run,
            }
        )
        return Exit.OK
    for path in already:
        app.out.line(_("{name} is in the archive already: {path}").format(name=matches[path].name, path=path))
    if dry_run:
        show_plan(app, plan)
    else:
        _tell(app, plan)
    return Exit.OK


def _tell(app: App, plan: MovePlan) -> None:
    for move in plan.moves:
        app.out.line(_("Archived: {name} → {path}").format(name=move.old_name, path=move.to))
    if plan.moves:
        app.out.line(f"{_('undo: vault undo')}{said_links(plan)}")
