"""`vault show`: the page one reads before a visit, with no secret on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.vaults import make_vault
from tests.conftest import VaultRun

NOTE = """---
编号: c3m8k2qa41
客户名称: 杭州蓝海贸易有限公司
aliases: [蓝海]
类型: 企业客户
业务阶段: 方案报价
负责人: 李娜
下次跟进: 2026-11-27 发新报价
身份证: 1
合同金额: 987654
联系人:
  - 姓名: 王总
    职务: 采购总监
    手机: 13900000000
  - 刘姐 财务
---

王总定价格；底价 {{封存: 六十五万}}。

## 2026-11-20 10:20 电话 报价

要再让；sealed-7q2m9xk4。

## 2026-11-18 投诉 包装破损

状态:: 待处理

## 2026-10-08 订单

金额:: 80,000 元

## 2026-09-08 订单

金额:: USD 1,000

## 2026-08-01 订单

金额:: 2万
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    other = "---\n编号: c3m8k2qa42\n客户名称: 蓝天仓储\n类型: 企业客户\n业务阶段: 成交\n负责人: 张伟\n---\n"
    return make_vault(tmp_path / "v", {"蓝海.md": NOTE, "蓝天.md": other})


def test_the_page_tells_what_matters_before_a_visit(vault_run: VaultRun, home: Path) -> None:
    out = vault_run("show", "蓝海", cwd=home, env={"VAULT_NOTES_LANG": "zh"}).out

    for said in (
        "杭州蓝海贸易有限公司",
        "方案报价",
        "李娜",
        "2026-11-27 周五 发新报价",
        "包装破损",
        "王总 采购总监",
    ):
        assert said in out
    assert "100,000 CNY" in out
    assert "1,000 USD" in out
    assert "2026-09-08" not in out


@pytest.mark.parametrize("options", [[], ["--all"], ["--json"], ["--all", "--json"]])
def test_no_secret_is_shown_whether_sealed_yet_or_not(
    vault_run: VaultRun, home: Path, options: list[str]
) -> None:
    ran = vault_run("show", "蓝海", *options, cwd=home)

    for secret in ("13900000000", "987654", "六十五万", "sealed-7q2m9xk4"):
        assert secret not in ran.out + ran.err


def test_all_is_the_whole_timeline_newest_first(vault_run: VaultRun, home: Path) -> None:
    entries = vault_run("show", "蓝海", "--all", "--json", cwd=home).json["entries"]

    assert [entry["date"] for entry in entries] == [
        "2026-11-20",
        "2026-11-18",
        "2026-10-08",
        "2026-09-08",
        "2026-08-01",
    ]


def test_raw_is_the_file_itself(vault_run: VaultRun, home: Path) -> None:
    assert vault_run("show", "蓝海", "--raw", cwd=home).out == NOTE


@pytest.mark.parametrize("name", ["c3m8k2qa41", "蓝海", "海贸易", "王总", "lanhai", "lh", "hangzhoulanhai"])
def test_a_customer_is_named_in_many_ways(vault_run: VaultRun, home: Path, name: str) -> None:
    assert vault_run("show", name, "--json", cwd=home).json["customer"]["id"] == "c3m8k2qa41"


def test_several_matches_are_listed_and_nobody_guesses(vault_run: VaultRun, home: Path) -> None:
    ran = vault_run("show", "蓝", cwd=home)

    assert ran.status == 2
    assert "杭州蓝海贸易有限公司" in ran.err
    assert "蓝天仓储" in ran.err


def test_no_match_names_the_nearest(vault_run: VaultRun, home: Path) -> None:
    ran = vault_run("show", "蓝天仓处", cwd=home)

    assert ran.status == 2
    assert "蓝天仓储" in ran.err


def test_an_amount_without_a_currency_is_in_the_vaults(vault_run: VaultRun, home: Path) -> None:
    vault_run("set", "蓝天", "预计金额=80万", cwd=home)

    assert "800,000 CNY" in vault_run("show", "蓝天", cwd=home).out


def test_hints_can_be_typed_as_they_stand(vault_run: VaultRun, home: Path) -> None:
    ran = vault_run("show", "Acme & Sons", cwd=home)

    assert "vault log 'Acme & Sons' --new" in ran.err


HEAD = "---\nid: c1\nname: 甲\ntype: enterprise\nstage: won\nowner: li.na\n"
SECRET = "S13800000000"


@pytest.mark.parametrize(
    "text",
    [
        f"{HEAD}type: person\nphone: {SECRET}\n---\n",
        f"{HEAD.replace('enterprise', 'alien')}phone: {SECRET}\n---\n",
        f"{HEAD}mobile: |\n  x\n  {SECRET}\n微信:\n  - {SECRET}\n护照:  # c\n  {SECRET}\n",
        f"{HEAD}---\n\n{{{{seal: a {{{{seal: y}}}} {SECRET}}}}}\n\n## 2026-11-20\n\n{{{{ SEAL : {SECRET}}}}}\n",
        f"{HEAD}contacts:\n  - [王 手机: {SECRET}]\n  - '王 手机：{SECRET}'\n---\n",
        f"{HEAD}---\n\n手机:: {SECRET}\n\n## 2026-11-20 {{{{seal: {SECRET}\n\n手机:: {SECRET}\n",
        f"{HEAD}---\n\n{{{{seal: a }} b}}}} ｛｛封存：{SECRET}｝｝ {{{{\u3000封存 {SECRET}}}}}\n",
        f"{HEAD}k: 'a\nmobile: {SECRET}\n---\n",
        f"{HEAD}base: &b\n  mobile: {SECRET}\n<<: *b\n---\n",
        f"{HEAD}银行账户: {SECRET}\nbank_account: {SECRET}\n---\n",
    ],
)
def test_a_secret_that_still_stands_in_plain_is_shown_and_found_nowhere(
    vault_run: VaultRun, tmp_path: Path, text: str
) -> None:
    home = make_vault(tmp_path / "secrets", {"甲.md": text})
    place = "customers/甲.md"

    ran = [
        vault_run("show", place, cwd=home),
        vault_run("show", place, "--all", "--json", cwd=home),
        vault_run("list", "--json", cwd=home),
        vault_run("search", SECRET, "--json", cwd=home),
        vault_run("lint", cwd=home),
        vault_run("lint", "--json", cwd=home),
    ]

    said = "".join(one.out + one.err for one in ran).replace(f'"query": "{SECRET}"', "")
    assert SECRET not in said
    assert ran[3].json["hits"] == []
