"""A vault written wholly in Chinese searches and lints like its English twin."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.cli.test_list import CHINESE, ENGLISH
from tests.cli.vaults import ME, make_vault
from tests.conftest import VaultRun

QUERIES = [
    "企业版",
    "方案 stage:proposal",
    "阶段:方案报价",
    "交期 类型:个人客户",
    "channel:call",
    "沟通方式:电话",
    "事项:订单 金额:>5万",
    "kind:order amount:>90000",
    "author:张伟",
    "日期:2026-10",
    "date:>=2026-11",
    "蓝海 smart",
    "lanhai",
    "报价",
    "没有这个词",
]


def twins(tmp_path: Path) -> tuple[Path, Path]:
    return make_vault(tmp_path / "zh", CHINESE, "zh"), make_vault(tmp_path / "en", ENGLISH, "en")


@pytest.mark.parametrize("query", QUERIES)
def test_twins_find_the_same_entries(vault_run: VaultRun, tmp_path: Path, query: str) -> None:
    found = [
        sorted(
            (hit["customer"]["id"], hit["date"] or "")
            for hit in vault_run("search", query, "--json", cwd=home, env=ME).json["hits"]
        )
        for home in twins(tmp_path)
    ]

    assert found[0] == found[1]
    assert bool(found[0]) == (query not in ("没有这个词", "kind:order amount:>90000"))


FLAWS = {
    "zh": {
        "缺.md": "---\n编号: c000000003\n客户名称: 缺\n类型: 企业客户\n业务阶段: 谈着\n最近核对: 2026年1月5日\n---\n\n## 2026-02-30 电话\n",
        "坏.md": "---\n客户名称：坏\n类型: 企业客户\n---\n2023年1月15日 – 咨询\n",
    },
    "en": {
        "缺.md": "---\nid: c000000003\nname: 缺\ntype: enterprise\nstage: 谈着\nreviewed: 2026年1月5日\n---\n\n## 2026-02-30 call\n",
        "坏.md": "---\nname：坏\ntype: enterprise\n---\n2023年1月15日 – 咨询\n",
    },
}


def test_twins_have_the_same_findings_and_are_mended_alike(vault_run: VaultRun, tmp_path: Path) -> None:
    codes = []
    for home, language in zip(twins(tmp_path), ("zh", "en"), strict=True):
        for name, text in FLAWS[language].items():
            (home / "customers" / name).write_text(text, encoding="utf-8")
        before = vault_run("lint", "--json", cwd=home, env=ME).json["findings"]
        after = vault_run("lint", "--fix", "--json", cwd=home, env=ME).json["findings"]
        codes.append([Counter((f["path"], f["code"], f["line"]) for f in found) for found in (before, after)])

    chinese, english = codes
    stray = [[found for found in counted if found[0] in FLAWS_AT] for counted in (*chinese, *english)]
    assert stray[0] == stray[2]
    assert stray[1] == stray[3]
    assert len(stray[1]) < len(stray[0])


FLAWS_AT = {f"customers/{name}" for name in FLAWS["zh"]}
