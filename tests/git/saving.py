"""A vault whose past is known to the day: three saves by two people, the customer put away in the last."""

from __future__ import annotations

from pathlib import Path

from tests.cli.vaults import make_vault
from tests.conftest import VaultRun
from tests.git.repositories import Clone

TEAM = """version = 1
id = "v0000001"
language = "zh"

[people."li.na"]
name = "李娜"
email = "li.na@example.com"
[people."zhang.wei"]
name = "张伟"
email = "zhang.wei@example.com"
"""
ID = "c3m8k2qa41"
BEGUN = f"""---
编号: {ID}
客户名称: 杭州蓝海贸易有限公司
类型: 企业客户
业务阶段: 方案报价
负责人: 李娜
手机: 13800000001
tags: [展会]
---

王总定价格。

## 2026-11-19 电话 报价

要**再让 2 个点**。
"""
SECOND = BEGUN.replace("方案报价", "商务谈判").replace("13800000001", "13900000002")
THIRD = f"{SECOND}\n## 2026-11-21 拜访\n\n去了新厂。\n"


def saved(clone: Clone, when: str, who: str = "li.na") -> str:
    """Commit all that stands there, as somebody's other tool would; return the commit's name."""
    clone.git("add", "-A")
    clone.git("commit", "--quiet", "--allow-empty", "--no-verify", "-m", "x", env=by(when, who))
    return clone.git("rev-parse", "HEAD").strip()


def by(when: str, who: str = "li.na") -> dict[str, str]:
    """What makes git's next commit this person's, of this moment (UTC unless it says otherwise)."""
    names = {"NAME": who, "EMAIL": f"{who}@example.com", "DATE": when}
    return {f"GIT_{role}_{name}": value for role in ("AUTHOR", "COMMITTER") for name, value in names.items()}


def begun(root: Path, env: dict[str, str], run: VaultRun, notes: dict[str, str]) -> Clone:
    """A vault with these notes, saved on 2026-11-19."""
    make_vault(root, notes)
    (root / "vault.toml").write_text(TEAM, "utf-8")
    clone = Clone(root, {**env, "TZ": "UTC"}, run)
    clone.git("init", "--quiet", "-b", "main")
    saved(clone, "2026-11-19T10:00:00Z")
    return clone


def with_past(root: Path, env: dict[str, str], run: VaultRun) -> Clone:
    """The three saves: begun on the 19th, changed by a colleague on the 20th, archived on the 21st."""
    clone = begun(root, env, run, {"蓝海.md": BEGUN})
    clone.write("蓝海.md", SECOND)
    saved(clone, "2026-11-20T10:00:00Z", "zhang.wei")
    (root / "archive").mkdir()
    (root / "customers/蓝海.md").rename(root / "archive/蓝海.md")
    (root / "archive/蓝海.md").write_text(THIRD, "utf-8")
    saved(clone, "2026-11-21T10:00:00Z")
    return clone
