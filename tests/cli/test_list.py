"""`vault list`: what matches, from the catalog, in either language."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from tests.cli.vaults import ME, make_vault
from tests.conftest import VaultRun
from vault_tool.notes import note
from vault_tool.notes.note import Note, parse_note
from vault_tool.schema import Schema
from vault_tool.vault import intake

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

    monkeypatch.setattr(intake, "parse_note", counted)
    monkeypatch.setattr(note, "parse_note", counted)

    counts = []
    for words in (
        ("list",),
        ("list", "stage:won"),
        ("list", "交期"),
        ("list", "--columns", "name,industry,amount", "--sort", "amount-"),
        ("list", "--count-by", "stage,tags"),
        ("show", "王五"),
    ):
        read.clear()
        assert vault_run(*words, cwd=home).status == 0
        counts.append(len(read))

    assert counts == [2, 0, 0, 0, 0, 1]


# --- words, as search takes them ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("企业版 smart", ["c000000001"]),
        ('"企业版 smart"', ["c000000001"]),
        ('"smart，方案"', ["c000000001"]),
        ('"版 方案"', []),
        ("企业板~", ["c000000001"]),
        ("smrat~", ["c000000001"]),
        ("smar*", ["c000000001"]),
        ("smar", []),
        ("王總", ["c000000001"]),
        ("展会2026", ["c000000001"]),
        ("农历八月十五", ["c000000002"]),
        # A field's word or person is for filters.
        ("won", []),
        ("enterprise", []),
    ],
)
def test_a_word_is_found_where_search_finds_it(
    vault_run: VaultRun, home: Path, query: str, wanted: list[str]
) -> None:
    ran = vault_run("list", query, "--json", cwd=home, env=ME)

    assert [customer["id"] for customer in ran.json["customers"]] == wanted


# --- columns, order, counts --------------------------------------------------------------------------------

SALES = {
    "a.md": """---
id: c1
name: 宁波远帆渔具有限公司
type: enterprise
stage: won
owner: li.na
tags: [展会2026, VIP]
industry: 渔具
expected_amount: 38.2万
next: [2026-12-24 拜访, 2026-12-01 寄样]
contacts:
  - name: 王总
    title: 采购
---

## 2026-11-20 订单

产品:: 标准版
金额:: 1,200 USD

## 2026-10-01 订单

产品:: 企业版
金额:: 80,000 元
""",
    "b.md": """---
id: c2
name: 杭州蓝海贸易有限公司
type: enterprise
stage: lead
owner: zhang.wei
tags: [展会2026]
expected_amount: 50000 CNY
---

## 2026-11-02 订单

产品:: 企业版
金额:: 9,000 元
""",
    "c.md": "---\nid: c3\nname: Acme\ntype: partner\nstage: lead\nowner: 外人\n---\n",
    "d.md": "---\nid: c4\nname: 北京数雁科技\ntype: enterprise\nstage: 搁置\n---\n\n## 2026-01-01 电话\n\n问价。\n",
}


@pytest.fixture
def sales(tmp_path: Path) -> Path:
    return make_vault(tmp_path / "sales", SALES)


def rows(vault_run: VaultRun, home: Path, *words: str, lang: str = "zh") -> list[list[str]]:
    ran = vault_run("list", *words, cwd=home, env={**ME, "VAULT_NOTES_LANG": lang})
    assert ran.status == 0, ran.err
    return [line.split("\t") for line in ran.out.splitlines()]


@pytest.mark.parametrize(
    "columns",
    [
        "name,stage,owner,next,last,entries,expected_amount,industry,tags,contacts,product,amount,path",
        "客户名称，阶段，负责人，下次跟进，最近联系，记录数，预计金额，行业，标签，联系人，产品，金额，文件",
    ],
)
def test_columns_are_any_fields_in_both_languages(vault_run: VaultRun, sales: Path, columns: str) -> None:
    assert rows(vault_run, sales, "--columns", columns, "customer:远帆") == [
        [
            "宁波远帆渔具有限公司",
            "成交",
            "李娜",
            "2026-12-01",
            "2026-11-20",
            "2",
            "382,000",
            "渔具",
            "展会2026, VIP",
            "王总 采购",
            "标准版",
            "1,200 USD",
            "customers/a.md",
        ]
    ]


def test_columns_in_json_are_canonical_and_tell_whose_they_are(vault_run: VaultRun, sales: Path) -> None:
    ran = vault_run(
        *("list", "customer:远帆", "--columns", "阶段,last,预计金额,amount,tags,next", "--json"), cwd=sales
    )

    assert ran.json == {
        "version": 1,
        "total": 1,
        "customers": [
            {
                "id": "c1",
                "path": "customers/a.md",
                "stage": "won",
                "last_contact": "2026-11-20",
                "expected_amount": {"value": "382000.0", "currency": None},
                "amount": {"value": "1200", "currency": "USD"},
                "tags": ["展会2026", "VIP"],
                "next": "2026-12-01",
            }
        ],
    }


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        # Chinese names by pinyin, among the others.
        ("name", ["c3", "c4", "c2", "c1"]),
        ("name-", ["c1", "c2", "c4", "c3"]),
        # Words in the order of their vocabulary, those it doesn't know behind, then by file.
        ("stage", ["c2", "c3", "c1", "c4"]),
        ("阶段,name-", ["c2", "c3", "c1", "c4"]),
        # The team in its own order; no value comes last, whichever way.
        ("owner", ["c1", "c2", "c3", "c4"]),
        ("owner-", ["c3", "c2", "c1", "c4"]),
        ("last", ["c4", "c2", "c1", "c3"]),
        ("last-", ["c1", "c2", "c4", "c3"]),
        ("最近联系-", ["c1", "c2", "c4", "c3"]),
        ("expected_amount", ["c2", "c1", "c3", "c4"]),
        ("预计金额-", ["c1", "c2", "c3", "c4"]),
        ("entries-,name", ["c1", "c4", "c2", "c3"]),
        ("amount-", ["c2", "c1", "c3", "c4"]),
        ("path-", ["c4", "c3", "c2", "c1"]),
    ],
)
def test_a_list_is_sorted_by_any_column_either_way(
    vault_run: VaultRun, sales: Path, sort: str, order: list[str]
) -> None:
    ran = vault_run("list", "--sort", sort, "--json", cwd=sales)

    assert [customer["id"] for customer in ran.json["customers"]] == order


def test_amounts_are_sorted_within_their_currency_the_vaults_own_first(
    vault_run: VaultRun, tmp_path: Path
) -> None:
    said = {"a": "900 USD", "b": "5万", "c": "1000 CNY", "d": "", "e": "2万 EUR", "f": "100 USD"}
    home = make_vault(
        tmp_path / "v",
        {
            f"{key}.md": f"---\nid: {key}\nname: {key}\nexpected_amount: {text}\n---\n"
            for key, text in said.items()
        },
    )

    def ids(sort: str) -> str:
        ran = vault_run("list", "--sort", sort, "--json", cwd=home)
        return "".join(row["id"] for row in ran.json["customers"])

    assert ids("expected_amount") == "cbefad"
    assert ids("expected_amount-") == "bceafd"


def test_a_name_of_the_team_also_means_its_customers(vault_run: VaultRun, home: Path) -> None:
    def ids(*query: str) -> list[str]:
        return [row["id"] for row in vault_run("list", *query, "--json", cwd=home).json["customers"]]

    assert ids("李娜") == ids("li.na") == ["c000000001"]
    assert ids('"李娜"') == []
    assert ids("张伟", "交期") == ["c000000002"]


@pytest.mark.parametrize("options", [(), ("-l",), ("--count-by", "stage")])
def test_that_nothing_was_found_is_said_in_a_pipe_too(
    vault_run: VaultRun, home: Path, options: tuple[str, ...]
) -> None:
    ran = vault_run("list", "没有这个词", *options, cwd=home)

    assert (ran.status, ran.out, ran.err) == (1, "", "Nothing found for: 没有这个词\n")
    assert vault_run("list", "没有这个词", "--json", cwd=home).err == ""
    assert vault_run("list", "stage:won", cwd=home).err == ""


def test_a_limit_takes_the_first_and_the_total_stays(vault_run: VaultRun, sales: Path) -> None:
    ran = vault_run("list", "--sort", "last-", "-n2", "--json", cwd=sales)

    assert ran.json["total"] == 4
    assert [customer["id"] for customer in ran.json["customers"]] == ["c1", "c2"]


def test_counts_come_in_the_order_of_the_words_and_no_value_last(vault_run: VaultRun, sales: Path) -> None:
    def counted(*words: str) -> list[list[str]]:
        return rows(vault_run, sales, "--count-by", *words, lang="en")

    assert counted("阶段,owner") == [
        ["lead", "张伟", "1"],
        ["lead", "外人", "1"],
        ["won", "李娜", "1"],
        ["搁置", "(none)", "1"],
    ]
    assert counted("tags") == [
        ["展会2026", "2"],
        ["VIP", "1"],
        ["(none)", "2"],
    ]
    # How many customers, not how many entries.
    assert counted("产品") == [
        ["企业版", "2"],
        ["标准版", "1"],
        ["(none)", "2"],
    ]
    assert counted("type", "stage:lead") == [
        ["enterprise", "1"],
        ["partner", "1"],
    ]


def test_counts_in_json_are_canonical(vault_run: VaultRun, sales: Path) -> None:
    assert vault_run("list", "--count-by", "业务阶段", "--json", cwd=sales).json == {
        "version": 1,
        "total": 4,
        "by": ["stage"],
        "counts": [
            {"stage": "lead", "count": 2},
            {"stage": "won", "count": 1},
            {"stage": "搁置", "count": 1},
        ],
    }


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--columns", "name,indutsry"), "There is no field “indutsry”.\nHint: Did you mean industry?"),
        (("--columns", "xyzzy"), "there are also last, entries and path"),
        (("--columns", "mobile"), "“mobile” is sealed"),
        (("--sort", "手机-"), "“手机” is sealed"),
        (("--sort", "contacts"), "nothing can be sorted or counted by it"),
        (("--count-by", "联系人"), "nothing can be sorted or counted by it"),
        (("--count-by", "stage", "--sort", "name"), "--count-by and --sort can't be used together"),
        (("--count-by", "stage", "-l"), "--count-by and --paths can't be used together"),
    ],
)
def test_what_is_no_column_is_told(
    vault_run: VaultRun, sales: Path, options: tuple[str, ...], said: str
) -> None:
    ran = vault_run("list", *options, cwd=sales)

    assert ran.status == 2
    assert said in ran.err


def test_a_filter_on_amounts_of_one_currency_leaves_the_others_out(vault_run: VaultRun, sales: Path) -> None:
    def ids(query: str) -> list[str]:
        return [row["id"] for row in vault_run("list", query, "--json", cwd=sales).json["customers"]]

    assert ids("amount:>1000USD") == ["c1"]
    assert ids("amount:>1000EUR") == []
    assert ids("amount:>80,000元") == []
    assert ids("amount:>=80,000元") == ["c1"]
    assert ids("预计金额:>38万元") == ["c1"]  # names no currency: the vault's own
    assert ids("预计金额:>38万USD") == []
