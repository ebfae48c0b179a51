"""`vault access`: who may read what is sealed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from vault_tool.cli.app import App, pass_app
from vault_tool.cli.complete import people
from vault_tool.cli.help import argument, command, group, option
from vault_tool.cli.keyring_changes import (
    difference_document,
    differences,
    is_renewed,
    openings,
    said_difference,
    said_due,
    said_opening,
    short_key,
)
from vault_tool.cli.keys import keys_of, keys_to_seal, write_access
from vault_tool.cli.me import known_person, me
from vault_tool.cli.recovery import remember_drill, try_recovery_key
from vault_tool.cli.reveal import logged
from vault_tool.cli.verify import open_all, said
from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_, _, ngettext
from vault_tool.sealing.access import grant, invite, revoke
from vault_tool.sealing.age import checked_public_key
from vault_tool.sealing.trust import Change as Difference
from vault_tool.sealing.trust import Verdict
from vault_tool.sealing.vault_keys import VaultKeys
from vault_tool.vault.accepted import accept_schema, waiting
from vault_tool.vault.keyring import (
    OWNER,
    ROLE,
    Keyring,
)


class NoKeyGiven(VaultError):
    """Somebody is to be let in without a key."""

    message = N_("{name} needs a public key: it is what is sealed to. Nothing was written.")
    hint = N_("They run `vault key new`, and send you what `vault key show` prints.")
    exit_code = Exit.USAGE


@group(
    "access",
    help=N_(
        "Show who may read what is sealed, and change it.\n\n"
        "A group (contact, finance ...) is what fields are sealed for; who has a role reads its groups. "
        "Groups hide values only: whoever may clone the repository reads the notes around them."
    ),
    examples=(
        "vault access list",
        "vault access invite zhang.wei age1... --role sales",
        "vault access grant zhang.wei finance",
        "vault access revoke zhang.wei",
        "vault access review",
        "vault access drill recovery.txt",
        "vault access log",
    ),
)
@click.pass_context
@pass_app
def access(app: App, ctx: click.Context) -> Exit | None:
    """Show who may read what, when no command is named."""
    return _list(app, as_json=False) if ctx.invoked_subcommand is None else None


@command("list", help=N_("Show the groups with their readers, and the people with their keys."))
@option("--json", "as_json", is_flag=True, help=N_("Print JSON."))
@pass_app
def list_(app: App, as_json: bool) -> Exit:
    """List who may read what."""
    return _list(app, as_json)


@command("invite", help=N_("Let somebody in: their public key, and what they are."))
@argument("person", shell_complete=people)
@argument("key", nargs=-1)
@option(
    "--role", "roles", multiple=True, metavar="ROLE", help=N_("manager, sales, support, or a word of yours.")
)
@pass_app
def invite_(app: App, person: str, key: tuple[str, ...], roles: tuple[str, ...]) -> Exit:
    """Let somebody in."""
    name = known_person(app, person).id
    given = [" ".join(key)] if key and key[0].startswith("ssh-") else [*key]
    keys_to_seal(app)
    with _changing(app, "vault access invite") as keys:
        if not given and name not in keys.keyring.people:
            raise NoKeyGiven(name=name)
        done = invite(keys.keyring, name, given, roles, keys.group_keys.of)
        write_access(app, keys, done, "vault access invite")
    readable = [each for each in done.keyring.groups if name in done.keyring.readers(each)]
    app.out.line(
        _("{name} reads: {groups}").format(name=name, groups=", ".join(readable) or _("no group yet"))
    )
    app.out.hint(
        _("Groups hide values, not entries: {name} can read all notes once they have the repository.").format(
            name=name
        )
    )
    return Exit.OK


@command("grant", help=N_("Give a person a role; or a person, role:NAME or owner a group to read."))
@argument("who", shell_complete=people)
@argument("what", metavar="ROLE|GROUP")
@pass_app
def grant_(app: App, who: str, what: str) -> Exit:
    """Give a role or a group."""
    keys_to_seal(app)
    with _changing(app, "vault access grant") as keys:
        before = keys.keyring
        done = grant(before, _who(app, keys, who), what, keys.group_keys.of)
        write_access(app, keys, done, "vault access grant")
    app.out.line(_("{who} has {what} now.").format(who=who, what=what))
    if what in done.keyring.groups and what not in before.groups:
        readers = ", ".join(done.keyring.readers(what))
        app.out.note(_("{group} is a new group, read by: {readers}").format(group=what, readers=readers))
    groups = done.keyring.groups
    if what not in groups and not any(f"{ROLE}{what}" in group.read for group in groups.values()):
        app.out.hint(
            _("No group is read by {what} yet: vault access grant role:{what} GROUP ({groups})").format(
                what=what, groups=", ".join(name for name in groups if not name.startswith(OWNER))
            )
        )
    return Exit.OK


@command(
    "revoke",
    help=N_(
        "Take back a role, a group or a public key (of a stolen laptop), or all of it.\n\n"
        "What is sealed from then on, that person can't open. What they could read they may have kept: "
        "change such values where that matters. `vault rekey` seals the old ones anew."
    ),
)
@argument("who", shell_complete=people)
@argument("what", metavar="[ROLE|GROUP|KEY]", nargs=-1)
@pass_app
def revoke_(app: App, who: str, what: tuple[str, ...]) -> Exit:
    """Take back a role, a group, a key, or everything."""
    with _changing(app, "vault access revoke") as keys:
        given = " ".join(what) or None
        if given and given.startswith(("ssh-", "age1")):
            given = checked_public_key(given)
        done = revoke(keys.keyring, _who(app, keys, who), given, keys.group_keys.of)
        write_access(app, keys, done, "vault access revoke")
    if done.new_epochs:
        app.out.line(_("New keys for: {groups}").format(groups=", ".join(done.new_epochs)))
        app.out.hint(
            _("`vault rekey` seals what is there anew; what {who} could read, they may have kept.").format(
                who=who
            )
        )
    else:
        app.out.line(_("{who} reads no less than before.").format(who=who))
    return Exit.OK


@command(
    "review",
    help=N_(
        "Show how the keyring differs from the one you accepted, and what the schema would no longer seal as "
        "before."
    ),
)
@option("--json", "as_json", is_flag=True, help=N_("Print JSON."))
@pass_app
def review(app: App, as_json: bool) -> Exit:
    """Show what waits to be accepted."""
    keys = keys_of(app)
    found = differences(keys)
    opened = openings(waiting(app.vault.root, app.env))
    is_same = keys.verdict in (Verdict.SAME, Verdict.FIRST)
    if as_json:
        app.out.json(
            {
                "verdict": str(keys.verdict),
                "changes": [difference_document(each) for each in found],
                "schema": [each._asdict() for each in opened],
            }
        )
    elif not found and not opened and is_same:
        app.out.line(_("The keyring is the one you accepted; nothing waits."))
    else:
        app.out.lines(said_difference(each) for each in found)
        app.out.lines(said_opening(each, app.vault.schema) for each in opened)
        app.out.hint(_("Is it what your colleagues told you? Then: vault access accept"))
    return Exit.OK if is_same and not opened else Exit.DECIDE


@command(
    "accept",
    help=N_("Accept the keyring and the schema as they are now. Look at `vault access review` first."),
)
@pass_app
def accept(app: App) -> Exit:
    """Trust the keyring that stands in the vault, and seal what its schema says."""
    keys = keys_of(app)
    if keys.standing_text is None and keys.verdict is Verdict.OTHER_VAULT:
        keys.forget()
        app.out.line(_("The vault that was here is forgotten; the one that is here now has no keys yet."))
        return Exit.OK
    if keys.standing_text is None:
        keys.keyring  # noqa: B018 - says that there is none
    assert keys.standing_text is not None
    found = differences(keys)
    is_same = keys.verdict in (Verdict.SAME, Verdict.FIRST)
    keys.accept(keys.standing_text)
    opened = openings(accept_schema(app.vault.root, app.env))
    if is_same and not opened:
        app.out.line(_("The keyring is the one you accepted; nothing waits."))
        return Exit.OK
    number = len(found) + len(opened)
    app.out.line(ngettext("{count} change accepted", "{count} changes accepted", number).format(count=number))
    if keys.keyring.due:
        app.out.hint(said_due(keys.keyring.due))
    elif _reads_renewed(app, keys.keyring, found):
        app.out.hint(_("What was sealed to older keys meanwhile, `vault rekey` seals anew."))
    return Exit.OK


def _reads_renewed(app: App, keyring: Keyring, found: Iterable[Difference]) -> bool:
    """Tell whether groups have other keys than before, all of them such as this person reads."""
    names = [each.name for each in found if is_renewed(each)]
    person = me(app)
    return bool(names) and person is not None and all(person.id in keyring.readers(name) for name in names)


@command(
    "drill",
    help=N_(
        "Open every sealed value with a recovery key, to see that it works before it is needed.\n\n"
        "FILE holds the key as it was printed or kept. Nothing is shown or changed. `vault doctor` asks for "
        "a drill until there was one."
    ),
    examples=("vault access drill /media/stick/recovery.txt",),
)
@argument("file", type=click.Path(path_type=Path))
@option("--json", "as_json", is_flag=True, help=N_("Print JSON."))
@pass_app
def drill(app: App, file: Path, as_json: bool) -> Exit:
    """Try a recovery key on everything."""
    keys = keys_of(app)
    names = try_recovery_key(keys, app.cwd / file.expanduser())
    opened, troubles = open_all(app, keys)
    if not troubles:
        remember_drill(app, names)
    if as_json:
        app.out.json({"key": names, "opened": opened, "broken": [said(error) for error in troubles]})
        return Exit.FINDINGS if troubles else Exit.OK
    app.out.lines(said(error) for error in troubles)
    count = ngettext("{count} value opens", "{count} values open", opened).format(count=opened)
    app.out.line(_("{count} with {name}").format(count=count, name=", ".join(names)))
    if not troubles:
        app.out.hint(_("Keep that key where no thief of this machine finds it, and delete it here."))
    return Exit.FINDINGS if troubles else Exit.OK


@command(
    "log",
    help=N_(
        "Show which sealed values were revealed on this machine: when, by whom, of which customer.\n\n"
        "It never holds a value. It helps to remember; who has this machine can change it."
    ),
)
@option("--json", "as_json", is_flag=True, help=N_("Print JSON."))
@pass_app
def log(app: App, as_json: bool) -> Exit:
    """Show the access log."""
    found = logged(app)
    if as_json:
        app.out.json({"reveals": found})
        return Exit.OK
    columns = ("at", "who", "path", "field")
    rows = [[str(each.get(column) or "-") for column in columns] for each in found]
    app.out.table(rows, [_("When"), _("Who"), _("Note"), _("Field")])
    if not rows:
        app.out.note(_("Nothing was revealed on this machine."))
    return Exit.OK


for each in (list_, invite_, grant_, revoke_, review, accept, drill, log):
    access.add_command(each)


def _who(app: App, keys: VaultKeys, who: str) -> str:
    """Return whom a word means: `role:...` and `owner` as they are, a person by any spelling."""
    if who.startswith("role:") or who == "owner" or who in keys.keyring.people:
        return who
    return known_person(app, who).id


@contextmanager
def _changing(app: App, command: str) -> Iterator[VaultKeys]:
    """Lend the keys to somebody who changes the keyring, while no other command does."""
    with app.vault.writing(command):
        yield keys_of(app)


def _list(app: App, as_json: bool) -> Exit:
    keys = keys_of(app)
    keyring = keys.keyring
    if as_json:
        app.out.json(_document(keyring))
        return Exit.OK
    app.out.table(
        [
            [name, ", ".join(_readers(keyring, name)), _("no. {epoch}").format(epoch=each.epoch)]
            for name, each in keyring.groups.items()
            if not name.startswith(OWNER)
        ],
        [_("Group"), _("Readers"), _("Key")],
    )
    app.out.line()
    app.out.table(
        [
            [name, ", ".join(member.roles), ", ".join(map(short_key, member.keys))]
            for name, member in keyring.people.items()
        ],
        [_("Person"), _("Roles"), _("Keys")],
    )
    app.out.line()
    app.out.line(
        _("For an emergency: {names}").format(names=", ".join(keyring.recovery) or _("no recovery key"))
    )
    return Exit.OK


def _readers(keyring: Keyring, name: str) -> Iterable[str]:
    yield from keyring.readers(name)
    if keyring.groups[name].owner_read:
        yield _("each customer's owner")


def _document(keyring: Keyring) -> dict[str, object]:
    return {
        "epoch": keyring.epoch,
        "groups": {
            name: {
                "epoch": each.epoch,
                "read": list(each.read),
                "readers": list(keyring.readers(name)),
                "owner_read": each.owner_read,
            }
            for name, each in keyring.groups.items()
        },
        "people": {
            name: {"roles": list(member.roles), "keys": list(member.keys)}
            for name, member in keyring.people.items()
        },
        "recovery": dict(keyring.recovery),
    }
