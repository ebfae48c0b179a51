"""Searching a vault: what is found, in which order, and how it is shown."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.search.vaults import ask, chosen_engine, make_vault, open_again, places, write_note
from vault_tool.search.engine import EngineBusy, open_engine
from vault_tool.search.query_errors import QueryError
from vault_tool.search.search import NothingWanted
from vault_tool.vault.vault import Vault

pytestmark = pytest.mark.usefixtures("each_engine")

BLUE = """---
编号: c1
客户名称: 杭州蓝海贸易有限公司
aliases: [蓝海]
类型: 企业客户
业务阶段: 方案报价
负责人: 李娜
tags: [展会2026]
行业: 外贸
手机: 13912345678
联系人:
  - 姓名: 王总
    职务: 采购总监
---

王总定价格。**只看到岸价**。

## 2026-11-20 10:20 电话 报价

要**再让 2 个点**，月
底定；底价 {{封存: 六十五万}}，报价 80,000 元。

## 2026-10-08 订单 @张伟 #加急

产品:: 企业版
金额:: 80,000 元

## 背景

老客户介绍。
"""
GREEN = """---
id: c2
name: Emerald Kestrel Ltd
type: enterprise
stage: won
owner: zhang.wei
---

Marta decides.

## 2026-09-01 email Prices

Sent the price list, 企业版 included. They were shipping 120 boxes.

## 2023-01-15 visit

Old news: the price was too high.
"""
PUT_AWAY = """---
id: c3
name: 旧客户
type: enterprise
stage: lost
owner: li.na
---

只问过企业版。
"""


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    made = make_vault(tmp_path, {"蓝海": BLUE, "emerald": GREEN})
    (made.root / "archive").mkdir()
    (made.root / "archive" / "旧客户.md").write_text(PUT_AWAY, encoding="utf-8")
    made.fresh()
    return made


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("企业版", ["蓝海:2026-10-08", "emerald:2026-09-01"]),
        ("再让 OR marta", ["蓝海:2026-11-20", "emerald:profile"]),
        ("月底定", ["蓝海:2026-11-20"]),
        ("加急", ["蓝海:2026-10-08"]),
        ("蓝海", ["蓝海:profile"]),
        ("蓝海 企业版", ["蓝海:2026-10-08"]),
        ("展会2026 蓝海", ["蓝海:profile"]),
        ("采购总监", ["蓝海:profile"]),
        ("外贸", ["蓝海:profile"]),
        ("老客户", ["蓝海:section"]),
        ("企业版 -price", ["蓝海:2026-10-08"]),
        ("企业版 -蓝海", ["emerald:2026-09-01"]),
        ('"price list"', ["emerald:2026-09-01"]),
        ("預算 OR 訂單 OR 企業版", ["蓝海:2026-10-08", "emerald:2026-09-01"]),
        ("channel:电话", ["蓝海:2026-11-20"]),
        ("蓝海 channel:电话", ["蓝海:2026-11-20"]),
        ("蓝海 date:2026-10", ["蓝海:2026-10-08"]),
        ("蓝海 订单", ["蓝海:2026-10-08"]),
        ("蓝海 (channel:电话 OR 加急)", ["蓝海:2026-11-20", "蓝海:2026-10-08"]),
        ("拜访", ["emerald:2023-01-15"]),
        ("企业版 stage:won", ["emerald:2026-09-01"]),
        ("企业版 date:2026-10", ["蓝海:2026-10-08"]),
        ("author:张伟 金额:>50000", ["蓝海:2026-10-08"]),
        ("tag:加急", ["蓝海:2026-10-08"]),
        ("price date:<2024", ["emerald:2023-01-15"]),
        ("stage:won -price", ["emerald:profile"]),
        ("(stage:won OR 加急) -price", ["蓝海:2026-10-08", "emerald:profile"]),
        ("企*", ["蓝海:2026-10-08", "emerald:2026-09-01"]),
        ("kest*", ["emerald:profile"]),
        ("企也版~", ["蓝海:2026-10-08", "emerald:2026-09-01"]),
    ],
)
def test_entries_are_found_by_words_and_filters(vault, query, found):
    assert sorted(places(ask(vault, query))) == sorted(found)


@pytest.mark.parametrize(
    "query", ["六十五万", "13912345678", "六十五*", '"底价 六十五"', "phone:13912345678"]
)
def test_what_is_sealed_or_marked_to_be_is_never_found(vault, query):
    assert ask(vault, query).total == 0


def test_no_file_of_the_index_holds_a_value_that_is_to_be_sealed(vault):
    ask(vault, "企业版")

    files = [path for path in vault.places.cache.rglob("*") if path.is_file()]
    assert any(chosen_engine.get() in path.parts for path in files)
    for path in files:
        data = path.read_bytes()
        assert "六十五".encode() not in data and b"13912345678" not in data


@pytest.mark.parametrize(
    ("query", "first", "after"),
    [
        ("price", ["emerald:2023-01-15", "emerald:2026-09-01"], []),
        ("prices", ["emerald:2026-09-01"], ["emerald:2023-01-15"]),
        ("ship", [], ["emerald:2026-09-01"]),
        ("80000", [], ["蓝海:2026-11-20", "蓝海:2026-10-08"]),
        ("lanhai", [], ["蓝海:profile"]),
        ("lanhai 报价", [], ["蓝海:2026-11-20"]),
    ],
)
def test_other_forms_of_a_word_rank_after_the_word_itself(vault, query, first, after):
    found = places(ask(vault, query))

    assert set(found[: len(first)]) >= set(first) or not first
    assert set(after) <= set(found)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("张伟", ["蓝海:2026-10-08", "emerald:profile"]),
        ("zhang.wei", ["蓝海:2026-10-08", "emerald:profile"]),
        ("李娜", ["蓝海:profile"]),
        ("李娜 报价", ["蓝海:2026-11-20"]),
        ("張偉 marta", ["emerald:profile"]),
        ("张伟 企业版 -visit", ["蓝海:2026-10-08", "emerald:2026-09-01"]),
        ('"李娜"', []),
        ("李娜*", []),
        ("王五", []),
    ],
)
def test_a_name_of_the_team_finds_whom_they_look_after_and_what_they_wrote(vault, query, found):
    assert sorted(places(ask(vault, query))) == sorted(found)


def test_every_word_of_a_name_of_the_team_means_them_and_without_a_team_a_name_as_typed(tmp_path):
    note = "---\nname: A\nowner: {owner}\n---\n\n## 2026-01-02 call @{author}\n\nHello.\n"
    vault = make_vault(
        tmp_path, {"a": note.format(owner="ann", author="bo"), "b": note.format(owner="bo", author="bo")}
    )
    settings = vault.root / "vault.toml"
    before, teamed = settings.read_text("utf-8").split("[people", 1)
    team = (
        before
        + '[people.ann]\nname = "Ann Archer"\n[people.bo]\nname = "Bo Archer"\n[search]'
        + teamed.split("[search]", 1)[1]
    )
    settings.write_text(team, encoding="utf-8")
    teamed_vault = open_again(vault.root)
    teamed_vault.fresh()
    alone = before + "[search]" + teamed.split("[search]", 1)[1]

    assert sorted(places(ask(teamed_vault, "ann archer"))) == ["a:2026-01-02", "a:profile"]
    assert sorted(places(ask(teamed_vault, "archer"))) == [
        "a:2026-01-02",
        "a:profile",
        "b:2026-01-02",
        "b:profile",
    ]
    settings.write_text(alone, encoding="utf-8")
    lonely = open_again(vault.root)
    lonely.fresh()
    assert sorted(places(ask(lonely, "ann"))) == ["a:profile"]


def test_what_a_person_is_named_is_no_word_that_begins_so(vault):
    assert places(ask(vault, "zhang*")) == []
    assert ask(vault, "li").total == 0


def test_a_new_owner_is_found(vault):
    assert places(ask(vault, "李娜")) == ["蓝海:profile"]

    write_note(vault.root, "蓝海", BLUE.replace("负责人: 李娜", "负责人: 张伟"))
    vault.fresh()

    assert places(ask(vault, "李娜")) == []
    assert "蓝海:profile" in places(ask(vault, "张伟"))


@pytest.mark.parametrize("query", ["visit", "Visits", "visited", "visiting"])
def test_a_channel_or_kind_is_meant_by_any_form_of_its_word(vault, query):
    assert places(ask(vault, query)) == ["emerald:2023-01-15"]


def test_in_quotes_the_word_of_a_channel_is_a_word_like_any_other(vault):
    assert places(ask(vault, '"visit"')) == []


def test_with_accents_or_without_a_word_is_the_same(tmp_path):
    note = "---\nname: {name}\n---\n\n## 2026-01-02 call\n\n{text}\n"
    vault = make_vault(
        tmp_path,
        {
            "a": note.format(name="Jürgen Łuczak", text="Frühjahrs-Preisliste"),
            "b": note.format(name="Jurgen", text="fruhjahrs preisliste"),
        },
    )

    for query in ("Jürgen", "jurgen", "JU\u0308RGEN", "jürg*"):
        assert sorted(places(ask(vault, query))) == ["a:profile", "b:profile"]
    assert places(ask(vault, "luczak")) == ["a:profile"]
    assert sorted(places(ask(vault, '"fruhjahrs preisliste"'))) == ["a:2026-01-02", "b:2026-01-02"]
    [hit] = ask(vault, "fruhjahrs Łuczak").hits
    assert hit.snippet.text[slice(*hit.snippet.highlights[0])] == "Frühjahrs"


@pytest.mark.parametrize(
    ("query", "near"),
    [
        ("前天", "日期:前天"),
        ("本月", "日期:本月"),
        ("last month", 'date:"last month"'),
        ("2026-10", "date:2026-10"),
        ("去年", None),
    ],
)
def test_words_for_days_that_no_note_holds_lead_to_the_entries_of_those_days(tmp_path, query, near):
    vault = make_vault(tmp_path, {"蓝海": BLUE.replace("2026-11-20", "2026-11-21")})

    answer = ask(vault, query)

    assert answer.total == 0
    if near is None:
        assert not any("日期" in word for word in answer.nearest)
    else:
        assert answer.nearest[0] == near
        assert ask(vault, near).total > 0


def test_what_only_archived_customers_have_is_counted_where_nothing_else_is_found(vault):
    assert (ask(vault, "只问过").total, ask(vault, "只问过").put_away) == (0, 1)
    assert ask(vault, "只问过", archived=None).put_away == 0
    assert ask(vault, "企业版").put_away == 0


def test_synonyms_are_found_after_the_word_itself(tmp_path):
    vault = make_vault(tmp_path, {"a": "\n要优惠\n", "b": "\n要折扣，折扣大\n", "c": "\n打折\n"})

    assert places(ask(vault, "折扣"))[0] == "b:profile"
    assert len(places(ask(vault, "折扣"))) == 3


def test_a_name_ranks_before_an_alias_a_tag_bold_text_and_text(tmp_path):
    head = "---\nname: {}\naliases: [{}]\ntags: [{}]\n---\n\n{}\n"
    vault = make_vault(
        tmp_path,
        {
            "name": head.format("锦鲤", "某某", "某某", "某某"),
            "alias": head.format("某某", "锦鲤", "某某", "某某"),
            "tag": head.format("某某", "某某", "锦鲤", "某某"),
            "bold": head.format("某某", "某某", "某某", "**锦鲤**"),
            "text": head.format("某某", "某某", "某某", "锦鲤"),
        },
    )

    assert [hit.path.stem for hit in ask(vault, "锦鲤").hits] == ["name", "alias", "tag", "bold", "text"]


def test_of_two_alike_the_newer_comes_first(tmp_path):
    entry = "## {} 电话\n\n谈企业版。\n\n"
    vault = make_vault(tmp_path, {"a": "\n" + entry.format("2023-05-01") + entry.format("2026-05-01")})

    assert [hit.passage.day for hit in ask(vault, "企业版").hits] == ["2026-05-01", "2023-05-01"]


def test_hits_can_be_sorted_by_day(vault):
    days = [hit.passage.day for hit in ask(vault, "企业版 OR price", sort="date").hits]

    assert days == ["2026-10-08", "2026-09-01", "2023-01-15"]


def test_archived_customers_are_searched_only_when_asked(vault):
    assert "旧客户:profile" not in places(ask(vault, "企业版"))
    assert "旧客户:profile" in places(ask(vault, "企业版", archived=None))
    assert places(ask(vault, "企业版", archived=True)) == ["旧客户:profile"]


def test_a_limit_cuts_the_hits_but_not_their_number(vault):
    answer = ask(vault, "企业版 OR price", limit=1)

    assert (len(answer.hits), answer.total) == (1, 3)


def test_an_answer_reads_as_the_documented_json(vault):
    document = json.loads(json.dumps(ask(vault, "再让").as_json()))

    assert document == {
        "query": "再让",
        "total": 1,
        "engine": chosen_engine.get(),
        "fresh": "walk",
        "behind": False,
        "nearest": [],
        "hits": [
            {
                "customer": {
                    "id": "c1",
                    "name": "杭州蓝海贸易有限公司",
                    "stage": "proposal",
                    "owner": "li.na",
                },
                "path": "customers/蓝海.md",
                "line": 18,
                "date": "2026-11-20",
                "time": "10:20",
                "channel": "call",
                "author": "li.na",
                "tags": [],
                "score": document["hits"][0]["score"],
                "snippet": "要再让 2 个点，月底定；底价  ，报价 80,000 元。",
                "highlights": [[1, 3]],
            }
        ],
    }


def test_a_hit_in_a_field_shows_the_field(vault):
    assert ask(vault, "采购总监", language="zh").hits[0].snippet.text == "职务: 采购总监"


@pytest.mark.parametrize(
    ("query", "near"),
    [("企业板", "企业版"), ("priec", "price"), ("企业版本号", "企业版"), ("兰海", "蓝海")],
)
def test_where_nothing_is_found_the_nearest_words_that_would_be_are_named(vault, query, near):
    answer = ask(vault, query)

    assert answer.total == 0
    assert near in answer.nearest
    for word in answer.nearest:
        assert ask(vault, word).total > 0


@pytest.mark.parametrize("query", ["", "。", "-，", "(！)"])
def test_a_query_without_words_or_filters_is_an_error(vault, query):
    with pytest.raises(QueryError) as caught:
        ask(vault, query)

    assert isinstance(caught.value, NothingWanted) or query == "(！)"


# --- following the notes -----------------------------------------------------------------------------------


def test_what_was_saved_a_moment_ago_is_found_and_what_was_taken_out_is_not(vault):
    assert ask(vault, "折扣券").total == 0

    write_note(vault.root, "蓝海", BLUE.replace("企业版", "折扣券"))
    (vault.root / "customers" / "emerald.md").unlink()
    vault.fresh()

    assert places(ask(vault, "折扣券")) == ["蓝海:2026-10-08"]
    assert ask(vault, "企业版").total == 0
    assert ask(vault, "price").total == 0


def test_a_new_name_stands_for_old_entries(vault):
    write_note(vault.root, "蓝海", BLUE.replace("杭州蓝海", "宁波碧波"))
    vault.fresh()

    assert places(ask(vault, "碧波 企业版")) == ["蓝海:2026-10-08"]


def test_any_history_of_changes_ends_in_the_answers_of_a_new_index(tmp_path):
    dice = random.Random(11)
    vault = make_vault(tmp_path, {})
    for _ in range(25):
        for name in dice.sample("abcdef", dice.randrange(1, 4)):
            path = vault.root / "customers" / f"{name}.md"
            if dice.random() < 0.2 and path.exists():
                path.unlink()
            else:
                words = " ".join(dice.choices(["企业版", "方案", "price", "报价"], k=4))
                write_note(
                    vault.root, name, f"\n{words}\n\n## 2026-01-0{dice.randrange(1, 9)} 电话\n\n{words}\n"
                )
        vault.fresh()
        ask(vault, "企业版")

    afresh = open_again(vault.root)
    for query in ("企业版", "方案 -price", "price", "业版", "报价 OR price"):
        kept = ask(vault, query, limit=None)
        open_engine(chosen_engine.get(), vault.places.cache / "search").clear()
        assert sorted(places(kept)) == sorted(places(ask(afresh, query, limit=None)))


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_damaged_index_is_made_again(vault):
    expected = places(ask(vault, "企业版"))
    folder = vault.places.cache / "search" / chosen_engine.get()
    endings = {path.suffix for path in folder.iterdir() if path.stat().st_size}
    assert len(endings) > 3

    for ending in sorted(endings):
        for path in folder.glob(f"*{ending}"):
            path.write_bytes(b"\0" * 40)
        assert places(ask(open_again(vault.root), "企业版")) == expected


def test_an_index_of_another_catalog_is_made_again(vault):
    expected = places(ask(vault, "企业版"))
    vault.catalog.start_anew()
    vault.fresh()

    assert places(ask(vault, "企业版")) == expected


def test_where_no_index_can_be_kept_one_in_memory_answers(vault):
    (vault.places.cache / "search").mkdir(parents=True, exist_ok=True)
    (vault.places.cache / "search" / chosen_engine.get()).write_text("a file is in the way")

    assert ask(vault, "企业版").total == 2


# --- other processes ---------------------------------------------------------------------------------------

HOLD = """
import sys, time
from pathlib import Path
from vault_tool.search.engine import Position, open_engine

def documents():
    print("writing", flush=True)
    time.sleep(60)
    yield

open_engine(sys.argv[2], Path(sys.argv[1])).write(Position("x", 1), [], documents())
"""


def holder(vault: Vault) -> subprocess.Popen[str]:
    """Start a process that is in the midst of writing the index."""
    command = [sys.executable, "-c", HOLD, str(vault.places.cache / "search"), chosen_engine.get()]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "writing\n"
    return process


def test_while_another_process_writes_the_last_commit_answers_and_says_so(vault):
    ask(vault, "企业版")
    with holder(vault) as process:
        write_note(vault.root, "new", "\n企业版\n")
        vault.fresh()
        behind = ask(vault, "企业版")
        process.kill()

    assert behind.is_behind
    assert sorted(places(behind)) == ["emerald:2026-09-01", "蓝海:2026-10-08"]
    now = ask(vault, "企业版")
    assert not now.is_behind
    assert len(now.hits) == 3


def test_without_any_commit_there_is_no_answer_but_a_word_why(vault):
    with holder(vault) as process:
        with pytest.raises(EngineBusy):
            ask(vault, "企业版")
        process.kill()

    assert ask(vault, "企业版").total == 2


def test_a_writer_that_is_killed_leaves_an_index_that_answers(tmp_path):
    notes = {f"n{at}": f"\n企业版 {at}\n\n## 2026-01-01 电话\n\nprice {at}\n" for at in range(40)}
    vault = make_vault(tmp_path, notes)
    script = (
        "import sys; from pathlib import Path; from tests.search.vaults import ask, open_again;"
        " print('go', flush=True); ask(open_again(Path(sys.argv[1])), '企业版')"
    )
    for wait in (0.0, 0.05, 0.15, 0.3):
        process = subprocess.Popen(
            [sys.executable, "-c", script, str(vault.root)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None and process.stdout.readline() == "go\n"
        time.sleep(wait)
        process.kill()
        process.communicate()

        assert ask(open_again(vault.root), "企业版").total == 40
        write_note(vault.root, "n0", f"\n企业版 {wait}\n")
        vault.fresh()
