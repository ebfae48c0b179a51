"""The quick look never says `no` where something has to be sealed."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings

from tests.lint.linting import SCHEMA, note_of
from tests.sealing.test_seal import secret_notes
from vault_tool.sealing.glance import Glance
from vault_tool.sealing.places import Places
from vault_tool.sealing.unsealed import unsealed

EXAMPLES = Path(__file__).parents[2] / "example_vault"


@settings(max_examples=200)
@given(secret_notes())
def test_where_something_is_to_be_sealed_a_closer_look_is_taken(text: str):
    note = note_of(text)

    if any(True for _ in unsealed(note, Places(note))):
        assert Glance(SCHEMA).may_stand_in_plain(text)


def test_a_sealed_note_of_a_company_needs_no_closer_look():
    text = (
        "---\nid: c1\n类型: 企业客户\nphone: 0571-88886666\n手机: sealed-7q2m9xk4\n"
        "bank_account:\nmobile: [sealed-7q2m9xk4, sealed-b41t0zq8]\n---\n\n说过电话: 明天\n手机:: sealed-b41t0zq8\n"
    )

    assert not Glance(SCHEMA).may_stand_in_plain(text)
    assert Glance(SCHEMA).may_stand_in_plain(text.replace("企业客户", "个人客户"))
    assert Glance(SCHEMA).may_stand_in_plain(text.replace("sealed-7q2m9xk4", "138"))
