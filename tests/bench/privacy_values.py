"""Made-up numbers of persons, and how people write them.

Nothing here is shared with what finds them: check digits are computed anew from the standards, so that one
mistake can't hide behind the other. Every value is fictional; those with a check digit pass it by arithmetic.
"""

from __future__ import annotations

import base64
import json
import string
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from random import Random

DIGITS = string.digits
LETTERS = string.ascii_letters + DIGITS
_WIDE = str.maketrans({code: code + 0xFEE0 for code in range(0x21, 0x7F)})
_REGIONS = (
    "110101 110105 120103 130102 210102 230103 310104 310115 320106 330106 330110 340104 350203 360102 370202 "
    "410105 420106 430104 440103 440305 450102 460105 500103 510107 520103 530102 540102 610113 620102 630104 "
    "640104 650102 810000 820000 830000"
)
_AREAS_3 = "010 020 021 022 023 024 025 027 028 029"
_AREAS_4 = (
    "0310 0311 0351 0371 0411 0431 0451 0471 0510 0512 0531 0532 0551 0571 0574 0575 0577 0591 0592 0595 0663 0731 0750 "
    "0755 0757 0760 0769 0771 0791 0851 0871 0891 0898 0931 0951 0971 0991"
)
_ISSUERS = (
    "622202 622208 621226 622848 622845 623052 622700 621700 621284 621661 621785 622262 622258 622588 621486 622609 "
    "622188 621799 622155 622568 625955 628288 620058"
)
_GIVEN = "wei fang na min jing li qiang lei jun yang yong jie juan tao ming chao xiuying ping gang hua anna john marta tom"
_FAMILY = "wang li zhang liu chen yang zhao huang zhou wu xu sun hu zhu gao lin smith lindqvist keller okafor tanaka"
_DOMAINS = (
    "example.com example.org example.net mail.example.com qq.example.com lanhai.example.cn 163.example.net "
    "example.co.uk gmx.example.de outlook.example.com"
)


def digits(random: Random, count: int) -> str:
    """Return so many digits."""
    return "".join(random.choices(DIGITS, k=count))


def one_of(random: Random, words: str) -> str:
    """Return one of some words."""
    return random.choice(words.split())


def wide(text: str) -> str:
    """Return a text in full width."""
    return text.translate(_WIDE)


def grouped(text: str, sizes: tuple[int, ...], sign: str) -> str:
    """Return a text in groups; the last takes what is left."""
    parts, at = [], 0
    for size in sizes:
        parts.append(text[at : at + size])
        at += size
    return sign.join([*parts, text[at:]] if at < len(text) else parts)


def birth(random: Random) -> date:
    """Return the birthday of a grown-up."""
    return date(1940, 1, 1) + timedelta(days=random.randrange(24_000))


# --- numbers with a check digit


def identity_number(random: Random) -> str:
    """Return 18 characters by GB 11643: region, birthday, sequence, ISO 7064 MOD 11-2."""
    body = one_of(random, _REGIONS) + birth(random).strftime("%Y%m%d") + digits(random, 3)
    remainder = 0
    for sign in body:  # the recursive form of ISO 7064, not the one with weights
        remainder = (remainder + int(sign)) * 2 % 11
    check = (12 - remainder) % 11
    return body + ("X" if check == 10 else str(check))


def old_identity_number(random: Random) -> str:
    """Return 15 digits as they were until 1999."""
    return one_of(random, _REGIONS) + birth(random).strftime("%y%m%d") + digits(random, 3)


def with_luhn(body: str) -> str:
    """Return digits with the last one that makes their Luhn sum end in 0."""
    table = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
    total = sum(
        table[int(sign)] if place % 2 == 0 else int(sign) for place, sign in enumerate(reversed(body))
    )
    return body + str(-total % 10)


def union_card(random: Random) -> str:
    """Return the number of a Chinese bank's card: 16 digits for credit, 19 for debit, as the banks have it."""
    return with_luhn(one_of(random, _ISSUERS) + digits(random, random.choice((9, 12, 12))))


def foreign_card(random: Random) -> str:
    """Return 16 digits of Visa or Mastercard."""
    lead = random.choice(("4", "51", "52", "53", "54", "55", "2221"))
    return with_luhn(lead + digits(random, 15 - len(lead)))


def account_number(random: Random) -> str:
    """Return an IBAN, its check digits found by trying."""
    letters = "".join(random.choices(string.ascii_uppercase, k=4))
    forms = {
        "DE": digits(random, 18), "FR": digits(random, 23), "GB": letters + digits(random, 14),
        "NL": letters + digits(random, 10), "ES": digits(random, 20), "IT": "X" + digits(random, 22),
        "CH": digits(random, 17), "AT": digits(random, 16), "PL": digits(random, 24), "SE": digits(random, 20),
        "BE": digits(random, 12), "DK": digits(random, 14), "NO": digits(random, 11), "PT": digits(random, 21),
        "AE": digits(random, 19), "SA": digits(random, 20), "TR": digits(random, 22), "IE": letters + digits(random, 14),
        "LU": digits(random, 16), "FI": digits(random, 14), "BR": digits(random, 23) + "P1", "MT": letters + digits(random, 23),
    }  # fmt: skip
    country, rest = random.choice(list(forms.items()))
    for check in range(2, 99):
        whole = rest + country + f"{check:02}"
        number = int("".join(sign if sign.isdecimal() else str(ord(sign) - 55) for sign in whole))
        if number % 97 == 1:
            return f"{country}{check:02}{rest}"
    raise AssertionError


def credit_code(random: Random) -> str:
    """Return 18 characters by GB 32100."""
    signs = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    lead = random.choice(("91", "91", "91", "92", "93", "12", "51", "52"))
    body = lead + one_of(random, _REGIONS) + "".join(random.choices(signs, k=9))
    weights = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
    total = sum(signs.index(sign) * weight for sign, weight in zip(body, weights, strict=True))
    return body + signs[(31 - total % 31) % 31]


# --- numbers without


def mobile(random: Random) -> str:
    """Return 11 digits of a mobile telephone in China."""
    lead = random.choice(
        [
            "130",
            "131",
            "135",
            "136",
            "137",
            "138",
            "139",
            "145",
            "147",
            "150",
            "151",
            "152",
            "155",
            "157",
            "158",
            "159",
            "166",
            "173",
            "175",
            "176",
            "177",
            "178",
            "180",
            "181",
            "182",
            "185",
            "186",
            "187",
            "188",
            "189",
            "191",
            "193",
            "198",
            "199",
        ]
    )
    return lead + digits(random, 8)


def landline(random: Random) -> tuple[str, str]:
    """Return area code and number."""
    if random.random() < 0.4:
        return one_of(random, _AREAS_3), random.choice("5678") + digits(random, 7)
    return one_of(random, _AREAS_4), random.choice("2345678") + digits(random, random.choice((6, 7, 7)))


def foreign_phone(random: Random) -> str:
    """Return a number abroad as it is written there, with its country in front."""
    n = partial(digits, random)
    return random.choice((
        f"+1 {random.choice('23456789')}{n(2)} 555 {n(4)}", f"+1 ({random.choice('23456789')}{n(2)}) 555-{n(4)}",
        f"+1-{random.choice('23456789')}{n(2)}-555-{n(4)}", f"+44 20 7946 {n(4)}", f"+44 7700 900{n(3)}",
        f"+49 30 {n(7)}", f"+49 170 {n(7)}", f"+33 1 {n(2)} {n(2)} {n(2)} {n(2)}", f"+852 {random.choice('569')}{n(3)} {n(4)}",
        f"+852{random.choice('569')}{n(7)}", f"+81 90-{n(4)}-{n(4)}", f"+65 {random.choice('89')}{n(3)} {n(4)}",
        f"+60 12-{n(3)} {n(4)}", f"+971 50 {n(3)} {n(4)}", f"+254 7{n(2)} {n(6)}", f"+46 70-{n(3)} {n(2)} {n(2)}",
        f"+886 9{n(2)} {n(3)} {n(3)}", f"+7 9{n(2)} {n(3)}-{n(2)}-{n(2)}",
    ))  # fmt: skip


def passport(random: Random) -> str:
    """Return the number of a passport: Chinese ones, and some others."""
    return random.choice((
        "E" + digits(random, 8), "E" + random.choice("ABCDEFGHJKLM") + digits(random, 7), "G" + digits(random, 8),
        "D" + random.choice("EP") + digits(random, 7), "T" + random.choice("KRZ") + digits(random, 7),
        "M" + digits(random, 8), "K" + digits(random, 8), random.choice("12345") + digits(random, 8),
    ))  # fmt: skip


def permit(random: Random) -> str:
    """Return the number of a permit to travel between the mainland and Hong Kong, Macau or Taiwan."""
    return random.choice((
        random.choice("HM") + digits(random, 8), random.choice("HM") + digits(random, 10), "C" + digits(random, 8),
        "C" + random.choice("ABCDE") + digits(random, 7), "L" + digits(random, 8), "T" + digits(random, 8),
        "0" + digits(random, 7),
    ))  # fmt: skip


def _base64(random: Random, count: int) -> str:
    return base64.urlsafe_b64encode(random.randbytes(count)).decode().rstrip("=")


def _some(random: Random, signs: str, count: int) -> str:
    return "".join(random.choices(signs, k=count))


def access_token(random: Random) -> str:
    """Return a key in one provider's form."""
    head = base64.urlsafe_b64encode(json.dumps({"alg": "HS256", "typ": "JWT"}).encode()).decode().rstrip("=")
    body = base64.urlsafe_b64encode(json.dumps({"sub": digits(random, 8)}).encode()).decode().rstrip("=")
    makers: tuple[Callable[[], str], ...] = (
        lambda: "AKIA" + _some(random, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16),
        lambda: "ghp_" + _some(random, LETTERS, 36),
        lambda: "github_pat_" + _some(random, LETTERS, 22) + "_" + _some(random, LETTERS, 59),
        lambda: "glpat-" + _some(random, LETTERS, 20),
        lambda: f"xoxb-{digits(random, 11)}-{digits(random, 12)}-{_some(random, LETTERS, 24)}",
        lambda: "sk-" + _some(random, LETTERS, 48),
        lambda: "sk-proj-" + _base64(random, 60),
        lambda: "sk-" + _some(random, "0123456789abcdef", 32),
        lambda: "AIza" + _some(random, LETTERS + "-_", 34) + "x",
        lambda: "LTAI5t" + _some(random, LETTERS, 18),
        lambda: "LTAI" + _some(random, LETTERS, 12),
        lambda: "AKID" + _some(random, LETTERS, 32),
        lambda: f"{head}.{body}.{_base64(random, 32)}",
        lambda: "AGE-SECRET-KEY-1" + _some(random, "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58),
        lambda: "sk_live_" + _some(random, LETTERS, 24),
        lambda: "npm_" + _some(random, LETTERS, 36),
        lambda: f"-----BEGIN {random.choice(('', 'RSA ', 'EC ', 'OPENSSH '))}PRIVATE KEY-----",
    )  # fmt: skip
    return random.choice(makers)()


def email(random: Random) -> str:
    """Return a person's mail address."""
    given, family = one_of(random, _GIVEN), one_of(random, _FAMILY)
    name = random.choice((
        f"{given}.{family}", f"{given}{family}", f"{family}{digits(random, 3)}", f"{given[0]}.{family}", f"{given}_{family}",
        f"{family}-{given}{digits(random, 2)}", digits(random, 9), f"{given}.{family}+crm",
    ))  # fmt: skip
    name = random.choice((name, name, name, name.title()))
    return f"{name}@{one_of(random, _DOMAINS)}"


def password(random: Random) -> str:
    """Return a password as people choose them."""
    word = one_of(random, "lanhai dragon sunshine admin welcome qwerty boss summer huawei abc asdf root")
    sign = random.choice("!@#$%&*?._-")
    return random.choice((
        f"{word}{digits(random, 3)}", f"{word.title()}{sign}{digits(random, 4)}", digits(random, 6), f"{digits(random, 4)}{word}",
        f"{word.title()}2026{sign}", f"{word[0].upper()}{sign}{word[1:]}{digits(random, 1)}", _some(random, LETTERS, 9) + digits(random, 1),
        f"{sign}{word}{digits(random, 2)}x", digits(random, 8), f"{digits(random, 2)}{sign}{word}",
    ))  # fmt: skip
