"""The keys that open: where they may lie, of which kinds, and what is refused."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.sealing.team import Colleague
from vault_tool.sealing import age, identities
from vault_tool.sealing.identities import (
    CannotReadKey,
    ExposedIdentity,
    IdentityThere,
    NoKeyInFile,
    PassphraseNeeded,
    PassphraseWrong,
    make_identity,
    own_identities,
    own_public_keys,
    read_identities,
)

posix = pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {"VAULT_NOTES_HOME": str(tmp_path / "home"), "HOME": str(tmp_path)}


@pytest.fixture
def folder(env: dict[str, str]) -> Path:
    make_identity(env, "a test")
    return Path(env["VAULT_NOTES_HOME"]) / "config/identities"


def ask(_name: str) -> str:
    return "correct horse"


def ssh_key(path: Path, kind: str, *words: str, passphrase: str = "") -> Path:
    if not shutil.which("ssh-keygen"):
        pytest.skip("ssh-keygen is not installed")
    subprocess.run(
        ["ssh-keygen", "-q", "-t", kind, *words, "-N", passphrase, "-C", "me at home", "-f", str(path)],
        check=True,
    )
    return path


def test_what_is_made_is_what_is_read(env: dict[str, str], folder: Path):
    (identity,) = own_identities(env, ask)

    assert own_public_keys(env) == [age.public_key(identity)]
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "me.txt").stat().st_mode & 0o777 == 0o600
    with pytest.raises(IdentityThere):
        make_identity(env, "again")


@posix
def test_the_umask_opens_nothing_to_others(env: dict[str, str]):
    before = os.umask(0)
    try:
        make_identity(env, "a test")
    finally:
        os.umask(before)
    home = Path(env["VAULT_NOTES_HOME"])
    for path in (home / "config/identities").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path
    assert (home / "config").stat().st_mode & 0o077 == 0


@posix
def test_a_key_that_others_may_know_or_change_is_refused(env: dict[str, str], folder: Path, tmp_path: Path):
    key = folder / "me.txt"
    for mode in (0o640, 0o604, 0o620, 0o777):
        key.chmod(mode)
        with pytest.raises(ExposedIdentity) as error:
            list(own_identities(env, ask))
        assert str(key) in str(error.value)
    key.chmod(0o600)
    folder.chmod(0o770)
    with pytest.raises(ExposedIdentity):
        list(own_identities(env, ask))
    folder.chmod(0o700)
    elsewhere = tmp_path / "key"
    key.rename(elsewhere)
    key.symlink_to(elsewhere)
    with pytest.raises(ExposedIdentity):
        list(own_identities(env, ask))
    key.unlink()
    os.mkfifo(key, 0o600)
    with pytest.raises(ExposedIdentity):
        list(own_identities(env, ask))  # and doesn't wait for ever
    key.unlink()
    with pytest.raises(CannotReadKey):
        read_identities(key, ask)


def test_a_key_within_a_work_tree_is_neither_used_nor_made(env: dict[str, str], folder: Path, tmp_path: Path):
    (tmp_path / ".git").mkdir()

    with pytest.raises(ExposedIdentity):
        list(own_identities(env, ask))
    with pytest.raises(ExposedIdentity):
        make_identity({**env, "VAULT_NOTES_HOME": str(tmp_path / "other")}, "a test")
    assert not list((tmp_path / "other").rglob("*.txt"))


def test_a_home_in_a_work_tree_gets_notes_and_no_keys(tmp_path: Path, vault_run, env: dict[str, str]):
    """People keep their settings in git: neither their own key nor the recovery key may get there."""
    (tmp_path / "home/.git").mkdir(parents=True)
    (tmp_path / "home/config/identities").mkdir(parents=True)
    (tmp_path / "home/config/identities/me.pub").write_text(age.public_key(age.new_identity()))
    who = {**env, "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "user.name", "GIT_CONFIG_VALUE_0": "Li Na"}

    ran = vault_run("init", "new", env=who)

    assert ran.status == 0 and "git repository" in ran.err, ran
    assert (tmp_path / "new/vault.toml").exists() and not (tmp_path / "new/.vault/keyring.toml").exists()
    assert not [
        path for path in (tmp_path / "home").rglob("*") if path.is_file() and b"SECRET" in path.read_bytes()
    ]


def test_a_passphrase_opens_its_key_and_nothing_else_does(env: dict[str, str]):
    public = make_identity(env, "a test", passphrase="correct horse")
    made = Path(env["VAULT_NOTES_HOME"]) / "config/identities/me.txt"
    assert made.read_bytes().startswith(b"age-encryption.org/v1\n-> scrypt ")  # as the age program knows it

    assert [age.public_key(each) for each in own_identities(env, ask)] == [public]
    with pytest.raises(PassphraseWrong):
        list(own_identities(env, lambda _name: "wrong"))
    with pytest.raises(PassphraseNeeded):
        list(own_identities(env, lambda _name: ""))


def test_a_passphrase_is_asked_for_on_a_terminal_only(li: Colleague):
    for path in (li.home / "config/identities").iterdir():
        path.unlink()

    ran = li.vault("key", "new", "--passphrase", stdin="correct horse\ncorrect horse\n")

    assert ran.status == 2 and "terminal" in ran.err
    assert not list((li.home / "config/identities").iterdir())


@pytest.mark.parametrize(
    ("typed", "said"), [(["", ""], "protects nothing"), (["one", "two"], "differ"), (["one", "one"], None)]
)
def test_a_passphrase_is_typed_twice_and_not_empty(
    li: Colleague, typed: list[str], said: str | None, monkeypatch: pytest.MonkeyPatch
):
    from vault_tool.cli.output import Output

    for path in (li.home / "config/identities").iterdir():
        path.unlink()
    answers = iter(typed)
    monkeypatch.setattr(Output, "is_interactive", property(lambda _self: True))
    monkeypatch.setattr(Output, "ask_secret", lambda _self, _question: next(answers))

    ran = li.vault("key", "new", "--passphrase")

    made = li.home / "config/identities/me.txt"
    if said:
        assert ran.status == 2 and said in ran.err and not made.exists()
    else:
        assert ran.status == 0 and made.read_bytes().startswith(b"age-encryption.org/v1\n-> scrypt")


@pytest.mark.parametrize(
    "data", [b"", b"# only\n# words\n", b"hello", b"\xff\xfe", b"AGE-SECRET-KEY-1QQ", b"-" * 9]
)
def test_a_file_without_a_key_is_named(folder: Path, env: dict[str, str], data: bytes):
    other = folder / "notes.txt"
    other.touch(0o600)
    other.write_bytes(data)

    with pytest.raises(NoKeyInFile) as error:
        list(own_identities(env, ask))
    assert "notes.txt" in str(error.value) and "SECRET" not in str(error.value)


@pytest.mark.parametrize(("kind", "words"), [("ed25519", ()), ("rsa", ("-b", "2048"))])
def test_an_ssh_key_is_as_good_as_one_of_age(
    li: Colleague, zhang: Colleague, tmp_path: Path, kind: str, words: tuple[str, ...]
):
    folder = zhang.home / "config/identities"
    folder.mkdir(parents=True, mode=0o700)
    ssh_key(folder / f"id_{kind}", kind, *words)
    shown = zhang.ok("key", "show").split()
    assert len(shown) == 2 and shown[0] == f"ssh-{kind}"  # without the comment, which names a machine

    li.ok("access", "invite", "zhang.wei", *shown, "me@home", "--role", "sales")

    assert zhang.fields("firm1")["mobile"] == "13800000001"
    assert "me@home" not in (li.root / ".vault/keyring.toml").read_text("utf-8")
    li.ok("access", "revoke", "zhang.wei", *shown)
    li.ok("rekey")
    assert "13800000001" not in str(zhang.fields("firm1"))


def test_an_ssh_key_with_a_passphrase_of_its_own_is_refused_by_name(folder: Path, env: dict[str, str]):
    ssh_key(folder / "id_mine", "ed25519", passphrase="secret")

    with pytest.raises(NoKeyInFile) as error:
        list(own_identities(env, ask))
    assert "id_mine" in str(error.value)


def test_a_founder_may_bring_an_ssh_key(tmp_path: Path, hire, li: Colleague):
    from tests.sealing.team import team_vault

    wang = hire("wang.wu").at(team_vault(tmp_path / "other"))
    folder = wang.home / "config/identities"
    folder.mkdir(parents=True, mode=0o700)
    ssh_key(folder / "id_ed25519", "ed25519")

    wang.ok("seal")

    assert not (folder / "me.txt").exists()
    assert "10 values" in wang.ok("verify")


def test_a_key_that_opens_only_is_sealed_to_by_nobody(folder: Path, env: dict[str, str]):
    """The example's key is everybody's."""
    other = folder / "example-vault.txt"
    other.touch(0o600)
    other.write_text(age.new_identity())

    assert len(list(own_identities(env, ask))) == 2
    assert len(own_public_keys(env)) == 1
    (folder / "me.pub").unlink()
    assert len(own_public_keys(env)) == 1


def test_a_panic_of_the_library_is_no_way_out(
    monkeypatch: pytest.MonkeyPatch, folder: Path, env: dict[str, str]
):
    class PanicException(BaseException):
        pass

    def panic(*_words: object) -> None:
        raise PanicException("AGE-SECRET-KEY-1...")

    identity = next(own_identities(env, ask))
    sealed = age.encrypt(b"x", [age.public_key(identity)])
    monkeypatch.setattr("pyrage.decrypt", panic)
    with pytest.raises(age.CannotOpen):
        age.decrypt(sealed, [identity])
    monkeypatch.setattr(identities, "_LARGEST", 10)
    with pytest.raises(NoKeyInFile):
        list(own_identities(env, ask))


def test_no_error_says_a_key_again(li: Colleague):
    key = li.home / "config/identities/me.txt"
    secret = next(line for line in key.read_text().splitlines() if line.startswith("AGE-SECRET"))
    key.write_text(secret[:-1] + ("Q" if secret[-1] != "Q" else "P"))

    for words in (["show", "firm1", "--reveal"], ["verify"], ["rekey"], ["--debug", "verify"]):
        ran = li.vault(*words)
        assert secret[20:40] not in ran.out + ran.err
        assert words[0] != "verify" or ran.status == 3
