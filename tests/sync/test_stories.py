"""A team's days, as transcripts: who typed what, and what was printed below it, to the letter."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path
from textwrap import dedent

import pytest

from tests.conftest import VaultRun
from tests.sync.clones import WANG, Person, colleague, named, pair
from vault_tool.sync.heal import holds_markers

PROMPT = re.compile(r"(\w+)\$ (.*)")
SAID = (
    "预算批了",
    "交货晚了",
    "看了样品，很满意，想要十件。",
    "他想要报价。",
    "stage: negotiation",
    "importance: vip",
)
NUMBER = "13711112222"


@pytest.fixture
def people(tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun) -> dict[str, Person]:
    """Li Na and Zhang Wei with a clone each of one bare repository, in agreement with it."""
    notes = {"王五.md": WANG, "赵六.md": WANG.replace("c000000001", "c000000002").replace("王五", "赵六")}
    li, zhang = pair(tmp_path, clean_env, vault_run, notes)
    return {"li": li, "zhang": zhang}


@pytest.fixture
def wang(people: dict[str, Person], tmp_path: Path, vault_run: VaultRun) -> Person:
    """Wang Wu, who has git and not the program: no filter, no merge driver, no hooks."""
    made = named(colleague(people["li"], tmp_path / "wang", vault_run), "wang.wu")
    for word, said in (("name", "Wang Wu"), ("email", "wang.wu@example.com")):
        for whose in ("AUTHOR", "COMMITTER"):
            made.env[f"GIT_{whose}_{word.upper()}"] = said
    return made


def play(transcript: str, people: dict[str, Person]) -> None:
    """Run what stands behind each prompt; what is printed has to be what stands below it."""
    wanted = dedent(transcript).strip()
    found: list[str] = []
    for line in wanted.splitlines():
        if prompt := PROMPT.fullmatch(line):
            found += (line, *printed(people[prompt[1]], shlex.split(prompt[2])))
    assert "\n".join(found) == wanted


def printed(person: Person, words: list[str]) -> list[str]:
    if words[0] == "vault":
        ran = person.vault(*words[1:])
        text = ran.out + ran.err
    else:
        done = subprocess.run(words, cwd=person.root, env=person.env, capture_output=True, text=True)
        text = done.stdout + done.stderr
    text = text.replace(str(person.root.parent), "~")
    return re.sub(r"\b[0-9a-f]{10}\b", "<commit>", text).splitlines()


def check_all_is_there(*people: Person) -> None:
    """The clones are the same to the byte, everything that was said is there once, and no marker."""
    for one in people:
        assert one.files == people[0].files
        assert not any(map(holds_markers, one.files.values()))
        one.check()
    text = people[0].read("王五.md")
    assert [text.count(said) for said in SAID] == [1] * len(SAID), text


def test_two_people_sync(people: dict[str, Person]):
    play(
        """
        li$ vault log 王五 预算批了
        王五 · 2026-11-23 Monday → customers/王五.md:12 · undo: vault undo
        zhang$ vault log 王五 交货晚了
        王五 · 2026-11-23 Monday → customers/王五.md:12 · undo: vault undo
        li$ vault set 王五 stage=negotiation
        1 customer changed: customers/王五.md · undo: vault undo
        zhang$ vault set 王五 importance=vip
        1 customer changed: customers/王五.md · undo: vault undo
        li$ sed -i s/看了样品，满意。/看了样品，很满意，想要十件。/ customers/王五.md
        zhang$ sed -i "/^## 2026-10-12/,$d" customers/王五.md
        li$ vault sync
        All notes saved and shared (1 sent, 0 received).
        zhang$ vault sync
        All notes saved and shared (1 sent, 1 received).
        News of: 王五
        Removed on one side and changed on the other, so it stays: customers/王五.md: 2026-10-12 visit
        li$ vault sync
        All notes saved and shared (0 sent, 1 received).
        News of: 王五
        zhang$ vault sync
        All notes are saved and shared; nothing was new.
        li$ vault sync
        All notes are saved and shared; nothing was new.
        """,
        people,
    )
    check_all_is_there(*people.values())


def test_one_shares_by_git_alone(people: dict[str, Person]):
    play(
        """
        li$ vault log 王五 预算批了
        王五 · 2026-11-23 Monday → customers/王五.md:12 · undo: vault undo
        zhang$ vault log 王五 交货晚了
        王五 · 2026-11-23 Monday → customers/王五.md:12 · undo: vault undo
        li$ vault set 王五 stage=negotiation
        1 customer changed: customers/王五.md · undo: vault undo
        zhang$ vault set 王五 importance=vip
        1 customer changed: customers/王五.md · undo: vault undo
        li$ sed -i s/看了样品，满意。/看了样品，很满意，想要十件。/ customers/王五.md
        zhang$ sed -i "/^## 2026-10-12/,$d" customers/王五.md
        li$ vault sync
        All notes saved and shared (1 sent, 0 received).
        zhang$ git commit -qam "news of 王五"
        1 note checked: git may have them.
        zhang$ git pull -q --no-rebase --no-edit
        Auto-merging customers/王五.md
        1 note checked: git may have them.
        zhang$ git push -q
        2 notes checked: git may have them.
        li$ vault sync
        All notes saved and shared (0 sent, 1 received).
        News of: 王五
        zhang$ git pull -q --no-rebase --no-edit
        """,
        people,
    )
    check_all_is_there(*people.values())


def test_one_has_no_program(people: dict[str, Person], wang: Person):
    play(
        """
        li$ vault log 王五 预算批了
        王五 · 2026-11-23 Monday → customers/王五.md:12 · undo: vault undo
        li$ vault set 王五 stage=negotiation
        1 customer changed: customers/王五.md · undo: vault undo
        li$ sed -i s/看了样品，满意。/看了样品，很满意，想要十件。/ customers/王五.md
        li$ vault sync
        All notes saved and shared (1 sent, 0 received).
        wang$ sed -i "s/^tags:/importance: vip\\ntags:/; /^## 2026-10-12/,$d; s/^## 2026-11-02/## 2026-11-23 call\\n\\n交货晚了\\n\\n&/" customers/王五.md
        wang$ git commit -qam "news of 王五"
        wang$ git pull -q --no-rebase --no-edit
        Auto-merging customers/王五.md
        CONFLICT (content): Merge conflict in customers/王五.md
        Automatic merge failed; fix conflicts and then commit the result.
        wang$ git commit -qam "I don't know what this is"
        wang$ git push -q
        wang$ grep -c '<<<<<<<' customers/王五.md
        2
        zhang$ vault sync
        All notes saved and shared (1 sent, 1 received).
        News of: 王五
        li$ vault sync
        All notes saved and shared (0 sent, 1 received).
        News of: 王五
        wang$ git pull -q --no-rebase --no-edit
        """,
        {**people, "wang": wang},
    )
    check_all_is_there(*people.values(), wang)


def test_one_without_the_program_sends_a_value_in_plain(people: dict[str, Person], wang: Person):
    play(
        f"""
        wang$ sed -i "s/^tags:/mobile: {NUMBER}\\ntags:/" customers/王五.md
        wang$ sed -i s/他想要报价。/要两份报价。/ customers/赵六.md
        wang$ git commit -qam "王五's number"
        wang$ git push -q
        zhang$ vault sync
        All notes saved and shared (0 sent, 2 received).
        News of: 王五, 赵六
        Warning: customers/王五.md:7: mobile came in plain, in <commit> of Wang Wu
        Hint: Take it for known, for whoever shares this vault may have read it: change it where it can be changed, tell the customer where you have to. `vault seal` and `vault sync` take it out of what all have now.
        zhang$ vault sync
        All notes are saved and shared; nothing was new.
        zhang$ vault seal
        1 value sealed: 1 file
        This vault has keys now. Its recovery key opens everything: print ~/zhang-home/config/recovery/v0000001.txt, keep it in a safe place, then delete it here.
        zhang$ vault sync
        All notes saved and shared (5 sent, 0 received).
        li$ vault sync
        All notes saved and shared (0 sent, 6 received).
        News of: 王五, 赵六
        Warning: customers/王五.md:7: mobile came in plain, in <commit> of Wang Wu
        Hint: Take it for known, for whoever shares this vault may have read it: change it where it can be changed, tell the customer where you have to. `vault seal` and `vault sync` take it out of what all have now.
        """,
        {**people, "wang": wang},
    )
    for one in people.values():
        assert one.files == people["li"].files
        assert NUMBER not in one.read("王五.md") and "要两份报价" in one.read("赵六.md")
        one.check()
