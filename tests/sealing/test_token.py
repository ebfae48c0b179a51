"""Tokens: what is sealed is what opens, where it belongs and nowhere else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sealing.sealing import IDENTITY, KID, PUBLIC, VAULT
from vault_tool.sealing import age
from vault_tool.sealing.token import (
    BadToken,
    Place,
    Value,
    WrongPlace,
    is_at,
    key_set_id,
    make_token,
    read_token,
    unwrap,
    wrap,
)

PLACE = Place(VAULT, "c3m8k2qa41", "contacts[].mobile")
VID = "7q2m9xk4"
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


def token_of(value: Value, place: Place = PLACE):
    return make_token(place, KID, VID, age.encrypt(wrap(place, KID, VID, value), [PUBLIC]))


@given(TEXTS, st.sampled_from(["plain", "single", "double", "literal", "folded", "yaml", "text"]))
def test_what_is_wrapped_is_what_is_unwrapped(text: str, style: str):
    data = wrap(PLACE, KID, VID, Value(text, style))

    assert len(data) % 64 == 0
    assert unwrap(data, PLACE, KID, VID) == Value(text, style)


def test_every_character_of_unicode_comes_back():
    for start in range(0, 0x110000, 0x4000):
        text = "".join(chr(code) for code in range(start, start + 0x4000) if not 0xD800 <= code <= 0xDFFF)
        token = read_token(str(token_of(Value(text, "text"))))
        assert unwrap(age.decrypt(token.age_file, [IDENTITY]), PLACE, KID, VID).text == text, hex(start)


def test_a_sealed_value_opens_with_the_key_and_only_with_it():
    token = read_token(str(token_of(Value("138 0013 8000", "plain"))))

    assert unwrap(age.decrypt(token.age_file, [IDENTITY]), PLACE, KID, VID).text == "138 0013 8000"
    with pytest.raises(age.CannotOpen):
        age.decrypt(token.age_file, [age.new_identity()])


@pytest.mark.parametrize(
    "elsewhere",
    [
        PLACE._replace(vault="v0000000"),
        PLACE._replace(customer="c000000000"),
        PLACE._replace(field="contacts[].wechat"),
        PLACE._replace(field="mobile"),
    ],
)
def test_a_value_that_was_moved_is_told_without_a_key_and_does_not_open_with_one(elsewhere: Place):
    token = token_of(Value("6222 0000", "plain"))
    forged = make_token(elsewhere, token.kid, token.vid, token.age_file)

    assert is_at(token, PLACE)
    assert not is_at(token, elsewhere)
    assert is_at(forged, elsewhere)
    with pytest.raises(WrongPlace):
        unwrap(age.decrypt(forged.age_file, [IDENTITY]), elsewhere, KID, VID)


def test_a_value_under_another_name_does_not_open():
    token = token_of(Value("x", "plain"))

    with pytest.raises(WrongPlace):
        unwrap(age.decrypt(token.age_file, [IDENTITY]), PLACE, KID, "00000000")
    with pytest.raises(WrongPlace):
        unwrap(age.decrypt(token.age_file, [IDENTITY]), PLACE, "00000000", VID)


def test_no_changed_character_goes_unnoticed():
    text = str(token_of(Value("张三 13800138000", "plain")))

    for at, old in enumerate(text):
        for new in {"A", "a", "0", "7", "-", ".", "_"} - {old}:
            changed = text[:at] + new + text[at + 1 :]
            try:
                token = read_token(changed)
            except BadToken:
                continue
            assert not is_at(token, PLACE), (at, old, new)


@given(st.integers(0, 700))
def test_no_cut_token_is_one(length: int):
    text = str(token_of(Value("x", "plain")))

    with pytest.raises(BadToken):
        read_token(text[: min(length, len(text) - 1)])


def test_a_set_of_keys_is_named_alike_in_any_order():
    assert key_set_id(["age1b", "age1a"]) == key_set_id(["age1a", "age1b"])
    assert key_set_id(["age1a"]) != key_set_id(["age1a", "age1b"])


@pytest.mark.parametrize("told", [b"[]", b"{}", b"null", b"\xff", b'{"val": 1, "style": "plain"}', b"{"])
def test_what_is_no_value_of_ours_does_not_open(told: bytes):
    with pytest.raises(WrongPlace):
        unwrap(told, PLACE, KID, VID)
