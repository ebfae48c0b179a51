"""Sealing a note: everything that must be sealed is, in place, and no other byte changes."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from tests.lint.linting import SCHEMA, note_of
from tests.notes.strategies import notes
from tests.sealing.sealing import opened, sealed
from vault_tool.notes.sealing_marks import SEALED_REFERENCE
from vault_tool.sealing.places import Places
from vault_tool.sealing.seal import CannotSeal
from vault_tool.sealing.unsealed import unsealed
from vault_tool.vault.public import Public, SealedKeys

SECRETS = st.sampled_from(
    [
        "手机: {}",
        "手机：{}",
        "Mobile: '{}'",
        'mobile: "{}"',
        "mobile: |\n  {}\n  zwei",
        "mobile: >-\n  {}\n",
        "mobile: [{}, b]",
        "mobile:\n  - {}\n  - b # old",
        "mobile:\n- {}\n- - b",
        "mobile:\n  work: {}\n  home: [1]",
        "mobile: &a {}",
        "微信号: {} #2",
        "mobile: #{}",
        "mobile: ''  #{}",
        "mobile:\n  - #{}\n  - b",
        "contacts:\n  - name: 王总\n    手机: #{}\n    职务: 采购",
        "credit-limit: {}",
        "contacts:\n  - name: 王总\n    手机: {}\n    职务: 采购",
        "contacts:\n  - {{name: 刘姐, mobile: {}, id: k1}}",
        "contacts:\n  - 老周 手机: {}",
        "contacts:\n  - 姓名：王总\n    手机：{}",
        'note: "see mobile: {} and"',
        "ext: {{银行账户: {}}}",
        "remark: a {{{{seal: {}}}}} b",
        "remark: {{{{seal: {}}}}}",
        "industry: [{{{{seal finance: {}}}}}, b]",
        "mobile: {{{{seal: {}}}}}",
    ]
)
MARKS = st.sampled_from(
    [
        "底价{{{{seal finance: {}}}}}CNY",
        "{{{{封存：{}}}}}。",
        "｛｛封存 {}｝｝",
        "## 2026-01-01 电话 {{{{seal: {}}}}}",
        "手机:: {}",
        "- 银行账号：： {}",
        "| a | {{{{seal: {}}}}} |",
        "`{{{{seal: {}}}}}`",
        "```\n{{{{seal: {}}}}}",
        "<!-- {{{{seal: {}}}}} -->",
        "{{{{seal: a {{{{seal: {}}}}} b }}}}",
        "{{{{seal: {}\nzwei}}}}",
    ]
)
WORDS = st.one_of(
    st.sampled_from(["13812345678", "6222 0212", "林", "it's", 'say "x"', "a, b", "x#y", "🙂"]),
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=12),
)


@st.composite
def secret_notes(draw: st.DrawFn) -> str:
    """A note with secrets strewn in, in every way that people write them."""
    text = draw(notes())
    newline = "\r\n" if "\r\n" in text else "\n" if "\n" in text else "\r"
    lines = text.split(newline)
    front = [draw(SECRETS).format(draw(WORDS)) for _ in range(draw(st.integers(0, 3)))]
    body = [draw(MARKS).format(draw(WORDS)) for _ in range(draw(st.integers(0, 3)))]
    head = ["---", "id: c3m8k2qa41", "类型: 个人客户", *front]
    closing = next((at for at, line in enumerate(lines[1:], 1) if line.rstrip(" \t") == "---"), None)
    if closing is None:
        lines = [*head, "---", *lines]
    else:
        kept = [line for line in lines[1:closing] if not re.match(r"(id|编号|type|类型)\b|编号|类型", line)]
        lines = [*head, *kept, *lines[closing:]]
    text = newline.join([*lines, *body]).replace("\r\n", "\n").replace("\r", "\n").replace("\n", newline)
    return draw(st.sampled_from(["", "\ufeff"])) + text


@given(secret_notes())
@example("---\nid: c1\nmobile: 1\n---\n```\nopen fence")
def test_after_sealing_nothing_stands_in_plain_and_no_other_byte_has_changed(text: str):
    note = note_of(text)
    try:
        sealing = sealed(note)
    except CannotSeal:
        assume(False)

    after = note_of(sealing.text)
    assert not list(unsealed(after, Places(after)))
    assert sealed(after).edits == ()
    # What stands between the replaced values is what stood there.
    at = shift = 0
    for edit in sorted(sealing.edits):
        assert sealing.text[at + shift : edit.span.start + shift] == text[at : edit.span.start]
        shift += len(edit.text) - (edit.span.end - edit.span.start)
        at = edit.span.end
    assert sealing.text[at + shift :] == text[at:]


@given(secret_notes())
def test_what_was_sealed_opens_where_it_stands(text: str):
    note = note_of(text)
    wanted = [each for each in unsealed(note, Places(note))]
    try:
        sealing = sealed(note)
    except CannotSeal:
        assume(False)

    after = note_of(sealing.text)
    found = opened(after, {value.vid for value in sealing.values})
    assert sorted(found.values()) == sorted((each.path, each.value) for each in wanted)  # type: ignore[union-attr]


@given(secret_notes())
def test_what_may_not_leave_a_note_is_what_is_sealed(text: str):
    """Search, show and lint leave out what `vault/public.py` says; sealing must not miss any of it."""
    note = note_of(text)
    try:
        sealing = sealed(note)
    except CannotSeal:
        assume(False)

    after = note_of(sealing.text)
    for span in Public(after, SealedKeys(SCHEMA)).hidden():
        # A text that may be a map is hidden whole; what stands behind its key is what is sealed.
        hidden = span.of(after.text)
        behind = re.sub(r".*[:：]", "", hidden, flags=re.DOTALL)  # a key alone holds nothing
        assert SEALED_REFERENCE.search(hidden) or not re.search(r"\w", behind), hidden


@pytest.mark.parametrize(
    "text",
    [
        b"---\nname: x\nmobile: 138\n---\n",  # no id
        b"---\nid: c1\n---\n{{seal: 1\n",
        b"---\nid: c1\nmobile: 1\n---\n\0",
    ],
)
def test_what_can_not_be_sealed_is_an_error_that_says_where(text: bytes):
    with pytest.raises(CannotSeal) as error:
        sealed(note_of(text))

    assert error.value.values["line"] in (2, 3, 4)


def test_a_file_in_another_encoding_that_holds_a_secret_is_refused():
    data = "---\nid: c1\n手机: 13812345678\n---\n".encode("gb18030")

    with pytest.raises(CannotSeal):
        sealed(note_of(data))
    assert sealed(note_of("---\nid: c1\n---\n你好".encode("gb18030"))).edits == ()


def test_a_value_added_beside_a_sealed_one_is_sealed_alone():
    before = sealed(note_of("---\nid: c1\nmobile: 138\n---\n")).text
    vid = SEALED_REFERENCE.search(before)[1]  # type: ignore[index]

    after = sealed(note_of(before.replace(f"sealed-{vid}\n", f"sealed-{vid}、139\n"))).text

    assert re.search(rf"mobile: sealed-{vid}、sealed-[0-9a-z]{{8}}\n", after)
    assert {value.text for _field, value in opened(note_of(after)).values()} == {"138", "139"}


def test_crlf_and_a_missing_last_line_break_stay():
    text = "---\r\nid: c1\r\nmobile: 138\r\n---\r\n\r\nBody"

    after = sealed(note_of(text)).text

    assert "\n" not in after.replace("\r\n", "")
    assert after.startswith("---\r\nid: c1\r\nmobile: sealed-") and after.endswith("-->")
