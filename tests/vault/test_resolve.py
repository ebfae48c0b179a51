from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.vault.notes_of import note, refresher, write
from vault_tool.vault.catalog import Catalog
from vault_tool.vault.resolve import How, nearest, resolve

CONTACTS = "contacts: [{name: 王总}, {name: Peter Pan}]"


@pytest.fixture
def catalog(root: Path, tmp_path: Path) -> Iterator[Catalog]:
    write(root, "customers/lh.md", note("c3m8k2qa41", "杭州蓝海贸易有限公司", "aliases: [蓝海]", CONTACTS))
    write(root, "customers/蓝海物流.md", note("c2", "上海蓝海物流"))
    write(root, "customers/acme.md", note("A-7", "ACME Trading Ltd"))
    write(root, "customers/王五.md", note("c5", "王五"))
    write(root, "customers/单.md", note("c6", "单雄信"))
    write(root, "archive/old.md", note("c9", "蓝山旧客户", "aliases: [ACME]", "contacts: [{name: 赵总}]"))
    with Catalog(tmp_path / "catalog.db") as catalog:
        refresher(root, catalog).refresh()
        yield catalog


def named(catalog: Catalog, text: str) -> list[str]:
    return [match.name for match in resolve(catalog, text)]


@pytest.mark.parametrize(
    ("text", "name", "how"),
    [
        ("c3m8k2qa41", "杭州蓝海贸易有限公司", How.ID),
        ("C3M8K2QA41", "杭州蓝海贸易有限公司", How.ID),
        ("A-7", "ACME Trading Ltd", How.ID),
        ("杭州蓝海贸易有限公司", "杭州蓝海贸易有限公司", How.NAME),
        ("蓝海", "杭州蓝海贸易有限公司", How.NAME),
        ("藍海", "杭州蓝海贸易有限公司", How.NAME),
        ("acme", "ACME Trading Ltd", How.NAME),
        ("ＡＣＭＥ trading ltd", "ACME Trading Ltd", How.NAME),
        ("customers/acme.md", "ACME Trading Ltd", How.NAME),
        ("./customers/acme", "ACME Trading Ltd", How.NAME),
        ("上海", "上海蓝海物流", How.NAME_START),
        ("Trading", "ACME Trading Ltd", How.NAME_PART),
        ("王总", "杭州蓝海贸易有限公司", How.CONTACT),
        ("peter", "杭州蓝海贸易有限公司", How.CONTACT_PART),
        ("maoyi", "杭州蓝海贸易有限公司", How.PINYIN),
        ("wangwu", "王五", How.PINYIN),
        ("shanxx", "", How.PINYIN),
        ("sxx", "单雄信", How.PINYIN),
        ("shanxiong", "单雄信", How.PINYIN),
    ],
)
def test_a_customer_is_found_by_any_sign(catalog: Catalog, text: str, name: str, how: How):
    found = resolve(catalog, text)

    assert [(match.name, match.how) for match in found] == ([(name, how)] if name else [])


def test_several_customers_are_listed_the_likeliest_first(catalog: Catalog):
    assert named(catalog, "lanhai") == ["杭州蓝海贸易有限公司", "上海蓝海物流"]
    assert named(catalog, "海") == ["杭州蓝海贸易有限公司", "上海蓝海物流"]


def test_each_customer_is_listed_once_by_its_best_name(catalog: Catalog):
    assert [match.by for match in resolve(catalog, "lanhai")] == ["蓝海", "上海蓝海物流"]


def test_archived_customers_count_only_where_no_other_does(catalog: Catalog):
    assert named(catalog, "ACME") == ["ACME Trading Ltd"]
    assert named(catalog, "蓝山") == ["蓝山旧客户"]
    assert named(catalog, "赵总") == ["蓝山旧客户"]
    assert resolve(catalog, "蓝山")[0].is_archived


@pytest.mark.parametrize("text", ["Jy", "jy", "c20", "archive/gone.md", "鲸", "老鲸"])
def test_an_archived_customer_named_in_full_comes_before_weaker_signs_of_one_at_work(
    root: Path, tmp_path: Path, text: str
):
    write(root, "customers/jingyu.md", note("c20x", "鲸鱼公司", "aliases: [老鲸鱼, archive/gone.md-x]"))
    write(root, "archive/gone.md", note("c20", "Jy", "aliases: [鲸, 老鲸]"))
    with Catalog(tmp_path / "other.db") as catalog:
        refresher(root, catalog).refresh()

        assert named(catalog, text) == ["Jy"]


def test_of_two_named_in_full_the_one_at_work_is_meant_and_parts_keep_their_order(root: Path, tmp_path: Path):
    write(root, "customers/a.md", note("c20", "蓝天"))
    write(root, "customers/b.md", note("c21", "蓝天二"))
    write(root, "archive/a.md", note("c22", "蓝天"))
    with Catalog(tmp_path / "other.db") as catalog:
        refresher(root, catalog).refresh()

        assert [match.id for match in resolve(catalog, "蓝天")] == ["c20"]
        assert [match.id for match in resolve(catalog, "lant")] == ["c20", "c21"]


@pytest.mark.parametrize("text", ["", "   ", "nobody at all", "没有这个", "%", "_", "'"])
def test_what_means_nobody_finds_nobody(catalog: Catalog, text: str):
    assert resolve(catalog, text) == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("蓝梅贸易", "杭州蓝海贸易有限公司"),
        ("ACEM Trading", "ACME Trading Ltd"),
        ("王六", "王五"),
        ("蓝海物硫", "上海蓝海物流"),
    ],
)
def test_the_nearest_name_is_suggested(catalog: Catalog, text: str, name: str):
    assert nearest(catalog, text)[0] == name


@pytest.mark.parametrize("text", ["", "zzz", "🙂", "完全不同"])
def test_what_is_like_no_name_suggests_none(catalog: Catalog, text: str):
    assert nearest(catalog, text) == []
