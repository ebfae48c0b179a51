"""What keeps a note here, told from its new lines alone: the same as from all of it."""

from __future__ import annotations

from datetime import date
from pathlib import Path, PurePosixPath

from hypothesis import given
from hypothesis import strategies as st

from tests.cli.vaults import make_vault
from vault_tool.notes.secrets import find_secrets
from vault_tool.sync.gate import Holder, Why
from vault_tool.vault.vault import vault_at

PATH = PurePosixPath("customers/one.md")
LINES = st.sampled_from(
    [
        "",
        "## 2026-11-20 电话",
        "手机 13800138000",
        "13800138000",
        "13900139000, 13800138000",
        "密码：abc12345x",
        "The password is",
        "hunter2horse9",
        "li.na@example.com",
        "{{seal: 13800138000}}",
        "{{seal:",
        "}}",
        "-----BEGIN PRIVATE KEY-----",
        "-----END PRIVATE KEY-----",
        "6222021234567890128 银行卡",
        "订单 13800138000123",
    ]
)
texts = st.lists(LINES, max_size=8).map("\n".join)


@given(text=texts, before=st.none() | texts)
def test_a_note_stays_here_if_it_has_a_secret_that_git_has_not(tmp_path_factory, text, before):
    vault = _vault(tmp_path_factory)
    found = {(each.kind, each.sign) for each in find_secrets(text, vault.schema)}
    known = {(each.kind, each.sign) for each in find_secrets(before or "", vault.schema)}

    is_new = Holder(vault, date(2026, 11, 20))._has_new_secret(text, before or "")

    assert is_new == bool(found - known)


def test_a_secret_in_a_new_line_keeps_the_note_here(tmp_path_factory):
    vault = _vault(tmp_path_factory)
    head = "---\nid: c000000001\nname: One\ntype: person\nstage: lead\nowner: li.na\n---\n"

    held = Holder(vault, date(2026, 11, 20)).look(
        PATH, f"{head}\nCall 13800138000.\n".encode(), head.encode()
    )

    assert held is not None
    assert held.why is Why.PRIVACY


_made: list[Path] = []


def _vault(tmp_path_factory):
    if not _made:
        _made.append(make_vault(tmp_path_factory.mktemp("gate") / "v", {}))
    return vault_at(_made[0], {"VAULT_NOTES_HOME": str(_made[0].parent / "home")})
