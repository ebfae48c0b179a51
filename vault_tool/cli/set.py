"""`vault set`: fields of customers, spliced in place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from vault_tool.cli.app import App, pass_app
from vault_tool.cli.ask import customers_that_match, read_query
from vault_tool.cli.change import change_notes
from vault_tool.cli.complete import assignments
from vault_tool.cli.help import argument, command, option
from vault_tool.cli.me import known_person, says_me
from vault_tool.cli.pick import fresh, pick_customer
from vault_tool.cli.say import shell_word
from vault_tool.cli.words import known_field, known_tag, typed_value
from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_, Language, _, language, ngettext
from vault_tool.named import NamedTuple
from vault_tool.notes.edit_fields import plan_change_list, plan_remove, plan_set, plan_set_list
from vault_tool.notes.note import Note, parse_note
from vault_tool.notes.text import Edit, apply_edits
from vault_tool.notes.values import split_list
from vault_tool.schema import Field, FieldType, Schema
from vault_tool.vault.catalog_read import customers_where


class NothingToSet(VaultError):
    """A customer without a field, or a field without a customer."""

    message = N_("Say which customer and which field.")
    hint = N_("vault set lanhai stage=won; vault set lanhai tags+=VIP; vault set lanhai next=")
    exit_code = Exit.USAGE


class NamesAndFilters(VaultError):
    """A customer by name, and a filter: most likely `:` was typed for `=`."""

    message = N_("“{name}” names a customer, and “{filter}” means all that match. Nothing was written.")
    hint = N_("To set a field, write it with `=`; to change all that match, name no customer.")
    exit_code = Exit.USAGE


class NobodyMatches(VaultError):
    """Filters that no customer matches."""

    message = N_("No customer matches: {query}. Nothing was written.")
    exit_code = Exit.FINDINGS


class NotForTheCommandLine(VaultError):
    """A sealed field's value, which would stay in the shell's history."""

    message = N_(
        "{label} is a sealed field: its value must not stand on a command line. Nothing was written."
    )
    hint = N_("Leave the value away, and type it when you are asked: vault set {customer} {key}")
    exit_code = Exit.USAGE


class NothingTyped(VaultError):
    """A sealed field's value was asked for, and none came."""

    message = N_("No value for {label} was given. Nothing was written.")
    hint = N_("Type it when you are asked, or send it: vault set {customer} {key} < FILE")
    exit_code = Exit.USAGE


class OneAtATime(VaultError):
    """A value to be typed, and more than one customer or field."""

    message = N_("A sealed value is typed for one customer and one field at a time. Nothing was written.")
    hint = N_("vault set lanhai mobile")
    exit_code = Exit.USAGE


class MoreThanALine(VaultError):
    """A field that holds contacts or the like, which one value can't say."""

    message = N_("{label} holds more than a line. Nothing was written.")
    hint = N_("Write it into the note instead: vault edit {customer}")
    exit_code = Exit.USAGE


class MustStay(VaultError):
    """A field that every such customer has, about to be taken out."""

    message = N_("{label} can't be taken out: every customer needs it. Nothing was written.")
    hint = N_("Give it another value: {key}=VALUE")
    exit_code = Exit.USAGE


class NeverChanges(VaultError):
    """The id of a customer."""

    message = N_("A customer's id never changes.")
    exit_code = Exit.USAGE


class NoList(VaultError):
    """Adding to a field that holds one value."""

    message = N_("{label} holds one value; `+=` and `-=` are for lists.")
    hint = N_("Use {key}=VALUE.")
    exit_code = Exit.USAGE


class Assignment(NamedTuple):
    """A field, what to do with it (`=`, `+=`, `-=`), and the value; an empty value takes the field out."""

    field: Field
    operator: str
    value: str


_ASSIGNMENT = re.compile(r"([^=＝]+?)\s*([+-]?[=＝])(.*)\Z", re.DOTALL)


@command(
    "set",
    help=N_(
        "Set, add to or remove fields of customers.\n\n"
        "FIELD=VALUE sets, FIELD+=ITEM and FIELD-=ITEM change a list, FIELD= takes the field out. Instead of "
        "customers, filters as in `vault list` (stage:lead owner:me, @saved) mean all that match.\n\n"
        "A sealed field is named without a value (vault set lanhai mobile): you are asked for it, or it is "
        "read from standard input, and it is sealed before it is written."
    ),
    examples=(
        "vault set lanhai stage=won",
        "vault set 蓝海 标签+=VIP 下次跟进='周五 发新报价'",
        "vault set lanhai next=",
        "vault set owner:zhang.wei stage:lead owner=li.na --dry-run",
        "vault set 蓝海 手机",
    ),
)
@argument("customers_and_fields", nargs=-1, metavar="CUSTOMER... FIELD=VALUE...", shell_complete=assignments)
@option("--dry-run", is_flag=True, help=N_("Show what would change; write nothing."))
@option("--json", "as_json", is_flag=True, help=N_("Print JSON."))
@pass_app
def set(app: App, customers_and_fields: tuple[str, ...], dry_run: bool, as_json: bool) -> Exit:
    """Set fields of the named customers."""
    filters = [text for text in customers_and_fields if _is_filter(text, app.vault.schema)]
    others = [text for text in customers_and_fields if text not in filters]
    matched = [(text, _ASSIGNMENT.match(text)) for text in others]
    names = [text for text, match in matched if not match]
    assignments = [_assignment(app, match[1], match[2], match[3]) for _text, match in matched if match]
    if names and not assignments and not filters and (typed := _sealed_field(app, names[-1])):
        return _set_sealed(app, names[:-1], typed, dry_run=dry_run, as_json=as_json)
    if not (names or filters) or not assignments:
        raise NothingToSet
    if names and filters:
        raise NamesAndFilters(name=names[0], filter=filters[0])
    named = (pick_customer(app, name).path for name in names)
    paths = _matching(app, filters) if filters else list(dict.fromkeys(named))
    _refuse(app, paths, assignments)

    def plan(note: Note) -> str:
        before = note
        for item in assignments:
            text = apply_edits(note.text, _plan(note, item, app.vault.settings.language))
            note = parse_note(note.path, text, note.schema)
        return _without_leftovers(note, before)

    what = " ".join(text for text, match in matched if match)
    changed = change_notes(
        app, paths, plan, f"vault set {' '.join(names or filters)} {what}", dry_run=dry_run
    )
    if as_json:
        app.out.json({"changed": [str(item.path) for item in changed], "dry_run": dry_run})
    elif not changed:
        app.out.line(_("Nothing to change: it says so already."))
    elif not dry_run:
        count = ngettext("{count} customer changed", "{count} customers changed", len(changed))
        where = ", ".join(str(item.path) for item in changed)
        what = _("{what}: {where}").format(what=count.format(count=len(changed)), where=where)
        app.out.line(f"{what} · {_('undo: vault undo')}")
    return Exit.OK


def _sealed_field(app: App, word: str) -> Field | None:
    """Return the field that a word without `=` names, if it may be sealed: its value is to be typed."""
    field = app.vault.schema.field(word)
    return field if field and (field.group or any(field.group_for.values())) else None


def _set_sealed(app: App, names: list[str], field: Field, *, dry_run: bool, as_json: bool) -> Exit:
    """Ask for a value, and seal it before anything is written. What was sealed there before is let go."""
    from vault_tool.cli.keys import sealing_keys

    if len(names) != 1:
        raise OneAtATime if names else NothingToSet
    path = pick_customer(app, names[0]).path
    note, _digest = app.vault.read(path)
    label, key = field.label(language()), field.key(app.vault.settings.language)
    value = _typed(app, label)
    if not value:
        raise NothingTyped(label=label, customer=shell_word(note.name), key=key)
    item = _assignment(app, key, "=", value)
    if dry_run:
        app.out.line(_("{path}: {field} would be sealed").format(path=path, field=label))
        return Exit.OK
    with sealing_keys(app) as keys:

        def plan(note: Note) -> str:
            text = apply_edits(note.text, _plan(note, item, app.vault.settings.language))
            sealed = keys.plan_sealing(parse_note(note.path, text, note.schema)).text
            return _without_leftovers(parse_note(note.path, sealed, note.schema), note)

        keys.keyring  # noqa: B018 - what stands against sealing is told first
        is_sealed = field.sealed_group(note.type) is not None
        changed = change_notes(app, [path], plan, f"vault set {names[0]} {key}", undoable=not is_sealed)
    if as_json:
        app.out.json({"changed": [str(each.path) for each in changed], "dry_run": False})
    elif not changed:
        app.out.line(_("Nothing to change: it says so already."))
    elif is_sealed:
        app.out.line(_("{path}: {field} is set and sealed").format(path=path, field=label))
    else:
        app.out.line(_("{path}: {field} is set · undo: vault undo").format(path=path, field=label))
    return Exit.OK


def _typed(app: App, label: str) -> str:
    """Return what is typed unseen, or comes from standard input."""
    if app.out.is_interactive:
        return app.out.ask_secret(f"{label}:").strip()
    return app.out.read_input().decode("utf-8", "replace").strip()


def _without_leftovers(note: Note, before: Note) -> str:
    """Return a note's text without the sealed values that only stood where something else stands now."""
    if before.sealed_block is None:
        return note.text
    from vault_tool.sealing.reveal import without_leftovers

    return without_leftovers(note, before)


def _is_filter(text: str, schema: Schema) -> bool:
    """Tell `next:<=7d` and `@overdue` from `next=2026-11-27`, and from a name with a colon in it."""
    if text[:1] in ("@", "＠"):
        return True
    key = re.match(r"-?([^:：=＝]+)[:：]", text)
    return key is not None and bool(
        schema.field(key[1]) or schema.inline_field(key[1]) or schema.word("filter", key[1])
    )


def _matching(app: App, filters: Iterable[str]) -> list[PurePosixPath]:
    """Return the customers at work that filters mean."""
    query = read_query(app, filters)
    fresh(app)
    condition = customers_that_match(app, query)
    found = customers_where(app.vault.catalog, condition.sql, condition.parameters)
    paths = [customer.path for customer in found]
    if not paths:
        raise NobodyMatches(query=" ".join(filters))
    return paths


def _assignment(app: App, key: str, operator: str, value: str) -> Assignment:
    settings, schema = app.vault.settings, app.vault.schema
    field, operator, value = known_field(schema, key.strip()), operator.replace("＝", "="), value.strip()
    if field.name == "id":
        raise NeverChanges
    if operator != "=" and not (field.type is FieldType.LIST or field.many):
        raise NoList(label=field.label(language()), key=key)
    if value and operator != "-=":
        value = typed_value(field, value, app.today, schema)
        if field.name == "tags":
            value = ", ".join(known_tag(tag) for tag in split_list(value))
    if value and field.type is FieldType.PERSON and (settings.people or says_me(app, value)):
        person = known_person(app, value)
        value = person.name if settings.language == "zh" else person.id
    return Assignment(field, operator, value)


def _refuse(app: App, paths: Iterable[PurePosixPath], assignments: Iterable[Assignment]) -> None:
    for path in paths:
        note, _digest = app.vault.read(path)
        for item in assignments:
            label, customer = item.field.label(language()), shell_word(note.name)
            if item.value and item.field.sealed_group(note.type):
                key = item.field.key(app.vault.settings.language)
                raise NotForTheCommandLine(label=label, customer=customer, key=key)
            if item.value and item.field.type in (FieldType.MAP, FieldType.MAPS):
                raise MoreThanALine(label=label, customer=customer)
            if not item.value and item.operator == "=" and item.field.is_required(note.type):
                raise MustStay(label=label, key=item.field.key(app.vault.settings.language))


def _plan(note: Note, item: Assignment, language: Language) -> list[Edit]:
    name, value = item.field.name, item.value
    is_list = item.field.type is FieldType.LIST
    match item.operator:
        case "+=":
            added = split_list(value) if is_list else [value]
            return plan_change_list(note, name, add=added, language=language)
        case "-=":
            removed = split_list(value) if is_list else (value,)
            if name == "tags":
                removed += tuple(tag.lstrip("#＃") for tag in removed)
            return plan_change_list(note, name, remove=removed)
    if not value:
        return plan_remove(note, name)
    if is_list:
        return plan_set_list(note, name, split_list(value), language)
    return plan_set(note, name, value, language)
