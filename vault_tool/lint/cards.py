"""Make a customer's card from its note."""

from __future__ import annotations

import re
from hashlib import blake2b

from vault_tool.lint.customers import Card
from vault_tool.lint.rules.leaves import public_of
from vault_tool.lint.rules.plain_secrets import holds_secret
from vault_tool.notes.folding import fold
from vault_tool.notes.note import Note
from vault_tool.notes.sealing_marks import SEALED_REFERENCE
from vault_tool.patterns import pattern
from vault_tool.vault.public import without_sealed
from vault_tool.vault.settings import Settings, fold_spelling

_UNSPOKEN = pattern(r"[\W_]+")
_DIGITS = 7  # fewer are no number of a company's own
# Hot lines: a whole group of companies shares one.
_SHARED_NUMBER = pattern(r"[48]00\d{7}\Z")


class CardMaker:
    """Makes the cards of one vault's notes."""

    def __init__(self, settings: Settings, secret: bytes) -> None:
        """`secret` keys the digests; without one, nothing that needs a digest is kept."""
        self._team = {fold_spelling(said): one.id for one in settings.people for said in one.spellings}
        self._secret = secret

    def card_of(self, note: Note) -> Card:
        """Return the card of a note, whatever state that is in.

        Of bytes that are no clean text only a name that could be read is kept: what else they say is a guess.
        """
        [public] = public_of(note)
        is_clean = note.problem is None

        def said(name: str) -> str | None:
            text = note.text_value(name)
            return tellable(text) if text and not public.is_sealed(note.schema.field(name), name) else None

        def tellable(text: str) -> str | None:
            if holds_secret(text, note) or not (is_clean or _is_legible(text)):
                return None
            if "sealed-" in text:
                text = SEALED_REFERENCE.sub("", text)
            return without_sealed(text).strip() or None

        known_type = note.schema.word("type", note.type) if note.type and is_clean else None
        type_name = known_type.name if known_type else None
        name, id = said("name"), said("id")
        owner, stage, region = map(said, ("owner", "stage", "region")) if is_clean else (None, None, None)
        aliases = () if public.is_sealed(note.schema.field("aliases"), "aliases") else note.aliases
        names = [each for each in (name, *map(tellable, aliases)) if each]
        folded = list(map(fold, names))
        signs = [f"id:{id}"] if id and is_clean else []
        if type_name and type_name != "person":
            if self._secret and (code := said("credit_code")) and len(code := _plain(fold(code))) == 18:
                signs.append(f"code:{self._digest(code)}")
            if name and (plain := _plain(folded[0])):
                signs.append(f"name:{type_name}:{plain}")
            if self._secret and (phone := said("phone")) and (number := _number(phone)):
                signs.append(f"phone:{type_name}:{self._digest(number)}")
        return Card(
            str(note.path),
            id,
            name,
            type_name,
            self._team.get(fold_spelling(owner), owner) if owner else None,
            stage,
            _plain(fold(region)) if region else None,
            tuple(dict.fromkeys(names)),
            tuple(dict.fromkeys((*folded, fold(note.path.stem)))),
            tuple(signs),  # the surest first
        )

    def _digest(self, text: str) -> str:
        return blake2b(text.encode("utf-8", "surrogatepass"), key=self._secret, digest_size=12).hexdigest()


def _is_legible(text: str) -> bool:
    return text.isprintable() and "\ufffd" not in text


def _plain(folded: str) -> str:
    """Return what two spellings of a name share: width, case, script, blanks and brackets don't count."""
    return _UNSPOKEN.sub("", folded)


def _number(phone: str) -> str | None:
    """Return a telephone number as it is dialled within China; None for what is none, or is nobody's own."""
    folded = fold(phone)
    digits = re.sub(r"\D", "", folded)
    if folded.lstrip().startswith(("+86", "0086")):
        digits = digits.removeprefix("00").removeprefix("86")
    digits = digits.lstrip("0")
    return digits if len(digits) >= _DIGITS and not _SHARED_NUMBER.match(digits) else None
