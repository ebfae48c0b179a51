"""Without the program: whatever is to be sealed stays out of git, and everything else goes through."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from tests.lint.linting import SCHEMA, note_of
from tests.sealing.sealing import sealed
from tests.sealing.test_seal import secret_notes
from vault_tool.git.stand_in import joined, plain_line
from vault_tool.sealing.clean import sealed_spellings
from vault_tool.sealing.places import Places
from vault_tool.sealing.unsealed import unsealed

KEYS = frozenset(joined(key) for key in sealed_spellings(SCHEMA))


@settings(max_examples=150)
@given(secret_notes())
def test_what_is_to_be_sealed_is_seen(text: str):
    note = note_of(text)

    if any(True for _ in unsealed(note, Places(note))):
        assert plain_line(text, KEYS) is not None


@pytest.mark.parametrize(
    "text",
    [
        "---\nid: c1\n类型: 个人客户\nmobile: [1, 2]\nwechat:\n  - a\n  - b\n---\n手机:: 3\n{{seal: x}}\n",
        "---\r\nid: c1\r\ncontacts:\r\n  - name: 王总\r\n    手机: 1\r\n---\r\n\r\n说过电话: 明天\r\n",
        "---\rid: c1\r手机： '138'\rmobile: |\r  1\r  2\r---\r",
    ],
)
def test_a_note_that_the_program_sealed_passes(text: str):
    sealing = sealed(note_of(text))

    assert sealing.edits
    assert plain_line(sealing.text, KEYS) is None


def test_it_names_the_line():
    assert plain_line("---\nname: x\n手机: 138\n---\n", KEYS) == 3
    assert plain_line("---\nmobile:\n  - sealed-7q2m9xk4\n  - 138\n---\n", KEYS) == 4
    assert plain_line("---\nmobile:\n---\n\na {{封存: b\n", KEYS) == 5
    assert plain_line("---\nmobile: [sealed-7q2m9xk4, sealed-7q2m9xk5]\n---\n客户手机: 见上\n", KEYS) is None
