"""Make a customer's card from its note."""

from __future__ import annotations

import re
from hashlib import blake2b

from vault_tool.lint.customers import Card
from vault_tool.lint.rules.leaves import public_of
from vault_tool.lint.rules.plain_secrets import without_secrets
from vault_tool.notes.entries import SEALED_REFERENCE
from vault_tool.notes.folding import fold
from vault_tool.notes.note import Note
from vault_tool.vault.public import without_sealed
from vault_tool.vault.settings import Settings, fold_spelling

_UNSPOKEN = re.compile(r"[\W_]+")
_DIGITS = 7  # fewer are no number of a company's own
# Hot lines: a whole group of companies shares one.
_SHARED_NUMBER = re.compile(r"[48]00\d{7}\Z")


class CardMaker:
    """Makes the cards of one vault's notes."""

    def __init__(self, settings: Settings, secret: bytes) -> None:
        """`secret` keys the digests; without one, nothing that needs a digest is kept."""
        self._team = {fold_spelling(said): one.id for one in settings.people for said in one.spellings}
        self._secret = secret

    def card_of(self, note: Note) -> Card:
        """Return the card of a note, whatever state that is in."""
        [public] = public_of(note)

        def said(name: str) -> str | None:
            field, text = note.schema.field(name), note.text_value(name)
            return tellable(text) if text and not public.is_sealed(field, name) else None

        def tellable(text: str) -> str | None:
            if without_secrets({"": text}, note)[""] != text:
                return None
            return without_sealed(SEALED_REFERENCE.sub("", text)).strip() or None

        known_type = note.schema.word("type", note.type) if note.type else None
        type_name = known_type.name if known_type else None
        name, owner, region = said("name"), said("owner"), said("region")
        aliases = () if public.is_sealed(note.schema.field("aliases"), "aliases") else note.aliases
        names = [each for each in (name, *map(tellable, aliases)) if each]
        card = Card(
            path=str(note.path),
            id=said("id"),
            name=name,
            type=type_name,
            owner=self._team.get(fold_spelling(owner), owner) if owner else None,
            stage=said("stage"),
            region=_plain(region) if region else None,
            names=tuple(dict.fromkeys(names)),
            folded=tuple(dict.fromkeys(map(fold, (*names, note.path.stem)))),
        )
        if note.problem is not None:
            return card
        signs = [f"id:{card.id}"] if card.id else []
        if type_name and type_name != "person":
            if self._secret:
                code, phone = said("credit_code"), said("phone")
                if code and len(_plain(code)) == 18:
                    signs.append(f"code:{self._digest(_plain(code))}")
                if phone and (number := _number(phone)):
                    signs.append(f"phone:{type_name}:{self._digest(number)}")
            if name and (plain := _plain(name)):
                signs.append(f"name:{type_name}:{plain}")
        return card._replace(signs=tuple(sorted(signs, key=_surest_first)))

    def _digest(self, text: str) -> str:
        return blake2b(text.encode("utf-8", "surrogatepass"), key=self._secret, digest_size=12).hexdigest()


def _surest_first(sign: str) -> int:
    return ("id", "code", "name", "phone").index(sign.partition(":")[0])


def _plain(text: str) -> str:
    """Return what two spellings of a name share: width, case, script, blanks and brackets don't count."""
    return _UNSPOKEN.sub("", fold(text))


def _number(phone: str) -> str | None:
    """Return a telephone number as it is dialled within China; None for what is none, or is nobody's own."""
    digits = re.sub(r"\D", "", fold(phone))
    if fold(phone).lstrip().startswith(("+86", "0086")):
        digits = digits.removeprefix("00").removeprefix("86")
    digits = digits.lstrip("0")
    return digits if len(digits) >= _DIGITS and not _SHARED_NUMBER.match(digits) else None
