"""Two lines of commits become one: the same commit wherever it is made, with all that both sides wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import VaultRun
from tests.sync.clones import Person, note, pair
from vault_tool.git.repository import Repository
from vault_tool.git.trees import Trees
from vault_tool.sync.join_sides import NothingInCommon, Sides, steps_between
from vault_tool.vault.vault import vault_at


@pytest.fixture
def two(tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun) -> tuple[Person, Person]:
    return pair(tmp_path, clean_env, vault_run, {"one.md": note(2), "two.md": note(3)})


def commit(clone: Person, name: str, body: str, number: int = 2) -> str:
    """Save a note by hand; return the commit."""
    clone.write(name, note(number, body))
    clone.git("add", "-A")
    clone.git("commit", "--quiet", "--no-verify", "-m", body.strip() or "nothing")
    return clone.head


def joined(clone: Person, one: str, other: str) -> str:
    with Repository(clone.root, clone.env) as repository:
        return Sides(vault_at(clone.root, clone.env), repository).join(one, other).commit


def text(clone: Person, commit: str, name: str = "one.md") -> str:
    return clone.blob(f"{commit}:customers/{name}").decode()


def entry(day: int, words: str) -> str:
    return f"\n## 2026-11-{day:02}\n\n{words}\n"


def test_both_make_the_same_commit_of_the_same_two(two: tuple[Person, Person]):
    li, zhang = two
    mine = commit(li, "one.md", entry(20, "from Li"))
    theirs = commit(zhang, "one.md", entry(20, "from Zhang"))
    li.git("fetch", "--quiet", str(zhang.root), "main")
    zhang.git("fetch", "--quiet", str(li.root), "main")
    made = {joined(li, mine, theirs), joined(li, theirs, mine), joined(zhang, theirs, mine)}
    assert len(made) == 1
    found = text(li, made.pop())
    assert "from Li" in found and "from Zhang" in found


def test_what_one_side_has_already_is_no_join(two: tuple[Person, Person]):
    li, _zhang = two
    old = li.head
    new = commit(li, "one.md", entry(20, "from Li"))
    assert joined(li, old, new) == joined(li, new, old) == joined(li, new, new) == new


def test_sides_that_were_joined_crosswise_are_joined_again(two: tuple[Person, Person]):
    """Two bases: whichever is taken alone, something that was taken out on purpose would come back."""
    li, zhang = two
    mine = commit(li, "one.md", entry(20, "from Li") + entry(10, "old"))
    theirs = commit(zhang, "one.md", entry(21, "from Zhang"))
    li.git("fetch", "--quiet", str(zhang.root), "main")
    both = joined(li, mine, theirs)
    # Joined by hand as well, and each side goes on.
    li.git("reset", "--quiet", "--hard", both)
    here = commit(li, "one.md", text(li, both).partition("# 客户2\n")[2].replace(entry(10, "old"), ""))
    li.git("checkout", "--quiet", "-b", "other", theirs)
    li.git("merge", "--quiet", "--no-verify", "-s", "ours", "-m", "by hand", mine)
    li.write("one.md", text(li, both))
    li.git("commit", "--quiet", "--no-verify", "-am", "by hand")
    there = commit(li, "two.md", entry(22, "and more"), 3)
    with Repository(li.root, li.env) as repository:
        assert len(repository.merge_bases(here, there)) == 2
    last = joined(li, here, there)
    assert last == joined(li, there, here)
    assert "and more" in text(li, last, "two.md")
    found = text(li, last)
    assert "from Li" in found and "from Zhang" in found and "old" not in found


def test_what_has_nothing_in_common_is_not_joined(two: tuple[Person, Person]):
    li, _zhang = two
    mine = li.head
    li.git("checkout", "--quiet", "--orphan", "elsewhere")
    theirs = commit(li, "one.md", entry(20, "from elsewhere"))
    with pytest.raises(NothingInCommon):
        joined(li, mine, theirs)


def test_the_steps_from_one_commit_to_another_name_every_file_that_differs(two: tuple[Person, Person]):
    li, _zhang = two
    old = li.head
    (li.root / "customers/two.md").unlink()
    li.write("inner/three.md", note(4))
    new = commit(li, "one.md", entry(20, "from Li"))
    with Repository(li.root, li.env) as repository:
        steps = {str(step.path): step for step in steps_between(repository, old, new)}
        assert sorted(steps) == ["customers/inner/three.md", "customers/one.md", "customers/two.md"]
        assert steps["customers/two.md"].after is None and steps["customers/inner/three.md"].before is None
        told = li.git("diff-tree", "-r", "--no-renames", "--name-only", "-z", old, new).split("\0")
        assert sorted(map(str, repository.trees.changes(old, new))) == sorted(filter(None, told))
        assert isinstance(repository.trees, Trees)


def test_a_joining_commit_made_by_git_alone_is_made_right(two: tuple[Person, Person]):
    """Without our driver git leaves markers; whoever syncs next works out what should have been."""
    li, zhang = two
    li.write("one.md", note(2, entry(20, "from Li")))
    li.sync()
    zhang.without_filter()
    for section in ("merge.vault",):
        zhang.git("config", "--local", "--remove-section", section, ok=False)
    commit(zhang, "one.md", entry(20, "from Zhang"))
    assert "CONFLICT" in zhang.git("pull", "--quiet", "--no-rebase", "origin", "main", ok=False)
    zhang.git("commit", "--quiet", "--no-verify", "-am", "by hand")
    assert "<<<<<<<" in zhang.read("one.md")
    zhang.git("push", "--quiet", "--no-verify", "origin", "main")
    li.sync()
    zhang.sync()
    assert li.files == zhang.files
    found = li.read("one.md")
    assert "<<<<<<<" not in found and "from Li" in found and "from Zhang" in found
    li.check()
