"""The stock `age` program and ours read each other's files; in an emergency it is all that is needed."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.sealing.team import Colleague, tokens
from vault_tool.sealing import age
from vault_tool.sealing.token import read_token

pytestmark = pytest.mark.skipif(not shutil.which("age"), reason="the age program is not installed")

# What the manual says for the day when this program is gone: a recovery key, `age` and a shell.
BY_HAND = r"""
set -eu
key=$1 vault=$2 reference=$3 file=$4
vid=${reference#sealed-}
for wrapped in "$vault"/.vault/groups/*/*.age; do
  age -d -i "$key" "$wrapped" 2>/dev/null
done > group-keys.txt
line=$(grep "^$vid sealed[.]v1[.]" "$file")
body=$(printf %s "$line" | cut -d. -f5 | tr -- -_ +/)
while [ $(( ${#body} % 4 )) -ne 0 ]; do body="$body="; done
printf %s "$body" | base64 -d | age -d -i group-keys.txt
"""


def run(*words: str, data: bytes = b"") -> bytes:
    return subprocess.run(words, input=data, check=True, capture_output=True).stdout


@pytest.fixture
def key(tmp_path: Path) -> tuple[Path, str]:
    path = tmp_path / "key.txt"
    identity = age.new_identity()
    path.touch(0o600)
    path.write_text(identity + "\n")
    return path, identity


def test_what_we_seal_age_opens(key: tuple[Path, str]):
    path, identity = key
    for data in (b"", b"x", "手机 13800138000".encode(), bytes(range(256)) * 300):
        assert run("age", "-d", "-i", str(path), data=age.encrypt(data, [age.public_key(identity)])) == data


def test_what_age_seals_we_open(key: tuple[Path, str]):
    _path, identity = key
    for data in (b"", b"x", bytes(range(256)) * 300):
        sealed = run("age", "-r", age.public_key(identity), data=data)
        assert age.decrypt(sealed, [identity]) == data


@pytest.mark.skipif(not shutil.which("ssh-keygen"), reason="ssh-keygen is not installed")
@pytest.mark.parametrize(("kind", "words"), [("ed25519", ()), ("rsa", ("-b", "2048"))])
def test_ssh_keys_work_both_ways(tmp_path: Path, kind: str, words: tuple[str, ...]):
    path = tmp_path / "id"
    run("ssh-keygen", "-q", "-t", kind, *words, "-N", "", "-f", str(path))
    public = age.checked_public_key(path.with_suffix(".pub").read_text())

    assert run("age", "-d", "-i", str(path), data=age.encrypt(b"ours", [public])) == b"ours"
    assert age.decrypt(run("age", "-r", public, data=b"theirs"), [path.read_text()]) == b"theirs"


def test_a_group_key_is_an_age_file(li: Colleague):
    mine = li.home / "config/identities/me.txt"
    for path in (li.root / ".vault/groups").rglob("*.age"):
        identity = run("age", "-d", "-i", str(mine), str(path)).decode().strip()
        assert age.public_key(identity) in (li.root / ".vault/keyring.toml").read_text("utf-8")


def test_a_colleague_s_key_made_by_age_lets_them_in(li: Colleague, zhang: Colleague):
    if not shutil.which("age-keygen"):
        pytest.skip("age-keygen is not installed")
    folder = zhang.home / "config/identities"
    folder.mkdir(parents=True, mode=0o700)
    made = folder / "mine.txt"
    run("age-keygen", "-o", str(made))
    public = run("age-keygen", "-y", str(made)).decode().strip()

    li.ok("access", "invite", "zhang.wei", public, "--role", "manager")

    assert zhang.fields("firm1")["id_number"] == "X123451"


def test_the_emergency_by_hand_opens_every_value(li: Colleague, tmp_path: Path):
    """With one offline key, the repository and what any Linux has; older epochs too."""
    li.ok("access", "invite", "zhang.wei", age.public_key(age.new_identity()), "--role", "manager")
    li.ok("access", "revoke", "zhang.wei")
    (li.root / "customers/firm2.md").write_text(
        (li.root / "customers/firm2.md")
        .read_text("utf-8")
        .replace("stage: lead", "stage: lead\nwechat: 微信 id"),
        "utf-8",
    )
    li.ok("seal")
    script = tmp_path / "by-hand.sh"
    script.write_text(BY_HAND)
    found = []
    for note in sorted((li.root / "customers").iterdir()):
        for vid in tokens(note.read_text("utf-8")):
            told = subprocess.run(
                ["sh", str(script), str(li.recovery), str(li.root), f"sealed-{vid}", str(note)],
                cwd=tmp_path,
                check=True,
                capture_output=True,
            ).stdout
            value = json.loads(told)
            assert value["vid"] == vid and value["id"] in note.read_text("utf-8")
            found.append(value["val"])
    assert len(found) == 11 and {"X123451", "X123452", "微信 id", "floor 6222000000000000002"} <= set(found)


def test_a_token_s_body_is_a_plain_age_file(li: Colleague):
    for text in tokens((li.root / "customers/firm1.md").read_text("utf-8")).values():
        body = text.split(".")[4]
        data = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
        assert data == read_token(text).age_file and data.startswith(b"age-encryption.org/v1\n-> X25519 ")
