"""A vault whose warm process is lent, for the tests of both ends."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.vaults import make_vault

if TYPE_CHECKING:
    from tests.watch.lending import Lent

NOTE = """---
id: {id}
name: {name}
aliases: [{alias}]
type: enterprise
stage: {stage}
owner: {owner}
tags: [VIP, 展会2026]
---
做跨境物流，**现金流**好。

## 2026-11-20 电话
企业版报价发了，八万，要折扣。

## 2026-10-02 14:30 visit
They asked for a quote; see [[Ocean]].\x1b[2J
"""
NOTES = {
    "蓝海.md": NOTE.format(id="c1", name="杭州蓝海贸易有限公司", alias="蓝海", stage="lead", owner="li.na"),
    "blue.md": NOTE.format(id="c2", name="Blue Ocean", alias="Ocean", stage="won", owner="zhang.wei"),
    "蓝天.md": "---\nid: c3\nname: 蓝天\n---\n",
}


@pytest.fixture(scope="module")
def lent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lent]:
    """A lent vault that tests only ask; the watcher's word is that it is not in sync."""
    for lent in _lent(tmp_path_factory.mktemp("lent")):
        lent.alone("search", "报价")
        yield lent


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Lent]:
    """A lent vault of the test's own, in sync; nobody may work on an answer for more than three seconds."""
    for lent in _lent(tmp_path, ANSWER_SECONDS="3"):
        lent.tell("sync")
        yield lent


def _lent(place: Path, **more: str) -> Iterator[Lent]:
    from tests.watch.lending import lending

    env = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(place),
        "GIT_CONFIG_NOSYSTEM": "1",
        "VAULT_NOTES_HOME": str(place / "vault-notes"),
        "VAULT_NOTES_TODAY": "2026-11-23",
        "VAULT_NOTES_LANG": "en",
        "VAULT_NOTES_USER": "li.na",
        "TERM": "xterm",
        **more,
    }
    # A socket's path must be short.
    runtime = Path(tempfile.mkdtemp(prefix="vr-", dir="/tmp"))
    with lending(make_vault(place / "库", NOTES), env, runtime) as lent:
        yield lent
    # The server may just be removing its socket.
    shutil.rmtree(runtime, ignore_errors=True)
