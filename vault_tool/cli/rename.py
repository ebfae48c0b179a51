"""`vault rename`: a customer's new name, its file's, and the links to it."""

from __future__ import annotations

from vault_tool.cli.app import App, pass_app
from vault_tool.cli.change import show_diff
from vault_tool.cli.complete import customers
from vault_tool.cli.help import argument, command, option
from vault_tool.cli.pick import pick_customer
from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_, _, ngettext
from vault_tool.notes.text import decode
from vault_tool.vault.catalog_read import linked_as
from vault_tool.vault.moves import MovePlan, plan_rename


class NoName(VaultError):
    """A name of nothing but blanks."""

    message = N_("The new name is empty; nothing was written.")
    exit_code = Exit.USAGE


@command(
    "rename",
    help=N_(
        "Rename a customer: the field, the file, and the links to it in other notes.\n\n"
        "The old name becomes an alias: whoever asks by it still finds the customer."
    ),
    examples=("vault rename 蓝海 杭州蓝海国际贸易有限公司", 'vault rename acme "Acme Europe GmbH" --dry-run'),
)
@argument("customer", shell_complete=customers)
@argument("new_name", metavar="NEW NAME", nargs=-1, required=True)
@option("--dry-run", is_flag=True, help=N_("Show what would change; write nothing."))
@option("--json", "as_json", is_flag=True, help=N_("Print JSON."))
@pass_app
def rename(app: App, customer: str, new_name: tuple[str, ...], dry_run: bool, as_json: bool) -> Exit:
    """Rename a customer."""
    name = " ".join(" ".join(new_name).split())
    if not name:
        raise NoName
    match = pick_customer(app, customer)
    plan = plan_rename(app.vault, match.path, name)
    namesakes = [path for path in linked_as(app.vault.catalog, name) if path != match.path]
    if not dry_run:
        app.vault.commit(plan.changes, f"vault rename {customer} {name}")
    if as_json:
        app.out.json(
            {**_document(plan, match.id), "namesakes": list(map(str, namesakes)), "dry_run": dry_run}
        )
        return Exit.OK
    if dry_run:
        show_plan(app, plan)
    else:
        _tell(app, plan)
    for path in namesakes:
        app.out.warn(_("{path} goes by that name as well.").format(path=path))
    return Exit.OK


def show_plan(app: App, plan: MovePlan) -> None:
    """Show what moves, and the diffs of what changes."""
    for move in plan.moves:
        if move.to != move.path:
            app.out.line(f"{move.path} → {move.to}")
        if move.after != move.before:
            show_diff(app, move.to, decode(move.before).text, decode(move.after).text)
    for each in plan.mended:
        show_diff(app, each.note.path, each.note.text, each.after)


def said_links(plan: MovePlan) -> str:
    """Say in how many notes links were mended; nothing where there were none."""
    count = len(plan.mended)
    if not count:
        return ""
    said = ngettext("links mended in {count} note", "links mended in {count} notes", count)
    return f" · {said.format(count=count)}"


def _tell(app: App, plan: MovePlan) -> None:
    (move,) = plan.moves
    if move.after == move.before and move.to == move.path and not plan.mended:
        app.out.line(_("Nothing to change: it has that name already."))
        return
    said = _("Renamed: {old} → {new} ({path})").format(old=move.old_name, new=move.new_name, path=move.to)
    app.out.line(f"{said}{said_links(plan)} · {_('undo: vault undo')}")


def _document(plan: MovePlan, note_id: str | None) -> dict[str, object]:
    (move,) = plan.moves
    return {
        "customer": {"id": note_id, "name": move.new_name},
        "old_name": move.old_name,
        "from": str(move.path),
        "to": str(move.to),
        "mended": [str(each.note.path) for each in plan.mended],
    }
