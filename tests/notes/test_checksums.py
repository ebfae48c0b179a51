"""Check digits: the standards' own examples, and numbers made by other arithmetic than that under test."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from tests.bench import privacy_values as made
from vault_tool.notes.checksums import (
    has_credit_check,
    is_credit_code,
    is_day,
    is_iban,
    is_id_number,
    is_old_id_number,
    passes_luhn,
)

KINDS: list[tuple[Callable[[str], bool], Callable[[Random], str]]] = [
    (is_id_number, made.identity_number),
    (passes_luhn, made.union_card),
    (passes_luhn, made.foreign_card),
    (is_iban, made.account_number),
    (is_credit_code, made.credit_code),
]


@pytest.mark.parametrize(
    ("check", "example"),
    [
        (is_id_number, "11010519491231002X"),  # GB 11643
        (is_id_number, "11010519491231002x"),
        (is_id_number, "911124198108030024"),  # the sample of a foreigner's permanent residence card
        (is_old_id_number, "110105491231002"),
        (passes_luhn, "79927398713"),
        (passes_luhn, "4111111111111111"),
        (is_iban, "GB82WEST12345698765432"),  # ISO 13616
        (is_iban, "MT84MALT011000012345MTLCAST001S"),
        (is_credit_code, "91350100M000100Y43"),  # GB 32100
        (has_credit_check, "91350100M000100Y43"),
        (is_day, "20240229"),
    ],
)
def test_the_standards_own_examples_pass(check: Callable[[str], bool], example: str):
    assert check(example)


@pytest.mark.parametrize(
    ("check", "wrong"),
    [
        (is_id_number, "110105194912310021"),
        (is_id_number, "110105199002307758"),  # 30 February
        (is_id_number, "000105194912310020"),  # no such region
        (is_id_number, "1101051949123100X2"),
        (is_id_number, "１１０１０５１９４９１２３１００２X"),
        (is_id_number, ""),
        (is_old_id_number, "110105491331002"),
        (passes_luhn, "4111111111111112"),
        (is_iban, "GB82WEST1234569876543"),
        (is_iban, "ZZ82WEST12345698765432"),
        (is_iban, "GB82 WEST 1234 5698 7654 32"),
        (is_credit_code, "91350100M000100Y44"),
        (is_credit_code, "99990100M000100Y43"),
        (is_credit_code, "91350100I000100Y43"),
        (is_day, "20230229"),
        (is_day, "18991231"),
    ],
)
def test_what_is_mistyped_fails(check: Callable[[str], bool], wrong: str):
    assert not check(wrong)


@pytest.mark.parametrize(("check", "make"), KINDS)
def test_made_numbers_pass_and_with_any_digit_changed_they_fail(
    check: Callable[[str], bool], make: Callable[[Random], str]
):
    random = Random(4)
    for _ in range(100):
        number = make(random)
        assert check(number), number
        at = random.randrange(4, len(number))
        if number[at].isdecimal():
            assert not check(number[:at] + str((int(number[at]) + 1) % 10) + number[at + 1 :]), (number, at)


def test_by_chance_few_numbers_pass():
    """What the design measured: 9 % of numbers of an identity number's shape, 10 % of any digits by Luhn."""
    random = Random(5)
    shapes = (made.identity_number(random)[:14] + made.digits(random, 4) for _ in range(2_000))
    numbers = (made.digits(random, 19) for _ in range(2_000))

    assert 120 < sum(map(is_id_number, shapes)) < 240
    assert 140 < sum(map(passes_luhn, numbers)) < 260
