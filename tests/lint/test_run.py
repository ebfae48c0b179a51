"""Linting the files of a vault: which are taken, what is odd, and that one at a time is in memory."""

from __future__ import annotations

import os
import sys
from pathlib import Path, PurePosixPath

import pytest

from tests.lint.linting import ALONE, SCHEMA, checker, codes
from tests.lint.whole_vault import linter
from vault_tool.lint.run import Linted, lint_bytes, lint_oddities, lint_paths, targets
from vault_tool.lint.selection import UnknownRule
from vault_tool.notes.note import parse_note
from vault_tool.vault.files import MAX_NOTE_BYTES, digest
from vault_tool.vault.walk import Oddity

GLOBS = ("customers/**/*.md",)
GOOD = "---\nid: {id}\nname: Acme\ntype: enterprise\nstage: lead\nowner: li.na\n---\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for path in ("customers/b.md", "customers/a.md", "customers/north/c.md", "archive/d.md", "README.md"):
        write(tmp_path, path, GOOD.format(id=Path(path).stem))
    return tmp_path


def write(root: Path, path: str, text: str | bytes) -> None:
    place = root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(text.encode() if isinstance(text, str) else text)


def found(root: Path, *wanted: str) -> list[str]:
    return [str(path) for path in targets(root, GLOBS, [PurePosixPath(one) for one in wanted], [])]


def linted(root: Path, *wanted: str) -> list[Linted]:
    oddities: list[Oddity] = []
    paths = targets(root, GLOBS, [PurePosixPath(one) for one in wanted], oddities)
    return [*lint_paths(root, paths, checker()), *lint_oddities(oddities, checker())]


def test_all_customers_are_linted_in_the_order_of_their_paths(root: Path):
    assert found(root) == ["customers/a.md", "customers/b.md", "customers/north/c.md"]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (["customers/b.md"], ["customers/b.md"]),
        (["customers/north"], ["customers/north/c.md"]),
        (["customers/north", "customers/a.md"], ["customers/a.md", "customers/north/c.md"]),
        (["archive"], ["archive/d.md"]),
        (["archive/d.md"], ["archive/d.md"]),
        (["README.md"], []),
        (["README.md", "customers/a.md"], ["customers/a.md"]),
    ],
)
def test_paths_choose_what_is_linted_and_what_is_no_note_is_passed_over(
    root: Path, wanted: list[str], expected: list[str]
):
    assert found(root, *wanted) == expected


def test_the_root_is_everything(root: Path):
    assert found(root, ".") == ["archive/d.md", *found(root)]


def test_a_file_that_goes_away_meanwhile_is_no_finding(root: Path):
    [one] = lint_paths(root, [PurePosixPath("customers/gone.md"), PurePosixPath("customers/a.md")], checker())

    assert one.path == PurePosixPath("customers/a.md") and one.findings == []


@pytest.mark.parametrize("named", [True, False])
def test_a_folder_named_like_a_note_is_a_finding_and_its_notes_are_linted(root: Path, named: bool):
    write(root, "customers/x.md/inner.md", "# no front matter\n")

    found = {
        str(one.path): codes(one.findings) for one in linted(root, *(["customers/x.md"] if named else []))
    }

    assert found["customers/x.md"] == ["FE007"]
    assert found["customers/x.md/inner.md"] == ["FM001"]


@pytest.mark.skipif(sys.platform == "win32", reason="making a symbolic link takes a right there")
@pytest.mark.parametrize("target", ["a.md", "nowhere.md", ".", "link.md", "/etc/hostname"])
@pytest.mark.parametrize("named", [True, False])
def test_a_link_is_a_finding_and_never_followed(root: Path, target: str, named: bool):
    (root / "customers/link.md").symlink_to(target)

    found = {str(one.path): one.findings for one in linted(root, *(["customers/link.md"] if named else []))}

    assert codes(found["customers/link.md"]) == ["FE007"]


def test_a_file_too_large_for_a_note_is_a_finding_and_not_read(root: Path):
    write(root, "customers/log.md", b"x" * (MAX_NOTE_BYTES + 1))

    for one in (linted(root, "customers/log.md"), linted(root)):
        assert [codes(each.findings) for each in one if each.path.name == "log.md"] == [["FE008"]]


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_the_right_to_read_is_a_finding(root: Path):
    (root / "customers/a.md").chmod(0)

    assert codes(linted(root)[0].findings) == ["FE009"]


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="such a name can't be made there")
def test_a_name_that_is_not_utf8_is_a_finding(root: Path):
    Path(os.fsdecode(os.fsencode(root / "customers") + b"/\xff.md")).write_bytes(b"")

    assert ["FE009"] in [codes(one.findings) for one in linted(root)]


def test_oddities_obey_the_selection(root: Path):
    write(root, "customers/x.md/inner.md", GOOD.format(id="x"))
    oddities: list[Oddity] = []
    targets(root, GLOBS, [], oddities)

    assert [one.findings for one in lint_oddities(oddities, checker(ignore=("FE007",)))] == [[]]


def test_a_change_states_the_digest_of_what_was_read():
    data = GOOD.format(id="").replace("id: \n", "").encode()

    one = lint_bytes(PurePosixPath("customers/a.md"), data, digest(data), checker(), "safe")

    assert one.change is not None
    assert one.change.before == digest(data)
    assert one.change.after == data.replace(b"---\n", b"---\nid: c123456789\n", 1)
    assert (one.fixed, one.findings) == (1, [])


@pytest.mark.parametrize("data", [GOOD.format(id="a").encode(), b"", b"# no front matter\n", b"\xff\xfe"])
def test_what_can_not_be_mended_changes_nothing(data: bytes):
    one = lint_bytes(PurePosixPath("customers/a.md"), data, digest(data), checker(), "safe")

    assert one.change is None and one.fixed == 0


def test_a_note_that_stays_unreadable_is_not_written_though_some_of_it_could_be_mended():
    text = "---\n阶段：成交\nindustry: [trade\n---\n2023年1月15日 – 咨询\n"

    one = lint_bytes(PurePosixPath("customers/a.md"), text.encode(), "", checker(), "safe")

    assert one.change is None
    assert {"FM002", "FM004", "EN008"} <= set(codes(one.findings))


def test_another_encoding_is_written_as_utf8_only_when_asked_to_be_unsafe():
    text = "---\n编号: a\n客户名称: 蓝海\n类型: 公司\n阶段: 线索\n负责人: 李娜\n---\n"
    data = text.encode("gb18030")

    safe = lint_bytes(PurePosixPath("customers/a.md"), data, "", checker(), "safe")
    unsafe = lint_bytes(PurePosixPath("customers/a.md"), data, "", checker(), "unsafe")

    assert safe.change is None and codes(safe.findings) == ["FE001"]
    assert unsafe.change is not None and unsafe.change.after == text.encode() and unsafe.findings == []


@pytest.mark.skipif(sys.platform == "win32", reason="making a symbolic link takes a right there")
@pytest.mark.parametrize(
    "wanted",
    [
        [],
        ["."],
        ["customers/b.md"],
        ["customers/north"],
        ["customers/north", "customers/a.md"],
        ["archive"],
        ["archive/d.md", "README.md"],
        ["customers/x.md"],
        ["customers/link.md"],
        ["customers/log.md", "customers/nowhere.md"],
    ],
)
def test_the_whole_linter_takes_the_same_notes_and_finds_the_same_oddities(
    root: Path, tmp_path_factory: pytest.TempPathFactory, wanted: list[str]
):
    write(root, "customers/x.md/inner.md", "# no front matter\n")
    write(root, "customers/log.md", b"x" * (MAX_NOTE_BYTES + 1))
    (root / "customers/link.md").symlink_to("a.md")
    (root / "archive/link.md").symlink_to("d.md")
    state = tmp_path_factory.mktemp("state")

    for _ in range(2):
        run = linter(root, state, settings=ALONE).lint([PurePosixPath(one) for one in wanted])
        assert [(one.path, [code for code in codes(one.findings) if code != "LK003"]) for one in run] == [
            (one.path, codes(one.findings))
            for one in sorted(linted(root, *wanted), key=lambda one: one.path.suffix == "" or is_odd(one))
        ]


def is_odd(one: Linted) -> bool:
    return bool({"FE007", "FE008", "FE009"} & set(codes(one.findings)))


def test_an_unknown_rule_is_an_error_whatever_is_kept(root: Path, tmp_path_factory: pytest.TempPathFactory):
    state = tmp_path_factory.mktemp("state")
    list(linter(root, state).lint())

    for _ in range(2):
        with pytest.raises(UnknownRule):
            next(linter(root, state, "FM999").lint())


def test_what_is_selected_is_kept_beside_the_rest(root: Path, tmp_path_factory: pytest.TempPathFactory):
    state = tmp_path_factory.mktemp("state")
    write(root, "customers/b.md", "# no front matter\n")

    found = [
        [codes(one.findings) for one in linter(root, state, select).lint()] for select in ("FM", "LK") * 2
    ]

    assert found == [[[], ["FM001"], []], [["LK003"], [], ["LK003"]]] * 2


def test_an_id_is_made_of_the_vault_and_the_path_and_is_nobody_elses(
    root: Path, tmp_path_factory: pytest.TempPathFactory
):
    state = tmp_path_factory.mktemp("state")
    write(root, "customers/b.md", GOOD.replace("id: {id}\n", ""))
    wanted = [PurePosixPath("customers/b.md")]
    [shown] = linter(root, state).lint(wanted, "safe")
    [again] = linter(root, state).lint(wanted, "safe")
    assert shown.change and again.change and shown.change.after == again.change.after
    taken = str(parse_note(shown.path, shown.after, SCHEMA).id)

    write(root, "customers/a.md", GOOD.format(id=taken))
    [other] = linter(root, state).lint(wanted, "safe")

    assert str(parse_note(other.path, other.after, SCHEMA).id) not in (taken, "None")
