"""`vault list`: what matches, from the catalog, in either language."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from tests.cli.vaults import ME, make_vault
from tests.conftest import VaultRun
from vault_tool.notes.note import Note, parse_note
from vault_tool.schema import Schema
from vault_tool.vault import refresh, vault

CHINESE = {
    "蓝海.md": """---
编号: c000000001
客户名称: 杭州蓝海贸易有限公司
aliases: [蓝海]
类型: 企业客户
业务阶段: 方案报价
负责人: 李娜
tags: [展会2026]
下次跟进: 2026-11-27 发报价
预计金额: 80万
---

王总定价格。

## 2026-11-20 电话 报价

企业版 smart 方案。

## 2026-10-08 订单 @zhang.wei

金额:: 8万 元
""",
    "王五.md": """---
编号: c000000002
客户名称: 王五
类型: 个人客户
业务阶段: 成交
负责人: 张伟
生日: 农历八月十五
---

## 2026-09-01 微信

问交期。
""",
}
ENGLISH = {
    "lanhai.md": """---
id: c000000001
name: 杭州蓝海贸易有限公司
aliases: [蓝海]
type: enterprise
stage: proposal
owner: li.na
tags: [展会2026]
next: 2026-11-27 发报价
expected_amount: 800000 CNY
---

王总定价格。

## 2026-11-20 call quote

企业版 smart 方案。

## 2026-10-08 order @张伟

amount:: 80,000 CNY
""",
    "wangwu.md": """---
id: c000000002
name: 王五
type: person
stage: won
owner: "@zhang.wei"
birthday: 农历八月十五
---

## 2026-09-01 wechat

问交期。
""",
}
QUERIES = [
    ("stage:proposal", ["c000000001"]),
    ("阶段：成交", ["c000000002"]),
    ("owner:me", ["c000000001"]),
    ("负责人:张伟", ["c000000002"]),
    ("tag:展会2026", ["c000000001"]),
    ("has:birthday", ["c000000002"]),
    ("无:生日", ["c000000001"]),
    ("last:>60d", ["c000000002"]),
    ("next:<=7d", ["c000000001"]),
    ("amount:>50000", ["c000000001"]),
    ("预计金额:50万..100万", ["c000000001"]),
    ("channel:微信", ["c000000002"]),
    ("author:zhang.wei", ["c000000001", "c000000002"]),
    ("kind:quote date:2026-10", []),
    ("kind:order date:2026-10", ["c000000001"]),
    ("customer:蓝海", ["c000000001"]),
    ("交期", ["c000000002"]),
    ("smart", ["c000000001"]),
    ("art", []),
    ("蓝海 方案", ["c000000001"]),
    ("交期 OR 方案", ["c000000001", "c000000002"]),
    ("-交期", ["c000000001"]),
    ("-stage:won", ["c000000001"]),
    ("", ["c000000001", "c000000002"]),
]


@pytest.fixture(params=["zh", "en"])
def home(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    return make_vault(tmp_path / "v", CHINESE if request.param == "zh" else ENGLISH, request.param)


def test_a_vault_in_chinese_lists_like_its_english_twin(vault_run: VaultRun, home: Path) -> None:
    for query, wanted in QUERIES:
        ran = vault_run("list", *query.split(), "--json", cwd=home, env=ME)

        assert sorted(customer["id"] for customer in ran.json["customers"]) == wanted, query
        assert ran.status == (0 if wanted else 1)


def test_rows_are_canonical_in_json_and_plain_in_a_pipe(vault_run: VaultRun, home: Path) -> None:
    [row] = vault_run("list", "蓝海", "--json", cwd=home, env=ME).json["customers"]
    line = vault_run("list", "蓝海", cwd=home, env={**ME, "VAULT_NOTES_LANG": "zh"}).out

    assert (row["type"], row["stage"], row["owner"], row["next"]) == (
        "enterprise",
        "proposal",
        "li.na",
        "2026-11-27",
    )
    assert line.split("\t")[:5] == ["杭州蓝海贸易有限公司", "方案报价", "李娜", "2026-11-27", "2026-11-20"]


def test_sorting_and_limiting(vault_run: VaultRun, home: Path) -> None:
    def ids(*options: str) -> list[str]:
        return [row["id"] for row in vault_run("list", *options, "--json", cwd=home).json["customers"]]

    assert ids("--sort", "last") == ["c000000002", "c000000001"]
    assert ids("--sort", "next", "-n1") == ["c000000001"]


def test_once_the_catalog_is_fresh_a_list_reads_no_note_and_a_show_reads_one(
    vault_run: VaultRun, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def counted(path: PurePosixPath, data: bytes | str, schema: Schema) -> Note:
        read.append(str(path))
        return parse_note(path, data, schema)

    monkeypatch.setattr(refresh, "parse_note", counted)
    monkeypatch.setattr(vault, "parse_note", counted)

    counts = []
    for words in (("list",), ("list", "stage:won"), ("list", "交期"), ("show", "王五")):
        read.clear()
        assert vault_run(*words, cwd=home).status == 0
        counts.append(len(read))

    assert counts == [2, 0, 0, 1]
