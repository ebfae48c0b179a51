"""No secret enters the cache: not by any command, nor by the watcher, while it stands in plain on the disk."""

from __future__ import annotations

import hashlib
import os
import random
import sqlite3
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.vaults import make_vault
from tests.watch.watching import Watch, eventually
from vault_tool.search.engine import open_engine
from vault_tool.vault.vault import vault_at

Canary = Callable[[], str]

# In front matter; `{}` is the secret. What stands after `person` is sealed for people only.
FIELDS = """mobile: {}
手机: "{}"
手机号: {}
Ｍobile: {}
MOBILE Phone: '{}'
'cell  phone ': {}
微信号: {}
weixin: {}
WeChat: [{}, {}]
身份证号: {}
id card: {}
Passport　Number: {}
银行卡号: {}
bank_account: |
  {}
  {}
account number: >-
  {}

  {}
合同金额: {}
credit_limit: {} # {}
"""
CONTACTS = """contacts:
  - name: 王总
    mobile: {}
    手机号码: {}
    微信: {}
  - {{name: 刘姐, cell phone: {}, weixin: "{}"}}
  - 老周 手机: {}
  - name: 老陈
    mobile:
      work: {}
      home: [{}]
note: "see mobile: {}"
extra: {{银行账户: {}, deep: [{{passport: {}}}]}}
"""
PERSONAL = """phone: {}
座机: {}
邮箱: {}@example.com
办公地址: {}
"""
BODY = """
Before {{{{seal: {}}}}} after, **bold {{{{seal: {}}}}}**, `{{{{seal: {}}}}}`, [[{{{{seal: {}}}}}]].
｛｛封存：{}｝｝ {{{{ SEAL finance: {}}}}} {{{{封存 {}}}}} {{{{seal: a {{{{seal: {}}}}} {} }}}}
<!-- {{{{seal: {}}}}} --> [a](http://example.com/{{{{seal:{}}}}})

| a | {{{{seal: {}}}}} |
|---|---|

## 背景 {{{{封存：{}}}}}

{{{{seal: {}

## 2026-01-01 电话 {}

手机:: {}
}}}} more

## 2026-11-20 电话 {{{{seal: {}}}}} #{{{{seal:{}}}}}

手机:: {}
银行账号：： {}
- mobile phone:: {}
product:: {{{{seal: {}}}}}

```
{{{{seal: {}}}}}
```

## 2026-11-19 电话

{{{{seal: {}
"""
NOTES = {
    "company.md": "---\nid: c100000001\nname: Plain Co\ntype: enterprise\naliases: ['{{{{seal: {}}}}}']\n"
    "tags: ['{{{{封存: {}}}}}']\n" + FIELDS + CONTACTS + "---\n" + BODY,
    "person.md": "---\nid: c100000002\n类型: 个人客户\nname: Somebody\n" + PERSONAL + FIELDS + "---\n" + BODY,
    "typeless.md": "---\nid: c100000003\nname: Untyped\n" + PERSONAL + FIELDS + "---\n" + BODY,
    "mistyped.md": "---\nid: c100000004\nname: Other\ntype: persn\n" + PERSONAL + FIELDS + "---\n" + BODY,
    "twice.md": "---\nid: c100000005\nname: Twice\ntype: enterprise\ntype: person\n" + PERSONAL + "---\n",
    "broken.md": "---\nid: c100000006\nname: Broken\nodd: [1\n" + PERSONAL + FIELDS + CONTACTS + "---\n" + BODY,
    "tabs.md": "---\nname: Tabs\n\tx: ]\n" + FIELDS + "---\n" + BODY,
    "unclosed.md": "---\nid: c100000007\nname: Unclosed\n" + PERSONAL + FIELDS + CONTACTS + "\n" + BODY,
    "gbk.md": "---\nid: c100000008\nname: 国标\ntype: person\n" + PERSONAL + FIELDS + "---\n" + BODY,
    "old.md": "---\nid: c100000009\nname: Archived\ntype: person\n" + PERSONAL + FIELDS + "---\n" + BODY,
}
OPEN = "---\nid: c200000000\nname: Open\ntype: enterprise\nphone: {}\nremark: {}\n---\n{} **{}**\n\n## 2026-11-18 电话\n\n{}\n"


class Secrets:
    """Words that stand nowhere else in the world."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.words: list[str] = []

    def word(self) -> str:
        """Return another one."""
        self.words.append("".join(self._random.choices("bcdfghjklmnpqrstvwxz", k=14)))
        return self.words[-1]

    def fill(self, text: str) -> str:
        """Return a text with a word of its own at every `{}`."""
        return text.format(*(self.word() for _place in range(text.count("{}"))))


def needles(word: str) -> Iterator[bytes]:
    """Yield what would give a word away: itself in some encodings, and its digests."""
    yield from (word.encode(), word.encode("utf-16-le"), word.encode("utf-16-be"), word[::-1].encode())
    for name in ("md5", "sha1", "sha256", "blake2b", "blake2s"):
        digest = hashlib.new(name, word.encode())
        yield digest.digest()[:16]
        yield digest.hexdigest()[:24].encode()


def contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield all that a folder's files hold, unpacked where it is packed."""
    for path in folder.rglob("*"):
        yield f"name of {path}", os.fsencode(path.relative_to(folder))
        if path.is_file():
            data = path.read_bytes()
            yield str(path), data
            if data.startswith(b"SQLite format 3"):
                yield from ((f"{path}, {table}", value) for table, value in cells(path))


def cells(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield every value of a database."""
    with closing(sqlite3.connect(path)) as database:
        tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            for row in database.execute(f"SELECT * FROM {table}"):  # noqa: S608 - its own tables
                for value in row:
                    data = value if isinstance(value, bytes) else str(value).encode()
                    yield table, data
                    if isinstance(value, bytes):
                        yield from ((table, packed) for packed in unpacked(value))


def unpacked(data: bytes) -> Iterator[bytes]:
    """Yield what a value is once it is inflated, if it is anything then."""
    for form in (zlib.MAX_WBITS, -zlib.MAX_WBITS, zlib.MAX_WBITS | 16):
        try:
            yield zlib.decompress(data, form)
        except zlib.error:
            continue


def leaks(folder: Path, words: list[str]) -> list[str]:
    """Say which words a folder gives away, and where."""
    sought = {needle: word for word in words for needle in needles(word)}
    return [
        f"{word} in {where}"
        for where, data in contents(folder)
        for needle, word in sought.items()
        if needle in data
    ]


def known(root: Path, env: Mapping[str, str], words: list[str]) -> list[str]:
    """Say which words, or beginnings of them, the index has."""
    vault = vault_at(root, env)
    engine = open_engine(vault.settings.search.engine, vault.places.cache / "search")
    with closing(engine):
        return [word for word in words if engine.words(word[:6])]


@pytest.mark.parametrize("engine", ["whoosh", "tantivy"])
def test_no_secret_enters_the_cache(engine: str, tmp_path: Path, clean_env: dict[str, str]):
    if engine == "tantivy":
        pytest.importorskip("tantivy")
    secrets, plain = Secrets(1), Secrets(2)
    root = make_vault(tmp_path / "库", {})
    with (root / "vault.toml").open("a", encoding="utf-8") as settings:
        settings.write(f'[search]\nengine = "{engine}"\n')
    (root / "archive").mkdir()
    for name, text in NOTES.items():
        folder = root / ("archive" if name == "old.md" else "customers")
        filled = secrets.fill(text)
        (folder / name).write_bytes(filled.encode("gbk" if name == "gbk.md" else "utf-8"))
    opened = plain.fill(OPEN)
    (root / "customers/open.md").write_text(opened, encoding="utf-8")

    def vault(*argv: str) -> str:
        command = [sys.executable, "-m", "vault_tool", "-C", str(root), *argv]
        ran = subprocess.run(command, env=clean_env, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        assert ran.returncode in (0, 1), ran.stderr.decode()
        return ran.stdout.decode()

    def look() -> None:
        cache = Path(clean_env["VAULT_NOTES_HOME"]) / "cache"
        assert leaks(cache, secrets.words) == []
        assert known(root, clean_env, secrets.words) == []
        # Or else this looks in the wrong place.
        assert {leak.split()[0] for leak in leaks(cache, plain.words)} == set(plain.words)
        assert known(root, clean_env, plain.words[2:]) == plain.words[2:]

    vault("list", "--columns", "name,phone,tags")
    said = vault("search", plain.words[2], "--json")
    for word in secrets.words[::40]:
        assert vault("search", word, "--json").count('"total": 0') == 1
    look()
    with Watch(root, clean_env) as watch:
        for name in NOTES:
            path = root / ("archive" if name == "old.md" else "customers") / name
            coding = "gbk" if name == "gbk.md" else "utf-8"
            path.write_bytes(path.read_bytes() + secrets.fill("\n{{{{seal: {}}}}}\n{{{{seal: {}\n").encode(coding))
        later = plain.word()
        (root / "customers/open.md").write_text(f"{opened}\n{later}\n", encoding="utf-8")
        eventually(lambda: f'"path"' in vault("search", later, "--json"), "the watcher's word")
        vault("show", "Somebody")
        watch.settle()
        look()
    vault("index", "--rebuild")
    vault("index", "--verify")
    vault("show", "Plain Co", "--json")
    look()
    assert plain.words[2] in said
    assert leaks(Path(clean_env["VAULT_NOTES_HOME"]) / "state", secrets.words) == []
