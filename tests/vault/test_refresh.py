from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

from tests.vault.notes_of import dump, note, refresher, write
from vault_tool.vault.catalog import Catalog
from vault_tool.vault.catalog_read import (
    Customer,
    CustomerChange,
    backlinks,
    changes_since,
    customer_at,
    customers,
    customers_of,
    linked_as,
    names_of,
    passages_of,
    passages_with,
    problems,
)
from vault_tool.vault.refresh import Freshness
from vault_tool.vault.walk import Odd

DAY = 24 * 3600 * 10**9


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with Catalog(tmp_path / "catalog.db") as catalog:
        yield catalog


def refresh(root: Path, catalog: Catalog) -> Freshness:
    return refresher(root, catalog).refresh()


def one(catalog: Catalog, path: str) -> Customer:
    found = customer_at(catalog, PurePosixPath(path))
    assert found is not None
    return found


def aged(path: Path) -> Path:
    """Make a file look as if it had been saved long ago."""
    seen = path.stat()
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns - DAY))
    return path


def test_notes_are_taken_in_and_can_be_asked_for(root: Path, catalog: Catalog):
    write(root, "customers/a.md", note("c1", "蓝海", "tags: [x]", body="hello\n\n## 2026-11-20 电话\ntext\n"))

    fresh = refresh(root, catalog)

    assert (fresh.changed, fresh.removed, fresh.is_stale) == (1, 0, False)
    customer = one(catalog, "customers/a.md")
    assert (customer.id, customer.name, customer.stage, customer.tags) == ("c1", "蓝海", "lead", ("x",))
    assert (customer.first_entry, customer.last_entry, customer.entries) == ("2026-11-20", "2026-11-20", 1)
    profile, entry = passages_of(catalog, customer.key)
    assert (profile.kind, profile.text) == ("profile", "hello")
    assert (entry.kind, entry.day, entry.channel, entry.text) == ("entry", "2026-11-20", "call", "text")
    assert passages_with(catalog, [entry.key, 10**9]) == {entry.key: entry}
    assert customers_of(catalog, [customer.key, 10**9]) == {customer.key: customer}


def test_a_second_look_reads_nothing(root: Path, catalog: Catalog, monkeypatch: pytest.MonkeyPatch):
    aged(write(root, "customers/a.md", note("c1", "a")))
    refresh(root, catalog)
    monkeypatch.setattr("vault_tool.vault.files.read", lambda *_: pytest.fail("read again"))

    assert refresh(root, catalog) == Freshness()


def test_what_was_saved_a_moment_ago_is_seen(root: Path, catalog: Catalog):
    path = write(root, "customers/a.md", note("c1", "a"))
    refresh(root, catalog)
    key = one(catalog, "customers/a.md").key

    path.write_text(note("c1", "longer"), encoding="utf-8")

    assert refresh(root, catalog).changed == 1
    assert (one(catalog, "customers/a.md").name, one(catalog, "customers/a.md").key) == ("longer", key)


def test_an_edit_of_the_same_size_within_one_tick_of_the_clock_is_seen(root: Path, catalog: Catalog):
    path = write(root, "customers/a.md", note("c1", "aaaa"))
    seen = path.stat()
    refresh(root, catalog)

    with path.open("r+b") as file:
        file.write(note("c1", "bbbb").encode())
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))

    assert (path.stat().st_size, path.stat().st_mtime_ns, path.stat().st_ino) == (
        seen.st_size,
        seen.st_mtime_ns,
        seen.st_ino,
    )
    refresh(root, catalog)
    assert one(catalog, "customers/a.md").name == "bbbb"


def test_a_file_that_was_merely_touched_changes_nothing_for_those_who_follow(root: Path, catalog: Catalog):
    path = write(root, "customers/a.md", note("c1", "a"))
    refresh(root, catalog)
    seq = catalog.last_seq

    aged(path)

    assert refresh(root, catalog).changed == 0
    assert list(changes_since(catalog, seq)) == []


def test_an_edit_that_means_nothing_changes_nothing_for_those_who_follow(root: Path, catalog: Catalog):
    path = write(root, "customers/a.md", note("c1", "a"))
    refresh(root, catalog)
    seq = catalog.last_seq

    path.write_text(path.read_text().replace("name: a", "name:   a  # comment"))

    assert refresh(root, catalog).changed == 1
    assert list(changes_since(catalog, seq)) == []


def test_a_customer_that_is_gone_is_gone_from_every_table(root: Path, catalog: Catalog):
    body = "profile [[b]]\n\n## 2026-11-20 @li.na\n金额:: 5 元\n"
    path = write(root, "customers/a.md", note("c1", "a", "aliases: [x]", body=body))
    refresh(root, catalog)
    key = one(catalog, "customers/a.md").key

    path.unlink()

    assert refresh(root, catalog).removed == 1
    assert all(rows == [] for rows in dump(catalog).values())
    assert list(changes_since(catalog, 1)) == [CustomerChange(key, 2, True)]


def test_a_customer_that_moves_stays_the_same(root: Path, catalog: Catalog):
    path = write(root, "customers/a.md", note("c1", "a"))
    write(root, "customers/b.md", note("c2", "b"))
    refresh(root, catalog)
    key, seq = one(catalog, "customers/a.md").key, catalog.last_seq

    (root / "archive").mkdir()
    path.rename(root / "archive" / "old a.md")

    refresh(root, catalog)
    moved = one(catalog, "archive/old a.md")
    assert (moved.key, moved.is_archived) == (key, True)
    assert list(changes_since(catalog, seq)) == [CustomerChange(key, seq + 1, False)]
    assert [str(customer.path) for customer in customers(catalog)] == ["customers/b.md"]
    assert [str(customer.path) for customer in customers(catalog, True)] == ["archive/old a.md"]
    assert len(list(customers(catalog, None))) == 2


def test_two_customers_that_swap_their_files_are_told_apart(root: Path, catalog: Catalog):
    write(root, "customers/a.md", note("c1", "a"))
    write(root, "customers/b.md", note("c2", "b"))
    refresh(root, catalog)

    write(root, "customers/a.md", note("c2", "b"))
    write(root, "customers/b.md", note("c1", "a"))

    refresh(root, catalog)
    assert [(str(c.path), c.id) for c in customers(catalog)] == [
        ("customers/a.md", "c2"),
        ("customers/b.md", "c1"),
    ]


def test_two_customers_with_one_id_are_both_listed(root: Path, catalog: Catalog):
    write(root, "customers/a.md", note("c1", "a"))
    write(root, "customers/b.md", note("c1", "b"))

    refresh(root, catalog)

    assert [customer.name for customer in customers(catalog)] == ["a", "b"]


def test_a_note_whose_front_matter_breaks_keeps_its_fields_and_has_its_body_indexed(
    root: Path, catalog: Catalog
):
    path = write(root, "customers/a.md", note("c1", "蓝海", stage="won", body="before\n"))
    refresh(root, catalog)

    path.write_text(note("c1", "蓝海", "broken: [", body="after\n"), encoding="utf-8")
    refresh(root, catalog)

    customer = one(catalog, "customers/a.md")
    assert (customer.id, customer.name, customer.stage) == ("c1", "蓝海", "won")
    assert [passage.text for passage in passages_of(catalog, customer.key)] == ["after"]
    assert problems(catalog) == [(PurePosixPath("customers/a.md"), "front-matter")]

    path.write_text(note("c1", "绿海", body="mended\n"), encoding="utf-8")
    refresh(root, catalog)
    assert one(catalog, "customers/a.md").name == "绿海"
    assert problems(catalog) == []


def test_a_note_that_was_never_well_is_listed_by_what_can_be_read(root: Path, catalog: Catalog):
    write(root, "customers/a.md", "---\nname：蓝海\nbroken: [\n---\nbody\n")

    refresh(root, catalog)

    assert one(catalog, "customers/a.md").name == "蓝海"


def test_hostile_files_are_told_of_and_stop_nothing(root: Path, catalog: Catalog, tmp_path: Path):
    write(root, "customers/good.md", note("c1", "good"))
    (root / "customers/gb.md").write_bytes(note("c2", "客户").encode("gb18030"))
    (root / "customers/nul.md").write_bytes(b"a\0b" * 100)
    (root / "customers/random.md").write_bytes(random.Random(1).randbytes(5000))
    (root / "customers/empty.md").touch()
    (root / "customers/folder.md").mkdir()
    (root / "customers/loop").symlink_to(root)
    os.mkfifo(root / "customers/pipe.md")
    with (root / "customers/huge.md").open("wb") as file:
        file.truncate(50 * 1024 * 1024)

    fresh = refresh(root, catalog)

    assert fresh.changed == 5
    assert {(str(oddity.path), oddity.kind) for oddity in fresh.oddities} == {
        ("customers/folder.md", Odd.FOLDER),
        ("customers/loop", Odd.SYMLINK),
        ("customers/pipe.md", Odd.SPECIAL),
        ("customers/huge.md", Odd.TOO_LARGE),
    }
    assert {str(path) for path, _ in problems(catalog)} == {
        "customers/gb.md",
        "customers/nul.md",
        "customers/random.md",
    }
    assert one(catalog, "customers/gb.md").name == "客户"


def test_a_file_that_vanishes_before_it_is_read_is_no_matter(root: Path, catalog: Catalog):
    write(root, "customers/a.md", note("c1", "a"))
    path = write(root, "customers/b.md", note("c2", "b"))
    refresh(root, catalog)
    path.write_text(note("c2", "bb"))
    write(root, "customers/c.md", note("c3", "c"))
    slow = refresher(root, catalog)
    before = slow._rows

    def vanish(paths):
        path.unlink(missing_ok=True)
        (root / "customers/c.md").unlink(missing_ok=True)
        return before(paths)

    slow._rows = vanish  # type: ignore[method-assign]

    assert slow.refresh().removed == 1
    assert [customer.name for customer in customers(catalog)] == ["a"]


def test_a_folder_that_cannot_be_read_just_now_loses_no_customer(
    root: Path, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
):
    write(root, "customers/closed/a.md", note("c1", "a"))
    write(root, "customers/b.md", note("c2", "b"))
    refresh(root, catalog)

    def refusing(real):
        def refuse(path, *more, **named):
            if str(path).endswith("closed"):
                raise PermissionError(13, "Permission denied")
            return real(path, *more, **named)

        return refuse

    for name in ("scandir", "open"):
        monkeypatch.setattr(os, name, refusing(getattr(os, name)))

    fresh = refresh(root, catalog)

    assert fresh.removed == 0
    assert [oddity.kind for oddity in fresh.oddities] == [Odd.UNREADABLE]
    assert len(list(customers(catalog))) == 2


def test_progress_is_told_to_the_last_file(root: Path, catalog: Catalog, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("vault_tool.vault.refresh.BATCH", 3)
    for number in range(8):
        write(root, f"customers/{number}.md", note(f"c{number}", "x"))
    told: list[tuple[int, int]] = []

    refresher(root, catalog).refresh(lambda done, total: told.append((done, total)))

    assert told == [(3, 8), (6, 8), (8, 8)]


# --- what a note means can change without the note


def test_a_new_member_of_the_team_is_known_in_notes_that_name_him(root: Path, catalog: Catalog):
    aged(write(root, "customers/a.md", note("c1", "a", owner="李娜", body="## 2026-11-20 @王磊\nx\n")))
    aged(write(root, "customers/b.md", note("c2", "b", owner="somebody")))
    refresh(root, catalog)
    assert one(catalog, "customers/a.md").owner == "李娜"
    seq = catalog.last_seq

    with (root / "vault.toml").open("a", encoding="utf-8") as file:
        file.write('[people."li.na"]\nname = "李娜"\n[people.wang]\nname = "王磊"\n')
    assert refresh(root, catalog).changed == 1

    customer = one(catalog, "customers/a.md")
    assert customer.owner == "li.na"
    assert passages_of(catalog, customer.key)[1].author == "wang"
    assert [change.key for change in changes_since(catalog, seq)] == [customer.key]


def test_a_new_schema_is_a_reason_to_read_everything_again(root: Path, catalog: Catalog):
    aged(write(root, "customers/a.md", note("c1", "a", stage="冷冻")))
    aged(write(root, "customers/b.md", note("c2", "b")))
    refresh(root, catalog)
    assert one(catalog, "customers/a.md").stage == "冷冻"
    seq = catalog.last_seq

    write(
        root,
        "schema/vocabulary.yaml",
        "vocabularies:\n  stage:\n    frozen:\n      labels: {en: Frozen, zh: 冷冻}\n",
    )

    assert refresh(root, catalog).changed == 2
    assert one(catalog, "customers/a.md").stage == "frozen"
    assert len(list(changes_since(catalog, seq))) == 1, "what reads as before is no change"


def test_other_globs_take_in_other_files(root: Path, catalog: Catalog):
    write(root, "customers/a.md", note("c1", "a"))
    write(root, "老客户/b.md", note("c2", "b"))
    refresh(root, catalog)

    text = (root / "vault.toml").read_text(encoding="utf-8")
    (root / "vault.toml").write_text(text + 'customers = ["老客户/*.md"]\n', encoding="utf-8")
    refresh(root, catalog)

    assert [customer.name for customer in customers(catalog)] == ["b"]


# --- links and names


def test_links_lead_to_a_customer_by_id_path_stem_name_and_alias(root: Path, catalog: Catalog):
    write(root, "customers/wang.md", note("c5", "王五", "aliases: [老王]"))
    spellings = ["c5", "customers/wang", "customers/wang.md", "wang", "王五", "老王", "WANG"]
    body = "".join(f"[[{spelling}]]\n" for spelling in spellings) + "[[nobody]] [[王]]\n"
    write(root, "customers/a.md", note("c1", "a", "referred_by: 王五", body=body))
    refresh(root, catalog)
    wang = one(catalog, "customers/wang.md")

    assert all(linked_as(catalog, spelling) == [wang.path] for spelling in spellings)
    assert linked_as(catalog, "王") == []
    assert [(str(link.path), link.line) for link in backlinks(catalog, wang)] == [
        ("customers/a.md", line) for line in (7, 9, 10, 11, 12, 13, 14, 15)
    ]


def test_the_pinyin_of_a_name_is_made_once(root: Path, catalog: Catalog, monkeypatch: pytest.MonkeyPatch):
    path = write(root, "customers/a.md", note("c1", "蓝海"))
    refresh(root, catalog)
    monkeypatch.setattr("vault_tool.vault.catalog_write.pinyin_key", lambda name: pytest.fail("made again"))

    path.write_text(note("c1", "蓝海", body="more\n"), encoding="utf-8")
    refresh(root, catalog)

    (name, stem) = names_of(catalog, one(catalog, "customers/a.md").key)
    assert (name.kind, name.pinyin) == ("name", "lan/la hai|l h")
    assert (stem.kind, stem.text) == ("stem", "a")


# --- properties


def random_edit(dice: random.Random, root: Path, ids: list[str]) -> None:
    """Do to a vault what people, editors and synchronisers do."""
    path = f"{dice.choice(['customers', 'customers/east', 'archive'])}/{dice.randrange(6)}.md"
    where = root / path
    match dice.randrange(6):
        case 0 if where.exists():
            where.unlink()
        case 1 if where.exists():
            target = root / f"customers/moved {dice.randrange(6)}.md"
            where.rename(target)
        case 2:
            write(root, path, note(dice.choice(ids), "客户", "broken: [", body=f"body {dice.random()}\n"))
        case 3:
            write(root, path, "")
        case _:
            lines = [f"tags: [t{dice.randrange(3)}]", f"next: 2026-11-{dice.randrange(10, 29)} x"]
            entries = "".join(
                f"## 2026-0{dice.randrange(1, 9)}-11 电话 @li.na\n[[{dice.choice(ids)}]] {dice.random()}\n\n"
                for _ in range(dice.randrange(3))
            )
            write(
                root,
                path,
                note(dice.choice(ids), dice.choice(["蓝海", "绿地", "Acme"]), *lines, body=entries),
            )


@pytest.mark.parametrize("seed", range(12))
def test_following_the_files_ends_where_starting_anew_would(
    seed: int, root: Path, catalog: Catalog, tmp_path: Path
):
    dice = random.Random(seed)
    ids = [f"c{number}" for number in range(8)]
    followed: dict[int, str] = {}
    seen = 0
    for _ in range(12):
        for _ in range(dice.randrange(4)):
            random_edit(dice, root, ids)
        refresh(root, catalog)
        for change in changes_since(catalog, seen):
            assert change.seq > seen
            seen = change.seq
            if change.is_deleted:
                del followed[change.key]
            else:
                followed[change.key] = str(customers_of(catalog, [change.key])[change.key].path)
    assert followed == {customer.key: str(customer.path) for customer in customers(catalog, None)}

    followed_dump = dump(catalog)
    with Catalog(tmp_path / "anew.db") as anew:
        refresh(root, anew)
        broken = {path for path, *_, problem, _ in followed_dump["files"] if problem}
        for table, rows in dump(anew).items():
            at = 1 if table == "customers" else 0
            # What a broken note last said is remembered, which a new catalog cannot know.
            assert [r for r in rows if r[at] not in broken] == [
                r for r in followed_dump[table] if r[at] not in broken
            ]
    assert all(problem == "front-matter" for _, _, _, problem, _ in followed_dump["files"] if problem)


def test_a_refresh_killed_at_any_time_is_finished_by_the_next(root: Path, tmp_path: Path):
    for number in range(60):
        write(
            root, f"customers/{number}.md", note(f"c{number}", f"n{number}", body="## 2026-11-20\nx\n" * 20)
        )
    with Catalog(tmp_path / "whole.db") as whole:
        refresh(root, whole)
        expected = dump(whole)
    code = (
        "import sys\nfrom pathlib import Path\nfrom tests.vault.notes_of import refresher\n"
        "from vault_tool.vault import refresh\nfrom vault_tool.vault.catalog import Catalog\n"
        "refresh.BATCH = 5\nprint('go', flush=True)\n"
        "refresher(Path(sys.argv[1]), Catalog(Path(sys.argv[2]))).refresh()\n"
    )
    dice = random.Random(3)
    for attempt in range(5):
        path = tmp_path / f"{attempt}.db"
        with subprocess.Popen(
            [sys.executable, "-c", code, str(root), str(path)], stdout=subprocess.PIPE
        ) as process:
            assert process.stdout and process.stdout.readline() == b"go\n"
            time.sleep(dice.random() * 0.25)
            process.send_signal(signal.SIGKILL)

        with Catalog(path) as catalog:
            refresh(root, catalog)
            assert dump(catalog) == expected


def test_two_processes_may_refresh_at_once(root: Path, tmp_path: Path):
    for number in range(100):
        write(root, f"customers/{number}.md", note(f"c{number}", f"n{number}", body="## 2026-11-20\nx\n" * 5))
    code = (
        "import sys\nfrom pathlib import Path\nfrom tests.vault.notes_of import refresher\n"
        "from vault_tool.vault import refresh\nfrom vault_tool.vault.catalog import Catalog\n"
        "refresh.BATCH = 7\n"
        "refresher(Path(sys.argv[1]), Catalog(Path(sys.argv[2]))).refresh()\n"
    )
    path = tmp_path / "shared.db"

    processes = [subprocess.Popen([sys.executable, "-c", code, str(root), str(path)]) for _ in range(3)]

    assert [process.wait(timeout=120) for process in processes] == [0, 0, 0]
    with Catalog(path) as catalog, Catalog(tmp_path / "alone.db") as alone:
        refresh(root, alone)
        assert dump(catalog) == dump(alone)
        numbers = [seq for (seq,) in catalog.rows("SELECT seq FROM customers")]
        assert len(set(numbers)) == 100
