"""Check digits: what tells a number of one kind from any other run of digits."""

from __future__ import annotations

from datetime import date
from operator import mul

from vault_tool.patterns import pattern

_ID_WEIGHTS = tuple(pow(2, 17 - place, 11) for place in range(17))
_ID_CHECKS = "10X98765432"
# The first two digits of the region: provinces, Hong Kong, Macau and Taiwan; 9 is a foreigner's permit.
_PROVINCES = frozenset(
    f"{first}{last}"
    for first, lasts in {
        1: "12345",
        2: "123",
        3: "1234567",
        4: "123456",
        5: "01234",
        6: "12345",
        7: "1",
        8: "123",
    }.items()
    for last in lasts
)
CREDIT_CODE_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_VALUES = {sign: value for value, sign in enumerate(CREDIT_CODE_SIGNS)}
_CREDIT_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))
# Who registers, what is registered, the region.
_CREDIT_CODE = pattern(r"[1-9ANY][1-59][0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}\Z")
# How long an account number is, country by country: the IBAN registry of SWIFT.
_IBAN_LENGTHS = {
    country: length
    for length, countries in {
        15: "NO",
        16: "BE",
        18: "DK FK FI FO GL NL SD",
        19: "MK SI",
        20: "AT BA EE KZ LT LU MN XK",
        21: "CH HR LI LV",
        22: "BG BH CR DE GB GE IE ME RS VA",
        23: "AE GI IL IQ OM SO TL",
        24: "AD CZ ES MD PK RO SA SE SK TN VG",
        25: "LY PT ST",
        26: "IS TR",
        27: "BI DJ FR GR IT MC MR SM",
        28: "AL AZ BY CY DO GT HU LB NI PL SV",
        29: "BR EG PS QA UA",
        30: "JO KW MU YE",
        31: "MT SC",
        32: "LC",
        33: "RU",
    }.items()
    for country in countries.split()
}


def is_id_number(text: str) -> bool:
    """Tell whether 18 characters are a mainland identity number: region, birth date, MOD 11-2 (GB 11643).

    A foreigner's permanent residence card (since 2023) has the same form, with a 9 in front.
    """
    body = text[:17]
    if len(text) != 18 or not (body.isascii() and body.isdecimal() and _is_region(text)):
        return False
    if not is_day(text[6:14]):
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_ID_WEIGHTS, body, strict=True))
    return _ID_CHECKS[total % 11] == text[17].upper()


def is_old_id_number(text: str) -> bool:
    """Tell whether 15 digits can be an identity number of before 1999, which has no check digit."""
    is_number = len(text) == 15 and text.isascii() and text.isdecimal()
    return is_number and text[:2] in _PROVINCES and is_day("19" + text[6:12])


def _is_region(text: str) -> bool:
    return text[:2] in _PROVINCES or (text[0] == "9" and text[1:3] in _PROVINCES)


def is_day(text: str) -> bool:
    """Tell whether eight digits are a day between 1900 and 2099, year first."""
    if len(text) != 8 or text[:2] not in ("19", "20"):
        return False
    try:
        date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return False
    return True


def passes_luhn(digits: str) -> bool:
    """Tell whether the last digit fits the others (ISO/IEC 7812-1); one number in ten does by chance."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(doubled) + sum(int(digit) for digit in digits[-1::-2])) % 10 == 0


def iban_length(country: str) -> int | None:
    """Return how many characters an IBAN of this country has; None for a country without."""
    return _IBAN_LENGTHS.get(country)


def is_iban(text: str) -> bool:
    """Tell whether a text in capitals and without blanks is an account number (ISO 13616): length, mod 97."""
    if iban_length(text[:2]) != len(text) or not (text.isascii() and text.isalnum()):
        return False
    return int("".join(str(int(sign, 36)) for sign in text[4:] + text[:4])) % 97 == 1


def is_credit_code(text: str) -> bool:
    """Tell whether 18 capitals and digits are a Chinese unified credit code (GB 32100-2015)."""
    if not _CREDIT_CODE.match(text) or not (text[2:4] in _PROVINCES or text[2:8] == "100000"):
        return False
    return has_credit_check(text)


def has_credit_check(text: str) -> bool:
    """Tell whether the last of 18 signs of `CREDIT_CODE_SIGNS` is the check digit of the others."""
    weighed = sum(map(mul, map(_CREDIT_VALUES.__getitem__, text[:17]), _CREDIT_WEIGHTS))
    return CREDIT_CODE_SIGNS[-weighed % 31] == text[17]
