"""What is taken for a secret, and what only looks like one.

Every number is fictional: 13800138000 is China Mobile's own sample, 110101 with 1900s dates that pass the check by
arithmetic, cards of sixes and zeros or the issuers' test numbers.
"""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_tool.notes.secret_kinds import SecretKind, masked
from vault_tool.notes.secrets import MASK, find_secrets, folded, mask_secrets
from vault_tool.schema import load_schema

SCHEMA = load_schema()


def found(text: str) -> list[tuple[str, str]]:
    return [(secret.kind.value, secret.span.of(text)) for secret in find_secrets(text, SCHEMA)]


@pytest.mark.parametrize(
    "text",
    [
        "电话13800138000已确认",
        "１３８００１３８０００",
        "13800138000/13800138001",
        "138-0013-8000，138 0013 8001",
        "2026-11-20 13800138000 有空",
        "1 3 8 0 0 1 3 8 0 0 0",
        "tel13800138000",
        "（微信同号13800138000）",
        "手机: #13800138000",
        "phone # 138 0013 8000",
        "手机: sealed-7q2m9xk4 #13800138000",
        "phone: [sealed-7q2m9xk4, sealed-1xzx1cbj] #13800138000",
        "(010) 8888 6666",
        "0571-88886666转801",
        "电话 8888 6666",
        "WhatsApp +49 170 1234567",
        "phone 415-555-0100",
    ],
)
def test_telephone_numbers_are_found_in_many_notations(text: str):
    assert {kind for kind, _ in found(text)} == {"phone"}


@pytest.mark.parametrize(
    "text",
    [
        "订单号 13800138000",
        "手机订单 #13800138000",
        "手机壳 #13800138000",
        "call about #13800138000",
        "order no. 13800138000 and 13800138001",
        "单号：13800138000、13800138001",
        "13800138000号合同",
        "总价 13800138000 元",
        "USD 13800138000",
        "13800138000.50",
        "PO-13800138000",
        "SF13800138000",
        "IMG_20261120_13800138000.jpg",
        "https://example.com/13800138000",
        "电话 20261120 打过",
        "电话 2026-11-20 打过",
        "客服电话：400-888-6666",
        "1763812345678",
        "12*1000=13800138000",
        "meeting id 138 0013 8000",
    ],
)
def test_what_only_looks_like_a_telephone_number_is_left_alone(text: str):
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "kind", "secret"),
    [
        ("号码11010519491231002X。", "id-card", "11010519491231002X"),
        ("１１０１０５１９４９１２３１００２ｘ", "id-card", "１１０１０５１９４９１２３１００２ｘ"),
        ("身份证 110105491231002", "id-card", "110105491231002"),
        ("见 6222020000000000000", "bank-card", "6222020000000000000"),
        ("card number 4111-1111-1111-1111", "bank-card", "4111-1111-1111-1111"),
        ("E00000000（护照）", "travel-document", "E00000000"),
        ("nl91 abna 0417 1643 00 by Friday", "iban", "nl91 abna 0417 1643 00"),
        ("找wang.li@example.com吧", "email", "wang.li@example.com"),
        ("代码91330100DEM000110J", "credit-code", "91330100DEM000110J"),
        ("用AKIAIOSFODNN7EXAMPLE登录", "access-token", "AKIAIOSFODNN7EXAMPLE"),
        ("密码：L8anhai#6，勿外传", "password", "L8anhai#6"),
        ("wifi password there is lanhai2026", "password", "lanhai2026"),
        ("密码 Abc@1234（已改）", "password", "Abc@1234"),
        ("转 13800138000@mail.example.com", "email", "13800138000@mail.example.com"),
    ],
)
def test_each_kind_is_found_where_it_stands(text: str, kind: str, secret: str):
    assert found(text) == [(kind, secret)]


@pytest.mark.parametrize(
    "text",
    [
        "11010519491231002Y",
        "110105194912310021",
        "110105199002307758",
        "110105491231002",
        "卡号 4111111111111112",
        "银行卡已绑定，订单号 4111111111111111",
        "型号 E00000000",
        "护照 20310520 到期",
        "DE89370400440532013001",
        "info@example.com",
        "@li.na 跟进",
        "密码：见保险柜",
        "密码已改，忘了密码，密码 8 位",
        "password: ask the boss",
        "password reset on 2026-11-20",
    ],
)
def test_other_look_alikes_are_left_alone(text: str):
    assert found(text) == []


def test_what_is_sealed_or_marked_to_be_is_no_secret():
    assert found("{{seal: 13800138000}} sealed-7q2m9xk4 {{封存: 密码：abc123}}") == []
    assert found("{{seal: 13800138000}} 13800138001") == [("phone", "13800138001")]


def test_a_private_key_is_one_secret_from_its_first_line_to_its_last():
    key = "-----BEGIN EC PRIVATE KEY-----\r\nAAAA\r\n-----END EC PRIVATE KEY-----"

    assert found(f"a\r\n{key}\r\nb") == [("access-token", key)]
    assert found("-----BEGIN PRIVATE KEY-----\ncut off") == [
        ("access-token", "-----BEGIN PRIVATE KEY-----\ncut off")
    ]


def test_a_masked_text_has_the_same_lines_and_no_secret():
    text = "王总 13800138000\r\n密码：abc123\r\n"

    assert mask_secrets(text, SCHEMA) == f"王总 {MASK * 11}\r\n密码：{MASK * 6}\r\n"


@pytest.mark.parametrize(
    ("kind", "sign", "expected"),
    [
        (SecretKind.PHONE, "13800138000", "138******00"),
        (SecretKind.PHONE, "88886666", "8******6"),
        (SecretKind.ID_CARD, "11010519491231002X", "110*************2X"),
        (SecretKind.PASSWORD, "L8anhai#6", "******"),
        (SecretKind.EMAIL, "a@b.c", "******"),
    ],
)
def test_of_a_secret_little_is_shown(kind: SecretKind, sign: str, expected: str):
    assert masked(kind, sign) == expected


@given(st.text())
def test_folding_keeps_every_character_at_its_place(text: str):
    assert len(folded(text)) == len(text)


PIECES = st.sampled_from(
    [
        *(
            "13800138000",
            "密码：abc123",
            "11010519491231002X",
            "6222020000000000000",
            "订单号 ",
            "电话",
            "{{seal: ",
            "}}",
        ),
        *(
            "+86 ",
            "138-0013-8000",
            "a@b.example",
            "@",
            "护照 E00000000",
            "-----BEGIN PRIVATE KEY-----",
            "İ",
            "ß",
            "x",
        ),
        *("\n", "\r\n", " ", "，"),
    ]
)


@given(st.lists(PIECES | st.text(max_size=5)).map("".join))
def test_secrets_stand_in_order_and_never_overlap(text: str):
    secrets = list(find_secrets(text, SCHEMA))

    assert all(before.span.end <= after.span.start for before, after in pairwise(secrets))
    assert all(0 <= secret.span.start < secret.span.end <= len(text) for secret in secrets)
    assert len(mask_secrets(text, SCHEMA)) == len(text)
