"""Conditions of SQL: a word means the same customers to a list as it does to a search."""

from __future__ import annotations

import re
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

from tests.search.vaults import ask, make_vault, read, write_note
from vault_tool.search.filters import Lookup, customer_condition, words_of_notes
from vault_tool.search.holders import Holders
from vault_tool.search.tree import Term
from vault_tool.vault.catalog_read import customers_where
from vault_tool.vault.vault import Vault

NOTES = {
    "蓝海": """---
客户名称: 杭州藍海贸易有限公司
aliases: [蓝海, Blue Sea]
业务阶段: 方案报价
tags: [展会2026, price-sensitive]
行业: 外贸服装
联系人:
  - 姓名: 王总
    职务: 采购总监
---

王总定价格。**只看到岸价**。

## 2026-11-20 电话 价 格

要再让 2 个点，月
底定；报价 80,000 元，見企业版。
""",
    "café": """---
name: Café Kestrel Ltd
stage: won
---

Marta decides; naïve shipping-plan (v2.0).

## 2026-09-01 email Prices

Sent the price list: 企业版 included.
""",
}


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    made = make_vault(tmp_path, NOTES)
    made.fresh()
    return made


def _nobody(_term: Term) -> None:
    """Know of nobody who holds a word."""


def listed(vault: Vault, text: str, holders: Holders | None = None) -> set[str]:
    lookup = Lookup(lambda beginning: words_of_notes(vault.catalog, beginning), holders or _nobody)
    condition = customer_condition(read(vault, text), vault.schema, lookup)
    found = customers_where(vault.catalog, condition.sql, condition.parameters)
    return {customer.path.stem for customer in found}


def searched(vault: Vault, text: str) -> set[str]:
    return {hit.path.stem for hit in ask(vault, text, limit=None).hits}


def queries() -> list[str]:
    """Every word of the notes, every one to three Han characters in a row, and looser forms of them."""
    made: dict[str, None] = {}
    for text in NOTES.values():
        for run in re.findall(r"[\u4e00-\u9fff]+", text):
            parts = {run[at : at + length] for at in range(len(run)) for length in (1, 2, 3)}
            made |= dict.fromkeys(f'"{part}"' for part in sorted(parts))
            made |= dict.fromkeys(f"{part[0]}学{part[2]}~" for part in sorted(parts) if len(part) == 3)
        words = re.findall(r"[^\W\u4e00-\u9fff]+", text)
        made |= dict.fromkeys(f'"{word}"' for word in words)
        made |= dict.fromkeys(f'"{first} {second}"' for first, second in pairwise(words))
        made |= dict.fromkeys(f"{word[:3]}*" for word in words)
        made |= dict.fromkeys(f"{word[:3]}{word[4:]}~" for word in words if len(word) > 5)
    return list(made)


def test_a_word_lists_the_customers_that_search_finds(vault: Vault) -> None:
    asked = [query for query in queries() if listed(vault, query) or searched(vault, query)]

    assert len(asked) > 100
    for query in asked:
        assert listed(vault, query) == searched(vault, query), query


def test_what_the_index_says_of_a_word_is_what_reading_every_text_says(
    each_engine: str, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vault_tool.search.holders.WORTH_IT", 0)
    write_note(vault.root, "kontor", "---\nname: Q\n---\n")
    vault.fresh()
    ask(vault, "企业版")
    told = [query for query in queries() if listed(vault, query)]

    with closing(Holders(vault)) as holders:
        assert holders(Term("企业版")) == [1, 2]
        for query in (*told, "caf", "kontor", "kestrel 企业版", "-企业版", "蓝海 OR café"):
            assert listed(vault, query, holders) == listed(vault, query), query


def test_an_index_that_is_not_at_hand_is_not_waited_for(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(Holders(vault)) as few:
        assert few(Term("企业版")) is None
    monkeypatch.setattr("vault_tool.search.holders.WORTH_IT", 0)
    with closing(Holders(vault)) as never_made:
        assert never_made(Term("企业版")) is None
    ask(vault, "企业版")
    for number in range(11):
        write_note(vault.root, f"n{number}", "---\nname: 新\n---\n")
    vault.fresh()
    with closing(Holders(vault)) as behind:
        assert behind(Term("企业版")) is None
    ask(vault, "新")
    write_note(vault.root, "n0", "---\nname: 新\n---\n\n企业版\n")
    vault.fresh()
    with closing(Holders(vault)) as one_behind:
        assert len(one_behind(Term("企业版")) or ()) == 3
