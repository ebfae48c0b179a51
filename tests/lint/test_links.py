"""Which customer a link means, who is whose duplicate, and what is nobody's business."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from tests.lint.linting import checker, codes, customers_of, note_of
from tests.lint.whole_vault import TEAM, note
from vault_tool.lint.cards import CardMaker
from vault_tool.lint.customers import KnownCustomers
from vault_tool.lint.report import render_message


def known(**notes: str) -> KnownCustomers:
    """Return customers by their files' names."""
    return customers_of(
        [note_of(text, PurePosixPath(f"customers/{stem}.md")) for stem, text in notes.items()]
    )


def links(body: str, *others: str, head: str = "") -> list[str]:
    """Return what LK rules say of a body among customers of these names."""
    own = note_of(note("c0", "自己", *filter(None, [head]), body=body))
    cards = [
        note_of(note(f"c{number}", name), PurePosixPath(f"customers/{number}.md"))
        for number, name in enumerate(others, 1)
    ]
    found = checker("LK", customers=customers_of([own, *cards]), team=TEAM).check(own)
    return [f"{finding.code} {render_message(finding)}" for finding in found]


@pytest.mark.parametrize(
    "link",
    [
        "c1",
        "C1",
        "蓝海",
        "藍海",
        "ｌａｎｈａｉ",
        "Lanhai",
        "lanhai",
        "customers/lanhai",
        "./customers/lanhai.md",
        "青洲",
    ],
)
def test_a_link_means_whom_any_command_would_take_it_for(link: str):
    customers = known(lanhai=note("c1", "蓝海", "aliases: [青洲]"), other=note("c2", "绿洲"))

    assert customers.unclear(link) is None


def test_who_is_at_work_is_meant_before_who_was_put_away_and_an_id_before_a_name():
    at_work = note_of(note("c1", "王伟"), PurePosixPath("customers/a.md"))
    archived = note_of(note("c2", "王伟"), PurePosixPath("archive/b.md"))
    called_so = note_of(note("c3", "c1"), PurePosixPath("customers/c.md"))

    assert customers_of([at_work, archived, called_so]).unclear("王伟") is None
    assert customers_of([archived]).unclear("王伟") is None
    assert customers_of([at_work, called_so]).unclear("c1") is None
    assert customers_of([at_work, called_so]).unclear("c4") == ()


def test_several_of_one_name_are_told_in_order():
    customers = known(b=note("c1", "王伟"), a=note("c2", "王伟"), c=note("c3", "王五", "aliases: [王伟]"))

    assert customers.unclear("王伟") == ("customers/a.md", "customers/b.md", "customers/c.md")


@pytest.mark.parametrize(
    ("link", "nearest"),
    [
        ("杭州蓝海", "杭州蓝海贸易有限公司"),
        ("藍海貿易", "杭州蓝海贸易有限公司"),
        ("云帆工县", "云帆工具"),
        ("云帆具", "云帆工具"),
        ("云帆具工", "云帆工具"),
        ("云帆的工具", "云帆工具"),
        ("customers/云帆工县.md", "云帆工具"),
        ("acmee", "Acme"),
        ("周小漫", None),  # 周小满 or 周小曼
        ("周小", None),
        ("李默", None),
        ("没有的公司", None),
        ("王", None),
    ],
)
def test_the_nearest_name_is_one_slip_or_a_part_away_and_nobody_elses(link: str, nearest: str | None):
    names = ["杭州蓝海贸易有限公司", "云帆工具", "Acme", "周小满", "周小曼", "李四"]
    customers = known(**{f"x{number}": note(f"c{number}", name) for number, name in enumerate(names)})

    assert customers.nearest(link) == nearest


@pytest.mark.parametrize(
    "body",
    [
        "[[蓝海]] [[蓝海#报价]] [[蓝海^abc]] [[蓝海|他]] [[自己]] [[ 蓝海 ]]",
        "| [[蓝海\\|他]] |",
        "[[合同.pdf]] ![[门店.png]] ![[没有]] [[attachments/c1/a.docx]]",
        "[[https://example.com]] [[mailto:a@example.com]] [[#标题]]",
        "`[[没有]]`\n\n```\n[[没有]]\n```\n\n<!-- [[没有]] -->",
        "{{seal: [[没有]]}} {{封存: 见 [[没有|他]] }}",
    ],
)
def test_what_is_no_broken_link_is_left_alone(body: str):
    assert links(body, "蓝海") == []


@pytest.mark.parametrize(
    ("head", "found"),
    [
        ('referred_by: "[[蓝海]]"', []),
        ("referred_by: [[蓝海]]", []),
        ("referred_by: 一个朋友", []),
        ('referred_by: "[[没有]]"', ["LK001 No customer is called 没有"]),
        ('referred_by: "{{seal: [[没有]]}}"', []),
    ],
)
def test_links_in_fields_are_links_and_a_bare_name_is_a_name(head: str, found: list[str]):
    assert links("", "蓝海", head=head) == found


def test_a_link_never_tells_a_telephone_number():
    assert links("[[13812345678]] 和 [[王总 13812345678]]") == []


FIRST = note("c1", "杭州蓝海贸易有限公司", "credit_code: 91330100MA2GAMPLE1", "phone: 0571-55550101")


@pytest.mark.parametrize(
    ("other", "sign"),
    [
        (note("c1", "绿洲"), "id"),
        (note("c2", "绿洲", "credit_code: 9133 0100 MA2G AMPLE1"), "code"),
        (note("c2", "杭州藍海貿易　有限公司"), "name"),
        (note("c2", "杭州蓝海贸易（有限公司）"), "name"),
        (note("c2", "绿洲", "phone: +86 571 5555 0101"), "phone"),
        (note("c2", "绿洲", "phone: 0571-55550102"), None),
        (note("c2", "绿洲", "phone: 0571-55550101", "credit_code: 91330100MA2GAMPLE2"), None),
        (note("c2", "杭州蓝海贸易有限公司", "region: 上海"), "name"),
        (note("c2", "杭州蓝海贸易有限公司", "credit_code: 91330100MA2GAMPLE2"), None),
        (note("c2", "杭州蓝海贸易有限公司", type="person"), None),
        (note("c2", "杭州蓝海贸易有限公司", type="partner"), None),
        (note("c2", "绿洲", "aliases: [杭州蓝海贸易有限公司]"), None),
        (note("c2", "绿洲", "phone: sealed-7q2m9xk4"), None),
    ],
)
def test_two_notes_of_one_customer_are_told_by_a_sign(other: str, sign: str | None):
    customers = known(a=FIRST, b=other)

    assert customers.twin("customers/a.md") == ((sign, "customers/b.md") if sign else None)
    assert customers.twin("customers/b.md") == ((sign, "customers/a.md") if sign else None)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (note("c1", "王伟", type="person"), note("c2", "王伟", type="person")),
        (note("c1", "云帆", "region: 杭州"), note("c2", "云帆", "region: 上海")),
        (note("c1", "云帆", "phone: 400-800-8888"), note("c2", "云海", "phone: 4008008888")),
        (note("c1", "云帆", "phone: 12345"), note("c2", "云海", "phone: 12345")),
        ("没有前置信息\n", "没有前置信息\n"),
        (note("c1", "某某", type="不知道"), note("c2", "某某", type="不知道")),
    ],
)
def test_namesakes_branches_and_hot_lines_are_no_duplicates(one: str, other: str):
    assert known(a=one, b=other).twin("customers/a.md") is None


def test_who_was_put_away_is_found_by_the_code_and_not_by_the_name():
    archived = note_of(FIRST, PurePosixPath("archive/a.md"))
    by_name = note_of(note("c2", "杭州蓝海贸易有限公司"), PurePosixPath("customers/b.md"))
    by_code = note_of(note("c3", "蓝海", "credit_code: 91330100MA2GAMPLE1"), PurePosixPath("customers/c.md"))

    assert customers_of([archived, by_name]).twin("customers/b.md") is None
    assert customers_of([archived, by_code]).twin("customers/c.md") == ("code", "archive/a.md")


def test_paths_that_are_one_to_some_systems_collide():
    paths = [
        "customers/Acme.md",
        "customers/acme.md",
        "customers/caf\u00e9.md",
        "customers/cafe\u0301.md",
        "customers/b.md",
    ]
    customers = customers_of([note_of("", PurePosixPath(path)) for path in paths])

    assert customers.collisions("customers/acme.md") == ("customers/Acme.md",)
    assert customers.collisions("customers/caf\u00e9.md") == ("customers/cafe\u0301.md",)
    assert customers.collisions("customers/b.md") == ()


@pytest.mark.parametrize(
    ("owner", "found"),
    [
        ("li.na", []),
        ("李娜", []),
        ("@娜姐", []),
        ("李娜、张伟", []),
        ("li.na/zhang.wei", []),
        ("sealed-7q2m9xk4", []),
        ("li.an", ["LK004"]),
        ("李娜、老周、小吴", ["LK004", "LK004"]),
    ],
)
def test_owners_are_of_the_team(owner: str, found: list[str]):
    text = note("c1", "蓝海").replace("owner: li.na", f'owner: "{owner}"')

    assert codes(checker("LK004", team=TEAM).check(note_of(text))) == found
    assert codes(checker("LK004").check(note_of(text))) == []  # of a vault without people nothing is known


def test_each_stranger_is_told_of_once_in_a_note():
    body = "## 2026-11-20 电话 @老周\n\n销售:: 老周\n\n## 2026-11-18 电话 @老周\n\nx\n"

    assert codes(checker("LK004", team=TEAM).check(note_of(note("c1", "蓝海", body=body)))) == ["LK004"]


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ("---\nid: c9\nname: 蓝海\nowner: li.na\nstage: won\n---\n".encode("gb18030"), "蓝海"),
        ("---\nid: c9\nname: 蓝海\nowner: li.na\nstage: won\n---\n".encode() + b"\xff\xff\x81", "蓝海"),
        (b"---\nid: c9\nname: lan\x00hai\nowner: li.na\nstage: won\n---\n", None),
    ],
)
def test_of_bytes_that_are_no_clean_text_a_card_has_no_more_than_a_legible_name(
    data: bytes, name: str | None
):
    one = note_of(data)
    card = CardMaker(TEAM, b"secret").card_of(one)

    assert one.problem is not None
    assert (card.owner, card.stage, card.type, card.region, card.signs) == (None,) * 4 + ((),)
    assert card.names == ((name,) if name else ()) and "acme" in card.folded
