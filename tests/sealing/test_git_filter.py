"""git's filter: what goes in is sealed, what comes out is as it was, and no note is ever lost by it."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import VaultRun
from tests.git.repositories import Clone, all_objects, make_clone, note, sealed_clone
from vault_tool.git.filter_process import NotGit, Refused, serve

# --- the protocol ------------------------------------------------------------------------------------------


def packet(data: bytes) -> bytes:
    return f"{len(data) + 4:04x}".encode() + data


def told(lines: list[str]) -> bytes:
    return b"".join(packet(f"{line}\n".encode()) for line in lines) + b"0000"


HELLO = told(["git-filter-client", "version=2"]) + told(
    ["capability=clean", "capability=smudge", "capability=delay"]
)


def asked(command: str, path: str, data: bytes, size: int = 65516) -> bytes:
    content = b"".join(packet(data[at : at + size]) for at in range(0, len(data), size))
    return told([f"command={command}", f"pathname={path}"]) + content + b"0000"


def packets(stream: bytes) -> list[bytes | None]:
    found: list[bytes | None] = []
    at = 0
    while at < len(stream):
        length = int(stream[at : at + 4], 16)
        found.append(stream[at + 4 : at + length] if length else None)
        at += max(length, 4)
    return found


def answer(question: bytes, clean=lambda path, data: data) -> list[bytes | None]:
    out = io.BytesIO()
    serve(io.BytesIO(HELLO + question), out, clean)
    said = packets(out.getvalue())
    greeting = [
        b"git-filter-server\n",
        b"version=2\n",
        None,
        b"capability=clean\n",
        b"capability=smudge\n",
        None,
    ]
    assert said[: len(greeting)] == greeting
    return said[len(greeting) :]


@given(st.binary(max_size=200), st.integers(1, 70), st.sampled_from(["a.md", "客户/ü b.md"]))
def test_every_byte_comes_back_however_it_is_cut(data: bytes, size: int, path: str):
    said = answer(asked("clean", path, data, size), lambda path, data: path.encode() + data)

    assert said[:2] == [b"status=success\n", None]
    assert b"".join(part for part in said[2:-2] if part is not None) == path.encode() + data
    assert said[-2:] == [None, None]


def test_large_files_are_cut_as_git_wants_it():
    data = os.urandom(200_000)
    parts = [part for part in answer(asked("smudge", "a", data))[2:-2] if part is not None]

    assert b"".join(parts) == data
    assert max(map(len, parts)) == 65516


def test_what_is_refused_stops_nothing_that_follows():
    def clean(path: str, data: bytes) -> bytes:
        if path == "bad":
            raise Refused
        return b"clean"

    said = answer(asked("clean", "bad", b"x") + asked("clean", "good", b"x"), clean)

    assert said == [b"status=error\n", None, b"status=success\n", None, b"clean", None, None]


@pytest.mark.parametrize(
    "stream",
    [
        b"",
        b"hello",
        told(["git-filter-client", "version=1"]),
        HELLO + b"zzzz",
        HELLO + b"0009ab",
        HELLO + told(["command=clean"])[:-4],
        HELLO + told(["command=clean"]) + b"0006a",
        HELLO + b"0003",
    ],
)
def test_half_a_sentence_is_never_answered(stream: bytes):
    out = io.BytesIO()
    with pytest.raises(NotGit):
        serve(io.BytesIO(stream), out, lambda path, data: data)

    assert b"status" not in out.getvalue()


# --- git itself --------------------------------------------------------------------------------------------


@pytest.fixture
def clone(tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun) -> Clone:
    return sealed_clone(
        tmp_path / "vault", clean_env, vault_run, {"a.md": note(1, "13800138000"), "客户 b.md": note(2)}
    )


def test_git_status_is_clean_after_everything(clone: Clone):
    clone.write("c.md", note(3, "13912345678"))
    clone.git("add", "-A")
    assert clone.git("diff", "--name-only") == ""
    clone.git("commit", "--quiet", "-m", "more")
    assert clone.status == ""
    for path in (clone.root / "customers").iterdir():
        os.utime(path, (1, 1))
    assert clone.status == ""
    clone.git("checkout", "--quiet", "-b", "other", "HEAD~1")
    assert clone.status == ""
    clone.git("checkout", "--quiet", "main")
    assert (clone.status, "13912345678" in clone.read("c.md")) == ("", False)
    clone.write("c.md", clone.read("c.md").replace("lead", "quoted"))
    clone.git("stash", "--quiet")
    assert clone.status == ""
    clone.git("stash", "pop", "--quiet")
    assert clone.status == " M customers/c.md\n"


def test_both_halves_of_a_merge_stay_as_somebodys_git_left_them(clone: Clone):
    sealed = clone.git("show", "HEAD:customers/a.md")
    assert "<!-- vault:sealed" in sealed
    other = sealed.replace("lead", "quoted")
    clone.write("a.md", f"<<<<<<< HEAD\n{sealed}=======\n{other}>>>>>>> theirs\n")
    bare = (
        "-c",
        "filter.vault.process=",
        "-c",
        "filter.vault.required=false",
        "-c",
        "core.hooksPath=/dev/null",
    )
    clone.git(*bare, "add", "-A")
    clone.git(*bare, "commit", "--quiet", "-m", "by who has no program")

    os.utime(clone.root / "customers/a.md", (1, 1))
    # Else git would take it for somebody's change, and refuse to give up a merge.
    assert clone.status == ""


def test_the_same_value_typed_again_is_no_change(clone: Clone):
    clone.write("c.md", note(3, "13912345678"))
    clone.git("add", "-A")
    clone.git("commit", "--quiet", "-m", "more")
    clone.write("c.md", note(3, "13912345678"))

    assert clone.status == ""


def test_what_is_sealed_by_git_opens(clone: Clone):
    clone.write("c.md", note(3, "13912345678"))
    clone.git("add", "-A")
    clone.git("commit", "--quiet", "-m", "more")
    (clone.root / "customers/c.md").unlink()
    clone.git("checkout", "--", "customers/c.md")

    assert "13912345678" in clone.vault("show", "客户3", "--reveal").out
    assert clone.vault("verify").status == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (note(3, "13912345678").replace("id: c000000003\n", ""), "the customer has no id"),
        (note(3) + "\n{{seal: 65", "the mark has no closing"),
    ],
)
def test_what_cannot_be_sealed_does_not_get_in(clone: Clone, text: str, said: str):
    clone.write("c.md", text)

    refused = clone.git("add", "-A", ok=False)

    assert said in refused
    assert "13912345678" not in refused
    assert not any(b"13912345678" in each for each in all_objects(clone.root, clone.env))
    assert clone.git("add", "vault.toml", ok=False).startswith("0\n")


def test_while_a_changed_keyring_waits_new_values_stay_out_and_sealed_notes_go_in(clone: Clone):
    keyring = clone.root / ".vault/keyring.toml"
    text = keyring.read_text().replace("epoch = 1\n", "epoch = 2\n", 1)
    keyring.write_text(text.replace('roles = ["manager"]', 'roles = ["manager", "sales"]'))
    clone.write("a.md", clone.read("a.md").replace("lead", "quoted"))
    clone.write("c.md", note(3, "13912345678"))

    assert "The keyring has changed" in clone.git("add", "customers/c.md", ok=False)
    clone.git("add", "customers/a.md")
    assert clone.git("diff", "--cached", "--name-only") == "customers/a.md\n"


def test_every_branch_can_be_checked_out_whatever_stands_there(clone: Clone):
    """At the first file of a checkout there is no vault.toml yet, or a broken one."""
    before = {path.name: path.read_bytes() for path in (clone.root / "customers").iterdir()}
    clone.git("checkout", "--quiet", "--orphan", "website")
    clone.git("rm", "-rf", "--quiet", ".")
    (clone.root / "index.md").write_text("# 首页\n", "utf-8")
    clone.git("add", "index.md")
    clone.git("commit", "--quiet", "-m", "website")
    (clone.root / "secret.md").write_text("mobile: 13912345678\n")
    assert "this looks like a value to be sealed" in clone.git("add", "secret.md", ok=False)
    (clone.root / "secret.md").unlink()
    clone.git("checkout", "--quiet", "main")
    assert {path.name: path.read_bytes() for path in (clone.root / "customers").iterdir()} == before

    (clone.root / "vault.toml").write_text("version = ")
    (clone.root / "customers/a.md").unlink()
    clone.git("checkout", "--quiet", "--", "customers")
    assert {path.name: path.read_bytes() for path in (clone.root / "customers").iterdir()} == before
    clone.write("c.md", note(3, "13912345678"))
    assert clone.git("add", "customers/c.md", ok=False).startswith("128\n")


def test_another_vault_that_the_environment_names_is_not_meant(
    clone: Clone, tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun
):
    other = make_clone(tmp_path / "other", clean_env, vault_run, {})
    clone.write("c.md", note(3, "13912345678"))
    clone.git("add", "-A", env={"VAULT_NOTES_DIR": str(other.root)})

    assert "mobile: sealed-" in clone.git("cat-file", "-p", ":customers/c.md")


# --- the program is gone -----------------------------------------------------------------------------------


@pytest.fixture(params=["python is gone", "the package is gone"])
def orphaned(request: pytest.FixtureRequest, clone: Clone, tmp_path: Path) -> Clone:
    """A clone on a machine where vault was removed."""
    launcher = clone.root / ".git/vault/vault"
    lines = launcher.read_text().splitlines(keepends=True)
    at = next(number for number, line in enumerate(lines) if line.startswith("python="))
    lines[at] = "python='/gone/bin/python'\n"
    if request.param == "the package is gone":
        bare = tmp_path / "python"
        bare.write_text('#!/bin/sh\nexec python3 -S "$@"\n')
        bare.chmod(0o755)
        lines[at] = f"python='{bare}'\n"
    launcher.write_text("".join(lines))
    # Whatever else is called python here may have the package.
    places = [place for place in clone.env["PATH"].split(os.pathsep) if "venv" not in place]
    clone.env["PATH"] = os.pathsep.join(places)
    return clone


def test_without_the_program_a_checkout_keeps_every_note(orphaned: Clone):
    before = {path.name: path.read_bytes() for path in (orphaned.root / "customers").iterdir()}
    assert len(before) == 2
    orphaned.git("checkout", "--quiet", "-b", "empty")
    orphaned.git("rm", "-r", "--quiet", "customers")
    orphaned.git("commit", "--quiet", "-m", "nothing")
    orphaned.git("checkout", "--quiet", "main")

    assert {path.name: path.read_bytes() for path in (orphaned.root / "customers").iterdir()} == before
    orphaned.write("a.md", orphaned.read("a.md").replace("lead", "quoted"))
    orphaned.git("stash", "--quiet")
    assert len(list((orphaned.root / "customers").iterdir())) == 2
    orphaned.git("stash", "pop", "--quiet")
    assert "stage: quoted" in orphaned.read("a.md")


def test_without_the_program_nothing_in_plain_gets_in_and_the_rest_does(orphaned: Clone):
    orphaned.write("a.md", orphaned.read("a.md").replace("lead", "quoted"))
    orphaned.git("add", "-A")
    committed = orphaned.git("commit", "-m", "more", ok=False)
    orphaned.write("c.md", note(3, "13912345678"))

    refused = orphaned.git("add", "-A", ok=False)

    assert committed.startswith("0\n")
    assert "what goes to git was not checked" in committed
    assert "git can't seal: customers/c.md, line 7, stays out of it" in refused
    assert not any(b"13912345678" in each for each in all_objects(orphaned.root, orphaned.env))
