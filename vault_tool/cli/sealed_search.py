"""`vault search 手机:13812345678`: candidates opened in memory, for one run; no index knows their values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from vault_tool.cli.app import App
from vault_tool.cli.ask import customers_that_match, read_query
from vault_tool.cli.keys import keys_of
from vault_tool.cli.pick import fresh
from vault_tool.cli.reading import HIDDEN
from vault_tool.cli.reveal import log_reveals
from vault_tool.cli.where import seen_from
from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_, _, language, ngettext
from vault_tool.notes.note import parse_note
from vault_tool.schema import Field, Schema, fold
from vault_tool.sealing.reveal import reveal
from vault_tool.sealing.vault_keys import Opened
from vault_tool.vault import files
from vault_tool.vault.catalog_read import Customer, customers_where

_TERM = re.compile(r"([^:：\s\"'(){}-][^:：\"']*)[:：](.+)", re.DOTALL)
_FEWEST = 4


class OneSealedField(VaultError):
    """A query for more than one sealed field."""

    message = N_("A search opens one sealed field at a time.")
    hint = N_("Put open fields and words beside it: vault search mobile:13800000000 owner:me")
    exit_code = Exit.USAGE


class TooShort(VaultError):
    """So little of a value that half the vault would be opened and shown."""

    message = N_("“{field}” is sealed: say at least {count} characters of it.")
    exit_code = Exit.USAGE


class SealedTerm(NamedTuple):
    """A sealed field and what it must hold, and the other words of the query."""

    field: Field
    wanted: str
    others: tuple[str, ...]


class _Hit(NamedTuple):
    customer: Customer
    opened: Opened


def sealed_term(schema: Schema, words: Iterable[str]) -> SealedTerm | None:
    """Return the sealed field that a query asks for; None when it asks for none. Raises `OneSealedField`."""
    found: list[tuple[Field, str]] = []
    others: list[str] = []
    for word in (word.removeprefix(HIDDEN) for word in words):
        term = _TERM.fullmatch(word)
        field = schema.field(term[1]) if term else None
        if term and field and field.group and all(field.group_for.values()):
            found.append((field, term[2].strip("\"'“”")))
        else:
            others.append(word)
    if len(found) > 1:
        raise OneSealedField
    return SealedTerm(*found[0], tuple(others)) if found else None


def search_sealed(app: App, term: SealedTerm, *, archived: bool | None, as_json: bool, paths: bool) -> Exit:
    """Open that field of each candidate, and print who has the value; the value itself is not printed.

    What is found is in the access log. What this person can't open is not found.
    """
    label = term.field.label(language())
    if len(_plain(term.wanted)) < _FEWEST:
        raise TooShort(field=label, count=_FEWEST)
    closed: list[int] = []
    hits = list(_hits(app, term, archived, closed))
    where = [seen_from(app.cwd, app.vault.root, hit.customer.path) for hit in hits]
    if as_json:
        told = [
            {"path": path, "line": hit.opened.line, "name": hit.customer.name, "field": hit.opened.field}
            for path, hit in zip(where, hits, strict=True)
        ]
        app.out.json({"hits": told, "not_opened": len(closed)})
    elif paths:
        app.out.lines(dict.fromkeys(where))
    else:
        app.out.table(
            [
                [hit.customer.name, label, f"{path}:{hit.opened.line}"]
                for path, hit in zip(where, hits, strict=True)
            ]
        )
    if not as_json and not hits:
        app.out.note(_("No value that you may open holds that."))
    if not as_json and closed:
        count = ngettext(
            "{count} value is not yours to open", "{count} values are not yours to open", len(closed)
        )
        app.out.hint(count.format(count=len(closed)))
    return Exit.OK if hits else Exit.FINDINGS


def _hits(app: App, term: SealedTerm, archived: bool | None, closed: list[int]) -> Iterator[_Hit]:
    vault, keys = app.vault, keys_of(app)
    keys.reading_keyring  # noqa: B018 - what stands against opening is told once
    wanted = _plain(term.wanted)
    for customer in _candidates(app, term, archived):
        data = files.read(vault.root, customer.path).data
        if b"sealed-" not in data:
            continue
        note = parse_note(customer.path, data, vault.schema)
        found = reveal(note, keys, {term.field.name})
        closed += [1] * len(found.refused)
        matching = [each for each in found.opened if wanted in _plain(each.value.text)]
        log_reveals(app, note, matching)
        yield from (_Hit(customer, each) for each in matching)


def _candidates(app: App, term: SealedTerm, archived: bool | None) -> list[Customer]:
    fresh(app)
    if not term.others:
        return list(app.vault.customers(archived))
    condition = customers_that_match(app, read_query(app, term.others))
    return list(customers_where(app.vault.catalog, condition.sql, condition.parameters, archived))


def _plain(text: str) -> str:
    """Return a value as it is compared: a number's digits, however they are grouped; else folded words."""
    digits = re.sub(r"\D", "", text)
    rest = re.sub(r"[\d\s()+./-]", "", text)
    return digits if digits and not rest else re.sub(r"\s", "", fold(text))
