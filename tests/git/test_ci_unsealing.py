"""A server doesn't take the word of who pushes for what is sealed: what was sealed before is, too."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import VaultRun
from tests.git.repositories import Clone, note, sealed_clone

SECRET = "13912345678"
OPEN = {
    "declared open": "front_matter:\n  mobile:\n    sealed: false\n",
    "for its type": "front_matter:\n  mobile:\n    sealed: {enterprise: contact}\n",
    "another field's spelling": (
        "front_matter:\n  mobile:\n    remove: true\n"
        "  pastime:\n    labels: {en: Pastime, zh: 消遣}\n    aliases: [mobile]\n    type: text\n"
    ),
}
KEY = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"
WIDER = "front_matter:\n  bank_account:\n    sealed: contact\n"


@pytest.fixture
def clone(tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun) -> Clone:
    clone = sealed_clone(tmp_path / "vault", clean_env, vault_run, {"a.md": note(1, "13800138000")})
    clone.without_filter()
    return clone


@pytest.fixture
def server(clone: Clone, tmp_path: Path) -> Clone:
    """A bare repository that has what was committed, and takes in objects as a pre-receive hook sees them."""
    remote = tmp_path / "remote.git"
    clone.git("init", "--quiet", "--bare", "-b", "main", str(remote))
    clone.git("push", "--quiet", str(remote), "main")
    return Clone(remote, clone.env, clone._run)


def commit(clone: Clone) -> str:
    clone.git("add", "-A")
    clone.git("commit", "--quiet", "-m", "more")
    return clone.git("rev-parse", "HEAD").strip()


def schema(clone: Clone, fields: str) -> None:
    (clone.root / "schema").mkdir(exist_ok=True)
    (clone.root / "schema/fields.yaml").write_text(fields, "utf-8")


def receive(server: Clone, clone: Clone, new: str, *words: str, ref: str = "refs/heads/main", old: str = ""):
    """Ask as git asks a pre-receive hook: the objects are there, and no reference has them."""
    server.git("fetch", "--quiet", "--no-write-fetch-head", str(clone.root), new)
    old = old or server.git("rev-parse", "refs/heads/main").strip()
    return server.vault("ci", "--receive", *words, stdin=f"{old} {new} {ref}\n")


@pytest.mark.parametrize("fields", OPEN.values(), ids=OPEN)
@pytest.mark.parametrize("ref", ["refs/heads/main", "refs/heads/new"])
def test_a_field_that_a_push_declares_open_is_sealed_still(
    server: Clone, clone: Clone, fields: str, ref: str
):
    schema(clone, fields)
    clone.write("b.md", note(2, SECRET))
    bad = commit(clone)

    old = "" if ref.endswith("main") else "0" * 40
    ran = receive(server, clone, bad, ref=ref, old=old)

    assert ran.status == 1 and SECRET not in ran.out
    assert f"{bad[:10]} customers/b.md:7:" in ran.out and "stands in plain" in ran.out


def test_to_declare_a_field_open_is_a_finding_of_its_own(server: Clone, clone: Clone):
    schema(clone, OPEN["declared open"])
    bad = commit(clone)

    ran = receive(server, clone, bad)

    said = "mobile was sealed, and is declared open or given to other readers here"
    assert (ran.status, ran.out) == (1, f"{bad[:10]} schema/fields.yaml:1: {said}\n")
    assert "vault ci --allow-unsealing" in ran.err and "git rebase" not in ran.err
    told = receive(server, clone, bad, "--json").json["findings"]
    assert [(each["kind"], each["field"]) for each in told] == [("unsealed", "mobile")]
    assert receive(server, clone, bad, "--allow-unsealing").status == 0


def test_other_readers_are_a_finding_and_fewer_are_none(server: Clone, clone: Clone):
    assert clone.vault("access", "invite", "zhang.wei", KEY, "--role", "sales").status == 0
    clone.without_filter()
    invited = commit(clone)
    assert receive(server, clone, invited).status == 0
    server.git("update-ref", "refs/heads/main", invited)
    schema(clone, WIDER)
    assert "bank_account was sealed" in receive(server, clone, commit(clone)).out
    schema(clone, "front_matter:\n  mobile:\n    sealed: finance\n")
    assert receive(server, clone, commit(clone)).status == 0


def test_a_note_is_one_where_it_was_one(server: Clone, clone: Clone):
    settings = clone.root / "vault.toml"
    settings.write_text(f'customers = ["elsewhere/*.md"]\n{settings.read_text("utf-8")}', "utf-8")
    clone.write("b.md", "底价 {{封存: 65 万}}\n")

    ran = receive(server, clone, bad := commit(clone))

    assert (ran.status, ran.out) == (1, f"{bad[:10]} customers/b.md:1: words that wait to be sealed\n")


def test_settings_that_go_are_a_finding(server: Clone, clone: Clone):
    (clone.root / "vault.toml").unlink()

    ran = receive(server, clone, bad := commit(clone))

    assert (ran.status, ran.out.splitlines()[0]) == (
        1,
        f"{bad[:10]} vault.toml:1: it says what is sealed, and is gone from the main branch",
    )
    assert receive(server, clone, bad, ref="refs/heads/pages", old="0" * 40).status == 0


def test_what_is_sealed_in_addition_and_what_is_open_on_the_main_branch_is_no_finding(
    server: Clone, clone: Clone
):
    schema(
        clone, "front_matter:\n  pastime:\n    labels: {en: P, zh: 消}\n    type: text\n    sealed: contact\n"
    )
    first = commit(clone)
    assert receive(server, clone, first).status == 0
    server.git("update-ref", "refs/heads/topic", first)
    schema(clone, OPEN["declared open"])
    opened = commit(clone)
    server.git("fetch", "--quiet", str(clone.root), opened)
    server.git("update-ref", "refs/heads/main", opened)  # somebody let it through
    clone.write("b.md", note(2, SECRET))

    ran = receive(server, clone, commit(clone), ref="refs/heads/topic", old=first)

    assert ran.out == "1 note checked: git may have them.\n"


def test_a_range_is_judged_by_what_stood_before_it(clone: Clone):
    schema(clone, OPEN["declared open"])
    clone.write("b.md", note(2, SECRET))
    commit(clone)
    assert clone.vault("access", "accept").status == 0

    ran = clone.vault("ci", "HEAD~1..HEAD")

    assert ran.status == 1 and "stands in plain" in ran.out and "mobile was sealed" in ran.out
    assert clone.vault("ci", "HEAD~1..HEAD", "--allow-unsealing").status == 0
