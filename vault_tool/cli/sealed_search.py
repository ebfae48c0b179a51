"""`vault search 手机:13812345678`: candidates opened in memory, for one run; no index knows their values."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence

from vault_tool.cli.app import App
from vault_tool.cli.ask import customers_that_match, read_query
from vault_tool.cli.keys import keys_of
from vault_tool.cli.pick import fresh, pick_line
from vault_tool.cli.reading import query_text
from vault_tool.cli.reveal import log_reveals
from vault_tool.cli.where import seen_from
from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_, _, language, ngettext
from vault_tool.named import NamedTuple
from vault_tool.notes.note import parse_note
from vault_tool.schema import Field, Schema, fold
from vault_tool.sealing.reveal import reveal
from vault_tool.sealing.vault_keys import Opened
from vault_tool.search.query_tokens import Token, tokens
from vault_tool.vault import files
from vault_tool.vault.catalog_read import Customer, customers_where

_FEWEST = 4
_GOES_ON = re.compile(r"[\d+./-]*\d[\d+./-]*")


class OneSealedField(VaultError):
    """A query for more than one sealed field."""

    message = N_("A search opens one sealed field at a time.")
    hint = N_("Put open fields and words beside it: vault search mobile:13800000000 owner:me")
    exit_code = Exit.USAGE


class NotAlone(VaultError):
    """A sealed field in brackets, beside OR, or behind a minus."""

    message = N_("“{field}” is sealed: it can't be searched for in brackets, with OR, or with a minus.")
    hint = N_("Say it by itself, with other words beside it: vault search mobile:13800000000 owner:me")
    exit_code = Exit.USAGE


class TooShort(VaultError):
    """So little of a value that half the vault would be opened and shown."""

    message = N_("“{field}” is sealed: say at least {count} characters of it.")
    exit_code = Exit.USAGE


class SealedTerm(NamedTuple):
    """A sealed field and what it must hold, any of these, and the other words of the query."""

    field: Field
    wanted: tuple[str, ...]
    others: str


class Wish(NamedTuple):
    """How what is found is to be shown; see `vault search`. `opened` is the number of a hit to be edited."""

    archived: bool | None = False
    limit: int | None = None
    once: bool = False
    opened: int | None = None
    pick: bool = False
    ends_paths: str | None = None
    as_json: bool = False


class _Hit(NamedTuple):
    customer: Customer
    opened: Opened


def sealed_term(schema: Schema, words: Sequence[str]) -> SealedTerm | None:
    """Return the sealed field that a query asks for; None when it asks for none that can be opened.

    Raises `OneSealedField`, `NotAlone`.
    """
    text = query_text(words)
    read = [*tokens(text), Token("end", "", len(text))]
    found: list[SealedTerm] = []
    depth, is_alone, before = 0, not any(token.kind == "or" for token in read), ""
    for number, token in enumerate(read):
        depth += {"open": 1, "close": -1}.get(token.kind, 0)
        field = schema.field(token.key) if token.kind == "filter" else None
        if field is not None and token.parts and field.group and all(field.group_for.values()):
            if depth or before == "not" or not is_alone:
                raise NotAlone(field=field.label(language()))
            end = token.at + len(token.text)
            last = token.parts[-1].text
            # A number is typed in groups: 138 0000 0001.
            for following in read[number + 1 :]:
                if following.kind != "word" or not _GOES_ON.fullmatch(following.text):
                    break
                end, last = following.at + len(following.text), f"{last} {following.text}"
            wanted = (*(part.text for part in token.parts[:-1]), last)
            found.append(SealedTerm(field, wanted, text[: token.at] + text[end:]))
        before = token.kind
    if len(found) > 1:
        raise OneSealedField
    return found[0] if found else None


def search_sealed(app: App, term: SealedTerm, wish: Wish) -> Exit:
    """Open that field of each candidate, and print who has the value; the value itself is not printed.

    What is found is in the access log. What this person can't open is not found.
    """
    label = term.field.label(language())
    if any(len(_plain(each)) < _FEWEST for each in term.wanted):
        raise TooShort(field=label, count=_FEWEST)
    closed: list[int] = []
    found = list(_hits(app, term, wish.archived, closed))
    if wish.once or wish.ends_paths is not None:
        found = list({hit.customer.path: hit for hit in reversed(found)}.values())[::-1]
    hits = found[: wish.limit]
    where = [seen_from(app.cwd, app.vault.root, hit.customer.path) for hit in hits]
    rows = [
        [hit.customer.name, label, f"{path}:{hit.opened.line}"] for path, hit in zip(where, hits, strict=True)
    ]
    if wish.as_json:
        told = [
            {"path": path, "line": hit.opened.line, "name": hit.customer.name, "field": hit.opened.field}
            for path, hit in zip(where, hits, strict=True)
        ]
        app.out.json({"hits": told, "total": len(found), "not_opened": len(closed)})
        return Exit.OK if hits else Exit.FINDINGS
    if hits and (wish.pick or wish.opened is not None):
        return _edit(app, hits, rows, wish)
    if wish.ends_paths is not None:
        app.out.raw(b"".join(os.fsencode(path + wish.ends_paths) for path in where))
    else:
        app.out.table(rows)
    _tell(app, len(hits), len(found), len(closed))
    return Exit.OK if hits else Exit.FINDINGS


def _edit(app: App, hits: Sequence[_Hit], rows: Sequence[Sequence[str]], wish: Wish) -> Exit:
    from vault_tool.cli.edit import edit_file  # with it comes the linter
    from vault_tool.cli.search import NoSuchHit

    number = wish.opened
    if number is None:
        number = 1 + pick_line(app, _("Which hit?"), ["  ".join(row) for row in rows])
    if number > len(hits):
        raise NoSuchHit(number=number, last=len(hits))
    hit = hits[number - 1]
    # What was asked is as secret as what was found: the journal keeps the name of a command.
    return edit_file(app, hit.customer.path, "vault search --open", hit.opened.line)


def _tell(app: App, shown: int, total: int, closed: int) -> None:
    if not shown:
        app.out.note(_("No value that you may open holds that."))
    elif shown < total:
        count = ngettext("{count} hit", "{count} hits", total).format(count=total)
        app.out.note(_("{count}, {shown} shown; -n shows more").format(count=count, shown=shown))
    if closed:
        count = ngettext("{count} value is not yours to open", "{count} values are not yours to open", closed)
        app.out.hint(count.format(count=closed))


def _hits(app: App, term: SealedTerm, archived: bool | None, closed: list[int]) -> Iterator[_Hit]:
    vault, keys = app.vault, keys_of(app)
    keys.reading_keyring  # noqa: B018 - what stands against opening is told once
    wanted = [_plain(each) for each in term.wanted]
    for customer in _candidates(app, term, archived):
        data = files.read(vault.root, customer.path).data
        if b"sealed-" not in data:
            continue
        note = parse_note(customer.path, data, vault.schema)
        found = reveal(note, keys, {term.field.name})
        closed += [1] * len(found.refused)
        matching = [each for each in found.opened if any(one in _plain(each.value.text) for one in wanted)]
        log_reveals(app, note, matching)
        yield from (_Hit(customer, each) for each in matching)


def _candidates(app: App, term: SealedTerm, archived: bool | None) -> list[Customer]:
    fresh(app)
    if not term.others.strip():
        return list(app.vault.customers(archived))
    condition = customers_that_match(app, read_query(app, [term.others]))
    return list(customers_where(app.vault.catalog, condition.sql, condition.parameters, archived))


def _plain(text: str) -> str:
    """Return a value as it is compared: a number's digits, however they are grouped; else folded words."""
    digits = re.sub(r"\D", "", text)
    rest = re.sub(r"[\d\s()+./-]", "", text)
    return digits if digits and not rest else re.sub(r"\s", "", fold(text))
