"""Sentences of sales people, with a place for a value: secrets of each kind, and what only looks like one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from typing import NamedTuple

from tests.bench import privacy_values as values
from tests.bench.privacy_values import digits, grouped, wide


class Sample(NamedTuple):
    """One line of a note. `secret` is what has to be found in it, as it is written; empty for a look-alike."""

    kind: str
    variety: str
    text: str
    secret: str = ""


def _sentences(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.strip().splitlines())


# --- positives ---------------------------------------------------------------------------------------------

BARE = _sentences("""
    王总{}已确认
    刘姐（{}）负责付款
    明天上午找老陈，{}，他在仓库。
    - {} 采购部李工
    | 张工 | {} | 采购 |
    **{}** 是他本人的
    和小周说好了：{}
    {}
    有事直接联系{}，别打总机
    Ask for Marta, {}, before noon.
    Tom's: {}
    She left {} with the front desk.
    1. {}（老板娘）
    收货人赵师傅 {}，送货前通知
    加了{}这个，晚上回
    * 财务：刘姐/{}
    >{}，对方留的
    微信同号{}
    {}（微信同号）
    王总{}李总不在
    V：{}
    “{}”是他留的
    收到{}；已存
    李工{}、赵工不接
    [{}](https://example.com)
    {}.
    {}; he answers in the evening
    my number's {}!
""")
PHONE_CUES = _sentences("""
    电话：{}
    电话{}，转财务
    手机: {}
    手机号是{}
    联系电话 {}，上班时间打
    座机 {}
    请致电{}确认
    办公电话（{}）
    Tel. {}
    phone: {}
    call him on {} after six
    his mobile is {}
    WhatsApp {}
    Phone number: {} (office)
    传真 {}
    联系方式：{}
    | 电话 | {} |
    **电话**：{}
    tel:{}
    电话是：{}。
    新手机{}，旧的停了
    reach him at phone {} or by mail
    Mobile ({})
    致电张工：{}
    电话：{}转802
""")
ID_CUES = _sentences("""
    身份证 {}
    身份证号：{}
    身份证号码是{}，登记用
    办卡用的证件号码：{}
    ID card number {}
    identity card: {}
    法人身份证{}已核对
    （身份证：{}）
""")
CARD_CUES = _sentences("""
    卡号 {}
    银行卡号：{}
    打款到{}，户名王二
    工行 {}
    他的信用卡 {} 下月到期
    收款账号：{}（建行）
    card number {}
    paid with credit card {}
    Visa: {}
    退款退到 {}（工商银行）
    招商银行卡{}
    bank card no. {}
""")
PASSPORT_CUES = _sentences("""
    护照 {}
    护照号：{}
    护照号码是{}，2031 年到期
    订票用护照{}
    passport no. {}
    Passport: {}
    his passport number is {}
    {}（护照）
    出国签证，护照 {}，已复印
""")
PERMIT_CUES = _sentences("""
    回乡证 {}
    港澳通行证：{}
    台胞证号 {}
    通行证号码：{}
    往来港澳通行证{}，年底到期
    travel permit {}
    home return permit: {}
    {}（台胞证）
""")
IBAN_CUES = _sentences("""
    IBAN {}
    IBAN: {}
    收款账号 {}，柏林那家
    please pay to {} by Friday
    付到{}即可
    Their account is {} now.
    | IBAN | {} |
    {} bei der Bank
    ({})
    欧元账户：{}。
""")
EMAIL_CUES = _sentences("""
    发到{}
    邮箱{}，抄送老板
    报价发 {} 就行
    write to {} please
    <{}>
    mailto:{}
    Mail: {}.
    他的邮件是{}。
    （{}）
    cc {}, and ask again
    | 邮箱 | {} |
    “{}”收不到附件
""")
CODE_CUES = _sentences("""
    统一社会信用代码：{}
    开票信息 {}
    税号{}
    营业执照 {}，已核对
    tax no. {}
    credit code {}
    对方抬头和代码：{}
    （{}）
""")
TOKEN_CUES = _sentences("""
    密钥：{}
    AccessKey {}
    token={}
    对接用 {}，月底换
    api key: {}
    export KEY={}
    Authorization: Bearer {}
    `{}`
    给他们的测试 key 是{}
    "key": "{}"
""")
PASSWORD_CUES = _sentences("""
    密码：{}
    登录密码: {}
    后台账号 admin，密码 {}
    初始密码是{}
    初始密码为 {}，首次登录要改
    密码改为{}
    口令：{}
    WiFi 密码 {}
    pwd={}
    pwd: {}
    password: {}
    Password = "{}"
    the password is {} for now
    The passcode is `{}`.
    取款密码{}
    系统密码（临时）：{}
    user: demo / pw: {}
    开机密码：**{}**
    | 密码 | {} |
    密码设为 {}。
    PIN: {}
    passwd {}
    密码是：{}
    密码还是 {}
    密码默认{}
    密码统一为{}
    登录名/密码：admin/{}
    账号 lanhai 密码{}
    password for the portal: {}
    The WiFi password there is {}
    密码为: {}（区分大小写）
    密码（新）= {}
    密码 -> {}
    - 密码：`{}`
""")


def _phone(random: Random) -> tuple[str, str, str]:
    number = values.mobile(random)
    notations: tuple[Callable[[], tuple[str, str]], ...] = (
        lambda: ("mobile", number),
        lambda: ("mobile, 3-4-4 with blanks", grouped(number, (3, 4, 4), " ")),
        lambda: ("mobile, 3-4-4 with dashes", grouped(number, (3, 4, 4), "-")),
        lambda: ("mobile, other groups", grouped(number, random.choice(((4, 3, 4), (3, 8), (4, 4, 3))), " ")),
        lambda: ("mobile, dots", grouped(number, (3, 4, 4), ".")),
        lambda: ("mobile, full width", wide(number)),
        lambda: ("mobile, full width in groups", wide(grouped(number, (3, 4, 4), random.choice("- ")))),
        lambda: ("mobile, +86", random.choice(("+86 ", "+86", "+86-", "0086 ", "0086-", "0086", "86 ", "(+86)", "(+86) ", "＋８６ ")) + number),
        lambda: ("mobile, 3-8", grouped(number, (3, 8), random.choice(" -"))),
        lambda: ("mobile, hard blanks", grouped(number, (3, 4, 4), random.choice(("\u00a0", "\u2009", "\u3000", "–", "—")))),
        lambda: ("mobile, digit by digit", " ".join(number)),
        lambda: ("mobile, +86 in groups", "+86 " + grouped(number, (3, 4, 4), random.choice(" -"))),
    )  # fmt: skip
    variety, written = random.choice(notations)()
    return variety, written, random.choice(BARE + PHONE_CUES)


def _landline(random: Random) -> tuple[str, str, str]:
    area, number = values.landline(random)
    halves = grouped(number, (len(number) - 4, 4), random.choice(" -"))
    with_area: tuple[Callable[[], str], ...] = (
        lambda: f"{area}-{number}", lambda: f"{area}-{halves}", lambda: f"({area}){number}", lambda: f"（{area}）{halves}",
        lambda: f"({area}) {number}", lambda: f"+86 {area[1:]} {halves}", lambda: wide(f"{area}-{number}"), lambda: f"+86-{area[1:]}-{number}",
        lambda: f"{area}—{number}", lambda: f"{area}－{number}", lambda: f"{area}-{number}-801",
    )  # fmt: skip
    if random.random() < 0.6:
        return "landline with area code", random.choice(with_area)(), random.choice(BARE + PHONE_CUES)
    written = random.choice((number, halves, f"{area} {halves}", f"{area}{number}"))
    return "landline behind a word", written, random.choice(PHONE_CUES)


def _foreign(random: Random) -> tuple[str, str, str]:
    return "abroad, behind a word", values.foreign_phone(random), random.choice(PHONE_CUES)


def _id_card(random: Random) -> tuple[str, str, str]:
    if random.random() < 0.1:
        return "15 digits behind a word", values.old_identity_number(random), random.choice(ID_CUES)
    number = values.identity_number(random)
    variety, written = random.choice((
        ("plain", number), ("plain", number), ("blanks", grouped(number, (6, 8, 4), " ")), ("dashes", grouped(number, (6, 8, 4), "-")),
        ("full width", wide(number)), ("other groups", grouped(number, (3, 3, 4, 4, 4), " ")), ("small x", number.lower()),
    ))  # fmt: skip
    return variety, written, random.choice(ID_CUES + BARE)


def _card(random: Random) -> tuple[str, str, str]:
    if random.random() < 0.3:
        number, sentences, name = values.foreign_card(random), CARD_CUES, "abroad, near a word"
    else:
        number, sentences, name = values.union_card(random), CARD_CUES + BARE, "Chinese bank"
    written = random.choice((
        number, number, grouped(number, (4, 4, 4, 4), " "), grouped(number, (4, 4, 4, 4), "-"), wide(number),
        grouped(number, (6,), " "),
    ))  # fmt: skip
    return name, written, random.choice(sentences)


def _document(random: Random) -> tuple[str, str, str]:
    if random.random() < 0.55:
        name, number, sentences = "passport", values.passport(random), PASSPORT_CUES
    else:
        name, number, sentences = "permit", values.permit(random), PERMIT_CUES
    written = random.choice((number, number, number, number.lower(), wide(number)))
    if number[0].isalpha() and random.random() < 0.15:
        written = f"{number[0]} {number[1:]}" if number[1].isdecimal() else written
    return name, written, random.choice(sentences)


def _iban(random: Random) -> tuple[str, str, str]:
    number = values.account_number(random)
    fours = grouped(number, (4,) * (len(number) // 4), " ")
    written = random.choice((("plain", number), ("fours", fours), ("fours", fours), ("small", fours.lower())))
    return (*written, random.choice(IBAN_CUES))


def _credit_code(random: Random) -> tuple[str, str, str]:
    code = values.credit_code(random)
    name, written = random.choice(
        (
            ("plain", code),
            ("plain", code),
            ("full width", wide(code)),
            ("blanks", grouped(code, (4, 4, 4, 4), " ")),
        )
    )
    return name, written, random.choice(CODE_CUES + BARE)


def _email(random: Random) -> tuple[str, str, str]:
    address = values.email(random)
    name, written = random.choice(
        (("plain", address), ("plain", address), ("plain", address), ("full width", wide(address)))
    )
    return name, written, random.choice(EMAIL_CUES + BARE[:2])


def _token(random: Random) -> tuple[str, str, str]:
    token = values.access_token(random)
    return token[:5].rstrip("-_") or token[:12], token, random.choice(TOKEN_CUES)


def _password(random: Random) -> tuple[str, str, str]:
    return "behind a word", values.password(random), random.choice(PASSWORD_CUES)


POSITIVES: dict[str, tuple[Callable[[Random], tuple[str, str, str]], ...]] = {
    "password": (_password,),
    "id-card": (_id_card,),
    "phone": (_phone, _phone, _landline, _foreign),
    "bank-card": (_card,),
    "travel-document": (_document,),
    "access-token": (_token,),
    "iban": (_iban,),
    "email": (_email,),
    "credit-code": (_credit_code,),
}


def positive(random: Random, kind: str) -> Sample:
    """Return one line with a secret of a kind."""
    variety, written, sentence = random.choice(POSITIVES[kind])(random)
    return Sample(kind, variety, sentence.replace("{}", written), written)


def day(random: Random) -> date:
    """Return a day of these years."""
    return date(2019, 1, 1) + timedelta(days=random.randrange(3_000))


__all__ = ["POSITIVES", "Sample", "day", "digits", "positive"]
