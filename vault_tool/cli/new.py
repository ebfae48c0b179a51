"""`vault new`: start a customer."""

from __future__ import annotations

from vault_tool.cli.app import App, pass_app
from vault_tool.cli.complete import people, stages, types
from vault_tool.cli.help import argument, command, option
from vault_tool.cli.me import known_person, me
from vault_tool.cli.pick import fresh
from vault_tool.cli.say import shell_word
from vault_tool.cli.words import assignment, known_field, known_name, known_word, typed_value
from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_, _
from vault_tool.notes.note import Note
from vault_tool.notes.start import start_note
from vault_tool.notes.values import split_list
from vault_tool.vault.journal import Change
from vault_tool.vault.paths import customer_path, taken_by
from vault_tool.vault.templates import template_text


class AlreadyACustomer(VaultError):
    """A customer of that very name is there."""

    message = N_("There is a customer of that name already: {path}. Nothing was written.")
    hint = N_("For a second one of the same name, add --yes.")
    exit_code = Exit.USAGE


@command(
    "new",
    help=N_("Add a customer.\n\nFields follow as NAME=VALUE, in any language and spelling."),
    examples=(
        N_('vault new "Nordlicht Werkzeuge GmbH" region=Hamburg stage=contact'),
        "vault new 杭州蓝海贸易有限公司 简称=蓝海 来源=展会",
    ),
)
@argument("name")
@argument("fields", nargs=-1, metavar="[FIELD=VALUE]...")
@option("-t", "--type", "type_", shell_complete=types, help=N_("enterprise, person, partner ..."))
@option("-s", "--stage", shell_complete=stages, help=N_("The business stage."))
@option("-o", "--owner", shell_complete=people, help=N_("Who looks after it, if not you."))
@option("--yes", is_flag=True, help=N_("Do it without asking."))
@option("--dry-run", is_flag=True, help=N_("Show what would be written; write nothing."))
@option("--json", "as_json", is_flag=True, help=N_("Print JSON."))
@pass_app
def new(
    app: App,
    name: str,
    fields: tuple[str, ...],
    type_: str | None,
    stage: str | None,
    owner: str | None,
    yes: bool,
    dry_run: bool,
    as_json: bool,
) -> Exit:
    """Write a new customer's note."""
    name = known_name(name)
    fresh(app)
    assignments = (assignment(text) for text in fields)
    given = {known_field(app.vault.schema, key).name: value for key, value in assignments}
    for key, value in (("type", type_), ("stage", stage), ("owner", owner)):
        if value:
            given[key] = value
    namesake = next((match for match in app.vault.resolve(name) if match.name == name), None)
    if namesake and not (
        yes
        or (
            app.out.is_interactive
            and app.out.confirm(_("{path} has that name. Add another?").format(path=namesake.path))
        )
    ):
        raise AlreadyACustomer(path=namesake.path)
    note = begin(app, name, given)
    if dry_run:
        app.out.line(f"{note.path}")
        app.out.lines(note.text.splitlines())
        return Exit.OK
    app.vault.commit([Change(note.path, None, note.text.encode())], f"vault new {name}")
    if as_json:
        app.out.json({"customer": {"id": note.id, "name": note.name}, "path": str(note.path)})
    else:
        app.out.line(_("New: {name} → {path}").format(name=name, path=note.path))
        first = _("vault log {name} ... writes the first entry.").format(name=shell_word(name))
        app.out.hint(f"{first} {_('vault undo takes it back.')}")
        if note.owner is None:
            app.out.hint(
                _(
                    "It has no owner yet: vault set {name} owner=NAME. `vault whoami NAME` says who you are."
                ).format(name=shell_word(name))
            )
    return Exit.OK


def begin(app: App, name: str, given: dict[str, str]) -> Note:
    """Return the note of a new customer, not written yet; its path is free. `given` is by canonical name."""
    name = known_name(name)
    vault, schema, settings = app.vault, app.vault.schema, app.vault.settings
    values = {
        key: typed_value(known_field(schema, key), text, app.today, schema) for key, text in given.items()
    }
    values.setdefault("type", schema.vocabularies["type"][0].name)
    values.setdefault("stage", schema.vocabularies["stage"][0].name)
    owner = known_person(app, values["owner"]) if "owner" in values else me(app)
    if owner:
        values["owner"] = owner.name if settings.language == "zh" else owner.id
    values |= {"id": vault.new_id(app.random), "name": name}
    path = customer_path(
        name,
        split_list(values.get("aliases", "")),
        values.get("region"),
        values["id"],
        taken_by(customer.path for customer in vault.customers(None)),
    )
    kind = known_word(schema, "type", values["type"])
    return start_note(
        path,
        values,
        schema,
        template=template_text(vault.root, kind),
        today=app.today,
        language=settings.language,
    )
