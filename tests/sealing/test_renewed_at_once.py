"""Two people change who reads what at once, each in a clone of their own, before either has heard of the other."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

import pytest

from tests.conftest import Ran, VaultRun
from tests.git.repositories import GIT_ENV
from tests.sealing.team import SCHEMA, Colleague, team_vault
from vault_tool.notes.note import parse_note
from vault_tool.sealing import age
from vault_tool.sealing.identities import read_identities
from vault_tool.sealing.standing import references
from vault_tool.sealing.token import read_token
from vault_tool.sealing.vault_keys import NotOpened
from vault_tool.vault.keyring import read_keyring

FIELDS = {
    "firm1": {"mobile": "13800000001", "bank_account": "6222000000000000001", "id_number": "X123451"},
    "firm2": {"mobile": "13800000002", "bank_account": "6222000000000000002", "id_number": "X123452"},
}
SECRETS = ("1380000000", "62220000000", "X12345", "after-")


class Team:
    """Li Na and Zhang Wei, managers with a clone each; Wang Wu and Zhao Min sell, from clones of theirs."""

    def __init__(self, place: Path, run: VaultRun) -> None:
        self.place = place
        who = {"li": "li.na", "zhang": "zhang.wei", "wang": "wang.wu", "zhao": "zhao.min"}
        made = {
            short: Colleague(name, place / "homes" / name, place / short, run) for short, name in who.items()
        }
        self.li, self.zhang, self.wang, self.zhao = made.values()
        self.managers = (self.li, self.zhang)

    def sync(self, person: Colleague) -> Ran:
        ran = person.vault("sync")
        assert ran.status in (0, 5), ran
        return ran

    def until_quiet(self, *people: Colleague) -> None:
        for _round in range(3):
            for person in people or self.managers:
                self.sync(person)

    def settle(self) -> None:
        """Do what the program says, as people do who read what it prints."""
        for _round in range(2):
            for person in self.managers:
                if person.vault("access", "review").status != 0:
                    person.ok("access", "accept")
                person.ok("rekey", "--yes")
                self.until_quiet()

    def opens(self, person: Colleague) -> set[str]:
        """Open all that stands in a clone; return the texts, "!" where something doesn't open."""
        keys, found = person.keys, set()
        for path in sorted((person.root / "customers").rglob("*.md")):
            note = parse_note(PurePosixPath(path.relative_to(person.root)), path.read_bytes(), SCHEMA)
            for each in references(note):
                try:
                    found.add(keys.open(note, each.vid).value.text)
                except NotOpened:
                    found.add("!")
        return found

    def check_reading(self, person: Colleague, *more: str) -> None:
        wanted = {value for fields in FIELDS.values() for value in fields.values()}
        opened = self.opens(person)
        assert "!" not in opened and opened >= wanted | set(more), opened

    def check_shut(self, gone: Colleague) -> None:
        """Nothing that stands in a clone now opens with what somebody has who is out."""
        own = read_identities(gone.home / "config/identities/me.txt", lambda _name: "")
        taken = list(own)
        for person in (self.li, gone):
            for path in (person.root / ".vault").rglob("*.age"):
                try:
                    taken.append(age.decrypt(path.read_bytes(), own).decode().strip())
                except age.CannotOpen:
                    continue
        count = 0
        for path in (self.li.root / "customers").rglob("*.md"):
            note = parse_note(PurePosixPath(path.name), path.read_bytes(), SCHEMA)
            assert note.sealed_block
            for each in note.sealed_block.tokens:
                count += 1
                with pytest.raises(age.CannotOpen):
                    age.decrypt(read_token(each.token).age_file, taken)
        assert count >= 10

    def check_same(self, *people: Colleague) -> None:
        """Clones of the same bytes, whole, without markers, and no secret in any object."""
        everybody = people or self.managers
        trees = {person.git("rev-parse", "HEAD^{tree}") for person in everybody}
        assert len(trees) == 1
        for person in everybody:
            assert person.git("status", "--short") == ""
            for path in person.root.rglob("*"):
                if path.is_file() and ".git" not in path.parts:
                    assert b"<<<<<<<" not in path.read_bytes(), path
            objects = ["cat-file", "--batch-all-objects", "--batch", "--unordered"]
            data = subprocess.run(["git", *objects], cwd=person.root, check=True, capture_output=True).stdout
            assert not [secret for secret in SECRETS if secret.encode() in data]


_MADE: list[TemporaryDirectory[str]] = []


@pytest.fixture
def team(tmp_path: Path, vault_run: VaultRun, monkeypatch: pytest.MonkeyPatch) -> Team:
    """A team in agreement. Made once, and copied."""
    for name, value in GIT_ENV.items():
        monkeypatch.setenv(name, value)
    if not _MADE:
        _MADE.append(TemporaryDirectory())
        _make(Team(Path(_MADE[0].name), vault_run))
    shutil.copytree(_MADE[0].name, tmp_path, dirs_exist_ok=True)
    made = Team(tmp_path, vault_run)
    for person in (made.li, made.zhang, made.wang, made.zhao):
        person.git("config", "remote.origin.url", str(tmp_path / "server.git"))
        person.ok("access", "review")
        person.ok("access", "list")
    return made


def _make(team: Team) -> None:
    root = team_vault(team.place / "li")
    with (root / "vault.toml").open("a", encoding="utf-8") as file:
        file.write('[people."zhao.min"]\nname = "赵敏"\n')
    team.li.git("init", "-q", "-b", "main")
    server = team.place / "server.git"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(server)], check=True)
    team.li.git("remote", "add", "origin", str(server))
    team.li.ok("seal")
    team.li.ok("access", "invite", "zhang.wei", team.zhang.at(root).key(), "--role", "manager")
    for person in (team.wang, team.zhao):
        team.li.ok("access", "invite", person.name, person.at(root).key(), "--role", "sales")
    team.li.ok("access", "grant", "zhao.min", "identity")
    team.sync(team.li)
    for person in (team.zhang, team.wang, team.zhao):
        subprocess.run(["git", "clone", "-q", str(server), str(person.root)], check=True)
        team.sync(person)


def type_in(person: Colleague, customer: str, line: str) -> None:
    path = person.root / f"customers/{customer}.md"
    path.write_text(path.read_text("utf-8").replace("stage: lead\n", f"stage: lead\n{line}\n", 1), "utf-8")


WECHAT = ("after-li", "after-zhang")


def type_on_both_sides(team: Team) -> None:
    type_in(team.li, "firm1", "wechat: after-li")
    type_in(team.zhang, "firm2", "wechat: after-zhang")


def check_readers(team: Team) -> None:
    for person in team.managers:
        team.check_reading(person, *WECHAT)


def test_both_remove_the_same_colleague(team: Team):
    for person in team.managers:
        person.ok("access", "revoke", "wang.wu")
        person.ok("rekey")
    type_on_both_sides(team)

    team.until_quiet()

    check_readers(team)
    # Either side's new key shuts him out: only whose key gave way has anything to look at.
    reviewed = [person.vault("access", "review") for person in team.managers]
    assert sorted(each.status for each in reviewed) == [0, 5]
    assert not any("needs a new key" in each.out for each in reviewed)
    team.settle()
    check_readers(team)
    team.check_shut(team.wang)
    team.check_same()


def test_each_removes_another_colleague(team: Team):
    team.li.ok("access", "revoke", "wang.wu")
    team.zhang.ok("access", "revoke", "zhao.min")
    for person in team.managers:
        person.ok("rekey")
    type_on_both_sides(team)

    told = [person.vault("sync").err for person in (*team.managers, team.li)]

    assert "vault access review" not in told[0]
    assert all("vault access review" in each for each in told[1:])
    check_readers(team)
    reviewed = team.li.vault("access", "review")
    assert "zhao.min is out" in reviewed.out and "needs a new key" in reviewed.out
    # No key there is shuts both out: until there is one, nothing is sealed to the others.
    accepted = team.li.vault("access", "accept")
    assert "contact" in accepted.err and "vault rekey" in accepted.err
    type_in(team.li, "firm2", "mobile: after-both")
    refused = team.li.vault("seal")
    assert refused.status == 1 and "firm2.md:6" in refused.err and "vault rekey" in refused.err
    assert "due keys" in team.li.vault("doctor").out
    held = team.li.vault("sync")
    assert held.status == 5 and "firm2.md" in held.err
    made = team.li.ok("rekey")
    assert "New keys for: contact" in made

    team.settle()
    for person in team.managers:
        team.check_reading(person, *WECHAT, "after-both")
    team.check_shut(team.wang)
    team.check_shut(team.zhao)
    team.check_same()


def test_different_groups_are_renewed(team: Team):
    team.li.ok("access", "revoke", "wang.wu")
    team.zhang.ok("access", "revoke", "zhao.min", "identity")
    for person in team.managers:
        person.ok("rekey")
    type_on_both_sides(team)

    team.until_quiet()

    check_readers(team)
    assert "needs a new key" not in team.li.vault("access", "review").out  # each fits its readers
    team.settle()
    check_readers(team)
    team.check_shut(team.wang)
    team.sync(team.zhao)
    assert "X12345" not in str(team.opens(team.zhao))
    team.check_same()


def test_one_removes_a_colleague_and_the_other_gives_one_a_key_more(team: Team):
    """The old laptop's key is another's, and what is sealed meanwhile is sealed to the old key."""
    new = replace(team.zhao, home=team.place / "homes/zhao.new")
    team.li.ok("access", "revoke", "wang.wu")
    team.li.ok("rekey")
    team.zhang.ok("access", "invite", "zhao.min", new.key())
    type_on_both_sides(team)

    team.until_quiet()
    check_readers(team)
    for person in team.managers:
        person.ok("access", "accept")
        assert "New keys for: contact" in person.ok("rekey")  # at once, once more
    team.until_quiet()
    check_readers(team)
    assert "renew = true" not in (team.li.root / ".vault/keyring.toml").read_text("utf-8")
    team.settle()

    check_readers(team)
    team.sync(team.zhao)
    numbers = {"13800000001", "13800000002", *WECHAT}
    assert team.opens(new) >= numbers and team.opens(team.zhao) >= numbers
    team.check_shut(team.wang)
    team.check_same()


def test_two_who_remove_each_other_lose_nothing(team: Team):
    """Who reads is then for people to say. What the one who is out sealed meanwhile, the recovery key opens."""
    team.li.ok("access", "revoke", "zhang.wei")
    team.zhang.ok("access", "revoke", "li.na")
    for person in team.managers:
        person.ok("rekey")
    type_on_both_sides(team)

    team.until_quiet()

    told = team.li.vault("conflicts").out + team.zhang.vault("conflicts").out
    assert ".vault/conflicts/keyring-" in told
    people = read_keyring((team.li.root / ".vault/keyring.toml").read_text("utf-8")).people
    assert ("li.na" in people) is not ("zhang.wei" in people)
    for person in team.managers:
        person.vault("access", "accept")
        assert "12 values open" in person.ok("access", "drill", str(team.li.recovery))
    team.check_same()


def test_plain_git_joins_them_as_well(team: Team):
    team.li.ok("access", "revoke", "wang.wu")
    team.zhang.ok("access", "revoke", "zhao.min")
    for person in team.managers:
        person.ok("rekey")
    type_on_both_sides(team)
    team.sync(team.li)
    team.zhang.ok("seal")
    team.zhang.git("add", "-A")
    team.zhang.git("commit", "-qm", "by hand")
    team.zhang.git("pull", "-q", "--no-rebase", "--no-edit", "origin", "main")
    team.zhang.git("push", "-q", "origin", "main")

    team.until_quiet()

    check_readers(team)
    team.settle()
    check_readers(team)
    team.check_shut(team.wang)
    team.check_shut(team.zhao)
    team.check_same()
