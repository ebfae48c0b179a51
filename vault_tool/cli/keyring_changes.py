"""What changed in a keyring, or of what the schema seals, for a person to judge and for a program."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from vault_tool.messages import N_, _, language
from vault_tool.named import NamedTuple
from vault_tool.sealing.trust import Change, changes
from vault_tool.sealing.vault_keys import VaultKeys
from vault_tool.vault.keyring import KEYRING, KeyGroup, Member, read_keyring

if TYPE_CHECKING:
    from vault_tool.schema import Schema
    from vault_tool.schema.sealing import Loosening


def short_key(key: str) -> str:
    """Return enough of a public key to compare it by voice."""
    return key if len(key) < 24 else f"{key[:12]}…{key[-6:]}"


def differences(keys: VaultKeys) -> list[Change]:
    """Return how the keyring that stands in the vault differs from the one that was accepted."""
    if keys.standing_text is None:
        return []
    standing = read_keyring(keys.standing_text, keys.root / KEYRING)
    return changes(read_keyring(keys.pin.keyring), standing) if keys.pin else []


def difference_document(each: Change) -> dict[str, object]:
    """Return one difference for JSON."""
    return {"kind": each.kind, "name": each.name, "before": _plain(each.before), "after": _plain(each.after)}


def _plain(value: object) -> object:
    return value._asdict() if isinstance(value, (Member, KeyGroup)) else value


_SAID = {
    ("person", "new"): N_("+ {name} comes in: {after}"),
    ("person", "gone"): N_("- {name} is out: {before}"),
    ("person", "changed"): N_("~ {name}: {before} → {after}"),
    ("recovery", "new"): N_("+ a recovery key {name}: {after}"),
    ("recovery", "gone"): N_("- the recovery key {name}: {before}"),
    ("recovery", "changed"): N_("~ the recovery key {name}: {before} → {after}"),
    ("group", "new"): N_("+ a group {name}: {after}"),
    ("group", "gone"): N_("- the group {name}: {before}"),
    ("group", "changed"): N_("~ the group {name}: {before} → {after}"),
}


def said_difference(each: Change) -> str:
    """Return one difference as a line."""
    how = "new" if each.before is None else "gone" if each.after is None else "changed"
    return _(_SAID[each.kind, how]).format(name=each.name, before=_said(each.before), after=_said(each.after))


def _said(value: object) -> str:
    match value:
        case Member(roles=roles, keys=keys):
            return f"{', '.join(roles) or '-'} ({', '.join(map(short_key, keys))})"
        case KeyGroup(epoch=epoch, public=public, read=read, owner_read=owner_read, renew=renew):
            readers = ", ".join([*read, *(["owner"] if owner_read else [])])
            due = f"; {_('needs a new key')}" if renew else ""
            return f"{readers or '-'} ({epoch}: {short_key(public)}{due})"
        case str():
            return short_key(value)
    return ""


def is_renewed(each: Change) -> bool:
    """Tell whether a group has another key than before."""
    groups = each.before, each.after
    return len({group.public for group in groups if isinstance(group, KeyGroup)}) > 1


def said_due(groups: Iterable[str]) -> str:
    """Return which groups need a new key, why, and what to do."""
    return _(
        "Two people changed at once who reads {groups}. Nothing new is sealed for that before `vault rekey` "
        "has made a new key, for those whom neither of them took out."
    ).format(groups=", ".join(groups))


class Opening(NamedTuple):
    """A field that a schema leaves open (`after` is None) or gives to other readers than before."""

    field: str
    customer_type: str | None
    before: str
    after: str | None


def openings(changes: Iterable[Loosening]) -> list[Opening]:
    """Return each field once, whatever the places and spellings."""
    found = (
        Opening(change.name, change.customer_type or None, change.before, change.after) for change in changes
    )
    return list(dict.fromkeys(found))


def said_opening(each: Opening, schema: Schema) -> str:
    """Return what a schema opens as a line."""
    known = next((field for field in schema.sealed_fields() if field.name == each.field), None)
    field = (known or schema.field(each.field) or schema.inline_field(each.field)) or None
    values = {
        "field": field.label(language()) if field else each.field,
        "before": each.before,
        "after": each.after,
        "type": _type_label(each.customer_type, schema),
    }
    if each.after is None:
        said = (
            _("~ {field} ({type}) was sealed for {before}: schema/ leaves it open now")
            if each.customer_type
            else _("~ {field} was sealed for {before}: schema/ leaves it open now")
        )
    elif each.customer_type:
        said = _("~ {field} ({type}) was sealed for {before}: schema/ gives it to {after} now")
    else:
        said = _("~ {field} was sealed for {before}: schema/ gives it to {after} now")
    return said.format(**values)


def _type_label(customer_type: str | None, schema: Schema) -> str:
    word = schema.word("type", customer_type) if customer_type else None
    return word.label(language()) if word else customer_type or ""
