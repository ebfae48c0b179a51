from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from tests.vault.processes import as_nobody, in_child, killed_at
from vault_tool.git.advance import HeadMoved
from vault_tool.git.blobs import blob_name_like
from vault_tool.git.index import IndexLocked
from vault_tool.git.repository import Repository
from vault_tool.sync import apply as apply_module
from vault_tool.sync.apply import Applied, PartlyReceived, apply, recover
from vault_tool.sync.stale import LastWrites, Merge
from vault_tool.sync.sync_journal import BrokenJournal, Head, Journal, Step
from vault_tool.vault import files

ENV = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Li Na",
    "GIT_AUTHOR_EMAIL": "li.na@example.com",
    "GIT_COMMITTER_NAME": "Li Na",
    "GIT_COMMITTER_EMAIL": "li.na@example.com",
    "LC_ALL": "C.UTF-8",
}
# What stands before a sync, and after: changed, grown, gone with its folder, new in a new folder, renamed by
# case alone, a folder where a file was, and one that nobody touches.
BEFORE = {
    "customers/甲.md": "# 甲\n\n## 2026-11-20\none\n",
    "customers/乙.md": "# 乙\n",
    "customers/华东/丙.md": "# 丙\n",
    "customers/acme.md": "# Acme\n",
    "customers/plan": "a file\n",
    "customers/still.md": "# Still\n",
}
AFTER = {
    "customers/甲.md": "# 甲\n\n## 2026-11-20\none\n\n## 2026-11-23\ntwo\n",
    "customers/乙.md": "# 乙乙\n",
    "customers/华北/丁.md": "# 丁\n" * 500,
    "customers/Acme.md": "# Acme GmbH\n",
    "customers/plan/now.md": "# a folder\n",
    "customers/still.md": "# Still\n",
}
A, B, C, NEW = (PurePosixPath(f"customers/{name}.md") for name in ("甲", "乙", "华东/丙", "华北/丁"))
OWN = "## 2026-11-22\nmine\n"


def git(root: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=root, env=ENV, capture_output=True, check=True)
    return done.stdout.decode().rstrip("\n")


def commit_of(root: Path, contents: Mapping[str, str]) -> str:
    """Commit exactly these files."""
    for path in root.iterdir():
        if path.name != ".git":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for name, text in contents.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(text.encode())
    git(root, "add", "-A")
    git(root, "commit", "-q", "--allow-empty", "-m", "x")
    return git(root, "rev-parse", "HEAD")


class Scene:
    """A clone that stands on one commit while the objects of the next are there."""

    merge: Merge

    def __init__(self, root: Path, before: Mapping[str, str] = BEFORE, after: Mapping[str, str] = AFTER):
        self.root, self.merge = root, merge
        root.mkdir(parents=True)
        git(root, "init", "-q", "--template=", "-b", "main")
        git(root, "config", "core.quotepath", "off")
        self.old = commit_of(root, before)
        self.new = commit_of(root, after)
        git(root, "reset", "-q", "--hard", self.old)
        self.head = Head("refs/heads/main", self.old, self.new)

    def copy(self, root: Path) -> Scene:
        """The same once more, elsewhere."""
        shutil.copytree(self.root, root, symlinks=True)
        twin = object.__new__(Scene)
        twin.root, twin.old, twin.new, twin.head = root, self.old, self.new, self.head
        twin.merge = self.merge
        return twin

    @property
    def steps(self) -> list[Step]:
        with Repository(self.root, ENV) as repository:
            changes = repository.trees.changes(self.old, self.new)
            steps = []
            for path, entry in sorted(changes.items()):
                was = repository.trees.entry(self.old, path)
                mode = entry.mode if entry else "100644"
                steps.append(Step(path, was.name if was else None, entry.name if entry else None, mode))
            return steps

    def apply(self, step: files.Step = files.no_step) -> Applied:
        with Repository(self.root, ENV) as repository:
            return apply(self.root, self.steps, self.head, repository, self.merge, clock, step)

    def recover(self, step: files.Step = files.no_step) -> Applied | None:
        with Repository(self.root, ENV) as repository:
            return recover(self.root, repository, self.merge, clock, step)

    def sync(self) -> None:
        """What the next `vault sync` does here: what is left of the last one, then all of it where needed."""
        self.recover()
        if git(self.root, "rev-parse", "HEAD") == self.old:
            self.apply()

    @property
    def contents(self) -> dict[str, str]:
        return {
            path.relative_to(self.root).as_posix(): path.read_bytes().decode()
            for path in self.root.rglob("*")
            if path.is_file() and ".git" not in path.relative_to(self.root).parts
        }

    @property
    def status(self) -> str:
        return git(self.root, "status", "--porcelain", "-uall")

    @property
    def journal(self) -> Path:
        return self.root / ".git/vault/sync-journal"

    def is_done(self) -> bool:
        """Whether all is as an undisturbed sync leaves it."""
        return (
            self.contents == AFTER
            and self.status == ""
            and git(self.root, "rev-parse", "HEAD") == self.new
            and not self.journal.exists()
            and not (self.root / "customers/华东").exists()
        )


def merge(
    path: PurePosixPath, base: bytes | None, mine: bytes, theirs: bytes
) -> Mapping[PurePosixPath, bytes]:
    """Keep all of mine, and what is new in theirs; a stand-in for the merge of notes."""
    known = {*(base or b"").splitlines(), *mine.splitlines()}
    return {
        path: mine
        + b"".join(f"{line.decode()}\n".encode() for line in theirs.splitlines() if line not in known)
    }


def clock() -> float:
    return 1_795_000_000.0


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return Scene(tmp_path_factory.mktemp("template") / "vault")


@pytest.fixture
def scene(template: Scene, tmp_path: Path) -> Scene:
    return template.copy(tmp_path / "vault")


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apply_module, "_STILL_SECONDS", 0.0)


# --- undisturbed


def test_files_index_and_branch_come_to_the_commit(scene: Scene):
    applied = scene.apply()

    assert scene.is_done()
    assert A in applied.written
    assert C in applied.removed
    assert applied.joined == applied.kept == ()


def test_what_somebody_staged_stays_staged(scene: Scene):
    (scene.root / "README.txt").write_text("mine")
    git(scene.root, "add", "README.txt")

    scene.apply()

    assert scene.status == "A  README.txt"


def test_without_files_it_moves_index_and_branch_alone(scene: Scene):
    (scene.root / A).write_bytes(AFTER[str(A)].encode())
    git(scene.root, "add", str(A))
    tree = git(scene.root, "write-tree")
    snapshot = git(scene.root, "commit-tree", "-p", scene.old, "-m", "x", tree)
    git(scene.root, "reset", "-q")
    with Repository(scene.root, ENV) as repository:
        apply(scene.root, [], Head("refs/heads/main", scene.old, snapshot), repository, merge, clock)

    assert scene.status == ""
    assert git(scene.root, "rev-parse", "HEAD") == snapshot


def test_the_first_commit_of_all_can_be_brought_in(tmp_path: Path, template: Scene):
    scene = template.copy(tmp_path / "v")
    git(scene.root, "checkout", "-q", "--orphan", "fresh")
    git(scene.root, "rm", "-rfq", ".")
    with Repository(scene.root, ENV) as repository:
        found = repository.trees.files(scene.new)
        steps = [Step(path, None, entry.name, entry.mode) for path, entry in found]
        apply(scene.root, steps, Head("refs/heads/fresh", None, scene.new), repository, merge, clock)

    assert scene.contents == AFTER
    assert scene.status == ""


def test_a_program_stays_a_program_and_others_readers_stay_out(tmp_path: Path):
    scene = Scene(tmp_path / "v", {"customers/run.sh": "one\n"}, {"customers/run.sh": "two\n"})
    git(scene.root, "update-index", "--chmod=+x", "customers/run.sh")
    program = git(scene.root, "commit-tree", "-p", scene.old, "-m", "x", git(scene.root, "write-tree"))
    git(scene.root, "reset", "-q")
    (scene.root / "customers/run.sh").chmod(0o640)
    scene.head, scene.new = scene.head._replace(new=program), program

    scene.apply()

    assert (scene.root / "customers/run.sh").stat().st_mode & 0o777 == 0o750
    assert scene.status == ""


# --- a person writes meanwhile


def test_an_edit_made_meanwhile_is_joined_and_one_of_a_file_that_goes_keeps_it(scene: Scene):
    (scene.root / A).write_bytes(BEFORE[str(A)].encode() + OWN.encode())
    (scene.root / C).write_bytes(b"# mine\n")

    applied = scene.apply()

    text = (scene.root / A).read_text()
    assert "mine" in text and "two" in text
    assert applied.joined == (A,)
    assert applied.kept == (C,)
    assert (scene.root / C).read_bytes() == b"# mine\n"
    assert scene.status.splitlines() == [f" M {A}", f"?? {C}"]


@pytest.mark.parametrize("save", ["in place", "by a rename"])
def test_an_edit_between_the_look_and_the_writing_is_not_lost(scene: Scene, save: str):
    def edit(name: str) -> None:
        if name == f"checked {A}" and OWN not in (scene.root / A).read_text():
            where = scene.root / A
            data = where.read_bytes() + OWN.encode()
            if save == "in place":
                where.write_bytes(data)
            else:
                where.with_name("x").write_bytes(data)
                where.with_name("x").replace(where)

    assert scene.apply(edit).joined == (A,)

    text = (scene.root / A).read_text()
    assert "mine" in text and "two" in text


def test_an_edit_while_an_edit_is_joined_is_joined_too(scene: Scene):
    (scene.root / A).write_bytes(BEFORE[str(A)].encode() + OWN.encode())

    def edit(name: str) -> None:
        if name == f"joined {A}" and "third" not in (scene.root / A).read_text():
            with (scene.root / A).open("a") as file:
                file.write("third\n")

    scene.apply(edit)

    text = (scene.root / A).read_text()
    assert all(word in text for word in ("mine", "two", "third"))


def test_a_file_that_somebody_made_where_one_comes_is_joined(scene: Scene):
    (scene.root / NEW).parent.mkdir()
    (scene.root / NEW).write_bytes(b"my own\n")

    assert scene.apply().joined == (NEW,)

    assert (scene.root / NEW).read_bytes() == b"my own\n" + "# 丁\n".encode() * 500


def test_an_edit_that_is_what_comes_is_done(scene: Scene):
    (scene.root / A).write_bytes(AFTER[str(A)].encode())

    assert A not in scene.apply().written
    assert scene.is_done()


@pytest.mark.parametrize("torn", ["", AFTER[str(A)][:-4]])
def test_a_torn_file_is_written(scene: Scene, torn: str):
    (scene.root / A).write_bytes(torn.encode())

    scene.apply()

    assert scene.is_done()


def test_what_has_to_lie_beside_lies_beside_before_the_file_changes(scene: Scene, monkeypatch):
    beside = A.with_name("甲.conflict-1a2b.md")
    (scene.root / A).write_bytes(b"\xff mine\n")
    with Repository(scene.root, ENV) as repository:
        apply(
            scene.root,
            scene.steps,
            scene.head,
            repository,
            lambda path, _base, mine, theirs: {path: mine, beside: theirs},
            clock,
        )

    assert (scene.root / A).read_bytes() == b"\xff mine\n"
    assert (scene.root / beside).read_text() == AFTER[str(A)]


def test_an_empty_file_where_one_goes_is_no_edit(scene: Scene):
    (scene.root / C).write_bytes(b"")

    assert scene.apply().kept == ()
    assert scene.is_done()


# --- names that are one to the file system


def test_one_file_under_two_names_that_differ_in_case_alone_ends_as_the_new_one(scene: Scene):
    # What a file system that ignores case shows us of every file, a hard link shows here.
    (scene.root / "customers/Acme.md").hardlink_to(scene.root / "customers/acme.md")

    scene.apply()

    assert scene.is_done()


def test_an_edit_under_the_old_writing_of_a_name_is_joined(scene: Scene):
    (scene.root / "customers/acme.md").write_text("# Acme\nmine\n")
    (scene.root / "customers/Acme.md").hardlink_to(scene.root / "customers/acme.md")

    scene.apply()

    assert (scene.root / "customers/Acme.md").read_text() == "# Acme\nmine\n# Acme GmbH\n"


# --- death at any moment


def killed_everywhere(work: Callable[[files.Step], object]) -> Iterator[int]:
    """Count up, for as long as there is an n-th step to be killed at."""
    count = 0

    def counted(_name: str) -> None:
        nonlocal count
        count += 1

    work(counted)
    assert count > 15
    yield from range(1, count + 1)


def whole(scene: Scene) -> None:
    for name, text in scene.contents.items():
        assert ".vault-tmp-" in name or text in (BEFORE.get(name), AFTER.get(name)), name
    for name in BEFORE.keys() & AFTER.keys():
        assert (scene.root / name).exists()


def test_killed_at_any_step_the_next_sync_ends_as_an_undisturbed_one(template: Scene, tmp_path: Path):
    for n in killed_everywhere(template.copy(tmp_path / "count").apply):
        scene = template.copy(tmp_path / f"v{n}")

        assert in_child(partial(scene.apply, killed_at(n))) == -signal.SIGKILL

        whole(scene)
        assert git(scene.root, "rev-parse", "HEAD") in (scene.old, scene.new)
        scene.sync()
        assert scene.is_done(), n
        assert not list(scene.root.rglob(".vault-tmp-*"))
        shutil.rmtree(scene.root)


def test_killed_and_killed_again_while_recovering_it_still_ends_well(template: Scene, tmp_path: Path):
    # Where the journal stands and the first file has changed: the longest recovery there is.
    broken = template.copy(tmp_path / "broken")
    in_child(partial(broken.apply, killed_when(f"placed {NEW}")))
    assert broken.journal.exists()
    for n in killed_everywhere(broken.copy(tmp_path / "count").recover):
        scene = broken.copy(tmp_path / f"v{n}")

        assert in_child(partial(scene.recover, killed_at(n))) == -signal.SIGKILL
        whole(scene)
        scene.sync()

        assert scene.is_done(), n
        shutil.rmtree(scene.root)


def killed_when(name: str) -> files.Step:
    def hook(reached: str) -> None:
        if reached == name:
            os.kill(os.getpid(), signal.SIGKILL)

    return hook


def test_killed_while_an_edit_is_joined_nothing_is_lost_and_nothing_twice(template: Scene, tmp_path: Path):
    edited = template.copy(tmp_path / "edited")
    # Whoever joins twice is seen.
    edited.merge = lambda path, base, mine, theirs: {
        path: merge(path, base, mine, theirs)[path] + b"joined\n"
    }
    (edited.root / A).write_bytes(BEFORE[str(A)].encode() + OWN.encode())
    done = edited.copy(tmp_path / "done")
    done.apply()
    for n in killed_everywhere(edited.copy(tmp_path / "count").apply):
        scene = edited.copy(tmp_path / f"v{n}")

        in_child(partial(scene.apply, killed_at(n)))
        scene.sync()

        assert scene.contents == done.contents, n
        assert scene.status == done.status
        shutil.rmtree(scene.root)


def test_killed_among_many_files_that_are_written_side_by_side(tmp_path: Path):
    before = {f"customers/{number}.md": f"# {number}\n" for number in range(40)}
    after = {name: f"{text}\n## 2026-11-23\nnew\n" for name, text in before.items()}
    template = Scene(tmp_path / "template", before, after)
    for n in (3, 40, 81, 100, 120, 160):
        scene = template.copy(tmp_path / f"v{n}")

        assert in_child(partial(scene.apply, killed_at(n))) == -signal.SIGKILL
        scene.sync()

        assert scene.contents == after, n
        assert scene.status == ""


def test_an_edit_made_after_the_crash_is_joined_by_the_recovery(scene: Scene):
    in_child(partial(scene.apply, killed_when(f"placed {NEW}")))
    (scene.root / A).write_bytes(BEFORE[str(A)].encode() + OWN.encode())

    recovered = scene.recover()

    assert recovered and recovered.joined == (A,)
    text = (scene.root / A).read_text()
    assert "mine" in text and "two" in text


def test_a_file_torn_by_a_power_cut_is_whole_after_the_recovery(scene: Scene):
    in_child(partial(scene.apply, killed_when(f"placed {NEW}")))
    (scene.root / NEW).write_bytes(b"")
    (scene.root / B).write_bytes(AFTER[str(B)].encode()[:5])

    scene.recover()

    assert scene.is_done()


def test_a_sync_that_wrote_nothing_is_dropped(scene: Scene):
    in_child(partial(scene.apply, killed_when(f"written {A}")))
    (scene.root / B).write_text("# mine\n")

    assert scene.recover() is None

    assert not scene.journal.exists()
    assert scene.contents == {**BEFORE, str(B): "# mine\n"}


def test_after_somebody_used_git_the_files_stay_as_they_are(scene: Scene):
    in_child(partial(scene.apply, killed_when(f"placed {A}")))
    git(scene.root, "add", "-A")
    git(scene.root, "commit", "-q", "-m", "mine")
    before = scene.contents

    assert scene.recover() is None

    assert not scene.journal.exists()
    assert scene.contents == before


def test_between_index_and_branch_git_shows_all_that_came_as_staged(scene: Scene):
    with Repository(scene.root, ENV) as repository:
        run = repository.run

        def until_the_branch(*words: str, **rest: Any) -> tuple[int, bytes, str]:
            if words[0] == "update-ref":
                raise KeyboardInterrupt
            return run(*words, **rest)

        repository.run = until_the_branch  # type: ignore[method-assign]
        with pytest.raises(KeyboardInterrupt):
            apply(scene.root, scene.steps, scene.head, repository, merge, clock)
    assert all(line[1] == " " for line in scene.status.splitlines())

    scene.sync()

    assert scene.is_done()


# --- journals that say nothing


@pytest.mark.parametrize("how", ["cut", "flipped", "newer", "empty"])
def test_a_broken_journal_is_put_aside_once_and_nothing_is_guessed(scene: Scene, how: str):
    in_child(partial(scene.apply, killed_when(f"placed {A}")))
    said = scene.journal.read_bytes()
    scene.journal.write_bytes(
        {
            "cut": said[:-20],
            "flipped": said.replace(b"customers", b"kustomers", 1),
            "newer": said.replace(b'"version": 1', b'"version": 2'),
            "empty": b"",
        }[how]
    )
    before = scene.contents

    with pytest.raises(BrokenJournal) as told:
        scene.recover()

    aside = Path(str(told.value.values["path"]))
    assert aside.exists() and aside.parent == scene.journal.parent
    assert scene.contents == before
    scene.sync()
    assert {**scene.contents} == AFTER


def test_what_a_killed_process_was_writing_beside_the_journal_goes_and_all_else_stays(scene: Scene):
    folder = scene.root / ".git/vault"
    folder.mkdir()
    for name in (".vault-tmp-1-sync-journal", ".vault-tmp-1-last-write", ".vault-tmp-2-abc", "remotes.json"):
        (folder / name).touch()

    scene.recover()

    assert sorted(path.name for path in folder.iterdir()) == [".vault-tmp-2-abc", "remotes.json"]


def test_a_torn_last_line_of_the_journal_harms_nothing(scene: Scene):
    journal = Journal(scene.root / ".git")
    journal.begin(scene.head, tuple(scene.steps))
    journal.note_joined(A, "a" * 40)
    with scene.journal.open("ab") as file:
        file.write(b'["customers/x')

    plan = journal.read()

    assert plan and plan.joined == {A: "a" * 40}
    assert plan.head == scene.head and plan.steps == tuple(scene.steps)


def test_a_name_that_is_no_text_survives_the_journal(scene: Scene):
    journal = Journal(scene.root / ".git")
    step = Step(PurePosixPath(os.fsdecode(b"customers/\xff.md")), None, "a" * 40)
    journal.begin(scene.head, (step,))

    plan = journal.read()

    assert plan and plan.steps == (step,)


# --- others who use git


def test_a_branch_that_moved_meanwhile_is_left_alone(scene: Scene):
    git(scene.root, "commit", "-q", "--allow-empty", "-m", "mine")
    mine = git(scene.root, "rev-parse", "HEAD")

    with pytest.raises(HeadMoved):
        scene.apply()

    assert scene.contents == BEFORE
    assert git(scene.root, "rev-parse", "HEAD") == mine


def test_a_commit_made_while_files_are_written_is_not_overwritten(scene: Scene):
    def commit(name: str) -> None:
        if name == "files":
            git(scene.root, "commit", "-q", "--allow-empty", "-m", "mine")

    with pytest.raises(HeadMoved):
        scene.apply(commit)

    assert git(scene.root, "log", "-1", "--format=%s") == "mine"
    assert scene.contents == AFTER  # what came shows as this person's change, for the next sync to join
    assert not scene.journal.exists()


def test_a_held_index_stops_it_before_anything_is_touched(scene: Scene, monkeypatch):
    monkeypatch.setattr("vault_tool.git.advance.PATIENCE", 0.1)
    monkeypatch.setattr("vault_tool.git.index.PATIENCE", 0.1)
    (scene.root / ".git/index.lock").touch()

    with pytest.raises(IndexLocked):
        scene.apply()

    assert scene.contents == BEFORE
    assert scene.status == ""


def test_an_index_held_in_the_middle_leaves_the_rest_to_the_next_sync(scene: Scene, monkeypatch):
    monkeypatch.setattr("vault_tool.git.advance.PATIENCE", 0.1)
    monkeypatch.setattr("vault_tool.git.index.PATIENCE", 0.1)
    lock = scene.root / ".git/index.lock"

    with pytest.raises(IndexLocked):
        scene.apply(lambda name: lock.touch() if name == "files" else None)
    lock.unlink()
    scene.sync()

    assert scene.is_done()


# --- files that can't be replaced, a disk that takes no more


@pytest.mark.parametrize("what", ["read-only", "link", "folder", "link above"])
def test_what_can_not_be_replaced_is_named_and_nothing_is_touched(scene: Scene, tmp_path: Path, what: str):
    where = scene.root / B
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    if what == "read-only":
        where.chmod(0o444)
    elif what == "link":
        where.unlink()
        where.symlink_to(elsewhere / "x")
    elif what == "folder":
        where.unlink()
        where.mkdir()
    else:
        (scene.root / NEW).parent.symlink_to(elsewhere)
    before = scene.contents

    with pytest.raises((files.ReadOnlyFile, files.NotAFile, files.OutsideVault)) as refused:
        scene.apply()

    assert refused.value.values["path"] == (NEW if what == "link above" else B)
    assert scene.contents == before
    assert not scene.journal.exists()
    assert not list(elsewhere.iterdir())


def test_a_read_only_file_that_goes_is_named_before_anything_is_touched(scene: Scene):
    (scene.root / C).chmod(0o444)

    with pytest.raises(files.ReadOnlyFile):
        scene.apply()

    assert scene.contents == BEFORE


def test_a_file_that_becomes_a_folder_in_the_middle_is_named_and_the_next_sync_goes_on(scene: Scene):
    where = scene.root / A

    def sabotage(name: str) -> None:
        if name == f"placed {NEW}":
            where.unlink()
            where.mkdir()

    with pytest.raises(PartlyReceived) as refused:
        scene.apply(sabotage)

    assert refused.value.values["path"] == A
    assert not list(scene.root.rglob(".vault-tmp-*"))
    where.rmdir()
    scene.sync()
    assert scene.is_done()


def test_a_folder_that_can_not_be_written_is_named(scene: Scene):
    if os.geteuid() == 0:
        for path in (scene.root, *scene.root.rglob("*")):
            os.chown(path, 65534, 65534, follow_symlinks=False)
        for path in scene.root.parents:
            if path.stat().st_uid == 0 and "pytest-of" in str(path):
                path.chmod(0o755)
    folder = scene.root / "customers"
    folder.chmod(0o555)
    before = scene.contents
    try:
        with pytest.raises(files.CannotWrite) as refused:
            as_nobody(scene.apply)
    finally:
        folder.chmod(0o755)

    assert "customers/" in str(refused.value)
    assert scene.contents == before
    assert not scene.journal.exists()


def test_a_file_larger_than_the_system_takes_changes_nothing(scene: Scene):
    def narrow() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, 2_000))

    # The last file that is staged does not fit; the journal does.
    with pytest.raises(files.CannotWrite):
        in_child(scene.apply, narrow)

    assert scene.contents == BEFORE
    assert not scene.journal.exists()
    assert not list(scene.root.rglob(".vault-tmp-*"))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with hardly any room."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = shutil.which("mount") and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)], capture_output=True
    )
    if not mounted or mounted.returncode != 0:
        pytest.skip("no file system can be mounted here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_changes_nothing_and_with_room_it_goes_on(small_disk: Path, template: Scene):
    scene = template.copy(small_disk / "vault")
    filler = small_disk / "filler"
    with filler.open("wb") as file, pytest.raises(OSError):
        while True:
            os.write(file.fileno(), bytes(4096))
    # Room for the journal and a file or two, but not for all that comes.
    os.truncate(filler, filler.stat().st_size - 12_288)

    with pytest.raises(files.CannotWrite):
        scene.apply()

    assert scene.contents == BEFORE
    assert scene.status == ""
    assert not list(scene.root.rglob(".vault-tmp-*"))
    filler.unlink()
    scene.sync()
    assert scene.is_done()


def test_a_disk_that_fills_up_when_the_index_is_written_leaves_the_rest_to_the_next_sync(
    small_disk: Path, template: Scene
):
    scene = template.copy(small_disk / "vault")
    filler = small_disk / "filler"

    def fill(name: str) -> None:
        if name == "remembered":
            with filler.open("wb") as file, pytest.raises(OSError):
                while True:
                    os.write(file.fileno(), bytes(4096))

    with pytest.raises(Exception):  # noqa: B017 - what git says of it is git's
        scene.apply(fill)

    assert scene.contents == AFTER
    assert scene.journal.exists()
    filler.unlink()
    scene.sync()
    assert scene.is_done()


# --- remembering


def test_what_was_written_is_remembered_for_editors_that_are_open(scene: Scene):
    scene.apply()

    versions = LastWrites(scene.root / ".git").versions(A)
    assert versions == [blob_name_like(text[str(A)].encode(), scene.new) for text in (BEFORE, AFTER)]


def test_a_linked_work_tree_has_a_journal_of_its_own(scene: Scene, tmp_path: Path):
    git(scene.root, "worktree", "add", "-q", "-b", "other", str(tmp_path / "linked"), scene.old)
    in_child(partial(scene.apply, killed_when(f"placed {A}")))

    with Repository(tmp_path / "linked", ENV) as repository:
        assert recover(tmp_path / "linked", repository, merge, clock) is None

    assert scene.journal.exists()
