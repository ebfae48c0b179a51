"""Two people on two clones of one repository, from the first invitation to the last farewell."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.conftest import VaultRun
from tests.sealing.team import Colleague, team_vault, tokens


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    path = tmp_path / "remote.git"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(path)], check=True)
    return path


@pytest.fixture
def people(tmp_path: Path, remote: Path, vault_run: VaultRun) -> tuple[Colleague, Colleague]:
    """Li Na with the vault, which she seals and pushes; Zhang Wei with a plain clone of it."""
    root = team_vault(tmp_path / "li")
    li = Colleague("li.na", tmp_path / "homes/li", root, vault_run)
    li.git("init", "-q", "-b", "main")
    li.git("remote", "add", "origin", str(remote))
    li.ok("seal")
    push(li, "sealed")
    subprocess.run(["git", "clone", "-q", str(remote), str(tmp_path / "zhang")], check=True)
    return li, Colleague("zhang.wei", tmp_path / "homes/zhang", tmp_path / "zhang", vault_run)


def push(person: Colleague, message: str) -> None:
    person.git("add", "-A")
    person.git("-c", "commit.gpgsign=false", "commit", "-qm", message)
    person.git("push", "-q", "origin", "main")


def pull(person: Colleague) -> None:
    person.git("pull", "-q", "--ff-only", "origin", "main")


def type_in(person: Colleague, customer: str, line: str) -> Path:
    path = person.root / f"customers/{customer}.md"
    path.write_text(path.read_text("utf-8").replace("stage: lead\n", f"stage: lead\n{line}\n", 1), "utf-8")
    return path


def test_invite_grant_revoke_rekey(people: tuple[Colleague, Colleague]):
    li, zhang = people

    # Before: a clone shows which fields there are, and nothing of what they say.
    shown = zhang.vault("show", "firm1", "--reveal", "--json")
    assert "1380000" not in shown.out and "6222" not in shown.out

    # Zhang sends the public half of his key; Li lets him in. No note changes.
    public = zhang.key()
    notes = {path: path.read_bytes() for path in (li.root / "customers").iterdir()}
    li.ok("access", "invite", "zhang.wei", public, "--role", "sales")
    assert all(path.read_bytes() == data for path, data in notes.items())
    push(li, "zhang is in")
    pull(zhang)

    # He looked at an older keyring before, so he confirms the new one once; reading needs no waiting.
    assert zhang.fields("firm1")["mobile"] == "13800000001"
    assert "6222" not in str(zhang.fields("firm1"))
    review = zhang.vault("access", "review")
    assert review.status == 5 and "zhang.wei" in review.out
    zhang.ok("access", "accept")
    assert zhang.vault("access", "review").status == 0

    # A grant more: both read.
    li.ok("access", "grant", "zhang.wei", "finance")
    push(li, "finance for zhang")
    pull(zhang)
    zhang.ok("access", "accept")
    assert (
        zhang.fields("firm1")["bank_account"] == li.fields("firm1")["bank_account"] == "6222000000000000001"
    )

    # He seals something himself, and she reads it.
    path = type_in(zhang, "firm2", "wechat: from-zhang")
    zhang.ok("seal")
    assert "from-zhang" not in path.read_text("utf-8")
    push(zhang, "wechat")
    pull(li)
    assert li.fields("firm2")["wechat"] == "from-zhang"

    # He leaves, and takes his clone and all that he could open with him.
    taken = [key for group in ("contact", "finance") for key in zhang.keys.group_keys.of(group).values()]
    before = tokens(path.read_text("utf-8"))
    li.ok("access", "revoke", "zhang.wei")
    type_in(li, "firm1", "wechat: after-zhang")
    li.ok("seal")
    li.ok("rekey")
    push(li, "zhang is out")
    pull(zhang)

    # New values and old ones, as they lie in the repository now, are closed to him.
    for customer in ("firm1", "firm2"):
        shown = zhang.vault("show", customer, "--reveal", "--json")
        assert "1380000" not in shown.out and "6222" not in shown.out and "after-zhang" not in shown.out
    from vault_tool.sealing import age
    from vault_tool.sealing.token import read_token

    sealed = [
        read_token(text)
        for path in (li.root / "customers").iterdir()
        for text in tokens(path.read_text("utf-8")).values()
    ]
    assert len(sealed) == 12
    for token in sealed:
        if li.keys.group_of(token) != "identity":
            with pytest.raises(age.CannotOpen):
                age.decrypt(token.age_file, taken)
    # What he could read he may have kept: git has the old tokens, and his keys open those.
    assert all(
        age.decrypt(read_token(text).age_file, taken)
        for text in before.values()
        if li.keys.group_of(read_token(text)) in ("contact", "finance")
    )
    # Nothing is lost for those who stay.
    assert "12 values" in li.ok("verify")
    assert li.fields("firm1")["wechat"] == "after-zhang"


def test_a_colleague_who_stays_confirms_once(people: tuple[Colleague, Colleague]):
    li, zhang = people
    li.ok("access", "invite", "zhang.wei", zhang.key(), "--role", "sales")
    push(li, "zhang is in")
    pull(zhang)
    assert zhang.fields("firm1")["mobile"]  # trusts what he finds first
    li.ok("access", "grant", "role:sales", "identity")
    push(li, "papers for sales")
    pull(zhang)

    type_in(zhang, "firm2", "wechat: waits")
    ran = zhang.vault("seal")
    assert ran.status == 5 and "wechat: waits" in (zhang.root / "customers/firm2.md").read_text("utf-8")
    shown = zhang.vault("access", "review")
    assert "identity" in shown.out and "role:sales" in shown.out
    zhang.ok("access", "accept")
    zhang.ok("seal")

    assert zhang.fields("firm2") == {**zhang.fields("firm2"), "wechat": "waits", "id_number": "X123452"}
    assert zhang.vault("access", "review").status == 0


def test_a_second_machine_of_one_person(people: tuple[Colleague, Colleague], tmp_path: Path):
    li, _zhang = people
    laptop = Colleague("li.na", tmp_path / "homes/laptop", tmp_path / "zhang", li.run)

    li.ok("access", "invite", "li.na", laptop.key())
    push(li, "my laptop")
    pull(laptop)

    assert laptop.fields("firm1")["id_number"] == "X123451"
    assert laptop.fields("firm1") == li.fields("firm1")


def test_keys_that_were_renewed_stay_though_the_server_was_put_back(
    people: tuple[Colleague, Colleague], remote: Path
):
    li, zhang = people
    li.ok("access", "invite", "zhang.wei", zhang.key(), "--role", "sales")
    li.ok("sync")
    before = li.git("rev-parse", "HEAD").strip()
    li.ok("access", "revoke", "zhang.wei")
    li.ok("rekey")
    li.ok("sync")
    pull(zhang)
    zhang.git("push", "-q", "--no-verify", "--force", str(remote), f"{before}:main")
    type_in(li, "firm1", "wechat: since-then")
    assert li.vault("sync").status == 5

    li.ok("remote", "accept", "--yes")

    # What she sealed to the new keys can be opened, also from a clone of what the server has now.
    assert li.fields("firm1")["wechat"] == "since-then"
    assert li.vault("verify").status == 0
    again = li.at(li.root.with_name("again"))
    subprocess.run(["git", "clone", "-q", str(remote), str(again.root)], check=True)
    assert again.fields("firm1")["wechat"] == "since-then"
