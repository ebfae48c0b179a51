"""The privacy rules: whose number it is decides, and nothing that is printed holds a secret."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cli.vaults import make_vault
from tests.conftest import VaultRun
from tests.lint.linting import check, checker, codes, note_of
from vault_tool.cli.width import width
from vault_tool.lint import report
from vault_tool.lint.check import Checker
from vault_tool.lint.finding import Finding, Severity
from vault_tool.lint.mend import mend
from vault_tool.lint.selection import select_rules
from vault_tool.vault.settings import LintSettings

# Not the number of the manuals, which SARIF holds.
PHONE, LANDLINE, MAIL = "13987654321", "0571-88886666", "wang.li@example.com"
FRONT = "---\nid: a\nname: acme\ntype: {type}\nstage: lead\nowner: c\n{front}---\n{body}"


def note(front: str = "", body: str = "", type: str = "enterprise") -> str:
    return FRONT.format(front=front, body=body, type=type)


def sealing(*select: str) -> Checker:
    """Return a checker of a vault that has keys."""
    made = checker(*select)
    return Checker.of(select_rules(LintSettings(), select), replace(made.context, seals=True))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (note(f"phone: {LANDLINE}\nemail: {MAIL}\n"), []),
        (note(f"phone: {PHONE}\n"), []),
        (note(f"phone: {LANDLINE}\n", body=f"call 0571 8888 6666, {LANDLINE}\n"), []),
        (note(f"contacts:\n  - {{name: x, email: {MAIL}}}\n", body=f"write to {MAIL}\n"), []),
        (note(f"source: {PHONE}\n"), ["PV003"]),
        (note(f"# {PHONE}\n"), ["PV003"]),
        (note(f"stge: {PHONE}\n"), ["PV003"]),
        (note(f"contacts:\n  - 王总 采购 {PHONE}\n"), ["PV003"]),
        (note("credit_code: 91330100DEM000110J\n"), []),
        (note("税号: 11010519491231002X\n"), ["PV002"]),
    ],
)
def test_a_company_may_have_its_own_numbers_in_their_fields(text: str, expected: list[str]):
    assert codes(check(text, "PV")) == expected


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        (
            note(f"phone: {LANDLINE}\nemail: {MAIL}\naddress: 1 Dock Road\n", type="person"),
            ["phone", "email", "address"],
        ),
        (note(f"mobile: {PHONE}\n"), ["mobile"]),
        (note(f"mobile: '{{{{seal: {PHONE}}}}}'\nwechat: sealed-7q2m9xk4\nbank_account:\n"), []),
        (note(f"mobile: sealed-7q2m9xk4, {PHONE}\n"), ["mobile"]),
        (note(f"mobile: [sealed-7q2m9xk4, {PHONE}]\n"), ["mobile"]),
        (
            note(f"联系人:\n  - 姓名: 王总\n    手机: {PHONE}\n  - {{姓名: 刘姐, 手机: {PHONE}}}\n"),
            ["手机", "手机"],
        ),
        (note(f"联系人:\n  - 姓名: 王总\n    电话: {LANDLINE}\n"), []),
        (
            note(f"credit-limit: 80000 CNY\nmobile: {PHONE}\nmobile: {PHONE}\n"),
            ["credit-limit", "mobile", "mobile"],
        ),
        (note(f"phone: {LANDLINE}\n", type="nobody knows"), ["phone"]),
        # To YAML it is a comment, to who typed it a value; with a blank it is a hint what to fill in.
        (note(f"mobile: #{PHONE}\n"), ["mobile"]),
        (note("mobile:  # eleven digits\n"), []),
    ],
)
def test_in_a_vault_with_keys_every_plain_value_of_a_sealed_field_is_an_error(text: str, keys: list[str]):
    found = [one for one in sealing("PV008").check(note_of(text)) if one.code == "PV008"]

    assert [one.values["key"] for one in found] == keys
    assert {one.severity for one in found} <= {Severity.ERROR}


def test_without_keys_there_is_one_hint_a_note_and_the_settings_have_the_last_word():
    text = note(f"mobile: {PHONE}\nwechat: lanhai\n")

    assert [(one.code, one.severity) for one in check(text, "PV")] == [("PV008", Severity.INFO)]
    assert check(text, "PV", severity={"PV008": "error"})[0].severity is Severity.ERROR


def test_a_sealed_field_is_told_of_once():
    assert codes(sealing("PV").check(note_of(note(f"mobile: {PHONE}\n")))) == ["PV008"]


@pytest.mark.parametrize(
    ("body", "after"),
    [
        (f"王总{PHONE}。\n", f"王总{{{{seal: {PHONE}}}}}。\n"),
        (f"- 王总 {PHONE} `{PHONE}`\n", f"- 王总 {{{{seal: {PHONE}}}}} `{{{{seal: {PHONE}}}}}`\n"),
        (f"[[{PHONE}]]\n", f"[[{PHONE}]]\n"),
        (f"```\n{PHONE}\n```\n", f"```\n{PHONE}\n```\n"),
        (f"<!-- {PHONE} -->\n", f"<!-- {PHONE} -->\n"),
        (f"发到 {MAIL}\n", f"发到 {MAIL}\n"),
    ],
)
def test_an_unsafe_fix_marks_it_to_be_sealed_where_that_can_stand(body: str, after: str):
    check_privacy = checker("PV").check
    source = note_of(note(body=body))

    mended = mend(source, check_privacy(source), check_privacy, unsafe=True)

    assert mended.note.text == note(body=after)
    assert mend(source, check_privacy(source), check_privacy).note.text == source.text


def test_a_field_is_never_mended_by_a_mark():
    """`{{` begins a map in YAML: the mark would break what it is to protect."""
    [finding] = check(note(f"source: {PHONE}\n"), "PV003")

    assert finding.fix is None


# --- nothing shows it

SECRETS = {
    PHONE: ["王总{}", "电话：{}", "## 2026-11-20 电话 {}", "[[{}]]", "金额:: {}", "<!-- {} -->", "2023/1/15 打{}", "| {} |"],
    "138-0013-8000": ["王总 {} 和 {}", "`{}`"],
    "11010519491231002X": ["身份证{}", "见{}。", "{}:: x"],
    "6222020000000000000": ["卡号 {}", "{}"],
    "L8anhai#6": ["密码：{}", "后台口令 {}，别外传"],
    "DE89 3704 0044 0532 0130 00": ["IBAN {}"],
    "AKIAIOSFODNN7EXAMPLE": ["用 {} 登录", "```\n{}\n```"],
    MAIL: ["发到{}，抄送", "[[mailto:{}]]"],
    "E00000000": ["护照 {}"],
}  # fmt: skip
IN_FRONT = [
    "source: {}",
    "type: {}",
    "stge: {}",
    "{}: x",
    "tags: [{}, '#{}']",
    "next: 2026/1/5 {}",
    "owner: @{}",
    "industry: {}: {}",
    "# {}",
    "{} x",
]
BODY_FLAWS = [
    "2023/1/15 咨询",
    "## 20260806 邮件",
    "## 2027-01-01",
    "金额:: 很多",
    "a\tb",
    "明天再谈",
    "在咨询过程中表现出兴趣",
]


@st.composite
def telling(draw: st.DrawFn) -> tuple[str, str]:
    """A secret and a note that has it in several places, amid flaws that quote what stands there."""
    secret = draw(st.sampled_from(list(SECRETS)))
    # Where it is only ever written as an amount of money, it is one.
    telling = [line for line in SECRETS[secret] if not line.startswith("金额")]
    lines = [draw(st.sampled_from(telling)), *draw(st.lists(st.sampled_from(SECRETS[secret]), max_size=2))]
    lines = [line.replace("{}", secret) for line in lines]
    for flaw in draw(st.lists(st.sampled_from(BODY_FLAWS), max_size=3)):
        lines.insert(draw(st.integers(0, len(lines))), flaw)
    if draw(st.booleans()):
        at = draw(st.integers(0, len(lines) - 1))
        lines[at] += "".join(
            draw(
                st.lists(
                    st.sampled_from(["\t", " <!-- vault: ignore[ZZ9] -->", " " * 30, "长" * 50]), max_size=2
                )
            )
        )
    front = "".join(
        line.replace("{}", secret) + "\n"
        for line in draw(st.lists(st.sampled_from(IN_FRONT), max_size=2))
        if secret not in ("L8anhai#6", "E00000000")
    )
    text = note(front=front, body="\n".join(lines) + "\n")
    return secret, text.replace("\n", draw(st.sampled_from(["\n", "\r\n"])))


def printed(finding: Finding) -> list[str]:
    shown = [report.text_line(finding), report.concise_line(finding), str(report.finding_document(finding))]
    return [*shown, *report.excerpt(finding, width, 60), *report.excerpt(finding, width, 200)]


@given(telling())
def test_no_output_shows_a_secret_of_a_note(made: tuple[str, str]):
    secret, text = made

    for finding in check(text, "all"):
        for line in printed(finding):
            assert secret not in line
            assert secret.replace("-", "").replace(" ", "") not in line


def test_what_another_rule_quotes_is_masked_to_its_last_digit_even_cut_short():
    long = "x" * 33 + f" {PHONE} and more than fits"

    for finding in check(note(f"importance: {long}\n"), "all"):
        assert all(PHONE[:5] not in line for line in printed(finding))


def test_the_masks_stand_whichever_rules_are_on():
    [finding] = check(note(body=f"2023/1/15 打{PHONE}\n"), "EN008")

    assert PHONE not in finding.excerpt and "•" * 11 in finding.excerpt


@pytest.mark.parametrize("form", ["text", "concise", "json", "github", "sarif"])
def test_no_format_of_the_command_nor_its_cache_holds_a_secret(
    form: str, tmp_path: Path, vault_run: VaultRun, clean_env: dict[str, str]
):
    text = note(f"source: {PHONE}\n", body=f"## 2026/1/5 电话 {PHONE}\n\n密码：Geh3im#x9，{PHONE}\n")
    root = make_vault(tmp_path / "v", {"acme.md": text})

    result = vault_run("-C", str(root), "lint", "--format", form, "--select", "all")

    assert "PV003" in result.out
    kept = [path.read_bytes() for path in Path(clean_env["HOME"]).rglob("*") if path.is_file()]
    assert kept
    for data in [result.out.encode(), result.err.encode(), *kept]:
        assert PHONE.encode() not in data and b"Geh3im#x9" not in data


def test_in_a_vault_without_keys_plain_values_are_one_hint_for_all(tmp_path: Path, vault_run: VaultRun):
    plain = "---\n编号: {id}\n客户名称: {id}\n类型: 企业客户\n业务阶段: 潜在客户\n负责人: 李娜\n手机: 13987654321\n---\n"
    root = make_vault(
        tmp_path / "v", {f"{id}.md": plain.replace("{id}", id) for id in ("c000000001", "c000000002")}
    )

    usual = vault_run("-C", str(root), "lint", "--ignore", "TM,EN,CC")
    asked = vault_run("-C", str(root), "lint", "--select", "PV008")

    assert "PV008" not in usual.out and "2 notes hold values that can be sealed" in usual.err
    assert asked.out.count("PV008") == 2 and usual.status == asked.status == 0


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("phone: 0571-55550118 # 密码：ab12cd34", "PV001"),
        ("phone: 0571-55550118 / 6222020000000000000", "PV004"),
        ("phone: 11010519491231002X", "PV002"),
        ("email: info@example.com # password: ab12cd34", "PV001"),
        ("credit_code: AKIA0000000000000000", "PV006"),
    ],
)
def test_a_field_that_holds_more_than_its_own_is_looked_at(line: str, code: str):
    assert code in codes(check(f"---\nid: c1\nname: A\ntype: enterprise\n{line}\n---\n", "PV"))
