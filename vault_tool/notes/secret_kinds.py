"""What kinds of secrets a text may hold, and how much of one may be shown."""

from __future__ import annotations

from enum import StrEnum

from vault_tool.named import NamedTuple


class SecretKind(StrEnum):
    """What a secret is."""

    PASSWORD = "password"
    ID_CARD = "id-card"
    PHONE = "phone"
    BANK_CARD = "bank-card"
    TRAVEL_DOCUMENT = "travel-document"
    ACCESS_TOKEN = "access-token"
    IBAN = "iban"
    EMAIL = "email"
    CREDIT_CODE = "credit-code"


class Found(NamedTuple):
    """A secret in a line, from `start` to `end`; `sign` is it without blanks and dashes."""

    kind: SecretKind
    start: int
    end: int
    sign: str


def masked(kind: SecretKind, sign: str) -> str:
    """Return what may be shown of a secret: the first three and last two signs at most, of a short one less.

    With the usual six and four of an identity number only the birth date would be hidden, which can be
    guessed. Nothing of a password is shown, not even how long it is.
    """
    if kind is SecretKind.PASSWORD or len(sign) < 6:
        return "******"
    first, last = (3, 2) if len(sign) >= 11 else (1, 1)
    return sign[:first] + "*" * min(len(sign) - first - last, 13) + sign[-last:]
