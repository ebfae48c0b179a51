"""What only looks like a secret: numbers of orders, parcels, invoices and goods, days, sums, versions, words.

They are hard on purpose: many have the very form of the real thing, and some even its check digit.
"""

from __future__ import annotations

import string
from collections.abc import Callable
from functools import partial
from random import Random

from tests.bench import privacy_values as values
from tests.bench.privacy_sentences import Sample, day
from tests.bench.privacy_values import digits, grouped

Made = tuple[str, str]
ORDER = (
    "订单号 {}", "订单号：{}", "订单编号{}，已发货", "单号 {}", "采购单号：{}", "合同编号 {}", "合同号：{}，已回签", "流水号{}", "交易单号：{}",
    "发票号码：{}", "运单号 {}，明天到", "快递单号（顺丰）{}", "序列号：{}", "批号 {}", "条码 {}", "料号{}", "报价单号 {}", "order no. {}",
    "Order number: {}", "invoice {} is open", "tracking number {}", "serial no. {}", "ref: {}", "batch {}", "PO {}", "单号:: {}",
    "| 订单号 | {} |", "**订单号**：{}", "order {} was paid by card", "用银行卡付的，订单号 {}", "身份证已核对，合同编号 {}", "手机下单，订单号 {}",
    "打过电话了，单号 {}", "护照已收，快递单号 {}", "信用卡付款，流水号 {}", "called him; order no. {}", "paid by credit card, invoice no. {}",
    "会员号 {}", "客户编号：{}", "工单号 {}", "凭证号 {}", "设备号 {}", "提单号 {}",
)  # fmt: skip
LOOSE = (
    "系统里是 {} 这一单", "查了{}，还没出库", "{} 已发货", "那批货（{}）退回来了", "see {} in the ERP", "{} is still open", "关于{}的问题", "附件 {}.pdf",
)  # fmt: skip
SUM = (
    "总价 {} 元", "金额 {} 元", "合计{}元", "¥{}", "USD {}", "${}", "{} CNY", "预算 {} 日元", "{} 韩元", "RMB {}", "回款{}元", "revenue of {} yuan", "€ {}",
)  # fmt: skip


def _hexes(random: Random, count: int) -> str:
    return "".join(random.choices("0123456789abcdef", k=count))


def _in(random: Random, sentences: tuple[str, ...], number: str) -> str:
    return random.choice(sentences).replace("{}", number)


def _phones(random: Random) -> Made:
    n = partial(digits, random)
    some_day, mobile = day(random), values.mobile(random)
    area, line = values.landline(random)
    makers: tuple[Callable[[], Made], ...] = (
        lambda: ("order number, a mobile's form", _in(random, ORDER, mobile)),
        lambda: ("order number, a mobile's form in groups", _in(random, ORDER, grouped(mobile, (3, 4, 4), random.choice(" -")))),
        lambda: ("order number, a landline's form", _in(random, ORDER, f"{area}-{line}")),
        lambda: ("sum of a mobile's digits", _in(random, SUM, mobile)),
        lambda: ("sum with decimals", _in(random, SUM, f"{mobile}.{n(2)}")),
        lambda: ("sum with commas", _in(random, SUM, f"{int(mobile):,}")),
        lambda: ("code with letters", _in(random, LOOSE, random.choice("ABDHPQSTWXZ") + mobile)),
        lambda: ("code with letters and a dash", _in(random, LOOSE, random.choice(("PO-", "SN-", "ORD-", "HT-", "INV-", "QD-")) + mobile)),
        lambda: ("parcel", _in(random, LOOSE + ORDER, random.choice(("SF", "YT", "JT", "ZTO", "JDX", "DPK")) + "1" + n(12))),
        lambda: ("12 to 15 digits", _in(random, LOOSE, random.choice(("7", "4", "3", "2", "9")) + n(random.choice((11, 12, 13, 14))))),
        lambda: ("milliseconds", _in(random, LOOSE, "17" + n(11))),
        lambda: ("day and hour", _in(random, LOOSE, some_day.strftime("%Y%m%d") + f"{random.randrange(24):02}{random.randrange(60):02}")),
        lambda: ("day without dashes behind a word", random.choice(("电话 {} 打过", "打电话 {}", "call {}", "phone: {}")).replace("{}", some_day.strftime("%Y%m%d"))),
        lambda: ("day behind a word", random.choice(("电话 {} 打过", "来电 {}", "call {} again", "手机 {} 换的")).replace("{}", some_day.isoformat())),
        lambda: ("service number", random.choice(("客服 {}", "电话 {}", "Tel: {}", "热线：{}", "call {}")).replace("{}", random.choice((f"400-{n(3)}-{n(4)}", f"400{n(7)}", f"800-{n(3)}-{n(4)}", f"400 {n(4)} {n(3)}", "95588", "95533", "12345", "10086")))),
        lambda: ("few digits behind a word", random.choice(("电话转 {}", "分机 {}", "电话 {} 次", "ext. {}", "phone ext {}")).replace("{}", n(random.choice((1, 3, 4))))),
        lambda: ("barcode or ISBN", _in(random, LOOSE + ORDER, random.choice((f"690{n(10)}", f"978-7-{n(3)}-{n(5)}-{n(1)}", f"9787{n(9)}", f"978 7 {n(3)} {n(5)} {n(1)}")))),
        lambda: ("coordinates", f"坐标 {random.randrange(20, 50)}.{n(6)}, 1{random.randrange(0, 30):02}.{n(6)}"),
        lambda: ("version", _in(random, LOOSE, f"v{n(1)}.{n(2)}.{n(4)}.{n(5)}")),
        lambda: ("address of a page", _in(random, LOOSE, f"https://shop.example.com/item/{mobile}?id={mobile}")),
        lambda: ("file", _in(random, LOOSE, f"IMG_{some_day:%Y%m%d}_{n(6)}")),
        lambda: ("years and counts", f"{2000 + int(n(1))}-{2010 + int(n(1))} 共 {n(3)} 台，{n(4)} 元/台"),
        lambda: ("times and rooms", f"{some_day} {int(n(1)):02}:{n(1)}0 到 3-1-{n(4)} 室，{n(3)} 号楼"),
        lambda: ("part number", _in(random, ("型号 {}", "规格 {}", "part no. {}", "料号 {}", "货号：{}"), f"0{random.randrange(100, 999)}-{random.randrange(10 ** 6, 10 ** 7)}")),
        lambda: ("two orders", f"订单 {mobile} 和 {values.mobile(random)} 都发了"),
        lambda: ("several orders", f"{random.choice(('单号：', 'order no. ', '运单号 '))}{mobile}{random.choice(('、', '，', ', ', '/', ' and '))}{values.mobile(random)}"),
        lambda: ("number, then its word", random.choice((f"{mobile}号订单已发", f"{mobile} 号合同", f"{mobile}号工单关闭"))),
        lambda: ("word, bracket, number", random.choice((f"订单（{mobile}）已发", f"合同（编号 {mobile}）", f"invoice ({mobile}) paid", f"批次【{mobile}】"))),
        lambda: ("in JSON", f'"order_id": {mobile}, "size": {n(11)}' if random.random() < 0.5 else f'"orderNo": "{mobile}"'),
        lambda: ("arithmetic", f"{n(4)}*{n(7)}={int(n(4)) * 3_000_017}"),
        lambda: ("spaced sum", f"1{n(1)} {n(3)} {n(3)} {n(3)} 欧元"),
        lambda: ("bank's own code", _in(random, ("开户行行号 {}", "联行号：{}", "SWIFT {}"), n(12))),
    )  # fmt: skip
    return random.choice(makers)()


def _long(random: Random) -> str:
    return random.choice("123456789") + digits(random, random.choice((15, 16, 17, 18)))


def _cards(random: Random) -> Made:
    n = partial(digits, random)
    makers: tuple[Callable[[], Made], ...] = (
        lambda: ("order number of 16 to 19 digits", _in(random, ORDER, _long(random))),
        lambda: ("order number that passes Luhn", _in(random, ORDER, values.with_luhn(_long(random)[:18]))),
        lambda: ("order number of a card's form", _in(random, ORDER, values.union_card(random))),
        lambda: ("order number of a card's form in fours", _in(random, ORDER, grouped(values.foreign_card(random), (4, 4, 4, 4), " "))),
        lambda: ("16 to 19 digits, no word", _in(random, LOOSE, _long(random))),
        lambda: ("passes Luhn, no word", _in(random, LOOSE, values.with_luhn(random.choice("1357") + n(random.choice((14, 17)))))),
        lambda: ("day, time and number", _in(random, LOOSE, day(random).strftime("%Y%m%d") + n(random.choice((8, 10, 11))))),
        lambda: ("20 and more digits", _in(random, LOOSE + ORDER, "24" + n(18) if random.random() < 0.5 else "4200" + n(24))),
        lambda: ("a card's last digits", random.choice((f"银行卡尾号 {n(4)}", f"卡号 6222 **** **** {n(4)}", f"card ending in {n(4)}", f"信用卡 {n(4)} 结尾"))),
        lambda: ("no Luhn behind a word", random.choice(("卡号 {}", "银行卡 {}", "card {}")).replace("{}", _broken(values.union_card(random)))),
        lambda: ("sums in a row", f"{n(4)} {n(4)} {n(4)} {n(3)} 台"),
        lambda: ("code with letters", _in(random, LOOSE, "B" + values.foreign_card(random))),
    )  # fmt: skip
    return random.choice(makers)()


def _broken(number: str) -> str:
    return number[:-1] + str((int(number[-1]) + 1 + len(number) % 8) % 10)


def _ids(random: Random) -> Made:
    n = partial(digits, random)
    number = values.identity_number(random)
    shape = number[:14] + n(4)
    makers: tuple[Callable[[], Made], ...] = (
        lambda: ("order number of an ID's form", _in(random, ORDER, number)),
        lambda: ("order number of an ID's shape", _in(random, ORDER, shape)),
        lambda: ("order number that holds a day", _in(random, ORDER, n(6) + day(random).strftime("%Y%m%d") + n(4))),
        lambda: ("18 digits, no word", _in(random, LOOSE, random.choice("123456789") + n(17))),
        lambda: ("an ID's shape, no word, once in four", _in(random, LOOSE, shape if random.random() < 0.25 else n(6) + n(12))),
        lambda: ("wrong check digit", _in(random, ("身份证 {}", "见 {}", "编号{}"), _wrong_id(number))),
        lambda: ("impossible birthday", _in(random, ("身份证 {}", "见 {}"), number[:6] + "20" + "991340" + n(4))),
        lambda: ("day, time and number", _in(random, LOOSE + ORDER, day(random).strftime("%Y%m%d") + n(10))),
        lambda: ("credit code of digits", _in(random, ("税号 {}", "统一社会信用代码 {}", "见{}"), "91" + number[:6] + n(9) + "X")),
        lambda: ("15 digits, no word", _in(random, LOOSE + ORDER, values.old_identity_number(random))),
        lambda: ("17 and 19 digits", _in(random, LOOSE, number[:17] if random.random() < 0.5 else "1" + number[:17] + n(1))),
        lambda: ("words only", random.choice(("身份证已复印", "身份证号 18 位，核对过了", "身份证 2031-05-20 到期", "ID card checked 20261120"))),
    )  # fmt: skip
    return random.choice(makers)()


def _wrong_id(number: str) -> str:
    last = "10X98765432"
    return number[:17] + last[(last.index(number[17]) + 1 + int(number[16])) % 11]


def _documents(random: Random) -> Made:
    n = partial(digits, random)
    code = random.choice((values.passport, values.permit))(random)
    makers: tuple[Callable[[], Made], ...] = (
        lambda: ("no word", _in(random, LOOSE, code)),
        lambda: ("order number", _in(random, ORDER, code)),
        lambda: ("model", _in(random, ("型号 {}", "产品 {} 缺货", "换成 {} 这款", "device {} failed", "货号：{}"), code)),
        lambda: ("a word, and another number", random.choice((f"护照已复印，订单号 {code}", f"护照收到；运单号 {code}", f"passport copied, invoice no. {code}", f"通行证办好了，型号 {code}"))),
        lambda: ("day", random.choice((f"护照 {day(random):%Y%m%d} 到期", f"护照 {day(random)} 到期", f"passport expires {day(random)}", f"通行证有效期 {day(random):%Y%m%d}"))),
        lambda: ("words only", random.choice(("护照还没办", f"护照 {n(1)} 本", "通行证过期了", "passport needed for the visa", "回乡证复印件两份", f"permit for {n(2)} people", f"护照费 {n(3)} 元"))),
        lambda: ("other numbers", _in(random, LOOSE, random.choice("EGHM") + n(random.choice((3, 4, 5, 6, 12))))),
    )  # fmt: skip
    return random.choice(makers)()


def _tokens(random: Random) -> Made:
    n = partial(digits, random)
    hexes = partial(_hexes, random)
    makers: tuple[Callable[[], Made], ...] = (
        lambda: ("digest or id", _in(random, LOOSE, random.choice((hexes(40), hexes(32), hexes(64), hexes(7), f"{hexes(8)}-{hexes(4)}-{hexes(4)}-{hexes(4)}-{hexes(12)}")))),
        lambda: ("sealed reference", f"手机 sealed-{''.join(random.choices('0123456789abcdefghjkmnpqrstvwxyz', k=8))}"),
        lambda: ("words", random.choice(("密钥在密码管理器里", "token 过期了", "API key 待客户提供", "access key rotated on Monday", "secret-santa on 2026-12-20", "sk-learn 不适用", "private key 由 IT 保管", "token: see the vault", "api_key: 待定", "secret = (ask Marta)"))),
        lambda: ("beginning of a key", random.choice(("AKIA", "ghp_", "glpat-", "sk-", "xoxb-", "AIza", "LTAI")) + random.choice(("", "...", "xxxx", "****"))),
        lambda: ("variable", random.choice(("API_KEY=${API_KEY}", "token={{ token }}", "secret: <your-secret>", "export TOKEN=$(cat token)", "access_key = os.environ"))),
        lambda: ("code of goods", _in(random, LOOSE + ORDER, f"SK-{n(6)}-{random.choice(string.ascii_uppercase)}{n(3)}")),
        lambda: ("page", _in(random, LOOSE, f"https://docs.example.com/guide/getting-started-with-tokens-{n(4)}")),
        lambda: ("name of a file", _in(random, LOOSE, f"sales_report_{day(random):%Y_%m_%d}_final_v{n(1)}")),
        lambda: ("public key", "age1" + "".join(random.choices("qpzry9x8gf2tvdw0s3jn54khce6mua7l", k=58))),
    )  # fmt: skip
    return random.choice(makers)()


def _ibans(random: Random) -> Made:
    n = partial(digits, random)
    number = values.account_number(random)
    wrong = number[:-1] + ("0" if number[-1] != "0" else "1")
    makers: tuple[Callable[[], Made], ...] = (
        lambda: ("mistyped", f"IBAN {wrong}"),
        lambda: ("wrong length", f"IBAN {number[:-1]}"),
        lambda: ("parcel abroad", _in(random, ORDER + LOOSE, f"R{random.choice('ABEX')}{n(9)}{random.choice(('CN', 'DE', 'GB'))}")),
        lambda: ("VAT number", f"VAT {random.choice(('DE', 'FR', 'GB', 'IT', 'ES'))}{n(random.choice((9, 11)))}"),
        lambda: ("code of goods", _in(random, LOOSE + ORDER, f"{random.choice(('DE', 'GB', 'NL', 'CH', 'SE'))}{n(2)} {n(4)} {n(4)} {n(4)}")),
        lambda: ("random digits of its length", _in(random, LOOSE, number[:2] + n(2) + number[4:])),
        lambda: ("container", _in(random, ORDER + LOOSE, f"MSKU{n(7)}")),
        lambda: ("SWIFT code", f"SWIFT {random.choice(('DEUTDEFF', 'COBADEFF500', 'BKCHCNBJ', 'ICBKCNBJ'))}"),
    )  # fmt: skip
    return random.choice(makers)()


def _emails(random: Random) -> Made:
    name = values.one_of(random, "li.na zhang.wei liu.yang anna marta tom")
    host = values.one_of(random, "example.com example.org lanhai.example.cn")
    role = values.one_of(
        random, "info sales service support office admin contact hr noreply kefu marketing orders export"
    )
    makers: tuple[Callable[[], Made], ...] = (
        lambda: ("office", _in(random, ("发到{}", "邮箱 {}", "write to {}", "<{}>"), f"{role}@{host}")),
        lambda: ("colleague", f"## 2026-11-20 电话 @{name}"),
        lambda: ("mention", f"@{name} 跟进，抄送 @{values.one_of(random, 'wang.lei chen.jing')}"),
        lambda: ("repository", _in(random, LOOSE, f"git@{host}:{name.replace('.', '/')}.git")),
        lambda: ("picture", f"![](logo@{random.choice('23')}x.png)"),
        lambda: ("package", _in(random, LOOSE, f"{name.replace('.', '-')}@{random.randrange(9)}.{random.randrange(20)}.{random.randrange(9)}")),
        lambda: ("page", _in(random, LOOSE, f"https://medium.{host}/@{name}/post")),
        lambda: ("no end", _in(random, LOOSE, f"{name}@localhost")),
        lambda: ("price", f"{random.randrange(99)}@{random.randrange(9)}.{random.randrange(10, 99)} 元"),
        lambda: ("words only", random.choice(("邮箱待确认", "email bounced", "发邮件给李总", "对方的邮箱收不到"))),
    )  # fmt: skip
    return random.choice(makers)()


def _codes(random: Random) -> Made:
    n = partial(digits, random)
    code = values.credit_code(random)
    signs = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    makers: tuple[Callable[[], Made], ...] = (
        lambda: ("mistyped", f"统一社会信用代码：{code[:-1]}{signs[(signs.index(code[-1]) + 1 + random.randrange(29)) % 31]}"),
        lambda: ("order number", _in(random, ORDER, "".join(random.choices(signs, k=18)))),
        lambda: ("18 digits", _in(random, ORDER + LOOSE, n(18))),
        lambda: ("old tax number", f"税号 {code[2:8]}{n(9)}"),
        lambda: ("too long", _in(random, LOOSE, code + n(2))),
        lambda: ("model", _in(random, LOOSE, f"{code[:8]}-{code[8:12]}")),
    )  # fmt: skip
    return random.choice(makers)()


NO_PASSWORDS = (
    "密码：见保险柜", "密码已改", "忘了密码，重置过", "密码错误 {n} 次", "密码 {n} 位以上", "密码长度：{n} 位", "密码：待定", "密码：同上", "密码: 问王总", "密码发到他手机了",
    "口令下次再给", "密码 2026-11-20 改过", "密码 2026 年 3 月到期", "密码是去年 11 月设的", "password: ask the boss", "password changed on 2026-11-20", "password reset 3 times",
    "the password is on the card", "password: ********", "password: <see vault>", "pwd: ${PWD}", "password manager 2026 licence", "password policy: 12 characters",
    "密码：sealed-7q2m9xk4", "密码: {{seal: abc123}}", "password is 12 characters long", "the pin 1203 on the map", "pins 4 and 5 of the connector", "密码本在前台",
    "密码锁 3 把，型号 K{n}{n}{n}1", "密码箱 {n} 个", "口令卡已寄", "密码学课程 {n} 节", "password: required", "密码：无", "密码:（已封存）", "初始密码为空", "password protected PDF, 3 pages",
    "密码：https://vault.example.com/item/{n}4711", "支付密码连续输错 {n} 次被锁", "the PIN pad needs 4 AA cells", "账号 admin，密码另发", "passcode lock on door {n}", "改密码花了 {n} 分钟",
    "密码：6-12 位，含字母", "密码:8位以上", "忘记密码？点 reset", "password strength: medium", "密码强度：中", "密码提示：生日", "密码、U 盾都在财务", "password: (blank)",
    "密码是什么他没说", "the password is wrong", "密码（U盾）过期", "wifi 密码墙上有", "密码 3 个月换一次", "密码：首次登录自行设置", "Password: n/a", "密码：-", "密码：/", "password: tbd.",
    "密码正确", "密码 OK", "密码验证通过 2026-11-20 10:20", "开机密码取消了 Win11", "密码从 2025 年起不用了", "口令红包 200 元", "口令：芝麻开门", "密码：与邮箱相同",
    "forgot password, ticket 2026{n}{n}", "password expires in 90 days", "密码 10:30 重置", "pwd 没变", "密码由 IT 保管，编号 A{n}{n}01", "密码重置邮件 2026/11/20 已发",
)  # fmt: skip


def _passwords(random: Random) -> Made:
    text = random.choice(NO_PASSWORDS)
    while "{n}" in text:
        text = text.replace("{n}", random.choice("23456789"), 1)
    return text[:8], text


LOOK_ALIKES: dict[str, Callable[[Random], Made]] = {
    "password": _passwords,
    "id-card": _ids,
    "phone": _phones,
    "bank-card": _cards,
    "travel-document": _documents,
    "access-token": _tokens,
    "iban": _ibans,
    "email": _emails,
    "credit-code": _codes,
}


def look_alike(random: Random, kind: str) -> Sample:
    """Return one line with what only looks like a secret of a kind."""
    variety, text = LOOK_ALIKES[kind](random)
    return Sample(kind, variety, text)
