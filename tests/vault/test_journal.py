from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from hashlib import sha256
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.vault.processes import in_child, killed_at
from vault_tool.errors import VaultError
from vault_tool.vault import files
from vault_tool.vault.files import CannotWrite, OutsideVault, ReadOnlyFile
from vault_tool.vault.journal import (
    Action,
    AlreadyThere,
    CannotUndo,
    Change,
    ChangedOnDisk,
    NothingToUndo,
    commit,
    history,
    peek,
    undo,
)
from vault_tool.vault.places import Places, places_for
from vault_tool.vault.records import CannotKeepRecord
from vault_tool.vault.writes import PartlyWritten

A, B, C, NEW = (PurePosixPath(f"customers/{name}.md") for name in ("甲", "乙", "丙", "华东/丁"))
OLD = {A: b"\xef\xbb\xbf\xe7\x94\xb2\r\n", B: bytes(range(256)), C: b""}


def digest(data: bytes) -> str:
    return sha256(data).hexdigest()


def change(path: PurePosixPath, before: bytes | None, after: bytes | None) -> Change:
    return Change(path, None if before is None else digest(before), after)


def contents(root: Path) -> dict[str, tuple[bytes, int]]:
    """Every file below a folder, with its mode; folders too."""
    return {
        path.relative_to(root).as_posix(): (path.read_bytes() if path.is_file() else b"", path.stat().st_mode)
        for path in sorted(root.rglob("*"))
    }


@pytest.fixture
def filled(root: Path) -> Path:
    """The vault with three files of bytes that no text editor would leave alone."""
    for path, data in OLD.items():
        (root / path).write_bytes(data)
    (root / B).chmod(0o600)
    return root


CHANGES = (
    change(A, OLD[A], b"new a"),
    change(NEW, None, b"made"),
    change(B, OLD[B], b"new b" * 1000),
    change(C, OLD[C], None),
)


# --- commit


def test_a_commit_writes_makes_and_removes(filled: Path, places: Places):
    done = commit(places, filled, "vault set", CHANGES)

    assert (filled / A).read_bytes() == b"new a"
    assert (filled / NEW).read_bytes() == b"made"
    assert (filled / B).stat().st_mode & 0o777 == 0o600
    assert not (filled / C).exists()
    assert done.paths == (A, NEW, B, C)


def test_a_file_that_changed_since_it_was_read_stops_all(filled: Path, places: Places):
    (filled / B).write_bytes(b"somebody's edit")
    before = contents(filled)

    with pytest.raises(ChangedOnDisk) as refused:
        commit(places, filled, "vault set", CHANGES)

    assert refused.value.values == {"path": B}
    assert contents(filled) == before
    assert list(history(places)) == []


def test_a_file_that_went_away_since_it_was_read_stops_all(filled: Path, places: Places):
    (filled / C).unlink()

    with pytest.raises(ChangedOnDisk):
        commit(places, filled, "vault set", CHANGES)
    assert (filled / A).read_bytes() == OLD[A]


def test_a_file_that_is_there_already_is_not_made(filled: Path, places: Places):
    with pytest.raises(AlreadyThere):
        commit(places, filled, "vault new", [change(A, None, b"mine")])
    assert (filled / A).read_bytes() == OLD[A]


def test_a_commit_that_changes_nothing_writes_nothing(filled: Path, places: Places):
    before = {path: (filled / path).stat().st_mtime_ns for path in OLD}

    done = commit(places, filled, "vault set", [change(p, data, data) for p, data in OLD.items()])

    assert done == ((), None)
    assert {path: (filled / path).stat().st_mtime_ns for path in OLD} == before
    assert list(history(places)) == []


def test_of_many_changes_only_the_real_ones_are_written(filled: Path, places: Places):
    before = (filled / B).stat().st_mtime_ns

    done = commit(places, filled, "x", [change(A, OLD[A], b"new"), change(B, OLD[B], OLD[B])])

    assert done.paths == (A,)
    assert (filled / B).stat().st_mtime_ns == before


@pytest.mark.parametrize("path", ["../outside.md", "/etc/x", ".git/hooks/x"])
def test_nothing_is_written_outside_the_vault(filled: Path, places: Places, path: str):
    with pytest.raises(OutsideVault):
        commit(places, filled, "x", [*CHANGES, change(PurePosixPath(path), None, b"")])
    assert (filled / A).read_bytes() == OLD[A]


def test_a_file_marked_read_only_stops_all(filled: Path, places: Places):
    (filled / C).chmod(0o444)
    before = contents(filled)

    with pytest.raises(ReadOnlyFile):
        commit(places, filled, "x", CHANGES)

    assert contents(filled) == before
    with pytest.raises(NothingToUndo):
        undo(places, filled)


def test_two_changes_of_one_file_are_a_defect(filled: Path, places: Places):
    with pytest.raises(ValueError, match="two changes"):
        commit(places, filled, "x", [change(A, OLD[A], b"1"), change(A, OLD[A], b"2")])


def test_the_record_lies_outside_the_vault_for_its_owner_alone(filled: Path, places: Places):
    commit(places, filled, "x", CHANGES)

    (record,) = history(places)
    assert not record.file.is_relative_to(filled)
    assert record.file.parent.stat().st_mode & 0o777 == 0o700


# --- undo


def test_undo_restores_the_very_bytes_and_modes(filled: Path, places: Places):
    before = contents(filled)
    commit(places, filled, "vault set", CHANGES)

    undone = undo(places, filled)

    assert contents(filled) == before
    assert undone.left == ()
    assert set(undone.changed) == {A, B, C, NEW}


def test_each_undo_takes_back_the_command_before(filled: Path, places: Places):
    states = [contents(filled)]
    data = OLD[A]
    for number in range(4):
        commit(places, filled, f"vault log {number}", [change(A, data, data + b"%d" % number)])
        data += b"%d" % number
        states.append(contents(filled))

    for number in (3, 2, 1, 0):
        assert undo(places, filled).record.command == f"vault log {number}"
        assert contents(filled) == states[number]
    with pytest.raises(NothingToUndo):
        undo(places, filled)


def test_a_command_after_an_undo_is_the_next_to_be_undone(filled: Path, places: Places):
    commit(places, filled, "first", [change(A, OLD[A], b"1")])
    commit(places, filled, "second", [change(A, b"1", b"2")])
    undo(places, filled)
    commit(places, filled, "third", [change(A, b"1", b"3")])

    assert [undo(places, filled).record.command for _ in range(2)] == ["third", "first"]
    assert (filled / A).read_bytes() == OLD[A]


@pytest.mark.parametrize(
    ("path", "edit"),
    [
        (A, lambda path: path.write_bytes(b"edited since")),
        (A, lambda path: path.unlink()),
        (NEW, lambda path: path.write_bytes(b"edited since")),
        (C, lambda path: path.write_bytes(b"there again")),
        (A, lambda path: (path.unlink(), path.mkdir())),
    ],
)
def test_a_file_that_changed_since_is_left_and_told_of(
    filled: Path, places: Places, path: PurePosixPath, edit: Callable[[Path], object]
):
    before = contents(filled)
    commit(places, filled, "vault set", CHANGES)
    edit(filled / path)
    edited = contents(filled)

    undone = undo(places, filled)

    assert undone.left == (path,)
    after = contents(filled)
    assert after.get(str(path)) == edited.get(str(path))
    for other in {A, B, C, NEW} - {path}:
        assert after.get(str(other)) == before.get(str(other))


def test_a_folder_that_a_command_made_goes_unless_it_holds_something(filled: Path, places: Places):
    commit(places, filled, "vault new", [change(NEW, None, b"made")])
    (filled / NEW).with_name("theirs.md").touch()

    undo(places, filled)

    assert [path.name for path in (filled / NEW).parent.iterdir()] == ["theirs.md"]


def test_a_folder_that_stood_empty_before_stays(filled: Path, places: Places):
    (filled / NEW).parent.mkdir()
    commit(places, filled, "vault new", [change(NEW, None, b"made")])

    undo(places, filled)

    assert (filled / NEW).parent.is_dir()


def test_peek_tells_what_undo_would_do_and_does_nothing(filled: Path, places: Places):
    commit(places, filled, "vault set", CHANGES)
    (filled / B).write_bytes(b"edited since")
    before = contents(filled)

    undoing = peek(places, filled)

    assert {step.path: (step.action, step.data) for step in undoing.steps} == {
        A: (Action.RESTORE, OLD[A]),
        NEW: (Action.DELETE, None),
        B: (Action.LEAVE, None),
        C: (Action.RECREATE, OLD[C]),
    }
    assert contents(filled) == before


def test_what_was_kept_nowhere_cannot_be_undone(filled: Path, places: Places):
    secret = b"the secret that was just sealed"
    (filled / A).write_bytes(secret)

    commit(places, filled, "vault seal", [change(A, secret, b"sealed")], undoable=False)

    with pytest.raises(CannotUndo):
        undo(places, filled)
    assert all(secret not in path.read_bytes() for path in places.state.rglob("*") if path.is_file())


SECRET = b"13812345678"
PLAIN = b"phone: " + SECRET


def with_a_secret(root: Path, places: Places) -> None:
    """Have earlier commands find a secret: in a file, in one that then went by another name, beside another."""
    commit(places, root, "vault set", [change(A, OLD[A], PLAIN), change(B, OLD[B], b"b1")])
    commit(places, root, "vault log", [change(A, PLAIN, PLAIN + b" 1"), change(B, b"b1", b"b2")])
    moved = [change(A, PLAIN + b" 1", None), change(NEW, None, PLAIN + b" 2"), change(C, OLD[C], b"c1")]
    commit(places, root, "vault rename", moved)
    commit(places, root, "vault log", [change(NEW, PLAIN + b" 2", PLAIN + b" 3")])
    undo(places, root)


def whereabouts(places: Places) -> list[Path]:
    """Return the files of local state that give the secret away, or let it be guessed."""
    texts = [SECRET, *(digest(PLAIN + more).encode() for more in (b"", b" 1", b" 2", b" 3"))]
    files = [path for path in places.state.rglob("*") if path.is_file()]
    return [path for path in files if any(text in path.read_bytes() for text in texts)]


@pytest.mark.parametrize("recorded", [True, False])
def test_with_what_is_kept_nowhere_goes_what_earlier_commands_kept_of_it(
    filled: Path, places: Places, recorded: bool
):
    with_a_secret(filled, places)
    ages = {record.number: record.file.stat().st_mtime_ns for record in history(places)}
    assert len(whereabouts(places)) == 4

    sealed = [change(NEW, PLAIN + b" 2", b"phone: sealed-1")]
    commit(places, filled, "vault seal", sealed, undoable=False, recorded=recorded)

    assert whereabouts(places) == []
    assert {
        record.number: record.file.stat().st_mtime_ns for record in history(places)
    }.items() >= ages.items()
    if recorded:
        with pytest.raises(CannotUndo):
            undo(places, filled)
        return
    # Other files are as undoable as before, and what was sealed stays.
    assert undo(places, filled).left == (A, NEW)
    assert (filled / C).read_bytes() == OLD[C]
    assert undo(places, filled).left == (A,)
    assert undo(places, filled).left == (A,)
    assert (filled / B).read_bytes() == OLD[B] and not (filled / A).exists()
    assert (filled / NEW).read_bytes() == b"phone: sealed-1"


def test_of_what_went_elsewhere_in_the_same_command_nothing_is_forgotten(filled: Path, places: Places):
    moved = PurePosixPath("archive/乙.md")
    commit(
        places, filled, "x", [change(B, OLD[B], None), change(moved, None, OLD[B]), change(NEW, None, PLAIN)]
    )

    commit(places, filled, "seal", [change(NEW, PLAIN, b"sealed")], undoable=False, recorded=False)

    assert undo(places, filled).left == (NEW,)
    assert (filled / B).read_bytes() == OLD[B]


def test_a_damaged_record_may_hold_a_secret_too(filled: Path, places: Places):
    commit(places, filled, "vault set", [change(A, OLD[A], PLAIN)])
    commit(places, filled, "vault log", [change(A, PLAIN, PLAIN + b" 1")])
    newest = next(history(places)).file
    newest.write_bytes(newest.read_bytes()[:-5])

    commit(places, filled, "vault seal", [change(A, PLAIN + b" 1", b"sealed")], undoable=False)

    assert whereabouts(places) == []


@pytest.mark.parametrize("recorded", [True, False])
def test_whoever_is_killed_while_forgetting_leaves_no_secret_beside_a_sealed_note(
    tmp_path: Path, home: dict[str, str], recorded: bool
):
    def seal(root: Path, places: Places, step: files.Step = files.no_step) -> None:
        sealed = [change(NEW, PLAIN + b" 2", b"sealed")]
        commit(places, root, "vault seal", sealed, undoable=False, recorded=recorded, step=step)

    root, places = new_vault(tmp_path, home)
    with_a_secret(root, places)
    steps = steps_of(partial(seal, root, places))
    assert steps > 3

    for step in range(1, steps + 1):
        root, places = new_vault(tmp_path, home)
        with_a_secret(root, places)

        assert in_child(partial(seal, root, places, killed_at(step))) == -signal.SIGKILL

        assert recorded or peek(places, root).record.command == "vault rename"
        if (root / NEW).read_bytes() == b"sealed":
            assert all(SECRET not in path.read_bytes() for path in whereabouts(places))
        else:
            assert (root / NEW).read_bytes() == PLAIN + b" 2"
            seal(root, places)
        commit(places, root, "next", [change(NEW, b"sealed", b"sealed 2")], undoable=False)
        assert whereabouts(places) == []


def test_a_damaged_record_is_passed_over(filled: Path, places: Places):
    commit(places, filled, "first", [change(A, OLD[A], b"1")])
    commit(places, filled, "second", [change(A, b"1", b"2")])
    newest = next(history(places)).file
    newest.write_bytes(newest.read_bytes()[:-5])

    assert [record.command for record in history(places)] == ["first"]
    assert undo(places, filled).left == (A,)


def test_old_bytes_that_are_no_longer_what_they_were_are_not_put_back(filled: Path, places: Places):
    commit(places, filled, "first", [change(B, OLD[B], b"1")])
    record = next(history(places)).file
    record.write_bytes(record.read_bytes().replace(bytes(range(100)), bytes(100)))

    assert undo(places, filled).left == (B,)
    assert (filled / B).read_bytes() == b"1"


def test_a_hundred_records_are_kept(filled: Path, places: Places):
    data = b""
    for number in range(105):
        commit(places, filled, f"{number}", [change(C, data, b"%d" % number)])
        data = b"%d" % number

    assert [record.command for record in history(places)] == [str(number) for number in range(104, 4, -1)]


def test_records_are_kept_for_thirty_days_and_the_last_one_for_ever(filled: Path, places: Places):
    commit(places, filled, "old", [change(A, OLD[A], b"1")])
    commit(places, filled, "older than today", [change(A, b"1", b"2")])
    month = time.time() + 31 * 24 * 3600

    commit(places, filled, "new", [change(A, b"2", b"3")], clock=lambda: month)

    assert [(record.command, record.when) for record in history(places)] == [("new", month)]


PATHS = st.sampled_from([A, B, C, NEW, PurePosixPath("x/y/z.md"), PurePosixPath("x/y/w.md")])


@settings(max_examples=60)
@given(st.lists(st.dictionaries(PATHS, st.none() | st.binary(max_size=40), max_size=4), max_size=5))
def test_as_many_undos_as_commits_lead_back_to_the_very_bytes(
    tmp_path_factory, commits: list[dict[PurePosixPath, bytes | None]]
):
    folder = tmp_path_factory.mktemp("undo")
    root = folder / "vault"
    root.mkdir()
    places = places_for(root, "v1", {"VAULT_NOTES_HOME": str(folder / "home")})
    states = []
    for wanted in commits:
        now = {path: (root / path).read_bytes() for path in wanted if (root / path).exists()}
        state = contents(root)
        done = commit(
            places, root, "x", [change(path, now.get(path), after) for path, after in wanted.items()]
        )
        if done.record is not None:
            states.append(state)

    for state in reversed(states):
        assert undo(places, root).left == ()
        # A folder that a removal emptied is no folder that a commit made.
        assert {k: v for k, v in contents(root).items() if v[0]} == {k: v for k, v in state.items() if v[0]}
    with pytest.raises(NothingToUndo):
        undo(places, root)


# --- several writers


def test_two_writers_never_lose_a_line(filled: Path, places: Places):
    script = Path(__file__).with_name("appender.py")
    count = 25
    arguments = [str(places.state), str(filled), str(C)]
    writers = [
        subprocess.Popen([sys.executable, str(script), *arguments, name, str(count)])
        for name in ("one", "two", "three")
    ]

    assert [writer.wait(timeout=120) for writer in writers] == [0, 0, 0]

    lines = (filled / C).read_text().splitlines()
    assert sorted(lines) == sorted(f"{name} {n}" for name in ("one", "two", "three") for n in range(count))
    for _ in range(75):
        undo(places, filled)
    assert (filled / C).read_bytes() == OLD[C]


# --- death at any moment


def steps_of(work: Callable[[files.Step], object]) -> int:
    """Count the points at which a piece of work can be killed."""
    count = 0

    def counted(_name: str) -> None:
        nonlocal count
        count += 1

    work(counted)
    return count


def assert_each_file_is_whole(root: Path) -> None:
    for path, before, after in (
        (A, OLD[A], b"new a"),
        (B, OLD[B], b"new b" * 1000),
        (C, OLD[C], None),
        (NEW, None, b"made"),
    ):
        now = (root / path).read_bytes() if (root / path).exists() else None
        assert now in (before, after), path


def new_vault(folder: Path, home: dict[str, str]) -> tuple[Path, Places]:
    """Make one more vault of the three files."""
    root = folder / f"vault-{len(list(folder.iterdir()))}"
    (root / "customers").mkdir(parents=True)
    for path, data in OLD.items():
        (root / path).write_bytes(data)
    return root, places_for(root, "v1", home)


def files_in(root: Path) -> dict[str, tuple[bytes, int]]:
    """Every file with bytes in it, and its mode."""
    return {path: told for path, told in contents(root).items() if told[0]}


def test_a_writer_killed_at_any_step_leaves_whole_files_that_undo_takes_back(
    tmp_path: Path, home: dict[str, str]
):
    root, places = new_vault(tmp_path, home)
    steps = steps_of(partial(commit_to, places, root))
    assert steps > 10

    for step in range(1, steps + 1):
        root, places = new_vault(tmp_path, home)
        before = files_in(root)

        assert in_child(partial(commit_to, places, root, killed_at(step))) == -signal.SIGKILL

        assert_each_file_is_whole(root)
        # The next writer tidies up, and its own command is undone before the killed one.
        commit(places, root, "vault log", [change(PurePosixPath("other.md"), None, b"x")])
        assert not list(root.rglob(".vault-tmp-*"))
        undo(places, root)
        try:
            assert undo(places, root).left == ()
        except NothingToUndo:
            assert step == 1  # before the record stood, nothing had been done
        assert files_in(root) == before


def test_an_undo_killed_at_any_step_is_finished_by_the_next(tmp_path: Path, home: dict[str, str]):
    root, places = new_vault(tmp_path, home)
    commit_to(places, root)
    steps = steps_of(lambda hook: undo(places, root, step=hook))
    assert steps > 5

    for step in range(1, steps + 1):
        root, places = new_vault(tmp_path, home)
        before = contents(root)
        commit_to(places, root)

        assert in_child(partial(undo, places, root, step=killed_at(step))) == -signal.SIGKILL

        assert_each_file_is_whole(root)
        assert undo(places, root).left == ()
        assert contents(root) == before


def commit_to(places: Places, root: Path, step: files.Step = files.no_step) -> None:
    """Commit the usual changes."""
    commit(places, root, "x", CHANGES, step=step)


def test_a_writer_killed_at_any_time_leaves_whole_files(filled: Path, places: Places):
    dice = random.Random(7)
    big = {A: b"A" * 300_000, B: b"B" * 300_000}
    state = {A: OLD[A], B: OLD[B]}
    for _ in range(12):
        changes = [
            change(path, state[path], data + bytes([dice.randrange(256)])) for path, data in big.items()
        ]
        pid = os.fork()
        if pid == 0:
            try:
                commit(places, filled, "x", changes)
            finally:
                os._exit(0)
        time.sleep(dice.random() * 0.02)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)

        for each in changes:
            now = (filled / each.path).read_bytes()
            assert now in (state[each.path], each.after)
            state[each.path] = now


def test_an_interrupted_writer_leaves_nothing_or_something_to_undo(filled: Path, places: Places):
    before = contents(filled)
    steps = steps_of(partial(commit_to, places, filled))
    undo(places, filled)

    for step in range(1, steps + 1):
        with pytest.raises(KeyboardInterrupt):
            commit_to(places, filled, interrupted_at(step))

        assert_each_file_is_whole(filled)
        assert not list(filled.rglob(".vault-tmp-*"))
        if contents(filled) != before:
            undo(places, filled)
        assert contents(filled) == before
        with pytest.raises(NothingToUndo):
            undo(places, filled)


def interrupted_at(step: int) -> files.Step:
    """Return a hook that does what Ctrl-C does, at the step of this number."""
    passed = 0

    def hook(_name: str) -> None:
        nonlocal passed
        passed += 1
        if passed == step:
            raise KeyboardInterrupt

    return hook


@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_at_any_time_leaves_no_temporary_file_for_good(
    tmp_path: Path, home: dict[str, str], times: int
):
    """A real signal, once or twice in a row; what is left after two goes with the next command."""
    dice = random.Random(times)
    paths = [PurePosixPath(f"customers/{number:03}.md") for number in range(120)]
    for _ in range(25):
        root, places = new_vault(tmp_path, home)
        for path in paths:
            (root / path).write_bytes(b"old")
        changes = [change(path, b"old", b"new" * 2_000) for path in paths]
        reader, writer = os.pipe()
        told = partial(tell_when_recorded, writer)
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            try:
                commit(places, root, "x", changes, step=told)
            except KeyboardInterrupt:
                os._exit(130)
            finally:
                os._exit(0)
        os.read(reader, 1)
        for _time in range(times):
            time.sleep(dice.random() * 0.01)
            os.kill(pid, signal.SIGINT)
        _, status = os.waitpid(pid, 0)
        os.close(reader)
        os.close(writer)

        assert os.waitstatus_to_exitcode(status) in (0, 130)
        if times == 1:
            assert not list(root.rglob(".vault-tmp-*"))
        for path in paths:
            assert (root / path).read_bytes() in (b"old", b"new" * 2_000)
        commit(places, root, "next", [change(PurePosixPath("other.md"), None, b"x")])
        assert not list(root.rglob(".vault-tmp-*"))
        undo(places, root)
        with suppress(NothingToUndo):
            undo(places, root)
        assert {(root / path).read_bytes() for path in paths} == {b"old"}


def tell_when_recorded(writer: int, name: str) -> None:
    """Let the parent know that the files are being written."""
    if name == "recorded":
        os.write(writer, b"x")


# --- a disk that takes no more


def without_room(limit: int, work: Callable[[], object]) -> object:
    def narrow() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return in_child(work, narrow)


def test_a_commit_that_does_not_fit_changes_nothing(filled: Path, places: Places):
    before = contents(filled)
    changes = [change(A, OLD[A], b"small"), change(NEW, None, b"x" * 50_000)]

    with pytest.raises(CannotWrite):
        without_room(10_000, lambda: commit(places, filled, "x", changes))

    assert contents(filled) == before
    with pytest.raises(NothingToUndo):
        undo(places, filled)


def test_a_record_that_does_not_fit_stops_all(filled: Path, places: Places):
    (filled / A).write_bytes(b"x" * 50_000)
    before = contents(filled)

    with pytest.raises(CannotKeepRecord):
        without_room(10_000, lambda: commit(places, filled, "x", [change(A, b"x" * 50_000, b"")]))

    assert contents(filled) == before


def test_a_failure_in_the_middle_says_how_far_it_came_and_can_be_undone(filled: Path, places: Places):
    before = contents(filled)

    def sabotage(name: str) -> None:
        if name == f"before deleting {C}":
            (filled / C).unlink()
            (filled / C).mkdir()
            (filled / C / "x").touch()

    with pytest.raises(VaultError) as refused:
        commit(places, filled, "x", CHANGES, step=sabotage)
    assert isinstance(refused.value, (PartlyWritten, files.NotAFile))

    assert (filled / A).read_bytes() == b"new a"
    assert undo(places, filled).left == (C,)
    (filled / C / "x").unlink()
    (filled / C).rmdir()
    (filled / C).write_bytes(OLD[C])
    assert {k: v[0] for k, v in contents(filled).items()} == {k: v[0] for k, v in before.items()}


# --- names that differ in case alone


def test_a_file_may_change_the_case_of_its_name(filled: Path, places: Places):
    upper, lower = PurePosixPath("customers/ACME.md"), PurePosixPath("customers/acme.md")
    (filled / lower).write_bytes(b"acme")
    before = contents(filled)

    commit(places, filled, "vault rename", [change(upper, None, b"ACME"), change(lower, b"acme", None)])

    assert (filled / upper).read_bytes() == b"ACME"
    assert [p.name for p in (filled / "customers").iterdir() if p.name.lower() == "acme.md"] == ["ACME.md"]
    undo(places, filled)
    assert contents(filled) == before


def test_one_file_under_two_names_that_differ_in_case_alone_ends_as_the_new_one(filled: Path, places: Places):
    # What a file system that ignores case shows us of every file, a hard link shows here.
    upper, lower = PurePosixPath("customers/ACME.md"), PurePosixPath("customers/acme.md")
    (filled / lower).write_bytes(b"acme")
    (filled / upper).hardlink_to(filled / lower)

    commit(places, filled, "vault rename", [change(upper, None, b"acme"), change(lower, b"acme", None)])

    assert (filled / upper).read_bytes() == b"acme"
    assert not (filled / lower).exists()
    undo(places, filled)
    assert (filled / lower).read_bytes() == b"acme"
