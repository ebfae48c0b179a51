"""Sealed values that two people changed at once: what isn't shown stays whole, bound and unread."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from tests.cli.vaults import make_vault
from tests.conftest import VaultRun
from tests.sealing.sealing import VAULT, opened, sealed
from tests.sealing.team import tokens
from tests.sync.clones import Person, colleague, person, server, until_quiet
from vault_tool.merge.conflicts import open_conflicts, plan_resolution
from vault_tool.notes.note import Note, parse_note
from vault_tool.notes.text import apply_edits
from vault_tool.schema import load_schema
from vault_tool.sealing.gate import Gate, Kind
from vault_tool.sealing.seal import CannotSeal
from vault_tool.vault.public import SealedKeys, masked_text
from vault_tool.vault.settings import Settings

SCHEMA = load_schema()
PATH = PurePosixPath("customers/王五.md")
WANG = """---
id: c000000001
名称: 王五
type: person
stage: lead
owner: li.na
手机: 13800000001
---

# 王五

## 2026-11-02 电话

微信:: wang-one
底价 {{seal finance: 65 万}}，月底定。
"""


@pytest.fixture
def two(tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun) -> tuple[Person, Person]:
    """Li Na and Zhang Wei, who can both open what is sealed."""
    li = person(tmp_path / "li", clean_env, vault_run, {"王五.md": WANG})
    server(tmp_path / "server.git", li)
    li.sync()
    zhang = colleague(li, tmp_path / "zhang", vault_run)
    assert zhang.vault("key", "new").status == 0
    [public] = Path(zhang.env["VAULT_NOTES_HOME"]).rglob("me.pub")
    ran = li.vault("access", "invite", "zhang.wei", public.read_text("utf-8").strip(), "--role", "sales")
    assert ran.status == 0, ran
    until_quiet(li, zhang)
    assert zhang.vault("access", "accept").status == 0
    until_quiet(li, zhang)
    assert "1380000" not in li.read("王五.md")
    return li, zhang


def change(one: Person, pattern: str, new: str) -> None:
    text, count = re.subn(pattern, new, one.read("王五.md"))
    assert count == 1
    one.write("王五.md", text)


def meet(*people: Person) -> None:
    """Have everybody sync until nobody has anything new, whatever is open then."""
    for _round in range(len(people) + 1):
        for one in people:
            ran = one.vault("sync")
            assert ran.status in (0, 5) and "held back" not in ran.out + ran.err, ran


def check(*people: Person) -> str:
    """Check that nothing is broken, held back or in plain for anybody; return the note, which all have."""
    [text] = {one.read("王五.md") for one in people}
    for one in people:
        [first] = one.git("rev-list", "--max-parents=0", "HEAD").split()
        for words in (("verify",), ("ci", f"{first}..HEAD"), ("seal", "--check")):
            ran = one.vault(*words)
            assert ran.status == 0, (words, ran)
        assert "held back" not in one.vault("status").out
        one.check()
    assert set(tokens(text)) == set(re.findall(r"sealed-(\w{8})", text))
    return text


def conflicts(one: Person) -> list[dict[str, Any]]:
    """What `vault conflicts` tells a program."""
    found: list[dict[str, Any]] = one.vault("conflicts", "--json").json["conflicts"]
    return found


def test_a_sealed_field_with_two_values_is_whole_in_both_clones(two: tuple[Person, Person]):
    li, zhang = two
    change(li, "手机: .*", "手机: 13911111111")
    change(zhang, "手机: .*", "手机: 13922222222")
    meet(li, zhang)
    text = check(li, zhang)

    for one in two:
        [conflict] = conflicts(one)
        assert (conflict["field"], conflict["sealed"], conflict["equal"]) == ("mobile", True, False)
        assert "1391111" not in one.vault("conflicts").out + one.vault("show", "王五").out
    [other] = re.findall(r"other: sealed-(\w+)", text)
    shown = re.search(r"手机: sealed-(\w+)", text)
    assert shown is not None and shown[1] != other
    revealed = li.vault("show", "王五", "--reveal", "mobile").out
    assert ("1391111" in revealed) != ("1392222" in revealed)

    assert li.vault("resolve", "王五", "--take", "2").status == 0
    meet(li, zhang)
    text = check(li, zhang)
    assert f"手机: sealed-{other}\n" in text and shown[1] not in text
    assert [conflicts(one) for one in two] == [[], []]
    assert li.vault("show", "王五", "--reveal", "mobile").out != revealed


def test_one_number_from_two_people_settles_by_itself(two: tuple[Person, Person]):
    li, zhang = two
    for one in two:
        change(one, "手机: .*", "手机: 13911111111")
    meet(li, zhang)
    check(li, zhang)
    assert [conflict["equal"] for one in two for conflict in conflicts(one)] == [True, True]
    assert zhang.vault("resolve").status == 0
    meet(li, zhang)
    assert "vault_conflicts" not in check(li, zhang)
    assert "13911111111" in li.vault("show", "王五", "--reveal", "mobile").out


def test_an_entry_with_sealed_words_that_both_changed(two: tuple[Person, Person]):
    li, zhang = two
    for one, wechat, floor in ((li, "li-has-it", "61 万"), (zhang, "zhang-has-it", "62 万")):
        change(one, r"微信:: .*\n底价 .*", f"微信:: {wechat}\n底价 {{{{seal: {floor}}}}}，月底。")
    meet(li, zhang)
    text = check(li, zhang)
    assert "> 微信:: sealed-" in text and len(tokens(text)) == 5
    for one in two:
        [conflict] = conflicts(one)
        assert conflict["field"] is None
    both = li.vault("show", "王五", "--reveal").out
    for said in ("li-has-it", "zhang-has-it", "61 万", "62 万"):
        assert said in both, said
        assert said not in li.vault("show", "王五").out

    assert zhang.vault("resolve", "王五", "--take", "2").status == 0
    meet(li, zhang)
    assert len(tokens(check(li, zhang))) == 3
    left = li.vault("show", "王五", "--reveal").out
    assert ("li-has-it" in left) != ("zhang-has-it" in left)
    assert ("61 万" in left) != ("62 万" in left)


def test_new_keys_seal_what_an_open_conflict_keeps_as_well(two: tuple[Person, Person]):
    li, zhang = two
    for one, number in ((li, 1), (zhang, 2)):
        change(one, "手机: .*", f"手机: 1390000000{number}")
        change(one, "微信:: .*", f"微信:: we-{number}")
    meet(li, zhang)
    before = check(li, zhang)
    assert len(conflicts(li)) == 2

    assert li.vault("access", "revoke", "zhang.wei").status == 0
    assert li.vault("rekey").status == 0
    meet(li)
    after = check(li)
    was, now = tokens(before), tokens(after)
    assert was.keys() == now.keys()
    stays = [vid for vid in was if was[vid] == now[vid]]
    assert [re.search(rf"底价 sealed-{vid}", after) is not None for vid in stays] == [True]  # finance
    assert len({token.split(".")[2] for vid, token in now.items() if vid not in stays}) == 1
    numbers = li.vault("show", "王五", "--reveal", "mobile").out
    assert li.vault("resolve", "王五", "--field", "mobile", "--take", "2").status == 0
    assert li.vault("show", "王五", "--reveal", "mobile").out != numbers


# --- in plain ----------------------------------------------------------------------------------------------

PLAIN = """---
id: c000000001
名称: 蓝海
type: enterprise
手机: 13800000001
电话: 0755-1
联系人:
  - 姓名: 王总
    手机: 13800000002
  - id: k1
    姓名: 刘姐
    手机: 13800000003
vault_conflicts:
  - field: contacts[王总].mobile
    other: 13900000002  # the old one
  - field: contacts[gone].wechat
    other: 13900000004
  - field: contacts[k1].mobile
    other: [13900000003, '13900000005']
  - field: contacts[刘姐]
    other: {姓名: 刘姐, 手机: 13900000006}
  - field: mobile
    other: 13900000001
  - field: phone
    other: 0755-2
---

> [!conflict]
> ---
> id: c000000001
> type: enterprise
> 手机: 13900000007
> 银行账号:
>   - 13900000008
>   - 13900000009
> 电话: 0755-3
> ---

## 2026-11-02 电话

微信:: 13800000010

> [!conflict]
> ## 2026-11-02 电话
>
> 底价 {{seal finance: 13900000011
> 起}}，月底。
> 微信:: 13900000010
"""
SECRET = re.compile(r"13[89]0000\d{4}")
FIELDS = {
    "13900000001": "mobile",
    "13900000002  # the old one": "contacts[].mobile",
    "13900000003": "contacts[k1].mobile[]",
    "13900000004": "contacts[].wechat",
    "13900000005": "contacts[k1].mobile[]",
    "13900000006": "contacts[].mobile",
    "13900000007": "mobile",
    "13900000008": "bank_account[]",
    "13900000009": "bank_account[]",
    "13900000010": "entry.wechat",
    "13900000011\n起": "text",
}

newlines = pytest.mark.parametrize("newline", ["\n", "\r\n"])


def note_of(text: str) -> Note:
    return parse_note(PATH, text, SCHEMA)


@newlines
def test_what_conflicts_keep_in_plain_is_sealed_in_its_place(newline: str):
    plan = sealed(note_of(PLAIN.replace("\n", newline)))
    assert not SECRET.search(plan.text)
    after = note_of(plan.text)
    said = {value.text: field for field, value in opened(after).values()}
    assert {text: field for text, field in said.items() if not text.startswith("138")} == FIELDS
    assert sealed(after).values == ()
    text = re.sub(r"sealed-\w{8}", "S", plan.text[: after.content_end]).replace(newline, "\n")
    assert "  - field: contacts[k1].mobile\n    other: [S, S]\n" in text
    assert "> 手机: S\n> 银行账号:\n>   - S\n>   - S\n> 电话: 0755-3\n> ---\n" in text
    assert "> 底价 S，月底。\n> 微信:: S\n" in text


@newlines
def test_git_gets_none_of_it(newline: str):
    text = PLAIN.replace("\n", newline)
    gate = Gate(Settings(VAULT), SCHEMA)
    found = gate.check(PATH, text.encode())
    lines = [number for number, line in enumerate(text.splitlines(), 1) if SECRET.search(line)]
    assert sorted({each.line for each in found}) == lines
    assert {each.kind for each in found} == {Kind.PLAIN, Kind.MARK}
    plan = sealed(note_of(text))
    assert gate.check(PATH, plan.text.encode()) == []
    broken = plan.text.replace("> 微信:: sealed-", "> 手机:: sealed-")
    assert [each.kind for each in gate.check(PATH, broken.encode())] == [Kind.BROKEN]


@pytest.mark.parametrize(
    "kept",
    [
        "vault_conflicts:\n  - field: mobile\n    other: 13900000001\n---\n",
        "---\n\n> [!conflict]\n> 微信:: 13900000001\n",
    ],
)
def test_a_note_with_nothing_else_to_seal_is_looked_at(kept: str):
    text = f"---\nid: c000000001\ntype: person\n{kept}"
    found = Gate(Settings(VAULT), SCHEMA).check(PATH, text.encode())
    assert [each.kind for each in found] == [Kind.PLAIN]


@newlines
def test_none_of_it_is_shown(newline: str):
    shown = masked_text(note_of(PLAIN.replace("\n", newline)), SealedKeys(SCHEMA), "***")
    assert not SECRET.search(shown)
    for said in ("0755-1", "0755-2", "刘姐", "月底"):
        assert said in shown, said


def test_what_was_sealed_in_a_conflict_settles_as_any_other():
    note = note_of(sealed(note_of(PLAIN)).text)
    while found := open_conflicts(note):
        note = note_of(apply_edits(note.text, plan_resolution(note, found[0], "shown")))
    assert {field for field, _ in opened(note).values()} == {
        "mobile",
        "contacts[].mobile",
        "contacts[k1].mobile",
        "entry.wechat",
    }


def test_a_mark_left_open_in_a_block_is_told_and_sealed_by_nobody():
    text = PLAIN.replace("起}}", "起")
    found = Gate(Settings(VAULT), SCHEMA).check(PATH, text.encode())
    assert found[-1].kind is Kind.MARK
    with pytest.raises(CannotSeal):
        sealed(note_of(text))


def test_no_command_shows_any_of_it(tmp_path: Path, vault_run: VaultRun, clean_env: dict[str, str]):
    root = make_vault(tmp_path / "v", {"蓝海.md": PLAIN})
    for words in (
        ("show", "蓝海"),
        ("show", "蓝海", "--json"),
        ("search", "月底"),
        ("search", "银行账号", "--json"),
        ("search", "微信"),
        ("list", "--json"),
        ("lint",),
        ("lint", "--diff"),
        ("conflicts",),
        ("conflicts", "--json"),
    ):
        ran = vault_run(*words, cwd=root)
        assert not SECRET.search(ran.out + ran.err), (words, ran)
    kept = [path for path in Path(clean_env["VAULT_NOTES_HOME"]).rglob("*") if path.is_file()]
    assert kept
    for path in kept:
        data = path.read_bytes()
        assert not SECRET.search(data.decode("latin-1")), path
