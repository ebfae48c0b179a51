"""A second run finds what a first one would, whatever happened in between, and looks at no more than it must."""

from __future__ import annotations

import os
import shutil
from datetime import date, timedelta
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.lint.linting import TODAY
from tests.lint.whole_vault import TEAM, expected, linter, note, places, rows, write
from vault_tool.lint import parallel
from vault_tool.lint.cache import CACHE_NAME, SECRET_NAME
from vault_tool.lint.finding import Mending
from vault_tool.lint.linter import Linter
from vault_tool.lint.tasks import ToDo
from vault_tool.vault import compare
from vault_tool.vault.scout import Scout
from vault_tool.vault.settings import LintSettings, Person
from vault_tool.vault.walk import Folder, Listing, Odd, Walker

PATHS = (
    "customers/a.md",
    "customers/b.md",
    "customers/north/c.md",
    "customers/A.md",
    "archive/d.md",
    "doc.md",
)
TEXTS = (
    note("c1", "蓝海", body="[[绿洲]] [[c3]]"),
    note("c2", "绿洲", "aliases: [青洲]", body="[[蓝海]]"),
    note("c1", "藍海", "next: 2026-11-25 回电"),
    note("c3", "绿洲", "region: 杭州", "phone: 0571-55550101", body="[[doc]] [[青州]]"),
    note("c4", "红山", "region: 上海", "phone: 0571-55550101", body="[[蓝海]] [[没有谁]]"),
    note("c5", "王伟", "reviewed: 2026-08-01", type="person", body="## 2026-11-24 电话\n\n明天再说。"),
    note("c6", "王伟", type="person", body="<!-- vault: ignore[LK001] 走了 -->\n[[没有谁]]"),
    "---\nname: 红山\nowner: li.an\n---\n\n2023年1月15日 – 咨询 [[王伟]]\n",
    "---\n客户名称：坏了\n  [\n---\n",
    "没有前置信息 [[a]]",
    "",
)
SETTINGS = (
    TEAM,
    TEAM._replace(people=(*TEAM.people, Person("li.an", "李安"))),
    TEAM._replace(lint=LintSettings(ignore=("CC", "LK002"), severity={"LK001": "error"})),
)

CHANGES = st.one_of(
    st.tuples(st.just("write"), st.sampled_from(PATHS), st.sampled_from(TEXTS)),
    st.tuples(st.just("move"), st.sampled_from(PATHS), st.sampled_from(PATHS)),
    st.tuples(st.just("remove"), st.sampled_from(PATHS)),
    st.tuples(st.just("days"), st.integers(0, 40)),
    st.tuples(st.just("settings"), st.sampled_from(SETTINGS)),
    st.tuples(st.just("select"), st.sampled_from([(), ("LK",), ("all",), ("FM", "EN")])),
    st.tuples(st.just("preview"), st.sampled_from(["safe", "unsafe"])),
    st.tuples(st.just("fix"), st.sampled_from(["safe", "unsafe"])),
    st.tuples(st.just("only"), st.sampled_from(["customers/a.md", "customers/north", "archive", "."])),
)


class History:
    """A vault with a past."""

    def __init__(self, folder: Path) -> None:
        self.root, self.state = folder / "vault", folder / "state"
        shutil.rmtree(folder, ignore_errors=True)
        (self.root / "customers").mkdir(parents=True)
        self.today, self.settings, self.select = TODAY, TEAM, ()

    def change(self, kind: str, *what: object) -> None:
        match kind, what:
            case "write", (str(path), str(text)):
                write(self.root, path, text)
            case "move", (str(path), str(to)) if (self.root / path).exists():
                (self.root / to).parent.mkdir(parents=True, exist_ok=True)
                (self.root / path).replace(self.root / to)
            case "remove", (str(path),):
                (self.root / path).unlink(missing_ok=True)
            case "days", (int(days),):
                self.today += timedelta(days)
            case "settings", (settings,):
                self.settings = settings  # type: ignore[assignment]
            case "select", (tuple(select),):
                self.select = select
            case "preview" | "fix", (mending,):
                self.mend(mending, writes=kind == "fix")  # type: ignore[arg-type]
            case "only", (str(path),):
                self.check_only(path)

    def mend(self, mending: Mending, *, writes: bool) -> None:
        for one in self.linter().lint((), mending):
            if one.change and writes:
                write(self.root, str(one.path), one.after)

    def check_only(self, path: str) -> None:
        """A part of the vault has the findings that it has in the whole."""
        found = self.found(PurePosixPath(path))
        folders = ("customers", "archive") if path == "." else (path.split("/")[0],)
        everything = {name: rows for folder in folders for name, rows in self.expected(folder).items()}
        assert found == {name: everything[name] for name in found}

    def found(self, *wanted: PurePosixPath) -> dict[str, list[tuple[object, ...]]]:
        return rows(self.linter().lint(wanted))

    def linter(self) -> Linter:
        return linter(self.root, self.state, *self.select, today=self.today, settings=self.settings)

    def expected(self, of: str = "customers") -> dict[str, list[tuple[object, ...]]]:
        return expected(self.root, *self.select, today=self.today, settings=self.settings, of=of)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("history")


@given(st.lists(st.lists(CHANGES, max_size=4), min_size=1, max_size=6))
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@example([[("write", PATHS[0], TEXTS[0])], [("write", PATHS[1], TEXTS[1])], [("remove", PATHS[0])]])
@example([[("write", PATHS[0], TEXTS[2])], [("days", 1)], [("days", 1)], [("days", 1)], [("days", 30)]])
@example([[("write", PATHS[0], TEXTS[3])], [("write", "doc.md", "")], [("remove", "doc.md")]])
@example([[("write", PATHS[0], TEXTS[7]), ("write", PATHS[1], note("c8", "绿洲")), ("preview", "safe")]])
@example([[("write", PATHS[0], TEXTS[7])], [("preview", "unsafe"), ("only", PATHS[0])], [("fix", "safe")]])
@example([[("write", PATHS[0], TEXTS[6])], [("write", PATHS[1], note("c9", "没有谁"))]])
def test_whatever_happened_a_run_finds_what_the_first_would_have_found(folder: Path, history):
    vault = History(folder)
    for changes in history:
        for change in changes:
            vault.change(*change)
        assert vault.found() == vault.expected()
        assert vault.found() == vault.expected()  # from the cache, all of it


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "vault"
    for number in range(4):
        write(root, f"customers/{number}.md", note(f"c{number}", f"客户{number}", body="[[客户1]]"))
    write(root, "archive/old.md", note("c9", "老客户"))
    return root


@pytest.fixture
def worked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of the notes that were read."""
    read: list[str] = []
    real = parallel.do_work

    def do_work(setup, todo: list[ToDo], cards):
        read.extend(one.path for one in todo)
        return real(setup, todo, cards)

    monkeypatch.setattr(parallel, "do_work", do_work)
    return read


def lint(root: Path, *wanted: str, **named) -> dict[str, list[tuple[object, ...]]]:
    return rows(linter(root, root.parent / "state", **named).lint(list(map(PurePosixPath, wanted))))


def test_what_is_as_it_was_is_not_read_again(root: Path, worked: list[str]):
    first = lint(root)
    assert sorted(worked) == ["archive/old.md", *sorted(first)]
    worked.clear()

    assert lint(root) == first
    assert lint(root, "customers/2.md") == {"customers/2.md": first["customers/2.md"]}
    assert worked == []


def test_a_note_that_changed_is_read_and_those_that_asked_for_it(root: Path, worked: list[str]):
    lint(root)
    worked.clear()

    write(root, "customers/2.md", note("c2", "客户2", body="新的一行"))
    lint(root)
    assert worked == ["customers/2.md"]
    worked.clear()

    write(root, "customers/1.md", note("c1", "改了名"))
    found = lint(root)
    assert worked == ["customers/1.md", "customers/0.md", "customers/3.md"]
    codes = [str(row[0]) for row in found["customers/0.md"]]
    assert [code for code in codes if code.startswith("LK")] == ["LK001"]


def test_a_note_changed_just_now_is_looked_at_again(root: Path, worked: list[str]):
    """Its size and time may stay the same with a change within one tick of the clock."""
    write(root, "customers/2.md", note("c2", "客户2"), is_new=True)
    lint(root)
    worked.clear()

    lint(root)

    assert worked == ["customers/2.md"]


def test_a_new_day_reads_only_what_may_be_found_otherwise(root: Path, worked: list[str]):
    write(root, "customers/4.md", note("c4", "客户4", "next: 2026-12-24 回电", "reviewed: 2026-11-20"))
    write(root, "customers/5.md", note("c5", "客户5", body="## 2026-12-10 电话\n\n约好了。"))
    lint(root, today=date(2026, 11, 23))
    worked.clear()

    for day in (24, 25, 26):
        assert lint(root, today=date(2026, 11, day)) == expected(root, today=date(2026, 11, day))

    assert "customers/4.md" not in worked and "customers/5.md" not in worked


def test_a_folder_that_can_not_be_seen_is_told_of_and_its_notes_are_as_they_were(
    root: Path, monkeypatch: pytest.MonkeyPatch
):
    write(root, "customers/far/5.md", "没有前置信息\n")
    before = lint(root)
    with monkeypatch.context() as patch:
        look = Walker.look

        def refuse(self: Walker, folder: Folder) -> Listing | None:
            if folder.prefix == "customers/far/":
                self._note("customers/far", Odd.UNREADABLE, "Permission denied")
                return None
            return look(self, folder)

        patch.setattr(Walker, "look", refuse)
        patch.setattr(Scout, "same", lambda self: set())
        patch.setattr(compare, "written_in", lambda folder, kept: None)
        hidden = lint(root)

    assert [row[0] for row in hidden.pop("customers/far")] == ["FE009"]
    assert hidden == before == lint(root)


def test_one_note_is_linted_with_all_others_in_view(root: Path, worked: list[str]):
    write(root, "customers/4.md", note("c4", "客户4", body="[[客户1]] [[老客户]] [[谁]]"))

    assert lint(root, "customers/4.md") == {
        path: found for path, found in expected(root).items() if path == "customers/4.md"
    }
    assert [found[:2] for found in lint(root, "customers/4.md")["customers/4.md"]].count(
        ("LK001", "broken-link")
    )


def test_a_note_from_a_pipe_is_linted_with_all_others_in_view(root: Path):
    run = linter(root, root.parent / "state")
    path = PurePosixPath("customers/new.md")

    known = run.lint_bytes(path, note("c1", "新客户", body="[[客户1]] [[新客户]]").encode())
    broken = run.lint_bytes(path, note("c7", "新客户", body="[[客户7]]").encode())

    assert [finding.code for finding in known.findings if finding.code[:2] == "LK"] == ["LK003"]
    assert [finding.code for finding in broken.findings if finding.code[:2] == "LK"] == ["LK001"]


def test_a_card_tells_whose_note_it_is(root: Path):
    run = linter(root, root.parent / "state")
    list(run.lint())

    card = run.card("customers/1.md")

    assert card and (card.id, card.name, card.type, card.owner, card.stage) == (
        *("c1", "客户1", "enterprise", "li.na", "lead"),
    )
    assert run.card("customers/none.md") is None


@pytest.mark.parametrize("harm", ["cut", "flip", "empty", "foreign", "folder"])
def test_a_damaged_cache_is_made_again(root: Path, harm: str):
    first = lint(root)
    file = root.parent / "state/cache" / CACHE_NAME
    data = file.read_bytes()
    file.unlink()
    match harm:
        case "cut":
            file.write_bytes(data[: len(data) // 2])
        case "flip":
            file.write_bytes(data[:-20] + bytes([data[-20] ^ 255]) + data[-19:])
        case "empty":
            file.write_bytes(b"")
        case "foreign":
            file.write_bytes(b"vault-lint-0\n" + data[13:])
        case "folder":
            file.mkdir()

    assert lint(root) == first
    if harm != "folder":
        assert file.read_bytes()[:13] == data[:13] and len(file.read_bytes()) > 500


def test_where_no_cache_can_be_kept_all_is_found_all_the_same(root: Path):
    (root.parent / "state").write_text("no folder")

    assert lint(root) == expected(root)


def test_no_temporary_file_stays(root: Path):
    lint(root)

    assert [file.name for file in (root.parent / "state/cache").iterdir()] == [CACHE_NAME]
    assert [file.name for file in (root.parent / "state/state").iterdir()] == [SECRET_NAME]


SECRETS = (
    "13812345678",
    "6222020200112233446",
    "hunter2-geheim",
    "11010519491231002X",
    "sk-live-9f8e7d6c5b4a",
)


def test_the_cache_holds_no_secret(root: Path):
    """Neither what the schema seals, nor what waits to be sealed, nor a telephone number."""
    phone, id_number, password = SECRETS[0], SECRETS[3], SECRETS[2]
    fields = (f"手机: {phone}", f"证件号码: {id_number}", f"银行账户: {SECRETS[1]}", "phone: 0571-87654321")
    body = (
        f"密码：{password}\n\n电话{phone}，身份证 {id_number}\n\n## 2026-11-30 电话 {phone}\n\n"
        f"{{{{seal: [[{password}]] }}}} [[{phone}]] token={SECRETS[4]} 银行卡 {SECRETS[1]}\n\n金额:: {phone}\n"
    )
    write(root, "customers/8.md", note("c8", "客户8", *fields, body=body))
    write(root, "customers/9.md", note("c10", "客户9", *fields, body=body, type="person"))
    write(root, "customers/broken.md", "---\n手机：" + phone + "\n  [\n密码: " + password + "\n---\n" + body)

    for select in ((), ("all",)):
        list(linter(root, root.parent / "state", *select).lint())

    kept = places(root.parent / "state").cache / CACHE_NAME
    data = kept.read_bytes()
    assert "客户8".encode() in data
    assert b"87654321" not in data
    for secret in SECRETS:
        assert secret.encode() not in data


def test_the_cache_is_its_owners_alone(root: Path):
    lint(root)

    if os.name == "posix":
        assert (root.parent / "state/cache").stat().st_mode & 0o077 == 0
        assert (root.parent / "state/state" / SECRET_NAME).stat().st_mode & 0o077 == 0


def test_edits_are_there_where_they_are_asked_for(root: Path):
    write(root, "customers/8.md", "---\nname: 客户8\ntype: enterprise\nstage: lead\nowner: li.na\n---\n")

    for edits in (False, True):
        found = [
            one for one in linter(root, root.parent / "state", edits=edits).lint() if one.path.stem == "8"
        ]
        [fix] = [finding.fix for finding in found[0].findings if finding.code == "FM010"]
        assert fix and fix.is_safe and bool(fix.edits) is edits
