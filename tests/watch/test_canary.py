"""No secret enters the cache: not by any command, nor by the watcher, while it stands in plain on the disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.vaults import make_vault
from tests.conftest import VaultRun
from tests.watch.canaries import Canaries, indexed, leaks
from tests.watch.watching import Watch, eventually

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
    "customers/company.md": "---\nid: c100000001\nname: Plain Co\ntype: enterprise\naliases: ['{{{{seal: {}}}}}']\n"
    "tags: ['{{{{封存: {}}}}}']\n" + FIELDS + CONTACTS + "---\n" + BODY,
    "customers/person.md": "---\nid: c100000002\n类型: 个人客户\nname: Somebody\n"
    + PERSONAL
    + FIELDS
    + "---\n"
    + BODY,
    "customers/typeless.md": "---\nid: c100000003\nname: Untyped\n" + PERSONAL + FIELDS + "---\n" + BODY,
    "customers/mistyped.md": "---\nid: c100000004\nname: Other\ntype: persn\n"
    + PERSONAL
    + FIELDS
    + "---\n"
    + BODY,
    "customers/twice.md": "---\nid: c100000005\nname: Twice\ntype: enterprise\ntype: person\n"
    + PERSONAL
    + "---\n",
    "customers/broken.md": "---\nid: c100000006\nname: Broken\nodd: [1\n"
    + PERSONAL
    + FIELDS
    + CONTACTS
    + "---\n"
    + BODY,
    "customers/tabs.md": "---\nname: Tabs\n\tx: ]\n" + FIELDS + "---\n" + BODY,
    "customers/unclosed.md": "---\nid: c100000007\nname: Unclosed\n"
    + PERSONAL
    + FIELDS
    + CONTACTS
    + "\n"
    + BODY,
    "customers/gbk.md": "---\nid: c100000008\nname: 国标\ntype: person\n"
    + PERSONAL
    + FIELDS
    + "---\n"
    + BODY,
    "archive/old.md": "---\nid: c100000009\nname: Archived\ntype: person\n"
    + PERSONAL
    + FIELDS
    + "---\n"
    + BODY,
}
OPEN = "---\nid: c200000000\nname: Open\ntype: enterprise\nphone: {}\nremark: {}\n---\n{} **{}**\n\n## 2026-11-18 电话\n\n{}\n"


@pytest.mark.parametrize("engine", ["whoosh", "tantivy"])
def test_no_secret_enters_the_cache(
    engine: str, vault_run: VaultRun, tmp_path: Path, clean_env: dict[str, str]
):
    if engine == "tantivy":
        pytest.importorskip("tantivy")
    secret, plain = Canaries("zqxjk"), Canaries("kvwqx")
    root = make_vault(tmp_path / "库", {})
    with (root / "vault.toml").open("a", encoding="utf-8") as settings:
        settings.write(f'[search]\nengine = "{engine}"\n')
    for path, text in NOTES.items():
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_bytes(secret.fill(text).encode(coding(path)))
    opened = plain.fill(OPEN)
    (root / "customers/open.md").write_text(opened, encoding="utf-8")

    def vault(*argv: str) -> str:
        ran = vault_run("-C", str(root), *argv)
        assert ran.status in (0, 1), ran.err
        return ran.out

    def look() -> None:
        cache = Path(clean_env["VAULT_NOTES_HOME"]) / "cache"
        assert leaks(cache, secret) == []
        assert indexed(root, clean_env, secret) == []
        # Or else this looks in the wrong place.
        assert any("catalog.db" in place for place in leaks(cache, plain))
        assert set(indexed(root, clean_env, plain)) == set(plain.words)

    vault("list", "--columns", "name,phone,tags")
    for word in [secret.beginning + "*", *secret.words[::40]]:
        assert '"total": 0' in vault("search", word, "--json")
    assert "open.md" in vault("search", plain.words[2])
    look()
    with Watch(root, clean_env) as watch:
        for path in NOTES:
            more = secret.fill("\n{{{{seal: {}}}}}\n{{{{封存：{}\n").encode(coding(path))
            (root / path).write_bytes((root / path).read_bytes() + more)
        later = plain.word()
        (root / "customers/open.md").write_text(f"{opened}\n{later}\n", encoding="utf-8")
        eventually(lambda: "open.md" in vault("search", later), "the watcher's word")
        watch.settle()
        look()
    vault("index", "--rebuild")
    vault("index", "--verify")
    shown = vault("show", "Plain Co") + vault("show", "Somebody", "--json")
    vault_run("--", env={"_VAULT_COMPLETE": "zsh_complete", "COMP_WORDS": "vault show So", "COMP_CWORD": "2"})
    look()
    assert secret.beginning not in shown
    # No command has changed a note, so that nothing waits to be undone.
    assert leaks(Path(clean_env["VAULT_NOTES_HOME"]) / "state", secret) == []


def coding(path: str) -> str:
    """Name a note's encoding."""
    return "gbk" if path.endswith("gbk.md") else "utf-8"
